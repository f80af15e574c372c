// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Files: which kind is it? What comes through a pipe is put in a file first. */
#include "source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "recording.h"

/* Copies all that comes from `fd` to a file that has no name. -1: said why. */
static int spool(int fd, const char *name)
{
	FILE *file = tmpfile();
	int copy = file ? dup(fileno(file)) : -1;
	char buffer[65536];
	ssize_t len = 0;

	while (copy >= 0 && (len = read(fd, buffer, sizeof(buffer))) > 0)
		if (write(copy, buffer, len) != len)
			len = -1;
	if (copy < 0 || len < 0 || lseek(copy, 0, SEEK_SET) < 0) {
		message_error("%s: cannot be put in a temporary file: %s", name, strerror(errno));
		if (copy >= 0)
			close(copy);
		copy = -1;
	}
	if (file)
		fclose(file);
	close(fd);
	return copy;
}

static int open_file(const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		message_error("%s: %s", path, strerror(errno));
		return -1;
	}
	if (S_ISDIR(st.st_mode)) {
		message_error("%s: it is a directory: a file is wanted", path);
		close(fd);
		return -1;
	}
	return S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0 ? fd : spool(fd, path);
}

struct source *source_file_new(const char *path)
{
	const char *name = strcmp(path, "-") ? path : "standard input";
	uint8_t magic[RECORDING_MAGIC_LEN];
	int fd = open_file(path);

	if (fd < 0)
		return NULL;
	if (pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && recording_is_magic(magic))
		return source_recording_new(fd, name);
	return source_pcap_new(fd, name);
}
