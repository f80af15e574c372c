/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Handshakes that were under way when the trace began: their ClientHello was
 * not seen. They are followed, and what is seen of them is told, but what they
 * owe each other is not known, so nothing is ever called a fault.
 */
#ifndef DTLSNOOP_MIDWAY_H
#define DTLSNOOP_MIDWAY_H

#include "handshake.h"

/* A handshake that is under way repeats itself within this, or it is dead. */
#define MIDWAY_TIME_NS 60000000000ULL

/*
 * Is there a message in it that only one side of a handshake sends, and sends
 * after a ClientHello? Then *out_from sent it, and it is of *out_flight.
 */
bool midway_find(const struct event *ev, enum party_role *out_from, uint8_t *out_flight);

#endif
