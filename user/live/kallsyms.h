/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of kernel variables, from the kernel itself or from /proc/kallsyms. */
#ifndef DTLSNOOP_KALLSYMS_H
#define DTLSNOOP_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct kallsym {
	const char *name;	/* NULL: not wanted */
	uint64_t address;	/* 0: not found, or hidden from us (CAP_SYSLOG) */
	bool found;
};

/*
 * Fill in the addresses. Call it once for all symbols: before Linux 5.16 the kernel prints all of
 * its symbols for it, 100,000 or more, in 30 ms.
 */
void kallsyms_find(struct kallsym *symbols, size_t num);

/* The same from `file`, for tests. */
void kallsyms_find_in(FILE *file, struct kallsym *symbols, size_t num);

#endif
