/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTML as a stream. Everything that html goes through is here: names of elements and attributes are
 * literals, and whatever stands in a text or in the value of an attribute is escaped. So no byte of a
 * stranger becomes markup, and elements always nest. Nothing is allocated.
 */
#ifndef DTLSNOOP_HTML_WRITER_H
#define DTLSNOOP_HTML_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Elements inside each other. */
#define HTML_MAX_DEPTH 16
/* Of one text or value; what is longer is truncated. */
#define HTML_TEXT_LEN 8192

struct html_writer {
	FILE *out;
	bool in_tag;		/* the tag of the element that was opened last can still get attributes */
	uint32_t depth;
	const char *open[HTML_MAX_DEPTH];
};

void html_begin(struct html_writer *w, FILE *out);

/* Begins the document: <!DOCTYPE html>. */
void html_doctype(struct html_writer *w);

/* `name` is a literal. */
void html_open(struct html_writer *w, const char *name);

/* An attribute of the element that was just opened; `name` is a literal. */
__attribute__((format(printf, 3, 4)))
void html_attribute(struct html_writer *w, const char *name, const char *format, ...);

/* Printable ASCII stays, apart from the five characters that mark up; every other byte becomes \xNN. */
__attribute__((format(printf, 2, 3)))
void html_text(struct html_writer *w, const char *format, ...);

/* Ends the innermost open element. */
void html_close(struct html_writer *w);

/* An element that has no content and no end tag, such as <meta>: instead of html_close(). */
void html_close_void(struct html_writer *w);

/* An element of class `class` (NULL: none) with this text, from beginning to end. Both names are literals. */
__attribute__((format(printf, 4, 5)))
void html_put(struct html_writer *w, const char *name, const char *class, const char *format, ...);

/* A style sheet: a literal. */
void html_style(struct html_writer *w, const char *css);

/* What another writer wrote. */
void html_insert(struct html_writer *w, const char *html, size_t len);

#endif
