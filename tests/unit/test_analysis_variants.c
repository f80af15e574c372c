// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The handshakes of DTLS 1.0 and 1.2 that are not the plain one: other messages,
 * other epochs, other record versions. Each of them is healthy.
 */
#include "stream_verdict.h"

static void message(struct pair *p, enum party_role from, uint8_t type, uint16_t seq, uint32_t len)
{
	dtls_message_add(p, from, type, seq, len, NULL);
}

/* What is not touched by what comes after completion. */
static void expect_flights(const struct pair *p, uint32_t client, uint32_t server)
{
	assert_int_equal(p->h->state, HANDSHAKE_COMPLETED);
	assert_int_equal(p->h->flights[5].copies, client);
	assert_int_equal(p->h->flights[6].copies, server);
	assert_int_equal(p->h->party[PARTY_CLIENT].retransmissions, 0);
	assert_int_equal(p->h->party[PARTY_SERVER].retransmissions, 0);
}

/* --- other messages --- */

/* Only hellos and a key exchange: PSK (RFC 4279), and with a ServerKeyExchange ECJPAKE. */
static void without_certificates(void **state)
{
	FOR_EACH_OBSERVER(at) {
		for (int key_exchange = 0; key_exchange < 2; key_exchange++) {
			STORY(s, p, at);
			dtls_hellos(&p);
			dtls_server_hello(&p);
			if (key_exchange)
				message(&p, PARTY_SERVER, DTLS_MT_SERVER_KEY_EXCHANGE, 1, 165);
			message(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 1 + key_exchange, 0);
			pair_flush(&p);
			assert_true(p.h->flights[4].complete);
			message(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 20);
			dtls_finished(&p, PARTY_CLIENT);
			assert_true(p.h->flights[5].complete);
			dtls_finished(&p, PARTY_SERVER);
			expect_flights(&p, 1, 1);
			assert_false(p.h->resumed);
			expect_completed_only(&s, &p);
		}
	}
}

/* RFC 4680, RFC 6066 s8, RFC 5077 s3.3: all that a server and a client can send. */
static void with_every_message(void **state)
{
	static const uint8_t flight4[] = {
		DTLS_MT_SUPPLEMENTAL_DATA, DTLS_MT_CERTIFICATE, DTLS_MT_CERTIFICATE_STATUS,
		DTLS_MT_SERVER_KEY_EXCHANGE, DTLS_MT_CERTIFICATE_REQUEST,
	};
	static const uint8_t flight5[] = {
		DTLS_MT_SUPPLEMENTAL_DATA, DTLS_MT_CERTIFICATE, DTLS_MT_CLIENT_KEY_EXCHANGE,
		DTLS_MT_CERTIFICATE_VERIFY,
	};

	FOR_EACH_OBSERVER(at) {
		uint16_t seq = 1;

		STORY(s, p, at);
		p.cookie = true;
		p.mtu = 300;
		dtls_hellos(&p);
		dtls_server_hello(&p);
		for (size_t i = 0; i < sizeof(flight4); i++)
			message(&p, PARTY_SERVER, flight4[i], ++seq, 700);
		message(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, ++seq, 0);
		pair_flush(&p);
		assert_true(p.h->flights[4].complete);
		for (size_t i = 0; i < sizeof(flight5); i++)
			message(&p, PARTY_CLIENT, flight5[i], 2 + i, 700);
		dtls_finished(&p, PARTY_CLIENT);
		assert_true(p.h->flights[5].complete);
		message(&p, PARTY_SERVER, DTLS_MT_NEW_SESSION_TICKET, ++seq, 202);
		dtls_finished(&p, PARTY_SERVER);
		assert_true(p.h->flights[6].complete);
		expect_flights(&p, 1, 1);
		expect_completed_only(&s, &p);
	}
}

