// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "crossings.h"

#include <stdio.h>

#include "analysis.h"
#include "dtls_has.h"
#include "fnv.h"
#include "hosts.h"
#include "phrases.h"

#include "core.h"

_Static_assert(CROSSINGS_MAX_FLIGHTS == HANDSHAKE_MAX_FLIGHT + 1, "a place for each");

/* After a connection ID of unknown length, nobody sees the record number of DTLS 1.3: all records of a length look alike. */
static bool has_no_number(const struct event *ev)
{
	for (uint32_t i = 0; i < ev->num_items; i++)
		if (ev->items[i].kind == DTLS_ITEM_RECORD && ev->items[i].record.unified & DTLS_UNIFIED_CID)
			return true;
	return false;
}

uint64_t crossings_identity(const struct event *ev)
{
	uint64_t hash;

	if (!ev->num_items || ev->malformed == DTLS_MALFORMED_UNREADABLE || has_no_number(ev))
		return 0;
	hash = fnv_hash(ev->items, ev->num_items * sizeof(ev->items[0])) ^ ev->length;
	return hash ? hash : 1;
}

/* The latest with this state; NULL: none. */
static struct crossing *find(struct crossings *c, uint64_t identity, enum crossing_state state)
{
	for (uint32_t i = 1; i <= CROSSINGS_MAX; i++) {
		struct crossing *each = &c->each[(c->next - i) % CROSSINGS_MAX];

		if (each->state == state && each->identity == identity)
			return each;
	}
	return NULL;
}

/* The delays of other datagrams may differ so much from those that were seen. */
#define JITTER 3
#define LEAST_JITTER_NS (2 * SECOND)

uint64_t crossings_wait_ns(const struct handshake *h)
{
	uint64_t longest = 0, wait = LEAST_JITTER_NS, error = hosts_error_ns(h);

	for (int role = 0; role < PARTY_MAX; role++)
		if (h->party[role].crossings.delay_max_ns > longest)
			longest = h->party[role].crossings.delay_max_ns;
	if (longest > wait / JITTER)
		wait = JITTER * (longest < HANDSHAKE_LONGEST_TIMER_NS ? longest : HANDSHAKE_LONGEST_TIMER_NS);
	wait += error < HANDSHAKE_LONGEST_TIMER_NS ? error : HANDSHAKE_LONGEST_TIMER_NS;
	return wait > CROSSINGS_LEAST_WAIT_NS ? wait : CROSSINGS_LEAST_WAIT_NS;
}

/* What was sent by then and has not arrived by `now` is lost. */
static uint64_t known_until(const struct handshake *h, uint64_t now)
{
	uint64_t until = hosts_until(h, now), wait = crossings_wait_ns(h);

	return until > wait ? until - wait : 0;
}

static void add(struct crossings *c, struct crossing new)
{
	struct crossing *place = &c->each[c->next++ % CROSSINGS_MAX];

	/* Whether it arrives will not be known. */
	c->is_blurred |= place->state == CROSSING_SENT && new.ns < place->ns + CROSSINGS_LEAST_WAIT_NS;
	c->has_forgotten |= place->state == CROSSING_SENT;
	*place = new;
}

static void count_arrival(struct crossings *c, uint8_t flights, uint64_t delay_ns, uint64_t now)
{
	FOR_EACH_FLIGHT_IN(n, flights)
		c->arrived[n]++;
	if (!c->all_arrived || delay_ns < c->delay_min_ns)
		c->delay_min_ns = delay_ns;
	if (delay_ns > c->delay_max_ns)
		c->delay_max_ns = delay_ns;
	c->all_arrived++;
	c->arrived_ns = now;
}

/* Is the type of all its records encrypted? Each host shows a few of these in a row (HIDDEN_MAX), and not the same ones. */
static bool is_hidden(const struct event *ev)
{
	for (uint32_t i = 0; i < ev->num_items; i++) {
		const struct dtls_record *rec = &ev->items[i].record;
		bool is_legacy = ev->items[i].kind == DTLS_ITEM_RECORD && !rec->unified;

		if (ev->items[i].kind == DTLS_ITEM_MESSAGE || (is_legacy && rec->content_type != DTLS_CT_CID) ||
		    (rec->unified && rec->epoch == 2))
			return false;
	}
	return true;
}

/* Where this comes first, it may not be known yet whose it is. */
static bool is_later_fragment(const struct event *ev)
{
	return event_has_message(ev) && ev->items[1].message.msg_type == DTLS_MT_CLIENT_HELLO && ev->items[1].message.fragment_offset;
}

/* Would it be seen for certain if it arrived? What it arrived at may have shown enough of such records (SEALED_MAX). */
static bool is_seen_there(const struct crossings *c, const struct event *ev, uint8_t flights)
{
	return flights && !is_hidden(ev) && !is_later_fragment(ev) && c->num_sealed < SEALED_MAX;
}

