/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the two endpoints have to say to each other: the flights of one
 * handshake in turn, each with its messages, for every variant of DTLS.
 */
#ifndef DTLSNOOP_PROPERTY_SCRIPT_H
#define DTLSNOOP_PROPERTY_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "scenario.h"
#include "state.h"

#define SCRIPT_MAX_FLIGHTS 12
#define SCRIPT_MAX_MESSAGES 10
#define SCRIPT_MAX_MESSAGE 4096		/* bytes */
#define SCRIPT_MAX_HELLO 2048
#define SCRIPT_CID_LEN 6		/* bytes */

/* A handshake message, or a ChangeCipherSpec, which is a record of its own. */
struct script_message {
	uint8_t content;	/* enum dtls_content_type */
	uint8_t type;		/* enum dtls_msg_type, of a handshake message */
	uint8_t epoch;
	uint16_t seq;		/* message_seq */
	uint32_t len;		/* bytes, without its header; encrypted: without the overhead */
	int8_t hello;		/* index of its body in script.hello, -1: its bytes do not matter */
};

struct script_flight {
	uint8_t number;		/* as in RFC 6347 s4.2.4 figures 1 and 2; 7 and more: after the handshake */
	uint8_t from;		/* enum party_role */
	bool stateless;		/* HelloVerifyRequest: an answer to each copy, on no timer (s4.2.1) */
	bool is_ack;		/* RFC 9147 s7: records that say what was received, no messages */
	uint8_t num;
	struct script_message messages[SCRIPT_MAX_MESSAGES];
};

struct script_hello {
	uint32_t len;
	uint8_t bytes[SCRIPT_MAX_HELLO];
};

struct script {
	uint16_t version;	/* in record headers */
	uint16_t hello_version;	/* in the first ClientHello's record, where it may differ */
	uint8_t num_flights;
	uint8_t handshake_end;	/* with the flight of this index both have what they need */
	bool dtls13;
	bool seq_again;		/* see PEER_SEQ_AGAIN */
	bool cid[PARTY_MAX];	/* this side's records carry a connection ID from its first encrypted on */
	uint8_t data_epoch;
	struct script_flight flights[SCRIPT_MAX_FLIGHTS];
	struct script_hello hello[4];
	uint8_t num_hellos;
};

/* Is it the last of the handshake proper, after which its sender has no timer? */
static inline bool script_is_last(const struct script *s, int flight)
{
	return flight == s->num_flights - 1 || (flight == s->handshake_end && !s->dtls13);
}

void script_build(struct script *s, const struct scenario *sc);

/* Between script.c and the two below: a flight, and its messages in order. */
struct script_flight *script_flight_add(struct script *s, uint8_t number, enum party_role from);
struct script_message *script_message_add(struct script *s, uint8_t content, uint8_t type,
					  uint8_t epoch, uint32_t len);
void script_hello_add(struct script *s, const struct scenario *sc, uint8_t type, bool second);

void script_build_12(struct script *s, const struct scenario *sc);
void script_build_13(struct script *s, const struct scenario *sc);

/* hello.c: the body of a hello. */
void hello_client(struct script_hello *out, const struct scenario *sc, bool second);
void hello_server(struct script_hello *out, const struct scenario *sc, bool retry);
void hello_verify_request(struct script_hello *out);

#endif
