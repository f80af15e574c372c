/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the owners of open UDP sockets by a walk through /proc, for kernels or hosts without the
 * BPF iterator.
 */
#ifndef DTLSNOOP_PROC_SOCKETS_H
#define DTLSNOOP_PROC_SOCKETS_H

#include <stdint.h>

#include "owner.h"

typedef void (*proc_sockets_found)(void *ctx, uint64_t cookie, const struct owner *owner);

/*
 * Calls `found` for each UDP socket that this process may access (those of other users need
 * CAP_SYS_PTRACE), with its cookie (SO_COOKIE), which the kernel may assign for this. If several
 * processes hold a socket, `found` is called for each. `cgroup_root` is where cgroup v2 is mounted,
 * or NULL.
 */
void proc_sockets_walk(const char *cgroup_root, proc_sockets_found found, void *ctx);

#endif
