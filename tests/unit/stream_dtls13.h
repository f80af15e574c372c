/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the endpoints of stream.h say to each other in DTLS 1.3 (RFC 9147):
 * hellos in plaintext, then records with the unified header. `pair.cookie` asks
 * for a HelloRetryRequest, `pair.cid_len` for connection IDs.
 */
#ifndef DTLSNOOP_TEST_STREAM_DTLS13_H
#define DTLSNOOP_TEST_STREAM_DTLS13_H

#include "stream_dtls.h"

#define EPOCH_EARLY 1
#define EPOCH_HANDSHAKE 2
#define EPOCH_APPLICATION 3
/* Lengths of records: what is in them, a content type, a tag of 16 bytes. */
#define SEALED(len) ((len) + 17)
#define SEALED_EXTENSIONS SEALED(14)
#define SEALED_VERIFY SEALED(272)
#define SEALED_FINISHED SEALED(44)
#define SEALED_ALERT SEALED(2)
#define SEALED_ACK(entries) SEALED(2 + 16 * (entries))

/* --- hellos --- */

static inline void body_extension(struct body *b, uint16_t type, const void *data, uint16_t len)
{
	body_u16(b, type);
	body_u16(b, len);
	body_add(b, data, len);
}

/* supported_versions, connection_id: `cid_len` of what this side wants to get, 0: no extension */
static inline void body_extensions13(struct body *b, const void *versions, uint16_t len, uint8_t cid_len)
{
	uint8_t cid[256] = { cid_len };

	body_u16(b, 4 + len + (cid_len ? 4 + 1 + cid_len : 0));
	body_extension(b, 43, versions, len);
	if (cid_len)
		body_extension(b, 54, cid, 1 + cid_len);
}

static inline uint16_t dtls13_version(const struct pair *p)
{
	return p->draft ? 0x7f00 | p->draft : DTLS_VERSION_1_3;
}

static inline void dtls13_client_hello(struct pair *p, uint16_t message_seq)
{
	struct body b = body_begin(p, p->random);

	body_u8(&b, 0);
	body_u16(&b, 2);
	body_u16(&b, 0x1301);
	body_u16(&b, 0x0100);
	body_extensions13(&b, (uint8_t[]){ 2, dtls13_version(p) >> 8, dtls13_version(p) & 0xff }, 3,
			  p->cid_len[PARTY_SERVER]);
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_HELLO, message_seq, b.len, b.bytes);
}

static inline void dtls13_server_hello(struct pair *p, uint16_t message_seq, bool retry)
{
	/* RFC 8446 s4.1.3 */
	static const uint8_t retry_random[HELLO_RANDOM_LEN] = {
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
		0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};
	struct body b = body_begin(p, 0xee - p->random);

	if (retry)
		memcpy(b.bytes + 2, retry_random, sizeof(retry_random));
	body_u16(&b, 0x1301);
	body_u8(&b, 0);
	body_extensions13(&b, (uint8_t[]){ dtls13_version(p) >> 8, dtls13_version(p) & 0xff }, 2,
			  retry ? 0 : p->cid_len[PARTY_CLIENT]);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO, message_seq, b.len, b.bytes);
}

/* --- records --- */

/* An encrypted record of `len` bytes, with a 16-bit sequence number and a length. */
static inline void dtls13_record_add(struct pair *p, enum party_role from, uint16_t epoch, uint16_t len)
{
	uint8_t cid_len = p->cid_len[from];
	struct event *ev = datagram_event(&p->datagram);
	struct dtls_record *rec;

	/* A walk ends at a connection ID: one record to a datagram. */
	if (p->from != from || ev->length + 5u + cid_len + len > p->mtu || cid_len)
		pair_flush(p);
	rec = &dtls_item_add(p, from)->record;
	*rec = (struct dtls_record){
		.kind = DTLS_ITEM_RECORD, .flags = DTLS_RECORD_UNIFIED, .epoch = epoch & 3,
		.length = len, .offset = ev->length, .unified = 0x2c | (epoch & 3),
		/* What a cipher would make of it: no order, no two alike. */
		.sequence = (++p->cipher_seq[from] * 0x9e37u) & 0xffff,
	};
	ev->length += 5 + len;
	if (!cid_len)
		return;
	rec->flags |= DTLS_RECORD_CID;
	rec->unified |= 0x10;
	rec->sequence = rec->length = 0;
	ev->length += cid_len;
}

