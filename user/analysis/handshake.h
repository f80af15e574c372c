/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model of one DTLS handshake (RFC 6347 s4.2.4, RFC 9147 s5.7): what each
 * party was seen to send, and where. Sinks read it; only the analysis writes it.
 *
 * One datagram can be seen several times on a host: when the sender's socket
 * sends it, when it reaches the receiver's, and when it is read there. These
 * are the points of a direction. What a party *did* is counted at the sending
 * point if its socket is on this host, else where it arrives, dropped there or
 * not; what it *got* is known only at the points of the receiver.
 *
 * All times are CLOCK_MONOTONIC nanoseconds of the host traced, 0 if unset.
 */
#ifndef DTLSNOOP_HANDSHAKE_H
#define DTLSNOOP_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cipher_window.h"
#include "coverage.h"
#include "event.h"
#include "hello.h"
#include "in_order.h"
#include "oddities.h"
#include "others.h"
#include "relations.h"
#include "seq_window.h"
#include "sizes.h"
#include "state.h"
#include "verdict.h"

#define HANDSHAKE_MAX_MESSAGES 12	/* per party; more are not tracked */
#define FLIGHT_MAX_COPY_TIMES 4
#define FLIGHT_MAX_LENGTHS 16	/* of encrypted records that are told apart */
#define PARTY_MAX_ARRIVALS 32	/* datagrams at its socket whose fate is followed */
#define PARTY_MAX_FRAGMENTS 64	/* of messages in them */
#define HANDSHAKE_MAX_DROPS 4	/* reasons for drops that are told apart */
#define DROP_NAME_LEN 48
/* A flight sent this often was not lost by chance alone. */
#define PARTY_MANY_COPIES 3

/* By their numbers in RFC 6347 s4.2.4 and RFC 9147 s5.7. Who sends which, and what is in it: flights.h. */
enum flight_number {
	FLIGHT_NONE,
	FLIGHT_CLIENT_HELLO,	/* the first one */
	FLIGHT_RETRY_REQUEST,	/* HelloVerifyRequest or HelloRetryRequest */
	FLIGHT_SECOND_HELLO,	/* the ClientHello that answers it */
	FLIGHT_SERVER_HELLO,	/* and what the server sends after it */
	FLIGHT_CLIENT_FINISHED,	/* and what the client sends before it */
	FLIGHT_CONFIRM,		/* the server's Finished; of DTLS 1.3 its ACK; resumed, there is none */
};
#define HANDSHAKE_MAX_FLIGHT FLIGHT_CONFIRM
#define FOR_EACH_FLIGHT(n) for (uint8_t n = FLIGHT_CLIENT_HELLO; n <= HANDSHAKE_MAX_FLIGHT; n++)

enum point {
	POINT_SENT,		/* the sender's socket */
	POINT_ARRIVED,		/* the receiver's host: also what its kernel then dropped */
	POINT_QUEUED,		/* the receiver's socket: it can be read there */
	POINT_READ,		/* the receiver's application; nothing that was cut on reading */
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
	uint8_t unheard;	/* copies that had all of it, since its receiver was heard: see unheard.h */
	bool fragmented;	/* some fragment of it was not the whole */
	struct split split;
	uint32_t carried;	/* the largest datagram with a part of it, UDP payload, bytes */
};

/* One direction at one of its points. */
struct view {
	bool any;		/* something was seen here */
	struct seq_window plain;	/* epoch 0 */
	struct seq_window encrypted;	/* epoch 1 */
	uint64_t ccs_ns;	/* ChangeCipherSpec first seen */
	uint64_t finished_ns;	/* first handshake record of epoch 1, or CID record after CCS: Finished */
	uint64_t data_ns;	/* first application data; DTLS 1.3: first record of epoch 3 */
	uint64_t answer_ns;	/* DTLS 1.3, of the server: first that answers the client's Finished */
};

