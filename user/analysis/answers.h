/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which copies of a flight were answered? A copy is answered if a whole copy of the peer's
 * next flight follows it, seen where the peer's datagrams are counted. A side that
 * repeats its flight after several answers does not get them, or does not take them.
 */
#ifndef DTLSNOOP_ANSWERS_H
#define DTLSNOOP_ANSWERS_H

#include "sighting.h"

/* A copy that begins so soon after an answer may have crossed it. */
#define ANSWER_CROSSING_NS 500000000ULL

/* A datagram was processed: does it complete a copy of an answer? */
void answers_datagram(const struct sighting *s);

#endif
