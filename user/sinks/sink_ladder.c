// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A diagram of each handshake that is reported: two life lines, an arrow for each datagram, what a TLS library said at the
 * life line of its side, and the verdict below.
 * 80 columns of ASCII, for a terminal or a ticket.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "hosts.h"
#include "lines.h"
#include "rungs.h"
#include "sink.h"
#include "verdict_words.h"
#include "workload.h"

/* Columns between the life lines. */
#define WIDTH 66
#define INDENT 11
/* What fits into an arrow. */
#define MAX_ARROW_TEXT (WIDTH - 7)
/* The latest. */
#define MAX_LADDERS 2048

struct ladder {
	uint64_t id;
	struct rungs rungs;
	uint32_t num_printed;		/* of rungs.num */
	UT_hash_handle hh;
};

struct ladder_state {
	struct ladder *ladders;		/* by id, in the order of their first datagrams */
};

static struct ladder_state *state_of(const struct sink *s)
{
	return s->state;
}

static bool begin(struct sink *s)
{
	return true;
}

/* --- keeping --- */

static void ladder_free(struct ladder_state *state, struct ladder *l)
{
	HASH_DEL(state->ladders, l);
	rungs_free(&l->rungs);
	free(l);
}

static struct ladder *ladder_of(struct ladder_state *state, uint64_t id)
{
	struct ladder *l;

	HASH_FIND(hh, state->ladders, &id, sizeof(id), l);
	return l;
}

/* NULL: out of memory. */
static struct ladder *ladder_add(struct ladder_state *state, uint64_t id)
{
	if (HASH_COUNT(state->ladders) >= MAX_LADDERS)
		ladder_free(state, state->ladders);
	return HASH_NEW(state->ladders, id, id);
}

static struct ladder *ladder_find_or_add(struct ladder_state *state, uint64_t id)
{
	struct ladder *l = ladder_of(state, id);

	return l ? l : ladder_add(state, id);
}

static void datagram(struct sink *s, const struct datagram_facts *facts)
{
	struct ladder *l = NULL;

	if (facts->handshake && rungs_want(facts))
		l = ladder_find_or_add(state_of(s), facts->handshake->id);
	if (l)
		rungs_add(&l->rungs, facts);
}

static void library_error(struct sink *s, const struct library_error_facts *facts)
{
	struct ladder *l = ladder_find_or_add(state_of(s), facts->handshake->id);

	if (l)
		rungs_add_error(&l->rungs, facts);
}

/* --- printing --- */

/* Between the life lines: "--- 3 ClientHello ------>", copies with "=", what does not get there ends in an x; ?: nobody knows yet. */
static void print_arrow(struct sink *s, const struct rung *r)
{
	char line[WIDTH + 1], stroke = r->retransmission ? '=' : '-';
	bool right = r->from == PARTY_CLIENT;
	size_t len = strlen(r->text);
	bool is_cut = len > MAX_ARROW_TEXT;

	if (is_cut)
		len = MAX_ARROW_TEXT;
	memset(line, stroke, WIDTH);
	line[WIDTH] = 0;
	line[right ? WIDTH - 1 : 0] = r->kind != RUNG_SENT ? 'x' : r->unknown ? '?' : right ? '>' : '<';
	memcpy(line + 3, r->text, len);
	if (is_cut)
		memcpy(line + 3 + len - 3, "...", 3);
	line[2] = line[3 + len] = ' ';
	fprintf(s->out, "%10.3f |%s|\n", seconds_since(s->info->start_ns, r->ns), line);
}

/* At the life line of the side whose library said it. */
static void print_said(struct sink *s, const struct rung *r)
{
	char text[WIDTH - 1];
	int len = snprintf(text, sizeof(text), "%s", r->text);

	if (len >= (int)sizeof(text))
		strcpy(text + sizeof(text) - 4, "...");
	fprintf(s->out, r->from == PARTY_CLIENT ? "%10.3f | %-*s |\n" : "%10.3f | %*s |\n", seconds_since(s->info->start_ns, r->ns),
		WIDTH - 2, text);
}

static void print_gap(struct sink *s, uint64_t ns)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "... %.1f s ...", ns / 1e9), before = (WIDTH - len) / 2;

	fprintf(s->out, "%10s |%*s%s%*s|\n", "", before, "", text, WIDTH - len - before, "");
}

/* Above the life lines: on which host each of them is. */
static void print_hosts(struct sink *s, const struct handshake *h)
{
	const char *client = hosts_name(h, PARTY_CLIENT), *server = hosts_name(h, PARTY_SERVER);
	int len = snprintf(NULL, 0, "%.30s", client);

	if (hosts_are_apart(h))
		fprintf(s->out, "%*s%.30s%*.30s\n", INDENT, "", client, WIDTH + 2 - len, server);
}

