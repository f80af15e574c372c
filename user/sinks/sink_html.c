// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A report of the whole trace: one HTML file that needs no other, without a script. It is written at the end. First
 * an overview, then a card for each handshake with trouble, then some of the others, then the rest as rows of a table.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink_html.h"

#include "workload.h"

#include <utlist.h>

/* Entries, and those of them that have a place on each shelf: the others are rows. */
#define MAX_ENTRIES 16384
static const uint32_t max_on[SHELVES] = {
	[SHELF_OPEN] = 1024, [SHELF_FAULT] = 200, [SHELF_UNFINISHED] = 50, [SHELF_COMPLETED] = 20, [SHELF_ROW] = MAX_ENTRIES,
};
/* Rows that are printed. */
#define MAX_ROWS 2000

static bool begin(struct sink *s)
{
	html_state(s)->census = census_new();
	return html_state(s)->census;
}

/* --- keeping --- */

static void piece_free(struct piece *p)
{
	free(p->html);
	*p = (struct piece){};
}

/* What only a card shows. */
static void strip(struct entry *e)
{
	rungs_free(&e->rungs);
	piece_free(&e->verdict);
	piece_free(&e->hellos);
}

static void move_to(struct html_state *state, struct entry *e, enum shelf shelf)
{
	DL_DELETE(state->shelves[e->shelf], e);
	state->num[e->shelf]--;
	DL_APPEND(state->shelves[shelf], e);
	state->num[shelf]++;
	e->is_cut |= e->shelf == SHELF_ROW;
	e->shelf = shelf;
	if (shelf == SHELF_ROW)
		strip(e);
}

static void entry_free(struct html_state *state, struct entry *e)
{
	HASH_DEL(state->entries, e);
	DL_DELETE(state->shelves[e->shelf], e);
	state->num[e->shelf]--;
	strip(e);
	free(e->parties);
	free(e);
}

/* A new one takes the place of the oldest one that has no card, or that is not decided. */
static void make_room(struct html_state *state)
{
	if (HASH_COUNT(state->entries) >= MAX_ENTRIES) {
		state->num_left_out++;
		entry_free(state, state->shelves[SHELF_ROW] ? state->shelves[SHELF_ROW] : state->shelves[SHELF_OPEN]);
	}
	if (state->num[SHELF_OPEN] >= max_on[SHELF_OPEN])
		move_to(state, state->shelves[SHELF_OPEN], SHELF_ROW);
}

/* NULL: out of memory. */
static struct entry *entry_of(struct html_state *state, uint64_t id)
{
	struct entry *e;

	HASH_FIND(hh, state->entries, &id, sizeof(id), e);
	if (e)
		return e;
	make_room(state);
	e = HASH_NEW(state->entries, id, id);
	if (!e)
		return NULL;
	DL_APPEND(state->shelves[SHELF_OPEN], e);
	state->num[SHELF_OPEN]++;
	return e;
}

/* NULL: they are not kept. */
static struct rungs *rungs_of(struct sink *s, const struct handshake *h)
{
	struct entry *e = entry_of(html_state(s), h->id);

	return e && e->shelf != SHELF_ROW ? &e->rungs : NULL;
}

static void datagram(struct sink *s, const struct datagram_facts *facts)
{
	struct rungs *rungs = facts->handshake && rungs_want(facts) ? rungs_of(s, facts->handshake) : NULL;

	if (rungs)
		rungs_add(rungs, facts);
}

static void library_error(struct sink *s, const struct library_error_facts *facts)
{
	struct rungs *rungs = rungs_of(s, facts->handshake);

	if (rungs)
		rungs_add_error(rungs, facts);
}

static enum shelf shelf_of(const struct handshake *h)
{
	if (handshake_is_faulty(h) || h->was_faulty || h->verdict.is_early)
		return SHELF_FAULT;
	if (h->state == HANDSHAKE_COMPLETED)
		return SHELF_COMPLETED;
	return h->ended_ns || h->is_final ? SHELF_UNFINISHED : SHELF_OPEN;
}

/* What has a place among those with a fault keeps it: that there was one is worth a card. */
static void find_place(struct html_state *state, struct entry *e, enum shelf wanted)
{
	if (wanted == e->shelf || e->shelf == SHELF_FAULT || (e->shelf == SHELF_ROW && wanted != SHELF_FAULT))
		return;
	if (state->num[wanted] < max_on[wanted])
		move_to(state, e, wanted);
	else if (e->shelf == SHELF_OPEN)
		move_to(state, e, SHELF_ROW);
}

