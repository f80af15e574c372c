/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model of one party of a handshake: the flights and messages that it sends, what came of
 * these at each point, and what arrived at its socket. handshake.h tells what the points are.
 */
#ifndef DTLSNOOP_PARTY_H
#define DTLSNOOP_PARTY_H

#include <stdbool.h>
#include <stdint.h>

#include "application.h"
#include "cipher_window.h"
#include "coverage.h"
#include "crossings.h"
#include "diverted.h"
#include "dtls_has.h"
#include "early_data.h"
#include "event.h"
#include "in_order.h"
#include "oddities.h"
#include "relations.h"
#include "seq_window.h"
#include "sizes.h"
#include "state.h"

#define SECOND 1000000000ULL
#define MILLISECOND 1000000ULL

#define HANDSHAKE_MAX_MESSAGES 12	/* per party; more are not tracked */
#define FLIGHT_MAX_COPY_TIMES 4
#define FLIGHT_MAX_LENGTHS 16	/* different lengths of encrypted records */
#define PARTY_MAX_ARRIVALS 32	/* datagrams followed at its socket */
#define PARTY_MAX_FRAGMENTS 64	/* message fragments in these */
/* Few stacks wait longer for an answer; RFC 6347 s4.2.4.1 recommends 60 s at most. */
#define HANDSHAKE_LONGEST_TIMER_NS (64 * SECOND)
/* Whoever gives up at an alert or an ICMP error does so within this time: s_client of OpenSSL takes half a second. */
#define HANDSHAKE_ACTS_NS SECOND
/* Chance alone does not lose a flight this often. */
#define PARTY_MANY_COPIES 3

/* Numbered as in RFC 6347 s4.2.4 and RFC 9147 s5.7. flights.h has the sender and the messages of each. */
enum flight_number {
	FLIGHT_NONE,
	FLIGHT_CLIENT_HELLO,	/* the first one */
	FLIGHT_RETRY_REQUEST,	/* HelloVerifyRequest or HelloRetryRequest */
	FLIGHT_SECOND_HELLO,	/* the ClientHello that answers FLIGHT_RETRY_REQUEST */
	FLIGHT_SERVER_HELLO,	/* and what the server sends after it */
	FLIGHT_CLIENT_FINISHED,	/* and what the client sends before it */
	FLIGHT_CONFIRM,		/* the server's Finished; DTLS 1.3: its ACK; a resumed handshake has none */
};
#define HANDSHAKE_MAX_FLIGHT FLIGHT_CONFIRM
#define FOR_EACH_FLIGHT(n) for (uint8_t n = FLIGHT_CLIENT_HELLO; n <= HANDSHAKE_MAX_FLIGHT; n++)
/* Bit n: flight n. */
#define FOR_EACH_FLIGHT_IN(n, flights) \
	FOR_EACH_FLIGHT(n) \
		if ((flights) >> n & 1)

enum point {
	POINT_SENT,		/* the sender's socket */
	POINT_ARRIVED,		/* the receiver's host, even if its kernel then drops it */
	POINT_QUEUED,		/* the receiver's socket: it can be read there */
	POINT_READ,		/* the receiver's application, in full: not a truncated read */
	POINT_MAX,
};

/* A handshake message of a party, identified by message_seq and type. */
struct message {
	uint8_t msg_type;
	uint8_t flight;
	uint16_t message_seq;
	uint32_t length;	/* bytes, 24 bits */
	struct coverage seen[POINT_MAX];
	struct coverage copy;	/* within the latest copy of its flight */
	uint8_t datagrams;	/* with a part of it, where they are counted; does not overflow */
	uint64_t last_ns;	/* the latest of these */
	uint8_t unheard;	/* copies that had all of it, since its receiver last sent: see unheard.h */
	uint16_t first_fragment;	/* bytes of the fragment that begins it, at its counting point; 0: not seen */
	bool borders_change;	/* a later copy was fragmented differently */
	bool fragmented;	/* some record had only a part of it */
	struct split split;
	uint32_t carried;	/* UDP payload of the largest datagram with a part of it, bytes */
};

/* One direction at one of its points. */
struct view {
	bool any;		/* something was seen here */
	bool is_cut;		/* the end of a datagram could not be read: see DTLS_MALFORMED_UNREADABLE */
	uint8_t sealed;		/* datagrams of nothing but encrypted handshake records (DTLS 1.3), at most SEALED_MAX */
	struct seq_window plain;	/* epoch 0 */
	struct seq_window encrypted;	/* epoch 1 */
	uint64_t ccs_ns;	/* ChangeCipherSpec first seen */
	uint64_t finished_ns;	/* Finished: first handshake record of epoch 1, or first CID record after CCS */
	uint64_t data_ns;	/* first application data; DTLS 1.3: first record of epoch 3 */
	uint64_t answer_ns;	/* DTLS 1.3, sent by the server: first answer to the client's Finished */
};

