// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The diagram of a handshake, in SVG, as pictures that stand on each other. Their width is that of the page: x is per
 * cent of it, so that the text keeps its size. The height is the sum of the steps, each with a text above an arrow.
 */
#include <inttypes.h>
#include <string.h>

#include "sink_html.h"

/* Per cent: where times end, the life lines, and the middle between them. */
#define X_TIME "11%"
#define X_CLIENT "13%"
#define X_SERVER "98%"
#define X_MIDDLE "55.5%"
/* Where what a side's library said begins and ends, beside its life line. */
#define X_BY_CLIENT "15%"
#define X_BY_SERVER "96%"

/* Pixels: of a line of text, of an arrow below it, of a gap, and of what stands above all. */
#define LINE 14
#define ARROW 13
#define GAP 26
#define HEAD 24
#define FOOT 8
/* Columns of a text that a narrow page has room for. */
#define COLUMNS 46
#define STEPS_MAX (RUNGS_MAX + REPORTS_MAX)
/* Steps of one picture. */
#define PART_MAX 12

/* A datagram, or a report. */
struct step {
	uint64_t ns;
	const struct rung *rung;	/* NULL: a report */
	const char *text;
	bool after_gap;
};

struct drawing {
	struct html_writer *w;
	uint64_t began_ns;
	uint32_t y;
};

/* Where the line that begins at `text` ends: behind the last word that fits. */
static uint32_t line_len(const char *text)
{
	uint32_t len = strlen(text), at = COLUMNS;

	if (len <= COLUMNS)
		return len;
	while (at && text[at] != ' ')
		at--;
	return at ? at : COLUMNS;
}

static const char *next_line(const char *text, uint32_t len)
{
	text += len;
	return *text == ' ' ? text + 1 : text;
}

static uint32_t num_lines(const char *text)
{
	uint32_t num = 1;

	while (*(text = next_line(text, line_len(text))))
		num++;
	return num;
}

static uint32_t steps_of(const struct entry *e, struct step steps[STEPS_MAX])
{
	uint32_t num = 0, r = 0;

	for (uint32_t i = 0; i < e->rungs.num; i++) {
		const struct rung *rung = &e->rungs.list[i];

		for (; r < e->num_reports && e->reports[r].ns < rung->ns; r++)
			steps[num++] = (struct step){ .ns = e->reports[r].ns, .text = e->reports[r].text };
		steps[num++] = (struct step){ .ns = rung->ns, .rung = rung, .text = rung->text };
	}
	for (; r < e->num_reports; r++)
		steps[num++] = (struct step){ .ns = e->reports[r].ns, .text = e->reports[r].text };
	for (uint32_t i = 1; i < num; i++)
		steps[i].after_gap = steps[i].ns >= steps[i - 1].ns + RUNGS_GAP_NS;
	return num;
}

static uint32_t height_of(const struct step *step)
{
	return (step->after_gap ? GAP : 0) + num_lines(step->text) * LINE + ARROW;
}

static void line(struct html_writer *w, const char *class, const char *x1, uint32_t y1, const char *x2, uint32_t y2, const char *end)
{
	html_open(w, "line");
	html_attribute(w, "class", "%s", class);
	html_attribute(w, "x1", "%s", x1);
	html_attribute(w, "y1", "%" PRIu32, y1);
	html_attribute(w, "x2", "%s", x2);
	html_attribute(w, "y2", "%" PRIu32, y2);
	if (end)
		html_attribute(w, "marker-end", "url(#%s)", end);
	html_close(w);
}

static void open_text(struct html_writer *w, const char *class, const char *x, uint32_t y)
{
	html_open(w, "text");
	html_attribute(w, "class", "%s", class);
	html_attribute(w, "x", "%s", x);
	html_attribute(w, "y", "%" PRIu32, y);
}

/* Both life lines, from here down. */
static void draw_life(struct drawing *d, const char *class, uint32_t height)
{
	line(d->w, class, X_CLIENT, d->y, X_CLIENT, d->y + height, NULL);
	line(d->w, class, X_SERVER, d->y, X_SERVER, d->y + height, NULL);
}

