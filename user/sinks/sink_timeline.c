// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The timeline: a line for each datagram when it passes, or for a copy of a flight, a block for each verdict as soon as
 * it holds, and a line for those that say the same. Everything untrusted is escaped.
 */
#include "sink_timeline.h"

#include <inttypes.h>

#include "milestone.h"
#include "names.h"
#include "outcome.h"
#include "workload.h"

static bool timeline_begin(struct sink *s)
{
	timeline_of(s)->text = lines_open(s->out, &s->width);
	if (!text_of(s))
		return false;
	host_column_init(&timeline_of(s)->hosts, s->info);
	fprintf(text_of(s), "%*s %-4s %-*s%-15s %6s %5s  %s\n", stamp_width(s), s->stamp == STAMP_CLOCK || s->stamp == STAMP_UTC ?
		"TIME" : "SECONDS", "ID", host_width(s), host_width(s) ? "AT" : "", "FROM > TO", "FLIGHT",
		"BYTES", "DATAGRAM");
	return true;
}

static void print_notes(struct sink *s, const struct handshake *h)
{
	char text[VERDICT_TEXT_LEN];

	for (int code = 0; code < NOTE_MAX; code++)
		if (note_write(h, code, text))
			fprintf(text_of(s), "           note: %s\n", text);
}

static void print_claim(struct sink *s, const struct handshake *h, const struct verdict *v)
{
	char text[VERDICT_WORDS_LEN];

	fprintf(text_of(s), "verdict: %s\n", verdict_words(text, h, v));
}

/* Who has read another verdict of it above does not have to choose. */
static void print_replaced(struct sink *s, const struct handshake *h)
{
	if (h->told.code == VERDICT_NONE || (h->told.code == h->verdict.code && h->told.side == h->verdict.side))
		return;
	fprintf(text_of(s), "           this replaces what was reported of it before: %s", verdict_code_name(h->told.code));
	if (h->told.side != VERDICT_SIDE_UNKNOWN)
		fprintf(text_of(s), ", side %s", verdict_side_name(h->told.side));
	fputc('\n', text_of(s));
}

/* The summary names a process. With --faults, nothing before it has told where that runs. */
static void print_workloads(struct sink *s, const struct handshake *h)
{
	char text[WORKLOAD_PHRASE_LEN];

	for (int role = 0; role < PARTY_MAX; role++)
		if (*workload_phrase(text, s, &h->party[role]))
			fprintf(text_of(s), "           the %s is%s\n", party_role_name(role), text);
}

static void print_verdict(struct sink *s, const struct handshake *h, uint64_t now)
{
	struct verdict words, *v = &words;

	verdict_describe(h, now, v);
	print_summary(s, h, v);
	fputc('\n', text_of(s));
	for (uint32_t i = 0; i < v->num_evidence; i++)
		fprintf(text_of(s), "           %s\n", v->evidence[i]);
	print_workloads(s, h);
	if (v->hint[0])
		fprintf(text_of(s), "           hint: %s\n", v->hint);
	if (s->verbosity >= 1 && v->filter[0])
		fprintf(text_of(s), "           wireshark: %s\n", v->filter);
	fputs("           ", text_of(s));
	print_claim(s, h, v);
	print_replaced(s, h);
}

/* The verdict was reported before: one line says what has come of it. */
static void print_told(struct sink *s, const struct handshake *h, uint64_t now)
{
	struct verdict words;
	char ending[VERDICT_TEXT_LEN];

	verdict_describe(h, now, &words);
	ending_write(h, ending);
	print_summary(s, h, &words);
	if (h->is_final)
		fprintf(text_of(s), "; last datagram %.1f s ago; ", seconds_since(h->last_ns, now));
	else
		fprintf(text_of(s), "; then %s; ", ending);
	print_claim(s, h, &words);
}

/* Was this verdict reported before, so that only what came of it is news? */
static bool was_told(const struct handshake *h)
{
	return handshake_was_told(h) && (h->is_final || h->ending.how != ENDING_NONE);
}

/* What the line of a verdict begins with; NULL: no verdict is to be told. */
static const char *heading_of(const struct handshake *h)
{
	if (h->verdict.code == VERDICT_NONE)
		return NULL;
	if (h->state == HANDSHAKE_ABANDONED)
		return "ABANDONED";
	if (!handshake_is_faulty(h))
		return NULL;
	if (h->is_final)
		return h->state == HANDSHAKE_STUCK ? "STILL STUCK" : "STILL FAILED";
	if (h->verdict.is_early)
		return "ENDED EARLY";
	return was_told(h) ? "ENDED" : h->state == HANDSHAKE_STUCK ? "STUCK" : "FAILED";
}

