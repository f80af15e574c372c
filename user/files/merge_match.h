/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which datagrams did two hosts both see, one as it was sent and the other as it came? That is what their clocks can be
 * compared by. A datagram is known by its records (number, lengths) and its handshake, that is the random of the
 * ClientHello. Addresses may have been translated on the way, so they only tell apart what is alike otherwise.
 *
 * Bounded: of more datagrams than MERGE_MATCH_MAX, a share is kept, chosen by the datagram itself, so that it is the
 * same share at each host. Pure but for its heap; the result does not depend on the order of the hosts' events.
 */
#ifndef DTLSNOOP_MERGE_MATCH_H
#define DTLSNOOP_MERGE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

/* 24 bytes each. The fuzz targets have fewer. */
#ifndef MERGE_MATCH_MAX
#define MERGE_MATCH_MAX (1U << 20)
#endif

struct merge_match;

/* NULL if out of memory. Free it with merge_match_free(), which NULL is allowed for. */
struct merge_match *merge_match_new(void);
void merge_match_free(struct merge_match *m);

/* The host's own event at `wall_ns` on its wall clock. All of one host's events are told in a row, in order. */
void merge_match_event(struct merge_match *m, uint16_t host, const struct event *ev, int64_t wall_ns);

/* A datagram that was sent once, and came to another host. */
struct merge_pair {
	uint16_t sender, receiver;	/* hosts */
	/*
	 * These may be two datagrams: one that is made without state, and may have the bytes and the record number of the one
	 * before (RFC 6347 s4.2.1, RFC 9147 s5.1); or the first of several that came, of which either the network made the
	 * others, or the sender, whose trace lacks that. The last of them is never earlier than what was sent.
	 */
	bool is_doubtful;
	bool is_timed;		/* how long it took is known: it is no such one, and of several that came the first */
	int64_t sent_ns, came_ns;	/* each on the wall clock of its host */
};

/*
 * Calls `found` for each, in an order that depends on the datagrams alone. Nothing can be added after that. False if
 * memory was short: some are missing.
 */
bool merge_match_pairs(struct merge_match *m, void (*found)(void *ctx, const struct merge_pair *pair), void *ctx);

#endif
