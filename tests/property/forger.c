// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How a forged datagram arrives, and what an endpoint does that reads it. */
#include <errno.h>

#include "dtls_wire.h"
#include "sim.h"

/* What of it a real stack may take for its peer's word. */
enum effect {
	DISCARDED,	/* it does not pass the checks of any (RFC 6347 s4.1.2.7) */
	ABORTS,		/* in plaintext: the handshake is over */
	REFUSED,	/* not the message that it expects next: it sends an alert itself */
};

static const struct {
	const char *name;
	enum party_role side;	/* PARTY_MAX: any */
	enum effect effect;
	struct forgery_icmp icmp;
} kinds[FORGERY_MAX] = {
	[FORGERY_ALERT_FAILURE] = { "alert-handshake-failure", PARTY_MAX, ABORTS, { 0 } },
	[FORGERY_ALERT_CLOSE_NOTIFY] = { "alert-close-notify", PARTY_MAX, ABORTS, { 0 } },
	[FORGERY_ALERT_USER_CANCELED] = { "alert-user-canceled", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_ALERT_UNEXPECTED] = { "alert-unexpected-message", PARTY_MAX, ABORTS, { 0 } },
	[FORGERY_ALERT_WARNING] = { "alert-warning", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_ALERT_FATAL_CLOSE] = { "alert-fatal-close-notify", PARTY_MAX, ABORTS, { 0 } },
	[FORGERY_FINISHED_61] = { "finished-61-bytes", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_FINISHED_OTHER_LENGTH] = { "finished-other-length", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_FINISHED_LATER] = { "finished-later-number", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_ENCRYPTED_ALERT] = { "encrypted-alert", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_DATA] = { "data-epoch-1", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_DATA_PLAIN] = { "data-epoch-0", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_CCS] = { "change-cipher-spec", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_CCS_FINISHED] = { "change-cipher-spec-finished", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_CLIENT_HELLO] = { "client-hello", PARTY_CLIENT, DISCARDED, { 0 } },
	[FORGERY_CLIENT_HELLO_COOKIE] = { "client-hello-cookie", PARTY_CLIENT, DISCARDED, { 0 } },
	[FORGERY_CLIENT_HELLO_OF_SERVER] = { "client-hello-of-server", PARTY_SERVER, REFUSED, { 0 } },
	[FORGERY_HELLO_VERIFY] = { "hello-verify-request", PARTY_SERVER, DISCARDED, { 0 } },
	[FORGERY_HELLO_RETRY] = { "hello-retry-request", PARTY_SERVER, DISCARDED, { 0 } },
	[FORGERY_SERVER_HELLO] = { "server-hello", PARTY_SERVER, REFUSED, { 0 } },
	[FORGERY_SERVER_HELLO_SEQ] = { "server-hello-wrong-seq", PARTY_SERVER, DISCARDED, { 0 } },
	[FORGERY_SERVER_HELLO_13] = { "server-hello-1.3", PARTY_SERVER, REFUSED, { 0 } },
	[FORGERY_CERTIFICATE] = { "certificate", PARTY_MAX, REFUSED, { 0 } },
	[FORGERY_SERVER_HELLO_DONE] = { "server-hello-done", PARTY_SERVER, REFUSED, { 0 } },
	[FORGERY_CLIENT_KEY_EXCHANGE] = { "client-key-exchange", PARTY_CLIENT, REFUSED, { 0 } },
	[FORGERY_CERTIFICATE_VERIFY] = { "certificate-verify", PARTY_CLIENT, REFUSED, { 0 } },
	[FORGERY_TICKET] = { "new-session-ticket", PARTY_SERVER, REFUSED, { 0 } },
	[FORGERY_HELLO_REQUEST] = { "hello-request", PARTY_SERVER, DISCARDED, { 0 } },
	[FORGERY_FLIGHT_4] = { "flight-4", PARTY_SERVER, REFUSED, { 0 } },
	[FORGERY_FLIGHT_5] = { "flight-5", PARTY_CLIENT, REFUSED, { 0 } },
	[FORGERY_HIGHEST_PLAIN] = { "highest-number-epoch-0", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_HIGHEST_MESSAGE] = { "highest-number-message", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_HIGHEST_ENCRYPTED] = { "highest-number-epoch-1", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_EPOCH] = { "epoch-2-and-more", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_UNIFIED_2_SHORT] = { "unified-epoch-2-short", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_UNIFIED_2_LONG] = { "unified-epoch-2-long", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_UNIFIED_3_SHORT] = { "unified-epoch-3-short", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_UNIFIED_3_LONG] = { "unified-epoch-3-long", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_ACK] = { "ack-plaintext", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_CID] = { "connection-id", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_OVERLAP] = { "fragment-overlap", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_OTHER_LENGTH] = { "fragment-other-length", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_HUGE_SEQ] = { "message-seq-65535", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_VERSION] = { "alert-wrong-version", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_EMPTY] = { "empty-record", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_TRUNCATED] = { "truncated-record", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_HEARTBEAT] = { "heartbeat", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_ALERT_AND_FINISHED] = { "alert-and-finished", PARTY_MAX, ABORTS, { 0 } },
	[FORGERY_HELLO_AND_ALERT] = { "client-hello-and-alert", PARTY_CLIENT, DISCARDED, { 0 } },
	[FORGERY_REPLAY] = { "replay", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_COPIES] = { "copies-before-last", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_EARLIER_COPIES] = { "copies-earlier", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_FINISHED_AND_DATA] = { "finished-and-data", PARTY_MAX, DISCARDED, { 0 } },
	[FORGERY_ICMP_PORT] = { "icmp-port-unreachable", PARTY_MAX, ABORTS, { 3, 3, ECONNREFUSED } },
	[FORGERY_ICMP_HOST] = { "icmp-host-unreachable", PARTY_MAX, ABORTS, { 3, 1, EHOSTUNREACH } },
	[FORGERY_ICMP_ADMIN] = { "icmp-prohibited", PARTY_MAX, DISCARDED, { 3, 13, EHOSTUNREACH } },
	[FORGERY_ICMP_TOO_BIG] = { "icmp-too-big", PARTY_MAX, DISCARDED, { 3, 4, EMSGSIZE } },
};