/* What of a view says that a handshake is complete. */
struct view_endings {
	uint64_t finished_ns, data_ns, answer_ns;
};

/* The answers to the copies of a flight: see answers.h. */
struct answers {
	uint32_t copies;	/* that a whole copy of the answer followed */
	uint32_t copy;		/* number of the latest of these; 0: none */
	uint64_t ns;		/* when that copy was answered */
	uint32_t by;		/* number of the copy of the answer that completed it */
	uint64_t crossing_ns;	/* latest copy of the answer after that; 0: none */
	uint32_t ignored;	/* before the latest copy that began a while after its predecessor was answered */
	uint64_t ignored_ns;	/* when that copy began */
	uint64_t ignored_after_ns;	/* and how long after the answer */
};

struct flight {
	uint8_t from;		/* enum party_role; meaningless while copies is 0 */
	bool finished_in_copy;	/* the latest copy has a Finished */
	bool has_finished;	/* some copy has a Finished */
	uint8_t finished_unheard;	/* copies with a Finished, since the receiver last sent: see unheard.h */
	bool complete;		/* all of it was seen at its counting point; never if it is encrypted */
	bool arrived;		/* all of it was queued at the receiver's socket */
	bool read;		/* all of it was read by the receiver's application */
	uint32_t copies;	/* 1: sent once; more: retransmitted */
	uint32_t datagrams;	/* over all copies */
	uint32_t records;	/* over all copies; an upper bound if not all can be told apart */
	uint64_t bytes;		/* UDP payload, over all copies */
	uint64_t first_ns;
	uint64_t last_ns;	/* latest datagram of any copy */
	uint64_t copy_ns[FLIGHT_MAX_COPY_TIMES];	/* start of the first copies */
	uint64_t latest_copy_ns;	/* start of the latest copy */
	uint64_t copy_before_ns;	/* start of the copy before that one; 0: none */
	uint64_t copy_first_seq;	/* first epoch 0 record of the latest copy */
	bool joined;		/* some copy follows the one before it without a gap in the record numbers */
	uint64_t joined_gap_ns;	/* from the copy before to the latest one, if that follows it so; else 0 */
	uint64_t backed_off_ns;	/* the first copy at which the timer had doubled: see late.h; 0: none */
	uint64_t longest_gap_ns;	/* between two datagrams of this flight */
	uint64_t burst_ns;	/* the first datagram after the latest silence; see flight_burst_ns() */
	uint16_t lengths[FLIGHT_MAX_LENGTHS];	/* DTLS 1.3: lengths of its encrypted records, each once */
	uint8_t num_lengths;
	bool lengths_overflown;	/* there were more: the latest are kept */
	uint8_t lengths_unheard[FLIGHT_MAX_LENGTHS];	/* copies that had each, since the receiver last sent */
	uint16_t lengths_in_copy;	/* bit n: a record of lengths[n] is in the latest copy */
	uint16_t lengths_before;	/* likewise, in the previous copy */
	uint16_t lengths_arrived;	/* bit n: a record of lengths[n] reached the receiver */
	uint64_t lengths_arrived_ns;	/* when all records of a copy had; 0: not yet, or unknown */
	uint64_t arrived_ns;	/* when `arrived` became true */
	uint64_t queued_ns;	/* latest datagram of it queued at the receiver's socket */
	uint64_t usable_ns;	/* when all was read in order, so any receiver can use it; 0: not yet */
	struct in_order in_order;
	uint64_t read_ns;	/* when `read` became true */
	uint64_t heard_ns;	/* when its receiver had read something of it, at the latest; 0: not known */
	uint64_t last_heard_ns;	/* the same, for the latest that it read */
	uint64_t cut_ns;	/* first truncated read of one of its datagrams */
	uint32_t whole_copy;	/* number of the latest copy that came whole, up to its Finished; 0: none */
	uint64_t whole_twice_ns;	/* when the second such copy had come; 0: not yet */
	struct answers answers;
	uint32_t dropped;	/* its datagrams that this host's kernel dropped */
	uint32_t copies_dropped;	/* copies that lost a datagram in this way */
	uint32_t last_copy_dropped;	/* number of the latest of these copies; 0: none */
	uint8_t drop;		/* latest drop: its index in handshake.drops plus 1; 0: none or not kept */
};

enum arrival_state {
	ARRIVAL_NONE,		/* the slot is free */
	ARRIVAL_QUEUED,		/* is in the receive queue */
	ARRIVAL_READ,
	ARRIVAL_GONE,		/* no longer known to be in the queue: dropped, or its read was not seen */
};

