// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "senders.h"

#define MANY 5000

static struct event_endpoint endpoint(uint32_t n)
{
	return (struct event_endpoint){ .ip = { [12] = n >> 16, n >> 8, n }, .port = n % 3 };
}

static void has_what_was_added_and_nothing_else(void **state)
{
	struct senders *s = senders_new();

	assert_non_null(s);
	for (uint32_t n = 0; n < MANY; n++) {
		struct event_endpoint address = endpoint(n);

		assert_false(senders_has(s, &address));
		assert_true(senders_add(s, &address));
		assert_true(senders_add(s, &address));
		assert_true(senders_has(s, &address));
	}
	for (uint32_t n = 0; n < 2 * MANY; n++) {
		struct event_endpoint address = endpoint(n), other = address;

		other.port += 3;
		assert_int_equal(senders_has(s, &address), n < MANY);
		assert_false(senders_has(s, &other));
	}
	senders_free(s);
}

static void is_bounded(void **state)
{
	struct senders *s = senders_new();
	struct event_endpoint address;

	assert_non_null(s);
	for (uint32_t n = 0; n < SENDERS_MAX; n++) {
		address = endpoint(n);
		assert_true(senders_add(s, &address));
	}
	address = endpoint(SENDERS_MAX);
	assert_false(senders_add(s, &address));
	assert_false(senders_has(s, &address));
	/* Those that are in it stay. */
	address = endpoint(7);
	assert_true(senders_add(s, &address));
	senders_free(s);
}

static void none_is_no_error(void **state)
{
	senders_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_what_was_added_and_nothing_else),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(none_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