/* A HelloRequest has a message_seq of its own accord, here one that the ServerHello has too. */
static void after_a_hello_request(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		message(&p, PARTY_SERVER, DTLS_MT_HELLO_REQUEST, 0, 0);
		pair_flush(&p);
		dtls_flight4(&p);
		assert_true(p.h->flights[4].complete);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_flights(&p, 1, 1);
		expect_completed_only(&s, &p);
	}
}

/* A Certificate in more pieces than there is room for, every second one first. */
static void a_chain_in_pieces_out_of_order(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_hellos(&p);
		dtls_server_hello(&p);
		for (int odd = 1; odd >= 0; odd--) {
			for (uint32_t i = odd; i < 40; i += 2) {
				dtls_fragment_add(&p, PARTY_SERVER, (struct dtls_message){
					.msg_type = DTLS_MT_CERTIFICATE, .message_seq = 1, .length = 40000,
					.fragment_offset = i * 1000, .fragment_length = 1000 }, NULL);
				pair_flush(&p);
			}
		}
		message(&p, PARTY_SERVER, DTLS_MT_SERVER_KEY_EXCHANGE, 2, 333);
		message(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 3, 0);
		pair_flush(&p);
		assert_int_equal(p.h->flights[4].copies, 1);
		stream_wait(&s, 4 * SEC);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_flights(&p, 1, 1);
		expect_completed_only(&s, &p);
	}
}

/* Fragments of 27 bytes: the first one ends in the random, which has 32. */
static void a_random_in_two_fragments(void **state)
{
	struct pair other;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		pair_init(&other, &s, 30041, 0x12);
		p.mtu = other.mtu = DTLS_RECORD_HEADER_LEN + DTLS_MESSAGE_HEADER_LEN + 27;
		dtls_flight1(&p);
		dtls_flight1(&other);
		assert_int_not_equal(p.id, other.id);
		assert_int_equal(s.wrong, 0);
		assert_true(p.h->flights[1].complete);
		assert_int_equal(p.h->flights[1].copies, 1);
	}
}

/* --- 0x0100 --- */

/* AnyConnect: the session is known, the ChangeCipherSpec has a message_seq. */
static void with_the_bad_version(void **state)
{
	FOR_EACH_OBSERVER(at) {
		for (int cookie = 0; cookie < 2; cookie++) {
			STORY(s, p, at);
			p.version = DTLS_VERSION_BAD;
			p.cookie = cookie;
			dtls_hellos(&p);
			dtls_server_hello(&p);
			for (int from = PARTY_SERVER; from >= PARTY_CLIENT; from--) {
				dtls_record_add(&p, from, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 3);
				dtls_record_add(&p, from, DTLS_CT_HANDSHAKE, 1, 64);
				pair_flush(&p);
			}
			assert_int_equal(p.h->version, DTLS_VERSION_BAD);
			assert_true(p.h->resumed);
			assert_true(p.h->flights[4].complete && p.h->flights[5].complete);
			dtls_data(&p, PARTY_CLIENT);
			expect_completed_only(&s, &p);
		}
	}
}

/* --- after completion --- */

/* RFC 5246 s7.4.1.1: all of it is encrypted, its ChangeCipherSpec too, its Finished in epoch 2. */
static void a_renegotiation_is_no_repeat(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_full(&p);
		expect_flights(&p, 1, 1);
		dtls_record_add(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, 36);	/* HelloRequest */
		dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_HANDSHAKE, 1, 260);
		dtls_record_add(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, 900);
		dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_HANDSHAKE, 1, 400);
		for (int from = PARTY_CLIENT; from <= PARTY_SERVER; from++) {
			dtls_record_add(&p, from, DTLS_CT_CHANGE_CIPHER_SPEC, 1, 30);
			dtls_record_add(&p, from, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN)->epoch = 2;
			pair_flush(&p);
		}
		for (uint32_t i = 0; i < s.num_seen; i++)
			for (uint32_t n = 0; n < s.seen[i].num_items; n++)
				assert_false(s.seen[i].items[n].retransmission);
		expect_flights(&p, 1, 1);
		expect_completed_only(&s, &p);
	}
}

