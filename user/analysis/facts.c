// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "facts.h"

#include "core.h"

/* Also failures before a flight that was sent whole, which errors_has_pending() leaves out. */
static bool may_have_errors(const struct party *party)
{
	return party->failures.pending || party->icmp.port.pending || party->icmp.path.pending;
}

static bool is_repeated(const struct handshake *h, const struct party *party)
{
	return h->flights[party->flight].copies > 1;
}

static bool has_library_error(const struct party *party)
{
	const struct application *app = application_at(&party->application);

	return app && app->num_errors;
}

uint32_t facts_of(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	const struct relations *r = &h->relations;
	uint32_t facts = 0;

	if (h->num_drops || may_have_errors(client) || may_have_errors(server))
		facts |= FACT_ERRORS;
	if (is_repeated(h, client) || is_repeated(h, server) || h->repeats.num > 1 || h->cookies.asked > 1)
		facts |= FACT_REPEATS;
	if (r->strays || r->both_ways_ns || r->established_ns || r->echo.num)
		facts |= FACT_RELATIONS;
	/* No source has both captured datagrams and sockets, but whoever mixes them is judged alike. */
	if (!h->captured || client->local || server->local)
		facts |= FACT_SOCKETS;
	if (has_library_error(client) || has_library_error(server))
		facts |= FACT_LIBRARY;
	return facts;
}
