// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "comments.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "verdict_words.h"

#define TEXT_LEN (VERDICT_TEXT_LEN + VERDICT_WORDS_LEN + VERDICT_HINT_LEN + 256)

/* What was said of a handshake last, and where it is. */
struct followed {
	uint64_t id, packet, ns;	/* of its latest datagram */
	enum handshake_state state;
	enum verdict_code code;
	enum verdict_side side;
	UT_hash_handle hh;
};

struct comments {
	struct annotation *list;
	size_t num, room;
	uint64_t more;
	struct followed *followed;	/* by id, in the order of their first datagrams */
};

struct comments *comments_new(void)
{
	return calloc(1, sizeof(struct comments));
}

void comments_free(struct comments *c)
{
	struct followed *f, *next;

	if (!c)
		return;
	HASH_ITER(hh, c->followed, f, next) {
		HASH_DEL(c->followed, f);
		free(f);
	}
	for (size_t i = 0; i < c->num; i++)
		free(c->list[i].text);
	free(c->list);
	free(c);
}

static bool has_room(struct comments *c)
{
	size_t room = c->room ? 2 * c->room : 64;
	struct annotation *list;

	if (c->num == COMMENTS_MAX)
		return false;
	if (c->num < c->room)
		return true;
	list = realloc(c->list, room * sizeof(*list));
	if (!list)
		return false;
	c->list = list;
	c->room = room;
	return true;
}

__attribute__((format(printf, 4, 5)))
static void comment(struct comments *c, uint64_t id, uint64_t packet, const char *format, ...)
{
	char text[TEXT_LEN];
	int len = snprintf(text, sizeof(text), "dtlsnoop #%" PRIu64 ": ", id);
	va_list args;
	char *copy;

	va_start(args, format);
	vsnprintf(text + len, sizeof(text) - len, format, args);
	va_end(args);
	copy = has_room(c) ? strdup(text) : NULL;
	if (copy) {
		c->list[c->num] = (struct annotation){ .packet = packet, .order = c->num, .text = copy };
		c->num++;
	} else {
		c->more++;
	}
}

/* NULL: out of memory. */
static struct followed *follow(struct comments *c, uint64_t id)
{
	struct followed *f, *oldest = c->followed;

	HASH_FIND(hh, c->followed, &id, sizeof(id), f);
	if (f)
		return f;
	f = HASH_NEW(c->followed, id, id);
	if (f && HASH_COUNT(c->followed) > COMMENTS_HANDSHAKES) {
		HASH_DEL(c->followed, oldest);
		free(oldest);
	}
	return f;
}

/* The flight of which this datagram has a retransmission; 0: none. */
static uint8_t retransmitted(const struct datagram_facts *facts)
{
	for (uint32_t i = 0; i < facts->ev->num_items; i++)
		if (facts->items[i].retransmission)
			return facts->items[i].flight;
	return 0;
}

static bool has_duplicate(const struct datagram_facts *facts)
{
	for (uint32_t i = 0; i < facts->ev->num_items; i++)
		if (facts->items[i].duplicate)
			return true;
	return false;
}

static void comment_copy(struct comments *c, const struct datagram_facts *facts, uint8_t number, uint64_t packet)
{
	const struct flight *flight = &facts->handshake->flights[number];
	uint64_t id = facts->handshake->id;

	if (flight->copies > 1 && flight->copy_before_ns)
		comment(c, id, packet, "copy %" PRIu32 " of flight %u (retransmission, %.1f s after copy %" PRIu32 ")", flight->copies, number,
			(flight->latest_copy_ns - flight->copy_before_ns) / 1e9, flight->copies - 1);
	else
		comment(c, id, packet, "part of flight %u, sent again (retransmission)", number);
}

void comments_datagram(struct comments *c, const struct datagram_facts *facts, uint64_t packet)
{
	const struct handshake *h = facts->handshake;
	struct followed *f = h && !facts->early ? follow(c, h->id) : NULL;
	char client[VERDICT_PARTY_LEN], server[VERDICT_PARTY_LEN];
	uint8_t flight;

	if (!f)
		return;
	f->packet = packet;
	f->ns = facts->ev->time_ns;
	flight = retransmitted(facts);
	if (facts->begins)
		comment(c, h->id, packet, "the handshake begins: %s, %s", verdict_party(client, h, PARTY_CLIENT),
			verdict_party(server, h, PARTY_SERVER));
	else if (flight)
		comment_copy(c, facts, flight, packet);
	else if (has_duplicate(facts))
		comment(c, h->id, packet, "a duplicate: the same record came before");
	else if (facts->ev->kind == EVENT_ICMP_ERROR)
		comment(c, h->id, packet, "an ICMP error about a datagram of the %s", party_role_name(facts->from));
}

static void comment_fault(struct comments *c, const struct followed *f, const struct handshake *h, uint64_t now)
{
	char after[48] = "", words[VERDICT_WORDS_LEN];
	struct verdict v;

	verdict_describe(h, now, &v);
	if (now > f->ns)
		snprintf(after, sizeof(after), " %.1f s after this datagram", (now - f->ns) / 1e9);
	comment(c, h->id, f->packet, "%s%s: %s; verdict: %s%s%s", handshake_state_name(h->state), after, v.summary, verdict_words(words, h, &v),
		v.hint[0] ? "; hint: " : "", v.hint);
}

void comments_handshake(struct comments *c, const struct handshake *h, uint64_t now)
{
	struct followed *f;

	HASH_FIND(hh, c->followed, &h->id, sizeof(h->id), f);
	/* Told again because of how it ended, or because the trace ends. */
	if (!f || (f->state == h->state && f->code == h->verdict.code && f->side == h->verdict.side))
		return;
	f->state = h->state;
	f->code = h->verdict.code;
	f->side = h->verdict.side;
	if (h->state == HANDSHAKE_COMPLETED)
		comment(c, h->id, f->packet, "completed %.3f s after the first ClientHello", (h->ended_ns - h->started_ns) / 1e9);
	else if (h->verdict.code != VERDICT_NONE)
		comment_fault(c, f, h, now);
	else
		comment(c, h->id, f->packet, "%s; what was said of it before no longer holds", handshake_state_name(h->state));
}

static int by_packet(const void *a, const void *b)
{
	const struct annotation *x = a, *y = b;

	if (x->packet != y->packet)
		return x->packet < y->packet ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

const struct annotation *comments_sorted(struct comments *c, size_t *out_num, uint64_t *out_more)
{
	if (c->num)
		qsort(c->list, c->num, sizeof(*c->list), by_packet);
	*out_num = c->num;
	*out_more = c->more;
	return c->list;
}
