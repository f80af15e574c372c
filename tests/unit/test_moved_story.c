// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A client that a NAT gives another port: which of several clients it is, and one story for its two ports. */
#include <errno.h>

#include "stream_dtls13.h"
#include "stream_verdict.h"

static void expect_moved(const struct pair *p, const char *text)
{
	char note[VERDICT_TEXT_LEN];

	assert_true(note_write(p->h, NOTE_PEER_MOVED, note));
	if (!strstr(note, text))
		fail_msg("'%s' lacks '%s'", note, text);
}

/* The server sees it so, and who captures behind the NAT. */
static const unsigned behind_nat[] = { AT_SERVER, ON_WIRE };

/* --- other clients behind the same NAT --- */

enum kind { FULL, WITH_COOKIE, RESUMED, DTLS13, NUM_KINDS };

static void until_flight4(struct pair *p, enum kind kind)
{
	p->cookie = kind == WITH_COOKIE;
	(kind == DTLS13 ? dtls13_hellos : dtls_hellos)(p);
	(kind == DTLS13 ? dtls13_flight4 : kind == RESUMED ? dtls_flight4_resumed : dtls_flight4)(p);
}

static void flight5(struct pair *p, enum kind kind)
{
	if (kind == RESUMED)
		dtls_finished(p, PARTY_CLIENT);
	else
		(kind == DTLS13 ? dtls13_flight5 : dtls_flight5)(p);
}

static void flight6(struct pair *p, enum kind kind)
{
	if (kind != RESUMED)
		(kind == DTLS13 ? dtls13_flight6 : dtls_flight6)(p);
}

static void move_to(struct pair *moved, const struct pair *p)
{
	pair_init(moved, p->s, 40000, 0x11);
	memcpy(moved->seq, p->seq, sizeof(moved->seq));
	memcpy(moved->cipher_seq, p->cipher_seq, sizeof(moved->cipher_seq));
}

/* They have begun since: their ClientHellos are not what flight 5 continues. */
static void a_client_moves_among_others(void **state)
{
	struct pair moved, other;

	for (int n = 0; n < 2 * NUM_KINDS; n++) {
		enum kind kind = n / 2;

		STORY(s, p, behind_nat[n & 1]);
		until_flight4(&p, kind);
		for (int i = 1; i <= 7; i++) {
			pair_init(&other, &s, 30041 + i, 0x20 + i);
			dtls_flight1(&other);
		}
		stream_wait(&s, MS);
		move_to(&moved, &p);
		flight5(&moved, kind);
		flight6(&moved, kind);
		expect_moved(&p, ":40000");
		expect_moved(&moved, ":30041");
		stream_wait(&s, HOUR);
		assert_int_not_equal(p.h->verdict.severity, SEVERITY_FAULT);
		assert_int_not_equal(moved.h->verdict.severity, SEVERITY_FAULT);
		assert_false(p.h->ambiguous);
	}
}

/* Which of two has moved nobody can see: nothing is certain about either. */
static void one_of_two_clients_moves(void **state)
{
	struct pair other, moved;
	STORY(s, p, AT_SERVER);

	pair_init(&other, &s, 30042, 0x22);
	until_flight4(&p, FULL);
	until_flight4(&other, FULL);
	move_to(&moved, &p);
	dtls_flight5(&moved);
	dtls_flight6(&moved);
	expect_moved(&p, ":40000");
	stream_wait(&s, HOUR);
	assert_int_equal(other.h->verdict.confidence, CONFIDENCE_LIKELY);
}

/* --- the server does not follow --- */

/* One fault, told of the port where it began; *v has its words. */
static void assert_not_followed(struct pair *p, struct pair *moved, struct verdict *v)
{
	assert_int_equal(p->s->faults, 1);
	assert_string_equal(verdict_code_name(p->h->verdict.code), "wrong-address");
	assert_int_equal(p->h->verdict.side, VERDICT_SIDE_NETWORK);
	assert_int_equal(p->h->verdict.confidence, CONFIDENCE_LIKELY);
	assert_int_equal(moved->h->verdict.code, VERDICT_NONE);
	verdict_describe(p->h, p->s->now, v);
	assert_non_null(strstr(v->summary, "the client comes from 10.0.0.5:40000 now"));
}

/* One story: it is told of the port where it began. */
static void a_server_does_not_follow_its_client(void **state)
{
	struct verdict v;
	struct pair moved;

	/* In DTLS 1.3, the server itself may have got ACKs only: a capture tells. */
	for (int n = 0; n < 5; n++) {
		enum kind kind = n < 4 ? n / 2 : DTLS13;

		STORY(s, p, kind == DTLS13 ? ON_WIRE : behind_nat[n & 1]);
		until_flight4(&p, kind);
		stream_wait(&s, MS);
		move_to(&moved, &p);
		/* Five, where the flight is encrypted. */
		for (int copy = 0; copy < 6; copy++) {
			flight5(&moved, kind);
			stream_wait(&s, (1u << copy) * SEC);
			(kind == DTLS13 ? dtls13_flight4 : dtls_flight4)(&p);
			if (copy)
				pair_icmp(&p, PARTY_SERVER, ECONNREFUSED, 3, 3);
		}
		stream_wait(&s, HOUR);
		assert_not_followed(&p, &moved, &v);
		assert_non_null(strstr(v.hint, "NAT"));
		for (uint32_t i = 0; i < v.num_evidence; i++)
			assert_null(strstr(v.evidence[i], "the trace began later"));
	}
}

