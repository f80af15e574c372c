/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the endpoints of stream.h say to each other: records, handshake
 * messages with real hello bodies, and the flights of RFC 6347 s4.2.4.
 *
 * dtls_*() with a flight in its name sends the whole flight; each call is one
 * copy, with record sequence numbers of its own.
 */
#ifndef DTLSNOOP_TEST_STREAM_DTLS_H
#define DTLSNOOP_TEST_STREAM_DTLS_H

#include "stream.h"

#include "dtls_has.h"

#define CERTIFICATE_LEN 469
#define FINISHED_LEN 40
#define SERVER_NAME "peer.example"

/* --- records and messages --- */

static inline struct dtls_item *dtls_item_add(struct pair *p, enum party_role from)
{
	struct event *ev = datagram_event(&p->datagram);

	if (p->from != from)
		pair_flush(p);
	p->from = from;
	assert_true(ev->num_items < EVENT_MAX_ITEMS);
	return &ev->items[ev->num_items++];
}

static inline struct dtls_record *dtls_record_add(struct pair *p, enum party_role from,
						  uint8_t content_type, uint16_t epoch, uint16_t len)
{
	struct dtls_record *rec = &dtls_item_add(p, from)->record;
	struct event *ev = datagram_event(&p->datagram);

	*rec = (struct dtls_record){
		.kind = DTLS_ITEM_RECORD, .content_type = content_type, .version = p->version,
		.epoch = epoch, .length = len, .offset = ev->length,
		.sequence = p->seq[from][epoch]++,
	};
	ev->length += DTLS_RECORD_HEADER_LEN + len;
	return rec;
}

/* The bytes of the hello that leave the kernel: HELLO_GAP. */
static inline void dtls_hello_add(struct pair *p, const struct dtls_message *msg, const uint8_t *body)
{
	struct event *ev = datagram_event(&p->datagram);
	uint32_t at, len = msg->fragment_length;

	if (!ev->hello_len)
		ev->hello_item = ev->num_items - 1;
	at = msg->offset - ev->items[ev->hello_item].message.offset;
	if (at - ev->hello_len > HELLO_GAP || at >= EVENT_HELLO_MAX)
		return;
	if (len > EVENT_HELLO_MAX - at)
		len = EVENT_HELLO_MAX - at;
	memcpy(p->hello + at, body + msg->fragment_offset, len);
	ev->hello_len = at + len;
}

/* A record with one fragment of a handshake message. `body`: of the whole message, or NULL. */
static inline void dtls_fragment_add(struct pair *p, enum party_role from, struct dtls_message msg,
				     const uint8_t *body)
{
	struct event *ev = datagram_event(&p->datagram);

	dtls_record_add(p, from, DTLS_CT_HANDSHAKE, 0,
			DTLS_MESSAGE_HEADER_LEN + msg.fragment_length);
	msg.kind = DTLS_ITEM_MESSAGE;
	msg.offset = ev->length - msg.fragment_length;
	dtls_item_add(p, from)->message = msg;
	if (body && msg.fragment_length)
		dtls_hello_add(p, &ev->items[ev->num_items - 1].message, body);
}

/* A whole message, in as many fragments and datagrams as the mtu makes of it. */
static inline void dtls_message_add(struct pair *p, enum party_role from, uint8_t type,
				    uint16_t message_seq, uint32_t len, const uint8_t *body)
{
	const uint32_t headers = DTLS_RECORD_HEADER_LEN + DTLS_MESSAGE_HEADER_LEN;
	struct dtls_message msg = { .msg_type = type, .message_seq = message_seq, .length = len };
	const struct event *ev = datagram_event(&p->datagram);
	uint32_t room;

	do {
		if (ev->length + headers + 32 > p->mtu)
			pair_flush(p);
		room = p->mtu - ev->length - headers;
		if (p->max_fragment && room > p->max_fragment)
			room = p->max_fragment;
		msg.fragment_length = len - msg.fragment_offset < room ?
				      len - msg.fragment_offset : room;
		dtls_fragment_add(p, from, msg, body);
		msg.fragment_offset += msg.fragment_length;
	} while (msg.fragment_offset < len);
}

