/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What makes a side give up: an alert that its peer did not send, or an ICMP error about what it sent. Anybody can
 * send either. It gives up soon after that, and sends nothing in between but an alert.
 */
#ifndef DTLSNOOP_GAVE_UP_H
#define DTLSNOOP_GAVE_UP_H

#include "handshake.h"

/* Why did the side that ends the handshake at `now`, as h->ending says, give up? VERDICT_NONE: not because of these. */
struct claim gave_up_why(const struct handshake *h, uint64_t now);

/* It fell silent, so it is not known when it gave up. Did it do so because of such an alert, or an ICMP error? */
bool gave_up_silently_at_alert(const struct handshake *h, enum party_role role);
struct claim gave_up_silently_at_icmp(const struct handshake *h, enum party_role role);

/*
 * Did `by` give up at `now` when its peer, which had left its queue alone for at least `floor_ns`, read again and answered,
 * but nothing of that had arrived? Then that it reads again does not make the ending the cause.
 */
bool gave_up_before_late_read(const struct handshake *h, enum party_role by, uint64_t floor_ns, uint64_t now);

#endif
