// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Clients that move or restart, and ICMP errors, in every combination. */
#include "stream_play.h"

#include <errno.h>

static struct play y;

/* --- it goes on from elsewhere --- */

/* Flight 5 as this pair sends it. */
static void play_move(struct pair *moved)
{
	struct pair kept = y.p;

	y.p = *moved;
	play_flight(&y, 5);
	*moved = y.p;
	y.p = kept;
}

/* The flight 5 from another port, in vain; the server repeats flight 4 at the old one. Late: long after the trace began. */
static void it_moves(void **state)
{
	for (int late = 0; late < 2; late++)
		FOR_EACH_PLAY(&y, late ? "moves late" : "moves", NULL) {
			struct pair moved;

			/* Behind the NAT; the client sees nothing of it. */
			if (play_sees(&y, PARTY_CLIENT))
				continue;
			stream_wait(&y.s, late ? HOUR : 0);
			play_up_to(&y, 5);
			for (unsigned i = 0; i < 4; i++) {
				moved = y.p;
				moved.address[PARTY_CLIENT] = endpoint(5, 40000);
				moved.id = analysis_stats(y.s.analysis)->handshakes;
				play_move(&moved);
				stream_wait(&y.s, SEC << i);
				y.p.seq[PARTY_CLIENT][0] = moved.seq[PARTY_CLIENT][0];
				y.p.seq[PARTY_CLIENT][1] = moved.seq[PARTY_CLIENT][1];
				y.p.cipher_seq[PARTY_CLIENT] = moved.cipher_seq[PARTY_CLIENT];
				play_flight(&y, 4);
			}
			stream_wait(&y.s, 20 * SEC);
			if (!has_note(&y.p, NOTE_PEER_MOVED, "to 10.0.0.5:40000"))
				play_row(&y, 5, "goes on from there");
			if (analysis_stats(y.s.analysis)->handshakes != 2)
				play_row(&y, 5, "two handshakes");
			if (y.p.h->verdict.side == VERDICT_SIDE_SERVER || y.p.h->state == HANDSHAKE_COMPLETED)
				play_row(&y, 5, "it is not the server");
		}
	play_report();
}

/* --- it begins again on its port --- */

/* It gave up after this flight; its new handshake completes. */
static void it_restarts(void **state)
{
	static const struct wanted done = { .states = "completed", .codes = "completed", .sides = "*" };

	for (int flight = 1; flight < 6; flight++)
		FOR_EACH_PLAY(&y, "restart", NULL) {
			struct pair first;

			if (!play_has(&y, flight) || flight >= play_last(&y))
				continue;
			play_up_to(&y, flight);
			play_repeat(&y, flight, 0, flight == 2 ? 1 : 2, ARRIVES);
			stream_wait(&y.s, 2500 * MS);
			first = y.p;
			y.p.random = 0x22;
			y.p.seq[PARTY_CLIENT][0] = y.p.seq[PARTY_CLIENT][1] = 0;
			y.p.seq[PARTY_SERVER][0] = y.p.seq[PARTY_SERVER][1] = 0;
			play_up_to(&y, play_last(&y) + 1);
			play_data(&y);
			stream_wait(&y.s, HOUR);
			play_expect(&y, flight, &done);
			if (first.h && first.h->state == HANDSHAKE_COMPLETED)
				play_row(&y, flight, "the first does not complete");
			if (y.s.faults)
				play_row(&y, flight, "no fault at any time");
		}
	play_report();
}

/* --- ICMP errors --- */

static void refuse(int flight, uint8_t type, uint8_t code, uint16_t error)
{
	uint64_t start = y.s.now;

	for (unsigned i = 0; i < 4; i++) {
		stream_until(&y.s, start + ((1u << i) - 1) * SEC);
		play_lost(&y, flight);
		stream_wait(&y.s, 10 * MS);
		pair_icmp_from(&y.p, play_sender(flight), error, type, code, 9);
	}
	stream_wait(&y.s, 10 * SEC);
}

/* Each copy of a flight is answered by an ICMP error. */
static void the_path_says_no(void **state)
{
	static const struct { uint8_t code; uint16_t error; const char *verdict; } kinds[] = {
		{ 3, ECONNREFUSED, "port-unreachable" }, { 13, EHOSTUNREACH, "rejected" }, { 10, EHOSTUNREACH, "rejected" },
		{ 9, ENETUNREACH, "rejected" }, { 1, EHOSTUNREACH, "rejected" }, { 0, ENETUNREACH, "rejected" },
	};

	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
		for (int flight = 1; flight < 6; flight++)
			FOR_EACH_PLAY(&y, kinds[kind].verdict, NULL) {
				enum party_role from = play_sender(flight);
				bool port = !kind;
				struct wanted w = { .states = "failed", .codes = kinds[kind].verdict, .likely = port,
						    .sides = !port ? "network" : from == PARTY_CLIENT ? "server" : "client" };

				if (!play_has(&y, flight) || flight == 2 || flight >= play_last(&y) ||
				    (!play_sees(&y, from) && y.at != ON_WIRE))
					continue;
				play_up_to(&y, flight);
				refuse(flight, 3, kinds[kind].code, kinds[kind].error);
				/* If its peer answered before, the path was open: that is silence, with the error as a note. */
				if (!port && flight > 1)
					w.codes = "rejected,peer-silent,silent-after-read", w.sides = "*", w.states = "*";
				if (y.at == AT_BOTH)
					w.codes = "*", w.sides = "*", w.states = "*", w.likely = false;
				play_expect(&y, flight, &w);
			}
	play_report();
}

/* Near: an ICMP error after the first copy, and the second is answered. */
static void it_is_no_witness(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	for (int code = 0; code < 14; code++)
		FOR_EACH_PLAY(&y, "ICMP, then answered", NULL) {
			play_flight(&y, 1);
			stream_wait(&y.s, 10 * MS);
			pair_icmp_from(&y.p, PARTY_CLIENT, code == 3 ? ECONNREFUSED : EHOSTUNREACH, 3, code, 9);
			stream_wait(&y.s, SEC);
			play_up_to(&y, play_last(&y) + 1);
			play_data(&y);
			play_expect_healthy(&y, 1, &w);
		}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_moves),
		cmocka_unit_test(it_restarts),
		cmocka_unit_test(the_path_says_no),
		cmocka_unit_test(it_is_no_witness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
