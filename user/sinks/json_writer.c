// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "json_writer.h"

#include <string.h>

#include "text.h"

/* "\u001f" */
#define MAX_ESCAPE 6

void json_begin(struct json_writer *w, FILE *out)
{
	w->out = out;
	w->follows = false;
	w->len = 0;
}

static void hand_over(struct json_writer *w)
{
	fwrite_unlocked(w->buffer, 1, w->len, w->out);
	w->len = 0;
}

/* Room for `size` bytes, far fewer than the buffer has. */
static char *room_for(struct json_writer *w, size_t size)
{
	if (w->len + size > sizeof(w->buffer))
		hand_over(w);
	return w->buffer + w->len;
}

static void put_byte(struct json_writer *w, char byte)
{
	*room_for(w, 1) = byte;
	w->len++;
}

static void put_bytes(struct json_writer *w, const char *bytes, size_t len)
{
	while (len) {
		size_t part = len < sizeof(w->buffer) / 2 ? len : sizeof(w->buffer) / 2;

		memcpy(room_for(w, part), bytes, part);
		w->len += part;
		bytes += part;
		len -= part;
	}
}

/* What stands before a value. */
static void put_key(struct json_writer *w, const char *key)
{
	size_t len = key ? strlen(key) : 0;
	char *to = room_for(w, len + sizeof(",\"\":"));

	if (w->follows)
		*to++ = ',';
	w->follows = true;
	if (key) {
		*to++ = '"';
		to = mempcpy(to, key, len);
		*to++ = '"';
		*to++ = ':';
	}
	w->len = to - w->buffer;
}

static void open(struct json_writer *w, const char *key, char bracket)
{
	put_key(w, key);
	put_byte(w, bracket);
	w->follows = false;
}

static void close(struct json_writer *w, char bracket)
{
	put_byte(w, bracket);
	w->follows = true;
}

void json_open_object(struct json_writer *w, const char *key)
{
	open(w, key, '{');
}

void json_close_object(struct json_writer *w)
{
	close(w, '}');
}

void json_open_array(struct json_writer *w, const char *key)
{
	open(w, key, '[');
}

void json_close_array(struct json_writer *w)
{
	close(w, ']');
}

void json_put_number(struct json_writer *w, const char *key, uint64_t number)
{
	char digits[TEXT_DIGITS], *end = digits + sizeof(digits), *first = text_digits(end, number);

	put_key(w, key);
	put_bytes(w, first, end - first);
}

void json_put_signed(struct json_writer *w, const char *key, int64_t number)
{
	char digits[TEXT_DIGITS + 1], *end = digits + sizeof(digits);
	char *first = text_digits(end, number < 0 ? -(uint64_t)number : (uint64_t)number);

	if (number < 0)
		*--first = '-';
	put_key(w, key);
	put_bytes(w, first, end - first);
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
	put_key(w, key);
	put_bytes(w, value ? "true" : "false", value ? 4 : 5);
}

/* The letter after the backslash of a short escape; 0: it has none. */
static char short_escape(unsigned char c)
{
	switch (c) {
	case '"': case '\\': return c;
	case '\b': return 'b';
	case '\f': return 'f';
	case '\n': return 'n';
	case '\r': return 'r';
	case '\t': return 't';
	default: return 0;
	}
}

static bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

#define IN_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The top bit of each byte that is less than `least`, at most 0x80; of bytes above such a one perhaps, too. */
static uint64_t bytes_below(uint64_t bytes, uint8_t least)
{
	return (bytes - IN_EACH_BYTE(least)) & ~bytes & IN_EACH_BYTE(0x80);
}

/* How many bytes from here on need no escape? Eight at a time: long texts rarely need any. */
static size_t num_plain(const char *text, size_t len)
{
	size_t i = 0;
	uint64_t bytes;

	for (; len - i >= sizeof(bytes); i += sizeof(bytes)) {
		memcpy(&bytes, text + i, sizeof(bytes));
		if (bytes_below(bytes, 0x20) | bytes_below(bytes ^ IN_EACH_BYTE('"'), 1) | bytes_below(bytes ^ IN_EACH_BYTE('\\'), 1))
			break;
	}
	while (i < len && !needs_escape(text[i]))
		i++;
	return i;
}

static void put_escape(struct json_writer *w, unsigned char c)
{
	char *to = room_for(w, MAX_ESCAPE + 1), letter = short_escape(c);

	if (letter) {
		*to++ = '\\';
		*to = letter;
		w->len += 2;
	} else {
		w->len += snprintf(to, MAX_ESCAPE + 1, "\\u%04x", c);
	}
}

void json_put_string(struct json_writer *w, const char *key, const char *text, size_t len)
{
	size_t plain;

	put_key(w, key);
	put_byte(w, '"');
	for (; (plain = num_plain(text, len)) < len; text += plain + 1, len -= plain + 1) {
		put_bytes(w, text, plain);
		put_escape(w, text[plain]);
	}
	put_bytes(w, text, len);
	put_byte(w, '"');
}

void json_end_line(struct json_writer *w)
{
	put_byte(w, '\n');
	hand_over(w);
	w->follows = false;
}
