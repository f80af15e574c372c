/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files that dtlsnoop writes: only their owner may read them, because they show who talks to whom. */
#ifndef DTLSNOOP_PRIVATE_FILE_H
#define DTLSNOOP_PRIVATE_FILE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Create `path`. An existing file is replaced if it is empty, or if `may_replace` is set. Symbolic links are not
 * followed. Another user's file in a folder that others may write to is not used, nor is `read_path`, the file that
 * is being read (NULL: none). NULL on failure, with a message.
 */
FILE *private_file_create(const char *path, const char *read_path, bool may_replace);

#endif
