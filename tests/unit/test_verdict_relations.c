// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * role-conflict, cookie-loop, rehandshake-ignored, wrong-address, split-across-sockets:
 * what one handshake has to do with others, with other sockets and other addresses.
 */
#include "stream_verdict.h"

static void expect_never(const struct stream *s, enum verdict_code code)
{
	for (uint32_t i = 0; i < s->num_changes; i++)
		assert_int_not_equal(s->changes[i].verdict.code, code);
}

/* --- role-conflict --- */

/* Both send ClientHellos at 0, 1, 3 ... s; seen at the host of p's client, of its server, or both. */
static void both_ways(struct pair *p, struct pair *q, unsigned at, unsigned copies)
{
	for (unsigned i = 0; i < copies; i++) {
		stream_until(p->s, START + ((1u << i) - 1) * SEC);
		p->s->observers = at;
		dtls_flight1(p);
		p->s->observers = at == AT_BOTH ? AT_BOTH : at ^ AT_BOTH;
		dtls_flight1(q);
		p->s->observers = at;
	}
}

static void both_are_client(void **state)
{
	const struct verdict *v;
	struct pair q;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		pair_reverse(&q, &p);
		both_ways(&p, &q, at, 3);
		stream_until(&s, START + FLOOR - 1);
		assert_int_equal(s.num_changes, 0);
		stream_until(&s, START + FLOOR + 100 * MS);
		assert_int_equal(s.num_changes, 2);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_ROLE_CONFLICT, VERDICT_SIDE_UNKNOWN);
		expect_change(&s, 1, &q, HANDSHAKE_STUCK, VERDICT_ROLE_CONFLICT, VERDICT_SIDE_UNKNOWN);
		v = &s.changes[0].verdict;
		assert_int_equal(v->confidence, at == AT_BOTH ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		assert_non_null(strstr(v->summary, "both sides send a ClientHello: client 10.0.0.5:30041"));
		assert_non_null(strstr(v->evidence[1], "its own ClientHello three times; both have been unanswered for 5."));
		assert_int_equal(s.wrong, 0);
	}
}

/* Stacks that are strict refuse the other's ClientHello with an alert: that follows from it. */
static void both_refuse_the_others_hello(void **state)
{
	struct pair q;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		pair_reverse(&q, &p);
		both_ways(&p, &q, at, 1);
		stream_wait(&s, 5 * MS);
		dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, 10);
		stream_wait(&s, 5 * MS);
		dtls_alert(&p, PARTY_CLIENT, DTLS_ALERT_FATAL, 10);
		stream_wait(&s, 600 * MS);
		assert_int_equal(s.num_changes, 2);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(s.changes[i].state, HANDSHAKE_FAILED);
			assert_string_equal(verdict_code_name(s.changes[i].verdict.code), "role-conflict");
			assert_non_null(strstr(s.changes[i].verdict.evidence[2], "unexpected message (10)"));
		}
	}
}

/* Near: an alert some time before a handshake the other way has nothing to do with it. */
static void refused_and_then_the_other_way(void **state)
{
	struct pair q;
	STORY(s, p, AT_BOTH);

	dtls_flight1(&p);
	dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, 40);
	stream_wait(&s, SEC);
	pair_reverse(&q, &p);
	q.seq[PARTY_CLIENT][0] = p.seq[PARTY_SERVER][0];
	dtls_flight1(&q);
	dtls_alert(&q, PARTY_SERVER, DTLS_ALERT_FATAL, 40);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_SERVER);
	expect_change(&s, 1, &q, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_SERVER);
}

/* Near: one of the two gives way and answers; the other handshake is given up. */
static void one_gives_way(void **state)
{
	struct pair q;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		pair_reverse(&q, &p);
		both_ways(&p, &q, at, 3);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		stream_wait(&s, HOUR);
		expect_never(&s, VERDICT_ROLE_CONFLICT);
	}
}

/* Near: first one way, complete, and then the other way. */
static void one_after_the_other(void **state)
{
	struct pair q;
	STORY(s, p, AT_BOTH);

	dtls_full(&p);
	pair_reverse(&q, &p);
	repeat(&q, dtls_flight1, 3);
	stream_wait(&s, HOUR);
	expect_never(&s, VERDICT_ROLE_CONFLICT);
}

/* --- cookie-loop --- */

static void cookie(struct pair *p, uint16_t message_seq)
{
	dtls_client_hello(p, message_seq);
	pair_flush(p);
	stream_wait(p->s, 10 * MS);
	dtls_flight2(p);
}

