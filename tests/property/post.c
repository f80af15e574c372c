// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What DTLS 1.3 sends after the handshake, each on a timer until it is acknowledged (RFC 9147 s5.8.4, s7, s8). */
#include "dtls_wire.h"
#include "sim.h"

#define OVERHEAD (DTLS_MESSAGE_HEADER_LEN + 1 + 16)
#define TICKET_LEN (202 + OVERHEAD)
#define KEY_UPDATE_LEN (1 + OVERHEAD)
#define ACK_LEN (2 + 16 + 1 + 16)
#define MAX_COPIES 5

static struct sim_datagram *new_datagram(struct endpoint *ep)
{
	struct sim_datagram *dg = sim_datagram_new(ep->w, ep->role);

	/* Nothing of it can be told from application data. */
	if (dg)
		dg->data = true;
	return dg;
}

static void ask(struct endpoint *ep, uint64_t time, uint32_t message)
{
	sim_ask(ep->w, time, ACTION_POST, ep->role, message, 0);
}

static void ask_key_update(struct endpoint *ep, uint32_t message)
{
	if (ep->w->sc->key_update && message < POST_MAX)
		ask(ep, ep->w->now + rng_magnitude(&ep->w->rng, 20000, 10 * SECOND), message);
}

/* Message 0 is the server's NewSessionTicket, right behind its ACK; the others are KeyUpdates. */
void post_begin(struct endpoint *ep)
{
	if (!ep->w->sc->dtls13)
		return;
	if (ep->role == PARTY_SERVER && ep->w->sc->ticket)
		ask(ep, ep->w->now, 0);
	ask_key_update(ep, 1);
}

void post_send(struct endpoint *ep, uint32_t message)
{
	struct post *post = &ep->post[message];
	struct sim_datagram *dg;

	if (post->acked || post->copies == MAX_COPIES || !(dg = new_datagram(ep)))
		return;
	dg->post = 1 + message;
	sender_record(ep, dg, DTLS_CT_HANDSHAKE, ep->epoch, message ? KEY_UPDATE_LEN : TICKET_LEN);
	net_send(ep->w, dg);
	ask(ep, ep->w->now + (ep->stack->first_ns << post->copies++), message);
}

void post_receive(struct endpoint *ep, const struct sim_datagram *dg)
{
	struct sim_datagram *ack;

	if (dg->post && (ack = new_datagram(ep))) {
		ack->post_ack = dg->post;
		sender_record(ep, ack, DTLS_CT_ACK, ep->epoch, ACK_LEN);
		net_send(ep->w, ack);
	}
	if (!dg->post_ack || ep->post[dg->post_ack - 1].acked)
		return;
	ep->post[dg->post_ack - 1].acked = true;
	if (dg->post_ack == 1)
		return;
	/* s8: new keys, and another KeyUpdate, not before it is known that the peer has got this one. */
	ep->epoch++;
	ask_key_update(ep, dg->post_ack);
}
