/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads untrusted bytes, and never outside the bytes that the cursor was made for.
 */
#ifndef DTLSNOOP_HELLO_CURSOR_H
#define DTLSNOOP_HELLO_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes left to read. A read past the end empties the cursor. */
struct cursor {
	const uint8_t *at;
	uint32_t left;		/* bytes */
};

/* The next `len` bytes; NULL if fewer are left. */
static inline const uint8_t *cursor_take(struct cursor *c, uint32_t len)
{
	const uint8_t *taken = c->at;

	if (len > c->left) {
		c->left = 0;
		return NULL;
	}
	c->at += len;
	c->left -= len;
	return taken;
}

static inline bool cursor_u8(struct cursor *c, uint32_t *out)
{
	const uint8_t *p = cursor_take(c, 1);

	if (p)
		*out = p[0];
	return p;
}

static inline bool cursor_u16(struct cursor *c, uint32_t *out)
{
	const uint8_t *p = cursor_take(c, 2);

	if (p)
		*out = (uint32_t)p[0] << 8 | p[1];
	return p;
}

/* Split off the next `len` bytes, or fewer if the body is truncated. */
static inline struct cursor cursor_split(struct cursor *c, uint32_t len)
{
	struct cursor part = { c->at, len < c->left ? len : c->left };

	cursor_take(c, len);
	return part;
}

#endif
