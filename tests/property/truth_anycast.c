// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What can be told of two servers behind one address: see PEER_SECOND_SERVER. */
#include "truth_inside.h"

/* Was this datagram, or another of its copy, with the ServerHello seen by then? */
static bool has_second_hello(const struct world *w, uint32_t copy, enum log_kind seen, uint64_t until)
{
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= until; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind == seen && dg->second_server && dg->second_hello && dg->earlier_copy == copy)
			return true;
	}
	return false;
}

/*
 * Another server at that address has answered, too, and whose a datagram is only a ServerHello tells. So nobody can see it if
 * that came before the client had answered either, if parts of a copy came without it, or parts of the copies of the server
 * that the client goes on with; nor, where this is seen to send, if parts have the record numbers that it has used, too.
 */
bool truth_is_second_server(const struct world *w, const struct said *said, bool tap)
{
	enum log_kind seen = tap ? LOG_TAPPED : LOG_QUEUED;
	bool answered = false, any = false;

	if (said->confidence != CONFIDENCE_LIKELY)
		return false;
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= said->time; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind == (tap ? LOG_TAPPED : LOG_SENT) && dg->from == PARTY_CLIENT && dg->num_fragments &&
		    w->script->flights[dg->fragments[0].flight].number >= 5)
			answered = true;
		if (w->log[i].kind != seen || dg->from != PARTY_SERVER)
			continue;
		any |= dg->second_server;
		if (dg->second_server && (!answered || !has_second_hello(w, dg->earlier_copy, seen, said->time) ||
					  (said->here[PARTY_SERVER] && !dg->second_hello)))
			return true;
		if (any && dg->num_fragments && w->script->flights[dg->fragments[0].flight].number == 4 &&
		    (dg->fragments[0].message || dg->fragments[0].off))
			return true;
	}
	return false;
}