static inline void dtls13_send(struct pair *p, enum party_role from, uint16_t epoch, uint16_t len)
{
	pair_flush(p);
	dtls13_record_add(p, from, epoch, len);
	pair_flush(p);
}

static inline void dtls13_ack(struct pair *p, enum party_role from, uint16_t epoch, uint16_t entries)
{
	dtls13_send(p, from, epoch, SEALED_ACK(entries));
}

/* In plaintext: nothing that is encrypted was read yet (RFC 9147 s7). */
static inline void dtls13_plain_ack(struct pair *p, enum party_role from, uint16_t entries)
{
	pair_flush(p);
	dtls_record_add(p, from, DTLS_CT_ACK, 0, 2 + 16 * entries);
	pair_flush(p);
}

static inline void dtls13_data(struct pair *p, enum party_role from)
{
	dtls13_send(p, from, EPOCH_APPLICATION, SEALED(60));
}

/* A handshake message in as many records as the mtu makes of it. */
static inline void dtls13_message_add(struct pair *p, enum party_role from, uint32_t len)
{
	const uint32_t room = p->mtu - 5 - 17 - p->cid_len[from] - DTLS_MESSAGE_HEADER_LEN;
	uint32_t part;

	do {
		part = len < room ? len : room;
		dtls13_record_add(p, from, EPOCH_HANDSHAKE, SEALED(DTLS_MESSAGE_HEADER_LEN + part));
		len -= part;
	} while (len);
}

/* --- flights --- */

static inline void dtls13_flight1(struct pair *p)
{
	dtls13_client_hello(p, 0);
	pair_flush(p);
}

static inline void dtls13_flight2(struct pair *p)
{
	dtls13_server_hello(p, 0, true);
	pair_flush(p);
}

static inline void dtls13_flight3(struct pair *p)
{
	dtls13_client_hello(p, 1);
	pair_flush(p);
}

/* What of flight 4 is encrypted. */
static inline void dtls13_flight4_rest(struct pair *p)
{
	dtls13_record_add(p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_EXTENSIONS);
	if (p->client_certificate)
		dtls13_record_add(p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED(57));
	dtls13_message_add(p, PARTY_SERVER, CERTIFICATE_LEN);
	dtls13_record_add(p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_VERIFY);
	dtls13_record_add(p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_FINISHED);
	pair_flush(p);
}

static inline void dtls13_flight4(struct pair *p)
{
	dtls13_server_hello(p, p->cookie, false);
	dtls13_flight4_rest(p);
}

static inline void dtls13_flight5(struct pair *p)
{
	if (p->client_certificate) {
		dtls13_message_add(p, PARTY_CLIENT, CERTIFICATE_LEN);
		dtls13_record_add(p, PARTY_CLIENT, EPOCH_HANDSHAKE, SEALED_VERIFY);
	}
	dtls13_record_add(p, PARTY_CLIENT, EPOCH_HANDSHAKE, SEALED_FINISHED);
	pair_flush(p);
}

static inline void dtls13_flight6(struct pair *p)
{
	dtls13_ack(p, PARTY_SERVER, EPOCH_APPLICATION, p->client_certificate ? 3 : 1);
}

static inline void dtls13_hellos(struct pair *p)
{
	dtls13_flight1(p);
	if (p->cookie) {
		dtls13_flight2(p);
		dtls13_flight3(p);
	}
}

static inline void dtls13_full(struct pair *p)
{
	dtls13_hellos(p);
	dtls13_flight4(p);
	dtls13_flight5(p);
	dtls13_flight6(p);
}

#endif