static void print_reported(struct sink *s, const struct handshake *h, uint64_t now, const char *heading)
{
	colored(s, handshake_is_faulty(h) && (!h->verdict.is_early || h->is_final) ? RED : YELLOW, "%s  ", heading);
	if (handshake_is_faulty(h) && was_told(h)) {
		print_told(s, h, now);
	} else {
		print_verdict(s, h, now);
		print_notes(s, h);
	}
}

static void print_completed(struct sink *s, const struct handshake *h, uint64_t now)
{
	const char *version = dtls_version_name(h->version);
	struct verdict words;

	verdict_describe(h, now, &words);
	fprintf(text_of(s), "%s%s%s; ", h->version_negotiated && version ? version : "",
		h->version_negotiated && version ? " " : "", words.summary);
	print_party(s, h, PARTY_CLIENT);
	fputs(", ", text_of(s));
	print_party(s, h, PARTY_SERVER);
	fputs(h->was_stuck ? "; what was reported of it before no longer holds\n" : "\n", text_of(s));
}

/* A datagram that takes a report back came within this time: see check.c. */
#define MOVED_NS 2000000000ULL

/* Is the latest report taken back although nothing came? Then more became known of it, or the client goes on in another. */
static bool is_at_rest(const struct handshake *h, uint64_t now)
{
	return now >= h->last_ns + MOVED_NS || outcome_is_superseded(h);
}

/* What takes the latest report back: the side that sent last moves. */
static void print_again(struct sink *s, const struct handshake *h, uint64_t now)
{
	enum party_role role = h->party[PARTY_SERVER].last_sent_ns > h->party[PARTY_CLIENT].last_sent_ns ?
				PARTY_SERVER : PARTY_CLIENT;

	fputs("what was reported of it before no longer holds", text_of(s));
	if (outcome_is_superseded(h))
		fputs(": the client goes on with another handshake", text_of(s));
	else if (now < h->party[role].last_sent_ns + MOVED_NS)
		fprintf(text_of(s), ": the %s sent flight %u", party_role_name(role), h->party[role].flight);
	else if (now < h->flights[h->party[role].flight].queued_ns + MOVED_NS)
		fprintf(text_of(s), ": flight %u of the %s arrived", h->party[role].flight, party_role_name(role));
	fputs("; ", text_of(s));
	print_party(s, h, PARTY_CLIENT);
	fputs(", ", text_of(s));
	print_party(s, h, PARTY_SERVER);
	fputc('\n', text_of(s));
}

static void print_open(struct sink *s, const struct handshake *h, uint64_t now)
{
	print_party(s, h, PARTY_CLIENT);
	fputs(", ", text_of(s));
	print_party(s, h, PARTY_SERVER);
	if (h->relations.moved_id)
		fprintf(text_of(s), ": see handshake #%llu", (unsigned long long)h->relations.moved_id);
	else if (h->ending.how == ENDING_REPLACED)
		fputs(": the client went on with another handshake", text_of(s));
	else if (h->ending.how == ENDING_CLOSED)
		fprintf(text_of(s), ": the %s's socket was closed%s", party_role_name(h->ending.by),
			h->party[PARTY_SERVER].flight || h->midway ?
			", and it is not known whether the handshake was complete by then" : "");
	fprintf(text_of(s), "%s last datagram %.1f s ago\n", h->ending.how == ENDING_NONE ? ":" : ";", seconds_since(h->last_ns, now));
}

/* So many clients that sent one ClientHello are listed at the end of the trace. */
#define STRANGERS_TOLD 10

/* In a flood, one line stands for all that are no longer followed without a fault, or that are left at the end. */
static bool is_untold(struct sink *s, const struct handshake *h)
{
	if (h->is_final && h->verdict.code == VERDICT_NONE && outcome_is_stranger(h))
		return ++s->num_strangers > STRANGERS_TOLD;
	return h->verdict.code == VERDICT_EVICTED && !milestone_is(++s->num_evicted);
}

