/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this process may do: all it needs until it is attached, nothing after. */
#ifndef DTLSNOOP_PRIVILEGES_H
#define DTLSNOOP_PRIVILEGES_H

#include <stdbool.h>

/*
 * Give up every capability for good, those of a file too, and those that exec could
 * bring back (no_new_privs, capabilities(7)); whoever called us is who we stay. False
 * if the kernel refuses, which leaves too much: said on standard error.
 */
bool privileges_drop(void);

#endif
