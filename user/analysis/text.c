// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define CORE_NEEDS_INET_NTOP
#include "core.h"

static const char hex[] = "0123456789abcdef";

void text_hex(char *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		*out++ = hex[bytes[i] >> 4];
		*out++ = hex[bytes[i] & 15];
	}
	*out = 0;
}

char *text_digits(char *end, uint64_t number)
{
	/* Two at a time: a short division costs less than a long one. */
	for (; number >= 100; number /= 100) {
		uint32_t two = number % 100;

		*--end = '0' + two % 10;
		*--end = '0' + two / 10;
	}
	*--end = '0' + (uint32_t)number % 10;
	if (number >= 10)
		*--end = '0' + (uint32_t)number / 10;
	return end;
}

/* Just before `end`. Returns the first character. */
static char *ipv4_before(char *end, const uint8_t ip[16])
{
	for (int i = 15; i > 12; i--) {
		end = text_digits(end, ip[i]);
		*--end = '.';
	}
	return text_digits(end, ip[12]);
}

void text_address(char out[TEXT_ADDRESS_LEN], const uint8_t ip[16], bool ipv4)
{
	char text[TEXT_ADDRESS_LEN] = "";

	if (ipv4)
		strcpy(out, ipv4_before(text + sizeof(text) - 1, ip));
	else if (!inet_ntop(AF_INET6, ip, out, TEXT_ADDRESS_LEN))
		out[0] = 0;
}

void text_endpoint(char out[TEXT_ENDPOINT_LEN], const struct event_endpoint *ep, bool ipv4)
{
	char text[TEXT_ENDPOINT_LEN] = "", *port;

	if (ipv4) {
		port = text_digits(text + sizeof(text) - 1, ep->port);
		*--port = ':';
		strcpy(out, ipv4_before(port, ep->ip));
	} else {
		text_address(text, ep->ip, false);
		snprintf(out, TEXT_ENDPOINT_LEN, "[%s]:%u", text, ep->port);
	}
}

void text_escape(char *out, size_t size, const char *bytes, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = bytes[i];

		if (c >= 0x20 && c < 0x7f && c != '\\') {
			if (used + 1 >= size)
				break;
			out[used++] = c;
		} else {
			if (used + 4 >= size)
				break;
			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = hex[c >> 4];
			out[used++] = hex[c & 0xf];
		}
	}
	if (size)
		out[used] = 0;
}

/* Length of the UTF-8 sequence at `p`, 0 if there is no valid one (RFC 3629 s4). */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (len > left)
		return 0;
	/* Some first bytes restrict the second: no overlong forms, no surrogates, nothing > U+10FFFF. */
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return len;
}

/* DEL, and U+0080..U+009F in its two bytes. */
static bool is_control(const unsigned char *p)
{
	return p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

/* U+061C, U+200E, U+200F, U+202A..U+202E, U+2066..U+2069: Bidi_Control of Unicode (UAX #9 s2). */
static bool turns_direction(const unsigned char *p)
{
	if (p[0] == 0xd8)
		return p[1] == 0x9c;
	if (p[0] != 0xe2)
		return false;
	return (p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xaa && p[2] <= 0xae))) ||
	       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

size_t text_utf8(char *out, size_t size, const char *bytes, size_t len)
{
	static const char replacement[] = "\xef\xbf\xbd";	/* U+FFFD */
	size_t used = 0, seq;

	for (size_t i = 0; i < len; i += seq ? seq : 1) {
		const char *from = bytes + i;
		size_t num;

		seq = utf8_len((const unsigned char *)from, len - i);
		num = seq;
		if (!seq || is_control((const unsigned char *)from) ||
		    (seq > 1 && turns_direction((const unsigned char *)from))) {
			from = replacement;
			num = sizeof(replacement) - 1;
		}
		if (used + num >= size)
			break;
		memcpy(out + used, from, num);
		used += num;
	}
	if (size)
		out[used] = 0;
	return used;
}
