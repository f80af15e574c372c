// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the analysis says of a world, kept for the truth to judge. */
#include "watch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../asked.h"
#include "crossings.h"

static uint32_t highest(const uint32_t counts[SCRIPT_MAX_MESSAGES])
{
	uint32_t most = 0;

	for (int i = 0; i < SCRIPT_MAX_MESSAGES; i++)
		if (counts[i] > most)
			most = counts[i];
	return most;
}

/* Did the stranger begin it? Another random, or roles that are the other way round. Midway none is known. */
static bool is_phantom(const struct world *w, const struct handshake *h)
{
	bool known = h->client_random[0] == w->sc->random ||
		     (peer_is(w->sc, PARTY_CLIENT, PEER_NEW_RANDOM) && h->client_random[0] == scenario_new_random(w->sc));

	return w->forgery && ((!h->midway && !known) ||
			      h->party[PARTY_CLIENT].address.port == SERVER_PORT);
}

/* The attempt that its client has left. */
static bool is_earlier(const struct world *w, const struct handshake *h)
{
	return w->restarted_ns && h->client_random[0] == w->sc->random;
}

/* What has the port that the client had, once anything came from the other. */
static bool is_left(const struct watch *watch, const struct handshake *h)
{
	return watch->num_moved && !observer_is_at(watch->out->observer, PARTY_CLIENT) &&
	       h->party[PARTY_CLIENT].address.port == CLIENT_PORT;
}

static bool is_neighbour(const struct watch *watch, const struct handshake *h)
{
	uint16_t port = h->party[PARTY_CLIENT].address.port;

	return port == NEIGHBOUR_PORT || (watch->w->moved_ns && port == HOST_PORT(NEIGHBOUR_PORT));
}

static void note_losses(struct said *said, const struct handshake *h, uint64_t now)
{
	for (int role = 0; role < PARTY_MAX; role++) {
		struct lost_datagrams lost;

		if (!crossings_lost(h, role, 0, now, &lost))
			continue;
		said->path[role].is_known = true;
		said->path[role].lost = lost.lost;
		said->path[role].shortest = lost.shortest;
		said->path[role].longest = lost.longest;
	}
}

static void on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	struct watch *watch = ctx;
	struct observed *out = watch->out;
	struct verdict words;
	struct said said = {
		.time = watch_world_time(watch, now), .id = h->id, .state = h->state, .code = h->verdict.code, .side = h->verdict.side,
		.role = h->verdict.role,
		.confidence = h->verdict.confidence,
	};

	if (is_neighbour(watch, h))
		return;
	/* Clocks are only as good as their error. */
	if (said.time < watch->event_ns)
		said.time = watch->event_ns;
	if (h->verdict.code != VERDICT_NONE) {
		said.severity = h->verdict.severity;
		verdict_describe(h, now, &words);
		memcpy(said.summary, words.summary, sizeof(said.summary));
		texts_check(h, &words, out);
		if (!watch->host && !watch->clock)
			libraries_check(watch, h, &words);
	}
	for (int role = 0; role < PARTY_MAX; role++) {
		said.copies[role] = highest(watch->seen[role].copies);
		said.total[role] = highest(watch->seen[role].total);
		said.flight[role] = watch->seen[role].flight;
		said.here[role] = h->party[role].local;
		out->retransmissions[role] = h->party[role].retransmissions;
	}
	note_losses(&said, h, now);
	if (is_phantom(watch->w, h)) {
		out->any_phantom = true;
		out->phantom = said;
		if (watch->trace)
			fputs("PHANTOM ", watch->trace), trace_said(watch->trace, &said);
		return;
	}
	if (is_earlier(watch->w, h)) {
		out->any_earlier = true;
		out->earlier = said;
		out->earlier_faulty |= watch->restart_seen && said.severity == SEVERITY_FAULT;
		if (watch->trace)
			fputs("EARLIER ", watch->trace), trace_said(watch->trace, &said);
		return;
	}
	if (is_left(watch, h)) {
		/* One copy from the other port may be anybody's. */
		if (said.severity == SEVERITY_FAULT && out->left.severity != SEVERITY_FAULT && watch->num_moved > 1)
			out->left = said;
		out->left_last = said;
		if (watch->trace)
			fputs("LEFT ", watch->trace), trace_said(watch->trace, &said);
		return;
	}
	out->version = h->version;
	out->resumed = h->resumed;
	said.events = out->events;
	said.event_ns = watch->event_ns;
	if (out->num_said < OBSERVED_MAX_CHANGES)
		out->said[out->num_said] = said;
	out->num_said++;
	out->last = said;
	if (watch->trace)
		trace_said(watch->trace, &said);
}

static void on_datagram(void *ctx, const struct datagram_facts *facts)
{
	struct watch *watch = ctx;

	watch->out->handshakes += facts->begins;
	assert(!facts->handshake || asked_is_enough(facts->handshake));
}

void said_begin(struct watch *watch, enum observer observer)
{
	struct observed *out = watch->out;

	watch->seen[PARTY_CLIENT].flight = watch->seen[PARTY_SERVER].flight = -1;
	memset(out, 0, offsetof(struct observed, said));
	memset(&out->last, 0, sizeof(*out) - offsetof(struct observed, last));
	out->observer = observer;
}

struct analysis_callbacks said_callbacks(struct watch *watch)
{
	return (struct analysis_callbacks){ .ctx = watch, .datagram = on_datagram, .handshake = on_handshake };
}

bool observed_same(const struct observed *a, const struct observed *b)
{
	if (a->num_said != b->num_said || a->handshakes != b->handshakes)
		return false;
	for (uint32_t i = 0; i < a->num_said && i < OBSERVED_MAX_CHANGES; i++) {
		const struct said *x = &a->said[i], *y = &b->said[i];

		if (x->time != y->time || x->state != y->state || x->code != y->code || x->side != y->side ||
		    x->severity != y->severity || x->confidence != y->confidence || strcmp(x->summary, y->summary))
			return false;
	}
	return true;
}
