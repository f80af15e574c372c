/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Synthetic events for the growth benchmark. They are fed to the analysis as user/trace.c does:
 * each deadline passes at its own time, between the events.
 */
#ifndef DTLSNOOP_GROWTH_FEED_H
#define DTLSNOOP_GROWTH_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis.h"

#define US 1000ULL
#define MS (1000 * US)

#define SERVER_SOCKET 1
#define NETNS 4026531840u

/* One feed is one trace. */
struct feed {
	struct analysis *analysis;
	uint64_t now;
	uint64_t events;	/* fed events, and notices that are no events */
	uint64_t arrived;	/* datagrams at the server's socket */
	uint64_t reported;	/* handshake callbacks */
	uint64_t seed;		/* of the hash functions; a row may know it */
	union {
		struct event ev;	/* the event that is being built */
		uint8_t bytes[EVENT_SIZE_LARGE];
	};
};

bool feed_init(struct feed *f, uint32_t max_handshakes, uint64_t seed);
void feed_fini(struct feed *f);

/* The address of the n-th client, and of the server. */
struct event_endpoint feed_client(uint32_t n);
struct event_endpoint feed_server(void);

/* Begin an event at the server's socket, from or to this client. */
void feed_at_server(struct feed *f, uint8_t kind, uint32_t client);
/* The same at a client's socket. */
void feed_at_client(struct feed *f, uint8_t kind, uint32_t client, uint64_t socket);

void feed_record(struct feed *f, uint8_t content_type, uint16_t epoch, uint64_t sequence, uint16_t length);
/* Add a DTLS 1.3 record with a unified header. */
void feed_unified(struct feed *f, uint16_t epoch, uint16_t sequence, uint16_t length);
/* Add a fragment of a message, in a record of its own. */
void feed_fragment(struct feed *f, uint64_t sequence, uint8_t msg_type, uint16_t message_seq,
		   uint32_t length, uint32_t offset, uint32_t fragment_length);
/* Add another fragment to the same record. */
void feed_message(struct feed *f, uint8_t msg_type, uint16_t message_seq, uint32_t length,
		  uint32_t offset, uint32_t fragment_length);
static inline void feed_whole(struct feed *f, uint64_t sequence, uint8_t msg_type, uint16_t message_seq,
			      uint32_t length)
{
	feed_fragment(f, sequence, msg_type, message_seq, length, 0, length);
}
/* Add a ClientHello whose random is made from `random`. */
void feed_client_hello(struct feed *f, uint64_t sequence, uint64_t random);
/* Add the bytes of the hello in the last message. */
void feed_body(struct feed *f, const uint8_t *bytes, uint32_t len);

/* Feed the event that was built, `later` ns after the previous one. */
void feed_send(struct feed *f, uint64_t later);
/* Let `ns` pass without an event. */
void feed_wait(struct feed *f, uint64_t ns);

/* Queue a ClientHello at the server's socket. Returns its number in the receive queue. */
uint64_t feed_hello_queued(struct feed *f, uint32_t client, uint64_t random);
/* The server's application reads datagram `number` from the receive queue. */
void feed_read(struct feed *f, uint32_t client, uint64_t number);
/* Feed a whole handshake, as seen at the server. */
void feed_handshake(struct feed *f, uint32_t client, uint64_t random);
/* The same as seen at the client's socket `socket`. */
void feed_handshake_of_client(struct feed *f, uint32_t client, uint64_t socket, uint64_t random);
/* Close a socket. */
void feed_close(struct feed *f, uint64_t socket);

#endif
