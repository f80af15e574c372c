// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Datagrams that somebody else sends in the name of a peer (RFC 6347 s4.1.2.7). */
#include "stream_dtls.h"

static void begin(struct stream *s, struct pair *p, unsigned at)
{
	stream_init(s, at);
	s->transit_ns = 5 * MS;
	pair_init(p, s, 30041, 0x11);
}

/* Completed, and nothing else is said. That a record number came twice may well be noted. */
static void expect_only_completed(struct stream *s, const struct pair *p)
{
	stream_wait(s, HOUR);
	assert_int_equal(s->num_changes, 1);
	expect_change(s, 0, p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
}

/* The numbers of the true sender go on as if nothing had been sent. */
#define FORGE(p, what) \
	do { \
		uint64_t saved[PARTY_MAX][2]; \
		memcpy(saved, (p)->seq, sizeof(saved)); \
		what; \
		pair_flush(p); \
		memcpy((p)->seq, saved, sizeof(saved)); \
	} while (0)

static void a_finished_needs_its_change_cipher_spec(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	FORGE(&p, dtls_record_add(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN));
	assert_int_equal(s.num_changes, 0);
	dtls_flight6(&p);
	expect_only_completed(&s, &p);
}

static void who_repeats_its_flight_is_not_done(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	FORGE(&p, dtls_finished(&p, PARTY_SERVER));
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	stream_wait(&s, SEC);
	dtls_flight5(&p);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	stream_wait(&s, 10 * MS);
	dtls_flight6(&p);
	assert_int_equal(s.num_changes, 3);
	expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
}

static void nothing_answers_what_was_not_sent(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4(&p);
	FORGE(&p, dtls_finished(&p, PARTY_SERVER));
	dtls_flight5(&p);
	assert_int_equal(s.num_changes, 0);
	dtls_flight6(&p);
	expect_only_completed(&s, &p);
}

static void one_client_hello_beside_a_handshake_is_nobodys(void **state)
{
	struct pair forged;
	STORY_WITH(begin, s, p, AT_SERVER);

	pair_init(&forged, &s, 30041, 0x22);
	dtls_hellos(&p);
	dtls_flight4(&p);
	dtls_flight1(&forged);
	stream_wait(&s, HOUR);
	assert_int_equal(s.faults, 1);	/* that of the real one, whose client is silent */
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, s.changes[0].verdict.code, s.changes[0].verdict.side);
	/* A real client repeats its ClientHello. */
	dtls_flight1(&forged);
	stream_wait(&s, HOUR);
	assert_int_equal(stream_change(&s, 1)->id, forged.id);
	assert_int_equal(s.changes[1].state, HANDSHAKE_STUCK);
}

static void a_message_does_not_take_the_place_of_another(void **state)
{
	/* What comes next, the last of the flight, beyond its end, and of no handshake. */
	for (uint32_t ahead = 1; ahead < 80; ahead++) {
		STORY_WITH(begin, s, p, AT_CLIENT);
		dtls_flight1(&p);
		FORGE(&p, dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, ahead, 300, NULL));
		dtls_flight4(&p);
		assert_true(p.h->flights[4].complete);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_only_completed(&s, &p);
	}
}

static void a_far_number_hides_no_copies(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4(&p);
	FORGE(&p, (p.seq[PARTY_SERVER][0] = 0xffffffffffff,
		   dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 4, 0, NULL)));
	for (uint32_t i = 2; i < 5; i++) {
		stream_wait(&s, SEC);
		dtls_flight4(&p);
		assert_true(p.h->flights[4].copies >= i);
	}
}

/* The end of a handshake, in one datagram or in two. */
static void forge_ending(struct pair *p, bool apart)
{
	FORGE(p, (dtls_record_add(p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1), apart ? pair_flush(p) : (void)0,
		  dtls_record_add(p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN)));
}

static void what_a_side_repeats_after_was_no_answer(void **state)
{
	const struct change *last;

	for (int apart = 0; apart < 2; apart++) {
		STORY_WITH(begin, s, p, AT_CLIENT);
		dtls_hellos(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		forge_ending(&p, apart);
		for (int copy = 0; copy < 4; copy++) {
			stream_wait(&s, (1u << copy) * SEC);
			dtls_flight5(&p);
		}
		stream_wait(&s, HOUR);
		last = &s.changes[s.num_changes - 1];
		expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
		assert_int_equal(last->verdict.confidence, CONFIDENCE_LIKELY);
	}
}

/* The client never drives its timer, so only the server's repeats show that the end was not its own. */
static void who_goes_back_has_not_gone_on(void **state)
{
	for (int apart = 0; apart < 2; apart++) {
		STORY_WITH(begin, s, p, AT_CLIENT);
		dtls_hellos(&p);
		dtls_flight4(&p);
		p.fate = LOST;
		dtls_flight5(&p);
		p.fate = ARRIVES;
		forge_ending(&p, apart);
		for (int copy = 0; copy < 3; copy++) {
			stream_wait(&s, (1u << copy) * SEC);
			dtls_flight4(&p);
		}
		stream_wait(&s, HOUR);
		expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_NOT_RETRANSMITTING,
			      VERDICT_SIDE_CLIENT);
	}
}

