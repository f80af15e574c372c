/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The clocks of several hosts, all brought to that of the first: each host's is compared with that of another which has
 * most datagrams in common with it, up to the first one. Pure but for its heap.
 */
#ifndef DTLSNOOP_MERGE_HOSTS_H
#define DTLSNOOP_MERGE_HOSTS_H

#include "merge_clock.h"
#include "merge_match.h"

struct merge_host {
	/* Set by the caller, from struct trace_info. */
	const char *boot_id;	/* "": unknown */
	int64_t start_ns, start_wall_ns;
	/* By merge_hosts_align(): */
	bool is_aligned;
	uint32_t other;		/* the host that it is compared with; the first one's is itself */
	struct merge_clock clock;	/* compared with that one's */
	uint64_t longest_ns;	/* that a datagram took which came here from another of them; 0: none did */
};

/* False if out of memory. `m` has what all hosts saw, each on the wall clock of merge_hosts_wall(). */
bool merge_hosts_align(struct merge_host *hosts, uint32_t num, struct merge_match *m);

/* What the host's wall clock showed at this time of its events, if nobody set it since the trace began. */
int64_t merge_hosts_wall(const struct merge_host *host, uint64_t time_ns);

/* The first host's wall clock at that moment. */
int64_t merge_hosts_first(const struct merge_host *hosts, uint32_t host, int64_t wall_ns);

/*
 * The host's clock compared with the first one's: how far it is ahead when that one shows `wall_ns`, by how much that
 * may be wrong, and its drift, as in struct trace_host.
 */
struct merge_ahead {
	int64_t ahead_ns;
	uint64_t error_ns;	/* wherever datagrams passed between them */
	uint64_t error_then_ns;	/* at the time that was asked for */
	double drift_ppb;
};
struct merge_ahead merge_hosts_ahead(const struct merge_host *hosts, uint32_t host, int64_t wall_ns);

/* What the hosts own. */
void merge_hosts_fini(struct merge_host *hosts, uint32_t num);

#endif