struct flight {
	uint8_t from;		/* enum party_role; meaningless while copies is 0 */
	bool finished_in_copy;	/* the latest copy has its Finished */
	bool has_finished;	/* some copy has */
	uint8_t finished_unheard;	/* copies that had it, since the receiver was heard: see unheard.h */
	bool complete;		/* all of it was seen where it is counted; never if it is encrypted */
	bool arrived;		/* all of it was queued at the receiver's socket */
	bool read;		/* all of it was read by the receiver's application */
	uint32_t copies;	/* 1 sent, more: sent again */
	uint32_t datagrams;	/* over all copies */
	uint32_t records;	/* over all copies; at most, where not all can be told apart */
	uint64_t bytes;		/* UDP payload, over all copies */
	uint64_t first_ns;
	uint64_t last_ns;	/* latest datagram of any copy */
	uint64_t copy_ns[FLIGHT_MAX_COPY_TIMES];	/* begin of the first copies */
	uint64_t latest_copy_ns;	/* likewise, of the latest */
	uint64_t copy_first_seq;	/* first epoch 0 record of the latest copy */
	uint64_t longest_gap_ns;	/* between two datagrams of it */
	uint64_t burst_ns;	/* the first datagram after the latest silence; see flight_burst_ns() */
	uint16_t lengths[FLIGHT_MAX_LENGTHS];	/* DTLS 1.3: of its encrypted records, each once */
	uint8_t num_lengths;
	bool lengths_overflown;	/* there were more: those that came last are kept */
	uint8_t lengths_unheard[FLIGHT_MAX_LENGTHS];	/* copies that had each, since the receiver was heard */
	uint16_t lengths_in_copy;	/* bit n: a record of lengths[n] is in the latest copy */
	uint16_t lengths_before;	/* likewise, in the copy before */
	uint16_t lengths_arrived;	/* bit n: a record of lengths[n] arrived at its receiver */
	uint64_t lengths_arrived_ns;	/* when all of a copy had; 0: not yet, or not known */
	uint64_t arrived_ns;	/* when `arrived` became true */
	uint64_t queued_ns;	/* latest datagram of it queued at the receiver's socket */
	uint64_t usable_ns;	/* when it was read in order, so that every receiver can use it; 0: not yet */
	struct in_order in_order;
	uint64_t read_ns;	/* when `read` became true */
	uint64_t cut_ns;	/* first datagram of it that was cut on reading */
	uint32_t dropped;	/* datagrams of it that this host's kernel dropped */
	uint32_t copies_dropped;	/* copies that lost a datagram so */
	uint32_t last_copy_dropped;	/* the latest of these: the n-th copy, 0: none */
	uint8_t drop;		/* index in handshake.drops of the latest, plus 1; 0: none or not kept */
};

enum arrival_state {
	ARRIVAL_NONE,		/* the slot is free */
	ARRIVAL_QUEUED,		/* lies in the receive queue */
	ARRIVAL_READ,
	ARRIVAL_GONE,		/* dropped, or read unseen: not in the queue any more, or not known to be */
};

/* Bytes of a message of the sender. */
struct fragment {
	uint32_t begin, len;
	uint8_t message;	/* index in the sender's messages */
};

/* A datagram at the receiver's socket, and what of the handshake is in it. */
struct arrival {
	uint64_t datagram;	/* event.datagram, > 0 */
	uint64_t since_ns;
	uint32_t length;	/* UDP payload, bytes */
	uint32_t first_fragment;	/* counted over all that ever were; see party.num_fragments */
	uint8_t num_fragments;
	uint8_t state;		/* enum arrival_state */
	uint8_t flights;	/* bit n: something of flight n */
	bool ccs, finished, data;	/* ChangeCipherSpec, Finished, application data */
	bool may_be_data;	/* a connection ID hides if it is a Finished that was sent again, or data */
	bool duplicate;		/* the same records came before: a replay, which nobody takes (s4.1.2.6) */
	bool answer;		/* see view.answer_ns */
};