/* A copy came of what has come: the network doubled it, or its sender uses the bytes again, and that is seen later. */
static void note_again(struct crossings *c, const struct event *ev, uint64_t identity)
{
	struct crossing *before = find(c, identity, CROSSING_SENT) ? NULL : find(c, identity, CROSSING_ARRIVED);

	c->num_sealed += ev->num_items && ev->items[0].kind == DTLS_ITEM_RECORD && ev->items[0].record.unified;
	if (before && before->again < UINT8_MAX)
		before->again++;
}

static bool has_come_again(struct crossings *c, uint64_t identity)
{
	struct crossing *before = find(c, identity, CROSSING_ARRIVED);

	if (!before || !before->again)
		return false;
	before->again--;
	return true;
}

void crossings_sent(struct handshake *h, const struct event *ev, enum party_role from, uint8_t flights, uint64_t now)
{
	struct crossings *c = &h->party[from].crossings;
	struct crossing new = { .identity = crossings_identity(ev), .ns = now, .length = ev->length, .flights = flights, .state = CROSSING_SENT };
	struct crossing *ahead;

	if (!ev->host || !is_seen_there(c, ev, flights))
		return;
	c->is_blurred |= !new.identity;
	ahead = find(c, new.identity, CROSSING_AHEAD);
	FOR_EACH_FLIGHT_IN(n, flights)
		c->sent[n]++;
	c->all_sent++;
	if (ahead) {
		count_arrival(c, flights, 0, now);
		*ahead = new;
		ahead->state = CROSSING_ARRIVED;
	} else if (has_come_again(c, new.identity)) {
		count_arrival(c, flights, 0, now);
		new.state = CROSSING_ARRIVED;
		add(c, new);
	} else {
		add(c, new);
	}
}

static void uncount(struct crossings *c, struct crossing *each)
{
	each->state = CROSSING_UNCOUNTED;
	FOR_EACH_FLIGHT_IN(n, each->flights)
		c->sent[n]--;
	c->all_sent--;
}

void crossings_arrived(struct handshake *h, const struct event *ev, enum party_role from, uint64_t now)
{
	struct crossings *c = &h->party[from].crossings;
	uint64_t identity = crossings_identity(ev);
	struct crossing *sent;

	if (!ev->host)
		return;
	c->is_blurred |= !identity;
	note_again(c, ev, identity);
	sent = find(c, identity, CROSSING_SENT);
	if (sent) {
		sent->state = CROSSING_ARRIVED;
		count_arrival(c, sent->flights, now - sent->ns, now);
		/* Some libraries send the same bytes again: which of these came is not known. */
		while ((sent = find(c, identity, CROSSING_SENT)))
			uncount(c, sent);
	} else if (identity && !find(c, identity, CROSSING_ARRIVED) && !find(c, identity, CROSSING_AHEAD)) {
		/* It may be one that was sent long ago, and counts as lost. */
		c->is_blurred |= c->has_forgotten;
		add(c, (struct crossing){ .identity = identity, .ns = now, .length = ev->length, .state = CROSSING_AHEAD });
	}
}

void crossings_dropped(struct handshake *h, const struct event *ev, enum party_role from)
{
	struct crossings *c = &h->party[from].crossings;
	struct crossing *sent = ev->host ? find(c, crossings_identity(ev), CROSSING_SENT) : NULL;

	if (sent)
		uncount(c, sent);
}

void crossings_forget(struct handshake *h, enum party_role from, const struct event *ev)
{
	struct crossings *c = &h->party[from].crossings;
	uint64_t identity = crossings_identity(ev);

	for (uint32_t i = 0; i < CROSSINGS_MAX && i < c->next && c->each[i].identity != identity; i++)
		if (c->each[i].state == CROSSING_SENT)
			uncount(c, &c->each[i]);
	c->is_blurred |= c->next > CROSSINGS_MAX;
}

/* The parts of a message are sent within this time. */
#define PARTS_NS 100000000ULL

void crossings_forget_parts(struct handshake *h, enum party_role from, const struct event *ev)
{
	struct crossings *c = &h->party[from].crossings;
	const struct crossing *first = find(c, crossings_identity(ev), CROSSING_SENT);

	for (uint32_t i = 0; first && i < CROSSINGS_MAX; i++) {
		struct crossing *each = &c->each[i];

		if (each != first && each->state == CROSSING_SENT && each->ns < first->ns + PARTS_NS && first->ns < each->ns + PARTS_NS)
			uncount(c, each);
	}
}