/* A part of one of the sender's messages. */
struct fragment {
	uint32_t begin : 24;	/* its first byte: 24 bits in the message's header, too */
	uint32_t message : 8;	/* index in the sender's messages */
	uint32_t len;
};

/* A datagram at the receiver's socket, and the parts of the handshake in it. */
struct arrival {
	uint64_t datagram;	/* event.datagram, > 0 */
	uint64_t since_ns;
	uint32_t length;	/* UDP payload, bytes */
	uint32_t first_fragment;	/* as counted by party.num_fragments */
	uint8_t num_fragments;
	uint8_t state;		/* enum arrival_state */
	uint8_t flights;	/* bit n: something of flight n */
	bool ccs : 1, finished : 1, data : 1;	/* ChangeCipherSpec, Finished, application data */
	bool may_be_data : 1;	/* a repeated Finished or data: a connection ID hides which */
	bool duplicate : 1;	/* same records as before: a replay, which receivers discard (s4.1.2.6) */
	bool answer : 1;	/* see view.answer_ns */
};

/* The state before the latest arrival, to restore if its drop is reported next. */
struct undo {
	uint64_t datagram;	/* 0: there is nothing to take back */
	struct coverage queued[HANDSHAKE_MAX_MESSAGES];	/* of the sender's messages */
	struct view view;	/* the sender's at POINT_QUEUED */
	uint8_t flight_at;	/* likewise */
};

/* Sends that the kernel refused. Their content is not known. */
struct send_failures {
	uint32_t hard;		/* in total */
	uint32_t soft;		/* errors that ask to try again: EAGAIN, ENOBUFS and such */
	uint32_t pending;	/* hard errors since this side last sent its whole flight */
	bool is_known;		/* of a pending one, more than its socket: length, address, or the flight that was tried just before */
	uint16_t error;		/* errno of the latest hard error */
	uint16_t soft_error;	/* errno of the latest soft error, 0 unknown */
	uint32_t min_len, max_len;	/* of the pending ones, bytes */
	uint64_t first_ns, last_ns;	/* of the pending ones */
	uint64_t sent_ns;	/* when the kernel then accepted the whole flight; 0: not yet */
};

/* ICMP errors of one kind for datagrams of this side, since the peer last sent. */
struct icmp_series {
	uint32_t pending;	/* number of them */
	uint8_t flight;		/* this side's when they came */
	uint32_t copies;	/* of that flight when the latest came */
	uint64_t first_ns, last_ns;
	uint64_t again_ns;	/* this side's first copy since the latest; 0: none */
};

/* What an ICMP error said. */
struct icmp_said {
	uint16_t error;		/* errno, 0 unknown */
	uint8_t type, code;	/* type 0: unknown */
	uint8_t from[16];	/* who sent it, as in an event_endpoint; all 0: unknown */
	uint32_t mtu;		/* see struct event_reporter */
};

/* ICMP errors for datagrams of this side (RFC 792, RFC 4443). */
struct icmp_errors {
	uint32_t unreachable;	/* port unreachable, in total */
	struct icmp_series port;
	struct icmp_said refusal;	/* the latest of these */
	uint32_t rejected;	/* the host or network is unreachable or prohibited, in total */
	struct icmp_series path;
	struct icmp_said rejection;	/* the latest of these */
	uint32_t others;	/* any other error, in total */
	struct icmp_said other;	/* the latest of these */
	uint64_t other_ns;
};

/* Reads into a buffer that was smaller than the datagram. */
struct cut_reads {
	uint32_t num;
	uint32_t buffer;	/* of the latest such read, bytes */
	uint32_t length;	/* of that datagram, bytes */
	uint64_t last_ns;
};

/* DTLS 1.3: records that are ACKs, or whose length allows it (RFC 9147 s7). */
struct acks {
	uint32_t num;		/* without duplicates */
	uint64_t last_ns;
	uint16_t last_len;	/* of the latest record, bytes, as in dtls13_identity() */
};

/* The same address and port? */
static inline bool endpoint_equals(const struct event_endpoint *a, const struct event_endpoint *b)
{
	return !__builtin_memcmp(a, b, sizeof(*a));
}

/* The parts of the client's latest ClientHello that came since the server last sent: see hello_again.h. */
struct hello_again {
	uint32_t message;	/* its index in the client's messages */
	struct coverage seen;
	uint64_t whole_ns;	/* when all of it had come; 0: not yet */
};

