// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* DTLS 1.3: what its records show of a handshake that is encrypted but for the hellos. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

/* --- completion --- */

static void every_healthy_handshake_completes(void **state)
{
	FOR_EACH_OBSERVER(at) {
		for (unsigned variant = 0; variant < 16; variant++) {
			struct stream s;
			struct pair p;

			stream_begin(&s, &p, at);
			p.cookie = variant & 1;
			p.client_certificate = variant & 2;
			p.mtu = variant & 4 ? 256 : 1400;
			p.cid_len[PARTY_CLIENT] = variant & 8 ? 16 : 0;
			p.cid_len[PARTY_SERVER] = variant & 8 ? 1 : 0;
			dtls13_hellos(&p);
			dtls13_flight4(&p);
			dtls13_flight5(&p);
			assert_int_equal(s.num_changes, 0);
			dtls13_flight6(&p);
			assert_int_equal(p.h->version, DTLS_VERSION_1_3);
			assert_int_equal(p.h->flights[5].copies, 1);
			assert_int_equal(p.h->flights[2].copies, p.cookie);
			assert_int_equal(p.h->flights[6].copies, 1);
			assert_false(p.h->flights[4].complete || p.h->flights[5].complete);
			dtls13_data(&p, PARTY_CLIENT);
			expect_completed_only(&s, &p);
			stream_fini(&s);
		}
	}
}

/* A draft is DTLS 1.3: encrypted after its hellos, and no fall-back from what the client offers. */
static void a_draft_is_dtls13(void **state)
{
	char text[VERDICT_TEXT_LEN];

	FOR_EACH_OBSERVER(at) {
		struct stream s;
		struct pair p;

		stream_begin(&s, &p, at);
		p.draft = 38;
		dtls13_hellos(&p);
		dtls13_flight4(&p);
		assert_true(p.h->is_dtls13 && p.h->client_hello.hello.offers_dtls13);
		dtls13_flight5(&p);
		dtls13_flight6(&p);
		assert_int_equal(p.h->version, 0x7f26);
		assert_false(note_write(p.h, NOTE_FELL_BACK_TO_1_2, text));
		dtls13_data(&p, PARTY_CLIENT);
		expect_completed_only(&s, &p);
		stream_fini(&s);
	}
}

