/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file that is written again and again, each time as a whole: whoever reads it sees what was written last, or
 * before that, and never a part. Anybody may read it (mode 0644): only for what is no secret.
 */
#ifndef DTLSNOOP_REPLACED_FILE_H
#define DTLSNOOP_REPLACED_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct replaced_file;

/*
 * Whether `path` can be written, by the same rules as for private_file_create(): no links, nobody else's file. An
 * existing file is replaced if it is empty or begins with `mark` (up to 64 bytes), so that it is one of ours, or if
 * `may_replace` is set. Nothing is written yet. `path` must outlive the file. NULL on failure,
 * with a message.
 */
struct replaced_file *replaced_file_new(const char *path, const char *mark, const char *const *read_paths, bool may_replace);

/* Replace the content. False on failure; of failures in a row, the first one gets a message. */
bool replaced_file_write(struct replaced_file *file, const char *bytes, size_t len);

/* NULL is allowed. */
void replaced_file_free(struct replaced_file *file);

#endif
