/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Handshakes that may have begun before the trace. The usual reason to attach is a handshake that is
 * stuck already: then one side repeats its flight, and nothing is known of how often the other has
 * answered it. That one may be healthy and wait for a timer of its own, which doubles up to a minute.
 */
#ifndef DTLSNOOP_LATE_H
#define DTLSNOOP_LATE_H

#include "handshake.h"

struct sighting;
struct standing;

/*
 * May copies of this flight have been sent before the trace began? They may, unless it was seen how
 * the handshake came to this flight: some side has begun a second flight since.
 */
bool late_is_stale(const struct handshake *h, uint8_t number);

/*
 * Is it not known how long this side's timer is by now? Two copies show it, unless its peer sends
 * something, too, which may be what makes it send again. Whoever sends data may have no timer any more.
 */
bool late_hides_timer(const struct handshake *h, enum party_role role);

/*
 * A datagram that this host's server sent: is it surely not the beginning of what that sent? Then the
 * handshake began before the trace, although its ClientHello was seen: it may have been late itself.
 */
void late_note_server(const struct sighting *s);

/*
 * May this be an abbreviated handshake, of which the server's flight was not seen? Then the client's flight
 * has no ClientKeyExchange, and is the last.
 */
bool late_may_be_abbreviated(const struct handshake *h);

/* Does the handshake stand where it stood when the trace began, as far as can be known? */
bool late_is_unmoved(const struct handshake *h);

/*
 * A copy of a flight begins; `joined`: its first record has the number after the latest one. Call
 * this before the copy is counted.
 */
void late_note_copy(struct flight *flight, bool joined, uint64_t now);

/*
 * Nothing was seen of this side, which may have answered its peer's flight before the trace began.
 * From when on is it silent for longer than a healthy side is? 0: no such doubt; UINT64_MAX: that
 * cannot be known yet.
 */
uint64_t late_silent_from(const struct standing *s);

#endif
