/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where an event was seen: at the socket of which party, who owns that, or in a capture. Internal to the analysis. */
#ifndef DTLSNOOP_PLACE_H
#define DTLSNOOP_PLACE_H

#include "intake.h"

/* The party with the event's socket. */
enum party_role place_role(const struct handshake *h, const struct event *ev);

/* Does a server whose socket was closed go on by another one? Then a socket at its address sends messages of this handshake. */
bool place_goes_on_elsewhere(const struct handshake *h, const struct event *ev);

/* Record the owner of the event's socket, which is that of `role`; a drop or an ICMP error may have no socket. */
void place_note_owner(struct analysis *a, struct handshake *h, const struct event *ev, enum party_role role);

/* Record where the datagram was seen. */
void place_note(struct analysis *a, struct handshake *h, const struct event *ev);

#endif
