// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hosts.h"

#include <stdio.h>

#include "handshake.h"

#include "core.h"

uint16_t hosts_of(const struct handshake *h, enum party_role role)
{
	if (role == PARTY_SERVER && !h->party[role].host)
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

const struct analysis_host *hosts_get(const struct handshake *h, enum party_role role)
{
	uint16_t host = hosts_of(h, role);

	return host && host <= h->num_hosts ? &h->hosts[host - 1] : NULL;
}

const char *hosts_name(const struct handshake *h, enum party_role role)
{
	const struct analysis_host *host = hosts_get(h, role);

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

uint64_t hosts_until(const struct handshake *h, uint64_t now)
{
	for (int role = 0; role < PARTY_MAX; role++) {
		const struct analysis_host *host = hosts_get(h, role);

		if (host && host->end_ns < now)
			now = host->end_ns;
	}
	return now;
}

bool hosts_are_over(const struct handshake *h, uint64_t now)
{
	return hosts_are_known(h) && hosts_until(h, now) < now;
}

uint64_t hosts_longest_ns(const struct handshake *h)
{
	uint64_t longest = 0;

	for (int role = 0; role < PARTY_MAX; role++) {
		const struct analysis_host *host = hosts_get(h, role);

		if (host && host->longest_ns > longest)
			longest = host->longest_ns;
	}
	return longest;
}

uint64_t hosts_error_ns(const struct handshake *h)
{
	uint64_t error = 0;

	for (int role = 0; role < PARTY_MAX; role++) {
		const struct analysis_host *host = hosts_get(h, role);

		if (host && error < UINT64_MAX - host->error_ns)
			error += host->error_ns;
		else if (host)
			return UINT64_MAX;
	}
	return error;
}
