// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The line of an event: a datagram and its records, or what became of a datagram. */
#include "sink_timeline.h"

#include <inttypes.h>
#include <string.h>

#include "items_text.h"
#include "names.h"
#include "text.h"

static void print_items(struct sink *s, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	bool retransmission = false, duplicate = false;
	char text[ITEMS_TEXT_LEN];

	for (uint32_t i = 0; i < ev->num_items; i++) {
		retransmission |= facts->items[i].retransmission;
		duplicate |= facts->items[i].duplicate;
	}
	fputs(items_text(text, facts), text_of(s));
	if (retransmission)
		colored(s, YELLOW, "  retransmission");
	else if (duplicate)
		colored(s, YELLOW, "  duplicate");
	/* The snapshot length of a capture, or memory that the tracer does not reach. */
	if (ev->malformed == DTLS_MALFORMED_UNREADABLE)
		colored(s, YELLOW, "  the rest could not be read");
	else if (ev->malformed)
		colored(s, YELLOW, "  malformed: %s", dtls_malformed_name(ev->malformed));
}

/*
 * Two things are shown only on request: a datagram that was already shown at its sender, and what
 * is not DTLS.
 */
static bool is_repetition(const struct datagram_facts *facts)
{
	return (facts->ev->kind == EVENT_READ && !items_are_cut(facts->ev)) || facts->ev->kind == EVENT_OTHER ||
	       items_were_sent_here(facts);
}

/* The party, unbroken if it fits into a line. */
static void print_tied_party(struct sink *s, const struct handshake *h, enum party_role role)
{
	char text[VERDICT_PARTY_LEN];
	bool fits = strlen(verdict_party(text, h, role)) + stamp_width(s) + ID_WIDTH <= s->width;

	for (char *c = text; fits && *c; c++)
		if (*c == ' ')
			*c = LINES_TIED;
	fputs(text, text_of(s));
}

static void print_translated(struct sink *s, const struct handshake *h)
{
	char client[TEXT_ENDPOINT_LEN], server[TEXT_ENDPOINT_LEN];
	struct event_endpoint seen[2];

	if (!sink_translated(s, h, seen))
		return;
	text_endpoint(client, &seen[PARTY_CLIENT], text_is_mapped(seen[PARTY_CLIENT].ip));
	text_endpoint(server, &seen[PARTY_SERVER], text_is_mapped(seen[PARTY_SERVER].ip));
	fprintf(text_of(s), "  (translated: the server's host sees %s > %s)", client, server);
}

/* The first line of a handshake says who takes part in it. */
static void print_introduction(struct sink *s, const struct handshake *h)
{
	print_id(s, h->started_ns, h->id);
	print_tied_party(s, h, PARTY_CLIENT);
	fputs("  ", text_of(s));
	print_tied_party(s, h, PARTY_SERVER);
	print_translated(s, h);
	fputc('\n', text_of(s));
}

static void print_drop(struct sink *s, const struct event *ev)
{
	char text[DROP_TEXT_LEN];

	colored(s, RED, "  dropped by the kernel%s: %s", ev->flags & EVENT_TX ? " on its way out" : "",
		drop_text(s, ev->drop_reason, text));
}

static void print_icmp(struct sink *s, const struct event *ev)
{
	struct event_reporter reporter = event_reporter_of(ev);
	bool ipv4 = ev->flags & EVENT_IPV4;
	const char *name = icmp_error_name(ipv4, ev->icmp_type, ev->icmp_code);
	char address[TEXT_ADDRESS_LEN];

	if (ev->icmp_type)
		fprintf(text_of(s), " (type %u, code %u)", ev->icmp_type, ev->icmp_code);
	if (name)
		fprintf(text_of(s), ", %s", name);
	text_address(address, reporter.ip, ipv4);
	if (event_has_reporter(ev))
		fprintf(text_of(s), ", from %s", address);
	if (reporter.mtu)
		fprintf(text_of(s), ", MTU %" PRIu32, reporter.mtu);
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
		if (items_are_cut(ev))
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

	print_id(s, facts->ev->time_ns, facts->handshake->id);
	fprintf(text_of(s), "%-15s %6s %5s  " LINES_INDENT, "", "", "");
	colored(s, DIM, "not DTLS, so far");
	print_others(s, "; client > server: ", outgoing ? other.sent : other.received);
	print_others(s, "; server > client: ", outgoing ? other.received : other.sent);
	fputc('\n', text_of(s));
}

/* It comes after the last report of a completed handshake, so it is told at its datagram. */
static void timeline_left(struct sink *s, const struct datagram_facts *facts)
{
	char text[VERDICT_TEXT_LEN];

	if (facts->handshake->left.ns == facts->ev->time_ns && note_write(facts->handshake, NOTE_LEFT_AT_ONCE, text))
		fprintf(text_of(s), "           note: %s\n", text);
}

/* Columns of a flight's number, and of a datagram's length. */
#define FLIGHT_WIDTH 6
#define BYTES_WIDTH 5

/* "client > server      1   205  " */
static void print_columns(struct sink *s, const struct datagram_facts *facts)
{
	const char *way = facts->from == PARTY_CLIENT ? "client > server " : "server > client ";
	char text[4 * TEXT_DIGITS], *end = stpcpy(text, way);
	uint8_t flight = items_flight(facts);

	end = flight ? column_number(end, flight, FLIGHT_WIDTH) : column_pad(end, end, FLIGHT_WIDTH);
	*end++ = ' ';
	if (facts->ev->kind == EVENT_ICMP_ERROR)
		end = column_pad(end, end, BYTES_WIDTH);
	else
		end = column_number(end, facts->ev->length, BYTES_WIDTH);
	fwrite(text, 1, stpcpy(end, "  " LINES_INDENT) - text, text_of(s));
}

void timeline_datagram(struct sink *s, const struct datagram_facts *facts)
{
	const struct handshake *h = facts->handshake;
	const struct event *ev = facts->ev;

	copies_tick(s, ev->time_ns);
	repeats_due(s, ev->time_ns);
	if (!h || (is_repetition(facts) && s->verbosity < 1) || (s->verbosity < 1 && copies_take(s, facts)))
		return;
	copies_flush(s);
	if (facts->begins)
		print_introduction(s, h);
	if (ev->kind == EVENT_OTHER) {
		timeline_other(s, facts);
		return;
	}
	print_id(s, ev->time_ns, h->id);
	print_host(s, ev->host);
	print_columns(s, facts);
	print_event(s, facts);
	fputc('\n', text_of(s));
	if (is_repetition(facts))
		return;
	timeline_hello(s, facts);
	timeline_left(s, facts);
}
