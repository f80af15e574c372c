// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "html_writer.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

void html_begin(struct html_writer *w, FILE *out)
{
	*w = (struct html_writer){ .out = out };
}

void html_doctype(struct html_writer *w)
{
	fputs("<!DOCTYPE html>\n", w->out);
}

/* What an element begins with is over: its content follows. */
static void end_tag(struct html_writer *w)
{
	if (w->in_tag)
		fputc('>', w->out);
	w->in_tag = false;
}

static void put_byte(struct html_writer *w, unsigned char c)
{
	switch (c) {
	case '<': fputs("&lt;", w->out); break;
	case '>': fputs("&gt;", w->out); break;
	case '&': fputs("&amp;", w->out); break;
	case '"': fputs("&quot;", w->out); break;
	case '\'': fputs("&#39;", w->out); break;
	default:
		if (c >= 0x20 && c < 0x7f)
			fputc(c, w->out);
		else
			fprintf(w->out, "\\x%02x", c);
	}
}

static void put_escaped(struct html_writer *w, const char *format, va_list args)
{
	char text[HTML_TEXT_LEN];

	vsnprintf(text, sizeof(text), format, args);
	for (const char *c = text; *c; c++)
		put_byte(w, *c);
}

void html_open(struct html_writer *w, const char *name)
{
	assert(w->depth < HTML_MAX_DEPTH);
	end_tag(w);
	fprintf(w->out, "<%s", name);
	w->open[w->depth++] = name;
	w->in_tag = true;
}

void html_attribute(struct html_writer *w, const char *name, const char *format, ...)
{
	va_list args;

	assert(w->in_tag);
	fprintf(w->out, " %s=\"", name);
	va_start(args, format);
	put_escaped(w, format, args);
	va_end(args);
	fputc('"', w->out);
}

void html_text(struct html_writer *w, const char *format, ...)
{
	va_list args;

	end_tag(w);
	va_start(args, format);
	put_escaped(w, format, args);
	va_end(args);
}

/* A line of the file ends where one of these does. */
static bool ends_line(const char *name)
{
	return strcmp(name, "b") && strcmp(name, "a") && strcmp(name, "code") && strcmp(name, "td") && strcmp(name, "th") &&
	       strcmp(name, "tspan") && strcmp(name, "span");
}

void html_close(struct html_writer *w)
{
	const char *name;

	assert(w->depth);
	name = w->open[--w->depth];
	end_tag(w);
	fprintf(w->out, "</%s>%s", name, ends_line(name) ? "\n" : "");
}

void html_close_void(struct html_writer *w)
{
	assert(w->in_tag);
	w->depth--;
	end_tag(w);
	fputc('\n', w->out);
}

void html_put(struct html_writer *w, const char *name, const char *class, const char *format, ...)
{
	va_list args;

	html_open(w, name);
	if (class)
		html_attribute(w, "class", "%s", class);
	end_tag(w);
	va_start(args, format);
	put_escaped(w, format, args);
	va_end(args);
	html_close(w);
}

void html_style(struct html_writer *w, const char *css)
{
	html_open(w, "style");
	end_tag(w);
	fputs(css, w->out);
	html_close(w);
}

void html_insert(struct html_writer *w, const char *html, size_t len)
{
	end_tag(w);
	fwrite(html, 1, len, w->out);
}
