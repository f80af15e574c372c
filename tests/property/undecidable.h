/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From some places a forged datagram cannot be told from a genuine one: what the two sides then did, as far as it
 * can be seen there, they would also have done if it had been genuine. Not so
 *  - where the socket of its alleged sender is seen: that did not send it;
 *  - where it reached its receiver's socket, and was never read there;
 *  - where a side is seen to send what it would not have sent any more: its own sends show that at once; of what
 *    comes from elsewhere, one copy of a flight may have been on its way for a while.
 */
#ifndef DTLSNOOP_PROPERTY_UNDECIDABLE_H
#define DTLSNOOP_PROPERTY_UNDECIDABLE_H

#include "observe.h"

/*
 * The world is stuck. Could a handshake that the forged datagram completes look the same from there? Then neither side
 * sends an earlier flight than the last one any more.
 */
bool undecidable_completed(const struct world *w, enum observer observer);

/*
 * The world is stuck. Is its last flight seen there, and nothing that its receiver sends after the latest copy but what may
 * have been on its way? Then it is complete as far as can be told: a receiver that waits repeats its own flight.
 */
bool undecidable_sent(const struct world *w, enum observer observer);

/*
 * The world is stuck. A side whose copies have the record numbers of the first one seems to send data. Either the data is a
 * stranger's, or the copies are: a replay looks like them, and the side is done. Only its own socket shows which. Or a connection
 * ID hides which record is data.
 */
bool undecidable_replayed(const struct world *w, enum observer observer);

/* The world is healthy. Could one that the forged datagram ends look the same? Then neither side sends anything any more. */
bool undecidable_ended(const struct world *w, enum observer observer);

/*
 * The world is healthy, and the forged datagrams are copies of the flight before the last one. Could their alleged sender have
 * sent them, since it waits for the last one? Then it sends no data after them.
 */
bool undecidable_waits(const struct world *w, enum observer observer);

#endif
