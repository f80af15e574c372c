/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How libbpf loads the programs: by our own tables of sections, so that where they
 * attach is looked up in the type information that is read already (libbpf would
 * read it again for each object), and so that it is known which one was refused.
 */
#ifndef DTLSNOOP_PROGRAM_LOAD_H
#define DTLSNOOP_PROGRAM_LOAD_H

#include <bpf/libbpf.h>

#include "kernel_types.h"

/* To be called before objects are opened; 0 or -errno. */
int program_load_init(void);

/*
 * Load an object, opened with a file at .btf_custom_path. `refused` is the name of the
 * program that the kernel refused (it lives as long as `obj`); NULL: it was something
 * else. 0 or -errno.
 */
int program_load_object(struct bpf_object *obj, const struct kernel_types *types, const char **refused);

/* Attach it as its section says, a cgroup program to `cgroup_fd`. Not for iterators. NULL with errno set. */
struct bpf_link *program_load_attach(const struct bpf_program *prog, int cgroup_fd);

/*
 * Write what CO-RE needs of the kernel's types for the objects (NULL: none) to the empty
 * file `fd`. 0 or -errno.
 */
int program_load_write_types(int fd, const struct kernel_types *types, const struct bpf_object *one,
			     const struct bpf_object *other);

#endif