static void note_report(struct entry *e, const struct handshake *h, uint64_t now)
{
	struct report_mark mark = { .ns = now };
	char text[REPORT_TEXT_LEN];

	if (h->is_final)
		snprintf(mark.text, sizeof(mark.text), "%s when the trace ended", handshake_state_name(h->state));
	else if (h->verdict.code == VERDICT_NONE || h->state == HANDSHAKE_COMPLETED)
		snprintf(mark.text, sizeof(mark.text), "%s", handshake_state_name(h->state));
	else
		snprintf(mark.text, sizeof(mark.text), "%s: %.80s", handshake_state_name(h->state),
			 html_verdict(text, h->verdict.code, h->verdict.side));
	if (e->num_reports && !strcmp(e->reports[e->num_reports - 1].text, mark.text))
		return;
	if (e->num_reports == REPORTS_MAX)
		e->num_reports--;
	e->reports[e->num_reports++] = mark;
}

static void note_parties(const struct sink *s, struct entry *e, const struct handshake *h)
{
	char client[WORKLOAD_PARTY_LEN], server[WORKLOAD_PARTY_LEN];

	workload_party(client, s, h, PARTY_CLIENT);
	workload_party(server, s, h, PARTY_SERVER);
	free(e->parties);
	for (int role = 0; role < PARTY_MAX; role++)
		if (hosts_of(h, role))
			snprintf(e->hosts[role], sizeof(e->hosts[role]), "%s", hosts_name(h, role));
	if (asprintf(&e->parties, "%s, %s", client, server) < 0)
		e->parties = NULL;
}

/* A piece of the card, as it is now. */
static FILE *piece_begin(struct html_writer *w, struct piece *p)
{
	FILE *out;

	piece_free(p);
	out = open_memstream(&p->html, &p->len);
	if (out)
		html_begin(w, out);
	return out;
}

static void write_pieces(struct entry *e, const struct handshake *h, uint64_t now)
{
	struct html_writer w;
	FILE *out = piece_begin(&w, &e->verdict);

	if (out) {
		html_write_verdict(&w, h, now);
		fclose(out);
	}
	out = piece_begin(&w, &e->hellos);
	if (out) {
		html_write_hellos(&w, h);
		fclose(out);
	}
}

static void handshake(struct sink *s, const struct handshake *h, uint64_t now)
{
	struct html_state *state = html_state(s);
	struct entry *e = entry_of(state, h->id);

	census_note(state->census, h);
	if (!e)
		return;
	e->is_reported = true;
	e->state = h->state;
	e->code = h->verdict.code;
	e->side = h->verdict.side;
	e->started_ns = h->started_ns;
	e->waited_ns = handshake_waited_ns(h);
	e->took_ns = h->state == HANDSHAKE_COMPLETED && !h->midway ? h->ended_ns - h->started_ns : 0;
	note_parties(s, e, h);
	note_report(e, h, now);
	rungs_settle(&e->rungs, h, now);
	find_place(state, e, shelf_of(h));
	if (e->shelf != SHELF_ROW)
		write_pieces(e, h, now);
}

static void unread(struct sink *s, const struct unread *u, uint64_t now)
{
	struct html_state *state = html_state(s);

	state->is_past_floor = u->is_past_floor;
	for (state->num_unread = 0; state->num_unread < u->num; state->num_unread++)
		unread_write(state->unread[state->num_unread], &u->sockets[state->num_unread], now - u->began_ns);
}

static void lost(struct sink *s, uint64_t num, uint64_t limited, const struct trace_stats *stats, uint64_t now)
{
	/* The sums are in the overview. */
}

/* --- writing --- */

/* "good", "bad" or "open" */
static const char *class_of(const struct entry *e)
{
	return entry_is_faulty(e) ? "bad" : e->state == HANDSHAKE_COMPLETED ? "good" : "open";
}

static void write_card(struct html_writer *w, const struct sink *s, const struct entry *e)
{
	char text[REPORT_TEXT_LEN];

	html_open(w, "details");
	html_attribute(w, "class", "card");
	html_attribute(w, "id", "h%" PRIu64, e->id);
	if (e->shelf == SHELF_FAULT)
		html_attribute(w, "open", "%s", "");
	html_open(w, "summary");
	html_text(w, "#%" PRIu64 " ", e->id);
	html_put(w, "b", class_of(e), "%s", handshake_state_name(e->state));
	if (e->state != HANDSHAKE_COMPLETED && e->code != VERDICT_NONE)
		html_text(w, " %s", html_verdict(text, e->code, e->side));
	html_open(w, "span");
	html_text(w, " %s; began after %.3f s", e->parties ? e->parties : "", seconds_since(s->info->start_ns, e->started_ns));
	if (e->took_ns)
		html_text(w, ", took %.3f s", e->took_ns / 1e9);
	html_close(w);
	html_close(w);
	html_insert(w, e->verdict.html, e->verdict.html ? e->verdict.len : 0);
	if (e->is_cut)
		html_put(w, "p", "more", "Its first datagrams were not kept: too many handshakes were under way.");
	if (e->rungs.num)
		html_write_ladder(w, e);
	html_insert(w, e->hellos.html, e->hellos.html ? e->hellos.len : 0);
	html_close(w);
}

