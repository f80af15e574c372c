/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How libbpf loads the programs. Our own section handlers find the place to attach in the type
 * information that is already read; libbpf would read it again for each object. They also tell
 * which program was refused.
 */
#ifndef DTLSNOOP_PROGRAM_LOAD_H
#define DTLSNOOP_PROGRAM_LOAD_H

#include <bpf/libbpf.h>

#include "kernel_types.h"

/* Call it before opening objects. 0 or -errno. */
int program_load_init(void);

/*
 * Load an object that was opened with a file at .btf_custom_path. `refused` is the name of the
 * program that the kernel refused (it lives as long as `obj`), or NULL if something else failed. 0
 * or -errno.
 */
int program_load_object(struct bpf_object *obj, const struct kernel_types *types, const char **refused);

/*
 * Attach a program as its section says; a cgroup program goes to `cgroup_fd`. Not for iterators.
 * NULL with errno set.
 */
struct bpf_link *program_load_attach(const struct bpf_program *prog, int cgroup_fd);

/*
 * Write the kernel types that CO-RE needs for the objects to the empty file `fd`. `other` may be
 * NULL. 0 or -errno.
 */
int program_load_write_types(int fd, const struct kernel_types *types, const struct bpf_object *one,
			     const struct bpf_object *other);

#endif
