// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "source_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "source_file.h"

struct parts {
	struct source source;
	struct source *first;	/* source.info has its strings */
	struct source *current;	/* may be `first` */
	struct trace_stats read;	/* counters of the files before `current` */
	size_t num, at;		/* `current` is part[at] */
	struct trace_file part[];	/* in order */
};

static struct parts *parts_of(struct source *src)
{
	return (struct parts *)src;
}

/* --- going on with the next file --- */

/* What the files before `current` and it have counted. */
static void sum_up(const struct parts *p, struct trace_stats *sum)
{
	struct trace_stats stats = {};

	p->current->ops->stats(p->current, &stats);
	*sum = p->read;
	trace_stats_add(sum, &stats);
}

/* Something is missing if numbers are, or the end of the file before. */
static void note_gap(const struct parts *p, const struct source_handler *handler, bool was_truncated)
{
	const struct trace_file *last = &p->part[p->at - 1], *next = &p->part[p->at];

	if (next->part == last->part + 1 && !was_truncated)
		return;
	handler->missing(handler->ctx, MISSING_PART, p->current->info.start_ns);
	message_warning("between %s and %s something is missing: files of this trace that are not given, or what could not "
			"be written", last->path, next->path);
}

/* Returns what poll() does. */
static int go_on(struct parts *p, const struct source_handler *handler)
{
	struct trace_stats before = p->read;
	bool was_truncated;
	struct source *next = source_file_new(p->part[p->at + 1].path);

	if (!next)
		return -EIO;
	sum_up(p, &p->read);
	was_truncated = p->read.truncated && !before.truncated;
	if (p->current != p->first)
		p->current->ops->free(p->current);
	p->current = next;
	p->at++;
	note_gap(p, handler, was_truncated);
	return 0;
}

static int parts_poll(struct source *src, const struct source_handler *handler, int timeout_ms)
{
	struct parts *p = parts_of(src);
	int result = p->current->ops->poll(p->current, handler, timeout_ms);

	return result == SOURCE_END && p->at + 1 < p->num ? go_on(p, handler) : result;
}

/* --- the rest of a source --- */

static double parts_share_read(struct source *src)
{
	struct parts *p = parts_of(src);
	double share = p->current->ops->share_read(p->current);

	return share < 0 ? share : (p->at + share) / p->num;
}

static void parts_stats(struct source *src, struct trace_stats *stats)
{
	struct trace_stats sum;

	sum_up(parts_of(src), &sum);
	trace_stats_copy(stats, &sum);
}

static void parts_free(struct source *src)
{
	struct parts *p = parts_of(src);

	if (p->current && p->current != p->first)
		p->current->ops->free(p->current);
	if (p->first)
		p->first->ops->free(p->first);
	free(p);
}

static const struct source_ops parts_ops = {
	.poll = parts_poll,
	.share_read = parts_share_read,
	.stats = parts_stats,
	.free = parts_free,
};

/* Names of numbers are those of the file that is read. */
static bool cgroup_path(void *ctx, uint64_t id, char *path, size_t size)
{
	const struct trace_info *info = &((const struct parts *)ctx)->current->info;

	return info->cgroup_path(info->cgroup_ctx, id, path, size);
}

static const struct pod_name *pod_name(void *ctx, uint64_t id)
{
	const struct trace_info *info = &((const struct parts *)ctx)->current->info;

	return info->pod_name(info->cgroup_ctx, id);
}

static const char *drop_reason_name(void *ctx, uint32_t reason)
{
	const struct trace_info *info = &((const struct parts *)ctx)->current->info;

	return info->drop_reason_name(info->drop_reason_ctx, reason);
}

/* --- opening --- */

static bool begin(struct parts *p)
{
	struct trace_info *info = &p->source.info;

	p->first = p->current = source_file_new(p->part[0].path);
	if (!p->first)
		return false;
	p->source.ops = &parts_ops;
	*info = p->first->info;
	info->cgroup_path = cgroup_path;
	info->pod_name = pod_name;
	info->drop_reason_name = drop_reason_name;
	info->cgroup_ctx = info->drop_reason_ctx = p;
	return true;
}

struct source *source_parts_new(const struct trace_file *files, size_t num)
{
	struct parts *p;

	if (num == 1)
		return source_file_new(files[0].path);
	p = calloc(1, sizeof(*p) + num * sizeof(files[0]));
	if (!p) {
		message_error("out of memory");
		return NULL;
	}
	memcpy(p->part, files, num * sizeof(files[0]));
	p->num = num;
	if (begin(p))
		return &p->source;
	parts_free(&p->source);
	return NULL;
}
