/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The record walker turns the bytes of a datagram into record headers and handshake headers. The
 * same code runs in BPF and in user space. It keeps no state between datagrams, allocates nothing
 * and reads only through the reader.
 *
 * Before including it, define the reader:
 *
 *	#define DTLS_READER struct my_reader *
 *	static inline int dtls_read(DTLS_READER r, __u32 off, void *dst, __u32 len);
 *
 * dtls_read() copies `len` (1..13) bytes at `off` bytes from the start of the datagram to `dst` and
 * returns 0, or non-zero if the bytes are not available. The walker never reads beyond the datagram
 * length given to dtls_walk_init().
 *
 * Usage:
 *
 *	struct dtls_walk w;
 *	struct dtls_item item;
 *
 *	dtls_walk_init(&w, datagram_len);
 *	while (dtls_walk_next(&w, reader, &item) == DTLS_WALK_ITEM)
 *		...
 *	if (w.malformed) ...
 */
#ifndef DTLSNOOP_DTLS_WALK_H
#define DTLSNOOP_DTLS_WALK_H

#include "dtls_item.h"
#include "dtls_wire.h"

struct dtls_walk {
	__u32 end;		/* bytes of the datagram */
	__u32 off;		/* offset of what is walked next */
	__u32 record_end;	/* > off while inside a plaintext handshake record */
	__u32 num_records;
	__u32 num_items;
	__u32 malformed;	/* enum dtls_malformed */
};

enum dtls_walk_result {
	DTLS_WALK_END = 0,	/* no more; see dtls_walk.malformed */
	DTLS_WALK_ITEM = 1,
};

#define DTLS_INLINE static inline __attribute__((always_inline, unused))

DTLS_INLINE __u32 dtls_get16(const __u8 *p)
{
	return (__u32)p[0] << 8 | p[1];
}

DTLS_INLINE __u32 dtls_get24(const __u8 *p)
{
	return (__u32)p[0] << 16 | (__u32)p[1] << 8 | p[2];
}

DTLS_INLINE __u64 dtls_get48(const __u8 *p)
{
	return (__u64)dtls_get16(p) << 32 | (__u64)dtls_get16(p + 2) << 16 | dtls_get16(p + 4);
}

DTLS_INLINE int dtls_is_unified(__u8 first)
{
	return (first & DTLS_UNIFIED_MASK) == DTLS_UNIFIED_BITS;
}

/* Do the first three bytes look like a record with a legacy header? (RFC 7983 s7, s4.1) */
DTLS_INLINE int dtls_is_legacy(const __u8 *first3)
{
	__u32 version = dtls_get16(first3 + DTLS_RECORD_VERSION_OFF);

	if (first3[0] < DTLS_CT_FIRST || first3[0] > DTLS_CT_LAST)
		return 0;
	return version == DTLS_VERSION_1_2 || version == DTLS_VERSION_1_0 ||
	       version == DTLS_VERSION_BAD;
}

/* Do the first three bytes look like CAPWAP's preamble (RFC 5415 s4.2)? */
DTLS_INLINE int dtls_is_capwap(const __u8 *first3)
{
	return first3[0] == DTLS_CAPWAP_FIRST && !first3[1] && !first3[2];
}

/* May a datagram that begins with these bytes be DTLS? Only the walk can tell. */
DTLS_INLINE int dtls_may_begin(const __u8 *first3)
{
	return dtls_is_legacy(first3) || dtls_is_unified(first3[0]) || dtls_is_capwap(first3);
}

DTLS_INLINE void dtls_walk_init(struct dtls_walk *w, __u32 datagram_len)
{
	w->end = datagram_len;
	w->off = 0;
	w->record_end = 0;
	w->num_records = 0;
	w->num_items = 0;
	w->malformed = DTLS_OK;
}

DTLS_INLINE int dtls_walk_stop(struct dtls_walk *w, __u32 malformed)
{
	w->malformed = malformed;
	w->off = w->end;
	w->record_end = 0;
	return DTLS_WALK_END;
}

/* The length is not known, so the record takes the rest of the datagram. */
DTLS_INLINE int dtls_walk_hidden_length(struct dtls_walk *w, struct dtls_record *rec)
{
	rec->length = 0;
	w->off = w->end;
	return DTLS_WALK_ITEM;
}

