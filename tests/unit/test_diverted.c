// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * split-across-sockets, whole flights: two processes share a port, and the answer to a flight of the one
 * goes to the other, in every combination.
 */
#include "stream_play.h"

#define OTHER_SOCKET 60
#define OTHER_PID 901

static struct play y;

/* The flights that answer one which its sender has to keep in mind: not a cookie request. */
static bool is_divertible(int flight)
{
	return play_has(&y, flight) && flight != 1 && !(flight == 3 || (flight == 5 && play_last(&y) < 5));
}

#define FOR_EACH_ANSWER(kind, flight) \
	for (int flight = 2; flight <= FLIGHT_CONFIRM; flight++) \
		FOR_EACH_PLAY(&y, kind, NULL) \
			if (is_divertible(flight) && play_sees(&y, party_peer(play_sender(flight))) && y.at != ON_WIRE)

/* Until the end of it, the receiver of `flight` has another socket, of this process. */
static void switch_socket(int flight, uint32_t pid)
{
	enum party_role to = party_peer(play_sender(flight));

	y.p.socket[to] = OTHER_SOCKET;
	y.p.pid[to] = pid;
}

static void switch_back(int flight, uint64_t socket)
{
	enum party_role to = party_peer(play_sender(flight));

	y.p.socket[to] = socket;
	y.p.pid[to] = 0;
}

/* The answer goes to another socket, and the flight before is repeated from the first one if `repeats`. */
static void divert(int flight, uint32_t pid, bool repeats)
{
	enum party_role to = party_peer(play_sender(flight));
	uint64_t socket = y.p.socket[to], start;

	play_up_to(&y, flight);
	start = y.s.now;
	for (unsigned i = 0; i < 4; i++) {
		stream_until(&y.s, start + ((1u << i) - 1) * SEC);
		if (i && repeats) {
			play_flight(&y, play_before(&y, flight));
			stream_wait(&y.s, 50 * MS);
		}
		switch_socket(flight, pid);
		play_flight(&y, flight);
		switch_back(flight, socket);
	}
	stream_wait(&y.s, SEC);
}

static void the_answer_goes_to_another_process(void **state)
{
	FOR_EACH_ANSWER("diverted", flight) {
		struct wanted w = {
			.states = "stuck", .codes = "split-across-sockets", .sides = party_role_name(party_peer(play_sender(flight))),
			.words = "goes to another socket",
		};

		divert(flight, OTHER_PID, true);
		play_expect(&y, flight, &w);
		if (y.p.h->verdict.confidence != CONFIDENCE_CERTAIN)
			play_row(&y, flight, "certain");
		if (y.p.h->party[party_peer(play_sender(flight))].pid == OTHER_PID)
			play_row(&y, flight, "the process that sent the flight is named");
		if (!play_tells(&y, "pid 901)"))
			play_row(&y, flight, "so is the other one");
	}
	play_report();
}

/* The first socket has no timer: its process may have given the handshake away. */
static void the_first_is_silent(void **state)
{
	FOR_EACH_ANSWER("silent", flight) {
		struct wanted w = {
			.states = "stuck", .codes = "split-across-sockets", .sides = party_role_name(party_peer(play_sender(flight))),
			.likely = true,
		};

		/* Nobody repeats the last flight, nor a cookie request, on its own. */
		if (flight == 2 || flight == play_last(&y))
			continue;
		divert(flight, OTHER_PID, false);
		play_expect(&y, flight, &w);
	}
	play_report();
}

