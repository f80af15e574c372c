/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Several hosts whose traces are merged (event.host). Each sees its own sockets, and none the path in between:
 * what one host sent and the other did not get is lost on the path, if both traces cover that time.
 */
#ifndef DTLSNOOP_HOSTS_H
#define DTLSNOOP_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

struct handshake;

struct analysis_host {
	const char *name;	/* escaped, and no other one has it */
	uint64_t start_ns, end_ns;	/* of its trace, on the clock of the events */
	uint64_t error_ns;	/* of its clock, at most; UINT64_MAX: unknown */
	uint64_t longest_ns;	/* that any datagram took in all of the trace which came to it from another of them; 0: unknown */
};

/* Are the two sockets on different hosts, and each traced there? Then neither can see the path between them. */
bool hosts_are_apart(const struct handshake *h);

/* Are several hosts known of this handshake's trace? */
bool hosts_are_known(const struct handshake *h);

/* The host of this side: event.host; that of the server may be known by other handshakes. 0: unknown, or there is only one. */
uint16_t hosts_of(const struct handshake *h, enum party_role role);

/* "alpha"; "this host" if there is only one. */
const char *hosts_name(const struct handshake *h, enum party_role role);

/* "this host's kernel", "the kernel of alpha". Returns `out`. */
#define HOSTS_KERNEL_LEN 160
const char *hosts_kernel(char out[HOSTS_KERNEL_LEN], const struct handshake *h, enum party_role role);

/* What is known of the host of this side; NULL: nothing. */
const struct analysis_host *hosts_get(const struct handshake *h, enum party_role role);

/* Is the trace of a host over at `now` that has one of its sockets? What the other one shows after that proves nothing. */
bool hosts_are_over(const struct handshake *h, uint64_t now);

/* `now`, or the time at which the first trace of its hosts ended, if that is earlier. */
uint64_t hosts_until(const struct handshake *h, uint64_t now);

/* As analysis_host.longest_ns, of both of its hosts. */
uint64_t hosts_longest_ns(const struct handshake *h);

/* By how much their clocks may differ, ns, at most; UINT64_MAX: that is not known. */
uint64_t hosts_error_ns(const struct handshake *h);

#endif