/* Copies of a side's flights while its peer sends nothing: see unheard.h. */
struct unheard {
	uint32_t copies;
	uint32_t before;	/* copies until the peer was last heard, after some */
	uint64_t heard_ns;	/* when it was; 0: not yet */
	uint64_t ns[PARTY_MANY_COPIES];	/* when the first of these copies began */
	uint64_t last_ns;	/* when the latest began */
	uint64_t many_ns;	/* when each part of its flight was in PARTY_MANY_COPIES; 0: not yet */
};

/* After so many of them, the tracer shows no more: what is not seen may be there. */
static inline bool view_is_exhausted(const struct view *view)
{
	return view->sealed >= SEALED_MAX;
}

struct party {
	struct event_endpoint address;
	bool ipv4;
	bool local;		/* its socket is on this host: the socket had an event */
	bool uncaptured;	/* the capture lacks what it sends, so its silence means nothing */
	bool has_owner;
	uint64_t socket;	/* cookie */
	uint32_t pid, tid, uid, netns;	/* uid: valid with has_owner */
	uint16_t host;		/* see struct event; 0: there is one host */
	uint32_t ns_pid;	/* see struct event; 0: unknown */
	uint64_t cgroup_id;
	struct diversion diverted;
	uint64_t closed_ns;	/* its socket was closed */
	uint32_t unread;	/* datagrams of any kind left in its queue at the close */
	char comm[EVENT_COMM_LEN + 1];	/* hostile bytes */
	struct application_ref application;	/* the session of its TLS library, see application_of() */
	struct view view[POINT_MAX];	/* of what it sends */
	struct cipher_window cipher[POINT_ARRIVED + 1];	/* its encrypted DTLS 1.3 records */
	struct acks acks;	/* ACKs that it sent */
	bool may_have_finished;	/* a record may be its Finished: a connection ID hides the type */
	uint16_t finished_len;	/* length of its Finished record, bytes; 0: not seen, or encrypted */
	bool is_ccs_next;	/* its ChangeCipherSpec directly follows its record before, in plaintext */
	bool is_contradicted;	/* a copy of an earlier flight that came later begins with the number of that, or a lower one */
	uint8_t unheeded_flight;	/* that was set apart, see unheeded.h; 0: none was */
	struct flight unheeded;	/* all that was known of it, until it comes again */
	struct view_endings unheeded_endings[POINT_MAX];
	uint32_t short_records;	/* DTLS 1.3: of epoch 3, as long as an alert: see dtls13_may_be_alert() */
	bool is_rekeyed;	/* DTLS 1.3: it sends in epoch 4 or later; epoch 6 looks like 2 */
	struct early_data early_data;
	uint64_t early_ns;	/* DTLS 1.3: its first early data (RFC 8446 s2.3); 0: none came */
	struct message messages[HANDSHAKE_MAX_MESSAGES];
	uint32_t num_messages;
	uint8_t flight;		/* the highest flight it has begun, 0: none */
	uint8_t first_flight;	/* the first that was seen of it, 0: none */
	uint8_t flight_at[POINT_MAX];	/* the highest flight seen at each point */
	uint64_t last_sent_ns;	/* its latest datagram of this handshake, at its counting point */
	struct arrival arrivals[PARTY_MAX_ARRIVALS];	/* at its socket, in no order */
	struct fragment fragments[PARTY_MAX_FRAGMENTS];	/* fragments in the arrivals; a ring */
	uint32_t num_fragments;	/* in total, also those overwritten */
	struct undo undo;	/* of the latest arrival */
	uint64_t asked_ns;	/* first arrival from its peer since it last sent; 0: none */
	struct hello_again queued_again, read_again;	/* server only: at its socket, by its application */
	uint64_t last_read_ns;	/* its application last read a datagram of this handshake */
	uint64_t longest_unread_ns;	/* the longest time a handshake datagram was queued before it was read */
	struct cut_reads cut;
	struct sizes sizes;	/* of what it sends */
	struct crossings crossings;	/* likewise, to another host */
	struct oddities odd;	/* of what it sends */
	struct send_failures failures;
	struct icmp_errors icmp;
	uint32_t ccs_seq;	/* the record number of its first ChangeCipherSpec; 0: none was seen */
	uint32_t retransmissions;	/* copies after the first, over all its flights */
	uint64_t timer_ns;	/* first gap between two copies of a flight, 0: not known yet */
	uint64_t waited_ns;	/* time that the handshake spent waiting for its retransmission timer */
	struct unheard unheard;	/* since its peer last sent */
};

/* May what this side sends be there, and the tracer shows no more of it? */
static inline bool party_may_be_unshown(const struct party *party)
{
	return view_is_exhausted(&party->view[POINT_SENT]) || view_is_exhausted(&party->view[POINT_ARRIVED]);
}

#endif
