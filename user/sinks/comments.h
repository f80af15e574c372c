/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Comments for the packets of a capture: where a handshake begins, which datagrams are retransmissions, and at which
 * datagram a verdict was reached. Bounded.
 */
#ifndef DTLSNOOP_COMMENTS_H
#define DTLSNOOP_COMMENTS_H

#include <stddef.h>

#include "analysis.h"
#include "annotation.h"

/* More are only counted. */
#define COMMENTS_MAX 200000
/* Handshakes that are remembered, the latest; a verdict on another one gets no comment. */
#define COMMENTS_HANDSHAKES 65536

struct comments;

/* NULL: out of memory. */
struct comments *comments_new(void);
void comments_free(struct comments *c);

/* The datagram came with this packet (from 1). */
void comments_datagram(struct comments *c, const struct datagram_facts *facts, uint64_t packet);

/* State or verdict changed at `now`: a comment on the handshake's latest packet. */
void comments_handshake(struct comments *c, const struct handshake *h, uint64_t now);

/* All of them, by packet. *out_more: those that had no room. */
const struct annotation *comments_sorted(struct comments *c, size_t *out_num, uint64_t *out_more);

#endif
