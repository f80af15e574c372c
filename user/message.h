/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One line on standard error for a person: what happened, why, what to do. In the journal of systemd it has the
 * priority that its name says.
 */
#ifndef DTLSNOOP_MESSAGE_H
#define DTLSNOOP_MESSAGE_H

#include <stdbool.h>

/*
 * Error: the trace, or a part of its output, ends here. Warning: it goes on, but something is missing. Info: all is well.
 *
 * A line is written at once, so lines of several processes do not mix, and a signal ends a write
 * that blocks. Control characters and invalid UTF-8 are replaced.
 */
__attribute__((format(printf, 1, 2)))
void message_error(const char *format, ...);
__attribute__((format(printf, 1, 2)))
void message_warning(const char *format, ...);
__attribute__((format(printf, 1, 2)))
void message_info(const char *format, ...);

/* Until it is unset: no line is written, because it was or will be. */
void message_mute(bool is_muted);

/* Is this file the stream to the journal that systemd.exec(5) describes ($JOURNAL_STREAM)? */
bool message_goes_to_journal(int fd);

/*
 * What goes on now: the last line of the terminal at standard error, which the next one replaces and which makes
 * room for a message. NULL: nothing any more. Only for a terminal.
 */
void message_status(const char *line);

#endif