/* The ServerHello's extensions may be cut: a unified header says it as well. */
static void also_if_only_its_records_tell(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_server_hello(&p);
		p.datagram.ev.hello_len--;
		dtls13_flight4_rest(&p);
		assert_int_equal(p.h->version, DTLS_VERSION_1_3);
		dtls13_flight5(&p);
		dtls13_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

static void not_before_the_answer_arrived(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	dtls13_flight5(&p);
	p.fate = LOST;
	dtls13_flight6(&p);
	assert_int_equal(s.num_changes, 0);
	stream_wait(&s, SEC);
	p.fate = ARRIVES;
	dtls13_flight5(&p);
	assert_int_equal(s.num_changes, 0);
	dtls13_flight6(&p);
	assert_int_equal(p.h->flights[5].copies, 2);
	assert_int_equal(p.h->flights[6].copies, 2);
	assert_int_equal(p.h->party[PARTY_CLIENT].timer_ns, SEC);
	assert_int_equal(p.h->party[PARTY_SERVER].timer_ns, 0);
	expect_completed_only(&s, &p);
}

/* RFC 8446 s4.4.4: a server may send data before the client has finished. */
static void half_rtt_data_is_no_answer(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls13_hellos(&p);
		dtls13_flight4(&p);
		dtls13_data(&p, PARTY_SERVER);
		stream_wait(&s, 10 * MS);
		p.fate = LOST;
		dtls13_flight5(&p);
		p.fate = ARRIVES;
		dtls13_data(&p, PARTY_SERVER);
		assert_int_equal(s.num_changes, 0);
		stream_wait(&s, SEC);
		dtls13_flight5(&p);
		dtls13_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/* An answer that is data, not an ACK, and data both ways, complete as well. */
static void data_completes(void **state)
{
	FOR_EACH_OBSERVER(at) {
		for (int early = 0; early < 2; early++) {
			STORY(s, p, at);
			dtls13_hellos(&p);
			dtls13_flight4(&p);
			if (early)
				dtls13_data(&p, PARTY_SERVER);
			stream_wait(&s, 10 * MS);
			dtls13_flight5(&p);
			if (early)
				dtls13_data(&p, PARTY_CLIENT);
			else
				dtls13_data(&p, PARTY_SERVER);
			expect_completed_only(&s, &p);
		}
	}
}

/* RFC 8446 s2.3: in epoch 1, before the ServerHello. */
static void early_data_is_noted(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls13_client_hello(&p, 0);
		dtls13_record_add(&p, PARTY_CLIENT, EPOCH_EARLY, SEALED(200));
		pair_flush(&p);
		dtls13_send(&p, PARTY_CLIENT, EPOCH_EARLY, SEALED(300));
		assert_int_equal(p.h->party[PARTY_CLIENT].early_ns, START);
		dtls13_flight4(&p);
		dtls13_flight5(&p);
		dtls13_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/* Epochs 4 to 7 and so on have the bits of 0 to 3; much of one length goes one way. */
static void after_key_updates_nothing_is_said(void **state)
{
	FOR_EACH_OBSERVER(at) {
		for (int from = PARTY_CLIENT; from < PARTY_MAX; from++) {
			STORY(s, p, at);
			dtls13_full(&p);
			for (uint16_t epoch = 3; epoch < 12; epoch++) {
				for (int i = 0; i < 5; i++) {
					stream_wait(&s, SEC);
					dtls13_send(&p, from, epoch, SEALED_FINISHED);
				}
			}
			assert_int_equal(p.h->party[from].retransmissions, 0);
			expect_completed_only(&s, &p);
		}
	}
}

/* The same if the kernel told nothing of epochs 4 and 5: by its length it is no handshake. */
static void data_of_epoch_6_is_no_repeat(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls13_full(&p);
		for (int i = 0; i < 5; i++) {
			stream_wait(&s, SEC);
			dtls13_send(&p, PARTY_CLIENT, 6, SEALED(100));
			dtls13_send(&p, PARTY_SERVER, 6, SEALED(100));
		}
		assert_int_equal(p.h->flights[5].copies, 1);
		assert_int_equal(p.h->flights[4].copies, 1);
		expect_completed_only(&s, &p);
	}
}

/* A server that knows no DTLS 1.3 answers a client that offers it. */
static void falling_back_to_1_2(void **state)
{
	FOR_EACH_OBSERVER(at) {
		for (int cookie = 0; cookie < 2; cookie++) {
			STORY(s, p, at);
			p.cookie = cookie;
			dtls13_flight1(&p);
			if (cookie) {
				dtls_flight2(&p);
				dtls13_flight3(&p);
			}
			dtls_flight4(&p);
			dtls_flight5(&p);
			dtls_flight6(&p);
			assert_int_equal(p.h->version, DTLS_VERSION_1_2);
			assert_true(p.h->flights[4].complete);
			expect_completed_only(&s, &p);
		}
	}
}

/* RFC 9146 s6: the peer's address may change; what comes from there is of no handshake that is known. */
static void a_peer_that_moves(void **state)
{
	STORY(s, p, AT_SERVER);

	p.cid_len[PARTY_CLIENT] = p.cid_len[PARTY_SERVER] = 8;
	dtls13_full(&p);
	p.address[PARTY_CLIENT].port++;
	dtls13_data(&p, PARTY_CLIENT);
	dtls13_data(&p, PARTY_SERVER);
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	assert_int_equal(analysis_stats(s.analysis)->handshakes, 1);
}

/* --- which flight --- */

static void hello_retry_request_is_flight_2(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		p.cookie = true;
		dtls13_flight1(&p);
		p.mtu = 60;	/* the HelloRetryRequest in two datagrams, which overtake each other */
		p.fate = HELD;
		dtls13_flight2(&p);
		p.fate = ARRIVES;
		assert_int_equal(p.num_held, 2);
		pair_release(&p, 1);
		pair_release(&p, 0);
		assert_int_equal(p.h->flights[2].copies, 1);
		assert_int_equal(p.h->flights[4].copies, 0);
		assert_int_equal(p.h->party[PARTY_SERVER].flight, 2);
		p.mtu = 1400;
		dtls13_flight3(&p);
		dtls13_flight4(&p);
		assert_int_equal(p.h->flights[4].copies, 1);
		dtls13_flight5(&p);
		dtls13_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/* What the server sent last is flight 4 again only after a time, and with what was in it. */
static void copies_are_told_from_the_rest(void **state)
{
	STORY(s, p, AT_SERVER);

	p.client_certificate = true;
	dtls13_hellos(&p);
	dtls13_flight4(&p);
	stream_wait(&s, 5 * MS);
	dtls13_flight5(&p);
	assert_int_equal(p.h->flights[5].copies, 1);
	/* The network doubles it, later. */
	stream_wait(&s, SEC);
	pair_duplicate(&p);
	assert_int_equal(p.h->flights[5].copies, 1);
	assert_int_equal(p.h->party[PARTY_CLIENT].retransmissions, 0);
	/* A record of another length is one that was missing. */
	dtls13_send(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, SEALED(100));
	assert_int_equal(p.h->flights[5].copies, 1);
	stream_wait(&s, SEC);
	dtls13_flight5(&p);
	assert_int_equal(p.h->flights[5].copies, 2);
}

/* What an ACK asks for is sent at once, and is no copy; the flight is not over. */
static void what_an_ack_asks_for_is_no_copy(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	stream_wait(&s, 300 * MS);
	dtls13_ack(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, 2);
	assert_int_equal(p.h->party[PARTY_CLIENT].acks.num, 1);
	assert_int_equal(p.h->party[PARTY_CLIENT].flight, 1);
	dtls13_send(&p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_VERIFY);
	assert_int_equal(p.h->flights[4].copies, 1);
	dtls13_plain_ack(&p, PARTY_CLIENT, 0);
	assert_int_equal(p.h->party[PARTY_CLIENT].acks.num, 2);
	dtls13_flight5(&p);
	dtls13_flight6(&p);
	expect_completed_only(&s, &p);
}

/* Ciphertext of the association before is not this handshake's (RFC 9147 s5.11). */
static void data_of_the_association_before(void **state)
{
	struct pair next;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls13_full(&p);
		pair_init(&next, &s, 30041, 0x22);
		dtls13_flight1(&next);
		dtls13_data(&p, PARTY_CLIENT);
		dtls13_data(&p, PARTY_SERVER);
		assert_int_equal(s.wrong, 0);
		assert_false(next.h->is_dtls13);
		dtls_flight4(&next);
		dtls_flight5(&next);
		dtls_flight6(&next);
		expect_change(&s, 1, &next, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
		assert_int_equal(next.h->version, DTLS_VERSION_1_2);
	}
}

/* Two at once on one address pair: seen at both ends each gets what it was sent. */
static void two_at_once(void **state)
{
	struct pair other;
	STORY(s, p, AT_BOTH);

	pair_init(&other, &s, 30041, 0x22);
	other.cipher_seq[PARTY_CLIENT] = other.cipher_seq[PARTY_SERVER] = 1000;
	p.mtu = other.mtu = 600;	/* ciphertext in datagrams of its own */
	dtls13_flight1(&p);
	dtls13_flight1(&other);
	p.fate = other.fate = HELD;
	dtls13_flight4(&other);
	p.fate = other.fate = ARRIVES;
	stream_wait(&s, MS);
	dtls13_flight4(&p);
	assert_int_equal(other.num_held, 3);
	for (uint32_t i = 0; i < other.num_held; i++)
		pair_release(&other, i);
	assert_int_equal(other.h->party[PARTY_SERVER].cipher[POINT_SENT].num, 4);
	assert_int_equal(other.h->party[PARTY_SERVER].cipher[POINT_ARRIVED].num, 4);
	assert_int_equal(p.h->party[PARTY_SERVER].cipher[POINT_ARRIVED].num, 4);
}

/* Bytes that look like a unified header do not turn DTLS 1.2 into 1.3, before and after. */
static void forged_ciphertext_changes_nothing(void **state)
{
	for (int before = 0; before < 2; before++) {
		STORY(s, p, AT_BOTH);
		dtls_hellos(&p);
		if (before)
			dtls13_send(&p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED(80));
		dtls_flight4(&p);
		if (!before)
			dtls13_send(&p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED(80));
		assert_false(p.h->is_dtls13);
		dtls_flight5(&p);
		dtls_flight6(&p);
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_healthy_handshake_completes),
		cmocka_unit_test(a_draft_is_dtls13),
		cmocka_unit_test(also_if_only_its_records_tell),
		cmocka_unit_test(not_before_the_answer_arrived),
		cmocka_unit_test(half_rtt_data_is_no_answer),
		cmocka_unit_test(data_completes),
		cmocka_unit_test(early_data_is_noted),
		cmocka_unit_test(after_key_updates_nothing_is_said),
		cmocka_unit_test(data_of_epoch_6_is_no_repeat),
		cmocka_unit_test(falling_back_to_1_2),
		cmocka_unit_test(a_peer_that_moves),
		cmocka_unit_test(hello_retry_request_is_flight_2),
		cmocka_unit_test(copies_are_told_from_the_rest),
		cmocka_unit_test(what_an_ack_asks_for_is_no_copy),
		cmocka_unit_test(data_of_the_association_before),
		cmocka_unit_test(two_at_once),
		cmocka_unit_test(forged_ciphertext_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
