// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Every flight lost up to twice, in every combination that costs one flight and
 * its answer no more than two copies together, between endpoints that do what
 * RFC 6347 s4.2.4 asks: never a fault, from no observer, and completed.
 */
#include "stream_dtls.h"

#define MAX_LOSSES 2
#define NUM_FLIGHTS 6

static void send_lost(struct pair *p, void (*flight)(struct pair *p))
{
	p->fate = LOST;
	flight(p);
	p->fate = ARRIVES;
}

/* `losses` copies are lost; the sender's timer of 1 s, doubled, sends the next. */
static void on_timer(struct pair *p, void (*flight)(struct pair *p), unsigned losses)
{
	stream_wait(p->s, MS);	/* nobody answers at once */
	for (unsigned i = 0; i < losses; i++) {
		send_lost(p, flight);
		stream_wait(p->s, SEC << i);
	}
	flight(p);
}

/* Flight 2 or 6 is lost: its sender has no timer, the client repeats what it answers. */
static void on_repeat(struct pair *p, void (*flight)(struct pair *p),
		      void (*client_flight)(struct pair *p), unsigned losses)
{
	stream_wait(p->s, MS);	/* nobody answers at once */
	for (unsigned i = 0; i < losses; i++) {
		send_lost(p, flight);
		stream_wait(p->s, SEC << i);
		client_flight(p);
	}
	flight(p);
}

/* Flight 5 is lost: both timers run, and the client ignores the server's repeats. */
static void on_both_timers(struct pair *p, unsigned losses)
{
	stream_wait(p->s, MS);
	for (unsigned i = 0; i < losses; i++) {
		send_lost(p, dtls_flight5);
		stream_wait(p->s, (SEC << i) - 100 * MS);
		dtls_flight4(p);
		stream_wait(p->s, 100 * MS - p->s->transit_ns);
	}
	dtls_flight5(p);
}

static void run_lossy(unsigned at, uint32_t mtu, const unsigned losses[NUM_FLIGHTS + 1])
{
	struct stream s STREAM_ENDS;
	struct pair p;

	stream_init(&s, at);
	s.transit_ns = 20 * MS;
	pair_init(&p, &s, 30041, 0x11);
	p.cookie = p.client_certificate = p.ticket = true;
	p.mtu = mtu;
	on_timer(&p, dtls_flight1, losses[1]);
	on_repeat(&p, dtls_flight2, dtls_flight1, losses[2]);
	on_timer(&p, dtls_flight3, losses[3]);
	on_timer(&p, dtls_flight4, losses[4]);
	on_both_timers(&p, losses[5]);
	on_repeat(&p, dtls_flight6, dtls_flight5, losses[6]);
	if (at != AT_SERVER) {
		assert_int_equal(p.h->party[PARTY_CLIENT].retransmissions,
				 losses[1] + losses[2] + losses[3] + losses[5] + losses[6]);
		assert_int_equal(p.h->flights[1].copies, 1 + losses[1] + losses[2]);
		assert_int_equal(p.h->flights[5].copies, 1 + losses[5] + losses[6]);
	}
	if (at != AT_CLIENT) {
		assert_int_equal(p.h->flights[4].copies, 1 + losses[4] + losses[5]);
		assert_int_equal(p.h->flights[6].copies, 1 + losses[6]);
	}
	expect_completed_only(&s, &p);
}

static void check_losses(uint32_t mtu)
{
	unsigned losses[NUM_FLIGHTS + 1], rest, num = 1;

	for (int i = 0; i < NUM_FLIGHTS; i++)
		num *= MAX_LOSSES + 1;
	for (unsigned combination = 0; combination < num; combination++) {
		rest = combination;
		for (int i = 1; i <= NUM_FLIGHTS; i++) {
			losses[i] = rest % (MAX_LOSSES + 1);
			rest /= MAX_LOSSES + 1;
		}
		/* More, and one side has rightly heard nothing for 5 s: no-response, peer-silent. */
		if (losses[1] + losses[2] > MAX_LOSSES || losses[3] + losses[4] > MAX_LOSSES ||
		    losses[4] + losses[5] > MAX_LOSSES || losses[5] + losses[6] > MAX_LOSSES)
			continue;
		FOR_EACH_OBSERVER(at)
			run_lossy(at, mtu, losses);
	}
}

static void losses_are_no_faults(void **state)
{
	check_losses(1400);
}

static void losses_of_fragmented_flights_are_no_faults(void **state)
{
	check_losses(228);
}

/* --- what the tracer does not see --- */

/* The kernel passes by the hook where the first Finished arrives; the second shows that it did. */
static void the_arrival_of_a_finished_is_not_seen(void **state)
{
	for (int resumed = 0; resumed < 2; resumed++) {
		STORY(s, p, AT_BOTH);
		dtls_flight1(&p);
		if (resumed) {
			send_lost(&p, dtls_flight4_resumed);
			stream_wait(&s, MS);
			dtls_finished(&p, PARTY_CLIENT);
		} else {
			dtls_flight4(&p);
			send_lost(&p, dtls_flight5);
			stream_wait(&s, MS);
			dtls_flight6(&p);
		}
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
		assert_int_equal(s.faults, 0);
	}
}

/* Near: it is the flight before that is sent again, so it did not arrive. */
static void a_finished_that_did_not_arrive(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_flight1(&p);
	dtls_flight4(&p);
	send_lost(&p, dtls_flight5);
	stream_wait(&s, SEC);
	dtls_flight4(&p);
	assert_int_equal(p.h->state, HANDSHAKE_IN_PROGRESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(losses_are_no_faults),
		cmocka_unit_test(losses_of_fragmented_flights_are_no_faults),
		cmocka_unit_test(the_arrival_of_a_finished_is_not_seen),
		cmocka_unit_test(a_finished_that_did_not_arrive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
