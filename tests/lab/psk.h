/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * psk: the pre-shared key of a program, for the callbacks of libraries that hand
 * over no argument of ours; a program has one key at most.
 *
 * Usage: psk_set("secret") once; len = psk_copy(out, out_len) in a callback.
 */
#ifndef LAB_PSK_H
#define LAB_PSK_H

/* What a client calls itself. */
#define PSK_IDENTITY "lab"

/* @key outlives the program. */
void psk_set(const char *key);

/* Bytes copied, 0: it does not fit. */
unsigned int psk_copy(unsigned char *out, unsigned int out_len);

#endif
