/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flights of a handshake (RFC 6347 s4.2.4, RFC 9147 s5.7): who sends each, which
 * messages belong to it, and whether it is complete. For encrypted flights see dtls13.h, too.
 */
#ifndef DTLSNOOP_FLIGHTS_H
#define DTLSNOOP_FLIGHTS_H

#include "handshake.h"

/* The properties of one flight, in a handshake of this kind. */
struct flight_rule {
	uint8_t from;		/* enum party_role: who sends it */
	uint8_t answers;	/* enum flight_number: the first flight that it can answer */
	uint8_t first, last;	/* types of messages; those before the first are optional */
	bool has_timer;		/* its sender retransmits it if no answer comes */
	bool closes;		/* nothing answers it */
	bool encrypted;		/* its end cannot be seen, so it never counts as complete */
};

enum flight_mode { FLIGHT_MODE_FULL, FLIGHT_MODE_RESUMED, FLIGHT_MODE_DTLS13, FLIGHT_MODE_MAX };

struct flight_rules {
	uint8_t last;		/* the first flight that closes */
	struct flight_rule each[HANDSHAKE_MAX_FLIGHT + 1];	/* by enum flight_number */
};
extern const struct flight_rules flight_rules[FLIGHT_MODE_MAX];

/* The next three are inline: each event asks them dozens of times. */
static inline const struct flight_rules *flight_rules_of(const struct handshake *h)
{
	return &flight_rules[h->is_dtls13 ? FLIGHT_MODE_DTLS13 : h->resumed ? FLIGHT_MODE_RESUMED : FLIGHT_MODE_FULL];
}

static inline const struct flight_rule *flight_rule(const struct handshake *h, uint8_t number)
{
	return &flight_rules_of(h)->each[number];
}

/* The number of the last flight of this handshake. */
static inline uint8_t flight_last(const struct handshake *h)
{
	return flight_rules_of(h)->last;
}

/* The message_seq after the client's last ClientHello (RFC 6347 s4.2.2); 0: no ClientHello was seen. */
uint32_t flight_seq_after_hellos(const struct party *client);

/*
 * The message_seq of the first message of the client's flight with its Finished. UINT32_MAX: that is not
 * known, since the ClientHello was not seen.
 */
uint32_t flight_client_begins_at(const struct handshake *h);

/* A message of this party, NULL if it was not seen. */
struct message *flight_find_message(struct party *party, uint16_t message_seq, uint8_t msg_type);

/* The same, read-only. */
static inline const struct message *flight_known_message(const struct party *party, uint16_t message_seq,
							  uint8_t msg_type)
{
	return flight_find_message((struct party *)party, message_seq, msg_type);
}

/* Is it a full handshake, as far as its messages show? Encrypted ones (DTLS 1.3) do not. */
bool flight_is_full(const struct handshake *h);

/* Does this side ever send such a message? (RFC 6347 s4.2.4 figure 1) */
bool flight_may_have(enum party_role from, uint8_t msg_type);

/*
 * Is this message, known from one datagram, beyond the end of its flight? Then it is no part
 * of it: anybody can have sent it, with a message_seq that he guessed.
 */
bool flight_is_beyond(const struct handshake *h, enum party_role from, const struct message *msg);

/* The first message of this type that was seen from this party; NULL: none was. */
const struct message *flight_sent_type(const struct party *party, uint8_t msg_type);

/* The flight that this message belongs to; FLIGHT_NONE: it belongs to none. */
uint8_t flight_of_message(const struct handshake *h, enum party_role from,
			  const struct dtls_message *msg);

/* The same for a ChangeCipherSpec or Finished record. */
uint8_t flight_of_record(const struct handshake *h, enum party_role from,
			 const struct dtls_record *rec);

/* The flight with this side's ChangeCipherSpec and Finished. */
uint8_t flight_of_closing(const struct handshake *h, enum party_role from);

/*
 * When did the burst of this flight's datagrams begin that goes on at `now`? A burst
 * starts after a silence that is long enough for a retransmission timer.
 */
uint64_t flight_burst_ns(const struct flight *flight, uint64_t now);

/* How many copies of this flight began after this time? Of many, only the first and the two latest count. */
uint32_t flight_copies_after(const struct flight *flight, uint64_t since);

/*
 * Did this party send more at this point than there is room to record, or than could be read of its datagrams? Then
 * a part that is not recorded may have been there all the same.
 */
bool flight_is_overflown(const struct party *party, enum point point);

/* Was the whole flight seen at this point? */
bool flight_is_complete(const struct handshake *h, uint8_t number, enum point point);

/*
 * An upper bound of the time an answer to `role` takes: from its flight's first datagram
 * to the answer's first, retransmissions included. 0: no answer came.
 */
uint64_t flight_round_trip_ns(const struct handshake *h, enum party_role role);

#endif
