/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Has a handshake reached its end, as far as could be seen? */
#ifndef DTLSNOOP_OUTCOME_H
#define DTLSNOOP_OUTCOME_H

#include "handshake.h"

/*
 * Both Finished (RFC 6347 s4.2.4 figures 1 and 2), or application data of both sides,
 * arrived. For DTLS 1.3 see dtls13_is_completed().
 */
bool outcome_is_completed(const struct handshake *h);

/*
 * Has its client changed its role since it last sent its ClientHello, which nobody has answered: does it serve a handshake
 * that the other side began, in the other direction?
 */
bool outcome_is_turned(const struct handshake *h);

/*
 * The client has begun another handshake from the same socket since it last sent in
 * this one, or serves one in the other direction: it may have given up this one on purpose.
 */
bool outcome_is_superseded(const struct handshake *h);

/*
 * Is all that is known of its client one ClientHello from another host? A client that waits for an answer
 * repeats it: this address may be forged, or belong to a scanner. Never in a capture.
 */
bool outcome_is_stranger(const struct handshake *h);

/*
 * Does its client receive what its server sends? A socket of this host sent its ClientHello, or a later one has the cookie that
 * the server gave, or the client has answered the ServerHello. Otherwise a scanner may have sent all of it, or somebody
 * with a forged address (RFC 6347 s4.2.1).
 */
bool outcome_is_reachable(const struct handshake *h);

/*
 * Is one ClientHello all there is of it, between addresses that have a real handshake? If
 * nobody on this host has sent it, anybody can have (RFC 6347 s4.2.1), so nothing is
 * concluded from it. A real client repeats it. If the client's socket is on this host, and has sent
 * nothing of it, all of it is somebody else's.
 */
bool outcome_is_unproven(const struct handshake *h);

/* Nothing but hello flights of `h` was seen, and since then its client has gone on in `other`, of the same flow: it waits no longer. */
bool outcome_goes_on_in(const struct handshake *h, const struct handshake *other);

/* It is complete: has a socket of this host sent the last flight? If not, anybody may have. */
bool outcome_is_witnessed(const struct handshake *h);

/*
 * The socket that receives its last flight is not on this host. That was sent again, since its peer had repeated the flight before it, and the peer has sent nothing since: it
 * has the last flight now, or it has given up.
 */
bool outcome_is_unconfirmed(const struct handshake *h);

/*
 * The receiver of the last flight, on another host, has repeated its own since, without an answer, and then data came from it:
 * either that is a stranger's, or the copies are. Not if the two have exchanged data.
 */
bool outcome_rests_on_data(const struct handshake *h);

#endif