/* Those that were not printed with an earlier report. */
static void print_rungs(struct sink *s, struct ladder *l)
{
	if (l->num_printed)
		fprintf(s->out, "%10s |%*s|\n", "above", WIDTH, "");
	for (uint32_t i = l->num_printed; i < l->rungs.num; i++) {
		const struct rung *r = &l->rungs.list[i];

		if (i && r->ns >= r[-1].ns + RUNGS_GAP_NS)
			print_gap(s, r->ns - r[-1].ns);
		if (r->kind == RUNG_SAID)
			print_said(s, r);
		else
			print_arrow(s, r);
	}
	l->num_printed = l->rungs.num;
	if (l->rungs.more)
		fprintf(s->out, "%*sand %" PRIu32 " more datagrams\n", INDENT, "", l->rungs.more);
}

static void print_paragraph(struct sink *s, const char *heading, const char *text)
{
	fprintf(s->out, "%*s%s", INDENT, "", heading);
	wrap(s->out, text, strlen(text), INDENT + strlen(heading), INDENT + 2);
}

static void print_verdict(struct sink *s, const struct handshake *h, uint64_t now)
{
	char text[VERDICT_WORDS_LEN];
	struct verdict v;

	verdict_describe(h, now, &v);
	print_paragraph(s, "", v.summary);
	for (uint32_t i = 0; i < v.num_evidence; i++)
		print_paragraph(s, "- ", v.evidence[i]);
	if (v.hint[0])
		print_paragraph(s, "hint: ", v.hint);
	print_paragraph(s, "verdict: ", verdict_words(text, h, &v));
}

static void print_parties(struct sink *s, const struct handshake *h)
{
	char text[WORKLOAD_PARTY_LEN];

	print_paragraph(s, "", workload_party(text, s, h, PARTY_CLIENT));
	/* At its life line, if there is room. */
	if (strlen(workload_party(text, s, h, PARTY_SERVER)) <= WIDTH + 2)
		fprintf(s->out, "%*s%*s\n", INDENT, "", WIDTH + 2, text);
	else
		print_paragraph(s, "", text);
}

static void handshake(struct sink *s, const struct handshake *h, uint64_t now)
{
	struct ladder *l = ladder_of(state_of(s), h->id);

	/* What moves again has no news yet. */
	if (h->state == HANDSHAKE_IN_PROGRESS && !h->is_final)
		return;
	fprintf(s->out, "#%" PRIu64 " %s, %.3f s after the first ClientHello%s\n", h->id, handshake_state_name(h->state),
		seconds_since(h->started_ns, now), h->is_final ? ", when the trace ended" : "");
	print_parties(s, h);
	print_hosts(s, h);
	if (l) {
		rungs_settle(&l->rungs, h, now);
		print_rungs(s, l);
	}
	if (h->verdict.code != VERDICT_NONE)
		print_verdict(s, h, now);
	fputc('\n', s->out);
}

static void unread(struct sink *s, const struct unread *u, uint64_t now)
{
	char text[UNREAD_TEXT_LEN];

	for (uint32_t i = 0; i < u->num; i++) {
		unread_write(text, &u->sockets[i], now - u->began_ns);
		wrap(s->out, text, strlen(text), 0, 2);
	}
	if (u->num && u->is_past_floor)
		print_paragraph(s, "hint: ", unread_hint);
}

static void lost(struct sink *s, uint64_t num, uint64_t limited, const struct trace_stats *stats, uint64_t now)
{
	fprintf(s->out, "%10.3f: %" PRIu64 " events were lost, %" PRIu64 " datagrams left out (rate limit)\n\n",
		seconds_since(s->info->start_ns, now), num, limited);
}

static void end(struct sink *s, const struct trace_stats *stats)
{
	fprintf(s->out, "%" PRIu64 " handshake%s. =: retransmission. x: it did not get there, or not whole.%s\n",
		stats->analysis->handshakes, stats->analysis->handshakes == 1 ? "" : "s",
		s->info->num_hosts ? "\n?: whether it got there is not known, or was not yet." : "");
}

static void release(struct sink *s)
{
	struct ladder *l, *next;

	HASH_ITER(hh, state_of(s)->ladders, l, next)
		ladder_free(state_of(s), l);
}

const struct sink_ops sink_ladder = {
	.name = "ladder",
	.help = "a diagram of each handshake, in 80 columns",
	.state_size = sizeof(struct ladder_state),
	.wants_all = true,
	.begin = begin,
	.datagram = datagram,
	.library_error = library_error,
	.handshake = handshake,
	.unread = unread,
	.lost = lost,
	.end = end,
	.release = release,
};
