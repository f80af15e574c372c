/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where variables of the kernel are: it is asked, or else /proc/kallsyms is read. */
#ifndef DTLSNOOP_KALLSYMS_H
#define DTLSNOOP_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct kallsym {
	const char *name;	/* NULL: not asked for */
	uint64_t address;	/* 0: not found, or not shown to us (CAP_SYSLOG) */
	bool found;
};

/*
 * Fill in the addresses. Before Linux 5.16 the kernel prints all of its symbols for it,
 * 100,000 or more, in 30 ms: to be called once, with all that is wanted.
 */
void kallsyms_find(struct kallsym *symbols, size_t num);

/* The same in `file`, for tests. */
void kallsyms_find_in(FILE *file, struct kallsym *symbols, size_t num);

#endif
