/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The simulated world: two endpoints that are real state machines (flights,
 * reassembly, timers, the answer to a repeated flight), a network between them
 * that loses, doubles, delays and reorders, and a log of everything that
 * happened. It knows nothing of the analysis: see observe.h for what can be
 * seen of it, and truth.h for what is true of it.
 *
 * Times are nanoseconds since the world began.
 */
#ifndef DTLSNOOP_PROPERTY_SIM_H
#define DTLSNOOP_PROPERTY_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dtls_wire.h"
#include "forgery.h"
#include "rng.h"
#include "scenario.h"
#include "script.h"
#include "state.h"

#define SIM_MTU_MAX 1500
#define SIM_MAX_FRAGMENTS 32	/* in one datagram */
#define SIM_MAX_DATAGRAMS 4096
#define SIM_MAX_LOG (8 * SIM_MAX_DATAGRAMS)
#define SIM_MAX_PENDING 1024
#define POST_MAX 5	/* messages of one side after the handshake */
#define SIM_MAX_EPOCHS (3 + POST_MAX)
#define SIM_NEVER UINT64_MAX

/* Bytes of a message of the script. In an ACK: that these were received. */
struct sim_fragment {
	uint8_t flight, message;	/* indices in the script */
	uint32_t off, len;
};

struct sim_datagram {
	uint8_t from;		/* enum party_role */
	uint8_t num_fragments, num_acked;
	bool data;		/* application data, or what cannot be told from it */
	uint8_t post, post_ack;	/* message after the handshake that is in it, or acknowledged; from 1, 0: none */
	bool alert;		/* a fatal one */
	bool goodbye;		/* close_notify, perhaps with user_canceled before it */
	uint8_t epoch;		/* of the goodbye */
	bool forged;		/* a stranger sent it */
	bool second_server;	/* see PEER_SECOND_SERVER: that one sent it ... */
	bool second_hello;	/* ... and it has the random */
	uint8_t attempt;	/* see PEER_RESTARTS: which one it belongs to */
	uint8_t port;		/* see PEER_MOVES: of the client, as the server sees it; 0: the first, 1: the second */
	uint16_t len;		/* bytes */
	uint16_t hello_number;	/* record number of the ClientHello in it, for the server's answer */
	uint32_t copy;		/* of the sender's copies of its flights, from 1; 0: of none */
	uint32_t earlier_copy;	/* the same, of an attempt that the client has left, or of the second server */
	uint32_t first;		/* see PEER_SAME_NUMBERS: index of the datagram with these bytes, plus 1; 0: new bytes */
	struct sim_fragment fragments[SIM_MAX_FRAGMENTS];
	struct sim_fragment acked[SIM_MAX_FRAGMENTS];
	uint8_t bytes[SIM_MTU_MAX];
};

enum log_kind {
	LOG_SENT, LOG_QUEUED, LOG_READ, LOG_CLOSED, LOG_ICMP,	/* at an endpoint */
	LOG_TAPPED,		/* passed the capture on the path */
	/* Not seen by anybody; for the reader of a trace, and the truth. */
	LOG_LOST, LOG_TIMER, LOG_GOT_FLIGHT, LOG_COMPLETED, LOG_GAVE_UP, LOG_FAULT, LOG_RESTARTED,
	LOG_MOVED, LOG_SECOND_SERVER,
	LOG_EARLIER,		/* one of these, in an attempt that its client has left */
};

struct log_entry {
	uint64_t time;
	uint8_t kind;		/* enum log_kind */
	uint8_t at;		/* enum party_role: at whose socket; TAPPED, LOST: who sent it */
	uint16_t datagram;	/* index; GOT_FLIGHT: of the flight */
	uint32_t number;	/* QUEUED, READ: n-th datagram at this socket, from 1 */
	uint32_t copied;	/* READ: bytes */
	uint8_t icmp_type, icmp_code;	/* ICMP */
	uint8_t attempt;	/* which one this side was at */
};

enum sim_action {
	ACTION_ARRIVE,		/* a datagram, at `at` */
	ACTION_TAP,
	ACTION_READ,		/* the next datagram of the queue at `at` */
	ACTION_TIMER,		/* of message `arg` or, SIM_WHOLE_FLIGHT, of the flight */
	ACTION_ANSWER,		/* the flight that was got has been worked through */
	ACTION_DATA,		/* the application sends */
	ACTION_ACK,
	ACTION_POST,		/* message `arg` after the handshake, if it is not acknowledged */
	ACTION_FAULT,		/* what the scenario has in store */
	ACTION_ICMP,		/* an error, type and code in `arg` */
	ACTION_PATIENCE,	/* its application has waited long enough */
	ACTION_FORGERY,		/* a stranger's datagram arrives */
	ACTION_RESTART,		/* the client starts again */
	ACTION_MOVE,		/* a NAT gives the client another port */
	ACTION_SECOND_SERVER,	/* it sends its answer */
};
#define SIM_WHOLE_FLIGHT UINT32_MAX

