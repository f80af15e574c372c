// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The timeline: a line for each datagram when it passes, a block for each verdict as soon as it
 * holds. Everything untrusted is escaped.
 */
#include "sink.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "handshake_hello.h"
#include "names.h"
#include "sink_timeline_hello.h"
#include "text.h"

#define RED "31;1"
#define GREEN "32;1"
#define YELLOW "33"
#define DIM "2"

/* Print in a colour (SGR parameters, ECMA-48 s8.3.117) if the sink has colours. */
__attribute__((format(printf, 3, 4)))
static void colored(struct sink *s, const char *sgr, const char *format, ...)
{
	va_list args;

	if (s->color)
		fprintf(s->out, "\033[%sm", sgr);
	va_start(args, format);
	vfprintf(s->out, format, args);
	va_end(args);
	if (s->color)
		fputs("\033[0m", s->out);
}

static double seconds_since(uint64_t from, uint64_t to)
{
	return to > from ? (double)(to - from) / 1e9 : 0;
}

static void print_party(struct sink *s, const struct handshake *h, enum party_role role)
{
	char text[VERDICT_PARTY_LEN];

	fputs(verdict_party(text, h, role), s->out);
}

static void timeline_begin(struct sink *s)
{
	fprintf(s->out, "%10s %-4s %-15s %6s %5s  %s\n", "SECONDS", "ID", "FROM > TO", "FLIGHT",
		"BYTES", "DATAGRAM");
}

static void print_message(struct sink *s, const struct handshake *h, const struct dtls_message *msg)
{
	const char *title = dtls_msg_type_title(msg->msg_type);

	if (handshake_is_retry_request(h, msg))
		fputs("HelloRetryRequest", s->out);
	else if (title)
		fputs(title, s->out);
	else
		fprintf(s->out, "handshake type %u", msg->msg_type);
	if (msg->fragment_length != msg->length && msg->fragment_length)
		fprintf(s->out, " bytes %" PRIu32 "-%" PRIu32 " of %" PRIu32, msg->fragment_offset,
			msg->fragment_offset + msg->fragment_length - 1, msg->length);
}

static void print_alert(struct sink *s, const struct dtls_record *rec)
{
	const char *name = dtls_alert_name(rec->alert_description);

	fprintf(s->out, "%s alert ", rec->alert_level == DTLS_ALERT_FATAL ? "fatal" : "warning");
	if (name)
		fputs(name, s->out);
	else
		fprintf(s->out, "%u", rec->alert_description);
}

static void print_record(struct sink *s, const struct dtls_record *rec)
{
	if (rec->flags & DTLS_RECORD_UNIFIED)
		fprintf(s->out, "DTLS 1.3 ciphertext, epoch bits %u", rec->epoch);
	else if (rec->flags & DTLS_RECORD_ALERT)
		print_alert(s, rec);
	else if (rec->content_type == DTLS_CT_CHANGE_CIPHER_SPEC)
		fputs("ChangeCipherSpec", s->out);
	else if (rec->content_type == DTLS_CT_HANDSHAKE)
		fputs("encrypted handshake message", s->out);
	else if (rec->content_type == DTLS_CT_APPLICATION_DATA)
		fputs("application data", s->out);
	else
		fprintf(s->out, "%s%s", rec->epoch ? "encrypted " : "",
			dtls_content_type_name(rec->content_type));
}

/* The messages of a plaintext handshake record are shown instead of the record. */
static bool is_shown(const struct event *ev, uint32_t i)
{
	return ev->items[i].kind == DTLS_ITEM_MESSAGE || i + 1 == ev->num_items ||
	       ev->items[i + 1].kind != DTLS_ITEM_MESSAGE;
}

static void print_items(struct sink *s, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	bool retransmission = false, duplicate = false, any = false;

	for (uint32_t i = 0; i < ev->num_items; i++) {
		retransmission |= facts->items[i].retransmission;
		duplicate |= facts->items[i].duplicate;
		if (!is_shown(ev, i))
			continue;
		fputs(any ? ", " : "", s->out);
		any = true;
		if (ev->items[i].kind == DTLS_ITEM_MESSAGE)
			print_message(s, facts->handshake, &ev->items[i].message);
		else
			print_record(s, &ev->items[i].record);
	}
	if (retransmission)
		colored(s, YELLOW, "  retransmission");
	else if (duplicate)
		colored(s, YELLOW, "  duplicate");
	if (ev->malformed)
		colored(s, YELLOW, "  malformed: %s", dtls_malformed_name(ev->malformed));
}

static uint8_t flight_of(const struct datagram_facts *facts)
{
	for (uint32_t i = 0; i < facts->ev->num_items; i++)
		if (facts->items[i].flight)
			return facts->items[i].flight;
	return 0;
}