/* RFC 9147 s4, figure 3: flags, [CID], sequence (8 or 16 bits), [length]. */
DTLS_INLINE int dtls_walk_unified(struct dtls_walk *w, DTLS_READER r, __u8 first,
				  struct dtls_record *rec)
{
	__u32 len_off = w->off + (first & DTLS_UNIFIED_SEQUENCE_16 ? 3 : 2);
	__u32 body;
	__u8 bytes[2];

	rec->flags = DTLS_RECORD_UNIFIED;
	rec->unified = first;
	rec->epoch = first & DTLS_UNIFIED_EPOCH_MASK;
	if (first & DTLS_UNIFIED_CID) {
		rec->flags |= DTLS_RECORD_CID;
		return dtls_walk_hidden_length(w, rec);
	}
	if (len_off >= w->end)
		return dtls_walk_stop(w, DTLS_MALFORMED_TRAILING_BYTES);
	bytes[0] = 0;
	if (first & DTLS_UNIFIED_SEQUENCE_16 ? dtls_read(r, w->off + 1, bytes, 2) :
					       dtls_read(r, w->off + 1, bytes + 1, 1))
		return dtls_walk_stop(w, DTLS_MALFORMED_UNREADABLE);
	rec->sequence = dtls_get16(bytes);
	if (!(first & DTLS_UNIFIED_LENGTH)) {
		rec->length = w->end - len_off;
		w->off = w->end;
		return DTLS_WALK_ITEM;
	}
	if (len_off + 2 > w->end)
		return dtls_walk_stop(w, DTLS_MALFORMED_TRAILING_BYTES);
	if (dtls_read(r, len_off, bytes, sizeof(bytes)))
		return dtls_walk_stop(w, DTLS_MALFORMED_UNREADABLE);
	rec->length = dtls_get16(bytes);
	body = len_off + 2;
	if (rec->length > w->end - body)
		return dtls_walk_stop(w, DTLS_MALFORMED_RECORD_LENGTH);
	w->off = body + rec->length;
	return DTLS_WALK_ITEM;
}

/* A plaintext alert has two bytes. Encrypted alerts are longer (s4.1.2). */
DTLS_INLINE int dtls_walk_alert(struct dtls_walk *w, DTLS_READER r, __u32 body,
				struct dtls_record *rec)
{
	__u8 alert[DTLS_ALERT_LEN];

	if (dtls_read(r, body, alert, sizeof(alert)))
		return dtls_walk_stop(w, DTLS_MALFORMED_UNREADABLE);
	rec->flags |= DTLS_RECORD_ALERT;
	rec->alert_level = alert[0];
	rec->alert_description = alert[1];
	return DTLS_WALK_ITEM;
}

/* s4.1. A malformed length ends the walk. It is reported, never guessed at. */
DTLS_INLINE int dtls_walk_legacy(struct dtls_walk *w, DTLS_READER r, struct dtls_record *rec)
{
	__u8 h[DTLS_RECORD_HEADER_LEN];
	__u32 body = w->off + DTLS_RECORD_HEADER_LEN;

	if (body > w->end)
		return dtls_walk_stop(w, DTLS_MALFORMED_TRAILING_BYTES);
	if (dtls_read(r, w->off, h, sizeof(h)))
		return dtls_walk_stop(w, DTLS_MALFORMED_UNREADABLE);
	if (!dtls_is_legacy(h))
		return dtls_walk_stop(w, DTLS_MALFORMED_TRAILING_BYTES);

	rec->content_type = h[0];
	rec->version = dtls_get16(h + DTLS_RECORD_VERSION_OFF);
	rec->epoch = dtls_get16(h + DTLS_RECORD_EPOCH_OFF);
	rec->sequence = dtls_get48(h + DTLS_RECORD_SEQUENCE_OFF);
	if (rec->content_type == DTLS_CT_CID) {
		rec->flags |= DTLS_RECORD_CID;
		return dtls_walk_hidden_length(w, rec);
	}
	rec->length = dtls_get16(h + DTLS_RECORD_LENGTH_OFF);
	if (rec->length > w->end - body)
		return dtls_walk_stop(w, DTLS_MALFORMED_RECORD_LENGTH);
	w->off = body + rec->length;
	if (rec->epoch)
		return DTLS_WALK_ITEM;	/* encrypted from epoch 1 on (s4.1) */
	if (rec->content_type == DTLS_CT_ALERT && rec->length == DTLS_ALERT_LEN)
		return dtls_walk_alert(w, r, body, rec);
	if (rec->content_type == DTLS_CT_HANDSHAKE) {
		w->record_end = w->off;
		w->off = body;
	}
	return DTLS_WALK_ITEM;
}

