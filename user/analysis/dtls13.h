/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DTLS 1.3 (RFC 9147) encrypts all messages of a handshake except the hellos. A record
 * still shows its length and two bits of its epoch. The messages after the hellos are
 * in epoch 2; the server confirms in epoch 3, with an ACK or with data. The end of these
 * flights is encrypted, so they never count as complete. A sender repeats only the
 * records of a flight that were not acknowledged (s7), so a copy need not be complete.
 */
#ifndef DTLSNOOP_DTLS13_H
#define DTLSNOOP_DTLS13_H

#include "handshake.h"
#include "sighting.h"

/* The identity of the record in the window of seen records. */
struct cipher_record dtls13_identity(const struct event *ev, const struct dtls_record *rec);

/* Process a record with a unified header. */
void dtls13_take(struct sighting *t, const struct dtls_record *rec, struct item_facts *facts);

/* Which flight would this record with a unified header belong to, at this point? 0: none. */
uint8_t dtls13_flight_of(const struct handshake *h, enum party_role from, enum point point,
			 const struct event *ev, const struct dtls_record *rec);

/*
 * Is it as long as an encrypted alert? No handshake message is that short, so it is an alert, an ACK without entries, or
 * data of two bytes. It neither belongs to a flight nor completes a handshake.
 */
bool dtls13_may_be_alert(const struct handshake *h, enum party_role from, const struct event *ev,
			 const struct dtls_record *rec);

/* The client goes on after a record of the server that may have been an alert: it was the answer to its Finished. */
void dtls13_note_answer(struct handshake *h, uint64_t ns);

/* The server's hello with this message_seq is a HelloRetryRequest (RFC 8446 s4.1.3). */
void dtls13_note_retry(struct handshake *h, uint16_t message_seq);

/* Both its ServerHello and encrypted records that follow it say so: a later message in plaintext is forged. */
static inline bool dtls13_is_sure(const struct handshake *h)
{
	return h->is_dtls13 && h->server_hello.hello.has_selected_version && h->flights[FLIGHT_SERVER_HELLO].num_lengths;
}

/* It is DTLS 1.2 or older. One message in plaintext, which anybody can have sent, does not outweigh the ServerHello. */
static inline bool dtls13_is_excluded(const struct handshake *h)
{
	return h->is_dtls12 && !h->server_hello.hello.has_selected_version;
}

/* The server answered the client's Finished in epoch 3, or both sides sent data. */
bool dtls13_is_completed(const struct handshake *h);

/*
 * Both ends are seen, and no copy of the latest flight of `from` has arrived in full.
 * Records of several copies may add up to one. They are compared by their lengths.
 */
bool dtls13_is_lost(const struct handshake *h, enum party_role from);

/* The same; also true if there are too many lengths to know. */
bool dtls13_may_be_lost(const struct handshake *h, enum party_role from);

/* Are messages of this type in plaintext? (s5.2, RFC 8446 s2) */
static inline bool dtls13_has_plaintext(uint8_t msg_type)
{
	return msg_type == DTLS_MT_CLIENT_HELLO || msg_type == DTLS_MT_SERVER_HELLO ||
	       msg_type == DTLS_MT_HELLO_VERIFY_REQUEST || msg_type == DTLS_MT_HELLO_REQUEST;
}

#endif
