// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "message.h"

struct recorder {
	const char *path;
	FILE *file;
	bool told;		/* that it failed */
	struct recording_writer writer;
};

/* May others put something else in its place? */
static bool is_in_shared_folder(const char *path)
{
	char *copy = strdup(path);
	struct stat st;
	bool shared = !copy || stat(dirname(copy), &st) || st.st_mode & (S_IWGRP | S_IWOTH);

	free(copy);
	return shared;
}

static bool anybody_may_write(const char *folder)
{
	struct stat st;

	return !stat(folder, &st) && st.st_mode & S_IWOTH;
}

/*
 * Where the path goes through a folder in which anybody may lay links (/tmp), none is
 * followed from there on: `rest` is what is behind it, and the result is that folder,
 * AT_FDCWD if it is the working directory; -1: there is none, or it cannot be opened.
 */
static int shared_folder(const char *path, const char **rest)
{
	char folder[PATH_MAX];

	*rest = path;
	if (*path != '/' && anybody_may_write("."))
		return AT_FDCWD;
	for (const char *at = path; (at = strchr(at, '/')); at++) {
		/* With the slash: "/", too, is one. */
		int len = snprintf(folder, sizeof(folder), "%.*s", (int)(at + 1 - path), path);

		if ((size_t)len >= sizeof(folder) || !anybody_may_write(folder))
			continue;
		*rest = at + 1 + strspn(at + 1, "/");
		return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	return -1;
}

static int open_file(const char *path, int flags, mode_t mode)
{
	struct open_how how = { .flags = flags | O_NOFOLLOW | O_CLOEXEC, .mode = mode };
	const char *rest;
	int folder = shared_folder(path, &rest), fd, error;

	if (folder == -1)
		return open(path, how.flags, mode);
	how.resolve = RESOLVE_NO_SYMLINKS;
	fd = syscall(SYS_openat2, folder, rest, &how, sizeof(how));
	if (fd < 0 && errno == ENOSYS)	/* Linux before 5.6, which reads files only */
		fd = openat(folder, rest, how.flags, mode);
	error = errno;
	if (folder != AT_FDCWD)
		close(folder);
	errno = error;
	return fd;
}

/*
 * Only its owner may read it: it tells who talks to whom. What is there is
 * replaced, unless somebody may have laid it there for us.
 */
static int create(const char *path)
{
	int fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	struct stat st;

	if (fd >= 0 || errno != EEXIST)
		return fd;
	fd = open_file(path, O_WRONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st)) {
		close(fd);
		return -1;
	}
	if (S_ISREG(st.st_mode) &&
	    (st.st_nlink != 1 || (st.st_uid != geteuid() && is_in_shared_folder(path)))) {
		close(fd);
		errno = EEXIST;
		return -1;
	}
	if (S_ISREG(st.st_mode) && ftruncate(fd, 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void say_why(const char *path)
{
	if (errno == ELOOP)
		message_error("cannot write %s: it is, or goes through, a symbolic link, which is not followed: name the file itself", path);
	else if (errno == EEXIST)
		message_error("cannot write %s: it is there already and another user's: choose another name", path);
	else
		message_error("cannot write %s: %s", path, strerror(errno));
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat st_a, st_b;

	return !stat(a, &st_a) && !stat(b, &st_b) && st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino;
}

struct recorder *recorder_new(const char *path, const char *read_path, const struct trace_info *info)
{
	struct recorder *r;
	int fd;

	if (read_path && is_same_file(path, read_path)) {
		message_error("cannot write %s: it is the file that is read: choose another name", path);
		return NULL;
	}
	r = calloc(1, sizeof(*r));
	fd = r ? create(path) : -1;
	if (fd >= 0)
		r->file = fdopen(fd, "w");
	if (!r || !r->file) {
		say_why(path);
		if (fd >= 0)
			close(fd);
		free(r);
		return NULL;
	}
	r->path = path;
	recording_begin(&r->writer, r->file, info);
	recorder_flush(r);
	return r;
}

static void check(struct recorder *r)
{
	if (!r->writer.error || r->told)
		return;
	r->told = true;
	message_error("writing %s failed: %s: the recording ends here, the trace goes on", r->path,
		      strerror(r->writer.error));
}

void recorder_event(struct recorder *r, const struct event *ev, size_t len)
{
	recording_event(&r->writer, ev, len);
	check(r);
}

void recorder_lost(struct recorder *r, uint64_t num, const struct trace_stats *stats)
{
	recording_lost(&r->writer, num, stats);
	check(r);
}

void recorder_limited(struct recorder *r, uint64_t num, const struct trace_stats *stats)
{
	recording_limited(&r->writer, num, stats);
	check(r);
}

void recorder_missing(struct recorder *r, uint32_t what, uint64_t until)
{
	recording_missing(&r->writer, what, until);
	check(r);
}

void recorder_time(struct recorder *r, uint64_t now)
{
	recording_time(&r->writer, now);
	check(r);
}

void recorder_flush(struct recorder *r)
{
	if (!r->writer.error && fflush(r->file))
		r->writer.error = errno;
	check(r);
}

bool recorder_end(struct recorder *r, const struct trace_stats *stats)
{
	if (!r->writer.error)
		recording_end(&r->writer, stats);
	check(r);
	return !r->writer.error;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	fclose(r->file);
	free(r);
}