/* It has read what came from the new port, and sends nothing any more. */
static void a_server_of_dtls13_does_not_follow_its_client(void **state)
{
	struct verdict v;
	struct pair moved;
	STORY(s, p, AT_SERVER);

	until_flight4(&p, DTLS13);
	stream_wait(&s, MS);
	move_to(&moved, &p);
	for (int copy = 0; copy < 6; copy++) {
		dtls13_flight5(&moved);
		/* Before that, records of its length may be ACKs, which get no answer. */
		if (copy < 4)
			assert_int_equal(s.faults, 0);
		stream_wait(&s, (1u << copy) * SEC);
	}
	assert_not_followed(&p, &moved, &v);
	/* It goes on after all, and so it was slow. */
	dtls13_flight6(&moved);
	assert_int_equal(moved.h->state, HANDSHAKE_COMPLETED);
	assert_int_equal(p.h->verdict.code, VERDICT_NONE);
}

/* Near: who encrypts at another port is another client of the same host, whose beginning nobody saw. */
static void near_a_stranger_of_the_same_host_encrypts(void **state)
{
	struct pair other;

	for (int n = 0; n < 2; n++) {
		STORY(s, p, AT_SERVER);
		until_flight4(&p, DTLS13);
		stream_wait(&s, MS);
		pair_init(&other, &s, 40000, 0x22);
		dtls13_flight5(&other);
		dtls13_flight6(&other);
		stream_wait(&s, MS);
		for (int copy = 0; copy < (n ? 6 : 1); copy++) {
			dtls13_flight5(&p);
			stream_wait(&s, n ? (1u << copy) * SEC : MS);
		}
		if (!n)
			dtls13_flight6(&p);
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, n);
		assert_int_equal(p.h->state, n ? HANDSHAKE_STUCK : HANDSHAKE_COMPLETED);
		if (n)
			assert_int_equal(p.h->verdict.side, VERDICT_SIDE_SERVER);
	}
}

/* Its socket is connected to the port before: the kernel has none for what comes from the other one. */
static void a_server_is_connected_to_the_port_before(void **state)
{
	static const enum kind kinds[] = { FULL, WITH_COOKIE, DTLS13 };
	struct pair moved;

	for (int n = 0; n < 3; n++) {
		STORY(s, p, AT_SERVER);
		until_flight4(&p, kinds[n]);
		stream_wait(&s, MS);
		move_to(&moved, &p);
		moved.fate = NO_SOCKET;
		moved.drop_reason = REASON_NO_SOCKET;
		for (int copy = 0; copy < 6; copy++) {
			flight5(&moved, kinds[n]);
			stream_wait(&s, (1u << copy) * SEC);
			(kinds[n] == DTLS13 ? dtls13_flight4 : dtls_flight4)(&p);
			pair_icmp(&p, PARTY_SERVER, ECONNREFUSED, 3, 3);
		}
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, 1);
		assert_string_equal(verdict_code_name(p.h->verdict.code), "wrong-address");
		assert_int_equal(p.h->verdict.side, VERDICT_SIDE_NETWORK);
		assert_int_equal(p.h->verdict.confidence, CONFIDENCE_LIKELY);
		assert_true(has_note(&p, NOTE_PEER_MOVED, "to 10.0.0.5:40000"));
		assert_int_equal(moved.h->verdict.code, VERDICT_NONE);
		assert_true(has_note(&moved, NOTE_KERNEL_DROP, "NO_SOCKET"));
	}
}

/* Near: what is dropped comes from another host, or no server waits for it. */
static void near_a_flight_5_without_a_socket(void **state)
{
	struct pair other;

	for (int n = 0; n < 2; n++) {
		STORY(s, p, AT_SERVER);
		dtls_flight1(&p);
		if (!n)
			dtls_flight4(&p);
		move_to(&other, &p);
		if (!n)
			other.address[PARTY_CLIENT] = endpoint(6, 40000);
		other.fate = NO_SOCKET;
		other.drop_reason = REASON_NO_SOCKET;
		dtls_flight5(&other);
		assert_int_equal(stream_num_handshakes(&s), 1);
		stream_wait(&s, HOUR);
		assert_false(has_note(&p, NOTE_PEER_MOVED, ""));
	}
}

/* Near: the port before goes on, so what comes from the other one is somebody else's. */
static void near_flight_5_from_both_ports(void **state)
{
	struct pair moved;

	for (int n = 0; n < 3; n++) {
		STORY(s, p, behind_nat[n & 1]);
		until_flight4(&p, FULL);
		stream_wait(&s, MS);
		move_to(&moved, &p);
		moved.fate = n == 2 ? NO_SOCKET : ARRIVES;
		moved.drop_reason = REASON_NO_SOCKET;
		dtls_flight5(&moved);
		stream_wait(&s, SEC);
		for (int copy = 0; copy < 3; copy++) {
			dtls_flight5(&p);
			stream_wait(&s, SEC);
		}
		stream_wait(&s, HOUR);
		assert_int_equal(p.h->verdict.side, VERDICT_SIDE_SERVER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_moves_among_others),
		cmocka_unit_test(one_of_two_clients_moves),
		cmocka_unit_test(a_server_does_not_follow_its_client),
		cmocka_unit_test(a_server_of_dtls13_does_not_follow_its_client),
		cmocka_unit_test(near_a_stranger_of_the_same_host_encrypts),
		cmocka_unit_test(a_server_is_connected_to_the_port_before),
		cmocka_unit_test(near_a_flight_5_without_a_socket),
		cmocka_unit_test(near_flight_5_from_both_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
