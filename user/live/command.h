/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A command that is run to be traced, from its first packet on: it is held before
 * exec until the hooks are attached. It is never more than who called us: what a
 * file capability gave to dtlsnoop it does not get.
 */
#ifndef DTLSNOOP_COMMAND_H
#define DTLSNOOP_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

struct command;

/*
 * Fork. `argv` ends with NULL; `user` may be NULL: the caller. NULL if it cannot be
 * done: said on standard error. To be freed with command_free().
 */
struct command *command_new(char *const argv[], const char *user);

uint32_t command_pid(const struct command *c);

/*
 * Let it go on to exec, and pass on signals to it from now: SIGINT and SIGQUIT of a
 * terminal reach it anyway. False if exec fails: said on standard error.
 */
bool command_go(struct command *c);

/* Wait until it ends, at once if it was never let go; its exit status, or 128 and the signal that ended it, as a shell says. */
int command_wait(struct command *c);

/* After command_wait(); NULL is allowed. */
void command_free(struct command *c);

#endif
