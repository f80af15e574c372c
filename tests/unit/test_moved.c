// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A client that goes on from another port, since a NAT has given it a new one: two handshakes, and no fault if the server follows. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

static void expect_moved(const struct pair *p, const char *text)
{
	char note[VERDICT_TEXT_LEN];
	bool said = note_write(p->h, NOTE_PEER_MOVED, note);

	assert_int_equal(said, text != NULL);
	if (text && !strstr(note, text))
		fail_msg("'%s' lacks '%s'", note, text);
}

/* code NULL: no verdict. */
static void expect_verdict(const struct pair *p, const char *code, enum verdict_side side)
{
	assert_string_equal(verdict_code_name(p->h->verdict.code), code ? code : verdict_code_name(VERDICT_NONE));
	assert_int_equal(p->h->verdict.side, side);
	assert_true(!code || p->h->verdict.confidence == CONFIDENCE_LIKELY);
}

/* The server sees it so, and who captures behind the NAT. */
static const unsigned behind_nat[] = { AT_SERVER, ON_WIRE };

static void a_client_moves_to_another_port(void **state)
{
	struct pair moved;

	for (int n = 0; n < 8; n++) {
		STORY(s, p, behind_nat[n & 1]);
		pair_init(&moved, &s, 40000, 0x11);
		p.cookie = moved.cookie = n & 2;
		p.client_certificate = moved.client_certificate = n & 4;
		dtls_hellos(&p);
		dtls_flight4(&p);
		moved.seq[PARTY_CLIENT][0] = p.seq[PARTY_CLIENT][0];
		dtls_flight5(&moved);
		assert_int_equal(stream_num_handshakes(&s), 2);
		expect_moved(&p, "to 10.0.0.5:40000");
		expect_moved(&moved, "moved from 10.0.0.5:30041");
	}
}

enum near { OTHER_HOST, OTHER_SERVER, OTHER_SERVER_PORT, COMPLETE, HAS_FLIGHT5, NO_FLIGHT4, REQUEST_ONLY, FLIGHT4, NUM_NEAR };

static void near_other_flights_5(void **state)
{
	struct pair other;

	for (int n = 0; n < 2 * NUM_NEAR; n++) {
		enum near near = n / 2;

		STORY(s, p, behind_nat[n & 1]);
		pair_init(&other, &s, 40000, 0x11);
		dtls_flight1(&p);
		if (near == REQUEST_ONLY)
			dtls_verify_request(&p, DTLS_COOKIE);
		else if (near != NO_FLIGHT4)
			dtls_flight4(&p);
		if (near == COMPLETE || near == HAS_FLIGHT5)
			dtls_flight5(&p);
		if (near == COMPLETE)
			dtls_flight6(&p);
		if (near == OTHER_HOST)
			other.address[PARTY_CLIENT] = endpoint(6, 40000);
		if (near == OTHER_SERVER)
			other.address[PARTY_SERVER] = endpoint(8, 4433);
		if (near == OTHER_SERVER_PORT) {
			other.address[PARTY_SERVER] = endpoint(9, 4434);
			other.socket[PARTY_SERVER] = 2 + 4434;
		}
		other.seq[PARTY_CLIENT][0] = 1;
		if (near == FLIGHT4)	/* of another ServerHello */
			other.random = 0x22;
		(near == FLIGHT4 ? dtls_flight4 : dtls_flight5)(&other);
		assert_int_equal(stream_num_handshakes(&s), 2);
		expect_moved(&p, NULL);
		expect_moved(&other, NULL);
	}
}

/* Near: so many other hosts and servers that some have the slot of this pair. */
static void near_pairs_in_the_same_slot(void **state)
{
	struct pair other;

	for (unsigned n = 0; n < 8192; n++) {
		STORY(s, p, AT_SERVER);
		pair_init(&other, &s, 40000, 0x11);
		dtls_flight1(&p);
		dtls_flight4(&p);
		memcpy(&other.address[n & 1].ip[13], (uint8_t[]){ 1 + n / 256, n % 256 }, 2);
		dtls_flight5(&other);
		expect_moved(&p, NULL);
		expect_moved(&other, NULL);
	}
}

/* --- and the server follows it --- */

/* The server answers what comes from the new port: `moved` says how the client goes on. */
enum move { HELLO_AGAIN, HELLO_WITH_COOKIE, FLIGHT5_AGAIN, SERVER_FIRST, SERVER_STORED, NUM_MOVES };

