// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A forged last flight, or a part of an earlier one, completes nothing that the two sides do not complete (RFC 6347 s4.1.2.7). */
#include "stream_dtls13.h"

static void begin(struct stream *s, struct pair *p, unsigned at)
{
	stream_init(s, at);
	s->transit_ns = 5 * MS;
	pair_init(p, s, 30041, 0x11);
}

static void up_to_flight5(struct stream *s, struct pair *p, unsigned at)
{
	begin(s, p, at);
	dtls_hellos(p);
	dtls_flight4(p);
	dtls_flight5(p);
	stream_wait(s, SEC);
}

static enum handshake_state state_of(struct stream *s, const struct pair *p)
{
	stream_settle(s);
	return p->h->state;
}

/* The client, whose socket is seen, repeats its flight each time: it has not taken the last one. */
static void its_receiver_goes_on(void **state)
{
	STORY_WITH(up_to_flight5, s, p, AT_CLIENT);

	for (int i = 0; i < 3; i++) {
		dtls_flight6(&p);
		stream_wait(&s, SEC);
		dtls_flight5(&p);
		assert_int_not_equal(state_of(&s, &p), HANDSHAKE_COMPLETED);
	}
	/* Near: it sends data instead. */
	dtls_data(&p, PARTY_CLIENT);
	assert_int_equal(state_of(&s, &p), HANDSHAKE_COMPLETED);
}

/* In a capture, one repeat may have crossed it, or come late. */
static void its_receiver_goes_on_in_a_capture(void **state)
{
	STORY_WITH(up_to_flight5, s, p, ON_WIRE);

	dtls_flight6(&p);
	stream_wait(&s, SEC);
	dtls_flight5(&p);
	assert_int_equal(state_of(&s, &p), HANDSHAKE_COMPLETED);
	stream_wait(&s, 2 * SEC);
	dtls_flight5(&p);
	assert_int_not_equal(state_of(&s, &p), HANDSHAKE_COMPLETED);
	/* The last flight was lost behind the point of capture, and comes again. */
	dtls_flight6(&p);
	assert_int_equal(state_of(&s, &p), HANDSHAKE_COMPLETED);
}

/* The client's last flight, forged before the flight that it answers, does not make a resumed handshake a full one. */
static void before_what_it_answers(void **state)
{
	STORY_WITH(begin, s, p, ON_WIRE);

	dtls_hellos(&p);
	dtls_finished(&p, PARTY_CLIENT);
	stream_wait(&s, 10 * MS);
	dtls_flight4_resumed(&p);
	assert_int_not_equal(state_of(&s, &p), HANDSHAKE_COMPLETED);
	dtls_finished(&p, PARTY_CLIENT);
	assert_int_equal(state_of(&s, &p), HANDSHAKE_COMPLETED);
	assert_true(p.h->resumed);
}

/* No server has a number higher than its client's: it does not take the number of the NewSessionTicket. */
static void a_cookie_request_with_a_high_number(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	p.ticket = true;
	dtls_flight1(&p);
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_HELLO_VERIFY_REQUEST, 4, 23, NULL);
	pair_flush(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	assert_int_equal(state_of(&s, &p), HANDSHAKE_COMPLETED);
	assert_int_equal(p.h->flights[FLIGHT_RETRY_REQUEST].copies, 0);
}

/* One record that looks encrypted as in DTLS 1.3 does not outweigh a whole ServerHello of DTLS 1.2. */
static void a_record_of_another_version(void **state)
{
	STORY_WITH(begin, s, p, ON_WIRE);

	dtls_flight1(&p);
	dtls13_send(&p, PARTY_SERVER, 2, 40);
	assert_true(p.h->is_dtls13);
	dtls_flight4_resumed(&p);
	assert_false(p.h->is_dtls13);
	dtls_finished(&p, PARTY_CLIENT);
	assert_int_equal(state_of(&s, &p), HANDSHAKE_COMPLETED);
}

/* --- a record number that a stranger has used --- */

