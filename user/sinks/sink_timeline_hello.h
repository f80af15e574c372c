/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The timeline's line below a ClientHello or a ServerHello: what it offers or chooses. */
#ifndef DTLSNOOP_SINK_TIMELINE_HELLO_H
#define DTLSNOOP_SINK_TIMELINE_HELLO_H

#include "sink.h"

/*
 * Print the line if this datagram contains the hello or completes it. Not for a retransmission, nor
 * for the same ClientHello with a cookie.
 */
void timeline_hello(struct sink *s, const struct datagram_facts *facts);

#endif