/* --- hello bodies --- */

struct body {
	uint8_t bytes[EVENT_HELLO_MAX];
	uint32_t len;
};

static inline void body_add(struct body *b, const void *data, uint32_t len)
{
	memcpy(b->bytes + b->len, data, len);
	b->len += len;
}

static inline void body_u8(struct body *b, uint8_t v)
{
	b->bytes[b->len++] = v;
}

static inline void body_u16(struct body *b, uint16_t v)
{
	body_u8(b, v >> 8);
	body_u8(b, v & 0xff);
}

/* version, random, session_id: what both hellos begin with (RFC 5246 s7.4.1.2) */
static inline struct body body_begin(const struct pair *p, uint8_t random)
{
	struct body b = { .len = 0 };

	body_u16(&b, p->version);
	memset(b.bytes + b.len, random, HELLO_RANDOM_LEN);
	b.len += HELLO_RANDOM_LEN;
	body_u8(&b, 0);
	return b;
}

static inline void dtls_client_hello_named(struct pair *p, uint16_t message_seq,
					   const char *server_name)
{
	const uint16_t name = strlen(server_name);
	struct body b = body_begin(p, p->random);

	body_u8(&b, message_seq ? 20 : 0);	/* cookie */
	for (int i = 0; message_seq && i < 20; i++)
		body_u8(&b, 0xc0);
	body_u16(&b, 4);
	body_u16(&b, 0xc02b);
	body_u16(&b, 0xc02f);
	body_u16(&b, 0x0100);			/* one compression method: null */
	body_u16(&b, 4 + 5 + name + 4 + 5);	/* extensions */
	body_u16(&b, 0);
	body_u16(&b, 5 + name);
	body_u16(&b, 3 + name);
	body_u8(&b, 0);
	body_u16(&b, name);
	body_add(&b, server_name, name);
	body_u16(&b, 14);			/* use_srtp */
	body_u16(&b, 5);
	body_add(&b, "\0\2\0\1", 5);
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_HELLO, message_seq, b.len, b.bytes);
}

static inline void dtls_client_hello(struct pair *p, uint16_t message_seq)
{
	dtls_client_hello_named(p, message_seq, SERVER_NAME);
}

static inline void dtls_server_hello(struct pair *p)
{
	struct body b = body_begin(p, 0xee - p->random);

	body_u16(&b, 0xc02b);
	body_u8(&b, 0);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO, p->cookie, b.len, b.bytes);
}

/* --- flights --- */

static inline void dtls_flight1(struct pair *p)
{
	dtls_client_hello(p, 0);
	pair_flush(p);
}

#define DTLS_COOKIE 0xc0	/* fills the cookie that dtls_client_hello() sends back */

/* A HelloVerifyRequest with a cookie of such bytes. */
static inline void dtls_verify_request(struct pair *p, uint8_t cookie)
{
	struct body b = { .len = 0 };

	body_u16(&b, DTLS_VERSION_1_0);
	body_u8(&b, 20);
	for (int i = 0; i < 20; i++)
		body_u8(&b, cookie);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_HELLO_VERIFY_REQUEST, 0, b.len, b.bytes);
	pair_flush(p);
}

static inline void dtls_flight2(struct pair *p)
{
	dtls_verify_request(p, DTLS_COOKIE);
}

static inline void dtls_flight3(struct pair *p)
{
	dtls_client_hello(p, 1);
	pair_flush(p);
}

static inline void dtls_flight4(struct pair *p)
{
	uint16_t seq = p->cookie;

	dtls_server_hello(p);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_CERTIFICATE, ++seq, CERTIFICATE_LEN, NULL);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_KEY_EXCHANGE, ++seq, 333, NULL);
	if (p->client_certificate)
		dtls_message_add(p, PARTY_SERVER, DTLS_MT_CERTIFICATE_REQUEST, ++seq, 50, NULL);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, ++seq, 0, NULL);
	pair_flush(p);
}

