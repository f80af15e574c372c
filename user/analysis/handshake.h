/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model of one DTLS 1.0/1.2 handshake (RFC 6347 s4.2.4): what each party
 * was seen to send, and where. Sinks read it; only the analysis writes it.
 *
 * One datagram can be seen twice on a host: when the sender's socket sends it
 * and when it reaches the receiver's. These are the two points of a
 * direction. What a party *did* is counted at the sending point if its socket
 * is on this host, else at the receiving point; what *arrived* is known only
 * at the receiving point.
 *
 * All times are CLOCK_MONOTONIC nanoseconds of the host traced, 0 if unset.
 */
#ifndef DTLSNOOP_HANDSHAKE_H
#define DTLSNOOP_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coverage.h"
#include "event.h"
#include "hello.h"
#include "seq_window.h"
#include "verdict.h"

#define HANDSHAKE_MAX_MESSAGES 12	/* per party; more are not tracked */
#define HANDSHAKE_MAX_FLIGHT 6		/* flights are numbered from 1 (RFC 6347 figures 1 and 2) */
#define FLIGHT_MAX_COPY_TIMES 4
#define PARTY_MAX_ARRIVED 32
/* A flight sent this often was not lost by chance alone. */
#define PARTY_MANY_COPIES 3

enum party_role {
	PARTY_CLIENT,
	PARTY_SERVER,
	PARTY_MAX,
};

enum point {
	POINT_SENT,		/* the sender's socket */
	POINT_ARRIVED,		/* the receiver's socket */
	POINT_MAX,
};

/* A handshake message of a party, by message_seq and type. */
struct message {
	uint8_t msg_type;
	uint8_t flight;
	uint16_t message_seq;
	uint32_t length;	/* bytes, 24 bits */
	struct coverage seen[POINT_MAX];
	struct coverage copy;	/* within the latest copy of its flight */
};

/* One direction at one of its points. */
struct view {
	bool any;		/* something was seen here */
	struct seq_window plain;	/* epoch 0 */
	struct seq_window encrypted;	/* epoch 1 */
	uint64_t ccs_ns;	/* ChangeCipherSpec first seen */
	uint64_t finished_ns;	/* first handshake record of epoch 1, or CID record after CCS: Finished */
	uint64_t data_ns;	/* first application data */
};

struct flight {
	uint8_t from;		/* enum party_role; meaningless while copies is 0 */
	bool finished_in_copy;	/* the latest copy has its Finished */
	bool complete;		/* all of it was seen, at the point where it is counted */
	bool arrived;		/* all of it was seen at the receiver's socket */
	uint32_t copies;	/* 1 sent, more: sent again */
	uint32_t datagrams;	/* over all copies */
	uint64_t bytes;		/* UDP payload, over all copies */
	uint64_t first_ns;
	uint64_t last_ns;	/* latest datagram of any copy */
	uint64_t copy_ns[FLIGHT_MAX_COPY_TIMES];	/* begin of the first copies */
	uint64_t copy_first_seq;	/* first epoch 0 record of the latest copy */
	uint64_t last_datagram;	/* highest event.datagram of it at the receiver's socket */
};

struct party {
	struct event_endpoint address;
	bool ipv4;
	bool local;		/* its socket is on this host: an event of it was seen */
	bool has_owner;
	uint64_t socket;	/* cookie */
	uint32_t pid, tid, netns;
	uint64_t cgroup_id;
	uint64_t closed_ns;	/* its socket was closed */
	char comm[EVENT_COMM_LEN + 1];	/* hostile bytes */
	struct view view[POINT_MAX];	/* of what it sends */
	struct message messages[HANDSHAKE_MAX_MESSAGES];
	uint32_t num_messages;
	uint8_t flight;		/* the highest it has begun, 0: none */
	uint8_t flight_at[POINT_MAX];	/* the highest that was seen at each point */
	uint64_t last_sent_ns;	/* anything of this handshake, where it is counted */
	uint64_t arrived[PARTY_MAX_ARRIVED];	/* event.datagram of the latest that reached it */
	uint32_t num_arrived;	/* over all; arrived[] is a ring */
	uint64_t last_read;	/* highest event.datagram its application has read */
	uint32_t retransmissions;	/* copies beyond the first, over its flights */
	uint64_t timer_ns;	/* first gap between copies of one flight, 0: not learned */
	uint32_t unheard_copies;	/* of its flights, since its peer was heard last */
	uint64_t unheard_ns[PARTY_MANY_COPIES];	/* when the first of these were begun */
};

