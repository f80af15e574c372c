// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "replaced_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "private_file.h"

#define MODE 0644

struct replaced_file {
	const char *path, *name;
	int folder;		/* descriptor, or AT_FDCWD */
	bool has_failed;	/* that was reported */
	char partial[NAME_MAX + 1];	/* name of the new file until it is complete; hidden, so nobody takes it for the file */
};

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t num = write(fd, bytes, len);

		if (num < 0 && errno != EINTR)
			return false;
		bytes += num > 0 ? num : 0;
		len -= num > 0 ? num : 0;
	}
	return true;
}

static int open_partial(const struct replaced_file *file)
{
	/* One that an earlier trace left, which was killed. */
	unlinkat(file->folder, file->partial, 0);
	return openat(file->folder, file->partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
}

/* Returns an errno, or 0. */
static int replace(const struct replaced_file *file, const char *bytes, size_t len)
{
	int fd = open_partial(file), error = 0;

	if (fd < 0)
		return errno;
	/* Whatever the umask is. */
	if (!write_all(fd, bytes, len) || fchmod(fd, MODE))
		error = errno;
	if (close(fd) && !error)
		error = errno;
	if (!error && renameat(file->folder, file->partial, file->folder, file->name))
		error = errno;
	if (error)
		unlinkat(file->folder, file->partial, 0);
	return error;
}

/* Can a file be made there? An errno, or 0. */
static int try_folder(const struct replaced_file *file)
{
	int fd = open_partial(file);

	if (fd < 0)
		return errno;
	close(fd);
	unlinkat(file->folder, file->partial, 0);
	return 0;
}

struct replaced_file *replaced_file_new(const char *path, const char *mark, const char *const *read_paths, bool may_replace)
{
	struct replaced_file *file = calloc(1, sizeof(*file));
	int error = 0;

	if (!file) {
		message_error("out of memory");
		return NULL;
	}
	file->path = path;
	file->folder = private_file_folder(path, &file->name);
	if (file->folder == -1)
		error = errno;
	else if (snprintf(file->partial, sizeof(file->partial), ".%s.new", file->name) >= (int)sizeof(file->partial))
		error = ENAMETOOLONG;
	if (!error)
		error = private_file_unfit(file->folder, file->name, read_paths, mark, may_replace ? 0 : strlen(mark));
	if (!error)
		error = try_folder(file);
	if (!error)
		return file;
	errno = error;
	private_file_say_why(path);
	replaced_file_free(file);
	return NULL;
}

bool replaced_file_write(struct replaced_file *file, const char *bytes, size_t len)
{
	int error = replace(file, bytes, len);

	if (error && !file->has_failed)
		message_warning("writing %s failed: %s: it is tried again", file->path, strerror(error));
	file->has_failed = error;
	return !error;
}

void replaced_file_free(struct replaced_file *file)
{
	/* Not AT_FDCWD. */
	if (file && file->folder >= 0)
		close(file->folder);
	free(file);
}
