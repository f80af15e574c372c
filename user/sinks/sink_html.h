/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shared by the parts of the HTML report. While the trace runs, each handshake is an entry, which has what its
 * card shows, or only what its row in a table shows; all is written at the end. Only sink_html*.c include this.
 */
#ifndef DTLSNOOP_SINK_HTML_H
#define DTLSNOOP_SINK_HTML_H

#include "census.h"
#include "hash.h"
#include "html_writer.h"
#include "rungs.h"
#include "sink.h"

/* Reports of one handshake that its diagram shows; then the latest takes the place of the one before. */
#define REPORTS_MAX 8
#define REPORT_TEXT_LEN 96
/* Sockets that nobody reads. */
#define UNREAD_LINES_MAX 16

/*
 * Where an entry is kept. A place has room for so many entries (sink_html.c); those with a fault never lose
 * theirs to others. SHELF_ROW: only as a row.
 */
enum shelf { SHELF_OPEN, SHELF_FAULT, SHELF_UNFINISHED, SHELF_COMPLETED, SHELF_ROW, SHELVES };

/* When something was reported of the handshake. */
struct report_mark {
	uint64_t ns;
	char text[REPORT_TEXT_LEN];	/* "stuck: no-response, side server" */
};

/* A piece of HTML; to be freed. */
struct piece {
	char *html;
	size_t len;
};

struct entry {
	uint64_t id;
	enum shelf shelf;
	bool is_reported;
	bool is_cut;			/* its first datagrams were not kept */
	enum handshake_state state;
	enum verdict_code code;
	enum verdict_side side;
	uint64_t started_ns, waited_ns;
	uint64_t took_ns;		/* until it was complete; 0: not complete, or it is not known when it began */
	char *parties;			/* "client 192.0.2.1:4433, server 192.0.2.2:4433"; NULL: none, or no memory */
	char hosts[PARTY_MAX][48];	/* of merged traces: where each side is; "": one trace, or unknown */
	struct rungs rungs;
	struct report_mark reports[REPORTS_MAX];
	uint32_t num_reports;
	struct piece verdict, hellos;	/* of its card */
	struct entry *prev, *next;	/* on its shelf */
	UT_hash_handle hh;
};

struct html_state {
	struct entry *entries;		/* by id, in the order of their first datagrams */
	struct entry *shelves[SHELVES];
	uint32_t num[SHELVES];
	uint64_t num_left_out;		/* entries that there was no room for */
	struct census *census;
	char unread[UNREAD_LINES_MAX][UNREAD_TEXT_LEN];
	uint32_t num_unread;
	bool is_past_floor;
};

static inline struct html_state *html_state(const struct sink *s)
{
	return s->state;
}

/* Stuck or failed. */
static inline bool entry_is_faulty(const struct entry *e)
{
	return e->state == HANDSHAKE_STUCK || e->state == HANDSHAKE_FAILED;
}

/* Has it a card of its own? */
static inline bool entry_has_card(const struct entry *e)
{
	return e->is_reported && e->shelf != SHELF_ROW;
}

/* "not-retransmitting, side client"; "-": there is none */
static inline const char *html_verdict(char out[REPORT_TEXT_LEN], enum verdict_code code, enum verdict_side side)
{
	if (code == VERDICT_NONE)
		snprintf(out, REPORT_TEXT_LEN, "-");
	else
		snprintf(out, REPORT_TEXT_LEN, "%s%s%s", verdict_code_name(code), side != VERDICT_SIDE_UNKNOWN ? ", side " : "",
			 side != VERDICT_SIDE_UNKNOWN ? verdict_side_name(side) : "");
	return out;
}

/* From the beginning of the page to the end of its head, with the style sheet. */
void html_write_head(struct html_writer *w, const struct trace_stats *stats);

/* Verdict, evidence, hint and notes of a handshake that is reported. */
void html_write_verdict(struct html_writer *w, const struct handshake *h, uint64_t now);

/* Its hellos: what was offered beside what was chosen. */
void html_write_hellos(struct html_writer *w, const struct handshake *h);

/* The diagram of an entry that has rungs. */
void html_write_ladder(struct html_writer *w, const struct entry *e);

/* What the strokes of the diagrams mean, and the heads of their arrows. */
void html_write_legend(struct html_writer *w);

/* What stands before the handshakes. */
void html_write_overview(struct html_writer *w, const struct sink *s, const struct trace_stats *stats);

#endif