/* The first process has completed the handshake, and the second gets what asks for its last flight. */
static void the_repeats_go_to_another_process(void **state)
{
	FOR_EACH_PLAY(&y, "repeats", NULL) {
		int last = play_last(&y);
		enum party_role owner = play_sender(last);
		struct wanted w = {
			.states = "stuck", .codes = "split-across-sockets", .sides = party_role_name(owner), .likely = true,
		};

		if (!play_sees(&y, owner))
			continue;
		play_up_to(&y, last);
		play_lost(&y, last);
		stream_wait(&y.s, SEC);
		switch_socket(last - 1, OTHER_PID);
		play_repeat(&y, last - 1, 0, 4, ARRIVES);
		play_expect(&y, last, &w);
		if (y.p.h->party[owner].pid == OTHER_PID)
			play_row(&y, last, "the process that sent the last flight is named");
	}
	play_report();
}

/* Near: a connected socket of the same process, or a child that was told all, goes on. */
static void the_other_socket_goes_on(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	for (uint32_t pid = 0; pid <= OTHER_PID; pid += OTHER_PID)
		for (unsigned copies = 1; copies <= 3; copies += 2)
			FOR_EACH_ANSWER(pid ? "child" : "connected", flight) {
				play_up_to(&y, flight);
				switch_socket(flight, pid);
				play_repeat(&y, flight, 0, copies, ARRIVES);
				play_rest(&y, flight);
				play_expect_healthy(&y, flight, &w);
			}
	play_report();
}

/* Near: the same socket, inherited by another process. */
static void the_socket_is_inherited(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	FOR_EACH_ANSWER("inherited", flight) {
		play_up_to(&y, flight);
		y.p.pid[party_peer(play_sender(flight))] = OTHER_PID;
		play_repeat(&y, flight, 0, 3, ARRIVES);
		play_rest(&y, flight);
		play_expect_healthy(&y, flight, &w);
	}
	play_report();
}

/* Near: the first socket has all of it, or one process has both: the reason is another. */
static void the_first_socket_has_it(void **state)
{
	for (int both = 0; both < 2; both++)
		FOR_EACH_ANSWER(both ? "one process" : "first", flight) {
			enum party_role to = party_peer(play_sender(flight));
			uint64_t socket = y.p.socket[to];

			play_up_to(&y, flight);
			if (!both)
				play_flight(&y, flight);
			for (unsigned i = 0; i < 4; i++) {
				stream_wait(&y.s, SEC << i);
				play_flight(&y, play_before(&y, flight));
				stream_wait(&y.s, 50 * MS);
				switch_socket(flight, both ? 0 : OTHER_PID);
				play_flight(&y, flight);
				switch_back(flight, socket);
			}
			stream_wait(&y.s, 10 * SEC);
			for (uint32_t i = 0; i < y.s.num_changes; i++)
				if (y.s.changes[i].verdict.code == VERDICT_SPLIT_ACROSS_SOCKETS)
					play_row(&y, flight, "not split");
		}
	play_report();
}

/* The other socket is none of the handshake: its end changes nothing, and that of the first one ends it. */
static void either_socket_is_closed(void **state)
{
	FOR_EACH_ANSWER("closed", flight) {
		enum party_role to = party_peer(play_sender(flight));
		uint64_t socket = y.p.socket[to];

		divert(flight, OTHER_PID, true);
		y.p.socket[to] = OTHER_SOCKET;
		pair_close(&y.p, to, 0);
		if (!handshake_is_open(y.p.h))
			play_row(&y, flight, "it is open");
		y.p.socket[to] = socket;
		pair_close(&y.p, to, 0);
		if (handshake_is_open(y.p.h) || y.p.h->ending.how != ENDING_CLOSED ||
		    y.p.h->verdict.code != VERDICT_SPLIT_ACROSS_SOCKETS)
			play_row(&y, flight, "it has ended, and the cause remains");
	}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_goes_to_another_process),
		cmocka_unit_test(the_first_is_silent),
		cmocka_unit_test(the_repeats_go_to_another_process),
		cmocka_unit_test(the_other_socket_goes_on),
		cmocka_unit_test(the_socket_is_inherited),
		cmocka_unit_test(the_first_socket_has_it),
		cmocka_unit_test(either_socket_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
