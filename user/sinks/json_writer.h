/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON (RFC 8259) as a stream: values go out in the order of the calls, through a buffer of fixed
 * size, and nothing is allocated. The caller opens and closes objects and arrays in pairs.
 *
 * `key` is a literal that needs no escapes; NULL in an array and for the outermost value.
 */
#ifndef DTLSNOOP_JSON_WRITER_H
#define DTLSNOOP_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json_writer {
	FILE *out;
	bool follows;		/* the next value follows another: a comma stands between them */
	size_t len;		/* bytes of buffer[] that `out` has not got yet */
	char buffer[8192];
};

void json_begin(struct json_writer *w, FILE *out);

void json_open_object(struct json_writer *w, const char *key);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w, const char *key);
void json_close_array(struct json_writer *w);

void json_put_number(struct json_writer *w, const char *key, uint64_t number);
void json_put_signed(struct json_writer *w, const char *key, int64_t number);
void json_put_bool(struct json_writer *w, const char *key, bool value);

/* Valid UTF-8. What RFC 8259 s7 wants escaped is escaped. */
void json_put_string(struct json_writer *w, const char *key, const char *text, size_t len);

/* End the line, and hand it to `out`. Whether that fails, ferror(out) tells. */
void json_end_line(struct json_writer *w);

#endif
