/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keyboard, while an output is refreshed in place: q ends the trace. */
#ifndef DTLSNOOP_KEYS_H
#define DTLSNOOP_KEYS_H

#include <stdbool.h>

/*
 * From now on, keys are read as they are pressed, and not echoed. False, and nothing changes, if standard input is no
 * terminal, or this process is in its background. A signal that ends or stops the process restores the terminal.
 */
bool keys_begin(void);

/* Was q pressed? Does not wait. False before keys_begin() and after keys_end(). */
bool keys_quit(void);

/* Restores the terminal. May be called at any time. */
void keys_end(void);

#endif