static void cookie_is_asked_for_again_and_again(void **state)
{
	const struct verdict *v;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		for (uint16_t seq = 0; seq < 2; seq++)
			cookie(&p, seq);
		assert_int_equal(s.num_changes, 0);
		cookie(&p, 2);
		stream_settle(&s);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_COOKIE_LOOP, VERDICT_SIDE_SERVER);
		v = &s.changes[0].verdict;
		assert_string_equal(v->evidence[0], "2 ClientHellos had a cookie, but the server asked for one again, "
				    "most recently 0.1 s ago");
		assert_string_equal(v->evidence[1], "the server asked for a cookie three times; 1 ClientHello had none");
		/* It is over when the server says hello. */
		p.cookie = true;
		dtls_flight4(&p);
		expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	}
}

/* Datagrams that go on coming do not put off a verdict for longer than 1.5 s. */
static void cookie_is_asked_for_without_a_pause(void **state)
{
	uint64_t held = 0;
	STORY(s, p, AT_BOTH);

	for (uint16_t seq = 0; !s.num_changes && seq < 100; seq++) {
		if (seq == 2)
			held = s.now;
		cookie(&p, seq);
		stream_wait(&s, 30 * MS);
	}
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_COOKIE_LOOP, VERDICT_SIDE_SERVER);
	assert_in_range(s.changes[0].now, held + SEC + 500 * MS, held + SEC + 600 * MS);
}

/* The rest of a handshake whose ClientHellos had numbers up to `seq`. */
static void complete_after(struct pair *p, uint16_t seq)
{
	p->cookie = true;
	dtls_flight4(p);
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, seq + 1, 66, NULL);
	dtls_finished(p, PARTY_CLIENT);
	dtls_flight6(p);
}

/*
 * A client that takes a new random each time: the cookie ties its ClientHellos together. If that of the
 * request is not known, every ClientHello is a handshake of its own.
 */
static void with_a_new_random_each_time(void **state)
{
	for (int known = 0; known < 2; known++) {
		STORY(s, p, AT_BOTH);
		for (uint16_t seq = 0; seq < 3; seq++) {
			p.random = 0x20 + seq;
			if (known) {
				cookie(&p, seq);
				continue;
			}
			dtls_client_hello(&p, seq);
			dtls_message_add(&p, PARTY_SERVER, DTLS_MT_HELLO_VERIFY_REQUEST, 0, 23, NULL);
			pair_flush(&p);
		}
		stream_settle(&s);
		assert_int_equal(s.num_changes, 1);
		assert_string_equal(verdict_code_name(s.changes[0].verdict.code), "cookie-loop");
		assert_int_equal(s.changes[0].id, known ? 1 : 3);
	}
}

/* Near: once it is refused, since the server's secret has changed. */
static void one_refusal_is_normal(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		cookie(&p, 0);
		cookie(&p, 1);
		dtls_client_hello(&p, 2);
		pair_flush(&p);
		complete_after(&p, 2);
		expect_completed_only(&s, &p);
	}
}

/* Near: four ClientHellos without a cookie on a slow path, and their four answers, each obeyed. */
static void late_answers_are_no_refusals(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		for (int i = 0; i < 4; i++) {
			dtls_flight1(&p);
			stream_wait(&s, 400 * MS);
		}
		for (uint16_t seq = 1; seq < 5; seq++) {
			dtls_flight2(&p);
			dtls_client_hello(&p, seq);
			pair_flush(&p);
			stream_wait(&s, 400 * MS);
		}
		complete_after(&p, 4);
		expect_completed_only(&s, &p);
	}
}

/* --- rehandshake-ignored --- */

static void the_old_association_is_held_on_to(void **state)
{
	const struct verdict *v;
	uint64_t again;
	struct pair q;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_full(&p);
		stream_wait(&s, 60 * SEC);
		again = s.now;
		pair_init(&q, &s, 30041, 0x22);
		repeat(&q, dtls_flight1, 3);
		stream_until(&s, again + FLOOR - 1);
		assert_int_equal(s.num_changes, 1);
		stream_until(&s, again + FLOOR + 100 * MS);
		assert_int_equal(s.num_changes, 2);
		expect_change(&s, 1, &q, HANDSHAKE_STUCK, VERDICT_REHANDSHAKE_IGNORED, VERDICT_SIDE_SERVER);
		v = &s.changes[1].verdict;
		assert_int_equal(v->confidence, at == AT_BOTH ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		assert_non_null(strstr(v->evidence[0], "completed 60.0 s before this one began"));
		assert_non_null(strstr(v->evidence[2], at & AT_SERVER ? "read the new ClientHello 5." :
				       "cannot see from this host"));
	}
}

