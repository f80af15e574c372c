// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "late.h"

#include "conditions.h"
#include "sighting.h"

#include "core.h"

bool late_is_stale(const struct handshake *h, uint8_t number)
{
	if (!h->late || !number)
		return false;
	for (uint8_t n = FLIGHT_CLIENT_HELLO; n <= number; n++)
		if (h->flights[n].copies && n > h->party[flight_rule(h, n)->from].first_flight)
			return false;
	return true;
}

/* Copies closer together than this answer what came before the trace. */
#define MIN_TIMER_NS 200000000ULL

bool late_hides_timer(const struct handshake *h, enum party_role role)
{
	const struct flight *own = &h->flights[h->party[role].flight];

	return late_is_stale(h, h->party[role].flight) &&
	       (own->copies < 2 || own->longest_gap_ns < MIN_TIMER_NS || h->party[party_peer(role)].last_sent_ns ||
		h->party[role].view[POINT_SENT].data_ns);
}

/* A server numbers its first record 0, or as the ClientHello that it answers (s4.2.1). */
void late_note_server(const struct sighting *s)
{
	struct handshake *h = s->h;
	const struct dtls_record *rec = &s->ev->items[0].record;
	const struct dtls_message *msg = &s->ev->items[1].message;
	const struct seq_window *hellos = &h->party[PARTY_CLIENT].view[handshake_counting_point(h, PARTY_CLIENT)].plain;
	bool is_hello = s->ev->num_items > 1 && msg->kind == DTLS_ITEM_MESSAGE &&
			(msg->msg_type == DTLS_MT_SERVER_HELLO || msg->msg_type == DTLS_MT_HELLO_VERIFY_REQUEST);

	if (s->from != PARTY_SERVER || s->point != POINT_SENT || h->party[PARTY_SERVER].flight || h->events_lost ||
	    rec->kind != DTLS_ITEM_RECORD || rec->flags & DTLS_RECORD_UNIFIED ||
	    (rec->content_type != DTLS_CT_HANDSHAKE && rec->content_type != DTLS_CT_CHANGE_CIPHER_SPEC))
		return;
	h->midway |= !is_hello;
	h->late |= !is_hello || rec->sequence > hellos->highest;
}

bool late_is_unmoved(const struct handshake *h)
{
	uint8_t client = h->party[PARTY_CLIENT].flight, server = h->party[PARTY_SERVER].flight;

	return late_is_stale(h, client > server ? client : server);
}

/* Between copies closer together than this, the network may have made the gap. */
#define MIN_GAP_NS (4 * SECOND)

/*
 * If its timer has doubled from one copy to the next, with none missing in between, its sender sent
 * the first copy of all at most as long before these three as the first gap between them is. What
 * the receiver sent in answer is not older, so its own timer is not longer.
 */
void late_note_copy(struct flight *flight, bool joined, uint64_t now)
{
	uint64_t gap = joined && flight->copies ? now - flight->latest_copy_ns : 0;

	flight->joined = flight->joined || gap;
	if (!flight->backed_off_ns && flight->joined_gap_ns >= MIN_GAP_NS && gap >= flight->joined_gap_ns / 10 * 19)
		flight->backed_off_ns = now;
	flight->joined_gap_ns = gap;
}

/* Has this side no timer for its answer? Then it sends it again for each copy of what it answers (s4.2.4). */
static bool answer_closes(const struct standing *s)
{
	return s->peer->flight < HANDSHAKE_MAX_FLIGHT && flight_rule(s->h, s->peer->flight + 1)->closes;
}

/* An earlier copy may be a replay, whose original was answered before the trace began. */
static bool is_read_twice(const struct standing *s)
{
	return s->asked->whole_twice_ns &&
	       (!s->h->sees_reads || s->self->last_read_ns >= s->asked->whole_twice_ns);
}

uint64_t late_silent_from(const struct standing *s)
{
	const struct flight *asked = s->asked;
	uint64_t read_ns = s->asked_rule->encrypted ? asked->heard_ns : asked->usable_ns, from;

	/* Nobody has answered flight 5 of a client that moved here: all was seen where it was before. */
	if (s->self->flight || (s->h->midway && s->h->relations.is_whole) || !late_is_stale(s->h, s->peer->flight))
		return 0;
	/* One copy may be old, and its answer on the way. */
	if (asked->copies < 2 || !read_ns || (s->h->sees_reads && s->self->last_read_ns < asked->copy_ns[1]))
		return NEVER;
	from = max_u64(read_ns, asked->copy_ns[1]) + s->floor_ns;
	if (answer_closes(s))
		return is_read_twice(s) ? max_u64(from, asked->whole_twice_ns + s->floor_ns) : NEVER;
	if (asked->backed_off_ns)
		return max_u64(from, asked->backed_off_ns + s->floor_ns);
	return max_u64(from, asked->first_ns + HANDSHAKE_LONGEST_TIMER_NS + SECOND);
}
