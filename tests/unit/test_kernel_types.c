// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Types by name, and the excerpt of them that CO-RE is given. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel_types.h"

/*
 * A kernel with: struct inner { u32 a; }; struct outer { struct inner in; struct far *far;
 * struct inner list[3]; union { u32 b; }; }; struct far { u32 c; }; function outer();
 * a second struct outer; typedef u32 number_t; struct alone.
 */
static struct kernel_types *kernel(void)
{
	struct btf *btf = btf__new_empty();
	int u32, inner, far, pointer, array, anonymous, proto, word;

	u32 = btf__add_int(btf, "unsigned int", 4, 0);
	inner = btf__add_struct(btf, "inner", 4);
	btf__add_field(btf, "a", u32, 0, 0);
	far = btf__add_struct(btf, "far", 4);
	btf__add_field(btf, "c", u32, 0, 0);
	pointer = btf__add_ptr(btf, far);
	array = btf__add_array(btf, u32, inner, 3);
	anonymous = btf__add_union(btf, NULL, 4);
	btf__add_field(btf, "b", u32, 0, 0);
	btf__add_struct(btf, "outer", 28);
	btf__add_field(btf, "in", inner, 0, 0);
	btf__add_field(btf, "far", pointer, 64, 0);
	btf__add_field(btf, "list", array, 128, 0);
	btf__add_field(btf, NULL, anonymous, 192, 0);
	proto = btf__add_func_proto(btf, u32);
	btf__add_func_param(btf, "far", pointer);
	btf__add_func(btf, "outer", BTF_FUNC_GLOBAL, proto);
	btf__add_typedef(btf, "hook_t", proto);
	word = btf__add_typedef(btf, "number_t", u32);
	btf__add_struct(btf, "outer", 8);
	btf__add_field(btf, "other", word, 0, 0);
	btf__add_struct(btf, "alone", 4);
	btf__add_field(btf, "a", u32, 0, 0);
	return kernel_types_new(btf);
}

static void by_name_and_kind(void **state)
{
	struct kernel_types *types = kernel();
	const struct btf *btf = kernel_types_btf(types);

	assert_int_equal(kernel_types_find(types, "outer", BTF_KIND_STRUCT),
			 btf__find_by_name_kind(btf, "outer", BTF_KIND_STRUCT));
	assert_int_equal(kernel_types_find(types, "outer", BTF_KIND_FUNC),
			 btf__find_by_name_kind(btf, "outer", BTF_KIND_FUNC));
	assert_int_equal(kernel_types_find(types, "outer", BTF_KIND_TYPEDEF), -ENOENT);
	assert_int_equal(kernel_types_find(types, "oute", BTF_KIND_STRUCT), -ENOENT);
	assert_int_equal(kernel_types_find(types, "outer_", BTF_KIND_STRUCT), -ENOENT);
	assert_int_equal(kernel_types_find(types, "", BTF_KIND_UNION), -ENOENT);
	assert_int_equal(kernel_types_struct_len(types, "outer"), 28);
	assert_int_equal(kernel_types_struct_len(types, "hook_t"), 0);
	kernel_types_free(types);
}

/* All types of it refer to types of it. */
static void expect_whole(const struct btf *btf)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_composite(type))
			for (int i = 0; i < btf_vlen(type); i++)
				assert_in_range(btf_members(type)[i].type, 1, btf__type_cnt(btf) - 1);
		else if (btf_is_array(type))
			assert_in_range(btf_array(type)->type, 1, btf__type_cnt(btf) - 1);
		else if (btf_is_ptr(type))
			assert_int_equal(type->type, 0);
		else
			assert_false(btf_is_func(type) || btf_is_func_proto(type));
	}
}

static void an_excerpt(void **state)
{
	struct kernel_types *types = kernel();
	struct btf *programs = btf__new_empty(), *other = btf__new_empty(), *excerpt;
	const struct btf *both[] = { programs, other };
	const struct btf_type *outer;

	btf__add_struct(programs, "outer___old", 4);
	btf__add_struct(programs, "not_there", 4);
	btf__add_typedef(other, "hook_t", 1);
	excerpt = kernel_types_excerpt(types, both, 2);
	assert_non_null(excerpt);
	expect_whole(excerpt);
	assert_int_equal(btf__find_by_name_kind(excerpt, "outer", BTF_KIND_STRUCT), 1);
	outer = btf__type_by_id(excerpt, 1);
	assert_int_equal(outer->size, 28);
	assert_int_equal(btf_vlen(outer), 4);
	assert_int_equal(btf__resolve_size(excerpt, btf_members(outer)[0].type), 4);
	assert_int_equal(btf__resolve_size(excerpt, btf_members(outer)[2].type), 12);
	assert_string_equal(btf__name_by_offset(excerpt, btf_members(outer)[1].name_off), "far");
	assert_int_equal(btf_members(outer)[1].offset, 64);
	/* Its namesake too: CO-RE must see that there are two. */
	assert_string_equal(btf__name_by_offset(excerpt, btf__type_by_id(excerpt, 2)->name_off), "outer");
	assert_true(btf__find_by_name(excerpt, "inner") > 0);
	assert_true(btf__find_by_name(excerpt, "hook_t") > 0);
	/* What only a pointer leads to, and what nobody asked for. */
	assert_int_equal(btf__find_by_name(excerpt, "far"), -ENOENT);
	assert_int_equal(btf__find_by_name(excerpt, "alone"), -ENOENT);
	btf__free(excerpt);
	btf__free(programs);
	btf__free(other);
	kernel_types_free(types);
}

/* Near misses of a flavour, which begins with three underscores inside of a name. */
static void flavours(void **state)
{
	static const char *const names[] = { "alone__old", "alone____old", "___alone", "alone___", "alonex___old" };
	struct kernel_types *types = kernel();
	const struct btf *one[1];
	struct btf *excerpt, *programs;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		one[0] = programs = btf__new_empty();
		btf__add_struct(programs, names[i], 4);
		excerpt = kernel_types_excerpt(types, one, 1);
		assert_int_equal(btf__type_cnt(excerpt), 1);
		btf__free(excerpt);
		btf__free(programs);
	}
	kernel_types_free(types);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_name_and_kind),
		cmocka_unit_test(an_excerpt),
		cmocka_unit_test(flavours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
