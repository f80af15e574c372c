// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

/* May others replace the file? */
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

/* Result of shared_folder() if there is none. */
#define NO_FOLDER (-2)

/*
 * If the path goes through a folder in which anybody may create links (/tmp), no link after that
 * folder is followed. `rest` is the path after the folder. Returns a descriptor of the folder,
 * AT_FDCWD if it is the working directory, NO_FOLDER if there is none, or -1 if it cannot be
 * opened.
 */
static int shared_folder(const char *path, const char **rest)
{
	char folder[PATH_MAX];

	*rest = path;
	if (*path != '/' && anybody_may_write("."))
		return AT_FDCWD;
	for (const char *at = path; (at = strchr(at, '/')); at++) {
		/* With the slash, because "/" may be such a folder, too. */
		int len = snprintf(folder, sizeof(folder), "%.*s", (int)(at + 1 - path), path);

		if ((size_t)len >= sizeof(folder) || !anybody_may_write(folder))
			continue;
		*rest = at + 1 + strspn(at + 1, "/");
		return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	return NO_FOLDER;
}

/*
 * Open the folder `name` (`len` bytes, at most NAME_MAX) in `in`. -1 with errno, which is ELOOP for
 * a link.
 */
static int open_folder(int in, const char *name, size_t len)
{
	char copy[NAME_MAX + 1];
	struct stat st;
	int fd;

	if (len >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(copy, name, len);
	copy[len] = 0;
	fd = openat(in, copy, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOTDIR)
		errno = !fstatat(in, copy, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode) ? ELOOP : ENOTDIR;
	return fd;
}

static void close_kept(int fd)
{
	int error = errno;

	/* Not AT_FDCWD. */
	if (fd >= 0)
		close(fd);
	errno = error;
}

/* Open the folder of `*rest` in `folder`, one folder after another, so that no link is followed. */
static int walk(int folder, const char **rest)
{
	int at = folder, next;
	const char *slash;

	while ((slash = strchr(*rest, '/'))) {
		next = open_folder(at, *rest, slash - *rest);
		close_kept(at);
		if (next < 0)
			return -1;
		at = next;
		*rest = slash + strspn(slash, "/");
	}
	return at;
}

int private_file_folder(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	int folder = shared_folder(path, name);
	char parent[PATH_MAX];

	if (folder == -1)
		return -1;
	if (strlen(path) >= sizeof(parent)) {
		close_kept(folder);
		errno = ENAMETOOLONG;
		return -1;
	}
	if (folder != NO_FOLDER) {
		folder = walk(folder, name);
	} else {
		*name = slash ? slash + 1 : path;
		snprintf(parent, sizeof(parent), "%.*s", (int)(*name - path), path);
		folder = slash ? open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC) : AT_FDCWD;
	}
	/* If the path ends with a slash, it names a folder. */
	if (!**name)
		*name = ".";
	return folder;
}

static int open_file(const char *path, int flags, mode_t mode)
{
	const char *name;
	int folder = private_file_folder(path, &name), fd;

	if (folder == -1)
		return -1;
	fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	close_kept(folder);
	return fd;
}

bool private_file_is_read(const struct stat *st, const char *const *paths)
{
	struct stat read;

	for (; paths && *paths; paths++)
		if (!(strcmp(*paths, "-") ? stat(*paths, &read) : fstat(STDIN_FILENO, &read)) &&
		    st->st_dev == read.st_dev && st->st_ino == read.st_ino)
			return true;
	return false;
}

/* Why the open file must not be written: an errno (some of which open() never returns), or 0. */
static int unfit(int fd, const char *path, const char *const *read_paths, bool may_replace)
{
	struct stat st;

	if (fstat(fd, &st))
		return errno;
	if (private_file_is_read(&st, read_paths))
		return EALREADY;
	if (S_ISFIFO(st.st_mode))
		return ESPIPE;
	if (S_ISREG(st.st_mode) &&
	    (st.st_nlink != 1 || (st.st_uid != geteuid() && is_in_shared_folder(path))))
		return EEXIST;
	if (S_ISREG(st.st_mode) && st.st_size && !may_replace)
		return ENOTEMPTY;
	return S_ISREG(st.st_mode) && ftruncate(fd, 0) ? errno : 0;
}

/*
 * Only the owner may read the file, because it shows who talks to whom. An existing file is
 * replaced if it is empty or `may_replace` is set, unless somebody else may have put it there, or it is the file
 * that is being read.
 */
static int create(const char *path, const char *const *read_paths, bool may_replace)
{
	int fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600), error;

	if (fd >= 0 || errno != EEXIST)
		return fd;
	fd = open_file(path, O_WRONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	error = unfit(fd, path, read_paths, may_replace);
	if (!error)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

int private_file_unfit(int folder, const char *name, const char *const *read_paths, const void *mark, size_t len)
{
	int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC), error = 0;
	char begin[PRIVATE_FILE_MAX_MARK];
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : errno;
	if (fstat(fd, &st))
		error = errno;
	else if (private_file_is_read(&st, read_paths))
		error = EALREADY;
	else if (S_ISDIR(st.st_mode))
		error = EISDIR;
	else if (!S_ISREG(st.st_mode))
		error = ESPIPE;
	else if (st.st_size && len && (read(fd, begin, len) != (ssize_t)len || memcmp(begin, mark, len)))
		error = ENOTEMPTY;
	close(fd);
	return error;
}

void private_file_say_why(const char *path)
{
	switch (errno) {
	case ELOOP:
		message_error("cannot write %s: it is a symbolic link or goes through one, and dtlsnoop does not follow it: give the path of the file itself", path);
		break;
	case EEXIST:
		message_error("cannot write %s: the file exists and belongs to another user, or it has a second hard link: choose another name", path);
		break;
	case ENOTEMPTY:
		message_error("cannot write %s: the file exists: choose another name, or replace it with --force", path);
		break;
	case EALREADY:
		message_error("cannot write %s: it is the file that is read: choose another name", path);
		break;
	case ESPIPE:
	case ENXIO:
		message_error("cannot write %s: it is a FIFO or a socket: expected a regular file", path);
		break;
	default:
		message_error("cannot write %s: %s", path, strerror(errno));
	}
}

FILE *private_file_create(const char *path, const char *const *read_paths, bool may_replace)
{
	int fd = create(path, read_paths, may_replace);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (file)
		return file;
	private_file_say_why(path);
	if (fd >= 0)
		close(fd);
	return NULL;
}
