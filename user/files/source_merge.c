// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "source_merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "merge_hosts.h"
#include "merge_info.h"
#include "merge_learn.h"
#include "message.h"
#include "source_parts.h"

enum pending {
	NOTHING,
	EVENT,
	LOST,
	LIMITED,
	MISSING,
	TIME,
};

/* One host's trace, and what it tells next. */
struct stream {
	struct merge *merge;
	struct source *source;
	uint32_t host;		/* from 0 */
	bool has_ended;
	uint64_t now;		/* of what it told last, on the common clock: time does not run backwards */
	enum pending pending;
	uint64_t number;	/* LOST, LIMITED: how many; MISSING: until when */
	uint32_t missing;
	size_t len;
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LARGE];
	} event;
};

struct merge {
	struct source source;
	struct merge_info *info;	/* source.info is a copy of what it has */
	struct merge_host *hosts;
	struct merge_nat *nat;
	int64_t zero_wall_ns;	/* the first host's wall clock when the common clock shows 0 */
	int error;		/* a trace could not be read to its end */
	uint32_t num;
	struct stream streams[];
};

static struct merge *merge_of(struct source *src)
{
	return (struct merge *)src;
}

static uint64_t common_time(const struct merge *m, uint32_t host, uint64_t time_ns)
{
	int64_t wall = merge_hosts_first(m->hosts, host, merge_hosts_wall(&m->hosts[host], time_ns)), time;

	return __builtin_sub_overflow(wall, m->zero_wall_ns, &time) || time < 0 ? 0 : (uint64_t)time;
}

/* --- what one host tells next --- */

static void come(struct stream *s, enum pending pending, uint64_t number)
{
	s->pending = pending;
	s->number = number;
}

static void pass_time(struct stream *s, uint64_t time_ns)
{
	uint64_t now = common_time(s->merge, s->host, time_ns);

	if (now > s->now)
		s->now = now;
}

static void on_event(void *ctx, const struct event *ev, size_t len)
{
	struct stream *s = ctx;
	struct event *own = &s->event.ev;
	uint32_t host = s->host + 1;

	memcpy(own, ev, len);
	pass_time(s, ev->time_ns);
	own->host = host;
	own->time_ns = s->now;
	own->socket = trace_host_number(host, ev->socket);
	own->cgroup_id = trace_host_number(host, ev->cgroup_id);
	own->netns = trace_host_netns(host, ev->netns);
	own->drop_reason = trace_host_reason(host, ev->drop_reason);
	s->len = len;
	come(s, EVENT, 0);
}

static void on_lost(void *ctx, uint64_t num)
{
	come(ctx, LOST, num);
}

static void on_limited(void *ctx, uint64_t num)
{
	come(ctx, LIMITED, num);
}

static void on_missing(void *ctx, uint32_t what, uint64_t until)
{
	struct stream *s = ctx;

	s->missing = what;
	come(s, MISSING, common_time(s->merge, s->host, until));
}

static void on_time(void *ctx, uint64_t now)
{
	pass_time(ctx, now);
	come(ctx, TIME, 0);
}

/* Recordings tell at most one thing a poll. */
static void read_next(struct merge *m, struct stream *s)
{
	const struct source_handler handler = {
		.ctx = s, .event = on_event, .lost = on_lost, .limited = on_limited, .missing = on_missing, .time = on_time,
	};
	int result = 0;

	while (!s->pending && !s->has_ended) {
		result = s->source->ops->poll(s->source, &handler, 0);
		s->has_ended = result < 0 || result == SOURCE_END;
	}
	if (result < 0)
		m->error = result;
}

static void tell(struct stream *s, const struct source_handler *handler)
{
	enum pending pending = s->pending;

	s->pending = NOTHING;
	s->merge->source.host = s->host + 1;
	switch (pending) {
	case EVENT:
		merge_nat_rewrite(s->merge->nat, s->host, &s->event.ev);
		handler->event(handler->ctx, &s->event.ev, s->len);
		break;
	case LOST:
		handler->lost(handler->ctx, s->number);
		break;
	case LIMITED:
		handler->limited(handler->ctx, s->number);
		break;
	case MISSING:
		handler->missing(handler->ctx, s->missing, s->number);
		break;
	case TIME: case NOTHING:
		handler->time(handler->ctx, s->now);
	}
}

