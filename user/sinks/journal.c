// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "journal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define LINE_MAX_LEN 16384
/* Parameters of one sequence: an attribute and a colour. */
#define SGR_LEN 16
#define ESCAPE '\033'

struct journal {
	FILE *out;
	int priority;		/* of the line so far */
	bool is_escape;		/* within an SGR sequence */
	char sgr[SGR_LEN];
	size_t sgr_len, len;
	char line[LINE_MAX_LEN];
};

static void end_line(struct journal *j)
{
	fprintf(j->out, "<%d>%.*s\n", j->priority, (int)j->len, j->line);
	j->len = 0;
	j->priority = LOG_INFO;
}

/* A more urgent one stays. */
static void raise_to(struct journal *j, int priority)
{
	if (j->priority > priority)
		j->priority = priority;
}

static bool has_color(const struct journal *j, const char *color)
{
	return memmem(j->sgr, j->sgr_len, color, strlen(color));
}

static void put_in_sequence(struct journal *j, char c)
{
	if (c != 'm') {
		if (j->sgr_len < SGR_LEN)
			j->sgr[j->sgr_len++] = c;
		return;
	}
	if (has_color(j, "31"))
		raise_to(j, LOG_WARNING);
	else if (has_color(j, "33"))
		raise_to(j, LOG_NOTICE);
	j->is_escape = false;
}

static void put(struct journal *j, char c)
{
	if (j->is_escape) {
		put_in_sequence(j, c);
	} else if (c == ESCAPE) {
		j->is_escape = true;
		j->sgr_len = 0;
	} else if (c == '\n') {
		end_line(j);
	} else {
		if (j->len == LINE_MAX_LEN)
			end_line(j);
		j->line[j->len++] = c;
	}
}

static ssize_t write_lines(void *cookie, const char *bytes, size_t size)
{
	struct journal *j = cookie;

	for (size_t i = 0; i < size; i++)
		put(j, bytes[i]);
	return fflush(j->out) || ferror(j->out) ? 0 : (ssize_t)size;
}

static int close_lines(void *cookie)
{
	struct journal *j = cookie;
	bool failed;

	if (j->len)
		end_line(j);
	failed = ferror(j->out);
	failed |= fclose(j->out);
	free(j);
	return failed ? EOF : 0;
}

FILE *journal_open(FILE *out)
{
	struct journal *j = calloc(1, sizeof(*j));
	FILE *lines;

	if (!j)
		return NULL;
	j->out = out;
	j->priority = LOG_INFO;
	lines = fopencookie(j, "w", (cookie_io_functions_t){ .write = write_lines, .close = close_lines });
	if (!lines)
		free(j);
	return lines;
}
