/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * records: walks the DTLS records of one datagram and the handshake messages
 * of one plaintext record. Written for the laboratory only, apart from the
 * tracer's own decoder, so that a fault in one does not hide in the other.
 *
 * Usage: records_init(&cursor, data, len); while (records_next(&rec, &cursor))
 */
#ifndef LAB_RECORDS_H
#define LAB_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_TYPE_HANDSHAKE 22
#define RECORD_TYPE_CID 25 /* RFC 9146 s4: tls12_cid */

struct record_cursor {
	const uint8_t *at;
	size_t left;
};

struct record {
	uint8_t type; /* the first byte when is_unified */
	bool is_unified; /* DTLS 1.3 ciphertext, RFC 9147 s4 */
	bool is_cut; /* claims more bytes than the datagram has */
	uint16_t epoch; /* two low bits only when is_unified */
	const uint8_t *body;
	size_t body_len;
};

struct record_message {
	uint8_t type;
	uint16_t seq;
	uint32_t len;
	uint32_t frag_offset;
	uint32_t frag_len;
};

void records_init(struct record_cursor *out_cursor, const uint8_t *data,
		  size_t len);
bool records_next(struct record *out_rec, struct record_cursor *cursor);

/* Has no messages if @rec is not a plaintext handshake record. */
void record_messages_init(struct record_cursor *out_cursor,
			  const struct record *rec);
bool record_messages_next(struct record_message *out_msg,
			  struct record_cursor *cursor);

/* One short line: "hs 11 seq 1 0+188/469, type 20 epoch 0 len 1". */
void records_describe(char *buf, size_t buf_len, const uint8_t *data,
		      size_t len);

#endif