/* --- a source --- */

/* Of things at the same time, what was sent comes first: what came may be that. */
static bool is_before(const struct stream *a, const struct stream *b)
{
	bool is_sent = a->pending == EVENT && a->event.ev.kind == EVENT_SENT;
	bool other_is_sent = b->pending == EVENT && b->event.ev.kind == EVENT_SENT;

	return a->now < b->now || (a->now == b->now && is_sent && !other_is_sent);
}

static int merge_poll(struct source *src, const struct source_handler *handler, int timeout_ms)
{
	struct merge *m = merge_of(src);
	struct stream *first = NULL;

	for (uint32_t i = 0; i < m->num; i++) {
		struct stream *s = &m->streams[i];

		read_next(m, s);
		if (s->pending && (!first || is_before(s, first)))
			first = s;
	}
	if (!first)
		return m->error ? m->error : SOURCE_END;
	tell(first, handler);
	return 0;
}

static double merge_share_read(struct source *src)
{
	struct merge *m = merge_of(src);
	double sum = 0;

	for (uint32_t i = 0; i < m->num; i++) {
		double share = m->streams[i].source->ops->share_read(m->streams[i].source);

		if (share < 0)
			return share;
		sum += share;
	}
	return sum / m->num;
}

static void merge_stats(struct source *src, struct trace_stats *stats)
{
	struct merge *m = merge_of(src);
	struct trace_stats sum = {};

	for (uint32_t i = 0; i < m->num; i++) {
		struct trace_stats own = {};

		m->streams[i].source->ops->stats(m->streams[i].source, &own);
		trace_stats_add(&sum, &own);
	}
	trace_stats_copy(stats, &sum);
}

static void merge_free(struct source *src)
{
	struct merge *m = merge_of(src);

	for (uint32_t i = 0; i < m->num; i++)
		if (m->streams[i].source)
			m->streams[i].source->ops->free(m->streams[i].source);
	merge_info_free(m->info);
	merge_nat_free(m->nat);
	if (m->hosts)
		merge_hosts_fini(m->hosts, m->num);
	free(m->hosts);
	free(m);
}

static const struct source_ops merge_ops = {
	.poll = merge_poll,
	.share_read = merge_share_read,
	.stats = merge_stats,
	.free = merge_free,
};

/* --- opening --- */

/* What is learned of all hosts while they are opened. */
struct learned {
	struct merge_match *match;
	struct merge_sockets *sockets;
};

static bool open_host(struct merge *m, const struct learned *learned, const struct trace_file *files, size_t num)
{
	uint32_t host = m->num;
	struct stream *s = &m->streams[host];
	const struct trace_info *info;

	s->merge = m;
	s->host = host;
	s->source = source_parts_new(files, num);
	if (!s->source)
		return false;
	m->num++;
	info = &s->source->info;
	if (!info->recorded_source || strcmp(info->recorded_source, "live")) {
		message_error("%s: this recording is of a capture, which tells of no host: read it alone", files[0].path);
		return false;
	}
	m->hosts[host] = (struct merge_host){
		.boot_id = info->boot_id ? info->boot_id : "", .start_ns = info->start_ns, .start_wall_ns = info->start_wall_ns,
	};
	if (!merge_sockets_begin(learned->sockets, m->hosts[host].boot_id, files[0].path))
		return false;
	merge_info_add(m->info, info, merge_learn(learned->match, m->nat, learned->sockets, &m->hosts[host], host, files, num));
	return merge_sockets_end(learned->sockets);
}

static bool open_hosts(struct merge *m, const struct learned *learned, const struct trace_file *files, size_t num)
{
	size_t n;

	for (size_t i = 0; i < num; i += n) {
		n = trace_files_of_one(files + i, num - i);
		if (!open_host(m, learned, files + i, n))
			return false;
	}
	return true;
}

