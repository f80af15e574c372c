// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "datagram.h"

#include "dtls_wire.h"

static void put(struct datagram *p, const void *data, size_t len)
{
	if (len > DATAGRAM_MAX - p->len)
		len = DATAGRAM_MAX - p->len;
	memcpy(p->data + p->len, data, len);
	p->len += len;
}

static void put_number(struct datagram *p, uint64_t value, int width)
{
	uint8_t byte;

	while (width--) {
		byte = value >> 8 * width;
		put(p, &byte, 1);
	}
}

static void put_fill(struct datagram *p, uint8_t value, uint32_t len)
{
	while (len-- && p->len < DATAGRAM_MAX)
		p->data[p->len++] = value;
}

static void put_record(struct datagram *p, struct datagram_sender *s, uint8_t type, uint16_t epoch,
		       uint16_t len)
{
	put_number(p, type, 1);
	put_number(p, s->version, 2);
	put_number(p, epoch, 2);
	put_number(p, s->sequence[epoch & 3]++, 6);
	put_number(p, len, 2);
}

/* One fragment of a message in a record of its own; `body` holds the whole message. */
static void put_fragment(struct datagram *p, struct datagram_sender *s, uint8_t type, const struct datagram *body,
			 uint32_t begin, uint32_t len)
{
	put_record(p, s, DTLS_CT_HANDSHAKE, 0, DTLS_MESSAGE_HEADER_LEN + len);
	put_number(p, type, 1);
	put_number(p, body->len, 3);
	put_number(p, s->message_seq, 2);
	put_number(p, begin, 3);
	put_number(p, len, 3);
	put(p, body->data + begin, len);
}

/* parts: 0 whole, 1 in two records, 2 only its first half, 3 only its second. */
static void put_message(struct datagram *p, struct datagram_sender *s, uint8_t type, const struct datagram *body,
			unsigned parts)
{
	uint32_t half = body->len / 2;

	if (!parts)
		put_fragment(p, s, type, body, 0, body->len);
	if (parts == 1 || parts == 2)
		put_fragment(p, s, type, body, 0, half);
	if (parts == 1 || parts == 3)
		put_fragment(p, s, type, body, half, body->len - half);
	if (parts != 2)
		s->message_seq++;
}

static void put_extension(struct datagram *p, uint16_t type, const void *data, uint16_t len)
{
	put_number(p, type, 2);
	put_number(p, len, 2);
	put(p, data, len);
}

/* RFC 6347 s4.2.1, with the extensions that the analysis looks at. */
static void client_hello(struct datagram *p, struct datagram_sender *s, unsigned how)
{
	struct datagram body = { .len = 0 };

	put_number(&body, s->version, 2);
	put_fill(&body, s->random, 32);
	put_number(&body, 0, 1);
	put_number(&body, how & 1 ? 20 : 0, 1);		/* cookie */
	put_fill(&body, 0xc0, how & 1 ? 20 : 0);
	put_number(&body, 0x0004c02b1301, 6);		/* cipher suites */
	put_number(&body, 0x0100, 2);
	put_number(&body, how & 2 ? 17 + 9 : 17, 2);
	put_extension(&body, 0, "\0\6\0\0\3x\x1b\xff", 8);
	put_extension(&body, 54, "", 1);		/* connection_id, empty (RFC 9146 s3) */
	if (how & 2)
		put_extension(&body, 43, "\4\xfe\xfc\xfe\xfd", 5);
	put_message(p, s, DTLS_MT_CLIENT_HELLO, &body, how >> 2 & 3);
}

static void server_hello(struct datagram *p, struct datagram_sender *s, unsigned how)
{
	/* Of a HelloRetryRequest (RFC 8446 s4.1.3). */
	static const uint8_t retry[32] = {
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
		0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};
	struct datagram body = { .len = 0 };

	put_number(&body, s->version, 2);
	if (how & 2)
		put(&body, retry, sizeof(retry));
	else
		put_fill(&body, ~s->random, 32);
	put_number(&body, 0, 1);
	put_number(&body, how & 1 ? 0x1301 : 0xc02b, 2);
	put_number(&body, 0, 1);
	put_number(&body, 6, 2);
	if (how & 1)
		put_extension(&body, 43, "\xfe\xfc", 2);
	else
		put_extension(&body, 54, "\1\x5a", 2);
	put_message(p, s, DTLS_MT_SERVER_HELLO, &body, how >> 2 & 3);
}

static void hello_verify_request(struct datagram *p, struct datagram_sender *s)
{
	struct datagram body = { .len = 0 };

	put_number(&body, DTLS_VERSION_1_0, 2);
	put_number(&body, 20, 1);
	put_fill(&body, 0xc0, 20);
	put_message(p, s, DTLS_MT_HELLO_VERIFY_REQUEST, &body, 0);
}

/* Any other message: its body is fill, since nobody but the peer reads it. */
static void other_message(struct datagram *p, struct datagram_sender *s, unsigned how, struct fuzz_cursor *c)
{
	static const uint8_t types[] = { 0, 4, 11, 12, 13, 14, 15, 16, 20, 22, 23, 25 };
	uint8_t type = fuzz_u8(c);
	struct datagram body = { .len = 0 };

	put_fill(&body, 0, fuzz_u8(c) * 4);
	put_message(p, s, type < sizeof(types) ? types[type] : type, &body, how & 3);
}

