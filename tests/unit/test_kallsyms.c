// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Addresses of the kernel's variables in lines as /proc/kallsyms has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kallsyms.h"

static void find(const char *text, struct kallsym *symbols, size_t num)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");

	assert_non_null(file);
	kallsyms_find_in(file, symbols, num);
	fclose(file);
}

static void first_of_its_name(void **state)
{
	struct kallsym symbols[] = { { .name = "page_offset_base" }, { .name = "vmemmap_base" }, {} };

	find("ffffffff81000000 T _stext\n"
	     "ffffffff82a1c0e0 D page_offset_base_of_another\n"
	     "ffffffff82a1c0d0 D not_page_offset_base\n"
	     "ffffffff82a1c0e8 D page_offset_base\n"
	     "ffffffffc0000010 d page_offset_base\t[module]\n"
	     "ffffffffc0000020 d vmemmap_base\t[module]\n", symbols, 3);
	assert_int_equal(symbols[0].address, 0xffffffff82a1c0e8);
	assert_int_equal(symbols[1].address, 0xffffffffc0000020);
	assert_false(symbols[2].found);
}

static void hidden_or_missing(void **state)
{
	struct kallsym symbols[] = { { .name = "page_offset_base" }, { .name = "vmemmap_base", .address = 7 } };

	find("0000000000000000 D page_offset_base\nffffffff82a1c0e8 D page_offset_base\n", symbols, 2);
	assert_true(symbols[0].found);
	assert_int_equal(symbols[0].address, 0);
	assert_false(symbols[1].found);
	assert_int_equal(symbols[1].address, 0);
}

static void lines_of_no_such_form(void **state)
{
	struct kallsym symbols[] = { { .name = "x" } };

	find("", symbols, 1);
	find("\n \n12\n12 \n12 D\n12 D \nx\n 12x D x\n12 Dx\n12  x\n", symbols, 1);
	assert_false(symbols[0].found);
	find("12 D x", symbols, 1);
	assert_int_equal(symbols[0].address, 0x12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_of_its_name),
		cmocka_unit_test(hidden_or_missing),
		cmocka_unit_test(lines_of_no_such_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