/* Near: a copy of an earlier flight that crossed the end on the path changes nothing. */
static void a_copy_that_crosses_the_end(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	stream_wait(&s, 100 * MS);
	dtls_flight4(&p);
	stream_wait(&s, SEC);
	dtls_flight4(&p);
	expect_only_completed(&s, &p);
}

static void a_message_makes_no_full_handshake(void **state)
{
	for (uint32_t message_seq = 0; message_seq < 4; message_seq++) {
		STORY_WITH(begin, s, p, AT_CLIENT);
		dtls_flight1(&p);
		FORGE(&p, dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, message_seq, 0, NULL));
		dtls_flight4_resumed(&p);
		dtls_finished(&p, PARTY_CLIENT);
		expect_only_completed(&s, &p);
		assert_true(p.h->resumed);
	}
}

/* The server sends a ClientHello, it seems. What the two really send belongs to their own handshake. */
static void one_datagram_turns_no_roles_round(void **state)
{
	struct pair forged;
	STORY_WITH(begin, s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4(&p);
	pair_reverse(&forged, &p);
	s.observers = AT_SERVER;	/* it arrives where the client is */
	dtls_flight1(&forged);
	s.observers = AT_CLIENT;
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_only_completed(&s, &p);
}

/* The messages of a side are numbered in the order of its flights, and one of them is its ServerHello. */
static void a_message_out_of_order_is_not_its_own(void **state)
{
	static const uint8_t types[] = { DTLS_MT_HELLO_VERIFY_REQUEST, DTLS_MT_SERVER_HELLO };

	for (unsigned i = 0; i < 2; i++)
		for (uint32_t ahead = 5; ahead < 9; ahead++) {
			STORY_WITH(begin, s, p, AT_CLIENT);
			dtls_hellos(&p);
			dtls_flight4(&p);
			FORGE(&p, dtls_message_add(&p, PARTY_SERVER, types[i], ahead, 40, NULL));
			dtls_flight5(&p);
			dtls_flight6(&p);
			expect_only_completed(&s, &p);
		}
}

/* Copies of the true Finished are known by their ChangeCipherSpec, whatever length another one had. */
static void another_length_hides_no_copies(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	dtls_hellos(&p);
	dtls_flight4(&p);
	FORGE(&p, dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_HANDSHAKE, 1, 243));
	for (uint32_t i = 1; i < 5; i++) {
		dtls_flight5(&p);
		assert_true(p.h->flights[5].copies >= i && p.h->flights[5].has_finished);
		stream_wait(&s, SEC);
	}
}

/* The server asked for no certificate, so what claims to be one of the client makes no flight incomplete. */
static void a_certificate_that_was_not_asked_for(void **state)
{
	for (uint32_t message_seq = 0; message_seq < 5; message_seq++) {
		STORY_WITH(begin, s, p, AT_SERVER);
		dtls_hellos(&p);
		dtls_flight4(&p);
		FORGE(&p, dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CERTIFICATE, message_seq, 72, NULL));
		dtls_flight5(&p);
		assert_true(p.h->flights[5].complete);
		dtls_flight6(&p);
		expect_only_completed(&s, &p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_finished_needs_its_change_cipher_spec),
		cmocka_unit_test(who_repeats_its_flight_is_not_done),
		cmocka_unit_test(what_a_side_repeats_after_was_no_answer),
		cmocka_unit_test(who_goes_back_has_not_gone_on),
		cmocka_unit_test(a_copy_that_crosses_the_end),
		cmocka_unit_test(a_message_makes_no_full_handshake),
		cmocka_unit_test(one_datagram_turns_no_roles_round),
		cmocka_unit_test(a_message_out_of_order_is_not_its_own),
		cmocka_unit_test(another_length_hides_no_copies),
		cmocka_unit_test(a_certificate_that_was_not_asked_for),
		cmocka_unit_test(nothing_answers_what_was_not_sent),
		cmocka_unit_test(one_client_hello_beside_a_handshake_is_nobodys),
		cmocka_unit_test(a_message_does_not_take_the_place_of_another),
		cmocka_unit_test(a_far_number_hides_no_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
