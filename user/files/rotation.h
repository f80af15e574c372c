/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The files of a recording that may run for ever: FILE is written, FILE.1 was written before it, FILE.2 before that.
 * Only recordings are renamed or removed: whatever else has such a name is somebody's.
 */
#ifndef DTLSNOOP_ROTATION_H
#define DTLSNOOP_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * May the first `keep` names be used? Each is free, an empty file or a recording, and none of `read_paths` (NULL at
 * the end; NULL: none). False with a message.
 */
bool rotation_is_possible(const char *path, uint32_t keep, const char *const *read_paths);

/*
 * Give each file the next name, so that `path` is free. The file that would be number `keep` is removed. False with
 * a message; some files may have their next names then.
 */
bool rotation_shift(const char *path, uint32_t keep);

/* Has the folder of `path` room for `size` bytes? */
bool rotation_has_room(const char *path, uint64_t size);

#endif
