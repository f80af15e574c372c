/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which datagrams of a capture tell something about a handshake? The BPF programs leave out
 * application data of established associations. This does the same for captures, by the same rules
 * (scan_is_wanted() in bpf/scan.bpf.h), so that the analysis gets the same from both. Pure, and of
 * a fixed size.
 */
#ifndef DTLSNOOP_ASSOCIATIONS_H
#define DTLSNOOP_ASSOCIATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct associations;

/* NULL if out of memory. Free it with associations_free(). */
struct associations *associations_new(void);
void associations_free(struct associations *as);

enum association_wants {
	ASSOCIATION_WANTED,
	ASSOCIATION_NOT_DTLS,
	ASSOCIATION_DATA,	/* application data after the first */
};

/*
 * Is this captured datagram to be reported? `has` is the enum walk_has of its items. Updates its
 * association.
 */
enum association_wants associations_take(struct associations *as, const struct event *ev,
					 uint32_t has);

/*
 * A captured datagram of `kind`, which is not DTLS; `ev` has its addresses and time. Is it to be
 * reported, by the rules of EVENT_OTHER? If so, `other` gets what passed between the two addresses
 * since the last ClientHello.
 */
bool associations_other(struct associations *as, const struct event *ev, enum event_other_kind kind,
			struct event_other *other);

/*
 * A captured ICMP error about a datagram from ev->local to ev->remote. Is it to be reported, by the
 * rules of emit_icmp_error() in bpf/fate.bpf.h?
 */
bool associations_icmp(struct associations *as, const struct event *ev);

#endif