enum handshake_state {
	HANDSHAKE_IN_PROGRESS,
	HANDSHAKE_COMPLETED,
	HANDSHAKE_FAILED,
	HANDSHAKE_STUCK,
	HANDSHAKE_ABANDONED,
};

struct handshake {
	uint64_t id;		/* from 1, in order of their first ClientHello */
	enum handshake_state state;
	struct party party[PARTY_MAX];
	struct flight flights[HANDSHAKE_MAX_FLIGHT + 1];	/* by number; [0] is unused */
	uint8_t client_random[HELLO_RANDOM_LEN];
	uint16_t version;	/* of the ServerHello, else of the ClientHello, else 0 */
	bool version_negotiated;
	bool is_dtls13;		/* what follows the ServerHello is hidden: nothing is concluded of it */
	bool has_cipher_suite;
	uint16_t cipher_suite;
	uint16_t server_name_len;
	char server_name[HELLO_SERVER_NAME_MAX];	/* hostile bytes */
	bool offers_srtp, uses_srtp;
	bool resumed;
	bool was_stuck;		/* has been called stuck, now or before */
	bool is_final;		/* the trace is over: this is the last word */
	bool interleaved;	/* another handshake ran on this address pair at the same time */
	bool ambiguous;		/* of which of them a datagram was, could not be told for certain */
	uint64_t events_lost;	/* by the tracer, while this handshake ran */
	uint64_t started_ns;
	uint64_t last_ns;	/* latest event of any kind */
	uint64_t ended_ns;	/* 0 while it is open */
	uint64_t waited_ns;	/* passed in silence until a timer sent a flight again */
	uint8_t alert_level, alert_description;
	enum party_role alert_from;
	struct verdict verdict;	/* code VERDICT_NONE while there is nothing to say */
};

/* What became of one item of a datagram. */
struct item_facts {
	uint8_t flight;		/* 0: of none */
	bool retransmission;	/* the bytes were sent before, in another record (s4.2.4) */
	bool duplicate;		/* the same record, seen before at this point */
};

const char *handshake_state_name(enum handshake_state state);
const char *party_role_name(enum party_role role);

static inline enum party_role party_peer(enum party_role role)
{
	return role == PARTY_CLIENT ? PARTY_SERVER : PARTY_CLIENT;
}

/* Neither completed nor failed nor given up: it may still move. */
static inline bool handshake_is_open(const struct handshake *h)
{
	return !h->ended_ns;
}

/* The point at which what `role` sends is counted. */
enum point handshake_counting_point(const struct handshake *h, enum party_role role);

/* The point that tells best what the receiver of `role`'s datagrams has got of them. */
enum point handshake_receiving_point(const struct handshake *h, enum party_role role);

/* How long after its latest copy is the next one of `role`'s flight due? (s4.2.4.1) */
uint64_t handshake_timer_ns(const struct handshake *h, enum party_role role);

/*
 * Take in one datagram that `from` sent, seen at `point` at `now`. `facts`
 * receives one entry for each of the event's items.
 */
void handshake_datagram(struct handshake *h, const struct event *ev, uint64_t now,
			enum party_role from, enum point point, struct item_facts *facts);

/* The application of `reader` read a datagram of this number: was it one of this handshake? */
bool handshake_read(struct handshake *h, enum party_role reader, uint64_t datagram);

#endif
