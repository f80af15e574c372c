/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One line on standard error, for a person: what, why, what to do about it. */
#ifndef DTLSNOOP_MESSAGE_H
#define DTLSNOOP_MESSAGE_H

#include <stdio.h>
#include <unistd.h>

/*
 * `format` is a string literal. One write: lines of several processes do not mix,
 * and where it blocks a signal ends it.
 */
#define message_error(format, ...) dprintf(STDERR_FILENO, "dtlsnoop: " format "\n", ##__VA_ARGS__)

#endif
