/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which datagrams of a capture say something of a handshake? The BPF programs
 * leave out application data of established associations; for captures this
 * does the same, by the same rules (scan_is_wanted() in bpf/emit.bpf.h), so
 * that both tell the analysis alike. Pure, and of a fixed size.
 */
#ifndef DTLSNOOP_ASSOCIATIONS_H
#define DTLSNOOP_ASSOCIATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct associations;

/* NULL if memory is short. To be freed with associations_free(). */
struct associations *associations_new(void);
void associations_free(struct associations *as);

enum association_wants {
	ASSOCIATION_WANTED,
	ASSOCIATION_NOT_DTLS,
	ASSOCIATION_DATA,	/* application data after the first */
};

/*
 * Is this captured datagram to be told? `has`: enum walk_has over its items. What
 * is known of its association is brought up to date.
 */
enum association_wants associations_take(struct associations *as, const struct event *ev,
					 uint32_t has);

/*
 * A captured datagram that is not DTLS, of `kind`; `ev` has its addresses and its time.
 * Is it to be told, by the rules of EVENT_OTHER? Then `other` is what has passed between
 * the two since the last ClientHello.
 */
bool associations_other(struct associations *as, const struct event *ev, enum event_other_kind kind,
			struct event_other *other);

#endif
