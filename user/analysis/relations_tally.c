// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How many handshakes have the same verdict. */
#include "relations.h"

#include "fnv.h"
#include "handshake.h"
#include "milestone.h"

#include "core.h"

/* --- the same verdict again --- */

/* The process of the side that the verdict is about, or of the side on this host. */
static uint32_t pid_of(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];

	if (h->verdict.side == VERDICT_SIDE_SERVER && server->has_owner)
		return server->pid;
	return client->has_owner ? client->pid : server->has_owner ? server->pid : 0;
}

static struct tally *tally_of(struct relations_memory *m, uint32_t pid, uint8_t code)
{
	uint32_t key[] = { pid, code };

	return &m->tallies[fnv_place(key, sizeof(key), NUM_TALLIES)];
}

void relations_tally(struct relations_memory *m, struct handshake *h)
{
	struct relations *r = &h->relations;
	bool fault = h->verdict.code != VERDICT_NONE && h->verdict.severity == SEVERITY_FAULT;
	uint8_t code = fault ? h->verdict.code : 0;
	uint32_t pid = fault ? pid_of(h) : 0;
	struct tally *tally;

	if (r->tallied_code == code && r->tallied_pid == pid)
		return;
	tally = tally_of(m, r->tallied_pid, r->tallied_code);
	if (r->tallied_pid && tally->pid == r->tallied_pid && tally->code == r->tallied_code && tally->num)
		tally->num--;
	r->tallied_code = code;
	r->tallied_pid = pid;
	r->same_verdict = 0;
	if (!pid)
		return;
	tally = tally_of(m, pid, code);
	if (tally->pid != pid || tally->code != code)
		*tally = (struct tally){ .pid = pid, .code = code };
	r->same_verdict = ++tally->num;
}

/* --- the same verdict for many strangers --- */

bool relations_tell_stranger(struct relations_memory *m, struct handshake *h, uint8_t code)
{
	struct { struct event_endpoint server; uint32_t code; } key = { h->party[PARTY_SERVER].address, code };
	struct stranger_tally *tally = &m->strangers[fnv_place(&key, sizeof(key), NUM_STRANGER_TALLIES)];

	if (h->relations.stranger_code != code) {
		if (!endpoint_equals(&tally->server, &key.server) || tally->code != code)
			*tally = (struct stranger_tally){ .server = key.server, .code = code };
		h->relations.stranger_code = code;
		h->relations.strangers = ++tally->num;
	}
	return h->relations.strangers <= STRANGERS_TOLD_EACH || milestone_is(h->relations.strangers);
}
