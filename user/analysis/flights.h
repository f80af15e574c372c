/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flights of DTLS 1.0 and 1.2 (RFC 6347 s4.2.4, figures 1 and 2): which
 * message belongs to which, and is all of it there? Those of DTLS 1.3: dtls13.h.
 *
 *	1 ClientHello			2 HelloVerifyRequest
 *	3 ClientHello with cookie	4 ServerHello ... ServerHelloDone
 *	5 ... ClientKeyExchange ... Finished	6 ... Finished
 *
 * In an abbreviated handshake the server's Finished is in 4 and the client's
 * in 5, which is the last.
 */
#ifndef DTLSNOOP_FLIGHTS_H
#define DTLSNOOP_FLIGHTS_H

#include "handshake.h"

/* A message of this party, NULL if it was not seen. */
struct message *flight_find_message(struct party *party, uint16_t message_seq, uint8_t msg_type);

/* The same, to look at. */
static inline const struct message *flight_known_message(const struct party *party, uint16_t message_seq,
							  uint8_t msg_type)
{
	return flight_find_message((struct party *)party, message_seq, msg_type);
}

/* Was any message of this type seen from this party? */
bool flight_sent_type(const struct party *party, uint8_t msg_type);

/* 1..HANDSHAKE_MAX_FLIGHT, 0: of none */
uint8_t flight_of_message(const struct handshake *h, enum party_role from,
			  const struct dtls_message *msg);

/* The same for ChangeCipherSpec and Finished, which are records of their own. */
uint8_t flight_of_record(const struct handshake *h, enum party_role from,
			 const struct dtls_record *rec);

/* Where this side's ChangeCipherSpec and Finished belong. */
uint8_t flight_of_closing(const struct handshake *h, enum party_role from);

/*
 * Is part of this flight encrypted, so that where it ends cannot be seen? Then
 * it is never called complete. (RFC 9147 s5.7)
 */
bool flight_is_encrypted(const struct handshake *h, uint8_t number);

/*
 * When did what is sent of this flight at `now` begin: the first datagram after a
 * silence of it that was long enough for a timer?
 */
uint64_t flight_burst_ns(const struct flight *flight, uint64_t now);

/*
 * Was more seen of this party at this point than there is room for? Then what is
 * not known to have been seen may have been.
 */
bool flight_is_overflown(const struct party *party, enum point point);

/* Was all of it seen at this point? */
bool flight_is_complete(const struct handshake *h, uint8_t number, enum point point);

#endif
