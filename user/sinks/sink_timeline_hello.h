/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The timeline's line under a ClientHello or a ServerHello: what it offers, what it chose. */
#ifndef DTLSNOOP_SINK_TIMELINE_HELLO_H
#define DTLSNOOP_SINK_TIMELINE_HELLO_H

#include "sink.h"

/*
 * The line, if this datagram has the hello or the last that was missing of it.
 * Not for one that is sent again, nor for the same ClientHello with a cookie.
 */
void timeline_hello(struct sink *s, const struct datagram_facts *facts);

#endif
