// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "trace_files.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "source_file.h"

static int by_part(const void *a, const void *b)
{
	const struct trace_file *first = a, *second = b;
	int order = strcmp(first->host, second->host);

	order = order ? order : strcmp(first->boot_id, second->boot_id);
	order = order ? order : strcmp(first->trace_id, second->trace_id);
	return order ? order : (first->part > second->part) - (first->part < second->part);
}

static void copy(char out[TRACE_INFO_MAX_TEXT + 1], const char *text)
{
	strncpy(out, text ? text : "", TRACE_INFO_MAX_TEXT);
}

/* Which file of which trace is it? */
static bool look_at(struct trace_file *file)
{
	struct source *source = strcmp(file->path, "-") ? source_file_new(file->path) : NULL;
	const struct trace_info *info = source ? &source->info : NULL;
	bool fits = info && !source->is_stream && info->trace_id;

	if (!strcmp(file->path, "-"))
		message_error("--read -: standard input can only be read alone");
	else if (info && source->is_stream)
		message_error("%s: what is no file can only be read alone", file->path);
	else if (info && !fits)
		message_error("%s: several files are read together only if they are recordings, each of which has the number of "
			      "its trace: read this one alone", file->path);
	if (fits) {
		file->part = info->part;
		copy(file->host, info->host);
		copy(file->boot_id, info->boot_id);
		copy(file->trace_id, info->trace_id);
	}
	if (source)
		source->ops->free(source);
	return fits;
}

bool trace_files_sort(struct trace_file *files, size_t num)
{
	for (size_t i = 0; i < num; i++)
		if (!look_at(&files[i]))
			return false;
	qsort(files, num, sizeof(files[0]), by_part);
	for (size_t i = 1; i < num; i++)
		if (!by_part(&files[i - 1], &files[i])) {
			message_error("%s and %s are the same part of the trace: give one of them", files[i - 1].path,
				      files[i].path);
			return false;
		}
	return true;
}

size_t trace_files_of_one(const struct trace_file *files, size_t num)
{
	size_t n = 1;

	while (n < num && !strcmp(files[n].host, files[0].host) && !strcmp(files[n].boot_id, files[0].boot_id) &&
	       !strcmp(files[n].trace_id, files[0].trace_id))
		n++;
	return n;
}

uint32_t trace_files_traces(const struct trace_file *files, size_t num)
{
	uint32_t traces = 0;

	for (size_t i = 0; i < num; i += trace_files_of_one(files + i, num - i))
		traces++;
	return traces;
}
