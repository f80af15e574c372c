// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who has trouble: counts by process and by network, which follow what is reported of each handshake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "census.h"

#define MS 1000000ULL

/* A handshake of this host's `comm`, as a server, with a client of 192.0.`network`.x. */
static struct handshake of(uint64_t id, const char *comm, uint8_t network)
{
	struct handshake h = { .id = id, .state = HANDSHAKE_STUCK, .started_ns = MS };

	for (int role = 0; role < PARTY_MAX; role++)
		h.party[role].ipv4 = true;
	memcpy(h.party[PARTY_CLIENT].address.ip + 12, (uint8_t[]){ 192, 0, network, id }, 4);
	h.party[PARTY_SERVER].local = h.party[PARTY_SERVER].has_owner = true;
	memcpy(h.party[PARTY_SERVER].comm, comm, strlen(comm));
	h.verdict.code = VERDICT_NOT_READING;
	h.verdict.side = VERDICT_SIDE_SERVER;
	return h;
}

static void complete(struct handshake *h, uint64_t ms)
{
	h->state = HANDSHAKE_COMPLETED;
	h->ended_ns = h->started_ns + ms * MS;
	h->verdict.code = VERDICT_COMPLETED;
	h->verdict.side = VERDICT_SIDE_UNKNOWN;
}

static const struct census_row *row(struct census *c, enum census_kind kind, const char *name)
{
	const struct census_row *found;

	for (uint32_t n = 0; (found = census_row(c, kind, n)); n++)
		if (!strcmp(found->name, name))
			return found;
	fail_msg("no row %s", name);
	return NULL;
}

static void durations_are_exact_to_a_sixteenth(void **state)
{
	static struct durations d;

	assert_int_equal(durations_percentile(&d, 50), 0);
	for (uint64_t us = 0; us < 1ULL << 41; us += 1 + us / 7) {
		uint32_t index = durations_index(us * 1000);
		uint64_t found;

		durations_add(&d, index);
		found = durations_percentile(&d, 50) / 1000;
		durations_remove(&d, index);
		if (us < 1ULL << 39)
			assert_true(found <= us + us / 16 + 1 && us <= found + found / 16 + 1);
		assert_int_equal(d.total, 0);
	}
	assert_true(durations_index(UINT64_MAX) < DURATIONS_NUM);
	for (uint64_t ms = 1; ms <= 100; ms++)
		durations_add(&d, durations_index(ms * MS));
	assert_in_range(durations_percentile(&d, 50) / MS, 47, 53);
	assert_in_range(durations_percentile(&d, 99) / MS, 93, 104);
	assert_in_range(durations_percentile(&d, 1) / MS, 0, 1);
}

static void a_later_report_takes_the_place_of_the_first(void **state)
{
	struct census *c = census_new();
	struct handshake h = of(1, "coap", 2);

	assert_true(census_note(c, &h));
	assert_int_equal(census_faults(row(c, CENSUS_PROCESS, "coap (server)")), 1);
	assert_int_equal(row(c, CENSUS_NETWORK, "192.0.2.0/24")->by_verdict[VERDICT_NOT_READING][VERDICT_SIDE_SERVER], 1);
	complete(&h, 20);
	h.party[PARTY_SERVER].waited_ns = 3 * MS;
	for (int i = 0; i < 2; i++) {
		assert_true(census_note(c, &h));
		for (int kind = 0; kind < CENSUS_KINDS; kind++) {
			const struct census_row *r = census_row(c, kind, 0);

			assert_null(census_row(c, kind, 1));
			assert_int_equal(r->handshakes, 1);
			assert_int_equal(census_faults(r), 0);
			assert_int_equal(r->by_state[HANDSHAKE_COMPLETED], 1);
			assert_int_equal(r->by_verdict[VERDICT_NOT_READING][VERDICT_SIDE_SERVER], 0);
			assert_int_equal(r->waited_ns, 3 * MS);
			assert_int_equal(r->completed.total, 1);
			assert_in_range(durations_percentile(&r->completed, 50), 19 * MS, 21 * MS);
		}
	}
	census_free(c);
}

static void those_with_most_faults_come_first(void **state)
{
	struct census *c = census_new();

	for (uint64_t id = 1; id <= 6; id++) {
		struct handshake h = of(id, id <= 3 ? "good" : id <= 5 ? "bad" : "fair", id);

		if (id <= 3)
			complete(&h, 1);
		assert_true(census_note(c, &h));
	}
	assert_string_equal(census_row(c, CENSUS_PROCESS, 0)->name, "bad (server)");
	assert_string_equal(census_row(c, CENSUS_PROCESS, 1)->name, "fair (server)");
	assert_string_equal(census_row(c, CENSUS_PROCESS, 2)->name, "good (server)");
	census_free(c);
}

static void names_are_escaped_and_both_ends_are_counted(void **state)
{
	struct census *c = census_new();
	struct handshake h = of(1, "a\x1b]0;b", 2);

	h.party[PARTY_CLIENT].local = true;
	assert_true(census_note(c, &h));
	row(c, CENSUS_PROCESS, "a\\x1b]0;b (server)");
	row(c, CENSUS_PROCESS, "unknown process (client)");
	row(c, CENSUS_NETWORK, "this host");
	/* In a capture, neither side has a process. */
	h.id = 2;
	h.party[PARTY_CLIENT].local = h.party[PARTY_SERVER].local = false;
	h.party[PARTY_SERVER].address.port = 5684;
	assert_true(census_note(c, &h));
	row(c, CENSUS_PROCESS, "0.0.0.0:5684 (server)");
	row(c, CENSUS_NETWORK, "192.0.2.0/24");
	/* IPv6. */
	h.id = 3;
	h.party[PARTY_CLIENT].ipv4 = false;
	memcpy(h.party[PARTY_CLIENT].address.ip, (uint8_t[]){ 0x20, 0x01, 0x0d, 0xb8, 0, 7, 0, 8 }, 8);
	assert_true(census_note(c, &h));
	row(c, CENSUS_NETWORK, "2001:db8:7::/48");
	census_free(c);
}

/* However many names and handshakes there are. */
static void it_is_bounded(void **state)
{
	struct census *c = census_new();
	const struct census_row *r;
	uint64_t total = 0;
	uint32_t n = 0;

	for (uint64_t id = 1; id <= CENSUS_HANDSHAKES + 5000; id++) {
		char comm[16];
		struct handshake h;

		snprintf(comm, sizeof(comm), "%u", (unsigned)(id % 1000));
		h = of(id, comm, id % 200);
		assert_true(census_note(c, &h));
	}
	for (; (r = census_row(c, CENSUS_PROCESS, n)); n++)
		total += r->handshakes;
	assert_int_equal(n, CENSUS_ROWS);
	assert_int_equal(total, CENSUS_HANDSHAKES + 5000);
	assert_true(row(c, CENSUS_PROCESS, "others")->handshakes > CENSUS_HANDSHAKES / 2);
	census_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_exact_to_a_sixteenth),
		cmocka_unit_test(a_later_report_takes_the_place_of_the_first),
		cmocka_unit_test(those_with_most_faults_come_first),
		cmocka_unit_test(names_are_escaped_and_both_ends_are_counted),
		cmocka_unit_test(it_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
