/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Address translation between two hosts. A ClientHello that one host sent and another got between other addresses tells
 * how they were translated; so does the cookie of a HelloVerifyRequest. The events of the server's host then get the
 * addresses that the client used. If the same addresses were seen at both ends, nothing was translated, whoever sent a
 * copy of the ClientHello from somewhere else; if there are several candidates, none is chosen.
 *
 * Bounded: of more hellos than MERGE_NAT_MAX, a share is kept, which is the same at each host. Pure but for its heap.
 */
#ifndef DTLSNOOP_MERGE_NAT_H
#define DTLSNOOP_MERGE_NAT_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/* 56 bytes each. The fuzz targets have fewer. */
#ifndef MERGE_NAT_MAX
#define MERGE_NAT_MAX (1U << 20)
#endif

struct merge_nat;

/* NULL if out of memory. merge_nat_free(): NULL is allowed. */
struct merge_nat *merge_nat_new(void);
void merge_nat_free(struct merge_nat *n);

/* First: everything that each host saw, with its own addresses. */
void merge_nat_learn(struct merge_nat *n, uint16_t host, const struct event *ev);

/* Then, once. False: memory was short, so some translations are not known. */
bool merge_nat_resolve(struct merge_nat *n);

/* Then the same events again, in order of time: give `ev` the addresses that the client used, and EVENT_TRANSLATED. */
void merge_nat_rewrite(struct merge_nat *n, uint16_t host, struct event *ev);

/* What the server's host sees now instead of these addresses, which the client uses. False: nothing else. */
bool merge_nat_seen(const struct merge_nat *n, const struct event_endpoint *client, const struct event_endpoint *server,
		    struct event_endpoint *seen_client, struct event_endpoint *seen_server);

#endif
