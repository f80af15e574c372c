/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Flights with hellos of the test's choice, and what is expected of odd_flight.h, on the hosts of stream.h. */
#ifndef DTLSNOOP_TEST_STREAM_ODD_H
#define DTLSNOOP_TEST_STREAM_ODD_H

#include "stream_dtls13.h"
#include "stream_verdict.h"

static const char *const oddities[] = {
	"chooses the cipher suite", "which the client did not offer", "has the message number", "gave a connection ID",
	"without its ChangeCipherSpec", "gave a cookie", "the fragment borders", "have the record numbers", "use a PSK",
	"sent none: its Certificate message is empty",
};

#define NUM_ODDITIES (sizeof(oddities) / sizeof(oddities[0]))

/* What the two hellos of a play say. */
struct hellos {
	uint16_t offered, chosen;	/* cipher suite */
	int client_cid, server_cid;	/* length of the connection ID that a side gives, -1: no extension */
	bool no_cookie;
	bool srtp;	/* use_srtp is offered (RFC 5764 s4.1.1) */
};

static const struct hellos plain = { 0xc02b, 0xc02b, -1, -1, false, false };

static inline void add_connection_id(struct body *b, int len)
{
	uint8_t cid[32] = { len };

	if (len < 0)
		return;
	body_u16(b, 4 + 1 + len);
	body_extension(b, 54, cid, 1 + len);
}

static inline void client_hello(struct pair *p, const struct hellos *said, uint16_t message_seq)
{
	struct body b = body_begin(p, p->random);
	uint8_t cookie = message_seq && !said->no_cookie ? 20 : 0;

	body_u8(&b, cookie);
	for (int i = 0; i < cookie; i++)
		body_u8(&b, 0xc0);
	body_u16(&b, 2);
	body_u16(&b, said->offered);
	body_u16(&b, 0x0100);
	if (said->srtp) {
		body_u16(&b, 4 + 5);
		body_extension(&b, 14, (uint8_t[]){ 0, 2, 0, 7, 0 }, 5);
	} else {
		add_connection_id(&b, said->client_cid);
	}
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_HELLO, message_seq, b.len, b.bytes);
	pair_flush(p);
}

static inline void server_hello(struct pair *p, const struct hellos *said, uint16_t message_seq)
{
	struct body b = body_begin(p, 0xee - p->random);

	body_u16(&b, said->chosen);
	body_u8(&b, 0);
	add_connection_id(&b, said->server_cid);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO, message_seq, b.len, b.bytes);
}

static inline void flight4(struct pair *p, const struct hellos *said, uint16_t message_seq)
{
	server_hello(p, said, message_seq);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_CERTIFICATE, message_seq + 1, CERTIFICATE_LEN, NULL);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, message_seq + 2, 0, NULL);
	pair_flush(p);
}

static inline void flight4_resumed(struct pair *p, const struct hellos *said, uint8_t content_type)
{
	server_hello(p, said, 0);
	dtls_record_add(p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	dtls_record_add(p, PARTY_SERVER, content_type, 1, FINISHED_LEN);
	pair_flush(p);
}

static inline void flight5(struct pair *p, bool ccs, uint8_t content_type)
{
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
	if (ccs)
		dtls_record_add(p, PARTY_CLIENT, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	dtls_record_add(p, PARTY_CLIENT, content_type, 1, FINISHED_LEN);
	pair_flush(p);
}

static inline bool tells(const struct verdict *v, const char *text)
{
	for (uint32_t i = 0; i < v->num_evidence; i++)
		if (strstr(v->evidence[i], text))
			return true;
	return false;
}

/* The latest verdict tells these oddities (`odd`: NULL, none) and no other. */
static inline void expect_odd(const struct stream *s, const char *odd, enum verdict_code code, enum verdict_side side)
{
	const struct verdict *v = &stream_change(s, s->num_changes - 1)->verdict;

	assert_string_equal(verdict_code_name(v->code), verdict_code_name(code));
	assert_string_equal(verdict_side_name(v->side), verdict_side_name(side));
	for (size_t i = 0; i < NUM_ODDITIES; i++)
		if (tells(v, oddities[i]) != (odd && strstr(odd, oddities[i])))
			fail_msg("'%s', wanted: '%s'", oddities[i], odd ? odd : "nothing");
}

/* The time of the n-th copy; in a capture only the fourth proves anything. */
static inline void until_copy(struct stream *s, unsigned i)
{
	stream_until(s, START + ((1u << i) - 1) * SEC);
}

#endif