static bool is_cut(const struct event *ev)
{
	return ev->kind == EVENT_READ && ev->copied < ev->length;
}

/*
 * Two things are shown only on request: a datagram that was already shown at its sender, and what
 * is not DTLS.
 */
static bool is_repetition(const struct datagram_facts *facts)
{
	return (facts->ev->kind == EVENT_READ && !is_cut(facts->ev)) || facts->ev->kind == EVENT_OTHER ||
	       (facts->ev->kind == EVENT_QUEUED &&
		facts->handshake->party[facts->from].view[POINT_SENT].any);
}

/* The first line of a handshake says who takes part in it. */
static void print_introduction(struct sink *s, const struct handshake *h)
{
	fprintf(s->out, "%10.6f #%-3" PRIu64 " ", seconds_since(s->info->start_ns, h->started_ns), h->id);
	print_party(s, h, PARTY_CLIENT);
	fputs("  ", s->out);
	print_party(s, h, PARTY_SERVER);
	fputc('\n', s->out);
}

static void print_drop(struct sink *s, const struct event *ev)
{
	const struct trace_info *info = s->info;
	const char *name = NULL;
	char text[4 * DROP_NAME_LEN + 1];

	if (ev->drop_reason && info->drop_reason_name)
		name = info->drop_reason_name(info->drop_reason_ctx, ev->drop_reason);
	if (name)
		text_escape(text, sizeof(text), name, strnlen(name, DROP_NAME_LEN));
	colored(s, RED, "  dropped by the kernel%s: %s", ev->flags & EVENT_TX ? " on its way out" : "",
		name ? text : "it gave no reason");
}

static void print_icmp(struct sink *s, const struct event *ev)
{
	struct event_reporter reporter = event_reporter_of(ev);
	bool ipv4 = ev->flags & EVENT_IPV4;
	const char *name = icmp_error_name(ipv4, ev->icmp_type, ev->icmp_code);
	char address[TEXT_ADDRESS_LEN];

	if (ev->icmp_type)
		fprintf(s->out, " (type %u, code %u)", ev->icmp_type, ev->icmp_code);
	if (name)
		fprintf(s->out, ", %s", name);
	text_address(address, reporter.ip, ipv4);
	if (event_has_reporter(ev))
		fprintf(s->out, ", from %s", address);
	if (reporter.mtu)
		fprintf(s->out, ", MTU %" PRIu32, reporter.mtu);
}

static void print_error(struct sink *s, const struct event *ev)
{
	const char *name = errno_name(ev->error);

	colored(s, RED, "%s", ev->kind == EVENT_SEND_FAILED ? "send failed: " : "ICMP error came back: ");
	if (name)
		colored(s, RED, "%s", name);
	else if (ev->error)
		colored(s, RED, "error %u", ev->error);
	else
		colored(s, RED, "unknown error");
	if (ev->kind == EVENT_ICMP_ERROR)
		print_icmp(s, ev);
}

/* What happened: the datagram itself, or what became of it. */
static void print_event(struct sink *s, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;

	switch (ev->kind) {
	case EVENT_READ:
		if (is_cut(ev))
			colored(s, RED, "truncated by the read, the buffer had %" PRIu32 " bytes", ev->copied);
		else
			colored(s, DIM, "read by the application");
		break;
	case EVENT_SEND_FAILED: case EVENT_ICMP_ERROR:
		print_error(s, ev);
		break;
	case EVENT_DROPPED:
		print_items(s, facts);
		print_drop(s, ev);
		break;
	default:
		print_items(s, facts);
		if (s->verbosity >= 1 && ev->kind == EVENT_QUEUED)
			colored(s, DIM, "  arrived");
	}
}

static void print_others(struct sink *s, const char *way, const uint32_t num[EVENT_OTHER_KINDS])
{
	bool any = false;

	for (int kind = 0; kind < EVENT_OTHER_KINDS; kind++) {
		if (!num[kind])
			continue;
		colored(s, DIM, "%s%" PRIu32 " %s", any ? ", " : way, num[kind], event_other_title(kind));
		any = true;
	}
}

/* Number of datagrams that are not DTLS during the handshake so far. */
static void timeline_other(struct sink *s, const struct datagram_facts *facts)
{
	struct event_other other = event_other_of(facts->ev);
	bool outgoing = endpoint_equals(&facts->ev->local, &facts->handshake->party[PARTY_CLIENT].address);

	fprintf(s->out, "%10.6f #%-3" PRIu64 " %-15s %6s %5s  ", seconds_since(s->info->start_ns, facts->ev->time_ns),
		facts->handshake->id, "", "", "");
	colored(s, DIM, "not DTLS, so far");
	print_others(s, "; client > server: ", outgoing ? other.sent : other.received);
	print_others(s, "; server > client: ", outgoing ? other.received : other.sent);
	fputc('\n', s->out);
}