struct pending {
	uint64_t time;
	uint64_t order;		/* of two at the same time the first that was asked for */
	uint8_t action;		/* enum sim_action */
	uint8_t at;		/* enum party_role */
	uint32_t arg;
	uint32_t generation;	/* TIMER: void if the timer was set again since */
	uint8_t attempt;	/* of this side when it was asked for */
};

/* A message of the peer's flight, byte by byte. */
struct assembly {
	uint32_t have;		/* bytes */
	bool any;		/* an empty fragment is all there is of an empty message */
	bool done;
	uint8_t got[SCRIPT_MAX_MESSAGE];
};

/* What of an own message the peer has acknowledged (DTLS 1.3). */
struct acked {
	uint32_t num;
	struct { uint32_t off, len; } ranges[SIM_MAX_FRAGMENTS];
};

struct sim_timer {
	bool armed;
	uint32_t generation;
	uint32_t timeouts;
	uint64_t period, due, begun;
};

/* A message after the handshake of DTLS 1.3. */
struct post {
	uint32_t copies;
	bool acked;
};

struct endpoint {
	struct world *w;
	enum party_role role;
	const struct stack *stack;
	uint32_t mtu;
	int sent, got;		/* flights of the script by index, -1: none yet */
	uint8_t attempt;	/* see PEER_RESTARTS; from 0 */
	uint8_t port;		/* server: where it sends to; see PEER_MOVES */
	struct assembly new_hello;	/* server: of an attempt that it has not come to, what is there */
	uint8_t new_flight;	/* which of the client's hellos that is */
	bool completed;
	uint64_t completed_ns;
	bool answering;		/* ACTION_ANSWER is on its way */
	bool gave_up, closed;
	bool no_timer, deaf, mute, dead;	/* faults: see scenario.h */
	bool refuses;		/* takes no ClientHello in fragments */
	bool checks_numbers;	/* discards what has the number of a record that it read (s4.1.2.6) */
	struct assembly in[SCRIPT_MAX_MESSAGES];	/* of flight got + 1 */
	struct sim_fragment received[SIM_MAX_FRAGMENTS];	/* of it, for an ACK */
	uint32_t num_received;
	bool ack_pending;
	struct post post[POST_MAX];
	uint32_t epoch;		/* of what it sends after the handshake */
	struct acked acked[SCRIPT_MAX_MESSAGES];	/* of flight sent */
	struct sim_timer timer;
	struct sim_timer message_timer[SCRIPT_MAX_MESSAGES];
	uint64_t record_number[SIM_MAX_EPOCHS];
	uint32_t copies;	/* over all its flights */
	uint32_t first_copy;	/* which of these was the first of flight `sent` */
	bool replayed[SIM_MAX_DATAGRAMS];	/* read before: its records are old (s4.1.2.6) */
	uint64_t last_copy_ns;
	uint64_t last_read_ns;	/* when the latest read is, or will be */
	uint32_t num_arrived, num_read;	/* datagrams at its socket */
	uint16_t queue[SIM_MAX_DATAGRAMS];	/* datagrams by index, in order of arrival */
};

struct world {
	const struct scenario *sc;
	const struct script *script;
	struct rng rng;
	uint64_t now, end;
	bool overflow;		/* a bound above was met: the case counts for nothing */
	bool fault_begun;
	uint64_t fault_ns;
	const struct forgery *forgery;	/* NULL: none */
	uint64_t impatient_ns;	/* when the first application had waited long enough; 0: none had */
	uint64_t answered_ns;	/* when the server first sent its ServerHello; 0: it has not */
	uint64_t restarted_ns;	/* when the client started again; 0: it did not */
	uint64_t moved_ns;	/* when a NAT gave the client another port; 0: none did */
	struct script second;	/* of the client's second attempt, or the second server, with another random */
	uint64_t acted_ns;	/* when an endpoint gave up because of it; 0: none did */
	struct endpoint ep[PARTY_MAX];
	struct endpoint second_server;	/* see PEER_SECOND_SERVER; w NULL: there is none */
	struct pending pending[SIM_MAX_PENDING];	/* a heap */
	uint32_t num_pending;
	uint64_t num_asked;
	uint32_t num_datagrams;
	struct sim_datagram datagrams[SIM_MAX_DATAGRAMS];
	uint32_t num_log;
	struct log_entry log[SIM_MAX_LOG];
};