const char *forgery_name(enum forgery_kind kind)
{
	return kinds[kind].name;
}

enum party_role forgery_side(enum forgery_kind kind)
{
	return kinds[kind].side;
}

bool forgery_is_icmp(enum forgery_kind kind, struct forgery_icmp *out)
{
	*out = kinds[kind].icmp;
	return out->type;
}

/* A datagram that this side has sent before; SIM_MAX_DATAGRAMS: none. */
static uint32_t some_datagram(const struct world *w, enum party_role from, struct rng *rng)
{
	uint32_t found = SIM_MAX_DATAGRAMS, num = 0;

	for (uint32_t i = 0; i < w->num_datagrams; i++)
		if (w->datagrams[i].from == from && !w->datagrams[i].forged && !rng_below(rng, ++num))
			found = i;
	return found;
}

/* Its index; SIM_MAX_DATAGRAMS: there is none. */
static uint32_t forge(struct world *w, uint32_t index)
{
	const struct forgery *f = w->forgery;
	struct rng rng = f->rng;
	struct sim_datagram *dg;

	if (f->kind == FORGERY_REPLAY)
		return some_datagram(w, f->from, &rng);
	dg = sim_datagram_new(w, f->from);
	if (!dg)
		return SIM_MAX_DATAGRAMS;
	dg->forged = true;
	forgery_write(w, f, index, dg);
	return w->num_datagrams++;
}

void forgery_arrive(struct world *w, uint32_t index)
{
	const struct forgery *f = w->forgery;
	enum party_role at = party_peer(f->from);
	struct endpoint *ep = &w->ep[at];
	struct forgery_icmp icmp;
	uint32_t datagram;

	if (forgery_is_icmp(f->kind, &icmp)) {
		if (ep->dead || ep->closed || !ep->copies)
			return;
		net_icmp(w, at, icmp.type, icmp.code);
		if (!ep->deaf)
			forgery_receive(ep);
		return;
	}
	datagram = forge(w, index);
	if (datagram == SIM_MAX_DATAGRAMS)
		return;
	sim_log(w, LOG_TAPPED, f->from, datagram);
	if (ep->dead || ep->closed || ep->num_arrived == SIM_MAX_DATAGRAMS)
		return;
	ep->queue[ep->num_arrived++] = datagram;
	sim_log(w, LOG_QUEUED, at, datagram);
	w->log[w->num_log - 1].number = ep->num_arrived;
	if (ep->deaf)
		return;
	/* Behind what is in the queue, and hardly in the way of what comes after it. */
	if (ep->last_read_ns < w->now)
		ep->last_read_ns = w->now;
	ep->last_read_ns += 2000;
	sim_ask(w, ep->last_read_ns, ACTION_READ, at, 0, 0);
}

/* Has it no keys yet with which to tell its peer from others? */
static bool takes_plaintext(const struct endpoint *ep)
{
	const struct script *s = ep->w->script;

	if (ep->completed || (ep->role == PARTY_SERVER && ep->got < 0))
		return false;
	if (s->dtls13 && ep->role == PARTY_CLIENT && ep->in[0].done)
		return false;
	for (int i = 0; i <= ep->got; i++)
		for (int j = 0; s->flights[i].from != ep->role && j < s->flights[i].num; j++)
			if (s->flights[i].messages[j].epoch)
				return false;
	return true;
}

void forgery_receive(struct endpoint *ep)
{
	const struct forgery *f = ep->w->forgery;
	struct rng rng = { f->rng.state + 1 };

	if (!f->acts || kinds[f->kind].effect == DISCARDED || !takes_plaintext(ep))
		return;
	ep->w->acted_ns = ep->w->now;
	if (kinds[f->kind].effect == REFUSED)
		sender_alert(ep);
	endpoint_abort(ep, rng_chance(&rng, 50));
}
