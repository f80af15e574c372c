// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Each copy of a flight is dropped on this host, or is answered by what is no DTLS, in every combination. */
#include "stream_play.h"

static struct play y;

static bool asks(int flight)
{
	return play_has(&y, flight) && flight != 2 && flight < play_last(&y);
}

static const struct { const char *name; enum fate fate; uint32_t reason; bool outgoing; } drops[] = {
	{ "receive buffer full", REFUSED, REASON_RCVBUFF, false },
	{ "dropped from the queue", DROPPED_IN, REASON_RCVBUFF, false },
	{ "firewall here, incoming", REFUSED, REASON_NETFILTER, false },
	{ "IPsec policy here", REFUSED, REASON_XFRM, false },
	{ "firewall here, outgoing", DROPPED_OUT, REASON_NETFILTER, true },
	{ "firewall here, before it is sent", UNSENT, REASON_NETFILTER, true },
};

#define FOR_EACH_DROP(drop, flight) \
	for (size_t drop = 0; drop < sizeof(drops) / sizeof(drops[0]); drop++) \
		for (int flight = 1; flight < 6; flight++) \
			FOR_EACH_PLAY(&y, drops[drop].name, NULL) \
				if (asks(flight) && play_sees(&y, drops[drop].outgoing ? play_sender(flight) : \
							 party_peer(play_sender(flight))))

/* The highest number that the evidence gives before "of" is not above the one after it. */
static bool counts_agree(void)
{
	struct verdict v;
	unsigned part, whole;

	verdict_describe(y.p.h, y.s.now, &v);
	for (uint32_t i = 0; i < v.num_evidence; i++)
		for (const char *at = v.evidence[i]; (at = strstr(at, " of ")); at++)
			for (const char *from = at; from > v.evidence[i] && from[-1] != ' '; from--)
				if (sscanf(from - 1, "%u of %u", &part, &whole) == 2 && part > whole)
					return false;
	return true;
}

static void each_copy_is_dropped(void **state)
{
	FOR_EACH_DROP(drop, flight) {
		struct wanted w = { .states = "stuck", .codes = "kernel-drop", .sides = "kernel" };

		play_up_to(&y, flight);
		y.p.drop_reason = drops[drop].reason;
		play_repeat(&y, flight, 0, 5, drops[drop].fate);
		stream_wait(&y.s, 10 * SEC);
		play_expect(&y, flight, &w);
		if (!counts_agree())
			play_row(&y, flight, "counts agree");
		/* How it ends is not why. */
		for (int by = 0; by < PARTY_MAX; by++)
			pair_close(&y.p, by, 0);
		stream_wait(&y.s, SEC);
		play_expect(&y, flight, &w);
	}
	play_report();
}

/* Near: two copies are dropped, and the third arrives. */
static void two_copies_are_dropped(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	FOR_EACH_DROP(drop, flight) {
		play_up_to(&y, flight);
		y.p.drop_reason = drops[drop].reason;
		play_repeat(&y, flight, 0, 2, drops[drop].fate);
		stream_wait(&y.s, SEC);
		for (int n = flight; n <= play_last(&y); n++)
			if (play_has(&y, n))
				play_flight(&y, n);
		play_data(&y);
		play_expect_healthy(&y, flight, &w);
	}
	play_report();
}

/* RTP comes from the silent side, instead of DTLS. */
static void something_else_comes(void **state)
{
	for (int flight = 1; flight < 6; flight++)
		FOR_EACH_PLAY(&y, "RTP", NULL) {
			enum party_role from = party_peer(play_sender(flight));
			struct wanted w = { .states = "stuck", .codes = "no-response,peer-silent", .sides =
					    from == PARTY_CLIENT ? "client" : "server", .likely = !play_sees(&y, from), .words = "200 RTP" };
			struct event_other other = { .received = { 0 } };

			/* Who counts them is the side that waits; the silent one would be seen not to answer. */
			if (!asks(flight) || play_sees(&y, from))
				continue;
			/* The first 40 may have come before its latest flight. */
			if (flight > 1)
				w.words = "160 RTP";
			play_up_to(&y, flight);
			for (uint32_t i = 0; i < 5; i++) {
				play_lost(&y, flight);
				if (y.at == ON_WIRE)
					other.sent[EVENT_OTHER_RTP] = 40 * (i + 1);
				else
					other.received[EVENT_OTHER_RTP] = 40 * (i + 1);
				stream_wait(&y.s, SEC << i);
				pair_other(&y.p, y.at == ON_WIRE ? from : party_peer(from), other);
			}
			stream_wait(&y.s, 10 * SEC);
			play_expect(&y, flight, &w);
		}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_copy_is_dropped),
		cmocka_unit_test(two_copies_are_dropped),
		cmocka_unit_test(something_else_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
