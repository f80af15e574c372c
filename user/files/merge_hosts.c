// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_hosts.h"

#include <stdlib.h>
#include <string.h>

int64_t merge_hosts_wall(const struct merge_host *host, uint64_t time_ns)
{
	int64_t time = time_ns > INT64_MAX ? INT64_MAX : (int64_t)time_ns;

	return merge_clock_sum(host->start_wall_ns, merge_clock_difference(time, host->start_ns));
}

/* --- what two hosts have in common --- */

/* A datagram from one host to another, as bound of the clock of `host`, the later one. */
struct bound {
	uint32_t host, other;
	struct merge_bound bound;
	bool is_timed;		/* as in struct merge_pair */
};

/* What two hosts have in common. */
struct link {
	size_t first, num;	/* in bounds[] */
	size_t num_upper;
};

struct aligning {
	struct merge_host *hosts;
	uint32_t num_hosts;
	struct bound *bounds;
	size_t num, room;
	bool is_short;
	struct link *links;	/* by the later host and the earlier one */
	struct merge_bound *fitted;	/* room for all of them */
};

static void take_pair(void *ctx, const struct merge_pair *pair)
{
	struct aligning *a = ctx;
	bool is_upper = pair->receiver > pair->sender;
	int64_t own = is_upper ? pair->came_ns : pair->sent_ns, other = is_upper ? pair->sent_ns : pair->came_ns;

	if (a->num == a->room) {
		size_t room = a->room ? 2 * a->room : 1024;
		struct bound *bounds = reallocarray(a->bounds, room, sizeof(*bounds));

		if (!bounds) {
			a->is_short = true;
			return;
		}
		a->bounds = bounds;
		a->room = room;
	}
	a->bounds[a->num++] = (struct bound){
		.host = is_upper ? pair->receiver : pair->sender, .other = is_upper ? pair->sender : pair->receiver,
		.bound = { .at_ns = own, .ahead_ns = merge_clock_difference(own, other), .is_upper = is_upper,
			   .is_doubtful = pair->is_doubtful },
		.is_timed = pair->is_timed,
	};
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int by_hosts(const void *a, const void *b)
{
	const struct bound *first = a, *second = b;
	int order = ORDER(first->host, second->host);

	order = order ? order : ORDER(first->other, second->other);
	order = order ? order : ORDER(first->bound.at_ns, second->bound.at_ns);
	order = order ? order : ORDER(first->bound.ahead_ns, second->bound.ahead_ns);
	order = order ? order : ORDER(first->bound.is_upper, second->bound.is_upper);
	return order ? order : ORDER(first->bound.is_doubtful, second->bound.is_doubtful);
}

static struct link *link_of(struct aligning *a, uint32_t host, uint32_t other)
{
	return &a->links[(host > other ? host : other) * a->num_hosts + (host > other ? other : host)];
}

/* After sorting, the bounds of two hosts are in a row. */
static void find_links(struct aligning *a)
{
	for (size_t i = 0; i < a->num; i++) {
		struct link *link = link_of(a, a->bounds[i].host, a->bounds[i].other);

		if (!link->num++)
			link->first = i;
		link->num_upper += a->bounds[i].bound.is_upper;
	}
}

/* The bounds of this host's clock compared with the other's, in a->fitted. Returns how many. */
static size_t bounds_of(struct aligning *a, uint32_t host, uint32_t other)
{
	const struct link *link = link_of(a, host, other);

	for (size_t i = 0; i < link->num; i++) {
		struct merge_bound bound = a->bounds[link->first + i].bound;

		if (host < other) {
			bound.at_ns = merge_clock_difference(bound.at_ns, bound.ahead_ns);
			bound.ahead_ns = merge_clock_difference(0, bound.ahead_ns);
			bound.is_upper = !bound.is_upper;
		}
		a->fitted[i] = bound;
	}
	return link->num;
}

/* --- from host to host --- */

/* One kernel's clock is the same in all its traces, whatever was read of the wall clock. */
static bool is_same_boot(const struct merge_host *a, const struct merge_host *b)
{
	return *a->boot_id && !strcmp(a->boot_id, b->boot_id);
}

struct step {
	uint32_t host, other;
	uint32_t rank;		/* 3: the same boot, 2: datagrams both ways, 1: one way, 0: nothing in common */
	size_t num;
};

static struct step step_of(struct aligning *a, uint32_t host, uint32_t other)
{
	const struct link *link = link_of(a, host, other);
	bool both_ways = link->num_upper && link->num_upper < link->num;

	return (struct step){
		.host = host, .other = other, .num = link->num,
		.rank = is_same_boot(&a->hosts[host], &a->hosts[other]) ? 3 : both_ways ? 2 : link->num > 0,
	};
}

/* Which host comes next? The one that is best known. */
static struct step next_step(struct aligning *a)
{
	struct step best = {}, step;
	bool any = false;

	for (uint32_t host = 0; host < a->num_hosts; host++) {
		if (a->hosts[host].is_aligned)
			continue;
		for (uint32_t other = 0; other < a->num_hosts; other++) {
			if (!a->hosts[other].is_aligned)
				continue;
			step = step_of(a, host, other);
			if (!any || step.rank > best.rank || (step.rank == best.rank && step.num > best.num))
				best = step;
			any = true;
		}
	}
	return best;
}

/* False if out of memory. */
static bool take_step(struct aligning *a, const struct step *step)
{
	struct merge_host *host = &a->hosts[step->host], *other = &a->hosts[step->other];

	host->other = step->rank ? step->other : 0;
	host->is_aligned = true;
	if (step->rank < 3)
		return merge_clock_fit(&host->clock, a->fitted, bounds_of(a, step->host, step->other));
	return merge_clock_set(&host->clock, merge_clock_difference(
		merge_clock_difference(host->start_wall_ns, host->start_ns),
		merge_clock_difference(other->start_wall_ns, other->start_ns)), 0);
}

/* On the clock of the first host. */
static void note_delay(struct merge_host *hosts, const struct bound *b)
{
	int64_t own = merge_hosts_first(hosts, b->host, b->bound.at_ns);
	int64_t other = merge_hosts_first(hosts, b->other, merge_clock_difference(b->bound.at_ns, b->bound.ahead_ns));
	int64_t took = b->bound.is_upper ? merge_clock_difference(own, other) : merge_clock_difference(other, own);
	struct merge_host *receiver = &hosts[b->bound.is_upper ? b->host : b->other];

	if (b->is_timed && took > 0 && (uint64_t)took > receiver->longest_ns)
		receiver->longest_ns = took;
}

bool merge_hosts_align(struct merge_host *hosts, uint32_t num, struct merge_match *m)
{
	struct aligning a = { .hosts = hosts, .num_hosts = num };
	bool done = merge_match_pairs(m, take_pair, &a) && !a.is_short;

	if (a.num)
		qsort(a.bounds, a.num, sizeof(a.bounds[0]), by_hosts);
	a.fitted = calloc(a.num + 1, sizeof(a.fitted[0]));
	a.links = calloc((size_t)num * num, sizeof(a.links[0]));
	done &= a.fitted && a.links;
	if (done)
		find_links(&a);
	hosts[0].is_aligned = true;
	for (uint32_t i = 1; done && i < num; i++) {
		struct step step = next_step(&a);

		done = take_step(&a, &step);
	}
	for (size_t i = 0; done && i < a.num; i++)
		note_delay(hosts, &a.bounds[i]);
	free(a.bounds);
	free(a.links);
	free(a.fitted);
	return done;
}

int64_t merge_hosts_first(const struct merge_host *hosts, uint32_t host, int64_t wall_ns)
{
	for (; host; host = hosts[host].other)
		wall_ns = merge_clock_other(&hosts[host].clock, wall_ns);
	return wall_ns;
}

/* UINT64_MAX: unknown, or too much. */
static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

struct merge_ahead merge_hosts_ahead(const struct merge_host *hosts, uint32_t host, int64_t wall_ns)
{
	struct merge_ahead sum = {};
	int64_t own = wall_ns;

	/* The first guess is off by the drift of what is looked for. */
	for (int i = 0; i < 2; i++)
		own = merge_clock_sum(own, merge_clock_difference(wall_ns, merge_hosts_first(hosts, host, own)));
	sum.ahead_ns = merge_clock_difference(own, merge_hosts_first(hosts, host, own));
	for (; host; host = hosts[host].other) {
		const struct merge_clock *clock = &hosts[host].clock;

		sum.error_ns = add(sum.error_ns, clock->error_ns);
		sum.error_then_ns = add(sum.error_then_ns, merge_clock_error(clock, own));
		own = merge_clock_other(clock, own);
		sum.drift_ppb += 1e9 * merge_clock_drift(clock);
	}
	return sum;
}

void merge_hosts_fini(struct merge_host *hosts, uint32_t num)
{
	for (uint32_t i = 0; i < num; i++)
		merge_clock_fini(&hosts[i].clock);
}
