// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The line of a copy of a flight: how many datagrams it has, and how many of them were dropped. */
#include "sink_timeline.h"

#include <inttypes.h>
#include <string.h>

#include "items_text.h"

/* If nothing of a copy came for so long, it is whole. */
#define QUIET_NS 10000000ULL
/* So long does the line of a copy wait that goes on, and that of a later one with it. */
#define LONGEST_NS 100000000ULL

static bool is_of(const struct copy *c, const struct datagram_facts *facts, uint8_t flight)
{
	const struct handshake *h = facts->handshake;

	return c->handshake == h->id && c->flight == flight && c->from == facts->from && c->number == h->flights[flight].copies;
}

/* NULL: it is the first datagram of the copy, or its line was printed. */
static struct copy *copy_of(struct timeline *t, const struct datagram_facts *facts, uint8_t flight)
{
	for (struct copy *c = t->copies; c < t->copies + t->num_copies; c++)
		if (is_of(c, facts, flight))
			return c;
	return NULL;
}

/* Was it counted, or shown, when its sender's socket sent it? */
static bool was_sent_here(const struct datagram_facts *facts)
{
	return facts->handshake->party[facts->from].view[POINT_SENT].any;
}

static void tell(struct sink *s, const struct copy *c)
{
	char text[DROP_TEXT_LEN];

	print_id(s, c->first_ns, c->handshake);
	print_host(s, c->host);
	fprintf(text_of(s), "%s  ", c->from == PARTY_CLIENT ? "client > server" : "server > client");
	colored(s, YELLOW, "flight %u again", c->flight);
	if (c->number > 1)
		fprintf(text_of(s), ", copy %" PRIu32, c->number);
	fprintf(text_of(s), ": %" PRIu32 " datagram%s, %" PRIu64 " bytes", c->datagrams, c->datagrams == 1 ? "" : "s", c->bytes);
	if (c->dropped)
		colored(s, RED, "; %" PRIu32 " dropped by the kernel%s: %s", c->dropped, c->drop_flags ? " on its way out" : "",
			drop_text(s, c->drop_reason, text));
	fputc('\n', text_of(s));
}

static void tell_first(struct sink *s, uint32_t num)
{
	struct timeline *t = timeline_of(s);

	for (uint32_t i = 0; i < num; i++)
		tell(s, &t->copies[i]);
	t->num_copies -= num;
	memmove(t->copies, t->copies + num, t->num_copies * sizeof(t->copies[0]));
}

static struct copy *begin_copy(struct sink *s, const struct datagram_facts *facts, uint8_t flight)
{
	const struct handshake *h = facts->handshake;
	struct timeline *t = timeline_of(s);
	struct copy *c;

	if (t->num_copies == MAX_COPIES)
		tell_first(s, 1);
	c = &t->copies[t->num_copies++];
	*c = (struct copy){
		.handshake = h->id, .flight = flight, .from = facts->from, .number = h->flights[flight].copies,
		.first_ns = facts->ev->time_ns, .host = facts->ev->host,
	};
	return c;
}

static bool is_same_drop(const struct copy *c, const struct event *ev)
{
	return c->drop_reason == ev->drop_reason && c->drop_flags == (ev->flags & EVENT_TX);
}

static void count(struct copy *c, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	bool is_drop = ev->kind == EVENT_DROPPED;

	if (!is_drop || (!was_sent_here(facts) && (!ev->datagram || ev->datagram != c->datagram))) {
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
	const struct event *ev = facts->ev;
	bool is_copy;
	uint8_t flight = items_only_flight(facts, &is_copy);
	struct copy *c = flight ? copy_of(timeline_of(s), facts, flight) : NULL;

	if (!flight || !is_countable(facts, is_copy, c))
		return false;
	/* What was dropped has its own line if its datagram had one, or if it was dropped for another reason. */
	if (ev->kind == EVENT_DROPPED && (c ? c->dropped && !is_same_drop(c, ev) : was_sent_here(facts)))
		return false;
	count(c ? c : begin_copy(s, facts, flight), facts);
	return true;
}

void copies_tick(struct sink *s, uint64_t now)
{
	const struct timeline *t = timeline_of(s);
	uint32_t num = 0;

	while (num < t->num_copies &&
	       (now >= t->copies[num].last_ns + QUIET_NS || now >= t->copies[num].first_ns + LONGEST_NS))
		num++;
	tell_first(s, num);
}

void copies_flush(struct sink *s)
{
	tell_first(s, timeline_of(s)->num_copies);
}
