/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's type information (BTF), read once. An index finds a type by name without a walk
 * through 100,000 types. An excerpt of it is for libbpf, which would otherwise read all of it for
 * each object that it loads.
 */
#ifndef DTLSNOOP_KERNEL_TYPES_H
#define DTLSNOOP_KERNEL_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include <bpf/btf.h>

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

struct kernel_types;

/* Types of the running kernel, and of conntrack, if that is a module. NULL with errno set. Free them with kernel_types_free(). */
struct kernel_types *kernel_types_load(void);

/* From `btf`, which it owns from now on, even if it fails. */
struct kernel_types *kernel_types_new(struct btf *btf);

/* NULL is allowed. */
void kernel_types_free(struct kernel_types *types);

const struct btf *kernel_types_btf(const struct kernel_types *types);

/* Id of the first type of that name and kind (BTF_KIND_STRUCT ...), or -ENOENT. */
int kernel_types_find(const struct kernel_types *types, const char *name, uint32_t kind);

/* Size of a struct in bytes, 0 if there is none of that name. */
uint32_t kernel_types_struct_len(const struct kernel_types *types, const char *name);

/*
 * All types whose name also occurs in the BTF of one of `programs`, with everything they contain:
 * what CO-RE compares and measures. Types behind pointers are left out, because CO-RE looks no
 * further than the pointer. NULL with errno set. Free it with btf__free().
 */
struct btf *kernel_types_excerpt(const struct kernel_types *types, const struct btf *const programs[],
				 size_t num_programs);

#endif
