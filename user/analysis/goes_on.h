/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An association that goes on after a ClientHello from one of its ends. An endpoint that has lost its association, or leaves
 * it, sends a ClientHello and no more data there (RFC 6347 s4.2.8): if it does send data, somebody else has sent the
 * ClientHello (s4.1.2.7).
 */
#ifndef DTLSNOOP_GOES_ON_H
#define DTLSNOOP_GOES_ON_H

struct flow;
struct sighting;

/* A datagram was processed; `flow` is the event's, or NULL. */
void goes_on_datagram(const struct sighting *s, const struct flow *flow);

#endif
