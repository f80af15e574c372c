// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "source_live.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "filters.h"
#include "host.h"
#include "live_names.h"
#include "loader_inside.h"
#include "message.h"
#include "text.h"
#include "version.h"

struct source_live {
	struct source source;	/* first: a source_live is a source */
	const struct live_options *opts;
	const struct loader *loader;
	struct pollfd processes[LIVE_MAX_FILTER];	/* pidfds, by index in opts->pids; -1: the process
							 * had ended */
	bool ended[LIVE_MAX_FILTER];	/* the end of the process was reported */
	struct ring_buffer *ring;
	const struct source_handler *handler;	/* of the current poll */
	struct utsname kernel;
	char comm[4 * EVENT_COMM_LEN + 1], cgroup[TRACE_INFO_MAX_TEXT + 1];	/* filters, escaped */
	char host[TRACE_INFO_MAX_TEXT + 1], boot_id[HOST_BOOT_ID_LEN + 1], trace_id[HOST_RANDOM_ID_LEN + 1];
	char machine_id[HOST_MACHINE_ID_LEN + 1];
	uint64_t lost;		/* losses that were reported */
	uint64_t lost_known;	/* losses in all when they were last counted ... */
	uint64_t lost_until;	/* ... none of which happened later than this */
	uint64_t freed_ns;	/* when the ring buffer last had room again */
	uint32_t num_events;	/* of the current poll */
	bool has_more;		/* the last poll left events in the ring buffer */
	uint64_t limited;	/* datagrams left out by the rate limit that were reported */
	uint64_t seen_lost, seen_limited;	/* as of the last look for missing events ... */
	uint64_t looked_ns;	/* ... which was at this time */
	struct live_names names;
};

static struct source_live *live_of(struct source *src)
{
	return (struct source_live *)src;
}

static void look_for_losses(struct source_live *live, uint64_t until)
{
	uint64_t counters[COUNTER_MAX];

	loader_counters(live->loader, counters);
	live->lost_known = counters_lost(counters);
	live->lost_until = until;
}

static void tell_losses(struct source_live *live)
{
	uint64_t num = live->lost_known - live->lost;

	live->lost = live->lost_known;
	if (num)
		live->handler->lost(live->handler->ctx, num);
}

/*
 * Events are lost when the ring buffer is full: after everything that is in the ring, and before
 * what comes once there is room. Losses are reported at that point. By then everything in the ring
 * is known, and no silence that the loss may explain has passed yet.
 */
static void place_losses(struct source_live *live, uint64_t time_ns)
{
	if (time_ns <= live->lost_until)
		return;
	tell_losses(live);
	look_for_losses(live, live->freed_ns);
	if (time_ns > live->lost_until)
		tell_losses(live);
}

/*
 * One poll handles at most this many events. Otherwise it would not end while events come in faster
 * than they are handled.
 */
#define MAX_EVENTS 8192

/*
 * Is something missing so far that the analysis does not know of? The next report about a handshake
 * may be its last, and the loss itself is reported only afterwards.
 */
static void look_for_missing(struct source_live *live)
{
	uint64_t counters[COUNTER_MAX], lost;
	uint32_t what = 0;

	live->looked_ns = host_monotonic_ns();
	programs_counters(live->loader->programs, counters);
	lost = counters_lost(counters);
	if (lost > live->seen_lost)
		what |= MISSING_LOST;
	if (counters[COUNTER_RATE_LIMITED] > live->seen_limited)
		what |= MISSING_LIMITED;
	live->seen_lost = lost;
	live->seen_limited = counters[COUNTER_RATE_LIMITED];
	if (what)
		live->handler->missing(live->handler->ctx, what, live->looked_ns);
}

static int handle_sample(void *ctx, void *data, size_t size)
{
	struct source_live *live = ctx;
	const struct source_handler *handler = live->handler;
	const struct event *ev = data;

	if (size >= sizeof(*ev)) {
		live_names_note(&live->names, ev->cgroup_id, live->freed_ns);
		if (ev->time_ns > live->looked_ns)
			look_for_missing(live);
		place_losses(live, ev->time_ns);
	}
	handler->event(handler->ctx, data, size);
	/* The room of this event is free once we return. */
	live->freed_ns = host_monotonic_ns();
	return ++live->num_events < MAX_EVENTS ? 0 : -EAGAIN;
}

static void tell_limited(struct source_live *live)
{
	uint64_t num = live->seen_limited - live->limited;

	live->limited = live->seen_limited;
	if (num)
		live->handler->limited(live->handler->ctx, num);
}

/* Report once for each traced process that it has ended. Returns whether none is left. */
static bool processes_are_over(struct source_live *live)
{
	const struct live_options *opts = live->opts;
	bool left = false;

	for (uint32_t i = 0; i < opts->num_pids; i++) {
		struct pollfd *process = &live->processes[i];

		if (process->fd >= 0 && poll(process, 1, 0) == 0) {
			left = true;
		} else if (!live->ended[i]) {
			live->ended[i] = true;
			if (!opts->quiet && !opts->command)
				message_warning("process %u has ended", opts->pids[i]);
		}
	}
	return opts->num_pids && !left && !(opts->follow_forks && loader_process_left(live->loader));
}

static bool is_over(struct source_live *live)
{
	if (processes_are_over(live))
		return true;
	if (!filters_netns_is_gone(&live->loader->filters))
		return false;
	if (!live->opts->quiet)
		message_error("--netns %s is gone: the trace ends", live->opts->netns);
	return true;
}