static void use_number(struct pair *p, enum party_role from)
{
	uint64_t number = p->seq[from][0];

	dtls_record_add(p, from, DTLS_CT_APPLICATION_DATA, 0, 20);
	pair_flush(p);
	p->seq[from][0] = number;
}

/* A datagram with one known number is none that the network doubled: its flight came again, with all of its messages. */
static void a_copy_with_a_number_that_was_used(void **state)
{
	for (int from = 0; from < PARTY_MAX; from++) {
		uint8_t request = from == PARTY_SERVER ? FLIGHT_CLIENT_FINISHED : FLIGHT_SERVER_HELLO;

		STORY_WITH(begin, s, p, 1u << party_peer(from));
		p.ticket = true;
		dtls_hellos(&p);
		dtls_flight4(&p);
		for (int i = 0; i < 4; i++) {
			stream_wait(&s, SEC << i);
			(from == PARTY_SERVER ? dtls_flight5 : dtls_flight4)(&p);
			if (i == 2)
				use_number(&p, from);
			(from == PARTY_SERVER ? dtls_flight6 : dtls_flight5)(&p);
		}
		assert_int_equal(p.h->flights[request + 1].copies, 4);
		assert_int_equal(p.h->flights[request].answers.copies, 4);
	}
}

/* Near: the network doubled a datagram, and all of its numbers are known. */
static void a_datagram_that_was_doubled(void **state)
{
	STORY_WITH(up_to_flight5, s, p, AT_CLIENT);

	p.ticket = true;
	dtls_flight6(&p);
	pair_duplicate(&p);
	assert_int_equal(p.h->flights[FLIGHT_CONFIRM].copies, 1);
}

/* --- a message of a full handshake in one that is resumed --- */

static void key_exchange(struct pair *p)
{
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, p->cookie + 1, 66, NULL);
}

/* The server's socket has resumed a session: a forged flight with a ClientKeyExchange does not make the client's own incomplete. */
static void a_key_exchange_that_nobody_needs(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_SERVER);
	dtls_hellos(&p);
	dtls_flight4_resumed(&p);
	stream_wait(&s, 100 * MS);
	key_exchange(&p);
	dtls_finished(&p, PARTY_CLIENT);
	for (int i = 0; i < 5; i++) {
		stream_wait(&s, SEC << i);
		dtls_flight4_resumed(&p);
		dtls_finished(&p, PARTY_CLIENT);
	}
	stream_wait(&s, 200 * MS);
	assert_int_equal(p.h->party[PARTY_CLIENT].num_messages, 1);
	assert_int_equal(p.h->verdict.code, VERDICT_CANNOT_DECRYPT);
	stream_fini(&s);
	/* Near: the handshake is full, or it is not seen that it is resumed. */
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		begin(&s, &p, at);
		dtls_hellos(&p);
		(at == ON_WIRE ? dtls_flight4_resumed : dtls_flight4)(&p);
		key_exchange(&p);
		dtls_finished(&p, PARTY_CLIENT);
		assert_int_equal(p.h->party[PARTY_CLIENT].num_messages, 2);
		stream_fini(&s);
	}
}

/* A forged ServerHelloDone, until the client answers without a ClientKeyExchange and the server's own flight comes again. */
static void a_server_hello_done_that_nobody_sent(void **state)
{
	STORY_WITH(begin, s, p, ON_WIRE);

	dtls_hellos(&p);
	dtls_server_hello(&p);
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, p.cookie + 1, 0, NULL);
	pair_flush(&p);
	stream_wait(&s, 500 * MS);
	for (int i = 0; i < 4; i++) {
		dtls_flight4_resumed(&p);
		if (!i)
			dtls_finished(&p, PARTY_CLIENT);
		stream_wait(&s, 2 * SEC << i);
	}
	assert_true(p.h->resumed);
	assert_int_not_equal(state_of(&s, &p), HANDSHAKE_COMPLETED);
}

/* --- the other side was silent, and still is --- */

