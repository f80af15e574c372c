// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The keyboard of a terminal: q is seen, other keys are not, and the terminal is as before in the end. */
#include "keys.h"

#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Standard input is a terminal from now on; returns its other end. */
static int open_terminal(void)
{
	int keyboard, terminal;

	assert_int_equal(openpty(&keyboard, &terminal, NULL, NULL, NULL), 0);
	assert_int_equal(dup2(terminal, STDIN_FILENO), STDIN_FILENO);
	close(terminal);
	return keyboard;
}

/* Does it wait for whole lines, and echo them? */
static bool is_as_usual(void)
{
	struct termios now;

	assert_int_equal(tcgetattr(STDIN_FILENO, &now), 0);
	assert_int_equal(!!(now.c_lflag & ICANON), !!(now.c_lflag & ECHO));
	return now.c_lflag & ICANON;
}

/* What is typed reaches the terminal a little later. */
static void type(int keyboard, const char *keys)
{
	struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };

	assert_int_equal(write(keyboard, keys, strlen(keys)), strlen(keys));
	assert_int_equal(poll(&terminal, 1, 10000), 1);
}

static void q_is_seen(void **state)
{
	int keyboard = open_terminal();

	assert_false(keys_quit());
	assert_true(keys_begin());
	assert_false(is_as_usual());
	assert_false(keys_quit());
	type(keyboard, "x");
	assert_false(keys_quit());
	type(keyboard, "q");
	assert_true(keys_quit());
	keys_end();
	assert_true(is_as_usual());
	/* What is typed now is for whoever comes then. */
	type(keyboard, "q\n");
	assert_false(keys_quit());
	keys_end();
	close(keyboard);
}

static void a_terminal_that_hangs_up(void **state)
{
	int keyboard = open_terminal();

	assert_true(keys_begin());
	close(keyboard);
	assert_false(keys_quit());
	assert_false(keys_quit());
	keys_end();
}

/* Its bytes stay there for whoever reads them. */
static void what_is_no_terminal_is_not_read(void **state)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "q", 1), 1);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	assert_false(keys_begin());
	assert_false(keys_quit());
	assert_int_equal(read(STDIN_FILENO, &byte, 1), 1);
	keys_end();
	close(ends[0]);
	close(ends[1]);
}

/* However the process ends. */
static void a_signal_restores_the_terminal(void **state)
{
	static const int signals[] = { 0, SIGQUIT, SIGABRT, SIGSEGV };
	int keyboard = open_terminal(), status;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t child = fork();

		if (!child) {
			struct termios now;

			/* cmocka catches some. */
			signal(signals[i], SIG_DFL);
			if (!keys_begin() || tcgetattr(STDIN_FILENO, &now) || now.c_lflag & ICANON)
				_exit(1);
			if (signals[i])
				raise(signals[i]);
			exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, signals[i]);
		assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : 0, 0);
		assert_true(is_as_usual());
	}
	close(keyboard);
}

/* Stopped, it leaves the terminal to others, and takes it again when it goes on. */
static void a_stop_restores_the_terminal(void **state)
{
	int keyboard = open_terminal(), status;
	pid_t child = fork();

	if (!child) {
		signal(SIGTSTP, SIG_DFL);
		if (!keys_begin())
			_exit(1);
		raise(SIGTSTP);
		while (!keys_quit())
			usleep(1000);
		_exit(is_as_usual() ? 2 : 3);
	}
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFSTOPPED(status));
	assert_true(is_as_usual());
	kill(child, SIGCONT);
	while (is_as_usual())
		usleep(1000);
	assert_int_equal(write(keyboard, "q", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	close(keyboard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(q_is_seen),
		cmocka_unit_test(a_terminal_that_hangs_up),
		cmocka_unit_test(what_is_no_terminal_is_not_read),
		cmocka_unit_test(a_signal_restores_the_terminal),
		cmocka_unit_test(a_stop_restores_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
