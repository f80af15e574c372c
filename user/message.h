/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One line on standard error for a person: what happened, why, what to do. */
#ifndef DTLSNOOP_MESSAGE_H
#define DTLSNOOP_MESSAGE_H

/*
 * A line is written at once, so lines of several processes do not mix, and a signal ends a write
 * that blocks. Control characters and invalid UTF-8 are replaced.
 */
__attribute__((format(printf, 1, 2)))
void message_error(const char *format, ...);

/*
 * What goes on now: the last line of the terminal at standard error, which the next one replaces and which makes
 * room for a message. NULL: nothing any more. Only for a terminal.
 */
void message_status(const char *line);

#endif