/* Wait until the kernel wakes us because much is in the ring buffer, or until a traced process ends. */
static void wait_for_events(struct source_live *live, int timeout_ms)
{
	struct pollfd fds[1 + LIVE_MAX_FILTER];
	nfds_t num = 0;

	if (live->has_more)
		return;
	fds[num++] = (struct pollfd){ .fd = ring_buffer__epoll_fd(live->ring), .events = POLLIN };
	for (uint32_t i = 0; i < live->opts->num_pids; i++)
		if (!live->ended[i])
			fds[num++] = live->processes[i];
	poll(fds, num, timeout_ms);
	live->freed_ns = host_monotonic_ns();
	look_for_losses(live, live->freed_ns);
}

static int live_poll(struct source *src, const struct source_handler *handler, int timeout_ms)
{
	struct source_live *live = live_of(src);
	/* Check this first: what a process did before it ended is then in the ring buffer. */
	bool over = is_over(live);
	uint64_t now;
	int consumed;

	live->handler = handler;
	live->num_events = 0;
	wait_for_events(live, over ? 0 : timeout_ms);
	now = host_monotonic_ns();
	consumed = ring_buffer__consume(live->ring);
	live->has_more = consumed == -EAGAIN;
	look_for_missing(live);
	tell_limited(live);
	/* Do not report `now`: the ring buffer still has events from before it. */
	if (live->has_more)
		return SOURCE_MORE;
	if (consumed < 0) {
		message_error("cannot read events: %s", strerror(-consumed));
		return consumed;
	}
	look_for_losses(live, now);
	tell_losses(live);
	handler->time(handler->ctx, now);
	return over ? SOURCE_END : 0;
}

static void live_stats(struct source *src, struct trace_stats *stats)
{
	loader_counters(live_of(src)->loader, stats->counters);
}

static void live_free(struct source *src)
{
	for (uint32_t i = 0; i < live_of(src)->opts->num_pids; i++)
		if (live_of(src)->processes[i].fd >= 0)
			close(live_of(src)->processes[i].fd);
	ring_buffer__free(live_of(src)->ring);
	live_names_fini(&live_of(src)->names);
	free(live_of(src));
}

static const struct source_ops live_ops = {
	.poll = live_poll,
	.stats = live_stats,
	.free = live_free,
};

static const char *drop_reason(void *ctx, uint32_t reason)
{
	return drop_reason_name(&((const struct loader *)ctx)->reasons, reason);
}

/* NULL if the text is empty. */
static const char *escaped(char *out, size_t size, const char *text)
{
	text_escape(out, size, text, strlen(text));
	return *out ? out : NULL;
}

static void init_info(struct source_live *live, const struct live_options *opts)
{
	const struct filters *filters = &live->loader->filters;
	const struct loader *loader = live->loader;

	uname(&live->kernel);
	live->source.info = (struct trace_info){
		.version = dtlsnoop_version,
		.source = "live",
		.hooks = tier_name(loader->tier),
		.kernel = live->kernel.release,
		.host = escaped(live->host, sizeof(live->host), live->kernel.nodename),
		.boot_id = host_boot_id(live->boot_id) ? live->boot_id : NULL,
		.machine_id = opts->host_id && host_machine_id(live->machine_id) ? live->machine_id : NULL,
		.trace_id = host_random_id(live->trace_id) ? live->trace_id : NULL,
		.unseen = loader->unseen,
		.follow_forks = opts->follow_forks,
		.comm = escaped(live->comm, sizeof(live->comm), opts->comm),
		.cgroup = escaped(live->cgroup, sizeof(live->cgroup), filters->cgroup_path),
		.netns = filters->netns,
		.pids = opts->pids,
		.num_pids = opts->num_pids,
		.ports = opts->ports,
		.num_ports = opts->num_ports,
		.start_ns = host_monotonic_ns(),
		.start_wall_ns = host_real_ns(),
		.sees_reads = loader_sees(loader, EVENT_READ),
		.sees_drops = loader_sees(loader, EVENT_DROPPED),
		.sees_send_failures = loader_sees(loader, EVENT_SEND_FAILED),
		.sees_sockets = loader_sees(loader, EVENT_UNREAD),
		.cgroup_path = cgroup_names_path,
		.pod_name = cgroup_names_pod,
		.cgroup_ctx = &live->names.table,
		.drop_reason_name = drop_reason,
		.drop_reason_ctx = (void *)loader,
	};
}

/* Processes that have ended get -1. False if one cannot be watched, with a message. */
static bool open_processes(struct source_live *live)
{
	for (uint32_t i = 0; i < live->opts->num_pids; i++) {
		struct pollfd process = { .fd = host_pidfd(live->opts->pids[i]), .events = POLLIN };

		live->processes[i] = process;
		if (process.fd < 0 && errno != ESRCH && errno != EINVAL) {
			message_error("cannot watch process %u: %s", live->opts->pids[i], strerror(errno));
			return false;
		}
	}
	return true;
}

static struct source *give_up(struct source_live *live)
{
	live_names_fini(&live->names);
	free(live);
	return NULL;
}

struct source *source_live_new(const struct live_options *opts, const struct loader *loader)
{
	struct source_live *live = calloc(1, sizeof(*live));

	if (!live || !live_names_init(&live->names, loader->cgroups, opts->pod_logs ? opts->pod_logs : LIVE_POD_LOGS)) {
		free(live);
		message_error("out of memory");
		return NULL;
	}
	live->source.ops = &live_ops;
	live->source.is_live = true;
	live->opts = opts;
	live->loader = loader;
	init_info(live, opts);
	if (!open_processes(live))
		return give_up(live);
	live->ring = ring_buffer__new(programs_map(loader->programs, "events"), handle_sample, live, NULL);
	if (live->ring)
		return &live->source;
	message_error("cannot map the ring buffer: %s", strerror(errno));
	return give_up(live);
}
