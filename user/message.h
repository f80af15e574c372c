/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One line on standard error, for a person: what, why, what to do about it. */
#ifndef DTLSNOOP_MESSAGE_H
#define DTLSNOOP_MESSAGE_H

#include <stdio.h>

#define message_error(...) \
	do { \
		fputs("dtlsnoop: ", stderr); \
		fprintf(stderr, __VA_ARGS__); \
		fputc('\n', stderr); \
	} while (0)

#endif
