/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --check: which TLS libraries would be hooked, and why others cannot be. */
#ifndef DTLSNOOP_LIBRARY_CHECK_H
#define DTLSNOOP_LIBRARY_CHECK_H

#include "host_check.h"
#include "library_files.h"
#include "live_options.h"

#define LIBRARY_NOTES_MAX (LIBRARY_FILES_MAX + LIVE_MAX_FILTER)

struct library_note {
	uint32_t pid;
	char path[4 * LIBRARY_PATH_LEN + 1];	/* escaped */
	char why[200];
};

struct library_notes {
	struct host_check_library list[LIBRARY_NOTES_MAX];	/* what is printed: points to the texts */
	struct library_note texts[LIBRARY_NOTES_MAX];
	size_t num;
};

/*
 * Look at the processes of -p, or at the folders of this host. `error`: what library_hooks_try() returned, or 0 if it is
 * not known what the kernel says.
 */
void library_check(const struct live_options *opts, int error, struct library_notes *notes);

#endif
