/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For tests of the record walker: a reader over bytes that fails the test if it
 * is asked for more than the datagram holds, and builders of records.
 */
#ifndef DTLSNOOP_TESTS_WALK_H
#define DTLSNOOP_TESTS_WALK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct bytes {
	uint8_t at[4096];
	uint32_t len;
	uint32_t unreadable_from;	/* reads that reach this offset fail; 0: none does */
};

#define DTLS_READER const struct bytes *
static inline int dtls_read(const struct bytes *b, uint32_t off, void *dst, uint32_t len)
{
	assert_true(len > 0 && off <= b->len && len <= b->len - off);
	if (b->unreadable_from && off + len > b->unreadable_from)
		return -1;
	memcpy(dst, b->at + off, len);
	return 0;
}

#include "dtls_walk.h"

static inline void put(struct bytes *b, const void *data, uint32_t len)
{
	assert_true(len <= sizeof(b->at) - b->len);
	memcpy(b->at + b->len, data, len);
	b->len += len;
}

static inline void put_number(struct bytes *b, uint64_t number, uint32_t len)
{
	uint8_t byte;

	while (len--) {
		byte = number >> 8 * len;
		put(b, &byte, 1);
	}
}

/* RFC 6347 s4.1 */
static inline void put_record(struct bytes *b, uint8_t type, uint16_t epoch, uint64_t seq, uint16_t len)
{
	put_number(b, type, 1);
	put_number(b, DTLS_VERSION_1_2, 2);
	put_number(b, epoch, 2);
	put_number(b, seq, 6);
	put_number(b, len, 2);
}

/* RFC 6347 s4.2.2, and `fragment_len` bytes behind it */
static inline void put_message(struct bytes *b, uint8_t type, uint32_t len, uint16_t seq,
			       uint32_t fragment_off, uint32_t fragment_len)
{
	put_number(b, type, 1);
	put_number(b, len, 3);
	put_number(b, seq, 2);
	put_number(b, fragment_off, 3);
	put_number(b, fragment_len, 3);
	for (uint32_t i = 0; i < fragment_len; i++)
		put_number(b, 0xee, 1);
}

/* All that a walk yields. */
struct walked {
	struct dtls_item items[DTLS_WALK_MAX_ITEMS + 1];
	uint32_t num_items;
	uint32_t malformed;
};

static inline struct walked walk(const struct bytes *b)
{
	struct walked w = { .num_items = 0 };
	struct dtls_walk walk;

	memset(w.items, 0xff, sizeof(w.items));	/* stale bytes must not shine through */
	dtls_walk_init(&walk, b->len);
	while (dtls_walk_next(&walk, b, &w.items[w.num_items]) == DTLS_WALK_ITEM) {
		w.num_items++;
		assert_true(w.num_items <= DTLS_WALK_MAX_ITEMS);
	}
	w.malformed = walk.malformed;
	return w;
}

#endif
