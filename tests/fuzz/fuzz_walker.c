// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The record walker. Its first byte says which byte of the datagram cannot be
 * read, the rest is the datagram. What it yields is written back into bytes
 * and held against the datagram.
 */
#include "reader.h"

/* A record's header as it stands in the datagram. */
static void check_legacy(const struct dtls_record *rec, const uint8_t *at)
{
	fuzz_check(at[0] == rec->content_type);
	fuzz_check(dtls_get16(at + 1) == rec->version);
	fuzz_check(dtls_get16(at + 3) == rec->epoch);
	fuzz_check(dtls_get48(at + 5) == rec->sequence);
	if (!(rec->flags & DTLS_RECORD_CID))
		fuzz_check(dtls_get16(at + 11) == rec->length);
}

static void check_unified(const struct dtls_record *rec, const uint8_t *at)
{
	fuzz_check(rec->unified == at[0] && (at[0] & 0xe0) == 0x20 && (at[0] & 3) == rec->epoch);
	fuzz_check(!rec->content_type && !rec->version);
	if (rec->flags & DTLS_RECORD_CID)	/* where its number is, nobody knows */
		fuzz_check(!rec->sequence && !rec->length);
	else
		fuzz_check(rec->sequence == (at[0] & 8 ? dtls_get16(at + 1) : at[1]));
}

static void check_record(const struct fuzz_reader *r, const struct dtls_record *rec)
{
	const uint8_t *at = r->data + rec->offset;

	fuzz_check(rec->offset < r->len);
	if (rec->flags & DTLS_RECORD_UNIFIED) {
		check_unified(rec, at);
		fuzz_check(rec->offset + rec->length < r->len);
		return;
	}
	fuzz_check(!rec->unified);
	/* CAPWAP's preamble is at the begin of a datagram (RFC 5415 s4.2). */
	if (rec->flags & DTLS_RECORD_CAPWAP)
		fuzz_check(rec->offset == 4 && !memcmp(r->data, "\1\0\0\0", 4));
	fuzz_check(rec->offset + 13u + rec->length <= r->len);
	check_legacy(rec, at);
	if (rec->flags & DTLS_RECORD_ALERT) {
		fuzz_check(rec->content_type == DTLS_CT_ALERT && !rec->epoch && rec->length == 2);
		fuzz_check(at[13] == rec->alert_level && at[14] == rec->alert_description);
	}
}

/* A message lies in its record, and so does its header as it stands there. */
static void check_message(const struct fuzz_reader *r, const struct dtls_record *rec,
			  const struct dtls_message *msg)
{
	const uint8_t *at = r->data + msg->offset - 12;

	fuzz_check(rec->content_type == DTLS_CT_HANDSHAKE && !rec->epoch && !(rec->flags & ~DTLS_RECORD_CAPWAP));
	fuzz_check(msg->offset >= rec->offset + 13 + 12);
	fuzz_check(msg->offset + msg->fragment_length <= rec->offset + 13u + rec->length);
	fuzz_check(at[0] == msg->msg_type);
	fuzz_check(dtls_get24(at + 1) == msg->length);
	fuzz_check(dtls_get16(at + 4) == msg->message_seq);
	fuzz_check(dtls_get24(at + 6) == msg->fragment_offset);
	fuzz_check(dtls_get24(at + 9) == msg->fragment_length);
	fuzz_check(msg->fragment_offset + msg->fragment_length <= msg->length);
	fuzz_check(msg->offset + msg->fragment_length <= r->len);
}

/* Everything in its order, nothing twice, and not more than there may be. */
static void walk(struct fuzz_reader *r)
{
	struct dtls_record rec = { .kind = 0 };
	uint32_t num = 0, num_records = 0, at = 0;
	struct dtls_item item;
	struct dtls_walk w;

	dtls_walk_init(&w, r->len);
	/* What the item held before must not shine through. */
	while (memset(&item, 0xff, sizeof(item)), dtls_walk_next(&w, r, &item) == DTLS_WALK_ITEM) {
		fuzz_check(++num <= DTLS_WALK_MAX_ITEMS);
		fuzz_check(item.kind == DTLS_ITEM_RECORD || item.kind == DTLS_ITEM_MESSAGE);
		if (item.kind == DTLS_ITEM_MESSAGE) {
			fuzz_check(num_records && item.message.offset > at);
			check_message(r, &rec, &item.message);
			at = item.message.offset;
			continue;
		}
		fuzz_check(++num_records <= DTLS_WALK_MAX_RECORDS);
		fuzz_check(num_records == 1 || item.record.offset > rec.offset);
		rec = item.record;
		at = rec.offset;
		check_record(r, &rec);
	}
	fuzz_check(w.malformed <= DTLS_MALFORMED_LAST);
	fuzz_check(w.malformed != DTLS_MALFORMED_UNREADABLE || r->fail_at < r->len);
	/* The end is final. */
	at = w.malformed;
	fuzz_check(dtls_walk_next(&w, r, &item) == DTLS_WALK_END && w.malformed == at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_reader r = { .fail_at = FUZZ_READABLE };
	uint8_t *copy;

	if (size < 1 || size > 0x10000)
		return 0;
	copy = fuzz_copy(data + 1, size - 1);
	r.data = copy;
	r.len = size - 1;
	if (data[0])
		r.fail_at = data[0] - 1;
	walk(&r);
	free(copy);
	return 0;
}
