/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A command that is started to be traced from its first packet on. It waits before exec until the
 * hooks are attached. It runs with the caller's privileges: file capabilities of dtlsnoop are not
 * passed on to it.
 */
#ifndef DTLSNOOP_COMMAND_H
#define DTLSNOOP_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

struct command;

/*
 * Fork. `argv` ends with NULL; `user` NULL is the caller. Returns NULL on failure, with a message
 * on standard error. Free it with command_free().
 */
struct command *command_new(char *const argv[], const char *user);

uint32_t command_pid(const struct command *c);

/*
 * Let the command go on to exec, and pass signals on to it from now. A terminal's SIGINT and
 * SIGQUIT reach it anyway. Once a signal has asked it to end and it has ended, a signal handler
 * calls hurry_tracer(). False if exec fails, with a message on standard error.
 */
bool command_go(struct command *c, void (*hurry_tracer)(void));

/*
 * Wait until the command ends; without command_go() it ends at once. Returns its exit status, or
 * 128 plus the signal that ended it, as shells do. *had_children: did it start processes and wait
 * for them? One that nobody waited for does not count.
 */
int command_wait(struct command *c, bool *had_children);

/* Call it after command_wait(). NULL is allowed. */
void command_free(struct command *c);

#endif
