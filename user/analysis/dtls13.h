/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DTLS 1.3 (RFC 9147): what can be known of a handshake of which all but the
 * hellos is encrypted. A record shows two bits of its epoch and its length: what
 * follows the hellos is in epoch 2, and the server confirms in epoch 3, with an ACK or
 * with data. Where these flights end is encrypted, so none is ever called complete.
 * Parts of a flight may be acknowledged and only the others sent again (s7), so
 * a copy need not be whole.
 */
#ifndef DTLSNOOP_DTLS13_H
#define DTLSNOOP_DTLS13_H

#include "handshake.h"
#include "taking.h"

/* The record in the terms of the window of seen ones. */
struct cipher_record dtls13_identity(const struct event *ev, const struct dtls_record *rec);

/* Take in a record with a unified header. */
void dtls13_take(struct sighting *t, const struct dtls_record *rec, struct item_facts *facts);

/* Which flight would this record with a unified header be of, at this point? 0: none. */
uint8_t dtls13_flight_of(const struct handshake *h, enum party_role from, enum point point,
			 const struct event *ev, const struct dtls_record *rec);

/* The server's hello with this message_seq is a HelloRetryRequest (RFC 8446 s4.1.3). */
void dtls13_note_retry(struct handshake *h, uint16_t message_seq);

/* The client's Finished was answered in epoch 3, or there was data both ways. */
bool dtls13_is_completed(const struct handshake *h);

/*
 * Both ends are seen, and of the latest flight of `from` no copy that was sent has
 * arrived record for record, be it in several; told by their lengths.
 */
bool dtls13_is_lost(const struct handshake *h, enum party_role from);

/* The same, or there are too many lengths to know. */
bool dtls13_may_be_lost(const struct handshake *h, enum party_role from);

/* Are messages of this type in plaintext? (s5.2, RFC 8446 s2) */
static inline bool dtls13_has_plaintext(uint8_t msg_type)
{
	return msg_type == DTLS_MT_CLIENT_HELLO || msg_type == DTLS_MT_SERVER_HELLO ||
	       msg_type == DTLS_MT_HELLO_VERIFY_REQUEST || msg_type == DTLS_MT_HELLO_REQUEST;
}

#endif