/*
 * The common clock is that of the first host's events, unless another trace began before that showed 0: then all is
 * later by a constant.
 */
static void begin_clock(struct merge *m)
{
	int64_t first = m->hosts[0].start_wall_ns;

	for (uint32_t i = 1; i < m->num; i++) {
		int64_t start = merge_hosts_first(m->hosts, i, m->hosts[i].start_wall_ns);

		first = start < first ? start : first;
	}
	m->zero_wall_ns = merge_hosts_wall(&m->hosts[0], 0);
	if (first < m->zero_wall_ns)
		m->zero_wall_ns = first;
}

static bool translated(void *ctx, const struct event_endpoint *client, const struct event_endpoint *server,
		       struct event_endpoint *seen_client, struct event_endpoint *seen_server)
{
	return merge_nat_seen(ctx, client, server, seen_client, seen_server);
}

static void finish_info(struct merge *m)
{
	int64_t start_wall;

	begin_clock(m);
	for (uint32_t i = 0; i < m->num; i++) {
		struct trace_host *host = merge_info_host(m->info, i);

		host->start_ns = common_time(m, i, host->start_ns);
		host->end_ns = common_time(m, i, host->end_ns);
		/* Unless its clock contradicts itself, that is so. */
		if (host->end_ns < host->start_ns)
			host->end_ns = host->start_ns;
		m->streams[i].now = host->start_ns;
	}
	merge_info_finish(m->info, &m->source.info, m->zero_wall_ns);
	start_wall = m->source.info.start_wall_ns;
	for (uint32_t i = 0; i < m->num; i++) {
		struct trace_host *host = merge_info_host(m->info, i);
		struct merge_ahead ahead = merge_hosts_ahead(m->hosts, i, start_wall);

		host->offset_ns = ahead.ahead_ns;
		host->offset_error_ns = ahead.error_then_ns;
		host->error_ns = ahead.error_ns;
		host->drift_ppb = ahead.drift_ppb;
		host->longest_ns = m->hosts[i].longest_ns;
	}
	m->source.info.translated = translated;
	m->source.info.translated_ctx = m->nat;
	m->source.ops = &merge_ops;
}

/* NULL: out of memory. */
static struct merge *make(uint32_t num)
{
	struct merge *m = calloc(1, sizeof(*m) + num * sizeof(m->streams[0]));

	if (!m)
		return NULL;
	m->hosts = calloc(num, sizeof(m->hosts[0]));
	m->info = merge_info_new(num);
	m->nat = merge_nat_new();
	if (m->hosts && m->info && m->nat)
		return m;
	merge_free(&m->source);
	return NULL;
}

struct source *source_merge_new(const struct trace_file *files, size_t num, bool tells_clocks)
{
	uint32_t traces = trace_files_traces(files, num);
	struct learned learned;
	struct merge *m;

	if (traces > TRACE_HOSTS_MAX) {
		message_error("the files are of %u traces: at most %d can be merged", traces, TRACE_HOSTS_MAX);
		return NULL;
	}
	learned = (struct learned){ merge_match_new(), merge_sockets_new() };
	m = learned.match && learned.sockets ? make(traces) : NULL;
	if (!m) {
		message_error("out of memory");
	} else if (!open_hosts(m, &learned, files, num)) {
		merge_free(&m->source);
		m = NULL;
	} else if (!merge_hosts_align(m->hosts, m->num, learned.match)) {
		message_error("out of memory");
		merge_free(&m->source);
		m = NULL;
	}
	merge_match_free(learned.match);
	merge_sockets_free(learned.sockets);
	if (!m)
		return NULL;
	if (!merge_nat_resolve(m->nat))
		message_warning("so many handshakes are in these files that addresses that were translated between the hosts are "
				"known of a part of them only: read files of a shorter time");
	finish_info(m);
	if (tells_clocks)
		merge_info_tell(&m->source.info);
	return &m->source;
}
