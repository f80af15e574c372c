/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What its hellos say of a handshake, into its model. */
#ifndef DTLSNOOP_HANDSHAKE_HELLO_H
#define DTLSNOOP_HANDSHAKE_HELLO_H

#include "handshake.h"
#include "hello_assembly.h"

/* The hello fragment at an item, `from` as its sender, as far as the event has its bytes; false if it has none. */
bool handshake_hello_fragment(const struct event *ev, uint32_t item, enum party_role from,
			      struct hello_fragment *out);

/* Take in the fragment of a hello at an item of the event, if there is one with its bytes, which `from` sent. */
void handshake_hello(const struct sighting *s, uint32_t item);

/* Is it of this message what is known of a hello? */
bool handshake_said(const struct hello_said *said, const struct dtls_message *msg);

/* Is this message a HelloRetryRequest (RFC 8446 s4.1.3)? By its header it is a ServerHello. */
bool handshake_is_retry_request(const struct handshake *h, const struct dtls_message *msg);

#endif
