// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "keys.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static volatile sig_atomic_t is_on, was_stopped;

/* Whoever reads or changes the terminal from its background is stopped. One that is not ours has no background. */
static bool is_in_foreground(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	return group < 0 || group == getpgrp();
}

static bool take(void)
{
	struct termios now;

	if (!is_in_foreground() || tcgetattr(STDIN_FILENO, &now))
		return false;
	before = now;
	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	now.c_cc[VMIN] = 0;
	now.c_cc[VTIME] = 0;
	return !tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

/* Safe in signal handlers. */
static void restore(void)
{
	if (is_on && !was_stopped && is_in_foreground())
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void keys_end(void)
{
	restore();
	is_on = false;
}

static void restore_and_die(int sig)
{
	keys_end();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void restore_and_stop(int sig)
{
	restore();
	was_stopped = true;
	raise(SIGSTOP);
}

/* What is ignored stays so. SIGINT, SIGTERM and SIGHUP end the trace, and then keys_end() is called. */
static void catch(int sig, void (*handler)(int))
{
	struct sigaction old, action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	if (!sigaction(sig, NULL, &old) && old.sa_handler == SIG_DFL)
		sigaction(sig, &action, NULL);
}

bool keys_begin(void)
{
	if (is_on || !isatty(STDIN_FILENO) || !take())
		return is_on;
	is_on = true;
	atexit(keys_end);
	catch(SIGQUIT, restore_and_die);
	catch(SIGABRT, restore_and_die);
	catch(SIGSEGV, restore_and_die);
	catch(SIGTSTP, restore_and_stop);
	return true;
}

bool keys_quit(void)
{
	struct pollfd keyboard = { .fd = STDIN_FILENO, .events = POLLIN };
	char keys[64];
	ssize_t num;

	if (!is_on || !is_in_foreground())
		return false;
	if (was_stopped && take())
		was_stopped = false;
	if (was_stopped || poll(&keyboard, 1, 0) != 1)
		return false;
	num = read(STDIN_FILENO, keys, sizeof(keys));
	/* It hung up. */
	if (keyboard.revents & (POLLHUP | POLLERR))
		is_on = false;
	for (ssize_t i = 0; i < num; i++)
		if (keys[i] == 'q' || keys[i] == 'Q')
			return true;
	return false;
}