static void timeline_datagram(struct sink *s, const struct datagram_facts *facts)
{
	const struct handshake *h = facts->handshake;
	const struct event *ev = facts->ev;
	bool client = facts->from == PARTY_CLIENT;
	uint8_t flight;

	if (!h || (is_repetition(facts) && s->verbosity < 1))
		return;
	if (facts->begins)
		print_introduction(s, h);
	if (ev->kind == EVENT_OTHER) {
		timeline_other(s, facts);
		return;
	}
	fprintf(s->out, "%10.6f #%-3" PRIu64 " %s", seconds_since(s->info->start_ns, ev->time_ns), h->id,
		client ? "client > server" : "server > client");
	flight = flight_of(facts);
	if (flight)
		fprintf(s->out, " %6u", flight);
	else
		fprintf(s->out, " %6s", "");
	if (ev->kind == EVENT_ICMP_ERROR)
		fprintf(s->out, " %5s  ", "");
	else
		fprintf(s->out, " %5" PRIu32 "  ", ev->length);
	print_event(s, facts);
	fputc('\n', s->out);
	if (!is_repetition(facts))
		timeline_hello(s, facts);
}

static void print_notes(struct sink *s, const struct handshake *h)
{
	char text[VERDICT_TEXT_LEN];

	for (int code = 0; code < NOTE_MAX; code++)
		if (note_write(h, code, text))
			fprintf(s->out, "           note: %s\n", text);
}

static void print_verdict(struct sink *s, const struct handshake *h, uint64_t now)
{
	struct verdict words, *v = &words;

	verdict_describe(h, now, v);
	fprintf(s->out, "%s\n", v->summary);
	for (uint32_t i = 0; i < v->num_evidence; i++)
		fprintf(s->out, "           %s\n", v->evidence[i]);
	if (v->hint[0])
		fprintf(s->out, "           hint: %s\n", v->hint);
	if (s->verbosity >= 1 && v->filter[0])
		fprintf(s->out, "           wireshark: %s\n", v->filter);
	fprintf(s->out, "           verdict: %s", verdict_code_name(v->code));
	if (v->side != VERDICT_SIDE_UNKNOWN)
		fprintf(s->out, ", side %s%s", verdict_side_name(v->side),
			verdict_side_is_local(h) ? " (on this host)" : "");
	fprintf(s->out, ", %s\n", verdict_confidence_name(v->confidence));
}

static void print_completed(struct sink *s, const struct handshake *h, uint64_t now)
{
	const char *version = dtls_version_name(h->version);
	struct verdict words;

	verdict_describe(h, now, &words);
	fprintf(s->out, "%s%s%s; ", h->version_negotiated && version ? version : "",
		h->version_negotiated && version ? " " : "", words.summary);
	print_party(s, h, PARTY_CLIENT);
	fputs(", ", s->out);
	print_party(s, h, PARTY_SERVER);
	fputc('\n', s->out);
}

static void print_open(struct sink *s, const struct handshake *h, uint64_t now)
{
	print_party(s, h, PARTY_CLIENT);
	fputs(", ", s->out);
	print_party(s, h, PARTY_SERVER);
	fprintf(s->out, ": last datagram %.1f s ago\n", seconds_since(h->last_ns, now));
}

static void timeline_handshake(struct sink *s, const struct handshake *h, uint64_t now)
{
	fprintf(s->out, "%10.6f #%-3" PRIu64 " ", seconds_since(s->info->start_ns, now), h->id);
	switch (h->state) {
	case HANDSHAKE_COMPLETED:
		colored(s, GREEN, "COMPLETED  ");
		print_completed(s, h, now);
		break;
	case HANDSHAKE_FAILED:
		colored(s, RED, h->is_final ? "STILL FAILED  " : "FAILED  ");
		print_verdict(s, h, now);
		break;
	case HANDSHAKE_STUCK:
		colored(s, RED, h->is_final ? "STILL STUCK  " : "STUCK  ");
		print_verdict(s, h, now);
		break;
	case HANDSHAKE_IN_PROGRESS:
		if (h->verdict.code != VERDICT_NONE) {
			colored(s, YELLOW, "NOT FOLLOWED  ");
			print_verdict(s, h, now);
			break;
		}
		colored(s, YELLOW, "%s  ", h->is_final ? "IN PROGRESS" :
			h->was_stuck ? "MOVES AGAIN" : "NOT COMPLETE");
		print_open(s, h, now);
		break;
	case HANDSHAKE_ABANDONED:
		colored(s, YELLOW, "ABANDONED  ");
		if (h->verdict.code == VERDICT_NONE)
			print_open(s, h, now);
		else
			print_verdict(s, h, now);
		break;
	}
	print_notes(s, h);
}

