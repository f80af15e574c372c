// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of flights: is it what RFC 6347 s4.2.4 and RFC 9147 s5.7 draw? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "flights.h"

static const struct {
	bool is_dtls13, resumed;
	uint8_t last, encrypted_from;
} kinds[] = {
	{ false, false, 6, 7 },
	{ false, true, 5, 7 },
	{ true, false, 6, 4 },
	{ true, true, 6, 4 },
};

#define FOR_EACH_KIND(i) for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)

static const struct flight_rule *rule(size_t kind, uint8_t number)
{
	static struct handshake h;

	h.is_dtls13 = kinds[kind].is_dtls13;
	h.resumed = kinds[kind].resumed;
	assert_int_equal(flight_last(&h), kinds[kind].last);
	return flight_rule(&h, number);
}

static void each_answers_its_peer(void **state)
{
	FOR_EACH_KIND(i)
		for (uint8_t n = 1; n <= kinds[i].last; n++) {
			assert_int_equal(rule(i, n)->from, n % 2 ? PARTY_CLIENT : PARTY_SERVER);
			/* A ServerHello can answer the first ClientHello. */
			assert_int_equal(rule(i, n)->answers, n == 4 ? 1 : n - 1);
		}
}

static void only_the_last_closes(void **state)
{
	FOR_EACH_KIND(i)
		for (uint8_t n = 1; n <= kinds[i].last; n++) {
			assert_int_equal(rule(i, n)->closes, n == kinds[i].last);
			/* A server that asks for a cookie keeps nothing to send it again from (RFC 6347 s4.2.1). */
			assert_int_equal(rule(i, n)->has_timer, n != 2 && n != kinds[i].last);
		}
}

static void only_dtls13_encrypts_where_a_flight_ends(void **state)
{
	FOR_EACH_KIND(i)
		for (uint8_t n = 1; n <= kinds[i].last; n++)
			assert_int_equal(rule(i, n)->encrypted, n >= kinds[i].encrypted_from);
}

/* Of a resumed handshake it is the server's Finished that comes first. */
static void what_a_flight_ends_with(void **state)
{
	FOR_EACH_KIND(i) {
		assert_int_equal(rule(i, 4)->first, DTLS_MT_SERVER_HELLO);
		assert_int_equal(rule(i, 4)->last, kinds[i].is_dtls13 || kinds[i].resumed ?
						   DTLS_MT_FINISHED : DTLS_MT_SERVER_HELLO_DONE);
		assert_int_equal(rule(i, 5)->last, DTLS_MT_FINISHED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answers_its_peer),
		cmocka_unit_test(only_the_last_closes),
		cmocka_unit_test(only_dtls13_encrypts_where_a_flight_ends),
		cmocka_unit_test(what_a_flight_ends_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
