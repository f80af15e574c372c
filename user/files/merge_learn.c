// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_learn.h"

#include "message.h"
#include "source_parts.h"

struct learning {
	struct merge_match *match;
	struct merge_nat *nat;
	struct merge_sockets *sockets;
	const struct merge_host *host;
	uint16_t number;
	uint64_t end_ns;	/* on its own clock */
};

static void learn_time(void *ctx, uint64_t now)
{
	struct learning *l = ctx;

	if (now > l->end_ns)
		l->end_ns = now;
}

static void learn_event(void *ctx, const struct event *ev, size_t len)
{
	struct learning *l = ctx;

	learn_time(l, ev->time_ns);
	merge_match_event(l->match, l->number, ev, merge_hosts_wall(l->host, ev->time_ns));
	merge_nat_learn(l->nat, l->number, ev);
	merge_sockets_learn(l->sockets, ev);
}

static void learn_number(void *ctx, uint64_t num)
{
}

static void learn_missing(void *ctx, uint32_t what, uint64_t until)
{
}

uint64_t merge_learn(struct merge_match *match, struct merge_nat *nat, struct merge_sockets *sockets, const struct merge_host *host,
		     uint16_t number, const struct trace_file *files, size_t num)
{
	struct learning l = { .match = match, .nat = nat, .sockets = sockets, .host = host, .number = number, .end_ns = host->start_ns };
	const struct source_handler handler = {
		.ctx = &l, .event = learn_event, .lost = learn_number, .limited = learn_number, .missing = learn_missing,
		.time = learn_time,
	};
	struct source *source;
	int result = 0;

	message_mute(true);
	source = source_parts_new(files, num);
	while (source && (!result || result == SOURCE_MORE))
		result = source->ops->poll(source, &handler, 0);
	if (source)
		source->ops->free(source);
	message_mute(false);
	return l.end_ns;
}
