/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a handshake begins for the analysis: with its ClientHello or, if it was under
 * way when the trace began, with the first message that tells client from server. In
 * the second case the earlier messages are not known: see late.h for what can be said all the same.
 * Internal to the analysis: only intake.c includes this.
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
 * Copies of this ClientHello come without its beginning (see early_is_repeated()): the handshake of its client, whose
 * random is not known until that comes. `is_first`: its first copy was seen. NULL: another handshake runs between these
 * addresses, or memory is short.
 */
struct handshake *begin_without_beginning(struct analysis *a, const struct event *ev, bool is_first);

/*
 * A datagram belongs to no known handshake: the handshake for it, which was under way
 * when the trace began; NULL if there is none. Later in a trace, or if there are more
 * than can be followed, such a datagram belongs to a handshake that was given up.
 */
struct handshake *begin_under_way(struct analysis *a, const struct event *ev);

/*
 * A datagram at a socket where nothing of its handshake was seen before. If that began before the trace,
 * and its other end is on this host, too, in any network namespace: that handshake; else NULL.
 */
struct handshake *begin_join(struct analysis *a, const struct event *ev);

#endif
