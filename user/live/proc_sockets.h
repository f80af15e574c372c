/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owners of the UDP sockets that are open now, by a walk through /proc: for
 * kernels or hosts where no BPF iterator can walk.
 */
#ifndef DTLSNOOP_PROC_SOCKETS_H
#define DTLSNOOP_PROC_SOCKETS_H

#include <stdint.h>

#include "owner.h"

typedef void (*proc_sockets_found)(void *ctx, uint64_t cookie, const struct owner *owner);

/*
 * Calls `found` for each UDP socket that this process may look at (other users'
 * need CAP_SYS_PTRACE), with the cookie that it gives it (SO_COOKIE). A socket
 * that several processes hold is reported for each. `cgroup_root` is where
 * cgroup v2 is mounted, or NULL.
 */
void proc_sockets_walk(const char *cgroup_root, proc_sockets_found found, void *ctx);

#endif