/* Full: at the client, who repeats flight 5; resumed: at the server, who repeats flight 4. Of these, at 0, 1, 3 and 7 s. */
static void silence(struct stream *s, struct pair *p, bool resumed)
{
	begin(s, p, resumed ? AT_SERVER : AT_CLIENT);
	dtls_hellos(p);
	if (!resumed)
		dtls_flight4(p);
	for (int i = 0; i < 4; i++) {
		if (i)
			stream_wait(s, SEC << (i - 1));
		(resumed ? dtls_flight4_resumed : dtls_flight5)(p);
	}
	stream_wait(s, SEC);
	assert_int_equal(p->h->verdict.code, VERDICT_PEER_SILENT);
}

/* It repeats its flight after a forged last flight, which was no answer: the copies before that count as well. */
static void a_side_that_was_silent_before(void **state)
{
	for (int resumed = 0; resumed < 2; resumed++) {
		STORY_WITH(silence, s, p, resumed);
		dtls_finished(&p, resumed ? PARTY_CLIENT : PARTY_SERVER);
		stream_wait(&s, SEC);
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
		stream_wait(&s, 6 * SEC);
		(resumed ? dtls_flight4_resumed : dtls_flight5)(&p);
		stream_wait(&s, SEC);
		assert_int_equal(p.h->verdict.code, VERDICT_PEER_SILENT);
	}
}

/* Near: it cannot use what came, since the Finished came first. That may be the other side's own, which is not silent then. */
static void near_a_last_flight_in_disorder(void **state)
{
	for (int resumed = 0; resumed < 2; resumed++) {
		enum party_role from = resumed ? PARTY_CLIENT : PARTY_SERVER;

		STORY_WITH(silence, s, p, resumed);
		dtls_record_add(&p, from, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
		pair_flush(&p);
		dtls_record_add(&p, from, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		pair_flush(&p);
		stream_wait(&s, 7 * SEC);
		(resumed ? dtls_flight4_resumed : dtls_flight5)(&p);
		stream_wait(&s, SEC);
		assert_int_equal(p.h->state, HANDSHAKE_IN_PROGRESS);
	}
}

/* --- data that its alleged sender did not send --- */

/*
 * Both hosts are traced. The client ends a resumed handshake with an alert after the server has sent data early (RFC 7918): its last
 * flight and data, which come to the server and were not sent by the client's socket, complete nothing.
 */
static void data_that_a_socket_here_did_not_send(void **state)
{
	struct stream s;
	struct pair p;

	(void)state;
	for (int is_sent = 0; is_sent < 2; is_sent++) {
		begin(&s, &p, AT_BOTH);
		dtls_hellos(&p);
		dtls_flight4_resumed(&p);
		dtls_data(&p, PARTY_SERVER);
		if (!is_sent)
			dtls_alert(&p, PARTY_CLIENT, DTLS_ALERT_FATAL, 40);
		stream_wait(&s, 10 * MS);
		/* Near: the client did send them. */
		if (!is_sent)
			s.observers &= ~(unsigned)AT_CLIENT;
		dtls_finished(&p, PARTY_CLIENT);
		dtls_data(&p, PARTY_CLIENT);
		s.observers = AT_BOTH;
		assert_int_equal(state_of(&s, &p), is_sent ? HANDSHAKE_COMPLETED : HANDSHAKE_FAILED);
		stream_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_receiver_goes_on),
		cmocka_unit_test(its_receiver_goes_on_in_a_capture),
		cmocka_unit_test(before_what_it_answers),
		cmocka_unit_test(a_cookie_request_with_a_high_number),
		cmocka_unit_test(a_record_of_another_version),
		cmocka_unit_test(a_copy_with_a_number_that_was_used),
		cmocka_unit_test(a_datagram_that_was_doubled),
		cmocka_unit_test(a_key_exchange_that_nobody_needs),
		cmocka_unit_test(a_server_hello_done_that_nobody_sent),
		cmocka_unit_test(a_side_that_was_silent_before),
		cmocka_unit_test(near_a_last_flight_in_disorder),
		cmocka_unit_test(data_that_a_socket_here_did_not_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
