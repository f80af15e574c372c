/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Handshakes that may have begun before the trace. People start a trace because a handshake is stuck: one
 * side repeats its flight, and it is not known how often the other side answered before the trace. The
 * other side may be healthy, and wait for its own timer, which may have doubled up to a minute.
 */
#ifndef DTLSNOOP_LATE_H
#define DTLSNOOP_LATE_H

#include "handshake.h"

struct sighting;
struct standing;

/*
 * May copies of this flight have been sent before the trace? No, if the trace shows how the handshake came
 * to this flight: some side has since begun another flight than the first that was seen of it.
 */
bool late_is_stale(const struct handshake *h, uint8_t number);

/*
 * Is the length of this side's timer unknown? Two copies with a pause between them show it, unless its peer
 * has sent something, which may have caused the second copy. A side that was seen to send data may have
 * stopped its timer.
 */
bool late_hides_timer(const struct handshake *h, enum party_role role);

/*
 * Process a datagram that a server on this host sent. If it cannot be the server's first, the handshake
 * began before the trace: the ClientHello that was seen is a retransmission.
 */
void late_note_server(const struct sighting *s);

/* May both sides still be where they were when the trace began? */
bool late_is_unmoved(const struct handshake *h);

/*
 * A copy of a flight begins at `now`: record whether its sender's timer has doubled. `joined`: its first
 * record has the number after the sender's latest one, so no copy is missing in between. Call this before the
 * copy is counted.
 */
void late_note_copy(struct flight *flight, bool joined, uint64_t now);

/*
 * No flight of this side was seen, but it may have answered before the trace. From when on is it silent for
 * longer than a healthy side is? 0: it cannot have answered before; UINT64_MAX: not known yet.
 */
uint64_t late_silent_from(const struct standing *s);

#endif