/* What is needed to take the latest arrival back when its drop follows. */
struct undo {
	uint64_t datagram;	/* 0: there is nothing to take back */
	struct coverage queued[HANDSHAKE_MAX_MESSAGES];	/* of the sender's messages, before */
	struct view view;	/* the sender's at POINT_QUEUED, before */
	uint8_t flight_at;	/* likewise */
};

/* Sends that the kernel refused. What was in them is not known. */
struct send_failures {
	uint32_t hard;		/* over all */
	uint32_t soft;		/* those that ask to try again: EAGAIN, ENOBUFS and such */
	uint32_t pending;	/* hard ones since this side last got its flight out */
	uint16_t error;		/* the latest hard one, errno */
	uint16_t soft_error;	/* the latest soft one, errno, 0 unknown */
	uint32_t min_len, max_len;	/* of the pending ones, bytes */
	uint64_t first_ns, last_ns;	/* of the pending ones */
	uint64_t sent_ns;	/* the kernel took the whole flight after the latest of them; 0: not */
};

/* ICMP errors for what this side sent (RFC 792, RFC 4443). */
struct icmp_errors {
	uint32_t unreachable;	/* port unreachable, over all */
	uint32_t pending;	/* of these, since the peer was heard last */
	uint32_t copies;	/* of this side's flight when the latest of these came */
	uint64_t first_ns, last_ns;	/* of the pending ones */
	uint32_t others;	/* any other error, over all */
	uint16_t other_error;	/* the latest of those: errno, 0 unknown */
	uint8_t other_type, other_code;	/* type 0: unknown */
};

/* Reads into a buffer that was smaller than the datagram. */
struct cut_reads {
	uint32_t num;
	uint32_t buffer;	/* of the latest, bytes */
	uint32_t length;	/* of the datagram then, bytes */
	uint64_t last_ns;
};

/* Datagrams with something of the handshake that this host's kernel dropped. */
struct drop {
	enum party_role from;
	bool outgoing;		/* on their way out, else on their way in */
	uint32_t reason;	/* this kernel's number, 0 unknown */
	char name[DROP_NAME_LEN];	/* escaped; "": the kernel gave no reason, or none with a name */
	uint32_t count;		/* datagrams */
	uint64_t bytes;		/* UDP payload */
	uint64_t first_ns, last_ns;
};

/* DTLS 1.3: records that are ACKs, or that can be by their length (RFC 9147 s7). */
struct acks {
	uint32_t num;		/* duplicates apart */
	uint64_t last_ns;
	uint16_t last_len;	/* of the record, bytes: as in dtls13_identity() */
};

/* The same address and port? */
static inline bool endpoint_equals(const struct event_endpoint *a, const struct event_endpoint *b)
{
	return !__builtin_memcmp(a, b, sizeof(*a));
}

/* What of the client's latest ClientHello has come since the server last sent: see hello_again.h. */
struct hello_again {
	uint32_t message;	/* which of the client's messages it is, by index */
	struct coverage seen;
	uint64_t whole_ns;	/* when all of it had come; 0: not */
};

