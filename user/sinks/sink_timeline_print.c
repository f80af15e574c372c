// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink_timeline.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "phrases.h"
#include "text.h"
#include "workload.h"

#define NS_PER_SECOND 1000000000ULL
#define NS_PER_US 1000
#define US_PER_SECOND 1000000ULL

void colored(struct sink *s, const char *sgr, const char *format, ...)
{
	va_list args;

	if (s->color)
		fprintf(text_of(s), "\033[%sm", sgr);
	va_start(args, format);
	vfprintf(text_of(s), format, args);
	va_end(args);
	if (s->color)
		fputs("\033[0m", text_of(s));
}

/* Who it is stands in full in the first line of the handshake. */
static const char *short_party(char text[VERDICT_PARTY_LEN], const struct handshake *h, enum party_role role)
{
	const struct party *party = &h->party[role];
	char owner[PHRASE_OWNER_LEN];
	size_t len = strlen(verdict_party(text, h, role));

	if (party->has_owner) {
		len -= strlen(phrase_owner(owner, party->comm, party->pid, party->ns_pid));
		snprintf(text + len, VERDICT_PARTY_LEN - len, " (pid %" PRIu32 ")", party->pid);
	}
	return text;
}

static const char *party_text(const struct sink *s, char text[VERDICT_PARTY_LEN], const struct handshake *h, enum party_role role)
{
	return is_narrow(s) ? short_party(text, h, role) : verdict_party(text, h, role);
}

void print_party(struct sink *s, const struct handshake *h, enum party_role role)
{
	char text[VERDICT_PARTY_LEN], workload[WORKLOAD_PHRASE_LEN];

	fputs(party_text(s, text, h, role), text_of(s));
	if (!is_narrow(s))
		fputs(workload_phrase(workload, s, &h->party[role]), text_of(s));
}

/* Puts `with` for `part`, which is not shorter. */
static void replace(char *text, const char *part, const char *with)
{
	char *at = strstr(text, part);

	if (!at)
		return;
	memcpy(at, with, strlen(with));
	memmove(at + strlen(with), at + strlen(part), strlen(at + strlen(part)) + 1);
}

void print_summary(struct sink *s, const struct handshake *h, const struct verdict *v)
{
	char text[VERDICT_TEXT_LEN], full[VERDICT_PARTY_LEN], brief[VERDICT_PARTY_LEN];

	strcpy(text, v->summary);
	for (int role = 0; is_narrow(s) && role < PARTY_MAX; role++)
		replace(text, verdict_party(full, h, role), short_party(brief, h, role));
	fputs(text, text_of(s));
}

int stamp_width(const struct sink *s)
{
	switch (s->stamp) {
	case STAMP_CLOCK: return sizeof("15:04:05.123456") - 1;
	case STAMP_UTC: return sizeof("2026-11-27T15:04:05.123456Z") - 1;
	default: return sizeof("123.123456") - 1;
	}
}

static void print_clock(struct sink *s, uint64_t ns)
{
	uint64_t wall = sink_wall_ns(s, ns);
	time_t whole = wall / NS_PER_SECOND;
	unsigned us = wall % NS_PER_SECOND / NS_PER_US;
	char text[64];
	struct tm tm;

	if (s->stamp == STAMP_UTC) {
		gmtime_r(&whole, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		fprintf(text_of(s), "%s.%06uZ", text, us);
	} else {
		localtime_r(&whole, &tm);
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
		fprintf(text_of(s), "%s.%06u", text, us);
	}
}

char *column_pad(char *end, const char *before, size_t width)
{
	while (end < before + width)
		*end++ = ' ';
	return end;
}

char *column_number(char *out, uint64_t number, size_t width)
{
	char digits[TEXT_DIGITS], *end = digits + sizeof(digits), *first = text_digits(end, number);

	if (width > (size_t)(end - first))
		out = column_pad(out, out, width - (end - first));
	return mempcpy(out, first, end - first);
}

/* printf() prints longer times, and half a microsecond, which it rounds up or down. The others are as it prints them. */
#define MAX_SECONDS 1000000
#define SECONDS_WIDTH 10

static void print_seconds(struct sink *s, uint64_t ns)
{
	char text[2 * TEXT_DIGITS], *end;
	uint64_t rest = ns % NS_PER_US, us = ns / NS_PER_US + (rest > NS_PER_US / 2);

	if (rest == NS_PER_US / 2 || us >= MAX_SECONDS * US_PER_SECOND) {
		fprintf(text_of(s), "%*.6f", SECONDS_WIDTH, seconds_since(0, ns));
		return;
	}
	end = column_number(text, us / US_PER_SECOND, SECONDS_WIDTH - sizeof(".123456") + 1);
	/* With a digit before them that becomes the point. */
	column_number(end, US_PER_SECOND + us % US_PER_SECOND, 0);
	*end = '.';
	fwrite(text, 1, end + sizeof(".123456") - 1 - text, text_of(s));
}

void print_stamp(struct sink *s, uint64_t ns)
{
	uint64_t from = s->stamp == STAMP_DELTA && s->stamped_ns ? s->stamped_ns : s->info->start_ns;

	if (s->stamp == STAMP_CLOCK || s->stamp == STAMP_UTC)
		print_clock(s, ns);
	else
		print_seconds(s, ns > from ? ns - from : 0);
	s->stamped_ns = ns;
}

void print_time(struct sink *s, uint64_t ns)
{
	if (s->stamp == STAMP_CLOCK || s->stamp == STAMP_UTC)
		print_clock(s, ns);
	else
		fprintf(text_of(s), "%.6f", seconds_since(s->info->start_ns, ns));
}

void print_id(struct sink *s, uint64_t ns, uint64_t id)
{
	char text[2 * TEXT_DIGITS] = " #", *digits = text + strlen(text), *end;

	print_stamp(s, ns);
	end = column_pad(column_number(digits, id, 0), digits, 3);
	fwrite(text, 1, stpcpy(end, " " LINES_INDENT) - text, text_of(s));
}

int host_width(const struct sink *s)
{
	const struct host_column *hosts = &timeline_of(s)->hosts;

	return hosts->num ? hosts->width + 1 : 0;
}

void print_host(struct sink *s, uint16_t host)
{
	if (host_width(s))
		fprintf(text_of(s), "%-*s", host_width(s), host_column_name(&timeline_of(s)->hosts, host));
}

const char *drop_text(const struct sink *s, uint32_t reason, char text[DROP_TEXT_LEN])
{
	const struct trace_info *info = s->info;
	const char *name = NULL;

	if (reason && info->drop_reason_name)
		name = info->drop_reason_name(info->drop_reason_ctx, reason);
	if (!name)
		return strcpy(text, "it gave no reason");
	text_escape(text, DROP_TEXT_LEN, name, strnlen(name, DROP_NAME_LEN));
	return text;
}
