// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink_timeline.h"

#include <stdarg.h>
#include <time.h>

#define NS_PER_SECOND 1000000000ULL
#define NS_PER_US 1000

void colored(struct sink *s, const char *sgr, const char *format, ...)
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

void print_party(struct sink *s, const struct handshake *h, enum party_role role)
{
	char text[VERDICT_PARTY_LEN];

	fputs(verdict_party(text, h, role), s->out);
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
		fprintf(s->out, "%s.%06uZ", text, us);
	} else {
		localtime_r(&whole, &tm);
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
		fprintf(s->out, "%s.%06u", text, us);
	}
}

void print_stamp(struct sink *s, uint64_t ns)
{
	uint64_t from = s->stamp == STAMP_DELTA && s->stamped_ns ? s->stamped_ns : s->info->start_ns;

	if (s->stamp == STAMP_CLOCK || s->stamp == STAMP_UTC)
		print_clock(s, ns);
	else
		fprintf(s->out, "%10.6f", seconds_since(from, ns));
	s->stamped_ns = ns;
}