/* ChangeCipherSpec and Finished: flight 5', and the end of 4', 5 and 6. */
static inline void dtls_finished(struct pair *p, enum party_role from)
{
	dtls_record_add(p, from, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	dtls_record_add(p, from, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
	pair_flush(p);
}

static inline void dtls_flight5(struct pair *p)
{
	uint16_t seq = p->cookie;

	if (p->client_certificate)
		dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CERTIFICATE, ++seq, p->no_certificate ? 3 : CERTIFICATE_LEN, NULL);
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, ++seq, 66, NULL);
	if (p->client_certificate && !p->no_certificate)
		dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CERTIFICATE_VERIFY, ++seq, 80, NULL);
	dtls_finished(p, PARTY_CLIENT);
}

static inline void dtls_flight6(struct pair *p)
{
	uint16_t seq = p->cookie + 4 + p->client_certificate;

	if (p->ticket)
		dtls_message_add(p, PARTY_SERVER, DTLS_MT_NEW_SESSION_TICKET, seq, 202, NULL);
	dtls_finished(p, PARTY_SERVER);
}

/* Flight 4 of an abbreviated handshake (RFC 6347 s4.2.4 figure 2). */
static inline void dtls_flight4_resumed(struct pair *p)
{
	dtls_server_hello(p);
	if (p->ticket)
		dtls_message_add(p, PARTY_SERVER, DTLS_MT_NEW_SESSION_TICKET, p->cookie + 1, 202,
				 NULL);
	dtls_finished(p, PARTY_SERVER);
}

static inline void dtls_data(struct pair *p, enum party_role from)
{
	dtls_record_add(p, from, DTLS_CT_APPLICATION_DATA, 1, 64);
	pair_flush(p);
}

static inline void dtls_alert(struct pair *p, enum party_role from, uint8_t level,
			      uint8_t description)
{
	struct dtls_record *rec = dtls_record_add(p, from, DTLS_CT_ALERT, 0, DTLS_ALERT_LEN);

	rec->flags = DTLS_RECORD_ALERT;
	rec->alert_level = level;
	rec->alert_description = description;
	pair_flush(p);
}

/* Somebody elsewhere sends an alert with the address of `from`, so no socket here was seen to send it. */
static inline void dtls_forged_alert(struct pair *p, enum party_role from, uint8_t level, uint8_t description)
{
	unsigned observers = p->s->observers;

	p->s->observers &= ~(1u << from);
	dtls_alert(p, from, level, description);
	p->s->observers = observers;
}

/* Up to flight 4, each flight sent once. */
static inline void dtls_hellos(struct pair *p)
{
	dtls_flight1(p);
	if (p->cookie) {
		dtls_flight2(p);
		dtls_flight3(p);
	}
}

static inline void dtls_full(struct pair *p)
{
	dtls_hellos(p);
	dtls_flight4(p);
	dtls_flight5(p);
	dtls_flight6(p);
}

/* Flight 6 is lost; the client repeats flight 5 1, 3, 7 ... s after the begin, `copies` times, and the server does not answer. */
static inline void dtls_lose_flight6(struct pair *p, unsigned copies)
{
	uint64_t start = p->s->now;

	dtls_hellos(p);
	dtls_flight4(p);
	dtls_flight5(p);
	p->fate = LOST;
	dtls_flight6(p);
	p->fate = ARRIVES;
	for (unsigned i = 1; i <= copies; i++) {
		stream_until(p->s, start + ((1u << i) - 1) * SEC);
		dtls_flight5(p);
	}
}

static inline void dtls_resumed(struct pair *p)
{
	dtls_hellos(p);
	dtls_flight4_resumed(p);
	dtls_finished(p, PARTY_CLIENT);
}

#endif
