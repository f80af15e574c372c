// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is said of the datagrams on their way between two hosts. */
#include "crossings.h"

#include <stdio.h>

#include "analysis.h"
#include "handshake.h"
#include "hosts.h"
#include "phrases.h"

#include "core.h"

const char *crossings_lengths(char out[CROSSINGS_TEXT_LEN], const struct handshake *h, enum party_role from, uint8_t flight, uint64_t now)
{
	uint32_t length = UINT32_MAX;
	int len = 0;

	*out = 0;
	while ((length = crossings_lost_length(h, from, flight, now, length)) && len < CROSSINGS_TEXT_LEN - 30)
		len += snprintf(out + len, CROSSINGS_TEXT_LEN - len, "%s%u", len ? ", " : "", length);
	snprintf(out + len, CROSSINGS_TEXT_LEN - len, "%s bytes", length ? ", ..." : "");
	return out;
}

static double milliseconds(uint64_t ns)
{
	return (double)ns / MILLISECOND;
}

/* "10.2 to 35.0 ms from alpha to beta" */
static int phrase_delay(char *out, size_t size, const struct handshake *h, enum party_role from)
{
	const struct crossings *c = &h->party[from].crossings;

	return snprintf(out, size, "%.1f to %.1f ms from %.63s to %.63s", milliseconds(c->delay_min_ns), milliseconds(c->delay_max_ns),
			hosts_name(h, from), hosts_name(h, party_peer(from)));
}

bool crossings_note_delay(const struct handshake *h, char *text)
{
	char delays[VERDICT_TEXT_LEN] = "";
	uint64_t error = hosts_error_ns(h);
	int len = 0;

	if (!hosts_are_apart(h) || error == UINT64_MAX ||
	    (h->party[PARTY_CLIENT].crossings.delay_max_ns < MILLISECOND && h->party[PARTY_SERVER].crossings.delay_max_ns < MILLISECOND))
		return false;
	for (int from = 0; from < PARTY_MAX && len < (int)sizeof(delays) - 2; from++)
		if (h->party[from].crossings.has_delay) {
			len += snprintf(delays + len, sizeof(delays) - len, len ? ", " : "");
			len += phrase_delay(delays + len, sizeof(delays) - len, h, from);
		}
	if (!len)
		return false;
	phrase_say(text, "datagrams took %.190s; the clocks agree within %.1f ms", delays, milliseconds(error));
	return true;
}
