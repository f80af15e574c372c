// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_types.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fnv.h"

#define NUM_BUCKETS (1u << 16)

/* Where conntrack is a module, its types are there (Linux 5.11). */
#define CONNTRACK_BTF "/sys/kernel/btf/nf_conntrack"

struct kernel_types {
	struct btf *btf, *base;		/* NULL, or what btf adds types to */
	uint32_t heads[NUM_BUCKETS];	/* by hash of the name: the lowest id; 0: none */
	uint32_t *next;			/* by id: the next higher id in the same bucket */
};

static bool kind_has_index(uint32_t kind)
{
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_FUNC:
		return true;
	default:
		return false;
	}
}

static const char *name_of(const struct btf *btf, const struct btf_type *type)
{
	const char *name = btf__name_by_offset(btf, type->name_off);

	return name ? name : "";
}

struct kernel_types *kernel_types_new(struct btf *btf)
{
	struct kernel_types *types = calloc(1, sizeof(*types));
	uint32_t num = btf__type_cnt(btf);

	if (types)
		types->next = calloc(num, sizeof(*types->next));
	if (!types || !types->next) {
		free(types);
		btf__free(btf);
		errno = ENOMEM;
		return NULL;
	}
	types->btf = btf;
	/* In reverse, so that each bucket begins with its lowest id. */
	for (uint32_t id = num - 1; id > 0; id--) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name = name_of(btf, type);
		uint32_t bucket;

		if (!*name || !kind_has_index(btf_kind(type)))
			continue;
		bucket = fnv_place(name, strlen(name), NUM_BUCKETS);
		types->next[id] = types->heads[bucket];
		types->heads[bucket] = id;
	}
	return types;
}

struct kernel_types *kernel_types_load(void)
{
	struct btf *btf = btf__parse_raw(VMLINUX_BTF), *more;
	struct kernel_types *types;

	if (!btf)
		return NULL;
	more = access(CONNTRACK_BTF, R_OK) ? NULL : btf__parse_raw_split(CONNTRACK_BTF, btf);
	if (!more)
		return kernel_types_new(btf);
	types = kernel_types_new(more);
	if (types)
		types->base = btf;
	else
		btf__free(btf);
	return types;
}

void kernel_types_free(struct kernel_types *types)
{
	if (!types)
		return;
	btf__free(types->btf);
	btf__free(types->base);
	free(types->next);
	free(types);
}

const struct btf *kernel_types_btf(const struct kernel_types *types)
{
	return types->btf;
}

/* The next id after `id` (0: from the start) whose name is the first `len` bytes of `name`. */
static uint32_t next_of_name(const struct kernel_types *types, uint32_t id, const char *name, size_t len)
{
	id = id ? types->next[id] : types->heads[fnv_place(name, len, NUM_BUCKETS)];
	for (; id; id = types->next[id]) {
		const char *other = name_of(types->btf, btf__type_by_id(types->btf, id));

		if (!strncmp(other, name, len) && !other[len])
			break;
	}
	return id;
}

int kernel_types_find(const struct kernel_types *types, const char *name, uint32_t kind)
{
	size_t len = strlen(name);

	for (uint32_t id = 0; (id = next_of_name(types, id, name, len));)
		if (btf_kind(btf__type_by_id(types->btf, id)) == kind)
			return id;
	return -ENOENT;
}

uint32_t kernel_types_struct_len(const struct kernel_types *types, const char *name)
{
	int id = kernel_types_find(types, name, BTF_KIND_STRUCT);

	return id < 0 ? 0 : btf__type_by_id(types->btf, id)->size;
}

/* --- the excerpt --- */

struct excerpt {
	const struct kernel_types *types;
	struct btf *btf;
	uint32_t *copies;	/* by id in the kernel's types: id in the excerpt; 0: not copied */
	uint32_t *originals;	/* by id in the excerpt: id in the kernel's types */
	int error;		/* the first -errno */
};

