// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "message.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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

void message_error(const char *format, ...)
{
	char text[TEXT_LEN] = "dtlsnoop: ", line[LINE_LEN];
	size_t prefix = strlen(text), len;
	va_list args;

	va_start(args, format);
	vsnprintf(text + prefix, sizeof(text) - prefix, format, args);
	va_end(args);
	len = make_harmless(line, text);
	line[len++] = '\n';
	message_status(NULL);
	/* If standard error cannot be written, nothing can be done about it. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}
