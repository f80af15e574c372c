/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files that dtlsnoop writes: only their owner may read them, because they show who talks to whom. */
#ifndef DTLSNOOP_PRIVATE_FILE_H
#define DTLSNOOP_PRIVATE_FILE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Create `path`. An existing file is replaced if it is empty, or if `may_replace` is set. Symbolic links are not
 * followed. Another user's file in a folder that others may write to is not used, nor is one of `read_paths`, the
 * files that are read (NULL at the end; NULL: none). NULL on failure, with a message.
 */
FILE *private_file_create(const char *path, const char *const *read_paths, bool may_replace);

/* Is it one of the files `paths` (NULL at the end; NULL: none; "-": standard input)? */
struct stat;
bool private_file_is_read(const struct stat *st, const char *const *paths);

/*
 * The folder of `path` and the name in it, by the same rules for links. Returns a descriptor for *at() calls, which
 * may be AT_FDCWD, or -1 with errno. `name` points into `path`, or to ".".
 */
int private_file_folder(const char *path, const char **name);

/*
 * Why the file `name` in `folder` must not be replaced or moved: an errno, or 0 if there is none, or a regular file that is
 * none of `read_paths` and is empty or begins with `mark`, of `len` bytes, at most PRIVATE_FILE_MAX_MARK; 0 bytes: any file does.
 */
#define PRIVATE_FILE_MAX_MARK 64
int private_file_unfit(int folder, const char *name, const char *const *read_paths, const void *mark, size_t len);

/* A message why `path` cannot be written, by errno; some of them open() never returns. */
void private_file_say_why(const char *path);

#endif
