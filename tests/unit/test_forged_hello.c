// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A forged hello beside the real one: which of the two does the handshake belong to? (RFC 6347 s4.1.2.7) */
#include "stream_dtls13.h"

static void begin(struct stream *s, struct pair *p, struct pair *forged, unsigned at)
{
	stream_init(s, at);
	s->transit_ns = 5 * MS;
	pair_init(p, s, 30041, 0x11);
	pair_init(forged, s, 30041, 0x22);
	forged->seq[PARTY_CLIENT][0] = 5;
}

/* No socket here was seen to send it. */
static void forge(struct pair *p, void (*flight)(struct pair *p), enum party_role from)
{
	unsigned observers = p->s->observers;

	p->s->observers &= ~(1u << from);
	flight(p);
	p->s->observers = observers;
}

static void (*const flights[2][4])(struct pair *p) = {
	{ dtls_flight1, dtls_flight4, dtls_flight5, dtls_flight6 },
	{ dtls13_flight1, dtls13_flight4, dtls13_flight5, dtls13_flight6 },
};

/* The handshake, with this many copies of its flights 1, 4 and 5, goes on to its end. */
static void play(struct pair *p, bool is13, uint32_t copies)
{
	for (int n = 0; n < 4; n++)
		for (uint32_t i = 0; i < (n < 3 ? copies : 1); i++) {
			flights[is13][n](p);
			stream_wait(p->s, i + 1 < copies ? SEC : 10 * MS);
		}
}

/* Whichever of the two the server's flight is given to, both are not accused: the client goes on, and it completes. */
static void before_the_real_one(void **state)
{
	struct pair forged;

	for (unsigned at = AT_SERVER; at <= ON_WIRE; at++)
		for (int i = 0; i < 4; i++) {
			STORY_WITH(begin, s, p, &forged, at);
			forge(&forged, flights[i & 1][0], PARTY_CLIENT);
			stream_wait(&s, 20 * MS);
			play(&p, i & 1, 1 + i / 2);
			stream_wait(&s, HOUR);
			assert_int_equal(s.faults, 0);
			assert_int_equal(s.num_changes ? s.changes[0].state : HANDSHAKE_STUCK, HANDSHAKE_COMPLETED);
		}
}

/* Where the client's socket is seen, it is no other handshake: the client did not send it. */
static void forge_hello(struct stream *s, struct pair *p, struct pair *forged, bool is13)
{
	uint32_t wrong = s->wrong;

	forge(forged, flights[is13][0], PARTY_CLIENT);
	assert_int_equal(p->h->unsent[PARTY_CLIENT], s->observers == AT_BOTH);
	assert_int_equal(!forged->h, s->observers == AT_BOTH);
	if (s->observers == AT_BOTH)
		s->wrong = wrong;
}

/* Its high record number does not make it a handshake that began before the trace: its address is known. */
static void after_the_real_one(void **state)
{
	struct pair forged;

	for (unsigned at = AT_SERVER; at <= ON_WIRE; at++)
		for (int is13 = 0; is13 < 2; is13++) {
			STORY_WITH(begin, s, p, &forged, at);
			play(&p, is13, 1);
			assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
			forge_hello(&s, &p, &forged, is13);
			assert_true(!forged.h || !forged.h->late);
			/* What the server sends now is for the client that it knows. */
			if (is13)
				dtls13_data(&p, PARTY_SERVER);
			stream_wait(&s, HOUR);
			assert_int_equal(s.wrong, 0);
			assert_int_equal(s.faults, 0);
		}
}

/* The client's socket is seen, and did not send it: the client has not begun another attempt. */
static void while_the_real_client_waits(void **state)
{
	struct pair forged;

	for (int is13 = 0; is13 < 2; is13++) {
		STORY_WITH(begin, s, p, &forged, AT_BOTH);
		flights[is13][0](&p);
		stream_wait(&s, 200 * MS);
		forge_hello(&s, &p, &forged, is13);
		for (int n = 1; n < 4; n++)
			flights[is13][n](&p);
		stream_wait(&s, HOUR);
		assert_int_equal(s.wrong, 0);
		assert_int_equal(s.faults, 0);
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
	}
}

/* The near miss: nothing came from this address before, so what it sent before may not have been seen. */
static void the_first_of_its_address_is_late(void **state)
{
	struct pair forged;
	STORY_WITH(begin, s, p, &forged, AT_SERVER);

	dtls_flight1(&forged);
	assert_true(forged.h->late);
}

/* The near miss: a client that only repeats its ClientHello waits for the server, whatever was forged beside it. */
static void a_client_that_waits(void **state)
{
	struct pair forged;
	STORY_WITH(begin, s, p, &forged, AT_SERVER);

	forge(&forged, dtls_flight1, PARTY_CLIENT);
	stream_wait(&s, 20 * MS);
	for (int i = 0; i < 4; i++) {
		dtls_flight1(&p);
		stream_wait(&s, SEC << i);
	}
	stream_wait(&s, HOUR);
	assert_true(s.faults > 0);
	assert_int_equal(stream_change(&s, 0)->id, p.id);
	assert_int_equal(s.changes[0].verdict.side, VERDICT_SIDE_SERVER);
}

/* --- a ClientHello that nobody repeats gets nothing of the handshake that goes on --- */

