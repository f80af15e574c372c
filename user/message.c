// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "message.h"

#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "text.h"

/* Room for two paths and a text about them. */
#define TEXT_LEN (2 * PATH_MAX + 512)
/* An invalid UTF-8 byte becomes three bytes (U+FFFD). */
#define LINE_LEN (3 * TEXT_LEN)

/* A file name may contain terminal control sequences and newlines. */
static size_t make_harmless(char *line, const char *text)
{
	size_t len = text_utf8(line, LINE_LEN - 1, text, strlen(text));

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20)
			line[i] = '?';
	return len;
}

/* The last line of the terminal is a status. */
static bool has_status;

/* Back to its first column, and clear it (EL, ECMA-48). */
#define CLEAR_LINE "\r\033[K"

void message_status(const char *line)
{
	char text[TEXT_LEN], shown[LINE_LEN + sizeof(CLEAR_LINE)] = CLEAR_LINE;
	size_t len = strlen(CLEAR_LINE);

	if (!line && !has_status)
		return;
	snprintf(text, sizeof(text), "%s", line ? line : "");
	len += make_harmless(shown + len, text);
	has_status = line && write(STDERR_FILENO, shown, len) > 0;
	if (!line && write(STDERR_FILENO, CLEAR_LINE, strlen(CLEAR_LINE)) < 0)
		return;
}

bool message_goes_to_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat file;

	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && !fstat(fd, &file) && file.st_dev == device &&
	       file.st_ino == inode;
}

static bool is_silent;

void message_mute(bool is_muted)
{
	is_silent = is_muted;
}

static void say(int priority, const char *format, va_list args)
{
	char text[TEXT_LEN] = "", line[LINE_LEN];
	size_t prefix = 0, len;

	if (is_silent)
		return;
	if (message_goes_to_journal(STDERR_FILENO))
		prefix = snprintf(text, sizeof(text), "<%d>", priority);
	else
		prefix = snprintf(text, sizeof(text), "dtlsnoop: ");
	vsnprintf(text + prefix, sizeof(text) - prefix, format, args);
	len = make_harmless(line, text);
	line[len++] = '\n';
	message_status(NULL);
	/* If standard error cannot be written, nothing can be done about it. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

void message_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_ERR, format, args);
	va_end(args);
}

void message_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_WARNING, format, args);
	va_end(args);
}

void message_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_INFO, format, args);
	va_end(args);
}