/* Without a verdict, or no longer followed. */
static void print_state(struct sink *s, const struct handshake *h, uint64_t now)
{
	if (h->state == HANDSHAKE_COMPLETED) {
		colored(s, GREEN, "COMPLETED  ");
		print_completed(s, h, now);
	} else if (h->verdict.code != VERDICT_NONE) {
		colored(s, YELLOW, "NOT FOLLOWED  ");
		print_verdict(s, h, now);
		if (s->num_evicted > 1)
			fprintf(text_of(s), "           note: this line stands for %" PRIu64 " handshakes so far\n", s->num_evicted);
	} else {
		bool again = h->was_stuck || (h->told.code != VERDICT_NONE && h->told.code != VERDICT_COMPLETED);

		colored(s, YELLOW, "%s  ", h->state == HANDSHAKE_ABANDONED ? "ABANDONED" : h->is_final ? "IN PROGRESS" :
			!again ? "NOT COMPLETE" : is_at_rest(h, now) ? "TAKEN BACK" : "MOVES AGAIN");
		if (h->state == HANDSHAKE_IN_PROGRESS && !h->is_final && again)
			print_again(s, h, now);
		else
			print_open(s, h, now);
	}
	print_notes(s, h);
}

/* What was counted is told before what comes of it. */
static void flush_before(struct sink *s, uint64_t now)
{
	copies_flush(s);
	repeats_due(s, now);
}

static void timeline_handshake(struct sink *s, const struct handshake *h, uint64_t now)
{
	const char *heading = heading_of(h);
	struct verdict words;

	if (is_untold(s, h))
		return;
	flush_before(s, now);
	if (heading)
		verdict_describe(h, now, &words);
	if (heading && repeats_take(s, h, now, heading, &words))
		return;
	if (!heading || was_told(h))
		repeats_flush(s, now);
	print_id(s, now, h->id);
	if (heading)
		print_reported(s, h, now, heading);
	else
		print_state(s, h, now);
}

static void timeline_unread(struct sink *s, const struct unread *u, uint64_t now)
{
	char text[UNREAD_TEXT_LEN];

	flush_before(s, now);
	for (uint32_t i = 0; i < u->num; i++) {
		print_stamp(s, now);
		fprintf(text_of(s), " %s\n", unread_write(text, &u->sockets[i], now - u->began_ns));
	}
	if (u->num_more)
		fprintf(text_of(s), "           and %" PRIu32 " more socket%s\n", u->num_more, u->num_more == 1 ? "" : "s");
	if (u->is_past_floor)
		fprintf(text_of(s), "           hint: %s\n", unread_hint);
}

/* Packets of the capture that are no complete UDP datagrams. */
static void print_capture(struct sink *s, const uint64_t counters[CAPTURE_MAX])
{
	static const char *const texts[CAPTURE_MAX] = {
		[CAPTURE_OTHER] = "not UDP",
		[CAPTURE_FRAGMENTS] = "IP fragments",
		[CAPTURE_REASSEMBLED] = "datagrams reassembled from these",
		[CAPTURE_INCOMPLETE] = "datagrams with missing fragments",
		[CAPTURE_MALFORMED] = "malformed",
		[CAPTURE_CUT] = "truncated datagrams (capture with a larger snapshot length)",
		[CAPTURE_UNKNOWN] = "too truncated to identify",
		[CAPTURE_BACKWARDS] = "earlier than the previous packet",
	};

	fprintf(text_of(s), "capture: %" PRIu64 " packets", counters[CAPTURE_PACKETS]);
	for (int i = 0; i < CAPTURE_MAX; i++)
		if (texts[i] && counters[i])
			fprintf(text_of(s), ", %" PRIu64 " %s", counters[i], texts[i]);
	fputc('\n', text_of(s));
}

static void print_limited(struct sink *s, uint64_t num)
{
	colored(s, RED, "%" PRIu64 " datagram%s left out (rate limit)", num, num == 1 ? "" : "s");
}

static void timeline_lost(struct sink *s, uint64_t num, uint64_t limited, const struct trace_stats *stats,
			  uint64_t now)
{
	flush_before(s, now);
	print_stamp(s, now);
	fputc(' ', text_of(s));
	if (num)
		colored(s, RED, "%" PRIu64 " %s%s %s", num, stats->has_capture ? "datagram" : "event", num == 1 ? "" : "s",
			stats->has_capture ? "truncated in the capture" : "lost");
	fputs(num && limited ? ", " : "", text_of(s));
	if (limited)
		print_limited(s, limited);
	fputs(": no verdict on a handshake of that time is certain\n", text_of(s));
}