/*
 * Skip a CAPWAP preamble before the first record. Other protocols also begin with 01 00, so a
 * record header must follow. Returns enum dtls_malformed.
 */
DTLS_INLINE int dtls_walk_capwap(struct dtls_walk *w, DTLS_READER r, struct dtls_record *rec)
{
	__u8 begin[DTLS_CAPWAP_PREAMBLE_LEN + 3];

	if (w->off || sizeof(begin) > w->end)
		return DTLS_MALFORMED_TRAILING_BYTES;
	if (dtls_read(r, 0, begin, sizeof(begin)))
		return DTLS_MALFORMED_UNREADABLE;
	if (!dtls_is_capwap(begin) || begin[3] || !dtls_is_legacy(begin + DTLS_CAPWAP_PREAMBLE_LEN))
		return DTLS_MALFORMED_TRAILING_BYTES;
	w->off = rec->offset = DTLS_CAPWAP_PREAMBLE_LEN;
	rec->flags = DTLS_RECORD_CAPWAP;
	return DTLS_OK;
}

DTLS_INLINE int dtls_walk_record(struct dtls_walk *w, DTLS_READER r, struct dtls_record *rec)
{
	__u32 malformed;
	__u8 first;

	if (w->num_records >= DTLS_WALK_MAX_RECORDS)
		return dtls_walk_stop(w, DTLS_MALFORMED_TOO_MANY);
	w->num_records++;
	if (dtls_read(r, w->off, &first, 1))
		return dtls_walk_stop(w, DTLS_MALFORMED_UNREADABLE);
	rec->kind = DTLS_ITEM_RECORD;
	rec->offset = w->off;
	if (dtls_is_unified(first))
		return dtls_walk_unified(w, r, first, rec);
	if (first == DTLS_CAPWAP_FIRST) {
		malformed = dtls_walk_capwap(w, r, rec);
		if (malformed)
			return dtls_walk_stop(w, malformed);
	}
	return dtls_walk_legacy(w, r, rec);
}

/* s4.2.2. Several messages may share a record (s4.2.3). */
DTLS_INLINE int dtls_walk_message(struct dtls_walk *w, DTLS_READER r, struct dtls_message *msg)
{
	__u8 h[DTLS_MESSAGE_HEADER_LEN];
	__u32 body = w->off + DTLS_MESSAGE_HEADER_LEN;

	if (body > w->record_end)
		return dtls_walk_stop(w, DTLS_MALFORMED_MESSAGE_HEADER);
	if (dtls_read(r, w->off, h, sizeof(h)))
		return dtls_walk_stop(w, DTLS_MALFORMED_UNREADABLE);
	msg->kind = DTLS_ITEM_MESSAGE;
	msg->msg_type = h[0];
	msg->length = dtls_get24(h + 1);
	msg->message_seq = dtls_get16(h + 4);
	msg->fragment_offset = dtls_get24(h + 6);
	msg->fragment_length = dtls_get24(h + 9);
	msg->offset = body;
	if (msg->fragment_length > w->record_end - body)
		return dtls_walk_stop(w, DTLS_MALFORMED_FRAGMENT_LENGTH);
	if (msg->fragment_offset + msg->fragment_length > msg->length)
		return dtls_walk_stop(w, DTLS_MALFORMED_FRAGMENT_RANGE);
	w->off = body + msg->fragment_length;
	return DTLS_WALK_ITEM;
}

/*
 * Get the next record header or handshake header. DTLS_WALK_ITEM: every byte of `item` is written.
 * DTLS_WALK_END: `item` is undefined.
 */
DTLS_INLINE int dtls_walk_next(struct dtls_walk *w, DTLS_READER r, struct dtls_item *item)
{
	if (w->off >= w->end)
		return DTLS_WALK_END;
	if (w->num_items >= DTLS_WALK_MAX_ITEMS)
		return dtls_walk_stop(w, DTLS_MALFORMED_TOO_MANY);
	w->num_items++;
	__builtin_memset(item, 0, sizeof(*item));
	if (w->off < w->record_end)
		return dtls_walk_message(w, r, &item->message);
	return dtls_walk_record(w, r, &item->record);
}

#endif
