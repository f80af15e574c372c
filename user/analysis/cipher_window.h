/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which DTLS 1.3 ciphertext records were seen: the latest of them. Their record
 * numbers are encrypted (RFC 9147 s4.2.3), so they are no numbers; but two
 * records with the same bytes there and the same length are one record that the
 * network doubled, for the next record has other bytes.
 */
#ifndef DTLSNOOP_CIPHER_WINDOW_H
#define DTLSNOOP_CIPHER_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 9147 s5.8.3: at most 10 records are on their way at once. */
#define CIPHER_WINDOW_LEN 16

struct cipher_record {
	uint16_t sequence;	/* its encrypted bytes; 0 if they are behind a connection ID */
	uint16_t length;	/* bytes; of what is behind its first byte if the header hides it */
	uint8_t epoch;		/* the two low bits */
};

struct cipher_window {
	struct cipher_record records[CIPHER_WINDOW_LEN];	/* a ring */
	uint32_t num;		/* over all that ever were */
};

bool cipher_window_has(const struct cipher_window *win, struct cipher_record rec);

void cipher_window_add(struct cipher_window *win, struct cipher_record rec);

#endif