static void timeline_unread(struct sink *s, const struct unread *u, uint64_t now)
{
	char text[UNREAD_TEXT_LEN];

	for (uint32_t i = 0; i < u->num; i++)
		fprintf(s->out, "%10.6f %s\n", seconds_since(s->info->start_ns, now),
			unread_write(text, &u->sockets[i], now - u->began_ns));
	if (u->num_more)
		fprintf(s->out, "           and %" PRIu32 " more socket%s\n", u->num_more, u->num_more == 1 ? "" : "s");
	if (u->is_past_floor)
		fprintf(s->out, "           hint: %s\n", unread_hint);
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

	fprintf(s->out, "capture: %" PRIu64 " packets", counters[CAPTURE_PACKETS]);
	for (int i = 0; i < CAPTURE_MAX; i++)
		if (texts[i] && counters[i])
			fprintf(s->out, ", %" PRIu64 " %s", counters[i], texts[i]);
	fputc('\n', s->out);
}

static void print_limited(struct sink *s, uint64_t num)
{
	colored(s, RED, "%" PRIu64 " datagram%s left out (rate limit)", num, num == 1 ? "" : "s");
}

static void timeline_lost(struct sink *s, uint64_t num, uint64_t limited, const struct trace_stats *stats,
			  uint64_t now)
{
	fprintf(s->out, "%10.6f ", seconds_since(s->info->start_ns, now));
	if (num)
		colored(s, RED, "%" PRIu64 " event%s lost", num, num == 1 ? "" : "s");
	fputs(num && limited ? ", " : "", s->out);
	if (limited)
		print_limited(s, limited);
	fputs(": no verdict on a handshake of that time is certain\n", s->out);
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
		fprintf(s->out, "the traced process%s had no UDP socket in %.1f s\n", processes, seconds);
	else
		fprintf(s->out, "no DTLS handshake was seen on %" PRIu64 " UDP socket%s of the traced process%s in %.1f s\n",
			num, num == 1 ? "" : "s", processes, seconds);
}

static void timeline_end(struct sink *s, const struct trace_stats *stats)
{
	const struct analysis_stats *a = stats->analysis;
	const uint64_t *n = stats->counters;
	uint64_t lost = counters_lost(n);

	fprintf(s->out, "%" PRIu64 " handshake%s", a->handshakes, a->handshakes == 1 ? "" : "s");
	for (int state = 0, any = 0; state <= HANDSHAKE_ABANDONED; state++)
		if (a->by_state[state])
			fprintf(s->out, "%s %" PRIu64 " %s", any++ ? "," : ":", a->by_state[state],
				handshake_state_name(state));
	fprintf(s->out, "; %" PRIu64 " event%s, ", a->events, a->events == 1 ? "" : "s");
	if (lost)
		colored(s, RED, "%" PRIu64 " lost (ring buffer full: %" PRIu64 ", unreadable: %" PRIu64
			", no state: %" PRIu64 ", hook skipped: %" PRIu64 ")", lost,
			n[COUNTER_LOST_RING_FULL], n[COUNTER_LOST_UNREADABLE],
			n[COUNTER_LOST_NO_STATE], n[COUNTER_LOST_MISSED]);
	else
		fputs("0 lost", s->out);
	if (n[COUNTER_RATE_LIMITED]) {
		fputs(", ", s->out);
		print_limited(s, n[COUNTER_RATE_LIMITED]);
	}
	fputc('\n', s->out);
	if (s->verbosity >= 1 && n[COUNTER_FOREIGN_UNREADABLE])
		fprintf(s->out, "%" PRIu64 " datagram%s outside the filters could not be read: nothing is lost\n",
			n[COUNTER_FOREIGN_UNREADABLE], n[COUNTER_FOREIGN_UNREADABLE] == 1 ? "" : "s");
	print_sockets(s, stats);
	if (stats->has_capture)
		print_capture(s, stats->capture);
	if (stats->truncated)
		colored(s, RED, "the file is truncated: its end is missing\n");
}

const struct sink_ops sink_timeline = {
	.name = "timeline",
	.begin = timeline_begin,
	.datagram = timeline_datagram,
	.handshake = timeline_handshake,
	.unread = timeline_unread,
	.lost = timeline_lost,
	.end = timeline_end,
};