/* Copy a type. What it refers to still has the kernel's ids; settle_type() corrects that. */
static uint32_t copy_type(struct excerpt *x, uint32_t id)
{
	int copy;

	if (!id || x->copies[id] || x->error)
		return x->copies[id];
	/* Typedefs of function types are not needed here. */
	if (btf_is_func_proto(btf__type_by_id(x->types->btf, id)))
		return 0;
	copy = btf__add_type(x->btf, x->types->btf, btf__type_by_id(x->types->btf, id));
	if (copy < 0) {
		x->error = copy;
		return 0;
	}
	x->copies[id] = copy;
	x->originals[copy] = id;
	return copy;
}

/*
 * Copy the types that a copied type refers to, and refer to these copies. Adding a copy moves the
 * others, so this one is looked up again each time.
 */
static void settle_type(struct excerpt *x, uint32_t copy)
{
	const struct btf_type *original = btf__type_by_id(x->types->btf, x->originals[copy]);
	struct btf_type *type;
	uint32_t id, index;

	switch (btf_kind(original)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (int i = 0; i < btf_vlen(original); i++) {
			id = copy_type(x, btf_members(original)[i].type);
			type = (struct btf_type *)btf__type_by_id(x->btf, copy);
			btf_members(type)[i].type = id;
		}
		break;
	case BTF_KIND_ARRAY:
		id = copy_type(x, btf_array(original)->type);
		index = copy_type(x, btf_array(original)->index_type);
		type = (struct btf_type *)btf__type_by_id(x->btf, copy);
		btf_array(type)->type = id;
		btf_array(type)->index_type = index;
		break;
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		id = copy_type(x, original->type);
		type = (struct btf_type *)btf__type_by_id(x->btf, copy);
		type->type = id;
		break;
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
	case BTF_KIND_FWD:
		break;
	default:
		/* A pointer: make it void *. */
		type = (struct btf_type *)btf__type_by_id(x->btf, copy);
		type->type = 0;
	}
}

/* Length without "___" and what follows, as in CO-RE's lookup of types. */
static size_t essential_len(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = len; i-- > 1;)
		if (!strncmp(name + i, "___", 3) && name[i - 1] != '_' && name[i + 3] && name[i + 3] != '_')
			return i;
	return len;
}

static void copy_namesakes(struct excerpt *x, const char *name)
{
	size_t len = essential_len(name);

	for (uint32_t id = 0; len && (id = next_of_name(x->types, id, name, len));)
		if (btf_kind(btf__type_by_id(x->types->btf, id)) != BTF_KIND_FUNC)
			copy_type(x, id);
}

static void copy_namesakes_of(struct excerpt *x, const struct btf *programs)
{
	for (uint32_t id = 1; !x->error && id < btf__type_cnt(programs); id++) {
		const struct btf_type *type = btf__type_by_id(programs, id);

		if (kind_has_index(btf_kind(type)) && btf_kind(type) != BTF_KIND_FUNC)
			copy_namesakes(x, name_of(programs, type));
	}
}

struct btf *kernel_types_excerpt(const struct kernel_types *types, const struct btf *const programs[],
				 size_t num_programs)
{
	struct excerpt x = { .types = types, .btf = btf__new_empty() };
	uint32_t num = btf__type_cnt(types->btf);

	x.copies = calloc(num, sizeof(*x.copies));
	x.originals = calloc(num, sizeof(*x.originals));
	if (!x.btf || !x.copies || !x.originals)
		x.error = -ENOMEM;
	for (size_t i = 0; !x.error && i < num_programs; i++)
		copy_namesakes_of(&x, programs[i]);
	/* This loop also settles the types that it adds. */
	for (uint32_t copy = 1; !x.error && copy < btf__type_cnt(x.btf); copy++)
		settle_type(&x, copy);
	free(x.copies);
	free(x.originals);
	if (!x.error)
		return x.btf;
	btf__free(x.btf);
	errno = -x.error;
	return NULL;
}