/* Is a process traced of which nothing was seen? Then it may be the wrong one. */
static void print_sockets(struct sink *s, const struct trace_stats *stats)
{
	const struct trace_info *info = s->info;
	const char *processes = info->num_pids == 1 && !info->follow_forks ? "" : "es";
	double seconds = seconds_since(info->start_ns, stats->end_ns);
	uint64_t num = stats->counters[COUNTER_SOCKETS];

	if (!info->sees_sockets || !(info->num_pids || info->comm || info->cgroup) || info->num_ports ||
	    stats->analysis->handshakes || stats->analysis->no_handshake || counters_lost(stats->counters) ||
	    stats->counters[COUNTER_RATE_LIMITED])
		return;
	if (!num)
		fprintf(text_of(s), "the traced process%s had no UDP socket in %.1f s\n", processes, seconds);
	else
		fprintf(text_of(s), "no DTLS handshake was seen on %" PRIu64 " UDP socket%s of the traced process%s in %.1f s\n",
			num, num == 1 ? "" : "s", processes, seconds);
}

static void timeline_end(struct sink *s, const struct trace_stats *stats)
{
	const struct analysis_stats *a = stats->analysis;
	const uint64_t *n = stats->counters;
	uint64_t lost = counters_lost(n);

	copies_flush(s);
	repeats_flush(s, stats->end_ns);
	if (s->num_strangers > STRANGERS_TOLD)
		fprintf(text_of(s), "and %" PRIu64 " more handshakes in progress of clients that sent one ClientHello and did not repeat it\n",
			s->num_strangers - STRANGERS_TOLD);
	fprintf(text_of(s), "%" PRIu64 " handshake%s", a->handshakes, a->handshakes == 1 ? "" : "s");
	for (int state = 0, any = 0; state <= HANDSHAKE_ABANDONED; state++)
		if (a->by_state[state])
			fprintf(text_of(s), "%s %" PRIu64 " %s", any++ ? "," : ":", a->by_state[state],
				handshake_state_name(state));
	fprintf(text_of(s), "; %" PRIu64 " event%s, ", a->events, a->events == 1 ? "" : "s");
	if (lost && stats->has_capture)
		colored(s, RED, "%" PRIu64 " datagram%s of handshakes truncated in the capture", lost, lost == 1 ? "" : "s");
	else if (lost)
		colored(s, RED, "%" PRIu64 " lost (ring buffer full: %" PRIu64 ", unreadable: %" PRIu64
			", no state: %" PRIu64 ", hook skipped: %" PRIu64 ")", lost,
			n[COUNTER_LOST_RING_FULL], n[COUNTER_LOST_UNREADABLE],
			n[COUNTER_LOST_NO_STATE], n[COUNTER_LOST_MISSED]);
	else
		fputs("0 lost", text_of(s));
	if (n[COUNTER_RATE_LIMITED]) {
		fputs(", ", text_of(s));
		print_limited(s, n[COUNTER_RATE_LIMITED]);
	}
	fputc('\n', text_of(s));
	if (s->verbosity >= 1 && n[COUNTER_FOREIGN_UNREADABLE])
		fprintf(text_of(s), "%" PRIu64 " datagram%s outside the filters could not be read: nothing is lost\n",
			n[COUNTER_FOREIGN_UNREADABLE], n[COUNTER_FOREIGN_UNREADABLE] == 1 ? "" : "s");
	if (n[COUNTER_LIBRARY_LIMITED])
		fprintf(text_of(s), "%" PRIu64 " calls and errors of TLS libraries left out: too many in a second\n", n[COUNTER_LIBRARY_LIMITED]);
	print_sockets(s, stats);
	if (stats->has_capture)
		print_capture(s, stats->capture);
	if (stats->truncated)
		colored(s, RED, "the file is truncated: its end is missing\n");
}

static void timeline_tick(struct sink *s, uint64_t now)
{
	copies_tick(s, now);
	repeats_due(s, now);
}

static void timeline_release(struct sink *s)
{
	if (text_of(s))
		fclose(text_of(s));
}

const struct sink_ops sink_timeline = {
	.name = "timeline",
	.help = "a line for each datagram, a block for each verdict",
	.state_size = sizeof(struct timeline),
	.begin = timeline_begin,
	.datagram = timeline_datagram,
	.handshake = timeline_handshake,
	.library_error = timeline_library_error,
	.unread = timeline_unread,
	.lost = timeline_lost,
	.tick = timeline_tick,
	.end = timeline_end,
	.release = timeline_release,
};