/* The client goes on, and then comes the rest of the answer to it, the last part first. Near: it does not, and that may be an answer to both. */
static void an_answer_without_its_beginning(void **state)
{
	struct pair forged;

	for (int i = 0; i < 4; i++) {
		STORY_WITH(begin, s, p, &forged, i & 1 ? ON_WIRE : AT_SERVER);
		dtls_flight1(&p);
		stream_wait(&s, SEC);
		forged.seq[PARTY_CLIENT][0] = 1;
		forge(&forged, dtls_flight1, PARTY_CLIENT);
		stream_wait(&s, 20 * MS);
		if (i < 2)
			dtls_flight1(&p);
		for (int n = 2; n > 0; n--) {
			p.seq[PARTY_SERVER][0] = n;
			dtls_message_add(&p, PARTY_SERVER, n == 2 ? DTLS_MT_SERVER_KEY_EXCHANGE : DTLS_MT_CERTIFICATE, n, 333, NULL);
			pair_flush(&p);
		}
		assert_int_equal(p.h->party[PARTY_SERVER].num_messages, i < 2 ? 2 : 0);
		assert_int_equal(forged.h->party[PARTY_SERVER].num_messages, i < 2 ? 0 : 2);
	}
}

/* The client's latest record has a number that continues those of the forged one, and not its own: copies were lost. */
static void the_last_flight_after_lost_copies(void **state)
{
	struct pair forged;

	for (unsigned at = AT_SERVER; at <= ON_WIRE; at += ON_WIRE - AT_SERVER) {
		STORY_WITH(begin, s, p, &forged, at);
		dtls_flight1(&p);
		dtls_flight4_resumed(&p);
		stream_wait(&s, 200 * MS);
		forged.seq[PARTY_CLIENT][0] = 1;
		forge(&forged, dtls_flight1, PARTY_CLIENT);
		p.seq[PARTY_CLIENT][0] = 2;
		p.seq[PARTY_CLIENT][1] = 1;
		dtls_finished(&p, PARTY_CLIENT);
		stream_wait(&s, HOUR);
		assert_int_equal(s.wrong, 0);
		assert_int_equal(s.faults, 0);
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
	}
}

/* A server repeats stored bytes after the handshake seemed to be complete, so it is not. */
static void stored_copies_after_the_last_flight(void **state)
{
	struct pair forged;

	for (unsigned at = AT_SERVER; at <= ON_WIRE; at += ON_WIRE - AT_SERVER)
		for (int late = 0; late < 2; late++) {
			STORY_WITH(begin, s, p, &forged, at);
			dtls_flight1(&p);
			if (!late)
				forge(&forged, dtls_flight1, PARTY_CLIENT);
			stream_wait(&s, 20 * MS);
			dtls_flight4_resumed(&p);
			dtls_finished(&p, PARTY_CLIENT);
			assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
			stream_wait(&s, 20 * MS);
			if (late)
				forge(&forged, dtls_flight1, PARTY_CLIENT);
			for (int i = 0; i < 6; i++) {
				stream_wait(&s, SEC << i);
				p.seq[PARTY_SERVER][0] = p.seq[PARTY_SERVER][1] = 0;
				dtls_flight4_resumed(&p);
			}
			assert_int_equal(s.wrong, 0);
			assert_int_not_equal(p.h->state, HANDSHAKE_COMPLETED);
		}
}

/* --- a flight 4 of DTLS 1.2, in a handshake of DTLS 1.3 --- */

static void older_flight4_before_the_real_one(void **state)
{
	struct pair forged;

	FOR_EACH_OBSERVER(at) {
		STORY_WITH(begin, s, p, &forged, at);
		dtls13_flight1(&p);
		stream_wait(&s, 20 * MS);
		forge(&p, dtls_flight4, PARTY_SERVER);
		stream_wait(&s, 20 * MS);
		for (int n = 1; n < 4; n++)
			flights[1][n](&p);
		stream_wait(&s, HOUR);
		assert_true(p.h->is_dtls13);
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
		assert_int_equal(s.faults, 0);
	}
}

/* --- beside an association that goes on --- */

/* Copies of a ClientHello that nobody here sent, as a client sends them; with data, the client uses its association all the while. */
static void forge_copies(struct pair *p, struct pair *forged, bool is13, bool has_data)
{
	for (int i = 0; i < 4; i++) {
		forge(forged, flights[is13][0], PARTY_CLIENT);
		stream_wait(p->s, SEC << i);
		if (has_data && i == 1)
			(is13 ? dtls13_data : dtls_data)(p, PARTY_CLIENT);
	}
	stream_wait(p->s, HOUR);
}

static void a_client_that_uses_its_association(void **state)
{
	struct pair forged;

	for (unsigned at = AT_SERVER; at <= ON_WIRE; at++)
		for (int i = 0; i < 4; i++) {
			bool is13 = i & 1, has_data = i & 2;

			STORY_WITH(begin, s, p, &forged, at);
			play(&p, is13, 1);
			(is13 ? dtls13_data : dtls_data)(&p, PARTY_CLIENT);
			stream_wait(&s, SEC);
			forge_copies(&p, &forged, is13, has_data);
			/* Near: one that sends nothing may have started again, unless its socket is seen. */
			assert_int_equal(s.faults > 0, !has_data && at != AT_BOTH);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_real_one),
		cmocka_unit_test(after_the_real_one),
		cmocka_unit_test(while_the_real_client_waits),
		cmocka_unit_test(the_first_of_its_address_is_late),
		cmocka_unit_test(a_client_that_waits),
		cmocka_unit_test(an_answer_without_its_beginning),
		cmocka_unit_test(the_last_flight_after_lost_copies),
		cmocka_unit_test(stored_copies_after_the_last_flight),
		cmocka_unit_test(older_flight4_before_the_real_one),
		cmocka_unit_test(a_client_that_uses_its_association),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
