/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * hello_tricks: what a server in the field does to ClientHellos, and no
 * library does when asked: to ignore those in fragments, and to ask for
 * another cookie each time. Pure: no socket, no libssl.
 */
#ifndef LAB_HELLO_TRICKS_H
#define LAB_HELLO_TRICKS_H

#include "records.h"

#define HELLO_VERIFY_LEN 44

/* The ClientHello, or part of one, that the datagram holds; false if none. */
bool hello_find(struct record_message *out_hello, const uint8_t *data,
		size_t len);

/* A HelloVerifyRequest for the ClientHello of this message_seq; the cookie
 * is another for each. */
void hello_verify_write(uint8_t out[HELLO_VERIFY_LEN], uint16_t message_seq);

#endif
