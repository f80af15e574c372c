// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hosts.h"

#include <stdio.h>

#include "fate.h"

#include "core.h"

uint16_t hosts_of(const struct handshake *h, enum party_role role)
{
	if (role == PARTY_SERVER && !h->party[role].local)
		return h->relations.server_host;
	return h->party[role].host;
}

bool hosts_are_known(const struct handshake *h)
{
	return h->party[PARTY_CLIENT].host || h->party[PARTY_SERVER].host;
}

bool hosts_are_apart(const struct handshake *h)
{
	uint16_t client = hosts_of(h, PARTY_CLIENT), server = hosts_of(h, PARTY_SERVER);

	return client && server && client != server;
}

/* What is known of the host of this side; NULL: nothing. */
static const struct analysis_host *host_of(const struct handshake *h, enum party_role role)
{
	uint16_t host = hosts_of(h, role);

	return host && host <= h->num_hosts ? &h->hosts[host - 1] : NULL;
}

const char *hosts_name(const struct handshake *h, enum party_role role)
{
	const struct analysis_host *host = host_of(h, role);

	if (!hosts_of(h, role))
		return "this host";
	return host ? host->name : "another host";
}

const char *hosts_kernel(char out[HOSTS_KERNEL_LEN], const struct handshake *h, enum party_role role)
{
	if (hosts_of(h, role))
		snprintf(out, HOSTS_KERNEL_LEN, "the kernel of %s", hosts_name(h, role));
	else
		snprintf(out, HOSTS_KERNEL_LEN, "this host's kernel");
	return out;
}

void hosts_note_begin(struct handshake *h, enum party_role role, const struct event *ev, uint64_t now)
{
	const struct analysis_host *host = host_of(h, role);
	uint64_t before_ns;

	if (!host || h->missing & MISSING_HOST)
		return;
	before_ns = host->error_ns;
	/* If the server's host showed it first, its client has sent something before that: no path takes longer. */
	if (role == PARTY_CLIENT && h->party[PARTY_SERVER].local)
		before_ns += CROSSINGS_LEAST_WAIT_NS;
	/* However the clocks differ, it has seen the first datagram. */
	if (role == PARTY_SERVER && crossings_is_first(h, PARTY_CLIENT, ev))
		return;
	if (before_ns <= h->started_ns && host->start_ns <= h->started_ns - before_ns)
		return;
	h->missing |= MISSING_HOST;
	fate_lost(h, 1, now);
}

uint64_t hosts_until(const struct handshake *h, uint64_t now)
{
	for (int role = 0; role < PARTY_MAX; role++) {
		const struct analysis_host *host = host_of(h, role);

		if (host && host->end_ns < now)
			now = host->end_ns;
	}
	return now;
}

bool hosts_are_over(const struct handshake *h, uint64_t now)
{
	return hosts_are_known(h) && hosts_until(h, now) < now;
}

uint64_t hosts_error_ns(const struct handshake *h)
{
	uint64_t error = 0;

	for (int role = 0; role < PARTY_MAX; role++) {
		const struct analysis_host *host = host_of(h, role);

		if (host && error < UINT64_MAX - host->error_ns)
			error += host->error_ns;
		else if (host)
			return UINT64_MAX;
	}
	return error;
}