struct party {
	struct event_endpoint address;
	bool ipv4;
	bool local;		/* its socket is on this host: an event of it was seen */
	bool uncaptured;	/* what it sends is not in the capture: its silence means nothing */
	bool has_owner;
	uint64_t socket;	/* cookie */
	uint32_t pid, tid, uid, netns;	/* uid: valid with has_owner */
	uint32_t ns_pid;	/* see struct event; 0: unknown */
	uint64_t cgroup_id;
	uint64_t closed_ns;	/* its socket was closed */
	uint32_t unread;	/* datagrams of any kind that were left in its queue then */
	char comm[EVENT_COMM_LEN + 1];	/* hostile bytes */
	struct view view[POINT_MAX];	/* of what it sends */
	struct cipher_window cipher[POINT_ARRIVED + 1];	/* likewise: encrypted records of DTLS 1.3 */
	struct acks acks;	/* that it sent */
	bool may_have_finished;	/* a connection ID hides the type of a record that may be its Finished */
	uint16_t finished_len;	/* of the record with its Finished, bytes; 0: not seen, or encrypted */
	bool is_rekeyed;	/* DTLS 1.3: it sends in epoch 4 or later, of which 6 looks like 2 */
	uint64_t early_ns;	/* its first application data that came before its Finished; 0: none */
	struct message messages[HANDSHAKE_MAX_MESSAGES];
	uint32_t num_messages;
	uint8_t flight;		/* the highest it has begun, 0: none */
	uint8_t flight_at[POINT_MAX];	/* the highest that was seen at each point */
	uint64_t last_sent_ns;	/* anything of this handshake, where it is counted */
	struct arrival arrivals[PARTY_MAX_ARRIVALS];	/* at its socket, in no order */
	struct fragment fragments[PARTY_MAX_FRAGMENTS];	/* of these; a ring */
	uint32_t num_fragments;	/* over all */
	struct undo undo;	/* of the latest arrival */
	uint64_t asked_ns;	/* the first that its peer sent arrived here since it last sent, 0: nothing */
	struct hello_again queued_again, read_again;	/* of the server: at its socket, by its application */
	uint64_t last_read_ns;	/* its application took something of this handshake */
	uint64_t longest_unread_ns;	/* that a handshake datagram sat in the queue until it was read */
	struct cut_reads cut;
	struct sizes sizes;	/* of what it sends */
	struct oddities odd;	/* likewise */
	struct send_failures failures;
	struct icmp_errors icmp;
	uint32_t retransmissions;	/* copies beyond the first, over its flights */
	uint64_t timer_ns;	/* first gap between copies of one flight, 0: not learned */
	uint32_t unheard_copies;	/* of its flights, since its peer was heard last */
	uint64_t unheard_ns[PARTY_MANY_COPIES];	/* when the first of these were begun */
	uint64_t last_unheard_ns;	/* and the latest */
	uint64_t many_unheard_ns;	/* when each part of its flight had been seen in as many; 0: not yet */
};

/* What was seen of a hello message. */
struct hello_said {
	uint32_t known;		/* bytes seen without a hole from its beginning; 0: nothing */
	uint32_t length;	/* of the whole message, bytes */
	uint16_t message_seq;
	struct hello hello;	/* what these say */
};

struct hello_assemblies;
struct sighting;

struct handshake {
	uint64_t id;		/* from 1, in order of their first ClientHello */
	enum handshake_state state;
	struct party party[PARTY_MAX];
	struct flight flights[HANDSHAKE_MAX_FLIGHT + 1];	/* by enum flight_number; [FLIGHT_NONE] is unused */
	uint8_t client_random[HELLO_RANDOM_LEN];
	uint16_t version;	/* of the ServerHello, else of the ClientHello, else 0 */
	bool version_negotiated;
	bool is_dtls13;		/* what follows the ServerHello is encrypted: see dtls13.h */
	bool is_dtls12;		/* or before: what DTLS 1.3 encrypts was seen in plaintext */
	bool is_client_finished_sure;	/* DTLS 1.3: of that flight more was seen than what may be ACKs */
	uint32_t retry_seqs;	/* bit n: the server's hello with message_seq n is a HelloRetryRequest */
	struct hello_said client_hello;	/* the latest: it may differ from the first (RFC 9147 s5.1) */
	struct hello_said retry_request;	/* HelloVerifyRequest or HelloRetryRequest */
	struct hello_said server_hello;
	struct hello_assemblies *assemblies;	/* where fragments of these are put together; NULL: nowhere */
	bool resumed;
	bool renegotiates;	/* more was seen of epoch 1 than Finished is: a HelloRequest, or what it leads to */
	bool captured;		/* from a capture file: nothing is known of sockets, neither side is local */
	bool was_stuck;		/* has been called stuck, or failed while open, now or before */
	bool sees_reads, sees_drops, sees_send_failures;	/* what its source shows at all */
	bool midway;		/* its first ClientHello was not seen, nor when it began: see begin.h */
	uint8_t midway_flight;	/* then: of the first message that was seen */
	bool is_final;		/* the trace is over: this is the last word */
	bool interleaved;	/* another handshake ran on this address pair at the same time */
	bool ambiguous;		/* of which of them a datagram was, could not be told for certain */
	uint8_t missing;	/* enum missing: something of the time in which it ran may be */
	bool flooded;		/* so much came between its addresses that it is not looked at any more */
	uint64_t events_lost;	/* by the tracer, while this handshake ran */
	uint64_t lost_ns;	/* when the latest of these were known to be lost */
	uint64_t started_ns;
	uint64_t last_ns;	/* latest event of any kind */
	uint64_t ended_ns;	/* 0 while it is open */
	uint64_t waited_ns;	/* passed in silence until a timer sent a flight again */
	uint8_t alert_level, alert_description;
	enum party_role alert_from;
	struct encrypted_alert encrypted_alert;	/* before the handshake was complete for its sender */
	bool closed_by_alert;	/* an encrypted alert came after it had ended: most likely close_notify */
	struct repeats repeats;
	struct cookies cookies;
	struct relations relations;
	struct others others;
	struct drop drops[HANDSHAKE_MAX_DROPS];	/* by direction and reason, in order of the first */
	uint32_t num_drops;
	uint32_t drops_untold;	/* datagrams dropped for reasons beyond these */
	struct claim verdict;	/* code VERDICT_NONE while there is nothing to say */
};

