/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a handshake begins for the analysis: with its ClientHello, or, if it was
 * under way when the trace began, with the first message that tells who is who.
 * Of the latter it is not known what its sides owe each other, so nothing is ever
 * called a fault. The inside of the analysis: only intake.c includes this.
 */
#ifndef DTLSNOOP_BEGIN_H
#define DTLSNOOP_BEGIN_H

#include "hello.h"
#include "intake.h"

/*
 * The handshake that this ClientHello belongs to; a new one if its random is new.
 * NULL if memory is short.
 */
struct handshake *begin_with_client_hello(struct analysis *a, const struct event *ev,
					  const struct hello *hello);

/*
 * The handshake that was under way when the trace began and that this datagram,
 * which is of no other, is of; NULL if it is none. Later in a trace, and when there
 * are more than can be followed, what is of no handshake is of one that was given up.
 */
struct handshake *begin_under_way(struct analysis *a, const struct event *ev);

#endif
