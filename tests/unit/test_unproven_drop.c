// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel drops a datagram for what its sender put into it, such as a wrong checksum. Anybody can send one, so it
 * is no move of the handshake. Only if all that comes from a side is dropped in this way, it may be the cause.
 */
#include "stream_play.h"

static struct play y;

/* Only the host of the receiver sees it. */
static bool is_received_here(int flight)
{
	return play_has(&y, flight) && y.at != ON_WIRE && !play_sees(&y, play_sender(flight)) &&
	       play_sees(&y, party_peer(play_sender(flight)));
}

#define FOR_EACH_FATE(fate, flight) \
	for (int fate = REFUSED; fate >= DROPPED_IN; fate--) \
		for (int flight = 2; flight <= 6; flight++) \
			FOR_EACH_PLAY(&y, fate == REFUSED ? "before it is queued" : "from the queue", NULL) \
				if (is_received_here(flight))

/* A stranger's datagrams with the content of the flight that is expected next; the sender is slow, and sends it later. */
static void forged(int flight, enum fate fate, int copies)
{
	uint64_t plain = y.p.seq[play_sender(flight)][0], encrypted = y.p.seq[play_sender(flight)][1];

	for (int i = 0; i < copies; i++) {
		y.p.drop_reason = REASON_CHECKSUM;
		y.p.seq[play_sender(flight)][0] = plain + 20 * (i + 1);
		y.p.seq[play_sender(flight)][1] = encrypted + 20 * (i + 1);
		y.p.fate = fate;
		play_flight(&y, flight);
		y.p.fate = ARRIVES;
		y.p.seq[play_sender(flight)][0] = plain;
		y.p.seq[play_sender(flight)][1] = encrypted;
		stream_wait(&y.s, SEC);
	}
}

/* Its peer repeats its flight in vain, and then the slow sender goes on. */
static void a_stranger_sends_it(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	for (int copies = 1; copies <= 2; copies++)
		FOR_EACH_FATE(fate, flight) {
			play_up_to(&y, flight);
			forged(flight, fate, copies);
			if (fate == REFUSED && y.p.h->party[play_sender(flight)].flight >= flight)
				play_row(&y, flight, "it begins no flight");
			for (int i = 0; i < 3; i++) {
				play_flight(&y, play_before(&y, flight));
				stream_wait(&y.s, SEC << i);
			}
			if (y.p.h->verdict.code == VERDICT_KERNEL_DROP)
				play_row(&y, flight, "a stranger is no witness");
			play_flight(&y, flight);
			play_rest(&y, flight);
			play_expect(&y, flight, &w);
		}
	play_report();
}

/* Near: the device or the path breaks every copy. */
static void every_copy_is_broken(void **state)
{
	FOR_EACH_FATE(fate, flight) {
		static const struct wanted w = {
			.states = "stuck", .codes = "kernel-drop", .sides = "kernel", .words = "UDP_CSUM", .likely = true,
		};

		if (flight == play_last(&y) || flight == 2)
			continue;
		play_up_to(&y, flight);
		y.p.drop_reason = REASON_CHECKSUM;
		/* A server that asks for a cookie has no timer. */
		if (flight == 3)
			play_repeat(&y, flight, 0, 5, fate);
		else
			play_repeat(&y, play_before(&y, flight), flight, 5, fate);
		stream_wait(&y.s, 10 * SEC);
		play_expect(&y, flight, &w);
	}
	play_report();
}

/* Near: a server that gets nothing but broken ClientHellos. */
static void every_hello_is_broken(void **state)
{
	FOR_EACH_PLAY(&y, "ClientHellos", NULL) {
		static const struct wanted w = { .states = "stuck", .codes = "kernel-drop", .sides = "kernel", .likely = true };

		if (y.at != AT_SERVER)
			continue;
		y.p.drop_reason = REASON_CHECKSUM;
		play_repeat(&y, 1, 0, 5, REFUSED);
		stream_wait(&y.s, 10 * SEC);
		play_expect(&y, 1, &w);
	}
	play_report();
}

/* Near: the socket that sent it is on this host, too, so no stranger did. */
static void its_sender_is_here(void **state)
{
	for (int flight = 3; flight < 6; flight++)
		FOR_EACH_PLAY(&y, "sent here", NULL) {
			static const struct wanted w = { .states = "stuck", .codes = "kernel-drop", .sides = "kernel" };

			if (y.at != AT_BOTH || !play_has(&y, flight) || flight == play_last(&y))
				continue;
			play_up_to(&y, flight);
			y.p.drop_reason = REASON_CHECKSUM;
			play_repeat(&y, flight, 0, 5, REFUSED);
			stream_wait(&y.s, 10 * SEC);
			play_expect(&y, flight, &w);
			if (y.p.h->verdict.confidence != CONFIDENCE_CERTAIN)
				play_row(&y, flight, "it is certain");
		}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stranger_sends_it),
		cmocka_unit_test(every_copy_is_broken),
		cmocka_unit_test(every_hello_is_broken),
		cmocka_unit_test(its_sender_is_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
