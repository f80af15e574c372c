/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all fuzz targets share: a check that ends the process, and a cursor
 * that turns a fuzzer's bytes into choices. Bytes that are not there are 0, so
 * that every input means something.
 *
 * A target is one file fuzz_NAME.c with LLVMFuzzerTestOneInput(). fuzz.mk builds it
 * for libFuzzer (make fuzz), with replay.c, which runs it over its corpus (make
 * check), and to count which lines its inputs reach.
 */
#ifndef DTLSNOOP_FUZZ_H
#define DTLSNOOP_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is. */
#define fuzz_check(condition) \
	do { \
		if (!(condition)) \
			fuzz_fail(#condition, __FILE__, __LINE__); \
	} while (0)

__attribute__((noreturn, unused))
static void fuzz_fail(const char *condition, const char *file, int line)
{
	dprintf(2, "%s:%d: not true: %s\n", file, line, condition);
	abort();
}

struct fuzz_cursor {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t fuzz_u8(struct fuzz_cursor *c)
{
	if (!c->left)
		return 0;
	c->left--;
	return *c->at++;
}

static inline uint16_t fuzz_u16(struct fuzz_cursor *c)
{
	uint16_t high = fuzz_u8(c);

	return high << 8 | fuzz_u8(c);
}

/* At most `len` bytes; *out_len is how many there are. */
static inline const uint8_t *fuzz_take(struct fuzz_cursor *c, size_t len, size_t *out_len)
{
	const uint8_t *taken = c->at;

	*out_len = len < c->left ? len : c->left;
	c->at += *out_len;
	c->left -= *out_len;
	return taken;
}

/* A copy that ends where the bytes end, for the sanitizers to see. To be freed. */
static inline void *fuzz_copy(const void *data, size_t len)
{
	void *copy = calloc(1, len ? len : 1);

	fuzz_check(copy);
	if (len)
		memcpy(copy, data, len);
	return copy;
}

#endif
