// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "source_filter.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "message.h"
#include "text.h"

/* Of which one event was of what is asked for. If there are more, others are known by each event alone. */
#define MAX_SOCKETS 65536

struct known_socket {
	uint64_t id;
	UT_hash_handle hh;
};

struct filtered {
	struct source source;
	struct source *file;
	const struct source_filter *filter;
	struct known_socket *sockets;
	char comm[4 * EVENT_COMM_LEN + 1];	/* escaped */
	const struct source_handler *handler;	/* during poll() */
};

static struct filtered *filtered_of(struct source *src)
{
	return (struct filtered *)src;
}

static bool knows(const struct filtered *f, const struct event *ev)
{
	struct known_socket *found;

	HASH_FIND(hh, f->sockets, &ev->socket, sizeof(ev->socket), found);
	return ev->socket && found;
}

static void learn(struct filtered *f, const struct event *ev)
{
	if (ev->socket && HASH_COUNT(f->sockets) < MAX_SOCKETS)
		HASH_NEW(f->sockets, id, ev->socket);
}

static bool has_port(const struct source_filter *filter, const struct event *ev)
{
	for (uint32_t i = 0; i < filter->num_ports; i++)
		if (filter->ports[i] == ev->local.port || filter->ports[i] == ev->remote.port)
			return true;
	return !filter->num_ports;
}

static bool has_process(const struct source_filter *filter, const struct event *ev)
{
	bool found = !filter->num_pids;

	for (uint32_t i = 0; i < filter->num_pids; i++)
		found |= filter->pids[i] == ev->pid;
	return found && (!filter->comm[0] || !strncmp(filter->comm, ev->comm, EVENT_COMM_LEN - 1));
}

/* What an event does not tell is known of its socket, if that is `known`. */
static bool is_wanted(const struct source_filter *filter, const struct event *ev, bool known)
{
	bool by_process = filter->num_pids || filter->comm[0];

	/* Of the process alone: as in a live trace. */
	if (ev->kind == EVENT_LIBRARY)
		return !by_process || has_process(filter, ev);
	if (!(ev->local.port || ev->remote.port ? has_port(filter, ev) : !filter->num_ports || known))
		return false;
	if (filter->netns && !(ev->netns ? trace_host_netns(ev->host, ev->netns) == filter->netns : known))
		return false;
	return !by_process || (ev->flags & EVENT_OWNER ? has_process(filter, ev) : known);
}

static void on_event(void *ctx, const struct event *ev, size_t len)
{
	struct filtered *f = ctx;
	/* The analysis counts what is no event. */
	bool whole = len >= sizeof(*ev), known = whole && knows(f, ev);

	if (whole && !is_wanted(f->filter, ev, known)) {
		f->handler->time(f->handler->ctx, ev->time_ns);
		return;
	}
	if (whole && !known)
		learn(f, ev);
	f->handler->event(f->handler->ctx, ev, len);
}

static void on_lost(void *ctx, uint64_t num)
{
	struct filtered *f = ctx;

	f->handler->lost(f->handler->ctx, num);
}

static void on_limited(void *ctx, uint64_t num)
{
	struct filtered *f = ctx;

	f->handler->limited(f->handler->ctx, num);
}

static void on_missing(void *ctx, uint32_t what, uint64_t until)
{
	struct filtered *f = ctx;

	f->handler->missing(f->handler->ctx, what, until);
}

static void on_time(void *ctx, uint64_t now)
{
	struct filtered *f = ctx;

	f->handler->time(f->handler->ctx, now);
}

static int filtered_poll(struct source *src, const struct source_handler *handler, int timeout_ms)
{
	struct filtered *f = filtered_of(src);
	const struct source_handler own = {
		.ctx = f, .event = on_event, .lost = on_lost, .limited = on_limited, .missing = on_missing, .time = on_time,
	};

	f->handler = handler;
	return f->file->ops->poll(f->file, &own, timeout_ms);
}

static double filtered_share_read(struct source *src)
{
	struct filtered *f = filtered_of(src);

	return f->file->ops->share_read(f->file);
}

static void filtered_stats(struct source *src, struct trace_stats *stats)
{
	struct filtered *f = filtered_of(src);

	f->file->ops->stats(f->file, stats);
}

static void filtered_free(struct source *src)
{
	struct filtered *f = filtered_of(src);
	struct known_socket *s, *next;

	HASH_ITER(hh, f->sockets, s, next) {
		HASH_DEL(f->sockets, s);
		free(s);
	}
	f->file->ops->free(f->file);
	free(f);
}

static const struct source_ops filtered_ops = {
	.poll = filtered_poll,
	.share_read = filtered_share_read,
	.stats = filtered_stats,
	.free = filtered_free,
};

static bool is_capture(const struct trace_info *info)
{
	return !strcmp(info->source, "capture") || (info->recorded_source && !strcmp(info->recorded_source, "capture"));
}

/* What the outputs say of the filter: that of the file is narrowed. */
static void tell(struct filtered *f, const struct source_filter *filter)
{
	struct trace_info *info = &f->source.info;

	*info = f->file->info;
	if (filter->num_pids) {
		info->pids = filter->pids;
		info->num_pids = filter->num_pids;
	}
	if (filter->num_ports) {
		info->ports = filter->ports;
		info->num_ports = filter->num_ports;
	}
	if (filter->comm[0]) {
		text_escape(f->comm, sizeof(f->comm), filter->comm, strlen(filter->comm));
		info->comm = f->comm;
	}
	if (filter->netns)
		info->netns = filter->netns;
	/* The number in the file is of all that was traced. */
	info->sees_sockets = false;
}

struct source *source_filter_new(struct source *file, const struct source_filter *filter)
{
	struct filtered *f = NULL;

	if (!filter->num_pids && !filter->num_ports && !filter->comm[0] && !filter->netns)
		return file;
	if (is_capture(&file->info) && (filter->num_pids || filter->comm[0] || filter->netns))
		message_error("--pid, --comm and --netns are for recordings and live traces: a capture does not tell which "
			      "process sent a datagram; --port is for captures, too");
	else if (!(f = calloc(1, sizeof(*f))))
		message_error("out of memory");
	if (!f) {
		file->ops->free(file);
		return NULL;
	}
	f->source.ops = &filtered_ops;
	f->source.is_stream = file->is_stream;
	f->file = file;
	f->filter = filter;
	tell(f, filter);
	return &f->source;
}
