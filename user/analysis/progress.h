/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which side has to send next: which flights want an answer, and has the answer
 * come? (RFC 6347 s4.2.4 figures 1 and 2)
 */
#ifndef DTLSNOOP_PROGRESS_H
#define DTLSNOOP_PROGRESS_H

#include "handshake.h"

/*
 * Does the sender of this flight wait for an answer, with a timer? Not after a
 * HelloVerifyRequest, for which a server keeps no state (s4.2.1), nor after the last flight.
 */
bool progress_expects_answer(const struct handshake *h, uint8_t flight);

/* Has this side sent data since its latest flight? */
bool progress_sends_data(const struct handshake *h, enum party_role role);

/*
 * Does the receiver of the last flight still repeat its own, although that has come? Then it is not done, whatever
 * was seen to arrive: that was not whole, or a stranger sent it (RFC 6347 s4.1.2.7).
 */
bool progress_goes_on_after_last(const struct handshake *h);

/*
 * From when on does it count as complete, if nothing happens until then? 0: at once. The receiver of the last flight, whose socket
 * is here, has read two copies of that and repeated its own flight each time: another copy proves nothing until a repeat is overdue.
 */
uint64_t progress_proven_from(const struct handshake *h);

/* To send a flight again needs no computing, but the application has to get to run. */
#define MIN_ANSWER_NS 500000000ULL

/* This side has sent a flight that wants an answer, and no answer has come. */
bool progress_is_waiting(const struct handshake *h, enum party_role role);

/* When did this side send data, most recently as far as that is known? 0: never. Of the sender of the last flight, the first is known. */
uint64_t progress_latest_data_ns(const struct handshake *h, enum party_role role);

/*
 * Has the receiver of the last flight sent data since then? Whoever lacks that flight sends none (RFC 5246 s7.4.9). If its socket
 * is elsewhere and the copies of its flight have old record numbers, they may be replays: then data at any time shows that it was done.
 */
bool progress_has_taken_last(const struct handshake *h, enum party_role role, uint64_t since);

/*
 * The sender of the last flight has read data that came after it, and sent data after that; its peer is on another host. A
 * stranger cannot make it answer: so its peer is done, and whatever repeats its flight is not the peer.
 */
bool progress_is_exchanging(const struct handshake *h);

/*
 * Does the receiver of the last flight repeat its own, as if the last flight had not come? It has sent no data
 * since. Some of these copies may be forged if its socket is not on this host.
 */
bool progress_lacks_last(const struct handshake *h);

#endif
