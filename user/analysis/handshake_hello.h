/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What its hellos say of a handshake, into its model. */
#ifndef DTLSNOOP_HANDSHAKE_HELLO_H
#define DTLSNOOP_HANDSHAKE_HELLO_H

#include "handshake.h"
#include "hello_assembly.h"

/* The hello fragment whose bytes the event has; false if it has none. */
bool handshake_hello_fragment(const struct event *ev, enum party_role from,
			      struct hello_fragment *out);

/* Take in the fragment of a hello that the event has, if it has one, which `from` sent. */
void handshake_hello(struct handshake *h, const struct event *ev, enum party_role from);

#endif