static void move(struct pair *p, struct pair *moved, enum move how)
{
	pair_init(moved, p->s, 40000, 0x11);
	p->cookie = moved->cookie = how == HELLO_WITH_COOKIE;
	dtls_hellos(p);
	dtls_flight4(p);
	if (how == FLIGHT5_AGAIN)
		dtls_flight5(p);
	stream_wait(p->s, SEC);
	memcpy(moved->seq, p->seq, sizeof(moved->seq));
	if (how == SERVER_STORED)	/* with the record numbers of its first copy */
		moved->seq[PARTY_SERVER][0] = 0;
	if (how == SERVER_FIRST || how == SERVER_STORED)
		dtls_flight4(moved);
	else
		(how == HELLO_AGAIN ? dtls_flight1 : how == HELLO_WITH_COOKIE ? dtls_flight3 : dtls_flight5)(moved);
}

/* The old port has no fault: neither side is silent there, or does not retransmit. */
static void a_server_follows_its_client(void **state)
{
	struct pair moved;

	for (int n = 0; n < 2 * NUM_MOVES; n++) {
		enum move how = n / 2;

		STORY(s, p, behind_nat[n & 1]);
		move(&p, &moved, how);
		if (how == HELLO_AGAIN || how == HELLO_WITH_COOKIE)
			dtls_flight4(&moved);
		if (how != FLIGHT5_AGAIN)
			dtls_flight5(&moved);
		dtls_flight6(&moved);
		assert_int_equal(stream_num_handshakes(&s), 2);
		expect_moved(&p, "to 10.0.0.5:40000");
		expect_moved(&moved, "moved from 10.0.0.5:30041");
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, 0);
	}
}

/* Of flight 5 comes the end from the new port: its record number, or the server's own socket, says whose it is. */
enum rest { CIPHER_CHANGE, FINISHED_ALONE, OTHER_SOCKET, OTHER_NUMBER, NUM_RESTS };

static void the_rest_of_flight_5_from_another_port(void **state)
{
	struct pair moved;

	for (enum rest rest = 0; rest < NUM_RESTS; rest++) {
		STORY(s, p, AT_SERVER);
		pair_init(&moved, &s, 40000, 0x11);
		dtls_hellos(&p);
		dtls_flight4(&p);
		stream_wait(&s, SEC);
		memcpy(moved.seq, p.seq, sizeof(moved.seq));
		moved.seq[PARTY_SERVER][0] += rest == OTHER_NUMBER;
		moved.socket[PARTY_SERVER] += rest == OTHER_SOCKET;
		if (rest == CIPHER_CHANGE)
			dtls_record_add(&moved, PARTY_CLIENT, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		else
			dtls_record_add(&moved, PARTY_CLIENT, DTLS_CT_HANDSHAKE, 1, 40);
		pair_flush(&moved);
		dtls_flight6(&moved);
		stream_wait(&s, HOUR);
		expect_moved(&p, rest < OTHER_SOCKET ? "to 10.0.0.5:40000" : NULL);
		assert_int_equal(s.faults, rest < OTHER_SOCKET ? 0 : 1);
	}
}

/* DTLS 1.3: of flight 5 something came before, and a copy of the ClientHello comes late. */
static void encrypted_flight_5_from_another_port(void **state)
{
	struct pair moved;

	for (int n = 0; n < 8; n++) {
		STORY(s, p, behind_nat[n & 1]);
		pair_init(&moved, &s, 40000, 0x11);
		dtls13_hellos(&p);
		dtls13_flight4(&p);
		if (n & 2)
			dtls13_flight5(&p);
		stream_wait(&s, SEC);
		memcpy(moved.seq, p.seq, sizeof(moved.seq));
		memcpy(moved.cipher_seq, p.cipher_seq, sizeof(moved.cipher_seq));
		dtls13_flight5(&moved);
		if (n & 4)
			dtls13_flight1(&moved);
		dtls13_flight6(&moved);
		assert_int_equal(stream_num_handshakes(&s), 2);
		expect_moved(&p, "to 10.0.0.5:40000");
		expect_moved(&moved, "moved from 10.0.0.5:30041");
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, 0);
	}
}

