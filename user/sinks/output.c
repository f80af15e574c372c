// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

static int failure;	/* errno of the failed write; 0: none failed */
static bool is_terminal;	/* a status may be its last line */
static volatile sig_atomic_t hurried, seconds_hurried, seconds_stalled;

/* Without SA_RESTART, so that it ends a blocked write. It repeats, in case it comes before the write. */
static void tick(int sig)
{
	seconds_stalled++;
	seconds_hurried++;
	alarm(1);
}

void output_hurry(void)
{
	struct sigaction action = { .sa_handler = tick };

	if (hurried)
		return;
	hurried = 1;
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
}

static void note_patience(void)
{
	if (seconds_stalled > OUTPUT_PATIENCE || seconds_hurried > OUTPUT_PATIENCE_IN_ALL)
		failure = ETIMEDOUT;
}

static ssize_t write_all(void *cookie, const char *bytes, size_t size)
{
	size_t done = 0;

	if (is_terminal)
		message_status(NULL);
	while (done < size && !failure) {
		ssize_t num = write(STDOUT_FILENO, bytes + done, size - done);

		if (num < 0 && errno != EINTR) {
			failure = errno;
		} else {
			if (num > 0)
				seconds_stalled = 0;
			done += num > 0 ? num : 0;
			note_patience();
		}
	}
	return done;
}

FILE *output_open(void)
{
	is_terminal = isatty(STDOUT_FILENO);
	return fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_all });
}

bool output_has_no_reader(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	/* POLLERR: a pipe without readers. POLLHUP: a terminal that hung up. */
	if (!failure && poll(&out, 1, 0) == 1 && out.revents & (POLLERR | POLLHUP))
		failure = EPIPE;
	return failure == EPIPE;
}

const char *output_failure(void)
{
	if (failure == ETIMEDOUT)
		return "nobody reads it, or not fast enough: the rest of the output is lost";
	return failure ? strerror(failure) : NULL;
}

bool output_standard_is_written(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return true;
	message_error("standard output is closed or full: %s", strerror(errno));
	return false;
}

void output_reserve_standard_files(void)
{
	/* Opened in the wrong direction, so that reads and writes fail as they would on a closed file. */
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
			_exit(1);
}
