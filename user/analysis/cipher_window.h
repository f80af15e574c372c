/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The latest DTLS 1.3 ciphertext records. Record numbers are encrypted (RFC 9147
 * s4.2.3), so they cannot be compared as numbers. But if two records have the same
 * encrypted number and the same length, the second is a duplicate: each record has
 * a different encrypted number.
 */
#ifndef DTLSNOOP_CIPHER_WINDOW_H
#define DTLSNOOP_CIPHER_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 9147 s5.8.3: at most 10 records are in flight at once. */
#define CIPHER_WINDOW_LEN 16

struct cipher_record {
	uint16_t sequence;	/* its encrypted bytes; 0 if they follow a connection ID */
	uint16_t length;	/* bytes; if the header hides it, the bytes after the first one */
	uint8_t epoch;		/* the two low bits */
};

struct cipher_window {
	struct cipher_record records[CIPHER_WINDOW_LEN];	/* a ring */
	uint32_t num;		/* in total */
};

bool cipher_window_has(const struct cipher_window *win, struct cipher_record rec);

void cipher_window_add(struct cipher_window *win, struct cipher_record rec);

#endif