/* The server's flight 4 goes to the new port first, and its client's random comes after it. */
static void a_late_hello_at_the_new_port(void **state)
{
	struct pair moved;

	for (int same = 0; same < 2; same++) {
		STORY(s, p, AT_SERVER);
		pair_init(&moved, &s, 40000, same ? 0x11 : 0x22);
		dtls_flight1(&p);
		dtls_flight4(&p);
		stream_wait(&s, SEC);
		moved.seq[PARTY_CLIENT][0] = 1;
		dtls_flight4(&moved);
		dtls_flight1(&moved);
		dtls_flight5(&moved);
		dtls_flight6(&moved);
		expect_moved(&p, same ? "to 10.0.0.5:40000" : NULL);
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, !same);
	}
}

/* Flight 5 as the client's socket sends it, or flight 6 as it gets it: both through a NAT of this host. */
static void through_nat(struct pair *p, struct pair *moved, bool is_dtls13)
{
	struct stream *s = p->s;

	s->observers = AT_CLIENT;
	memcpy(moved->seq, p->seq, sizeof(moved->seq));
	memcpy(moved->cipher_seq, p->cipher_seq, sizeof(moved->cipher_seq));
	p->fate = LOST;
	(is_dtls13 ? dtls13_flight5 : dtls_flight5)(p);
	p->fate = ARRIVES;
	s->observers = AT_SERVER;
	stream_wait(s, MS);
	(is_dtls13 ? dtls13_flight5 : dtls_flight5)(moved);
	(is_dtls13 ? dtls13_flight6 : dtls_flight6)(moved);
	stream_wait(s, MS);
	s->observers = AT_CLIENT;
	(is_dtls13 ? dtls13_flight6 : dtls_flight6)(p);
	s->observers = AT_BOTH;
}

/* Both sockets are on this host: the client's sends to the server are seen, and arrive from the other port. */
static void both_ends_of_a_nat(void **state)
{
	struct pair moved;

	for (int n = 0; n < 3; n++) {
		bool is_dtls13 = n == 2;
		char note[VERDICT_TEXT_LEN];

		STORY(s, p, AT_BOTH);
		pair_init(&moved, &s, 40000, 0x11);
		p.cookie = moved.cookie = n == 1;
		if (is_dtls13) {
			dtls13_flight1(&p);
			dtls13_flight4(&p);
		} else {
			dtls_hellos(&p);
			dtls_flight4(&p);
		}
		through_nat(&p, &moved, is_dtls13);
		assert_int_equal(stream_num_handshakes(&s), 2);
		expect_moved(&p, "to 10.0.0.5:40000");
		expect_moved(&moved, "moved from 10.0.0.5:30041");
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, 0);
		assert_false(note_write(p.h, NOTE_NOT_SENT_BY_PEER, note));
	}
}

/* Near: it came from the port before as well, so what comes from the other one is a copy that somebody sends. */
static void near_a_copy_from_another_port(void **state)
{
	struct pair copy;
	STORY(s, p, AT_BOTH);

	pair_init(&copy, &s, 40000, 0x11);
	dtls_hellos(&p);
	dtls_flight4(&p);
	memcpy(copy.seq, p.seq, sizeof(copy.seq));
	dtls_flight5(&p);
	s.observers = AT_SERVER;
	dtls_flight5(&copy);
	expect_moved(&p, NULL);
}

/* The first datagram at the new port has a part of the ServerHello, and no random yet. */
static void a_part_of_the_answer_at_the_new_port(void **state)
{
	struct dtls_message part = { .msg_type = DTLS_MT_SERVER_HELLO, .fragment_length = 4 };
	struct pair moved;

	for (int same = 0; same < 2; same++) {
		STORY(s, p, ON_WIRE);
		pair_init(&moved, &s, 40000, same ? 0x11 : 0x22);
		dtls_flight1(&p);
		dtls_flight4(&p);
		stream_wait(&s, SEC);
		moved.seq[PARTY_SERVER][0] = p.seq[PARTY_SERVER][0] + 2;
		part.length = p.h->server_hello.length;
		part.fragment_offset = part.length - part.fragment_length;
		dtls_fragment_add(&moved, PARTY_SERVER, part, NULL);
		pair_flush(&moved);
		expect_moved(&p, NULL);
		dtls_flight4(&moved);
		expect_moved(&p, same ? "to 10.0.0.5:40000" : NULL);
	}
}

