// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink_timeline.h"

#include <stdarg.h>

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

double seconds_since(uint64_t from, uint64_t to)
{
	return to > from ? (double)(to - from) / 1e9 : 0;
}

void print_party(struct sink *s, const struct handshake *h, enum party_role role)
{
	char text[VERDICT_PARTY_LEN];

	fputs(verdict_party(text, h, role), s->out);
}