/* Near: the new ClientHello is answered, late; another server's socket; nothing was before. */
static void new_hellos_that_are_none_of_that(void **state)
{
	struct stream s;
	struct pair p, q;

	FOR_EACH_OBSERVER(at) {
		stream_begin(&s, &p, at);
		dtls_full(&p);
		stream_wait(&s, 60 * SEC);
		pair_init(&q, &s, 30041, 0x22);
		repeat(&q, dtls_flight1, 3);
		dtls_flight4(&q);
		dtls_flight5(&q);
		dtls_flight6(&q);
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, 0);
		stream_fini(&s);
	}
	stream_begin(&s, &p, AT_SERVER);
	dtls_full(&p);
	pair_init(&q, &s, 30041, 0x22);
	q.socket[PARTY_SERVER] = 60;	/* the server was restarted */
	repeat(&q, dtls_flight1, 3);
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 1, &q, HANDSHAKE_STUCK, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
	stream_fini(&s);

	stream_begin(&s, &p, AT_SERVER);
	repeat(&p, dtls_flight1, 3);
	stream_wait(&s, HOUR);
	expect_never(&s, VERDICT_REHANDSHAKE_IGNORED);
	stream_fini(&s);
}

/* Near: the old association was closed, in an encrypted alert. */
static void what_was_closed_is_no_association(void **state)
{
	struct pair q;
	STORY(s, p, AT_CLIENT);

	dtls_full(&p);
	dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_ALERT, 1, 26);
	pair_flush(&p);
	assert_int_equal(s.num_changes, 1);
	pair_init(&q, &s, 30041, 0x22);
	repeat(&q, dtls_flight1, 3);
	stream_wait(&s, HOUR);
	expect_never(&s, VERDICT_REHANDSHAKE_IGNORED);
	assert_int_equal(s.num_changes, 2);
}

/* --- wrong-address --- */

static void answer_from(struct pair *r, const struct pair *p, uint8_t host, uint16_t port)
{
	*r = *p;
	r->address[PARTY_SERVER] = endpoint(host, port);
	dtls_flight2(r);
}

static void the_answer_comes_from_elsewhere(void **state)
{
	const struct verdict *v;
	struct pair r;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		for (int i = 0; i < 3; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			dtls_flight1(&p);
			answer_from(&r, &p, 8, 4433);
		}
		expect_exactly(&p, START + FLOOR, VERDICT_WRONG_ADDRESS, VERDICT_SIDE_SERVER);
		expect_stuck_at(&s, &p, START + FLOOR, VERDICT_WRONG_ADDRESS, VERDICT_SIDE_SERVER);
		v = &s.changes[0].verdict;
		assert_int_equal(v->confidence, at & AT_SERVER ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		assert_non_null(strstr(v->summary, "the answer comes from 10.0.0.8:4433, but the client asked "
				       "server 10.0.0.9:4433"));
	}
}

/* Near: the right one answers too; it comes to another client; it is no first answer. */
static void other_words_from_elsewhere(void **state)
{
	struct stream s;
	struct pair p, r;

	FOR_EACH_OBSERVER(at) {
		stream_begin(&s, &p, at);
		dtls_flight1(&p);
		answer_from(&r, &p, 8, 4433);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, 0);
		stream_fini(&s);
	}
	stream_begin(&s, &p, AT_CLIENT);
	repeat(&p, dtls_flight1, 3);
	r = p;
	r.address[PARTY_SERVER] = endpoint(8, 4433);
	dtls_data(&r, PARTY_SERVER);
	r.address[PARTY_CLIENT] = endpoint(5, 30042);
	r.socket[PARTY_CLIENT] = 2 + 30042;
	dtls_flight2(&r);
	stream_wait(&s, HOUR);
	expect_never(&s, VERDICT_WRONG_ADDRESS);
	assert_int_equal(s.num_changes, 1);
	stream_fini(&s);
}

/* Near: one client socket asks two servers, as ICE does. */
static void two_servers_are_asked(void **state)
{
	struct pair q;
	STORY(s, p, AT_CLIENT);

	pair_init(&q, &s, 30041, 0x22);
	q.address[PARTY_SERVER] = endpoint(8, 4433);
	repeat(&p, dtls_flight1, 3);
	dtls_full(&q);
	stream_wait(&s, HOUR);
	expect_never(&s, VERDICT_WRONG_ADDRESS);
}

/* --- split-across-sockets --- */

/* The ClientHello in two datagrams, of which the second goes to another socket of the server. */
static void split_hello(struct pair *p, uint64_t second_socket)
{
	struct body body = body_begin(p, p->random);
	struct dtls_message msg = { .msg_type = DTLS_MT_CLIENT_HELLO, .length = 120, .fragment_length = 60 };
	uint64_t first_socket = p->socket[PARTY_SERVER];

	dtls_fragment_add(p, PARTY_CLIENT, msg, body.bytes);
	pair_flush(p);
	msg.fragment_offset = 60;
	p->socket[PARTY_SERVER] = second_socket;
	dtls_fragment_add(p, PARTY_CLIENT, msg, NULL);
	pair_flush(p);
	p->socket[PARTY_SERVER] = first_socket;
}