/* The last flight comes from the new port, and the server has nothing left to send: that it is silent is no fault. */
static void a_last_flight_from_another_port(void **state)
{
	struct pair moved;

	for (int arrives = 0; arrives < 2; arrives++) {
		STORY(s, p, AT_SERVER);
		pair_init(&moved, &s, 40000, 0x11);
		dtls_hellos(&p);
		dtls_flight4_resumed(&p);
		stream_wait(&s, SEC);
		memcpy(moved.seq, p.seq, sizeof(moved.seq));
		moved.fate = arrives ? ARRIVES : LOST;
		dtls_finished(&moved, PARTY_CLIENT);
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, !arrives);
	}
}

/* The path delays the ClientHello from the old port, so it comes when the new one has an answer already. */
static void a_late_hello_from_the_old_port(void **state)
{
	struct pair late, moved;
	struct stream s;

	for (int n = 0; n < 2; n++) {
		stream_begin(&s, &moved, behind_nat[n]);
		pair_init(&late, &s, 40000, 0x11);
		dtls_flight1(&moved);
		dtls_flight4(&moved);
		for (int copy = 0; copy < 3; copy++)
			dtls_flight1(&late);
		stream_wait(&s, SEC);
		dtls_flight4(&moved);
		dtls_flight5(&moved);
		dtls_flight6(&moved);
		assert_int_equal(stream_num_handshakes(&s), 2);
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, 0);
		stream_fini(&s);
	}
}

/* Near: it does not, so it is silent. */
static void near_the_server_does_not_follow(void **state)
{
	struct pair moved;

	for (int how = HELLO_AGAIN; how < SERVER_FIRST; how++) {
		STORY(s, p, AT_SERVER);
		move(&p, &moved, how);
		expect_moved(&p, "to 10.0.0.5:40000");
		for (int copy = 1; how == FLIGHT5_AGAIN && copy < 3; copy++) {
			stream_wait(&s, SEC);
			dtls_flight5(&moved);
		}
		stream_wait(&s, HOUR);
		assert_true(s.faults);
	}
}

/*
 * It moves before it returns its cookie, which the server knows at the old port only: it asks for the one of the new port,
 * and the client repeats its ClientHello. Near: the server refuses the very cookie that it gave at this port.
 */
static void a_cookie_of_the_port_before(void **state)
{
	struct pair moved;

	for (int n = 0; n < 4; n++) {
		bool near = n / 2;

		STORY(s, p, behind_nat[n & 1]);
		pair_init(&moved, &s, 40000, 0x11);
		p.cookie = moved.cookie = true;
		dtls_flight1(&p);
		dtls_verify_request(&p, DTLS_COOKIE);
		memcpy(moved.seq, p.seq, sizeof(moved.seq));
		for (int copy = 0; copy < 5; copy++) {
			dtls_flight3(&moved);
			dtls_verify_request(&moved, near ? DTLS_COOKIE : 0x77);
			stream_wait(&s, SEC << copy);
		}
		expect_moved(&moved, "moved from 10.0.0.5:30041");
		expect_verdict(near ? &moved : &p, near ? "cookie-loop" : "wrong-address",
			       near ? VERDICT_SIDE_SERVER : VERDICT_SIDE_NETWORK);
		expect_verdict(near ? &p : &moved, NULL, VERDICT_SIDE_UNKNOWN);
	}
}

/* Near: the client goes on from the port before. */
static void near_the_client_is_back(void **state)
{
	struct pair moved;
	STORY(s, p, AT_SERVER);

	move(&p, &moved, HELLO_AGAIN);
	dtls_flight4(&moved);
	stream_wait(&s, SEC);
	dtls_flight5(&p);
	stream_wait(&s, HOUR);
	assert_string_equal(verdict_code_name(p.h->verdict.code), "silent-after-read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_moves_to_another_port),
		cmocka_unit_test(near_other_flights_5),
		cmocka_unit_test(near_pairs_in_the_same_slot),
		cmocka_unit_test(a_server_follows_its_client),
		cmocka_unit_test(the_rest_of_flight_5_from_another_port),
		cmocka_unit_test(encrypted_flight_5_from_another_port),
		cmocka_unit_test(a_late_hello_at_the_new_port),
		cmocka_unit_test(both_ends_of_a_nat),
		cmocka_unit_test(near_a_copy_from_another_port),
		cmocka_unit_test(a_part_of_the_answer_at_the_new_port),
		cmocka_unit_test(a_last_flight_from_another_port),
		cmocka_unit_test(a_late_hello_from_the_old_port),
		cmocka_unit_test(near_the_server_does_not_follow),
		cmocka_unit_test(a_cookie_of_the_port_before),
		cmocka_unit_test(near_the_client_is_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
