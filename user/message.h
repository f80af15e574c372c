/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One line on standard error, for a person: what, why, what to do about it. */
#ifndef DTLSNOOP_MESSAGE_H
#define DTLSNOOP_MESSAGE_H

/*
 * Written at once: lines of several processes do not mix, and where it blocks a
 * signal ends it. Control characters, and bytes that are no UTF-8, are replaced.
 */
__attribute__((format(printf, 1, 2)))
void message_error(const char *format, ...);

#endif
