/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Privileges of this process: what attaching needs, and nothing afterwards. */
#ifndef DTLSNOOP_PRIVILEGES_H
#define DTLSNOOP_PRIVILEGES_H

#include <stdbool.h>

/* May this process load and attach? False also if its capabilities cannot be read. */
bool privileges_can_trace(void);

/*
 * Give up every capability for good, including those of the file and those that exec could bring
 * back (no_new_privs, capabilities(7)). The user becomes the caller's. False if the kernel refuses
 * and privileges are left, with a message on standard error.
 */
bool privileges_drop(void);

#endif