static void parts_go_to_two_sockets(void **state)
{
	const struct verdict *v;

	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		STORY(s, p, at);
		for (int i = 0; i < 3; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			split_hello(&p, 60);
		}
		expect_stuck_at(&s, &p, START + FLOOR, VERDICT_SPLIT_ACROSS_SOCKETS, VERDICT_SIDE_SERVER);
		v = &s.changes[0].verdict;
		assert_int_equal(v->confidence, CONFIDENCE_CERTAIN);
		assert_non_null(strstr(v->summary, "receives one message on two sockets"));
		assert_non_null(strstr(v->evidence[1], "parts of the ClientHello (message_seq 0, 120 bytes) went to two sockets"));
	}
}

/* Near: the next copy goes to the second socket as a whole, and that one answers. */
static void the_next_copy_is_whole(void **state)
{
	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		STORY(s, p, at);
		split_hello(&p, 60);
		stream_wait(&s, SEC);
		p.socket[PARTY_SERVER] = 60;
		split_hello(&p, 60);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/* Near: all of it at one socket, unanswered: that says something else. */
static void one_socket_is_not_two(void **state)
{
	STORY(s, p, AT_SERVER);

	for (int i = 0; i < 3; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		split_hello(&p, 1);
	}
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_HELLO_FRAGMENTS_IGNORED, VERDICT_SIDE_SERVER);
}

/* --- alert, encrypted --- */

/* The client refuses after its Finished: what it says is hidden. */
static void hidden_alert_before_the_end(void **state)
{
	const struct verdict *v;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		stream_wait(&s, SEC);
		dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_ALERT, 1, 26);
		pair_flush(&p);
		stream_wait(&s, 600 * MS);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_CLIENT);
		v = &s.changes[0].verdict;
		assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
		assert_non_null(strstr(v->summary, "sent an encrypted alert before the handshake was complete"));
		assert_non_null(strstr(v->evidence[0], "the alert (epoch 1, 26 bytes) came 1.000 s after"));
	}
}

/* Near: close_notify when all is done, of either side, even if the last flight was lost. */
static void hidden_alerts_that_are_normal(void **state)
{
	FOR_EACH_OBSERVER(at) {
		for (int from = 0; from < PARTY_MAX; from++) {
			STORY(s, p, at);
			dtls_full(&p);
			dtls_record_add(&p, from, DTLS_CT_ALERT, 1, 26);
			pair_flush(&p);
			expect_completed_only(&s, &p);
		}
	}
	/* The client's: the last flight may have arrived at it unseen. */
	for (int from = 0; from < PARTY_MAX; from++) {
		STORY(s, p, AT_BOTH);
		dtls_hellos(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		p.fate = LOST;
		dtls_flight6(&p);
		p.fate = ARRIVES;
		dtls_record_add(&p, from, DTLS_CT_ALERT, 1, 26);
		pair_flush(&p);
		assert_int_equal(s.num_changes, 0);
	}
}

/* Near: it is of the association before: its sender has not changed ciphers in this one. */
static void alert_of_the_association_before(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_ALERT, 1, 26);
	pair_flush(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_completed_only(&s, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_are_client),
		cmocka_unit_test(both_refuse_the_others_hello),
		cmocka_unit_test(refused_and_then_the_other_way),
		cmocka_unit_test(one_gives_way),
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(cookie_is_asked_for_again_and_again),
		cmocka_unit_test(cookie_is_asked_for_without_a_pause),
		cmocka_unit_test(with_a_new_random_each_time),
		cmocka_unit_test(one_refusal_is_normal),
		cmocka_unit_test(late_answers_are_no_refusals),
		cmocka_unit_test(the_old_association_is_held_on_to),
		cmocka_unit_test(new_hellos_that_are_none_of_that),
		cmocka_unit_test(what_was_closed_is_no_association),
		cmocka_unit_test(the_answer_comes_from_elsewhere),
		cmocka_unit_test(other_words_from_elsewhere),
		cmocka_unit_test(two_servers_are_asked),
		cmocka_unit_test(parts_go_to_two_sockets),
		cmocka_unit_test(the_next_copy_is_whole),
		cmocka_unit_test(one_socket_is_not_two),
		cmocka_unit_test(hidden_alert_before_the_end),
		cmocka_unit_test(hidden_alerts_that_are_normal),
		cmocka_unit_test(alert_of_the_association_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
