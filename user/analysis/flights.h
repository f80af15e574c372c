/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flights of a handshake. What is each, by RFC 6347 s4.2.4 and RFC 9147 s5.7? Which
 * message is of which, and is all of it there? For what is encrypted see dtls13.h, too.
 */
#ifndef DTLSNOOP_FLIGHTS_H
#define DTLSNOOP_FLIGHTS_H

#include "handshake.h"

/* What a flight is, in a handshake of this kind. */
struct flight_rule {
	uint8_t from;		/* enum party_role: who sends it */
	uint8_t answers;	/* enum flight_number: the first that it can answer */
	uint8_t first, last;	/* types of messages; those before the first are optional */
	bool has_timer;		/* its sender waits for an answer, and sends it again if there is none */
	bool closes;		/* nothing answers it */
	bool encrypted;		/* so that where it ends cannot be seen: it is never called complete */
};

const struct flight_rule *flight_rule(const struct handshake *h, uint8_t number);

/* The one that closes the handshake. */
uint8_t flight_last(const struct handshake *h);

/* The message_seq after that of a client's last ClientHello (RFC 6347 s4.2.2); 0: none was seen. */
uint32_t flight_seq_after_hellos(const struct party *client);

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

/* Which flight is it of? FLIGHT_NONE: of none. */
uint8_t flight_of_message(const struct handshake *h, enum party_role from,
			  const struct dtls_message *msg);

/* The same for ChangeCipherSpec and Finished, which are records of their own. */
uint8_t flight_of_record(const struct handshake *h, enum party_role from,
			 const struct dtls_record *rec);

/* Where this side's ChangeCipherSpec and Finished belong. */
uint8_t flight_of_closing(const struct handshake *h, enum party_role from);

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
