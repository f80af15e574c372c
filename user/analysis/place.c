// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "place.h"

#include <string.h>

#include "attribute.h"
#include "crossings.h"
#include "diverted.h"
#include "fate.h"
#include "hosts.h"
#include "table.h"
#include "unsent.h"

#include "core.h"

enum party_role place_role(const struct handshake *h, const struct event *ev)
{
	enum party_role from = attribute_sender(h, ev);

	return event_is_outgoing(ev) ? from : party_peer(from);
}

bool place_goes_on_elsewhere(const struct handshake *h, const struct event *ev)
{
	const struct party *server = &h->party[PARTY_SERVER];

	return server->closed_ns && server->socket != ev->socket && ev->kind == EVENT_SENT && event_has_message(ev) &&
	       place_role(h, ev) == PARTY_SERVER;
}

/*
 * A socket of this side is traced from now on, as `ev` shows: if that host's trace began later than the handshake, or may have,
 * it lacks its beginning.
 */
static void note_begin(struct handshake *h, enum party_role role, const struct event *ev, uint64_t now)
{
	const struct analysis_host *host = hosts_get(h, role);
	uint64_t before_ns;

	/* Of the host that shows the handshake first, see late.h. */
	if (!host || h->missing & MISSING_HOST || !h->party[party_peer(role)].local)
		return;
	before_ns = host->error_ns;
	/* Nothing of it was seen: what did not arrive there may have come, and been answered, before its trace began. */
	if (role == PARTY_SERVER && !h->party[PARTY_SERVER].view[POINT_ARRIVED].any) {
		h->server_began_late = host->error_ns > h->started_ns || host->start_ns > h->started_ns - host->error_ns;
		if (h->server_began_late)
			crossings_forget(h, PARTY_CLIENT, ev);
		return;
	}
	/* The server's host showed it first, and its client has sent something before that: no path takes longer. */
	if (role == PARTY_CLIENT)
		before_ns += CROSSINGS_LEAST_WAIT_NS;
	if (before_ns <= h->started_ns && host->start_ns <= h->started_ns - before_ns)
		return;
	h->missing |= MISSING_HOST;
	fate_lost(h, 1, now);
}

void place_note_owner(struct analysis *a, struct handshake *h, const struct event *ev, enum party_role role)
{
	struct party *party = &h->party[role];

	if (!ev->socket && (ev->kind == EVENT_DROPPED || ev->kind == EVENT_ICMP_ERROR))
		return;
	/* Another socket has its address since: see follow_address(). */
	if (party->closed_ns && party->socket != ev->socket) {
		if (!place_goes_on_elsewhere(h, ev))
			return;
		party->closed_ns = 0;
	}
	if (party->socket != ev->socket)
		fate_forget(party);
	party->host = ev->host;
	if (!party->local) {
		party->local = true;
		note_begin(h, role, ev, a->now);
		if (role == PARTY_SERVER && !event_is_outgoing(ev))
			unsent_take_back(h);
	}
	party->socket = ev->socket;
	table_note_sockets(a->table, h);
	if (ev->netns)
		party->netns = ev->netns;
	/* The process that sent its latest flight takes part, not the one that receives the answer at another socket. */
	if (!(ev->flags & EVENT_OWNER) || (!event_is_outgoing(ev) && diverted_is_other(party, ev->socket)))
		return;
	party->has_owner = true;
	party->pid = ev->pid;
	party->tid = ev->tid;
	party->ns_pid = ev->ns_pid;
	party->uid = ev->uid;
	party->cgroup_id = ev->cgroup_id;
	memcpy(party->comm, ev->comm, EVENT_COMM_LEN);
}

/* A capture shows no sockets, only whether datagrams of both sides are in it. */
static void note_capture(struct handshake *h, const struct event *ev)
{
	enum party_role from = attribute_sender(h, ev);
	struct party *peer = &h->party[party_peer(from)];

	h->captured = true;
	h->party[from].uncaptured = false;
	peer->uncaptured = !(ev->flags & EVENT_BOTH_WAYS) && !peer->last_sent_ns;
}

void place_note(struct analysis *a, struct handshake *h, const struct event *ev)
{
	if (ev->kind == EVENT_CAPTURED)
		note_capture(h, ev);
	else
		place_note_owner(a, h, ev, place_role(h, ev));
}