/* To scale, waits for timers would take all the room. */
static void draw_gap(struct drawing *d, uint64_t ns)
{
	draw_life(d, "fold", GAP);
	open_text(d->w, "gap", X_MIDDLE, d->y + GAP / 2 + 4);
	html_text(d->w, "%.1f s of silence", ns / 1e9);
	html_close(d->w);
	d->y += GAP;
}

static void draw_text(struct drawing *d, const char *text, const char *class, const char *x)
{
	for (uint32_t len; *text; text = next_line(text, len)) {
		len = line_len(text);
		d->y += LINE;
		open_text(d->w, class, x, d->y - 2);
		html_text(d->w, "%.*s", (int)len, text);
		html_close(d->w);
	}
}

/* Where what a side's library said ends that is nearer to its life line. */
static const char *x_beside(const struct rung *r)
{
	return r->from == PARTY_CLIENT ? X_BY_CLIENT : X_BY_SERVER;
}

/* What does not get there ends on the way, as does what may still be there, and what was not sent near its sender. */
static void draw_arrow(struct drawing *d, const struct rung *r)
{
	static const char *const ends[PARTY_MAX][3] = {
		[PARTY_CLIENT] = { X_SERVER, "84%", "30%" }, [PARTY_SERVER] = { X_CLIENT, "27%", "81%" },
	};
	bool arrives = (r->kind == RUNG_SENT && !r->unknown) || r->kind == RUNG_TRUNCATED;
	const char *to = ends[r->from][arrives ? 0 : r->kind == RUNG_FAILED ? 2 : 1];
	const char *from = r->from == PARTY_CLIENT ? X_CLIENT : X_SERVER;
	bool is_lost = r->kind != RUNG_SENT;

	if (r->kind == RUNG_SAID) {
		line(d->w, "said", from, d->y + 4, x_beside(r), d->y + 4, NULL);
		return;
	}
	line(d->w, is_lost ? "lost" : r->retransmission ? "again" : "first", from, d->y + 4, to, d->y + 4,
	     is_lost ? "cross" : r->retransmission ? "again-head" : "head");
}

/* For whoever cannot see the arrow. */
static void put_title(struct html_writer *w, const struct rung *r)
{
	if (r->kind == RUNG_SAID) {
		html_put(w, "title", NULL, "what the TLS library of the %s said", party_role_name(r->from));
		return;
	}
	html_put(w, "title", NULL, "%s to %s%s%s", party_role_name(r->from), party_role_name(party_peer(r->from)),
		 r->retransmission ? ", retransmission" : "",
		 r->kind == RUNG_SENT ? (r->unknown ? ", not known to have come" : "") : r->kind == RUNG_TRUNCATED ? ", not whole" : ", lost");
}

static void draw_step(struct drawing *d, const struct step *step, uint64_t before_ns)
{
	if (step->after_gap)
		draw_gap(d, step->ns - before_ns);
	draw_life(d, "life", num_lines(step->text) * LINE + ARROW);
	html_open(d->w, "g");
	if (step->rung)
		put_title(d->w, step->rung);
	if (step->rung && step->rung->kind == RUNG_SAID)
		draw_text(d, step->text, step->rung->from == PARTY_CLIENT ? "said" : "said server", x_beside(step->rung));
	else
		draw_text(d, step->text, step->rung ? "what" : "report", X_MIDDLE);
	open_text(d->w, "when", X_TIME, d->y + 8);
	html_text(d->w, "%.3f", seconds_since(d->began_ns, step->ns));
	html_close(d->w);
	if (step->rung)
		draw_arrow(d, step->rung);
	else
		line(d->w, "reported", X_CLIENT, d->y + 4, X_SERVER, d->y + 4, NULL);
	d->y += ARROW;
	html_close(d->w);
}


static void open_svg(struct html_writer *w, uint32_t height)
{
	html_open(w, "svg");
	html_attribute(w, "width", "100%%");
	html_attribute(w, "height", "%" PRIu32, height);
}

