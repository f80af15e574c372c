// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "display_filter.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "handshake.h"
#include "text.h"

#include "core.h"

/* Wireshark's udp.length counts the header too. */
#define UDP_HEADER_LEN 8

struct writer {
	char *out;
	size_t size, used;	/* used > size: it did not fit */
};

static void put(struct writer *w, const char *text, size_t len)
{
	if (w->used + len < w->size)
		memcpy(w->out + w->used, text, len);
	w->used += len;
}

__attribute__((format(__printf__, 2, 3)))
static void say(struct writer *w, const char *format, ...)
{
	char text[3 * TEXT_ADDRESS_LEN];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(w, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

static void say_from(struct writer *w, const struct event_endpoint *from, bool ipv4)
{
	char address[TEXT_ADDRESS_LEN];

	text_address(address, from->ip, ipv4);
	say(w, "(%s.src == %s && udp.srcport == %u)", ipv4 ? "ip" : "ipv6", address, from->port);
}

static void say_party(struct writer *w, const struct handshake *h, enum party_role role)
{
	say_from(w, &h->party[role].address, h->party[role].ipv4);
}

static void say_flow(struct writer *w, const struct handshake *h)
{
	char address[TEXT_ADDRESS_LEN];

	for (int role = 0; role < PARTY_MAX; role++) {
		const struct party *party = &h->party[role];

		text_address(address, party->address.ip, party->ipv4);
		say(w, "%s%s.addr == %s && udp.port == %u", role ? " && " : "", party->ipv4 ? "ip" : "ipv6",
		    address, party->address.port);
	}
}

static void say_message(struct writer *w, const struct handshake *h, enum party_role from, uint8_t index)
{
	if (index == NO_MESSAGE)
		say(w, "dtls");
	else
		say(w, "dtls.handshake.message_seq == %u", h->party[from].messages[index].message_seq);
}

static void say_hole(struct writer *w, const struct handshake *h, const struct claim *claim)
{
	const struct hole *hole = &claim->evidence.hole;

	if (hole->kind == HOLE_BYTES)
		say_message(w, h, claim->role, hole->message);
	else if (hole->kind == HOLE_MESSAGE)
		say(w, "dtls.handshake.message_seq == %u", hole->message_seq);
	else if (hole->kind == HOLE_CHANGE_CIPHER_SPEC)
		say(w, "(dtls.record.content_type == 20 || dtls.record.content_type == 22)");
	else
		say(w, "dtls.handshake");
}

/* Write the filter that the name in braces stands for. */
static void say_word(struct writer *w, const char *name, size_t len, const struct handshake *h,
		     const struct claim *claim)
{
	enum party_role role = claim->role;

#define IS(word) (len == strlen(word) && !memcmp(name, word, len))
	if (IS("flow")) {
		say_flow(w, h);
	} else if (IS("client")) {
		say_party(w, h, PARTY_CLIENT);
	} else if (IS("server")) {
		say_party(w, h, PARTY_SERVER);
	} else if (IS("role")) {
		say_party(w, h, role);
	} else if (IS("peer")) {
		say_party(w, h, party_peer(role));
	} else if (IS("stray")) {
		say_from(w, role == PARTY_CLIENT ? &h->relations.moved.address[PARTY_CLIENT] : &h->relations.stray_address,
			 role == PARTY_CLIENT ? h->party[role].ipv4 : h->relations.stray_ipv4);
	} else if (IS("hole")) {
		say_hole(w, h, claim);
	} else if (IS("split")) {
		say_message(w, h, party_peer(role), claim->evidence.message);
	} else if (IS("passed")) {
		say(w, "%" PRIu32, claim->evidence.mtu.passed + UDP_HEADER_LEN);
	} else if (IS("buffer")) {
		say(w, "%" PRIu32, h->party[role].cut.buffer + UDP_HEADER_LEN);
	}
#undef IS
}

void display_filter_write(char *out, size_t size, const char *pattern, const struct handshake *h,
			  const struct claim *claim)
{
	struct writer w = { .out = out, .size = size };
	const char *open, *close;

	while ((open = strchr(pattern, '{')) && (close = strchr(open, '}'))) {
		put(&w, pattern, open - pattern);
		say_word(&w, open + 1, close - open - 1, h, claim);
		pattern = close + 1;
	}
	put(&w, pattern, strlen(pattern));
	out[w.used < size ? w.used : 0] = 0;
}
