/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's type information (BTF), read once: by name at once, not by a walk
 * through its 100,000 types for each, and an excerpt of it for libbpf, which would
 * else read and walk through all of it for each object that it loads.
 */
#ifndef DTLSNOOP_KERNEL_TYPES_H
#define DTLSNOOP_KERNEL_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include <bpf/btf.h>

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

struct kernel_types;

/* Those of the running kernel. NULL with errno set. To be freed with kernel_types_free(). */
struct kernel_types *kernel_types_load(void);

/* Of `btf`, which is then theirs, also if it fails. */
struct kernel_types *kernel_types_new(struct btf *btf);

/* NULL is allowed. */
void kernel_types_free(struct kernel_types *types);

const struct btf *kernel_types_btf(const struct kernel_types *types);

/* Id of the first type of that name and kind (BTF_KIND_STRUCT ...), -ENOENT if there is none. */
int kernel_types_find(const struct kernel_types *types, const char *name, uint32_t kind);

/* Bytes of a struct, 0 if there is none of that name. */
uint32_t kernel_types_struct_len(const struct kernel_types *types, const char *name);

/*
 * All types of which one of `programs`, the BTF of BPF objects, has one of the same name,
 * with all that lies in them, whole: what CO-RE compares and measures. What pointers
 * point to is left out, for CO-RE looks no further than the pointer. NULL with errno
 * set. To be freed with btf__free().
 */
struct btf *kernel_types_excerpt(const struct kernel_types *types, const struct btf *const programs[],
				 size_t num_programs);

#endif
