/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Drop reasons of the running kernel, from its type information. */
#ifndef DTLSNOOP_KERNEL_REASONS_H
#define DTLSNOOP_KERNEL_REASONS_H

#include "drop_reasons.h"
#include "kernel_types.h"

/* `reasons` is empty if the kernel has no such enum (before 5.17). */
void kernel_reasons_load(struct drop_reasons *reasons, const struct kernel_types *kernel);

#endif
