// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The line of a copy of a flight: how many datagrams it has, and how many of them were dropped. */
#include "sink_timeline.h"

#include <inttypes.h>

#include "items_text.h"

/* All datagrams of a copy are sent within much less than this. */
#define COPY_QUIET_NS 10000000ULL

static bool is_of(const struct copy *c, const struct datagram_facts *facts, uint8_t flight)
{
	const struct handshake *h = facts->handshake;

	return c->handshake == h->id && c->flight == flight && c->from == facts->from && c->number == h->flights[flight].copies;
}

/* Was it counted when its sender's socket sent it, or when it arrived? */
static bool is_counted(const struct copy *c, const struct datagram_facts *facts)
{
	return facts->handshake->party[facts->from].view[POINT_SENT].any ||
	       (facts->ev->datagram && facts->ev->datagram == c->datagram);
}

static void begin_copy(struct copy *c, const struct datagram_facts *facts, uint8_t flight)
{
	const struct handshake *h = facts->handshake;

	*c = (struct copy){
		.handshake = h->id, .flight = flight, .from = facts->from, .number = h->flights[flight].copies,
		.first_ns = facts->ev->time_ns,
	};
}

static bool is_same_drop(const struct copy *c, const struct event *ev)
{
	return c->drop_reason == ev->drop_reason && c->drop_flags == (ev->flags & EVENT_TX);
}

static void count(struct copy *c, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	bool is_drop = ev->kind == EVENT_DROPPED;

	if (!is_drop || !is_counted(c, facts)) {
		c->datagrams++;
		c->bytes += ev->length;
	}
	if (is_drop && !c->dropped++) {
		c->drop_reason = ev->drop_reason;
		c->drop_flags = ev->flags & EVENT_TX;
	}
	c->datagram = ev->datagram;
	c->last_ns = ev->time_ns;
}

/* Can it be counted at all? A dropped datagram may be reported as if it had never come, and so as no copy. */
static bool is_countable(const struct datagram_facts *facts, bool is_copy, bool goes_on)
{
	if (facts->begins || facts->ev->malformed)
		return false;
	switch (facts->ev->kind) {
	case EVENT_SENT: case EVENT_CAPTURED: case EVENT_QUEUED: return is_copy;
	case EVENT_DROPPED: return is_copy || goes_on;
	default: return false;
	}
}

bool copies_take(struct sink *s, const struct datagram_facts *facts)
{
	struct copy *c = &timeline_of(s)->copy;
	const struct event *ev = facts->ev;
	bool is_copy, goes_on;
	uint8_t flight = items_only_flight(facts, &is_copy);

	goes_on = flight && is_of(c, facts, flight);
	if (!flight || !is_countable(facts, is_copy, goes_on))
		return false;
	if (!goes_on) {
		copies_flush(s);
		/* Its datagram has its own line, or is in a copy that was told of. */
		if (ev->kind == EVENT_DROPPED && is_counted(c, facts))
			return false;
		begin_copy(c, facts, flight);
	} else if (ev->kind == EVENT_DROPPED && c->dropped && !is_same_drop(c, ev)) {
		return false;
	}
	count(c, facts);
	return true;
}

void copies_tick(struct sink *s, uint64_t now)
{
	if (now >= timeline_of(s)->copy.last_ns + COPY_QUIET_NS)
		copies_flush(s);
}

void copies_flush(struct sink *s)
{
	struct copy *c = &timeline_of(s)->copy;
	char text[DROP_TEXT_LEN];

	if (!c->handshake)
		return;
	print_id(s, c->first_ns, c->handshake);
	fprintf(text_of(s), "%s  ", c->from == PARTY_CLIENT ? "client > server" : "server > client");
	colored(s, YELLOW, "flight %u again", c->flight);
	if (c->number > 1)
		fprintf(text_of(s), ", copy %" PRIu32, c->number);
	fprintf(text_of(s), ": %" PRIu32 " datagram%s, %" PRIu64 " bytes", c->datagrams, c->datagrams == 1 ? "" : "s", c->bytes);
	if (c->dropped)
		colored(s, RED, "; %" PRIu32 " dropped by the kernel%s: %s", c->dropped, c->drop_flags ? " on its way out" : "",
			drop_text(s, c->drop_reason, text));
	fputc('\n', text_of(s));
	c->handshake = 0;
}
