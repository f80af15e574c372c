// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

struct input {
	const char *name;
	int fd;
	int error;
	bool is_stream;
	uint64_t size;		/* of the file when it was opened */
	bool ended;
	size_t at, len;		/* buffer[at] to buffer[len - 1] are not handed over to the FILE yet */
	uint64_t offset;	/* offset of buffer[at] in the input */
	FILE *file;		/* NULL: none is open */
	char file_buffer[16384];	/* of the FILE: without it, stdio takes one byte at a time */
	uint8_t buffer[65536];
};

/* --- opening --- */

static bool refuse(const char *name, const char *what)
{
	message_error("%s: this is %s: expected a recording or JSON lines of dtlsnoop, a pcap or a pcapng", name, what);
	return false;
}

/* Decide by the type of the file, before reading. */
static bool is_fit(int fd, const struct stat *st, const char *name)
{
	if (S_ISDIR(st->st_mode))
		return refuse(name, "a directory");
	if (S_ISCHR(st->st_mode) && isatty(fd))
		return refuse(name, "a terminal");
	return true;
}

struct input *input_new(int fd, const char *name)
{
	struct input *in = calloc(1, sizeof(*in));
	struct stat st;

	if (!in || fstat(fd, &st)) {
		message_error("%s: %s", name, strerror(errno));
		close(fd);
	} else if (is_fit(fd, &st, name)) {
		in->fd = fd;
		in->size = st.st_size;
		in->name = name;
		/* Standard input may be a file that was already read in part. */
		in->is_stream = !S_ISREG(st.st_mode) || lseek(fd, 0, SEEK_CUR) != 0;
		return in;
	} else {
		close(fd);
	}
	free(in);
	return NULL;
}

/* A recording may be read by its owner only. */
static void say_not_opened(const char *name, int error, const char *path)
{
	const struct passwd *owner;
	struct stat st;

	if (error != EACCES || !path || stat(path, &st)) {
		message_error("%s: %s", name, strerror(error));
		return;
	}
	owner = getpwuid(st.st_uid);
	message_error("%s: %s: the file belongs to %s (user %u), and its mode is %03o: read it as that user, or with sudo", name,
		      strerror(error), owner ? owner->pw_name : "a user without a name", st.st_uid, st.st_mode & 07777);
}

struct input *input_open(const char *path)
{
	bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "standard input" : path;
	int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int error = errno;
	struct stat st;

	if (fd >= 0)
		return input_new(fd, name);
	if (error == ENXIO && !stat(path, &st) && S_ISSOCK(st.st_mode))
		refuse(name, "a socket");
	else
		say_not_opened(name, error, is_stdin ? NULL : path);
	return NULL;
}

void input_free(struct input *in)
{
	if (in)
		close(in->fd);
	free(in);
}

const char *input_name(const struct input *in)
{
	return in->name;
}

bool input_is_stream(const struct input *in)
{
	return in->is_stream;
}

/* --- reading --- */

/* Number of bytes that were handed over to the FILE, and that nobody has read from it yet. */
static size_t num_ahead(const struct input *in)
{
	if (!in->file)
		return 0;
#ifdef __GLIBC__
	return in->file->_IO_read_end - in->file->_IO_read_ptr;	/* bits/types/struct_FILE.h */
#else
	return __freadahead(in->file);	/* musl: stdio_ext.h */
#endif
}

/*
 * Read more into the buffer, after what nobody has read yet: that may be given back. Returns false if there is no
 * more.
 */
static bool fill(struct input *in)
{
	size_t first = in->at - num_ahead(in);
	ssize_t num;

	if (in->ended || in->error)
		return false;
	memmove(in->buffer, in->buffer + first, in->len - first);
	in->len -= first;
	in->at -= first;
	num = read(in->fd, in->buffer + in->len, sizeof(in->buffer) - in->len);
	if (num < 0)
		in->error = errno;
	in->ended = num == 0;
	in->len += num > 0 ? num : 0;
	return num > 0;
}

size_t input_peek(struct input *in, void *bytes, size_t len)
{
	size_t ahead = num_ahead(in);

	while (ahead + in->len - in->at < len && fill(in))
		;
	if (len > ahead + in->len - in->at)
		len = ahead + in->len - in->at;
	memcpy(bytes, in->buffer + in->at - ahead, len);
	return len;
}

/* For fopencookie(3): -1 with errno, or 0 at the end. */
static ssize_t read_cookie(void *cookie, char *bytes, size_t size)
{
	struct input *in = cookie;

	if (in->at == in->len && !fill(in)) {
		errno = in->error;
		return in->error ? -1 : 0;
	}
	if (size > in->len - in->at)
		size = in->len - in->at;
	memcpy(bytes, in->buffer + in->at, size);
	in->at += size;
	in->offset += size;
	return size;
}

FILE *input_file(struct input *in)
{
	FILE *file = fopencookie(in, "r", (cookie_io_functions_t){ .read = read_cookie });

	if (!file)
		return NULL;
	input_take_back(in);
	setvbuf(file, in->file_buffer, _IOFBF, sizeof(in->file_buffer));
	/* One thread reads it, a few bytes at a time. */
	__fsetlocking(file, FSETLOCKING_BYCALLER);
	in->file = file;
	return file;
}

void input_take_back(struct input *in)
{
	size_t ahead = num_ahead(in);

	in->at -= ahead;
	in->offset -= ahead;
	in->file = NULL;
}

bool input_rewind(struct input *in)
{
	if (lseek(in->fd, 0, SEEK_SET) < 0) {
		message_error("%s: %s", in->name, strerror(errno));
		return false;
	}
	in->file = NULL;
	in->at = in->len = in->offset = 0;
	in->ended = false;
	in->error = 0;
	return true;
}

uint64_t input_offset(const struct input *in)
{
	return in->offset - num_ahead(in);
}

double input_share_read(const struct input *in)
{
	if (in->is_stream || !in->size)
		return -1;
	/* It may have grown since. */
	return input_offset(in) < in->size ? (double)input_offset(in) / in->size : 1;
}

int input_error(const struct input *in)
{
	return in->error;
}

static bool is_readable(const struct input *in, int timeout_ms)
{
	struct pollfd fd = { .fd = in->fd, .events = POLLIN };

	return poll(&fd, 1, timeout_ms) > 0;
}

bool input_wait(struct input *in, int timeout_ms)
{
	return num_ahead(in) || in->at < in->len || in->ended || in->error || is_readable(in, timeout_ms);
}

bool input_has_more(const struct input *in)
{
	return in->ended || in->error || is_readable(in, 0);
}
