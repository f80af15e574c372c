// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What hellos show to be odd about a flight that is not accepted: odd_flight.h. */
#include "stream_odd.h"

static const struct hellos other_suite = { 0xc02b, 0xc02f, -1, -1, false, false },
	no_cookie = { 0xc02b, 0xc02b, -1, -1, true, false }, psk = { 0xc0a8, 0xc0a8, -1, -1, false, false },
	connection_id = { 0xc02b, 0xc02b, 0, 4, false, false }, srtp = { 0xc02b, 0xc02b, -1, -1, false, true };

/* --- the server's answer: answer-ignored --- */

static void answered_in_vain(struct stream *s, struct pair *p, const struct hellos *said, unsigned at)
{
	stream_begin(s, p, at);
	for (unsigned i = 0; i < 4; i++) {
		until_copy(s, i);
		client_hello(p, said, 0);
		stream_wait(s, 50 * MS);
		flight4(p, said, 0);
	}
	stream_wait(s, SEC);
}

static void a_suite_that_was_not_offered(void **state)
{
	struct stream s;
	struct pair p;

	for (int i = 0; i < 3; i++)
		for (int odd = 0; odd < 2; odd++) {
			unsigned at = (unsigned[]){ AT_CLIENT, AT_BOTH, ON_WIRE }[i];
			const struct verdict *v = &s.changes[0].verdict;

			answered_in_vain(&s, &p, odd ? &other_suite : &plain, at);
			expect_odd(&s, odd ? "chooses the cipher suite, which the client did not offer" : NULL,
				   VERDICT_ANSWER_IGNORED, odd ? VERDICT_SIDE_SERVER : VERDICT_SIDE_CLIENT);
			/* What a server elsewhere seems to say, anybody may have said. */
			assert_int_equal(v->confidence, at == AT_BOTH ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
			stream_fini(&s);
		}
}

/* The ServerHello after a HelloVerifyRequest has the message_seq 1 (RFC 6347 s4.2.2). */
static void a_message_number_that_was_used(void **state)
{
	for (int i = 0; i < 6; i++) {
		bool odd = i & 1;

		STORY(s, p, (unsigned[]){ AT_CLIENT, AT_BOTH, ON_WIRE }[i / 2]);
		client_hello(&p, &plain, 0);
		dtls_flight2(&p);
		for (unsigned j = 0; j < 4; j++) {
			until_copy(&s, j);
			client_hello(&p, &plain, 1);
			stream_wait(&s, 50 * MS);
			flight4(&p, &plain, odd ? 0 : 1);
		}
		stream_wait(&s, SEC);
		expect_odd(&s, odd ? "has the message number" : NULL, VERDICT_ANSWER_IGNORED,
			   odd ? VERDICT_SIDE_SERVER : VERDICT_SIDE_CLIENT);
	}
}

/* A client that goes on has accepted it: why it repeats flight 5 is another matter. */
static void a_message_number_that_the_client_accepts(void **state)
{
	for (int i = 0; i < 3; i++) {
		STORY(s, p, (unsigned[]){ AT_CLIENT, AT_BOTH, ON_WIRE }[i]);
		p.cookie = true;
		client_hello(&p, &plain, 0);
		dtls_flight2(&p);
		client_hello(&p, &plain, 1);
		flight4(&p, &plain, 0);
		for (unsigned j = 0; j < 4; j++) {
			until_copy(&s, j);
			dtls_flight5(&p);
			stream_wait(&s, 50 * MS);
			dtls_flight6(&p);
		}
		stream_wait(&s, SEC);
		expect_odd(&s, NULL, i == 2 ? VERDICT_ANSWER_IGNORED : VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_CLIENT);
	}
}

/* DTLS 1.3: the draft that is chosen was not offered. After a HelloRetryRequest, too. */
static void a_version_that_was_not_offered(void **state)
{
	for (int i = 0; i < 8; i++) {
		bool odd = i & 1, wire = i & 4;

		STORY(s, p, wire ? ON_WIRE : AT_SERVER);
		p.cookie = i & 2;
		if (p.cookie) {
			dtls13_flight1(&p);
			dtls13_flight2(&p);
		}
		for (unsigned j = 0; j < 4; j++) {
			until_copy(&s, j);
			p.draft = 0;
			(p.cookie ? dtls13_flight3 : dtls13_flight1)(&p);
			stream_wait(&s, 50 * MS);
			p.draft = odd ? 28 : 0;
			dtls13_flight4(&p);
		}
		stream_wait(&s, SEC);
		expect_odd(&s, odd ? "chooses, which the client did not offer" : NULL,
			   wire ? VERDICT_ANSWER_IGNORED : VERDICT_ANSWER_UNACKNOWLEDGED,
			   odd ? VERDICT_SIDE_SERVER : VERDICT_SIDE_CLIENT);
	}
}

/* A server without a state asks each ClientHello for a cookie (RFC 6347 s4.2.1). */
static void a_cookie_that_is_not_sent_back(void **state)
{
	for (int odd = 0; odd < 2; odd++) {
		const struct hellos *said = odd ? &no_cookie : &plain;

		STORY(s, p, AT_CLIENT);
		client_hello(&p, said, 0);
		dtls_flight2(&p);
		for (unsigned i = 0; i < 4; i++) {
			until_copy(&s, i);
			client_hello(&p, said, 1);
			stream_wait(&s, 50 * MS);
			dtls_flight2(&p);
		}
		stream_wait(&s, 4 * SEC);
		expect_odd(&s, odd ? "gave a cookie" : NULL, odd ? VERDICT_ANSWER_IGNORED : VERDICT_COOKIE_LOOP,
			   odd ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
	}
}

/* --- connection IDs (RFC 9146 s3) --- */

/* The client gives one, and the server's Finished of a resumption comes without it. */
static void a_connection_id_that_the_server_does_not_use(void **state)
{
	static const struct { struct hellos said; uint8_t content_type; bool odd; } plays[] = {
		{ { 0xc02b, 0xc02b, 4, 4, false, false }, DTLS_CT_HANDSHAKE, true },
		{ { 0xc02b, 0xc02b, 4, 0, false, false }, DTLS_CT_HANDSHAKE, true },
		{ { 0xc02b, 0xc02b, 4, 4, false, false }, DTLS_CT_CID, false },
		{ { 0xc02b, 0xc02b, 0, 4, false, false }, DTLS_CT_HANDSHAKE, false },	/* it wants none */
		{ { 0xc02b, 0xc02b, 4, -1, false, false }, DTLS_CT_HANDSHAKE, false },	/* it was not agreed */
	};

	for (size_t n = 0; n < sizeof(plays) / sizeof(plays[0]); n++) {
		STORY(s, p, ON_WIRE);
		for (unsigned i = 0; i < 6; i++) {
			until_copy(&s, i);
			client_hello(&p, &plays[n].said, 0);
			stream_wait(&s, 50 * MS);
			flight4_resumed(&p, &plays[n].said, plays[n].content_type);
		}
		stream_wait(&s, SEC);
		expect_odd(&s, plays[n].odd ? "gave a connection ID" : NULL, VERDICT_CANNOT_DECRYPT,
			   plays[n].odd ? VERDICT_SIDE_SERVER : VERDICT_SIDE_CLIENT);
	}
}

/* --- flight 5 --- */

/* It is repeated, and nothing comes back. */
static void flight5_in_vain(struct stream *s, struct pair *p, const struct hellos *said, uint8_t content_type)
{
	stream_begin(s, p, AT_CLIENT);
	client_hello(p, said, 0);
	flight4(p, said, 0);
	for (unsigned i = 0; i < 4; i++) {
		until_copy(s, i);
		flight5(p, true, content_type);
	}
	stream_wait(s, FLOOR);
}

static void a_connection_id_that_the_client_does_not_use(void **state)
{
	for (int odd = 0; odd < 2; odd++) {
		STORY_WITH(flight5_in_vain, s, p, &connection_id, odd ? DTLS_CT_HANDSHAKE : DTLS_CT_CID);
		expect_odd(&s, odd ? "gave a connection ID" : NULL, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
	}
}

static void a_psk_that_may_differ(void **state)
{
	struct stream s;
	struct pair p;

	for (int odd = 0; odd < 2; odd++) {
		flight5_in_vain(&s, &p, odd ? &psk : &plain, DTLS_CT_HANDSHAKE);
		expect_odd(&s, odd ? "use a PSK" : NULL, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
		stream_fini(&s);
	}
	/* Near: the flight that is ignored is not encrypted with it yet. */
	answered_in_vain(&s, &p, &psk, AT_CLIENT);
	expect_odd(&s, NULL, VERDICT_ANSWER_IGNORED, VERDICT_SIDE_CLIENT);
	stream_fini(&s);
}

/* The certificate of WebRTC has to match a fingerprint; which side refuses it shows who is silent. */
static void a_fingerprint_that_may_differ(void **state)
{
	struct stream s;
	struct pair p;

	/* Near: no SRTP, or a client without a certificate. */
	for (int i = 0; i < 3; i++) {
		bool odd = i == 2;

		stream_begin(&s, &p, AT_CLIENT);
		client_hello(&p, i ? &srtp : &plain, 0);
		flight4(&p, i ? &srtp : &plain, 0);
		for (unsigned j = 0; j < 4; j++) {
			until_copy(&s, j);
			if (i != 1)
				dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CERTIFICATE, 2, CERTIFICATE_LEN, NULL);
			flight5(&p, true, DTLS_CT_HANDSHAKE);
		}
		stream_wait(&s, FLOOR);
		assert_int_equal(!!strstr(s.changes[0].verdict.hint, "a=fingerprint"), odd);
		/* It may be lost as well: that is the first thing to find out. */
		assert_ptr_equal(strstr(s.changes[0].verdict.hint, "trace at the other end"), s.changes[0].verdict.hint);
		assert_int_equal(tells(&s.changes[0].verdict, "compares the client's certificate with the fingerprint"), odd);
		expect_odd(&s, NULL, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
		stream_fini(&s);
	}
	/* Near: nothing came that has a certificate. */
	stream_begin(&s, &p, AT_CLIENT);
	for (unsigned i = 0; i < 4; i++) {
		until_copy(&s, i);
		client_hello(&p, &srtp, 0);
	}
	stream_wait(&s, FLOOR);
	assert_null(strstr(s.changes[0].verdict.hint, "a=fingerprint"));
	stream_fini(&s);
}

/* Where the flight was read, the key is the first thing to compare. */
static void a_psk_comes_first_in_the_hint(void **state)
{
	for (int odd = 0; odd < 2; odd++) {
		const char *first = "compare the PSK";

		STORY(s, p, AT_SERVER);
		client_hello(&p, odd ? &psk : &plain, 0);
		flight4(&p, odd ? &psk : &plain, 0);
		flight5(&p, true, DTLS_CT_HANDSHAKE);
		stream_wait(&s, 2 * FLOOR);
		assert_int_equal(s.changes[0].verdict.code, VERDICT_SILENT_AFTER_READ);
		assert_int_equal(!strncmp(s.changes[0].verdict.hint, first, strlen(first)), odd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_suite_that_was_not_offered),
		cmocka_unit_test(a_message_number_that_was_used),
		cmocka_unit_test(a_message_number_that_the_client_accepts),
		cmocka_unit_test(a_version_that_was_not_offered),
		cmocka_unit_test(a_cookie_that_is_not_sent_back),
		cmocka_unit_test(a_connection_id_that_the_server_does_not_use),
		cmocka_unit_test(a_connection_id_that_the_client_does_not_use),
		cmocka_unit_test(a_psk_that_may_differ),
		cmocka_unit_test(a_fingerprint_that_may_differ),
		cmocka_unit_test(a_psk_comes_first_in_the_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
