// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A side ends the handshake and closes its socket, and what its peer sent before it knew comes to a closed
 * port: ICMP port unreachable is how it ended, not why.
 */
#include "stream_play.h"

#include <errno.h>

#define UNKNOWN_CA 48

static struct play y;

/* A copy of this flight comes to the closed port of its receiver. */
static void copy_refused(int flight)
{
	play_lost(&y, flight);
	pair_icmp(&y.p, play_sender(flight), ECONNREFUSED, 3, 3);
}

/* Each round trip has this length, so flights up to this one are known to be sent that far apart. */
static void slowly_up_to(int flight, uint64_t round_trip)
{
	for (int n = 1; n < flight; n++)
		if (play_has(&y, n)) {
			play_flight(&y, n);
			stream_wait(&y.s, round_trip);
		}
}

/* No fault but the alert was ever reported, and it was not taken back. */
static void expect_alert_only(int flight, enum party_role from, const char *words)
{
	const struct wanted w = { .states = "failed", .codes = "alert", .sides = party_role_name(from), .words = words };

	play_expect(&y, flight, &w);
	for (uint32_t i = 0; i < y.s.num_changes && i < STREAM_MAX_CHANGES; i++)
		if (y.s.changes[i].verdict.code != VERDICT_ALERT)
			play_row(&y, flight, "nothing but the alert at any time");
	if (play_tells(&y, "no side acted on an alert"))
		play_row(&y, flight, "its sender acted on it");
}

/* The alert answers `flight`. Its copies cross it, or come after it was lost, each refused. */
static void alert_then_refused(int flight, uint8_t level, uint8_t description, uint64_t round_trip, uint64_t first_copy)
{
	enum party_role from = party_peer(play_sender(flight));

	slowly_up_to(flight, round_trip);
	play_flight(&y, flight);
	stream_wait(&y.s, SEC - first_copy);
	play_alert(&y, from, flight, level, description);
	stream_wait(&y.s, first_copy);
	for (int i = 0; i < 4; i++) {
		copy_refused(flight);
		stream_wait(&y.s, SEC << i);
	}
	stream_wait(&y.s, HOUR);
	expect_alert_only(flight, from, play_encrypts(&y, from, flight) ? "encrypted alert" : NULL);
}

/* Seen from the wire or the side that repeats; the other side's host sees its socket close. */
#define FOR_EACH_ANSWERED(flight, kind) \
	for (int flight = 3; flight < 6; flight++) \
		FOR_EACH_PLAY(&y, kind, NULL) \
			if (play_has(&y, flight) && flight < play_last(&y) && !play_sees(&y, party_peer(play_sender(flight))) && \
			    !(play_is13(&y) && flight == 5))

/* The timer of a second is due soon after the alert. A socket here that has the alert and goes on refutes it. */
static const struct { const char *name; uint64_t round_trip, first_copy; bool on_wire; } ways[] = {
	{ "copies cross the alert on a slow path", 1400 * MS, SEC, true },
	{ "the alert is lost", 10 * MS, SEC, true },
	{ "a copy comes at once", 10 * MS, 50 * MS, false },
};

static void fatal_alert(void **state)
{
	for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++)
		FOR_EACH_ANSWERED(flight, ways[way].name)
			if (y.at == ON_WIRE || !ways[way].on_wire)
				alert_then_refused(flight, DTLS_ALERT_FATAL, UNKNOWN_CA, ways[way].round_trip, ways[way].first_copy);
	play_report();
}

static void close_notify(void **state)
{
	for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++)
		FOR_EACH_ANSWERED(flight, ways[way].name)
			if (y.at == ON_WIRE || !ways[way].on_wire)
				alert_then_refused(flight, DTLS_ALERT_WARNING, 0, ways[way].round_trip, ways[way].first_copy);
	play_report();
}

/* Near: the alert is forged, and both go on, although one ICMP error (forged, too) seems to confirm it. */
static void nobody_closes(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	for (int refused = 0; refused < 2; refused++)
		FOR_EACH_ANSWERED(flight, refused ? "forged alert and ICMP" : "forged alert") {
			enum party_role from = party_peer(play_sender(flight));

			if (play_encrypts(&y, from, flight))
				continue;
			play_up_to(&y, flight);
			play_lost(&y, flight);
			dtls_alert(&y.p, from, DTLS_ALERT_FATAL, UNKNOWN_CA);
			if (refused)
				pair_icmp(&y.p, play_sender(flight), ECONNREFUSED, 3, 3);
			stream_wait(&y.s, SEC);
			play_flight(&y, flight);
			play_rest(&y, flight);
			stream_wait(&y.s, HOUR);
			play_expect(&y, flight, &w);
		}
	play_report();
}

/* Near: the alert is forged, and the side with its address is there and repeats its flight. */
static void its_sender_goes_on(void **state)
{
	FOR_EACH_PLAY(&y, "its sender goes on", NULL) {
		const struct wanted w = { .states = "*", .codes = "*", .sides = "*", .words = "no side acted on an alert" };

		if (play_sees(&y, PARTY_CLIENT) || y.cookie || play_is13(&y))
			continue;
		play_up_to(&y, 4);
		play_flight(&y, 4);
		dtls_alert(&y.p, PARTY_CLIENT, DTLS_ALERT_FATAL, UNKNOWN_CA);
		stream_wait(&y.s, SEC);
		play_flight(&y, 1);
		play_flight(&y, 4);
		stream_wait(&y.s, 2 * SEC);
		play_flight(&y, 1);
		stream_wait(&y.s, SEC);
		play_expect(&y, 4, &w);
	}
	play_report();
}

/* The server accepts no flight 5, and the client gives up before or after that was reported. */
static void cause_before_the_port_closed(void **state)
{
	static const struct wanted w = { .states = "stuck", .codes = "answer-ignored,cannot-decrypt", .sides = "server,client" };

	for (unsigned copies = 4; copies <= 5; copies++)
		FOR_EACH_PLAY(&y, "flight 5 is ignored", NULL) {
			enum verdict_code code;

			if (play_sees(&y, PARTY_CLIENT) || y.resumed || play_is13(&y))
				continue;
			play_up_to(&y, 4);
			play_repeat(&y, 4, 5, copies, ARRIVES);
			stream_wait(&y.s, copies == 5 ? 8 * SEC : SEC);
			code = y.p.h->verdict.code;
			for (int i = 0; i < 3; i++) {
				copy_refused(4);
				stream_wait(&y.s, 10 * SEC);
			}
			play_expect(&y, 4, &w);
			if (code != VERDICT_NONE && y.p.h->verdict.code != code)
				play_row(&y, 4, "the cause stays");
		}
	play_report();
}

/* Near: nothing was wrong before its port closed, so all that is known is that. */
static void nothing_before_the_port_closed(void **state)
{
	static const struct wanted w = { .states = "failed", .codes = "port-unreachable", .sides = "client,server", .likely = true };

	FOR_EACH_ANSWERED(flight, "its port closes") {
		play_up_to(&y, flight);
		for (int i = 0; i < 4; i++) {
			copy_refused(flight);
			stream_wait(&y.s, SEC << i);
		}
		stream_wait(&y.s, 20 * SEC);
		play_expect(&y, flight, &w);
	}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fatal_alert),
		cmocka_unit_test(close_notify),
		cmocka_unit_test(nobody_closes),
		cmocka_unit_test(its_sender_goes_on),
		cmocka_unit_test(cause_before_the_port_closed),
		cmocka_unit_test(nothing_before_the_port_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
