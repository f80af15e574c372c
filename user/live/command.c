// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"

struct command {
	char *const *argv;
	pid_t pid;
	int gate;	/* if this is closed without a byte, the command must not run */
	int failure;	/* receives an errno if exec fails */
};

/* For the signal handler. There is only one command. */
static volatile sig_atomic_t running_pid;

/* A signal asked the command to end, which also ends the trace. */
static volatile sig_atomic_t end_is_asked, has_ended;

static void (*hurry)(void);

/* The command may ignore the signal, so nothing is hurried before the command has ended. */
static void hurry_if_over(void)
{
	if (end_is_asked && has_ended)
		hurry();
}

static const int passed_on[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static void pass_on(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	if (sig != SIGUSR1 && sig != SIGUSR2)
		end_is_asked = 1;
	hurry_if_over();
	/* The terminal sends these to all its foreground processes itself. */
	if (running_pid > 0 && (info->si_code != SI_KERNEL || (sig != SIGINT && sig != SIGQUIT)))
		kill(running_pid, sig);
	errno = saved;
}

static void on_child(int sig)
{
	has_ended = 1;
	hurry_if_over();
}

static void pass_signals_on(pid_t pid)
{
	struct sigaction action = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction child = { .sa_handler = on_child, .sa_flags = SA_NOCLDSTOP | SA_RESTART };

	running_pid = pid;
	sigaction(SIGCHLD, &child, NULL);
	for (size_t i = 0; i < NUM(passed_on); i++)
		sigaction(passed_on[i], &action, NULL);
}

/* --- in the child --- */

/* Become `user`, or the caller if NULL, with that user's groups and for good. 0 or -1 with errno set. */
static int become(const struct passwd *user)
{
	uid_t uid = user ? user->pw_uid : getuid();
	gid_t gid = user ? user->pw_gid : getgid();

	if (user && initgroups(user->pw_name, gid))
		return -1;
	if (setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -1;
	return 0;
}

static void run_child(const struct command *c, int gate, int failure, const struct passwd *user)
{
	char go;
	int error;

	if (read(gate, &go, 1) == 1) {
		if (!become(user))
			execvp(c->argv[0], c->argv);
		error = errno;
		if (write(failure, &error, sizeof(error)) < 0)
			_exit(126);
	}
	_exit(127);
}

/* --- in the parent --- */

static bool find_user(const char *name, const struct passwd **user)
{
	*user = NULL;
	if (!name)
		return true;
	if (geteuid()) {
		message_error("--user %s: only root can run a command as another user", name);
		return false;
	}
	errno = 0;
	*user = getpwnam(name);
	/* getpwnam(3) has several errors for a user that does not exist. */
	if (!*user && errno && errno != ENOENT && errno != ESRCH && errno != EBADF && errno != EPERM)
		message_error("--user %s: cannot look up this user: %s", name, strerror(errno));
	else if (!*user)
		message_error("--user %s: there is no such user", name);
	return *user;
}

struct command *command_new(char *const argv[], const char *name)
{
	struct command *c = calloc(1, sizeof(*c));
	const struct passwd *user;
	int gate[2], failure[2];

	if (!c || !find_user(name, &user))
		goto fail;
	c->argv = argv;
	if (pipe2(gate, O_CLOEXEC))
		goto no_pipe;
	if (pipe2(failure, O_CLOEXEC)) {
		close(gate[0]);
		close(gate[1]);
		goto no_pipe;
	}
	c->pid = fork();
	if (c->pid == 0) {
		close(gate[1]);
		close(failure[0]);
		run_child(c, gate[0], failure[1], user);
	}
	close(gate[0]);
	close(failure[1]);
	c->gate = gate[1];
	c->failure = failure[0];
	if (c->pid > 0)
		return c;
	close(c->gate);
	close(c->failure);
no_pipe:
	message_error("cannot start %s: %s", argv[0], strerror(errno));
fail:
	free(c);
	return NULL;
}

uint32_t command_pid(const struct command *c)
{
	return c->pid;
}

bool command_go(struct command *c, void (*hurry_tracer)(void))
{
	int error = 0;

	hurry = hurry_tracer;
	pass_signals_on(c->pid);
	if (write(c->gate, "", 1) != 1)
		error = errno;
	/* Zero bytes: exec closed the pipe. */
	else if (read(c->failure, &error, sizeof(error)) != sizeof(error))
		error = 0;
	if (error)
		message_error("cannot run %s: %s", c->argv[0], strerror(error));
	return !error;
}

static void close_gate(struct command *c)
{
	if (c->gate >= 0)
		close(c->gate);
	c->gate = -1;
}

/* Has this process, which is a zombie, waited for children? They had page faults: proc(5), cminflt. */
static bool has_waited_for_children(pid_t pid)
{
	unsigned long long minor = 0, major = 0;
	char path[64], line[1024], *name_end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	/* The name may have any bytes except a parenthesis at its end. */
	name_end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	return name_end && sscanf(name_end, ") %*c %*d %*d %*d %*d %*d %*u %*u %llu %*u %llu", &minor, &major) == 2 &&
	       minor + major;
}

int command_wait(struct command *c, bool *had_children)
{
	siginfo_t info;
	int status;

	close_gate(c);
	while (waitid(P_PID, c->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	*had_children = has_waited_for_children(c->pid);
	while (waitpid(c->pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	running_pid = 0;
	c->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void command_free(struct command *c)
{
	if (!c)
		return;
	close_gate(c);
	close(c->failure);
	free(c);
}