void crossings_blur(struct handshake *h)
{
	for (int role = 0; role < PARTY_MAX; role++)
		h->party[role].crossings.is_blurred = true;
}

static bool is_of(const struct crossing *each, uint8_t flight)
{
	return each->state == CROSSING_SENT && (!flight || each->flights >> flight & 1);
}

bool crossings_are_seen(const struct handshake *h, enum party_role from)
{
	const struct party *peer = &h->party[party_peer(from)];

	return hosts_are_apart(h) && h->party[from].local && (peer->local || !peer->host);
}

/* Is all known of what `from` sends, and of what of it arrived? */
static bool is_known(const struct handshake *h, enum party_role from)
{
	return crossings_are_seen(h, from) && !h->party[from].crossings.is_blurred && !h->events_lost && !h->missing &&
	       !h->late && !h->relations.moved_id && hosts_error_ns(h) != UINT64_MAX;
}

bool crossings_tell(const struct handshake *h, enum party_role from, uint64_t sent_ns, uint64_t now)
{
	return is_known(h, from) && sent_ns <= known_until(h, now);
}

bool crossings_lost(const struct handshake *h, enum party_role from, uint8_t flight, uint64_t now, struct lost_datagrams *out)
{
	const struct crossings *c = &h->party[from].crossings;
	uint64_t until;

	*out = (struct lost_datagrams){ .sent = flight ? c->sent[flight] : c->all_sent };
	if (!is_known(h, from))
		return false;
	until = known_until(h, now);
	out->lost = out->sent - (flight ? c->arrived[flight] : c->all_arrived);
	for (uint32_t i = 0; i < CROSSINGS_MAX; i++) {
		const struct crossing *each = &c->each[i];

		if (!is_of(each, flight))
			continue;
		if (each->ns > until) {
			out->sent--;
			out->lost--;
			continue;
		}
		if (!out->shortest || each->length < out->shortest)
			out->shortest = each->length;
		if (each->length > out->longest)
			out->longest = each->length;
		if (!out->first_ns || each->ns < out->first_ns)
			out->first_ns = each->ns;
	}
	return true;
}

uint32_t crossings_lost_length(const struct handshake *h, enum party_role from, uint8_t flight, uint64_t now, uint32_t longer)
{
	const struct crossings *c = &h->party[from].crossings;
	uint64_t until = known_until(h, now);
	uint32_t longest = 0;

	for (uint32_t i = 0; i < CROSSINGS_MAX; i++)
		if (is_of(&c->each[i], flight) && c->each[i].ns <= until && c->each[i].length < longer &&
		    c->each[i].length > longest)
			longest = c->each[i].length;
	return longest;
}

const char *crossings_lengths(char out[CROSSINGS_TEXT_LEN], const struct handshake *h, enum party_role from, uint8_t flight, uint64_t now)
{
	uint32_t length = UINT32_MAX;
	int len = 0;

	*out = 0;
	while ((length = crossings_lost_length(h, from, flight, now, length)) && len < CROSSINGS_TEXT_LEN - 30)
		len += snprintf(out + len, CROSSINGS_TEXT_LEN - len, "%s%u", len ? ", " : "", length);
	snprintf(out + len, CROSSINGS_TEXT_LEN - len, "%s bytes", length ? ", ..." : "");
	return out;
}

static double milliseconds(uint64_t ns)
{
	return (double)ns / MILLISECOND;
}

/* "10.2 to 35.0 ms from alpha to beta" */
static int phrase_delay(char *out, size_t size, const struct handshake *h, enum party_role from)
{
	const struct crossings *c = &h->party[from].crossings;

	return snprintf(out, size, "%.1f to %.1f ms from %.63s to %.63s", milliseconds(c->delay_min_ns), milliseconds(c->delay_max_ns),
			hosts_name(h, from), hosts_name(h, party_peer(from)));
}

bool crossings_note_delay(const struct handshake *h, char *text)
{
	char delays[VERDICT_TEXT_LEN] = "";
	uint64_t error = hosts_error_ns(h);
	int len = 0;

	if (!hosts_are_apart(h) || error == UINT64_MAX ||
	    (h->party[PARTY_CLIENT].crossings.delay_max_ns < MILLISECOND && h->party[PARTY_SERVER].crossings.delay_max_ns < MILLISECOND))
		return false;
	for (int from = 0; from < PARTY_MAX && len < (int)sizeof(delays) - 2; from++)
		if (h->party[from].crossings.all_arrived) {
			len += snprintf(delays + len, sizeof(delays) - len, len ? ", " : "");
			len += phrase_delay(delays + len, sizeof(delays) - len, h, from);
		}
	if (!len)
		return false;
	phrase_say(text, "datagrams took %.190s; the clocks agree within %.1f ms", delays, milliseconds(error));
	return true;
}
