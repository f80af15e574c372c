// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "library.h"

static struct {
	__typeof__(floor) *floor;
	__typeof__(strlen) *strlen;
} functions;

static const char *const names[] = { "floor", "strlen", NULL };

static void loads_from_the_first_file_that_is_there(void **state)
{
	struct library lib = {
		.title = "libm", .package = "libc6", .files = (const char *const[]){ "libno-such-file.so.1", "libm.so.6", NULL },
		.functions = names, .pointers = &functions,
	};

	assert_true(library_load(&lib, "--floor"));
	assert_true(functions.floor(3.5) == 3);
	assert_int_equal(functions.strlen("four"), 4);
	/* Once. */
	lib.files = NULL;
	assert_true(library_load(&lib, "--floor"));
}

static void fails_if_no_file_is_there(void **state)
{
	struct library lib = {
		.title = "libno", .package = "libno1", .files = (const char *const[]){ "libno-such-file.so.1", NULL },
		.functions = names, .pointers = &functions,
	};

	assert_false(library_load(&lib, NULL));
	assert_false(library_load(&lib, "--no"));
	assert_false(lib.is_loaded);
}

static void fails_if_a_function_is_not_there(void **state)
{
	struct library lib = {
		.title = "libm", .package = "libc6", .files = (const char *const[]){ "libm.so.6", NULL },
		.functions = (const char *const[]){ "floor", "no_such_function", NULL }, .pointers = &functions,
	};

	assert_false(library_load(&lib, NULL));
	assert_false(lib.is_loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_from_the_first_file_that_is_there),
		cmocka_unit_test(fails_if_no_file_is_there),
		cmocka_unit_test(fails_if_a_function_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
