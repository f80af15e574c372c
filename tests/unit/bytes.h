/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For tests that look at bytes: a buffer that datagrams are built in, and the
 * record walker run over it by a reader that checks what it is asked for.
 *
 * Nothing here but the test programs may include this; it includes cmocka.
 */
#ifndef DTLSNOOP_TEST_BYTES_H
#define DTLSNOOP_TEST_BYTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- building --- */

#define BYTES_MAX 4096

struct bytes {
	uint8_t data[BYTES_MAX];
	uint32_t len;
};

static inline void bytes_add(struct bytes *b, const void *data, uint32_t len)
{
	assert_true(len <= BYTES_MAX - b->len);
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static inline void bytes_fill(struct bytes *b, uint8_t value, uint32_t len)
{
	assert_true(len <= BYTES_MAX - b->len);
	memset(b->data + b->len, value, len);
	b->len += len;
}

/* The low `width` bytes of `value`, in network order. */
static inline void bytes_number(struct bytes *b, uint64_t value, uint32_t width)
{
	while (width--)
		bytes_fill(b, value >> 8 * width & 0xff, 1);
}

/* Overwrite two bytes, for instance a length that is known late or is to lie. */
static inline void bytes_set16(struct bytes *b, uint32_t at, uint16_t value)
{
	assert_true(at + 2 <= b->len);
	b->data[at] = value >> 8;
	b->data[at + 1] = value & 0xff;
}

/* A legacy record header (RFC 6347 s4.1). */
static inline void bytes_record(struct bytes *b, uint8_t type, uint16_t version, uint16_t epoch,
				uint64_t sequence, uint16_t length)
{
	bytes_number(b, type, 1);
	bytes_number(b, version, 2);
	bytes_number(b, epoch, 2);
	bytes_number(b, sequence, 6);
	bytes_number(b, length, 2);
}

/* A handshake header (RFC 6347 s4.2.2). */
static inline void bytes_message(struct bytes *b, uint8_t type, uint32_t length, uint16_t message_seq,
				 uint32_t fragment_offset, uint32_t fragment_length)
{
	bytes_number(b, type, 1);
	bytes_number(b, length, 3);
	bytes_number(b, message_seq, 2);
	bytes_number(b, fragment_offset, 3);
	bytes_number(b, fragment_length, 3);
}

/* --- walking --- */

#define BYTES_READABLE UINT32_MAX

struct bytes_reader {
	const uint8_t *data;
	uint32_t len;
	uint32_t fail_at;	/* a read of this byte fails; BYTES_READABLE: none does */
	uint8_t *reads;		/* how often each byte was read; may be NULL */
};

#define DTLS_READER struct bytes_reader *

static inline int dtls_read(DTLS_READER r, uint32_t off, void *dst, uint32_t len)
{
	assert_in_range(len, 1, 13);
	assert_true(off <= r->len && len <= r->len - off);
	if (r->fail_at >= off && r->fail_at - off < len)
		return -1;
	memcpy(dst, r->data + off, len);
	for (uint32_t i = 0; r->reads && i < len; i++)
		r->reads[off + i]++;
	return 0;
}

#include "dtls_walk.h"

struct walked {
	struct dtls_item items[DTLS_WALK_MAX_ITEMS];
	uint32_t num_items;
	uint32_t malformed;
};

static inline struct walked walk_with(struct bytes_reader *r)
{
	struct walked got = { .num_items = 0 };
	struct dtls_item item;
	struct dtls_walk w;

	dtls_walk_init(&w, r->len);
	/* What the item held before must not shine through. */
	while (memset(&item, 0xff, sizeof(item)), dtls_walk_next(&w, r, &item) == DTLS_WALK_ITEM) {
		assert_true(got.num_items < DTLS_WALK_MAX_ITEMS);
		got.items[got.num_items++] = item;
	}
	got.malformed = w.malformed;
	/* The end is final. */
	assert_int_equal(dtls_walk_next(&w, r, &item), DTLS_WALK_END);
	assert_int_equal(w.malformed, got.malformed);
	return got;
}

/* Walks a copy that ends where the datagram ends, for the sanitizers to see. */
static inline struct walked walk(const uint8_t *data, uint32_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct bytes_reader r = { .data = copy, .len = len, .fail_at = BYTES_READABLE };
	struct walked got;

	assert_non_null(copy);
	memcpy(copy, data, len);
	got = walk_with(&r);
	free(copy);
	return got;
}

static inline struct walked walk_bytes(const struct bytes *b)
{
	return walk(b->data, b->len);
}

/* All 24 bytes of each are compared; neither struct has padding. */
static inline void expect_record(const struct dtls_item *got, struct dtls_record want)
{
	want.kind = DTLS_ITEM_RECORD;
	assert_memory_equal(got, &want, sizeof(want));
}

static inline void expect_message(const struct dtls_item *got, struct dtls_message want)
{
	want.kind = DTLS_ITEM_MESSAGE;
	assert_memory_equal(got, &want, sizeof(want));
}

#define expect_walked(got, want_items, want_malformed) \
	do { \
		assert_int_equal((got)->num_items, want_items); \
		assert_int_equal((got)->malformed, want_malformed); \
	} while (0)

#endif