/* What became of one item of a datagram. */
struct item_facts {
	uint8_t flight;		/* 0: of none */
	bool retransmission;	/* the bytes were sent before, in another record (s4.2.4) */
	bool duplicate;		/* the same record, seen before at this point */
};

/* Neither completed nor given up: it may still move, whatever was said of it. */
static inline bool handshake_is_open(const struct handshake *h)
{
	return !h->ended_ns;
}

/*
 * The record numbers of this epoch that were seen, NULL of one that is not of a
 * first handshake: those of a renegotiation.
 */
static inline struct seq_window *view_window(struct view *view, uint16_t epoch)
{
	return epoch == 0 ? &view->plain : epoch == 1 ? &view->encrypted : NULL;
}

/* The same, to look at. */
static inline const struct seq_window *view_numbers(const struct view *view, uint16_t epoch)
{
	return view_window((struct view *)view, epoch);
}

/* The point at which what `role` sends is counted. */
static inline enum point handshake_counting_point(const struct handshake *h, enum party_role role)
{
	return h->party[role].view[POINT_SENT].any ? POINT_SENT : POINT_ARRIVED;
}

/* The point that tells best what the receiver of `role`'s datagrams has got of them. */
static inline enum point handshake_receiving_point(const struct handshake *h, enum party_role role)
{
	enum point counting = handshake_counting_point(h, role);

	/* With events lost, an arrival that was not seen may have happened. */
	if (h->party[party_peer(role)].local && (!h->events_lost || counting == POINT_ARRIVED))
		return POINT_QUEUED;
	return counting;
}

/* How long after its latest copy is the next one of `role`'s flight due? (s4.2.4.1) */
uint64_t handshake_timer_ns(const struct handshake *h, enum party_role role);

/* How long did an answer to `role` take at most, from first to first, retransmissions included? 0: none came. */
uint64_t handshake_round_trip_ns(const struct handshake *h, enum party_role role);

/*
 * Take in one datagram of s->h, and fill in what s->items and the rest of `s` say of it.
 * What then became of it: fate.h.
 */
void handshake_datagram(struct sighting *s);

/* Was this datagram seen at this point before, record for record? */
bool handshake_has_seen(const struct handshake *h, const struct event *ev, enum party_role from,
			enum point point);

/* Say of each item which flight it is of, and change nothing. */
void handshake_describe(const struct handshake *h, const struct event *ev, enum party_role from,
			enum point point, struct item_facts *facts);

#endif