/* Numbers that do not fit together. */
static void odd_fragment(struct datagram *p, struct datagram_sender *s, struct fuzz_cursor *c)
{
	uint16_t len;

	put_record(p, s, DTLS_CT_HANDSHAKE, 0, fuzz_u8(c));
	put_number(p, fuzz_u8(c), 1);
	put_number(p, fuzz_u16(c) << (fuzz_u8(c) & 8), 3);
	put_number(p, fuzz_u16(c), 2);
	put_number(p, fuzz_u16(c) << (fuzz_u8(c) & 8), 3);
	len = fuzz_u8(c);
	put_number(p, len, 3);
	put_fill(p, 0, len);
}

/* DTLS 1.3 ciphertext (RFC 9147 s4): its bytes are what they are. */
static void unified(struct datagram *p, struct datagram_sender *s, struct fuzz_cursor *c)
{
	uint8_t first = DTLS_UNIFIED_BITS | (fuzz_u8(c) & 0x1f), len = fuzz_u8(c);

	put_number(p, first, 1);
	if (first & DTLS_UNIFIED_CID)
		put_number(p, 0x5a, 1);
	put_number(p, s->sequence[2]++ * 0x9e37, first & DTLS_UNIFIED_SEQUENCE_16 ? 2 : 1);
	if (first & DTLS_UNIFIED_LENGTH)
		put_number(p, len, 2);
	put_fill(p, 0xee, len);
}

static void encrypted(struct datagram *p, struct datagram_sender *s, uint8_t type, uint16_t len)
{
	put_record(p, s, type, 1, len);
	put_fill(p, 0xee, len);
}

static void with_cid(struct datagram *p, struct datagram_sender *s, uint8_t len)
{
	put_record(p, s, DTLS_CT_CID, 1, 0x5a00);	/* the CID's byte, the length's first */
	put_number(p, len, 1);
	put_fill(p, 0xee, len);
}

static void plaintext(struct datagram *p, struct datagram_sender *s, uint8_t type, uint16_t bytes, uint16_t len)
{
	put_record(p, s, type, 0, len);
	put_number(p, bytes, len);
}

/* What it does to the sender instead of sending. */
static void change(struct datagram_sender *s, unsigned how, struct fuzz_cursor *c)
{
	static const uint16_t versions[] = { DTLS_VERSION_1_2, DTLS_VERSION_1_0, DTLS_VERSION_BAD, 0xfefc };

	if (how == 0)
		s->version = versions[fuzz_u8(c) & 3];
	else if (how == 1)
		s->message_seq = fuzz_u8(c);
	else if (how == 2)
		s->sequence[0] = (uint64_t)fuzz_u16(c) << (fuzz_u8(c) & 0x1f);
	else if (how == 3)
		s->sequence[1] = (uint64_t)fuzz_u16(c) << (fuzz_u8(c) & 0x1f);
	else
		s->random = fuzz_u8(c);
}

void datagram_build(struct datagram *p, struct datagram_sender *s, struct fuzz_cursor *c)
{
	unsigned num = fuzz_u8(c) & 0x1f, what, how;

	for (p->len = 0; num-- && c->left;) {
		what = fuzz_u8(c);
		how = what >> 4;
		switch (what & 0xf) {
		case 0: client_hello(p, s, how); break;
		case 1: server_hello(p, s, how); break;
		case 2: hello_verify_request(p, s); break;
		case 3: other_message(p, s, how, c); break;
		case 4: plaintext(p, s, DTLS_CT_CHANGE_CIPHER_SPEC, 1, 1); break;
		case 5: encrypted(p, s, DTLS_CT_HANDSHAKE, how ? how * 40 : 40); break;
		case 6: encrypted(p, s, DTLS_CT_APPLICATION_DATA, 32); break;
		case 7: plaintext(p, s, DTLS_CT_ALERT, fuzz_u16(c), 2); break;
		case 8: encrypted(p, s, DTLS_CT_ALERT, 26); break;
		case 9: unified(p, s, c); break;
		case 10: with_cid(p, s, fuzz_u8(c)); break;
		case 11: plaintext(p, s, DTLS_CT_ACK, how, 2); break;
		case 12: odd_fragment(p, s, c); break;
		case 13: put_record(p, s, fuzz_u8(c), how, fuzz_u8(c)); break;
		case 14: put_number(p, fuzz_u16(c), 2); break;
		default: change(s, how, c);
		}
	}
}

void datagram_again(struct datagram *p, const struct datagram *old, struct datagram_sender *s)
{
	uint32_t at = 0, epoch, i;

	*p = *old;
	while (at + DTLS_RECORD_HEADER_LEN <= p->len && p->data[at] >= DTLS_CT_FIRST &&
	       p->data[at] <= DTLS_CT_LAST) {
		epoch = p->data[at + 4] & 3;
		for (i = 0; i < 6; i++)
			p->data[at + 10 - i] = s->sequence[epoch] >> 8 * i;
		s->sequence[epoch]++;
		at += DTLS_RECORD_HEADER_LEN + (p->data[at + 11] << 8 | p->data[at + 12]);
	}
}