/* Run a scenario from its beginning to its end. `w` is large: one for all, in turn. */
void sim_run(struct world *w, const struct scenario *sc, const struct script *script,
	     const struct forgery *forgery);

/* --- between the files of the simulation --- */

void sim_log(struct world *w, enum log_kind kind, enum party_role at, uint32_t datagram);
void sim_ask(struct world *w, uint64_t time, enum sim_action action, enum party_role at,
	     uint32_t arg, uint32_t generation);

/* A datagram to be filled in and then sent; NULL if there are too many. */
struct sim_datagram *sim_datagram_new(struct world *w, enum party_role from);

/* net.c: it leaves the socket of its sender. */
void net_send(struct world *w, struct sim_datagram *dg);
void net_mark_fault(struct world *w);
/* An ICMP error comes for what this side has sent. */
void net_icmp(struct world *w, enum party_role at, uint8_t type, uint8_t code);
void net_arrive(struct world *w, enum party_role at, uint32_t datagram);

/* endpoint.c */
void endpoint_init(struct endpoint *ep, struct world *w, enum party_role role);
void endpoint_begin(struct endpoint *ep);
void endpoint_answer(struct endpoint *ep);
void endpoint_timer(struct endpoint *ep, uint32_t message, uint32_t generation);
void endpoint_close(struct endpoint *ep);
void endpoint_abort(struct endpoint *ep, bool closes);
void endpoint_begin_patience(struct endpoint *ep);
void endpoint_patience(struct endpoint *ep);
/* Silently, or with a word. */
void endpoint_give_up(struct endpoint *ep);
/* It does nothing any more, for whatever reason. */
bool endpoint_is_off(const struct endpoint *ep);
void endpoint_complete(struct endpoint *ep);
void endpoint_stop_timers(struct endpoint *ep);
/* Start the timer of its flight again, if one runs. */
void endpoint_rearm(struct endpoint *ep);

/* receiver.c */
void endpoint_receive(struct endpoint *ep, const struct sim_datagram *dg);
/* All of its handshake, but not its socket. */
void endpoint_forget(struct endpoint *ep);

/* Add this fragment of a message of `len` bytes to what is there of it. */
void assembly_add(struct assembly *in, const struct sim_fragment *f, uint32_t len);

/* attempt.c: see PEER_RESTARTS. */
void attempt_init(struct world *w);
void attempt_end(struct world *w);
void attempt_restart(struct endpoint *ep);
/* Does this side look at the datagram? A server may follow its client to another attempt. */
bool attempt_takes(struct endpoint *ep, const struct sim_datagram *dg);
const struct script *attempt_script(const struct world *w, uint32_t attempt);

/* nat.c: see PEER_MOVES. */
void nat_init(struct world *w);
void nat_move(struct world *w);
/* It leaves the socket of its sender: from which port of the client, or to which? */
void nat_send(const struct world *w, struct sim_datagram *dg);
/* Does it get there, as far as the NAT is concerned? */
bool nat_passes(struct world *w, enum party_role at, uint32_t datagram);
/* Does this side take what comes from another port? */
bool nat_takes(struct endpoint *ep, const struct sim_datagram *dg);

/* anycast.c: see PEER_SECOND_SERVER. */
void anycast_init(struct world *w);
void anycast_end(struct world *w);
/* What comes to the server comes to the second one, too. */
void anycast_hear(struct world *w, const struct sim_datagram *dg);
void anycast_send(struct world *w);

/* sender.c: one copy of a flight, or of one message of it (SIM_WHOLE_FLIGHT: all). */
void sender_copy(struct endpoint *ep, int flight, uint32_t message);
void sender_data(struct endpoint *ep);
void sender_alert(struct endpoint *ep);
void sender_goodbye(struct endpoint *ep);
void sender_ack(struct endpoint *ep);
/* DTLS 1.3: as long as an encrypted alert. */
void sender_empty_ack(struct endpoint *ep);
/* A record of `len` bytes of nothing. */
void sender_record(struct endpoint *ep, struct sim_datagram *dg, uint8_t content, uint32_t epoch, uint32_t len);

/* post.c: after the handshake of DTLS 1.3. */
void post_begin(struct endpoint *ep);
void post_send(struct endpoint *ep, uint32_t message);
void post_receive(struct endpoint *ep, const struct sim_datagram *dg);

#endif
