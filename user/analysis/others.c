// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "others.h"

#include <string.h>

#include "analysis.h"
#include "sighting.h"

#include "core.h"

static uint32_t add(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/* Is any count lower than in the latest event? */
static bool is_less(const struct others_seen *seen, const uint32_t num[EVENT_OTHER_KINDS])
{
	for (int kind = 0; kind < EVENT_OTHER_KINDS; kind++)
		if (num[kind] < seen->told[kind])
			return true;
	return false;
}

/*
 * Add the increase since the latest event, and return it. A lower count comes from a
 * late event of another CPU.
 */
static uint64_t take_direction(struct others_seen *seen, const uint32_t num[EVENT_OTHER_KINDS])
{
	uint64_t more = 0;

	for (int kind = 0; kind < EVENT_OTHER_KINDS; kind++) {
		uint32_t more_of_kind = num[kind] > seen->told[kind] ? num[kind] - seen->told[kind] : 0;

		more += more_of_kind;
		seen->total[kind] = add(seen->total[kind], more_of_kind);
		seen->told[kind] += more_of_kind;
	}
	return more;
}

/*
 * If an event reports several datagrams at once, some may have come before the latest
 * DTLS datagram: then all count as such. A single one has just come.
 */
static void close_before(struct others_seen *seen, uint64_t more, uint64_t more_both_ways)
{
	if (!more)
		return;
	if (seen->is_before_open && more_both_ways > 1)
		memcpy(seen->before, seen->total, sizeof(seen->before));
	seen->is_before_open = false;
}

/* A ClientHello restarts the counts at 0: then the first event after it has lower counts. */
static void count_anew(struct others_teller *teller, const struct event *ev, const struct event_other *other,
		       enum party_role local)
{
	if (!teller->hello_ns || ev->time_ns < teller->hello_ns)
		return;
	teller->hello_ns = 0;
	if (!is_less(&teller->seen[local], other->sent) &&
	    !is_less(&teller->seen[party_peer(local)], other->received))
		return;
	for (int from = 0; from < PARTY_MAX; from++)
		memset(teller->seen[from].told, 0, sizeof(teller->seen[from].told));
}

/* Each socket has its own counts. The first count of a new socket has no known start, so it is not added. */
static bool is_another_socket(struct others_teller *teller, const struct event *ev)
{
	bool another = teller->any && teller->socket != ev->socket;

	teller->any = true;
	teller->socket = ev->socket;
	return another;
}

void others_take(struct handshake *h, const struct event *ev)
{
	enum party_role local = endpoint_equals(&h->party[PARTY_CLIENT].address, &ev->local) ? PARTY_CLIENT :
												PARTY_SERVER;
	struct others_teller *teller = &h->others.teller[event_is_captured(ev) ? PARTY_CLIENT : local];
	struct others_seen *sent = &teller->seen[local], *received = &teller->seen[party_peer(local)];
	struct event_other other = event_other_of(ev);
	uint64_t more_sent, more_received;

	if (is_another_socket(teller, ev)) {
		memcpy(sent->told, other.sent, sizeof(sent->told));
		memcpy(received->told, other.received, sizeof(received->told));
		return;
	}
	count_anew(teller, ev, &other, local);
	more_sent = take_direction(sent, other.sent);
	more_received = take_direction(received, other.received);
	close_before(sent, more_sent, more_sent + more_received);
	close_before(received, more_received, more_sent + more_received);
}

void others_dtls(const struct sighting *s)
{
	enum party_role end = s->point == POINT_SENT ? s->from : party_peer(s->from);
	struct others_teller *teller = &s->h->others.teller[event_is_captured(s->ev) ? PARTY_CLIENT : end];
	struct others_seen *seen = &teller->seen[s->from];

	if (event_has(s->ev, DTLS_MT_CLIENT_HELLO))
		teller->hello_ns = s->ev->time_ns;
	seen->any_dtls = true;
	seen->is_before_open = true;
	memcpy(seen->before, seen->total, sizeof(seen->before));
}

static enum party_role teller_of(const struct handshake *h, enum party_role role)
{
	if (h->captured)
		return PARTY_CLIENT;
	return h->others.teller[party_peer(role)].any ? party_peer(role) : role;
}

const struct others_seen *others_of(const struct handshake *h, enum party_role role)
{
	const struct others_teller *teller = &h->others.teller[teller_of(h, role)];

	return teller->any ? &teller->seen[role] : NULL;
}

bool others_came(const struct handshake *h, enum party_role role)
{
	return h->captured || teller_of(h, role) != role;
}

uint64_t others_since(const struct handshake *h, enum party_role role, uint32_t num[EVENT_OTHER_KINDS])
{
	const struct others_seen *seen = others_of(h, role);
	uint64_t sum = 0;

	for (int kind = 0; kind < EVENT_OTHER_KINDS; kind++) {
		num[kind] = seen ? seen->total[kind] - seen->before[kind] : 0;
		sum += num[kind];
	}
	return sum;
}
