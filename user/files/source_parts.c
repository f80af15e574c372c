// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "source_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "source_file.h"

struct part {
	const char *path;
	uint64_t number;	/* trace_info.part */
};

struct parts {
	struct source source;
	struct source *first;	/* source.info has its strings */
	struct source *current;	/* may be `first` */
	struct trace_stats read;	/* counters of the files before `current` */
	size_t num, at;		/* `current` is part[at] */
	struct part part[];	/* in order */
};

static struct parts *parts_of(struct source *src)
{
	return (struct parts *)src;
}

/* --- going on with the next file --- */

static void add(struct trace_stats *sum, const struct trace_stats *stats)
{
	for (int i = 0; i < COUNTER_MAX; i++)
		sum->counters[i] += stats->counters[i];
	for (int i = 0; i < CAPTURE_MAX; i++)
		sum->capture[i] += stats->capture[i];
	sum->has_capture |= stats->has_capture;
	sum->truncated |= stats->truncated;
}

/* What the files before `current` and it have counted. */
static void sum_up(const struct parts *p, struct trace_stats *sum)
{
	struct trace_stats stats = {};

	p->current->ops->stats(p->current, &stats);
	*sum = p->read;
	add(sum, &stats);
}

/* Something is missing if numbers are, or the end of the file before. */
static void note_gap(const struct parts *p, const struct source_handler *handler, bool was_truncated)
{
	const struct part *last = &p->part[p->at - 1], *next = &p->part[p->at];

	if (next->number == last->number + 1 && !was_truncated)
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
	memcpy(stats->counters, sum.counters, sizeof(sum.counters));
	memcpy(stats->capture, sum.capture, sizeof(sum.capture));
	stats->has_capture = sum.has_capture;
	stats->truncated = sum.truncated;
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

static int by_number(const void *a, const void *b)
{
	const struct part *first = a, *second = b;

	return (first->number > second->number) - (first->number < second->number);
}

/* Which file of its trace is it? Sets trace_id from the first one, and compares it with the others'. */
static bool look_at(struct part *part, char trace_id[TRACE_INFO_MAX_TEXT + 1])
{
	struct source *file = strcmp(part->path, "-") ? source_file_new(part->path) : NULL;
	const char *id = file ? file->info.trace_id : NULL;
	bool fits = id && (!*trace_id || !strcmp(id, trace_id));

	if (!strcmp(part->path, "-"))
		message_error("--read -: standard input can only be read alone");
	else if (file && !id)
		message_error("%s: several files are read as one only if they are recordings of one trace (--rotate): read this "
			      "one alone", part->path);
	else if (file && !fits)
		message_error("%s: this recording is of another trace than the file before: read it alone", part->path);
	if (fits) {
		part->number = file->info.part;
		strcpy(trace_id, id);
	}
	if (file)
		file->ops->free(file);
	return fits;
}

static bool put_in_order(struct parts *p)
{
	char trace_id[TRACE_INFO_MAX_TEXT + 1] = "";

	for (size_t i = 0; i < p->num; i++)
		if (!look_at(&p->part[i], trace_id))
			return false;
	qsort(p->part, p->num, sizeof(p->part[0]), by_number);
	for (size_t i = 1; i < p->num; i++)
		if (p->part[i].number == p->part[i - 1].number) {
			message_error("%s and %s are the same part of the trace: give one of them", p->part[i - 1].path,
				      p->part[i].path);
			return false;
		}
	return true;
}

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

struct source *source_parts_new(const char *const *paths)
{
	struct parts *p;
	size_t num = 0;

	while (paths[num])
		num++;
	if (num == 1)
		return source_file_new(paths[0]);
	p = calloc(1, sizeof(*p) + num * sizeof(p->part[0]));
	if (!p) {
		message_error("out of memory");
		return NULL;
	}
	for (p->num = 0; p->num < num; p->num++)
		p->part[p->num].path = paths[p->num];
	if (put_in_order(p) && begin(p))
		return &p->source;
	parts_free(&p->source);
	return NULL;
}
