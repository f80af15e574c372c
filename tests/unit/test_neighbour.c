// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The neighbour or gateway does not answer ARP: the kernel of the sender keeps what is sent to it for three seconds, and
 * then drops all of it together (NEIGH_FAILED).
 */
#include "stream_play.h"

static struct play y;

#define FOR_EACH_SENDER(flight, copies) \
	for (int copies = 1; copies <= 4; copies++) \
		for (int flight = 1; flight < 6; flight++) \
			FOR_EACH_PLAY(&y, "neighbour", NULL) \
				if (play_has(&y, flight) && flight < play_last(&y) && y.at != ON_WIRE && \
				    play_sees(&y, play_sender(flight)))

/* The flight is sent once a second, the server's as an answer to a copy of the client's; then all of it is dropped. */
static void send_in_vain(int flight, int copies)
{
	y.p.drop_reason = REASON_NEIGH;
	for (int i = 0; i < copies; i++) {
		if (i && flight == 2)
			play_flight(&y, 1);
		y.p.fate = HELD;
		play_flight(&y, flight);
		y.p.fate = ARRIVES;
		stream_wait(&y.s, SEC);
	}
	pair_drop_held(&y.p);
}

static void all_is_dropped_again_and_again(void **state)
{
	static const struct wanted w = { .states = "stuck", .codes = "kernel-drop", .sides = "kernel" };

	FOR_EACH_SENDER(flight, copies) {
		play_up_to(&y, flight);
		for (int i = 0; i < 24 / copies; i++)
			send_in_vain(flight, copies);
		play_expect(&y, flight, &w);
		if (y.s.num_changes != 1)
			play_row(&y, flight, "it is told once");
		if (!strstr(y.s.changes[0].verdict.hint, "ip neigh"))
			play_row(&y, flight, "the hint fits the reason");
	}
	play_report();
}

/* Near: the neighbour comes up, and then the peer answers. */
static void the_neighbour_comes_up(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	FOR_EACH_SENDER(flight, copies) {
		play_up_to(&y, flight);
		send_in_vain(flight, copies);
		if (flight == 2)
			play_flight(&y, 1);
		play_flight(&y, flight);
		stream_wait(&y.s, SEC);
		play_rest(&y, flight);
		play_expect_healthy(&y, flight, &w);
	}
	play_report();
}

/* Near: the first copy is dropped, the others go out, and the server is late. */
static void one_copy_of_three_is_dropped(void **state)
{
	static const struct wanted stuck = { .states = "stuck", .codes = "no-response", .sides = "server,network", .likely = true };
	static const struct wanted done = { .states = "completed", .codes = "completed", .sides = "*" };

	FOR_EACH_PLAY(&y, "one of three", NULL) {
		if (y.at != AT_CLIENT)
			continue;
		play_up_to(&y, 1);
		send_in_vain(1, 1);
		for (int i = 0; i < 3; i++) {
			play_lost(&y, 1);
			stream_wait(&y.s, SEC << i);
			if (y.p.h->verdict.code == VERDICT_KERNEL_DROP)
				play_row(&y, 1, "most copies went out");
		}
		play_expect(&y, 1, &stuck);
		play_rest(&y, 1);
		play_expect(&y, 1, &done);
	}
	play_report();
}

/* Near: the neighbour comes up, and nobody answers all the same. */
static void the_server_is_dead_as_well(void **state)
{
	static const struct wanted w = { .states = "stuck", .codes = "no-response", .sides = "server", .likely = true };

	FOR_EACH_PLAY(&y, "dead as well", NULL) {
		if (y.at != AT_CLIENT)
			continue;
		play_up_to(&y, 1);
		send_in_vain(1, 3);
		for (int i = 0; i < 6; i++) {
			play_lost(&y, 1);
			stream_wait(&y.s, 4 * SEC);
		}
		play_expect(&y, 1, &w);
	}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_dropped_again_and_again),
		cmocka_unit_test(the_neighbour_comes_up),
		cmocka_unit_test(one_copy_of_three_is_dropped),
		cmocka_unit_test(the_server_is_dead_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
