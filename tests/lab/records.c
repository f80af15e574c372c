/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* records: DTLS records and handshake messages of a datagram. Usage: records.h */
#include <stdarg.h>
#include <stdio.h>

#include "records.h"

#define RECORD_HEADER_LEN 13
#define MESSAGE_HEADER_LEN 12

static uint32_t get_u16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get_u24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | get_u16(p + 1);
}

void records_init(struct record_cursor *out_cursor, const uint8_t *data,
		  size_t len)
{
	out_cursor->at = data;
	out_cursor->left = len;
}

static void cursor_take(struct record_cursor *cursor, struct record *rec,
			size_t header_len, size_t claimed_len)
{
	rec->body = cursor->at + header_len;
	rec->body_len = cursor->left - header_len;
	rec->is_cut = claimed_len > rec->body_len;
	if (!rec->is_cut)
		rec->body_len = claimed_len;
	cursor->at = rec->body + rec->body_len;
	cursor->left -= header_len + rec->body_len;
}

/*
 * RFC 9147 s4: 001CSLEE. The length of a CID is known from the handshake
 * only, so behind one the rest of the datagram is taken as one record.
 */
static bool next_unified(struct record *rec, struct record_cursor *cursor)
{
	uint8_t first = cursor->at[0];
	bool has_cid = first & 0x10, has_len = (first & 0x04) && !has_cid;
	size_t header_len = 1 + (first & 0x08 ? 2 : 1) + (has_len ? 2 : 0);

	if (cursor->left < header_len)
		return false;
	rec->is_unified = true;
	rec->epoch = first & 0x03;
	cursor_take(cursor, rec, header_len,
		    has_len ? get_u16(cursor->at + header_len - 2) :
			      cursor->left - header_len);
	return true;
}

static bool has_known_version(const uint8_t *header)
{
	uint32_t version = get_u16(header + 1);

	return version == 0xfeff || version == 0xfefd || version == 0x0100;
}

bool records_next(struct record *out_rec, struct record_cursor *cursor)
{
	const uint8_t *at = cursor->at;

	*out_rec = (struct record){ 0 };
	if (!cursor->left)
		return false;
	out_rec->type = at[0];
	if ((at[0] & 0xe0) == 0x20)
		return next_unified(out_rec, cursor);
	if (cursor->left < RECORD_HEADER_LEN || at[0] < 20 || at[0] > 26 ||
	    !has_known_version(at))
		return false;
	out_rec->epoch = get_u16(at + 3);
	/* Behind a CID of unknown length neither the length can be read. */
	cursor_take(cursor, out_rec, RECORD_HEADER_LEN,
		    at[0] == RECORD_TYPE_CID ? cursor->left - RECORD_HEADER_LEN :
					       get_u16(at + 11));
	return true;
}

void record_messages_init(struct record_cursor *out_cursor,
			  const struct record *rec)
{
	bool readable = !rec->is_unified && rec->epoch == 0 &&
			rec->type == RECORD_TYPE_HANDSHAKE;

	records_init(out_cursor, rec->body, readable ? rec->body_len : 0);
}

bool record_messages_next(struct record_message *out_msg,
			  struct record_cursor *cursor)
{
	const uint8_t *at = cursor->at;
	size_t used;

	if (cursor->left < MESSAGE_HEADER_LEN)
		return false;
	out_msg->type = at[0];
	out_msg->len = get_u24(at + 1);
	out_msg->seq = get_u16(at + 4);
	out_msg->frag_offset = get_u24(at + 6);
	out_msg->frag_len = get_u24(at + 9);
	used = MESSAGE_HEADER_LEN + (size_t)out_msg->frag_len;
	if (used > cursor->left)
		used = cursor->left;
	cursor->at += used;
	cursor->left -= used;
	return true;
}

struct text {
	char *buf;
	size_t len, used;
};

__attribute__((format(printf, 2, 3))) static void text_add(struct text *text,
							   const char *fmt, ...)
{
	va_list args;
	int wrote;

	if (text->used >= text->len)
		return;
	va_start(args, fmt);
	wrote = vsnprintf(text->buf + text->used, text->len - text->used, fmt,
			  args);
	va_end(args);
	text->used += wrote > 0 ? wrote : 0;
}

static void describe_record(struct text *text, const struct record *rec)
{
	struct record_cursor cursor;
	struct record_message msg;
	int num_messages = 0;

	record_messages_init(&cursor, rec);
	while (record_messages_next(&msg, &cursor))
		text_add(text, "%shs %u seq %u %u+%u/%u",
			 num_messages++ ? " & " : "", msg.type, msg.seq,
			 msg.frag_offset, msg.frag_len, msg.len);
	if (rec->is_unified)
		text_add(text, "unified epoch &%u len %zu", rec->epoch,
			 rec->body_len);
	else if (!num_messages)
		text_add(text, "type %u epoch %u len %zu", rec->type,
			 rec->epoch, rec->body_len);
	if (rec->is_cut)
		text_add(text, " cut");
}

void records_describe(char *buf, size_t buf_len, const uint8_t *data,
		      size_t len)
{
	struct text text = { .buf = buf, .len = buf_len };
	struct record_cursor cursor;
	struct record rec;
	int num_records = 0;

	records_init(&cursor, data, len);
	text_add(&text, "%s", "");
	while (records_next(&rec, &cursor)) {
		text_add(&text, "%s", num_records++ ? ", " : "");
		describe_record(&text, &rec);
	}
	if (cursor.left)
		text_add(&text, "%s%zu other bytes", num_records ? ", " : "",
			 cursor.left);
}
