/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text that is safe to show: untrusted bytes are escaped before they reach a
 * terminal or JSON. Pure; used on both sides of the sinks.
 */
#ifndef DTLSNOOP_TEXT_H
#define DTLSNOOP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

/* "[" 45 characters "]:" 5 digits, final 0 */
#define TEXT_ENDPOINT_LEN 56

/* 45 characters, final 0 */
#define TEXT_ADDRESS_LEN 46

/*
 * The decimal digits of a number, at most TEXT_DIGITS, are written just before `end`, without a final 0. Returns the first
 * one. It takes a tenth of the time of printf(), for what is printed for each datagram.
 */
#define TEXT_DIGITS 20
char *text_digits(char *end, uint64_t number);

/* 192.0.2.1, or 2001:db8::1, of an address as in an event_endpoint. Always ends with a 0. */
void text_address(char out[TEXT_ADDRESS_LEN], const uint8_t ip[16], bool ipv4);

/* Is it an IPv4 address, mapped (RFC 4291 s2.5.5.2)? */
static inline bool text_is_mapped(const uint8_t ip[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !__builtin_memcmp(ip, prefix, sizeof(prefix));
}

/* 192.0.2.1:443, or [2001:db8::1]:443. Always ends with a 0. */
void text_endpoint(char out[TEXT_ENDPOINT_LEN], const struct event_endpoint *ep, bool ipv4);

/* Two digits, 0 to f, for each of `len` bytes, and a final 0. */
void text_hex(char *out, const uint8_t *bytes, size_t len);

/*
 * For a terminal: printable ASCII stays (except the backslash), every other byte
 * becomes \xNN. Ends with a 0; text that does not fit in `size` bytes is truncated.
 */
void text_escape(char *out, size_t size, const char *bytes, size_t len);

/*
 * For JSON: valid UTF-8 stays, every byte that is not part of it becomes U+FFFD,
 * and so do DEL, the C1 controls U+0080..U+009F, which some terminals execute, and
 * the marks that change the direction of writing. The writer of JSON escapes the controls
 * below U+0020. Sequences: RFC 3629 s4. Returns the length, without the final 0:
 * the bytes may contain zeros.
 */
size_t text_utf8(char *out, size_t size, const char *bytes, size_t len);

#endif