/* `host`: where it is; "": there is one host. */
static void put_label(struct html_writer *w, const char *class, const char *x, const char *text, const char *host)
{
	open_text(w, class, x, HEAD - 8);
	html_text(w, "%s%s%s", text, *host ? " on " : "", host);
	html_close(w);
}

static void draw_head(struct html_writer *w, const struct entry *e)
{
	open_svg(w, HEAD);
	put_label(w, "when", X_TIME, "s", "");
	put_label(w, "end", X_CLIENT, "client", e->hosts[PARTY_CLIENT]);
	put_label(w, "end server", X_SERVER, "server", e->hosts[PARTY_SERVER]);
	html_close(w);
}

/* Draws the first steps of `num`, up to a silence, as a picture of its own: paper can end between two. Returns how many. */
static uint32_t draw_part(struct drawing *d, const struct step *steps, uint32_t num, uint64_t before_ns)
{
	uint32_t height = height_of(&steps[0]), part = 1;

	for (; part < num && part < PART_MAX && !steps[part].after_gap; part++)
		height += height_of(&steps[part]);
	open_svg(d->w, height + (part == num ? FOOT : 0));
	d->y = 0;
	for (uint32_t i = 0; i < part; i++)
		draw_step(d, &steps[i], i ? steps[i - 1].ns : before_ns);
	if (part == num)
		draw_life(d, "life", FOOT);
	html_close(d->w);
	return part;
}

void html_write_ladder(struct html_writer *w, const struct entry *e)
{
	struct step steps[STEPS_MAX];
	uint32_t num = steps_of(e, steps);
	struct drawing d = { .w = w, .began_ns = num ? steps[0].ns : 0 };

	html_open(w, "div");
	html_attribute(w, "class", "ladder");
	html_attribute(w, "role", "group");
	html_attribute(w, "aria-label", "Datagrams of handshake %" PRIu64, e->id);
	draw_head(w, e);
	for (uint32_t i = 0; i < num;)
		i += draw_part(&d, &steps[i], num - i, i ? steps[i - 1].ns : 0);
	html_close(w);
	if (e->rungs.more)
		html_put(w, "p", "more", "and %" PRIu32 " more datagrams", e->rungs.more);
}

/* The end of an arrow: `path` in a square of 10. */
static void put_marker(struct html_writer *w, const char *id, const char *class, const char *path)
{
	html_open(w, "marker");
	html_attribute(w, "id", "%s", id);
	html_attribute(w, "viewBox", "0 0 10 10");
	html_attribute(w, "refX", "%s", id[0] == 'c' ? "5" : "9");
	html_attribute(w, "refY", "5");
	html_attribute(w, "markerWidth", "10");
	html_attribute(w, "markerHeight", "10");
	html_attribute(w, "markerUnits", "userSpaceOnUse");
	html_attribute(w, "orient", "auto");
	html_open(w, "path");
	html_attribute(w, "class", "%s", class);
	html_attribute(w, "d", "%s", path);
	html_close(w);
	html_close(w);
}

void html_write_legend(struct html_writer *w)
{
	static const struct {
		const char *class, *end, *text;
	} rows[] = {
		{ "first", "head", "a datagram: the number of its flight, what it has" },
		{ "again", "again-head", "retransmitted (dashed)" },
		{ "lost", "cross", "it did not get there, or not whole" },
	};

	open_svg(w, 3 * 20 + 4);
	html_attribute(w, "class", "ladder");
	html_attribute(w, "role", "group");
	html_attribute(w, "aria-label", "What the arrows mean");
	html_open(w, "defs");
	put_marker(w, "head", "head", "M0 0L10 5L0 10z");
	put_marker(w, "again-head", "again-head", "M0 0L10 5L0 10z");
	put_marker(w, "cross", "cross", "M1 1L9 9M1 9L9 1");
	html_close(w);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		line(w, rows[i].class, "0", 12 + 20 * i, "44", 12 + 20 * i, rows[i].end);
		open_text(w, "key", "56", 16 + 20 * i);
		html_text(w, "%s", rows[i].text);
		html_close(w);
	}
	html_close(w);
}