/* Those that are on this shelf, in the order of their first datagrams. */
static void write_cards(struct html_writer *w, const struct sink *s, enum shelf shelf, bool is_faulty, const char *heading)
{
	bool any = false;

	for (const struct entry *e = html_state(s)->entries; e; e = e->hh.next) {
		if (!entry_has_card(e) || e->shelf != shelf || entry_is_faulty(e) != is_faulty)
			continue;
		if (!any)
			html_put(w, "h2", NULL, "%s", heading);
		any = true;
		write_card(w, s, e);
	}
}

static void write_row(struct html_writer *w, const struct sink *s, const struct entry *e)
{
	char text[REPORT_TEXT_LEN];

	html_open(w, "tr");
	html_put(w, "td", NULL, "#%" PRIu64, e->id);
	html_open(w, "td");
	html_put(w, "b", class_of(e), "%s", handshake_state_name(e->state));
	html_close(w);
	html_put(w, "td", NULL, "%s", e->state == HANDSHAKE_COMPLETED ? "" : html_verdict(text, e->code, e->side));
	html_put(w, "td", "number", "%.3f", seconds_since(s->info->start_ns, e->started_ns));
	html_put(w, "td", "number", e->took_ns ? "%.3f" : "-", e->took_ns / 1e9);
	html_put(w, "td", "number", "%.1f", e->waited_ns / 1e9);
	html_put(w, "td", NULL, "%s", e->parties ? e->parties : "");
	html_close(w);
}

static uint32_t write_rows(struct html_writer *w, const struct sink *s, bool is_faulty, uint32_t room)
{
	uint32_t num = 0;

	for (const struct entry *e = html_state(s)->shelves[SHELF_ROW]; e; e = e->next) {
		if (!e->is_reported || entry_is_faulty(e) != is_faulty)
			continue;
		if (num++ < room)
			write_row(w, s, e);
	}
	return num;
}

static void write_rest(struct html_writer *w, const struct sink *s)
{
	static const char *const titles[] = { "#", "State", "Verdict", "Began s", "Took s", "Waited s", "Parties" };
	uint32_t num;

	if (!html_state(s)->num[SHELF_ROW])
		return;
	html_put(w, "h2", NULL, "The other handshakes");
	html_put(w, "p", NULL, "In full are at most %u handshakes that had a fault, %u that did not end and %u that were completed.",
		 max_on[SHELF_FAULT], max_on[SHELF_UNFINISHED], max_on[SHELF_COMPLETED]);
	html_open(w, "table");
	html_open(w, "tr");
	for (uint32_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		html_put(w, "th", NULL, "%s", titles[i]);
	html_close(w);
	num = write_rows(w, s, true, MAX_ROWS);
	num += write_rows(w, s, false, num < MAX_ROWS ? MAX_ROWS - num : 0);
	html_close(w);
	if (num > MAX_ROWS)
		html_put(w, "p", "more", "and %" PRIu32 " more: -o json has them all", num - MAX_ROWS);
}

static void end(struct sink *s, const struct trace_stats *stats)
{
	struct html_writer w;

	html_begin(&w, s->out);
	html_write_head(&w, stats);
	html_open(&w, "body");
	html_write_overview(&w, s, stats);
	if (html_state(s)->entries) {
		html_put(&w, "h2", NULL, "Handshakes");
		html_write_legend(&w);
	}
	write_cards(&w, s, SHELF_FAULT, true, "With a fault");
	write_cards(&w, s, SHELF_FAULT, false, "With a fault that is over");
	write_cards(&w, s, SHELF_UNFINISHED, false, "Not complete");
	write_cards(&w, s, SHELF_OPEN, false, "Not complete yet");
	write_cards(&w, s, SHELF_COMPLETED, false, "Completed");
	write_rest(&w, s);
	html_close(&w);
	html_close(&w);
}

static void release(struct sink *s)
{
	struct html_state *state = html_state(s);

	while (state->entries)
		entry_free(state, state->entries);
	census_free(state->census);
}

const struct sink_ops sink_html = {
	.name = "html",
	.help = "a report of the whole trace for a browser, in one file, at the end",
	.state_size = sizeof(struct html_state),
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
