// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "message.h"
#include "private_file.h"
#include "recording.h"

/* "name" for 0, otherwise "name.number"; false if it is too long for a file system. */
static bool numbered(char out[NAME_MAX + 1], const char *name, uint32_t number)
{
	int len = number ? snprintf(out, NAME_MAX + 1, "%s.%u", name, number) : snprintf(out, NAME_MAX + 1, "%s", name);

	if (len <= NAME_MAX)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

/* An errno, or 0: the name is free, or it is a recording that may be moved. */
static int unfit(int folder, const char *name, const char *const *read_paths)
{
	int error = private_file_unfit(folder, name, read_paths, RECORDING_MAGIC, RECORDING_MAGIC_LEN);

	return error == ENOTEMPTY || error == EISDIR || error == ESPIPE ? EEXIST : error;
}

static void say_why(const char *path, uint32_t number, int error)
{
	char name[PATH_MAX];

	if (!number || snprintf(name, sizeof(name), "%s.%u", path, number) >= (int)sizeof(name))
		snprintf(name, sizeof(name), "%s", path);
	if (error == EEXIST)
		message_error("--rotate: %s exists and is no recording: choose another name for --write", name);
	else if (error == EALREADY)
		message_error("--rotate: %s is a file that is read: choose another name for --write", name);
	else
		message_error("--rotate: cannot use %s: %s", name, strerror(error));
}

bool rotation_is_possible(const char *path, uint32_t keep, const char *const *read_paths)
{
	char name[NAME_MAX + 1];
	const char *base;
	int folder = private_file_folder(path, &base), error = folder == -1 ? errno : 0;
	uint32_t number = 0;

	for (; !error && number < keep; number++) {
		error = numbered(name, base, number) ? unfit(folder, name, read_paths) : errno;
		if (error)
			break;
	}
	if (error)
		say_why(path, number, error);
	if (folder >= 0)
		close(folder);
	return !error;
}

/* Returns an errno, or 0. */
static int shift(int folder, const char *base, uint32_t keep)
{
	char from[NAME_MAX + 1], to[NAME_MAX + 1];
	struct stat st;

	/* Somebody moved it: its name is free. */
	if (fstatat(folder, base, &st, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
		return 0;
	for (uint32_t number = keep; number-- > 0;) {
		if (!numbered(from, base, number) || !numbered(to, base, number + 1))
			return errno;
		if ((number + 1 == keep ? unlinkat(folder, from, 0) : renameat(folder, from, folder, to)) && errno != ENOENT)
			return errno;
	}
	return 0;
}

bool rotation_shift(const char *path, uint32_t keep)
{
	const char *base;
	int folder = private_file_folder(path, &base), error = folder == -1 ? errno : shift(folder, base, keep);

	if (error)
		message_error("--rotate: cannot rename %s: %s", path, strerror(error));
	if (folder >= 0)
		close(folder);
	return !error;
}

bool rotation_has_room(const char *path, uint64_t size)
{
	const char *base;
	int folder = private_file_folder(path, &base);
	struct statvfs fs;
	bool has = folder == AT_FDCWD ? !statvfs(".", &fs) : folder >= 0 && !fstatvfs(folder, &fs);

	if (folder >= 0)
		close(folder);
	return has && (uint64_t)fs.f_bavail * fs.f_frsize >= size;
}
