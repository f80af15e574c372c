/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stores the content of the hellos in the model of a handshake. */
#ifndef DTLSNOOP_HANDSHAKE_HELLO_H
#define DTLSNOOP_HANDSHAKE_HELLO_H

#include "handshake.h"
#include "hello_assembly.h"

/* The hello fragment at an item, sent by `from`; false if the event has no bytes of it. */
bool handshake_hello_fragment(const struct event *ev, uint32_t item, enum party_role from,
			      struct hello_fragment *out);

/* Process the hello fragment at an item of the event, if the event has bytes of it. */
void handshake_hello(const struct sighting *s, uint32_t item);

/* Does `said` describe this message? */
bool handshake_said(const struct hello_said *said, const struct dtls_message *msg);

/* Is this message a HelloRetryRequest (RFC 8446 s4.1.3)? By its header it is a ServerHello. */
bool handshake_is_retry_request(const struct handshake *h, const struct dtls_message *msg);

#endif
