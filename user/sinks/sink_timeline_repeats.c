// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The same verdict for many handshakes of a process: the first is told in full, the others are counted. */
#include "sink_timeline.h"

#include <inttypes.h>
#include <string.h>

#include "fnv.h"
#include "phrases.h"
#include "text.h"

#define NS_PER_SECOND 1000000000ULL
/* The first that was counted waits for its line no longer. */
#define WAIT_NS (2 * NS_PER_SECOND)
/* It is told in full again if it was not told of for so long, ... */
#define QUIET_NS (10 * NS_PER_SECOND)
/* ... or was last told in full so long ago. */
#define AGAIN_NS (60 * NS_PER_SECOND)

/* Whose process is it? That of the side that the verdict is about, or of the other; NULL: it is on neither host. */
static const struct party *process_of(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];

	if (h->verdict.side == VERDICT_SIDE_SERVER && server->has_owner)
		return server;
	return client->has_owner ? client : server->has_owner ? server : NULL;
}

/* "coturn (pid 812) to 192.0.2.7:3478" */
static void write_owner(char text[VERDICT_TEXT_LEN], const struct handshake *h)
{
	const struct party *process = process_of(h);
	char address[TEXT_ENDPOINT_LEN], name[4 * EVENT_COMM_LEN + 1];

	text_endpoint(address, &h->party[PARTY_SERVER].address, h->party[PARTY_SERVER].ipv4);
	if (!process) {
		snprintf(text, VERDICT_TEXT_LEN, "server %s", address);
		return;
	}
	text_escape(name, sizeof(name), process->comm, strnlen(process->comm, EVENT_COMM_LEN));
	snprintf(text, VERDICT_TEXT_LEN, "%s (pid %" PRIu32 ") %s %s", name, process->pid,
		 process == &h->party[PARTY_CLIENT] ? "to" : "at", address);
}

/* What was told, without the address of the client. */
static uint64_t key_of(const struct handshake *h, const char *heading, const struct verdict *v, const char *owner)
{
	char text[4 * VERDICT_TEXT_LEN], words[VERDICT_WORDS_LEN], party[VERDICT_PARTY_LEN];
	const char *client = strstr(v->summary, verdict_party(party, h, PARTY_CLIENT));
	int before = client ? client - v->summary : 0;
	int len = snprintf(text, sizeof(text), "%s %d %d %d %s %s %.*s %s", heading, v->code, h->ending.how, h->ending.by,
			   verdict_words(words, h, v), owner, before, v->summary,
			   client ? client + strlen(party) : v->summary);

	return fnv_hash(text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text));
}

/* "STUCK  the same for 33 more handshakes of coturn (pid 812) to 192.0.2.7:3478 since 10:00:01 (#2 to #34, see #1): ..." */
static void tell(struct sink *s, struct repeat *r, uint64_t now)
{
	FILE *out = text_of(s);

	print_id(s, now, r->last_id);
	colored(s, RED, "%s  ", r->heading);
	fprintf(out, "the same for %" PRIu32 " more handshake%s of %s since ", r->num, r->num == 1 ? "" : "s", r->owner);
	print_time(s, r->since_ns);
	fputs(" (", out);
	if (r->num > 1)
		fprintf(out, "#%" PRIu64 " to #%" PRIu64 ", ", r->first_id, r->last_id);
	fprintf(out, "see #%" PRIu64 "): %s\n", r->told_id, r->words);
	r->num = 0;
	timeline_of(s)->num_waiting--;
}

/* The one of `key`, or, if there is none, the one that was told of longest ago. */
static struct repeat *repeat_of(struct timeline *t, uint64_t key)
{
	struct repeat *oldest = t->repeats;

	for (struct repeat *r = t->repeats; r < t->repeats + NUM_REPEATS; r++) {
		if (r->key == key)
			return r;
		if (r->told_ns < oldest->told_ns)
			oldest = r;
	}
	return oldest;
}

static void count(struct timeline *t, struct repeat *r, uint64_t id, uint64_t now)
{
	if (!r->num++) {
		t->num_waiting++;
		r->since_ns = now;
		r->first_id = id;
	}
	r->last_id = id;
	r->last_ns = now;
}

bool repeats_take(struct sink *s, const struct handshake *h, uint64_t now, const char *heading, const struct verdict *v)
{
	char owner[VERDICT_TEXT_LEN];
	struct repeat *r;
	uint64_t key;

	if (s->verbosity >= 1)
		return false;
	write_owner(owner, h);
	key = key_of(h, heading, v, owner);
	r = repeat_of(timeline_of(s), key);
	/* If it is told of the same handshake again, that went on in between. */
	if (r->key == key && r->told_id != h->id && now < r->told_ns + AGAIN_NS && now < r->last_ns + QUIET_NS) {
		if (!r->num || r->last_id != h->id)
			count(timeline_of(s), r, h->id, now);
		return true;
	}
	if (r->num)
		tell(s, r, now);
	*r = (struct repeat){ .key = key, .told_ns = now, .last_ns = now, .told_id = h->id, .heading = heading };
	strcpy(r->owner, owner);
	verdict_words(r->words, h, v);
	return false;
}

/* Those that were counted first since then or before, in this order. */
static void tell_since(struct sink *s, uint64_t until, uint64_t now)
{
	struct timeline *t = timeline_of(s);

	while (t->num_waiting) {
		struct repeat *first = NULL;

		for (struct repeat *r = t->repeats; r < t->repeats + NUM_REPEATS; r++)
			if (r->num && (!first || r->since_ns < first->since_ns))
				first = r;
		if (first->since_ns > until)
			return;
		copies_flush(s);
		tell(s, first, now ? now : first->since_ns + WAIT_NS);
	}
}

void repeats_due(struct sink *s, uint64_t now)
{
	if (timeline_of(s)->num_waiting && now >= WAIT_NS)
		tell_since(s, now - WAIT_NS, 0);
}

void repeats_flush(struct sink *s, uint64_t now)
{
	tell_since(s, UINT64_MAX, now);
}
