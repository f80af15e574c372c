// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two servers behind one address both answer the ClientHello. The client goes on with one: what the other repeats is no fault. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

static const unsigned elsewhere[] = { AT_CLIENT, ON_WIRE };

/* `other` sends as its server what another one at this address sends. */
static void begin(struct stream *s, struct pair *p, struct pair *other, unsigned at)
{
	stream_begin(s, p, at);
	pair_init(other, s, 30041, 0x22);
}

static void hello_and_certificate(struct pair *p)
{
	dtls_server_hello(p);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, CERTIFICATE_LEN, NULL);
	pair_flush(p);
}

static void rest_of_flight4(struct pair *p)
{
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_KEY_EXCHANGE, 2, 333, NULL);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 3, 0, NULL);
	pair_flush(p);
}

static void repeat_parts(struct pair *p)
{
	for (int n = 0; n < 4; n++) {
		stream_wait(p->s, (1 << n) * SEC);
		hello_and_certificate(p);
		rest_of_flight4(p);
	}
	stream_wait(p->s, HOUR);
}

static void expect_completed(struct stream *s, const struct pair *p, bool is_other)
{
	assert_string_equal(handshake_state_name(p->h->state), "completed");
	assert_int_equal(s->faults, 0);
	assert_int_equal(has_note(p, NOTE_NOT_SENT_BY_PEER, "another server at that address"), is_other);
	stream_fini(s);
}

/* Also one that was there before: of the two ServerHellos the client may have answered either, and it has completed with one. */
static void another_server_repeats_its_answer(void **state)
{
	struct pair p, other;
	struct stream s;

	for (int n = 0; n < 4; n++) {
		begin(&s, &p, &other, elsewhere[n & 1]);
		dtls_flight1(&p);
		hello_and_certificate(&p);
		rest_of_flight4(&p);
		if (n & 2) {
			hello_and_certificate(&other);
			rest_of_flight4(&other);
			stream_wait(&s, SEC);
			hello_and_certificate(&p);
			rest_of_flight4(&p);
			stream_wait(&s, SEC);
			hello_and_certificate(&p);
			rest_of_flight4(&p);
		}
		dtls_flight5(&p);
		dtls_flight6(&p);
		repeat_parts(&other);
		expect_completed(&s, &p, true);
	}
}

/* With DTLS 1.3, all but the ServerHello is encrypted. */
static void another_server_encrypts_its_answer(void **state)
{
	struct pair p, other;
	struct stream s;

	for (int n = 0; n < 2; n++) {
		begin(&s, &p, &other, elsewhere[n]);
		dtls13_full(&p);
		other.seq[PARTY_SERVER][0] = 10;
		for (int copy = 0; copy < 5; copy++) {
			stream_wait(&s, (1 << copy) * SEC);
			dtls13_flight4(&other);
		}
		stream_wait(&s, HOUR);
		expect_completed(&s, &p, true);
	}
}

/* The ServerHellos of its first copies are lost. They are numbered after the last flight, so the server has not sent them. */
static void parts_before_its_server_hello(void **state)
{
	struct pair p, other;
	struct stream s;

	begin(&s, &p, &other, AT_CLIENT);
	dtls_full(&p);
	other.seq[PARTY_SERVER][0] = 10;
	for (int n = 0; n < 2; n++) {
		stream_wait(&s, 500 * MS);
		rest_of_flight4(&other);
	}
	assert_string_equal(handshake_state_name(p.h->state), "completed");
	repeat_parts(&other);
	expect_completed(&s, &p, true);
}

/* The server's own socket is here, and has another ServerHello; the record numbers are the same. */
static void where_the_server_is_seen_to_send(void **state)
{
	struct pair p, other;
	struct stream s;

	begin(&s, &p, &other, AT_BOTH);
	dtls_flight1(&p);
	dtls_flight4(&p);
	other.seq[PARTY_SERVER][0] = 0;
	s.observers = AT_CLIENT;
	dtls_flight4(&other);
	s.observers = AT_BOTH;
	assert_int_equal(p.h->flights[FLIGHT_SERVER_HELLO].copies, 1);
	assert_int_equal(p.h->unsent[PARTY_SERVER], 1);
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_completed(&s, &p, false);
}

/* Near: a stranger has sent one ServerHello, and the server repeats its answer. */
static void near_a_single_server_hello(void **state)
{
	struct pair other;
	STORY_WITH(begin, s, p, &other, AT_CLIENT);

	dtls_full(&p);
	dtls_server_hello(&other);
	pair_flush(&other);
	p.seq[PARTY_SERVER][0]--;	/* the stranger's ChangeCipherSpec has it, too */
	repeat_parts(&p);
	assert_true(s.faults);
	assert_false(has_note(&p, NOTE_NOT_SENT_BY_PEER, "another server"));
}

/* Near: it is the same server, which repeats its answer as if the last flight had been forged. */
static void near_the_same_server(void **state)
{
	struct pair other;
	STORY_WITH(begin, s, p, &other, AT_CLIENT);

	dtls_full(&p);
	p.seq[PARTY_SERVER][0]--;	/* the stranger's ChangeCipherSpec has it, too */
	repeat_parts(&p);
	assert_true(s.faults);
	assert_int_equal(p.h->verdict.confidence, CONFIDENCE_LIKELY);
	assert_false(has_note(&p, NOTE_NOT_SENT_BY_PEER, "another server"));
}

/* Near: the client has another answer than that which was seen first, and the server repeats it in vain. */
static void near_two_answers_before_the_client_answers(void **state)
{
	struct pair other;
	STORY_WITH(begin, s, p, &other, ON_WIRE);

	dtls_flight1(&p);
	dtls_flight4(&other);
	dtls_flight4(&p);
	dtls_flight5(&p);
	repeat(&p, dtls_flight4, 5);
	stream_wait(&s, HOUR);
	assert_true(s.faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_server_repeats_its_answer),
		cmocka_unit_test(another_server_encrypts_its_answer),
		cmocka_unit_test(parts_before_its_server_hello),
		cmocka_unit_test(where_the_server_is_seen_to_send),
		cmocka_unit_test(near_a_single_server_hello),
		cmocka_unit_test(near_the_same_server),
		cmocka_unit_test(near_two_answers_before_the_client_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
