/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A stranger off the path sends one datagram with a false source address, or several: he
 * sees nothing, knows no key, but may guess addresses, numbers and lengths (RFC 6347
 * s4.1.2.7). They reach the receiver's host and socket as any other does.
 */
#ifndef DTLSNOOP_PROPERTY_FORGERY_H
#define DTLSNOOP_PROPERTY_FORGERY_H

#include <stdbool.h>
#include <stdint.h>

#include "rng.h"
#include "state.h"

struct world;
struct endpoint;
struct sim_datagram;

enum forgery_kind {
	FORGERY_ALERT_FAILURE, FORGERY_ALERT_CLOSE_NOTIFY, FORGERY_ALERT_USER_CANCELED,
	FORGERY_ALERT_UNEXPECTED, FORGERY_ALERT_WARNING, FORGERY_ALERT_FATAL_CLOSE,
	FORGERY_FINISHED_61, FORGERY_FINISHED_OTHER_LENGTH, FORGERY_FINISHED_LATER,
	FORGERY_ENCRYPTED_ALERT, FORGERY_DATA, FORGERY_DATA_PLAIN,
	FORGERY_CCS, FORGERY_CCS_FINISHED,
	FORGERY_CLIENT_HELLO, FORGERY_CLIENT_HELLO_COOKIE, FORGERY_CLIENT_HELLO_OF_SERVER,
	FORGERY_HELLO_VERIFY, FORGERY_HELLO_RETRY, FORGERY_SERVER_HELLO, FORGERY_SERVER_HELLO_SEQ,
	FORGERY_SERVER_HELLO_13, FORGERY_CERTIFICATE, FORGERY_SERVER_HELLO_DONE,
	FORGERY_CLIENT_KEY_EXCHANGE, FORGERY_CERTIFICATE_VERIFY, FORGERY_TICKET, FORGERY_HELLO_REQUEST,
	FORGERY_FLIGHT_4, FORGERY_FLIGHT_5,
	FORGERY_HIGHEST_PLAIN, FORGERY_HIGHEST_MESSAGE, FORGERY_HIGHEST_ENCRYPTED, FORGERY_EPOCH,
	FORGERY_UNIFIED_2_SHORT, FORGERY_UNIFIED_2_LONG, FORGERY_UNIFIED_3_SHORT, FORGERY_UNIFIED_3_LONG,
	FORGERY_ACK, FORGERY_CID, FORGERY_OVERLAP, FORGERY_OTHER_LENGTH, FORGERY_HUGE_SEQ,
	FORGERY_VERSION, FORGERY_EMPTY, FORGERY_TRUNCATED, FORGERY_HEARTBEAT,
	FORGERY_ALERT_AND_FINISHED, FORGERY_HELLO_AND_ALERT, FORGERY_REPLAY,
	FORGERY_COPIES,		/* of the flight before the last one */
	FORGERY_EARLIER_COPIES,	/* of the flight before that, by the sender of the last one; or cookie requests */
	FORGERY_FINISHED_AND_DATA,	/* the Finished, and then data */
	FORGERY_ICMP_PORT, FORGERY_ICMP_HOST, FORGERY_ICMP_ADMIN, FORGERY_ICMP_TOO_BIG,
	FORGERY_MAX,
};

struct forgery {
	enum forgery_kind kind;
	enum party_role from;	/* whose address it bears */
	uint64_t time;		/* when it arrives, or the first */
	uint32_t count;		/* so many of them ... */
	uint64_t gap_ns;	/* ... so long after each other */
	bool acts;		/* the receiver acts on it if a real stack may; else it discards it */
	struct rng rng;		/* of its own: the rest of the world stays as it is */
};

const char *forgery_name(enum forgery_kind kind);

/* The side that sends such datagrams, or any (PARTY_MAX). */
enum party_role forgery_side(enum forgery_kind kind);

/* What an ICMP error of this kind says; false if it is none. */
struct forgery_icmp { uint8_t type, code; uint16_t error; };
bool forgery_is_icmp(enum forgery_kind kind, struct forgery_icmp *out);

/* Fill in the datagram, `index` from 0, as the stranger sends it in this moment of the world. */
void forgery_write(struct world *w, const struct forgery *f, uint32_t index, struct sim_datagram *dg);

/* It arrives at its receiver now. */
void forgery_arrive(struct world *w, uint32_t index);

/* The receiver reads it. */
void forgery_receive(struct endpoint *ep);

#endif
