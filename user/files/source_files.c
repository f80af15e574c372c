// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "source_files.h"

#include <stdlib.h>

#include "message.h"
#include "source_file.h"
#include "source_merge.h"
#include "source_parts.h"
#include "trace_files.h"

struct source *source_files_new(const char *const *paths, bool tells_clocks)
{
	struct trace_file *files;
	struct source *source = NULL;
	size_t num = 0;
	bool sorted;

	while (paths[num])
		num++;
	if (num == 1)
		return source_file_new(paths[0]);
	files = calloc(num, sizeof(*files));
	if (!files) {
		message_error("out of memory");
		return NULL;
	}
	for (size_t i = 0; i < num; i++)
		files[i].path = paths[i];
	sorted = trace_files_sort(files, num);
	if (sorted && trace_files_of_one(files, num) == num)
		source = source_parts_new(files, num);
	else if (sorted)
		source = source_merge_new(files, num, tells_clocks);
	free(files);
	return source;
}