/* A server may ask for it at once, before the client's last flight is known to have arrived. */
static void a_hello_request_behind_the_finished(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_hellos(&p);
		dtls_flight4_resumed(&p);
		dtls_record_add(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, 36);
		pair_flush(&p);
		assert_int_equal(p.h->flights[4].copies, 1);
		dtls_finished(&p, PARTY_CLIENT);
		expect_completed_only(&s, &p);
	}
}

/* --- data before Finished --- */

/* RFC 7918: a client need not wait for the server's Finished. */
static void false_start(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_hellos(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_data(&p, PARTY_CLIENT);
		assert_int_equal(s.num_changes, 0);
		assert_int_equal(p.h->party[PARTY_CLIENT].early_ns, 0);
		dtls_flight6(&p);
		expect_flights(&p, 1, 1);
		expect_completed_only(&s, &p);
	}
}

/* What the server sends behind its Finished overtakes it; only where that arrives it is early. */
static void data_overtakes_finished(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_hellos(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_record_add(&p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		pair_flush(&p);
		p.fate = HELD;
		dtls_record_add(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
		pair_flush(&p);
		dtls_data(&p, PARTY_SERVER);
		p.fate = ARRIVES;
		pair_release(&p, 1);
		assert_int_equal(p.h->state, at == AT_SERVER ? HANDSHAKE_COMPLETED : HANDSHAKE_IN_PROGRESS);
		pair_release(&p, 0);
		assert_int_equal(p.h->party[PARTY_SERVER].early_data.came, at == AT_CLIENT);
		expect_flights(&p, 1, 1);
		expect_completed_only(&s, &p);
	}
}

/* --- connection IDs (RFC 9146) --- */

static void cid_finished(struct pair *p, enum party_role from, bool ccs)
{
	if (ccs)
		dtls_record_add(p, from, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	dtls_record_add(p, from, DTLS_CT_CID, 1, 0)->flags = DTLS_RECORD_CID;
	pair_flush(p);
}

static void a_cid_finished_is_sent_again(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_hellos(&p);
		dtls_flight4(&p);
		message(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66);
		cid_finished(&p, PARTY_CLIENT, true);
		p.fate = LOST;
		cid_finished(&p, PARTY_SERVER, true);
		p.fate = ARRIVES;
		stream_wait(&s, SEC);
		message(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66);
		cid_finished(&p, PARTY_CLIENT, true);
		assert_int_equal(p.h->flights[5].copies, 2);
		cid_finished(&p, PARTY_SERVER, true);
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
		/* What follows is data, and no third copy. */
		cid_finished(&p, PARTY_CLIENT, false);
		assert_int_equal(p.h->flights[5].copies, 2);
		expect_completed_only(&s, &p);
	}
}

/* The first record of epoch 1 is Finished, though its ChangeCipherSpec is still on the way. */
static void a_cid_finished_overtakes(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_hellos(&p);
		dtls_flight4(&p);
		message(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66);
		cid_finished(&p, PARTY_CLIENT, true);
		p.fate = HELD;
		dtls_record_add(&p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		pair_flush(&p);
		p.fate = ARRIVES;
		cid_finished(&p, PARTY_SERVER, false);
		pair_release(&p, 0);
		expect_flights(&p, 1, 1);
		expect_completed_only(&s, &p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_certificates),
		cmocka_unit_test(with_every_message),
		cmocka_unit_test(after_a_hello_request),
		cmocka_unit_test(a_chain_in_pieces_out_of_order),
		cmocka_unit_test(a_random_in_two_fragments),
		cmocka_unit_test(with_the_bad_version),
		cmocka_unit_test(a_renegotiation_is_no_repeat),
		cmocka_unit_test(a_hello_request_behind_the_finished),
		cmocka_unit_test(false_start),
		cmocka_unit_test(data_overtakes_finished),
		cmocka_unit_test(a_cid_finished_is_sent_again),
		cmocka_unit_test(a_cid_finished_overtakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
