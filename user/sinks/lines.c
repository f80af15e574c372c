// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lines.h"

#include <stdbool.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

/* A longer word is broken where the line ends. */
#define MAX_WORD 256
/* A longer line is printed word by word. */
#define MAX_WHOLE 1024
#define ESCAPE '\033'

struct lines {
	FILE *out;
	const unsigned *wanted_width;
	unsigned width;		/* of this line */
	unsigned column, spaces;	/* printed; and not yet, before the next word */
	unsigned indent;
	bool is_begun, has_words;
	bool is_escape;		/* within an SGR sequence */
	char word[MAX_WORD];
	unsigned len, columns;	/* of the word */
};

static void end_word(struct lines *l)
{
	if (l->width && l->columns && l->column > l->indent && l->column + l->spaces + l->columns > l->width) {
		fprintf(l->out, "\n%*s", l->indent, "");
		l->column = l->indent;
		l->spaces = 0;
	}
	if (l->len)
		fprintf(l->out, "%*s%.*s", l->spaces, "", l->len, l->word);
	l->column += l->len ? l->spaces + l->columns : 0;
	l->spaces = l->len ? 0 : l->spaces;
	l->len = l->columns = 0;
}

static void begin_line(struct lines *l)
{
	l->column = l->spaces = l->indent = 0;
	l->is_begun = true;
	l->has_words = false;
	l->width = *l->wanted_width;
}

/* Some of the line is left for words, however wide what is before them is. */
static void set_indent(struct lines *l, unsigned column)
{
	l->indent = l->width && column > l->width * 3 / 5 ? l->width * 3 / 5 : column;
}

static void put_in_word(struct lines *l, char c)
{
	unsigned room = l->width ? l->width - l->indent : MAX_WORD;

	if (!l->has_words)
		set_indent(l, l->spaces + 2);
	l->has_words = true;
	if (l->len == MAX_WORD || (c != ESCAPE && !l->is_escape && l->columns >= room))
		end_word(l);
	l->word[l->len++] = c == LINES_TIED ? ' ' : c;
	if (c == ESCAPE)
		l->is_escape = true;
	if (!l->is_escape)
		l->columns++;
	if (c == 'm')
		l->is_escape = false;
}

static void put(struct lines *l, char c)
{
	if (!l->is_begun)
		begin_line(l);
	if (c != ' ' && c != '\n' && *LINES_INDENT != c) {
		put_in_word(l, c);
		return;
	}
	end_word(l);
	if (c == ' ') {
		l->spaces++;
	} else if (c == '\n') {
		fputc('\n', l->out);
		l->is_begun = false;
	} else {
		set_indent(l, l->column + l->spaces);
	}
}

/*
 * Prints a line at once if it stays whole, as where there is no terminal. Returns how many bytes of it were taken,
 * with the newline; 0: none.
 */
static size_t put_whole(struct lines *l, const char *bytes, size_t size)
{
	const char *end = l->is_begun || *l->wanted_width ? NULL : memchr(bytes, '\n', size);
	char line[MAX_WHOLE], *to = line;

	if (!end || end - bytes >= MAX_WHOLE)
		return 0;
	for (const char *from = bytes, *indent; from < end; from = indent + 1) {
		indent = memchr(from, *LINES_INDENT, end - from);
		if (!indent)
			indent = end;
		to = mempcpy(to, from, indent - from);
	}
	while (to > line && to[-1] == ' ')
		to--;
	for (char *c = line; (c = memchr(c, LINES_TIED, to - c)); )
		*c = ' ';
	*to++ = '\n';
	fwrite(line, 1, to - line, l->out);
	return end - bytes + 1;
}

static ssize_t write_lines(void *cookie, const char *bytes, size_t size)
{
	struct lines *l = cookie;

	for (size_t i = 0, printed; i < size; i += printed) {
		printed = put_whole(l, bytes + i, size - i);
		if (!printed) {
			put(l, bytes[i]);
			printed = 1;
		}
	}
	return size;
}

static int close_lines(void *cookie)
{
	end_word(cookie);
	free(cookie);
	return 0;
}

FILE *lines_open(FILE *out, const unsigned *width)
{
	struct lines *l = calloc(1, sizeof(*l));
	FILE *file = l ? fopencookie(l, "w", (cookie_io_functions_t){ .write = write_lines, .close = close_lines }) : NULL;

	if (!file) {
		free(l);
		return NULL;
	}
	l->out = out;
	l->wanted_width = width;
	/* Nothing waits in this stream. */
	setvbuf(file, NULL, _IOLBF, BUFSIZ);
	/* One thread writes it, a few bytes at a time. */
	__fsetlocking(file, FSETLOCKING_BYCALLER);
	return file;
}

void wrap(FILE *out, const char *text, size_t len, unsigned column, unsigned indent)
{
	struct lines l = {
		.out = out, .width = WRAP_WIDTH, .column = column, .indent = indent, .is_begun = true, .has_words = true,
	};

	for (size_t i = 0; i < len; i++)
		put(&l, text[i]);
	put(&l, '\n');
}
