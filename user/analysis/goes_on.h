/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An association that goes on after a ClientHello from one of its ends. An endpoint that has lost its association, or leaves
 * it, sends a ClientHello and nothing more there (RFC 6347 s4.2.8): if it does send data, an alert or an ACK, somebody else
 * has sent the ClientHello (s4.1.2.7).
 */
#ifndef DTLSNOOP_GOES_ON_H
#define DTLSNOOP_GOES_ON_H

struct flow;
struct sighting;
struct table;

/* A datagram was processed; `flow` is the event's, or NULL. What was said of such a ClientHello no longer holds. */
void goes_on_datagram(struct table *table, const struct sighting *s, const struct flow *flow);

#endif
