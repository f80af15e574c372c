/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the TLS libraries of the hosts of stream.h say. */
#ifndef DTLSNOOP_TEST_STREAM_LIBRARY_H
#define DTLSNOOP_TEST_STREAM_LIBRARY_H

#include "stream_verdict.h"

/* The usual session of each side, and another one. */
#define SESSION(role) (0x7f0000001000 + 0x1000 * (role))
#define OTHER_SESSION 0x7f00000f0000

/* The library in the process of this side says so. */
static inline void library_says(struct pair *p, enum party_role at, struct event_library said)
{
	struct event *ev = calloc(1, EVENT_SIZE_LIBRARY);	/* its own memory: see pair_emit_at() */

	assert_non_null(ev);
	ev->kind = EVENT_LIBRARY;
	pair_fill(p, ev, at);
	ev->size = EVENT_SIZE_LIBRARY;
	ev->socket = 0;
	memset(&ev->local, 0, sizeof(ev->local));
	memset(&ev->remote, 0, sizeof(ev->remote));
	if (!said.library)
		said.library = LIBRARY_OPENSSL;
	if (!said.version)
		said.version = 0x03000f00;
	memcpy(ev->items, &said, sizeof(said));
	pair_take(p, ev, at);
	free(ev);
}

static inline void library_enters(struct pair *p, enum party_role at, uint8_t call, uint64_t object)
{
	library_says(p, at, (struct event_library){ .call = call, .step = LIBRARY_ENTERED, .object = object });
}

static inline void library_returns(struct pair *p, enum party_role at, uint8_t call, uint64_t object, int32_t result)
{
	library_says(p, at, (struct event_library){ .call = call, .step = LIBRARY_RETURNED, .object = object, .result = result });
}

/* A call during which nothing is sent or read. */
static inline void library_calls(struct pair *p, enum party_role at, uint8_t call)
{
	library_enters(p, at, call, SESSION(at));
	library_returns(p, at, call, SESSION(at), -1);
}

/* It asks for the timer, of which so much is left. */
static inline void library_asks(struct pair *p, enum party_role at, uint64_t timer_ns)
{
	library_enters(p, at, LIBRARY_TIMER_ASKED, SESSION(at));
	library_says(p, at, (struct event_library){ .call = LIBRARY_TIMER_ASKED, .step = LIBRARY_RETURNED, .object = SESSION(at), .result = 1,
						    .timer_ns = timer_ns });
}

#define NO_SHARED_CIPHER 193
#define CERTIFICATE_VERIFY_FAILED 134

static inline void library_fails_in(struct pair *p, enum party_role at, uint32_t reason, const char *file, const char *function)
{
	struct event_library said = { .call = LIBRARY_ERROR, .area = 20, .reason = reason, .line = 1889 };

	strcpy(said.file, file);
	strcpy(said.function, function);
	library_says(p, at, said);
}

static inline void library_fails(struct pair *p, enum party_role at, uint32_t reason)
{
	library_fails_in(p, at, reason, "ssl/statem/statem_clnt.c", "tls_post_process_server_certificate");
}

/* The flight is sent by the library itself, in a call of the handshake. */
static inline void library_sends(struct pair *p, enum party_role at, void (*flight)(struct pair *p))
{
	library_enters(p, at, LIBRARY_HANDSHAKE, SESSION(at));
	flight(p);
	library_returns(p, at, LIBRARY_HANDSHAKE, SESSION(at), -1);
}

/* The application asks the library for the flight, and sends it. */
static inline void library_makes(struct pair *p, enum party_role at, void (*flight)(struct pair *p))
{
	library_calls(p, at, LIBRARY_HANDSHAKE);
	flight(p);
}

/* Both sides, until the client has sent flight 5, which is lost; its library sends by `send`. */
static inline void library_until_flight5(struct pair *p, void (*send)(struct pair *p, enum party_role at, void (*flight)(struct pair *p)))
{
	send(p, PARTY_CLIENT, dtls_flight1);
	send(p, PARTY_SERVER, dtls_flight4);
	p->fate = LOST;
	send(p, PARTY_CLIENT, dtls_flight5);
	p->fate = ARRIVES;
}

#endif
