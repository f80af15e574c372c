// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From messages to datagrams: fragments, records, and how a stack lays them out. */
#include <string.h>

#include "sim.h"

#define MESSAGE_HEADER DTLS_MESSAGE_HEADER_LEN
/* Of no use is a fragment shorter than this; a stack begins another datagram. */
#define MIN_FRAGMENT 16
#define MAX_FRAGMENTS 14	/* in one datagram; the walker takes 16 records */
#define DATA_LEN 64
/* Between two sends of a flight: a system call each. */
#define SENDER_SPACING 20000
#define SEALED_LEN(len) ((len) + 1 + 16)	/* of a record of DTLS 1.3: content type and tag */

struct packer {
	struct endpoint *ep;
	struct sim_datagram *dg;	/* NULL: none begun */
	uint32_t copy, mtu;
	int record;		/* where the open plaintext record begins, -1: none */
};

static void put(struct sim_datagram *dg, uint64_t value, uint32_t width)
{
	while (width--)
		dg->bytes[dg->len++] = value >> 8 * width & 0xff;
}

static void put_zeros(struct sim_datagram *dg, uint32_t len)
{
	memset(dg->bytes + dg->len, 0, len);
	dg->len += len;
}

static bool is_encrypted_cid(const struct endpoint *ep, uint32_t epoch)
{
	return epoch && ep->w->script->cid[ep->role];
}

/* Bytes of a record header; what encryption adds is in the messages' lengths. */
static uint32_t header_len(const struct endpoint *ep, uint32_t epoch)
{
	if (epoch && ep->w->script->dtls13)
		return 5 + (is_encrypted_cid(ep, epoch) ? SCRIPT_CID_LEN : 0);
	return DTLS_RECORD_HEADER_LEN + (is_encrypted_cid(ep, epoch) ? SCRIPT_CID_LEN : 0);
}

/* RFC 9147 s4 figure 3: flags, CID, 16 bits of the (encrypted) sequence number, length. */
static void put_unified(struct endpoint *ep, struct sim_datagram *dg, uint32_t epoch, uint32_t len)
{
	bool cid = is_encrypted_cid(ep, epoch);

	put(dg, DTLS_UNIFIED_BITS | DTLS_UNIFIED_SEQUENCE_16 | DTLS_UNIFIED_LENGTH |
	    (cid ? DTLS_UNIFIED_CID : 0) | (epoch & DTLS_UNIFIED_EPOCH_MASK), 1);
	if (cid)
		put(dg, 0xc1dc1dc1dc1d, SCRIPT_CID_LEN);
	put(dg, rng_u64(&ep->w->rng) & 0xffff, 2);
	ep->record_number[epoch]++;
	put(dg, len, 2);
}

/* The header of a record (s4.1, RFC 9146 s3) with `len` bytes to follow. */
static void put_record(struct endpoint *ep, struct sim_datagram *dg, uint8_t content, uint32_t epoch,
		       uint32_t len)
{
	bool cid = is_encrypted_cid(ep, epoch);

	if (epoch && ep->w->script->dtls13) {
		put_unified(ep, dg, epoch, len);
		return;
	}
	put(dg, cid ? DTLS_CT_CID : content, 1);
	put(dg, ep->w->script->version, 2);
	put(dg, epoch, 2);
	put(dg, ep->record_number[epoch]++, 6);
	if (cid)
		put(dg, 0xc1dc1dc1dc1d, SCRIPT_CID_LEN);
	put(dg, len, 2);
}

/* --- datagrams --- */

static void flush(struct packer *p)
{
	if (!p->dg)
		return;
	net_send(p->ep->w, p->dg);
	/* A system call each. */
	p->ep->w->now += SENDER_SPACING;
	p->dg = NULL;
	p->record = -1;
}

/* A datagram with `need` bytes to spare; false if there are too many datagrams. */
static bool make_room(struct packer *p, uint32_t need)
{
	if (p->dg && (p->dg->len + need > p->mtu || p->dg->num_fragments >= MAX_FRAGMENTS))
		flush(p);
	if (!p->dg) {
		p->dg = sim_datagram_new(p->ep->w, p->ep->role);
		p->record = -1;
		if (p->dg) {
			p->dg->copy = p->copy;
			p->dg->second_server = p->ep == &p->ep->w->second_server;
		}
	}
	return p->dg;
}

static void note_fragment(struct packer *p, int flight, uint32_t message, uint32_t off, uint32_t len)
{
	p->dg->fragments[p->dg->num_fragments++] = (struct sim_fragment){
		.flight = flight, .message = message, .off = off, .len = len,
	};
}

/* The fragment's header and bytes, in a record of its own or in the open one. */
static void put_fragment(struct packer *p, const struct script_message *m, uint32_t off, uint32_t len)
{
	const struct script *script = attempt_script(p->ep->w, p->ep->attempt);
	struct sim_datagram *dg = p->dg;
	uint32_t body = MESSAGE_HEADER + len;

	if (m->type == DTLS_MT_CLIENT_HELLO)
		dg->hello_number = p->ep->record_number[0];
	if (p->ep->stack->packs && p->record >= 0) {
		uint8_t *at = dg->bytes + p->record + DTLS_RECORD_LENGTH_OFF;

		body += at[0] << 8 | at[1];
		at[0] = body >> 8;
		at[1] = body & 0xff;
	} else {
		p->record = dg->len;
		put_record(p->ep, dg, DTLS_CT_HANDSHAKE, 0, body);
	}
	put(dg, m->type, 1);
	put(dg, m->len, 3);
	put(dg, m->seq, 2);
	put(dg, off, 3);
	put(dg, len, 3);
	if (m->hello >= 0)
		memcpy(dg->bytes + dg->len, script->hello[m->hello].bytes + off, len);
	else
		memset(dg->bytes + dg->len, 0, len);
	dg->len += len;
}

/* How many bytes from here on has the peer acknowledged? */
static uint32_t acked_from(const struct endpoint *ep, int flight, uint32_t message, uint32_t off)
{
	const struct acked *a = &ep->acked[message];

	for (uint32_t i = 0; flight == ep->sent && i < a->num; i++)
		if (off >= a->ranges[i].off && off < a->ranges[i].off + a->ranges[i].len)
			return a->ranges[i].off + a->ranges[i].len - off;
	return 0;
}

/* A whole message, or what of it the peer has not acknowledged, in as many fragments as it takes. */
static void put_message(struct packer *p, int flight, uint32_t index)
{
	const struct script_message *m = &p->ep->w->script->flights[flight].messages[index];
	bool plain = !m->epoch && m->content == DTLS_CT_HANDSHAKE;
	/* DTLS 1.3: content type and tag, too (RFC 9147 s4, RFC 8446 s5.2). */
	uint32_t sealed = m->epoch && p->ep->w->script->dtls13 ? MESSAGE_HEADER + SEALED_LEN(0) : 0;
	uint32_t head = header_len(p->ep, m->epoch) + (plain ? MESSAGE_HEADER : sealed);
	uint32_t off = 0, len;

	do {
		uint32_t acked = acked_from(p->ep, flight, index, off), least;

		off += acked;
		if (acked)
			continue;
		least = m->len - off < MIN_FRAGMENT ? m->len - off : MIN_FRAGMENT;

		/* What is encrypted to an end, like Finished, is not split if it fits as a whole. */
		if (!plain && m->len <= 100)
			least = m->len;
		if (p->ep->stack->one_record)
			flush(p);
		if (!make_room(p, head + least))
			return;
		len = m->len - off;
		if (p->dg->len + head + len > p->mtu)
			len = p->mtu - p->dg->len - head;
		if (plain) {
			put_fragment(p, m, off, len);
		} else {
			put_record(p->ep, p->dg, m->content, m->epoch, len + sealed);
			put_zeros(p->dg, len + sealed);
			p->record = -1;
		}
		note_fragment(p, flight, index, off, len);
		off += len;
	} while (off < m->len);
}

/* s4.2.1: an answer to a ClientHello may have its record number. */
static void choose_number(struct endpoint *ep, int flight)
{
	const struct script_flight *f = &ep->w->script->flights[flight];
	uint32_t last = ep->num_read ? ep->queue[ep->num_read - 1] : 0;

	if (f->stateless && ep->stack->answers_sequence)
		ep->record_number[0] = ep->w->datagrams[last].hello_number;
	else if (f->stateless)
		ep->record_number[0] = 0;
}

/* RFC 9147 s7: a list of record numbers, 16 bytes each, which the network's reader cannot see. */
static void put_ack(struct endpoint *ep, struct sim_datagram *dg, uint32_t epoch)
{
	uint32_t num = ep->num_received ? ep->num_received : 1, len = 2 + 16 * num + (epoch ? SEALED_LEN(0) : 0);

	memcpy(dg->acked, ep->received, ep->num_received * sizeof(dg->acked[0]));
	dg->num_acked = ep->num_received;
	sender_record(ep, dg, DTLS_CT_ACK, epoch, len);
}

/* What of the peer's flight came so far. */
void sender_ack(struct endpoint *ep)
{
	const struct script_flight *f = &ep->w->script->flights[ep->sent + 1];
	struct sim_datagram *dg;
	uint32_t epoch = f->number < 4 || (f->number == 4 && !ep->in[0].done) ? 0 : 2;

	if (epoch && ep->num_received && peer_is(ep->w->sc, ep->role, PEER_SHORT_RECORDS))
		sender_empty_ack(ep);
	if (!ep->num_received || !(dg = sim_datagram_new(ep->w, ep->role)))
		return;
	put_ack(ep, dg, epoch);
	net_send(ep->w, dg);
}

/* The flight that says that all came. */
static void send_last_ack(struct endpoint *ep, int flight, uint32_t copy)
{
	struct sim_datagram *dg = sim_datagram_new(ep->w, ep->role);

	if (!dg)
		return;
	dg->copy = copy;
	dg->num_fragments = 1;
	dg->fragments[0] = (struct sim_fragment){ .flight = flight };
	put_ack(ep, dg, 3);
	net_send(ep->w, dg);
}

/* Not even a network changes these bytes: to who has read them they are a replay (s4.1.2.6). */
static void send_stored(struct endpoint *ep, uint32_t copy)
{
	struct world *w = ep->w;
	uint32_t end = w->num_datagrams;

	for (uint32_t i = 0; i < end; i++) {
		const struct sim_datagram *first = &w->datagrams[i];
		struct sim_datagram *dg;

		if (first->from != ep->role || first->copy != ep->first_copy)
			continue;
		dg = sim_datagram_new(w, ep->role);
		if (!dg)
			return;
		*dg = *first;
		dg->copy = copy;
		dg->first = i + 1;
		net_send(w, dg);
		w->now += SENDER_SPACING;
	}
}

/* The smallest datagram that a stack of PEER_BORDERS sends; the largest may be this. */
#define LEAST_MTU 256

static uint32_t choose_mtu(struct endpoint *ep)
{
	if (!peer_is(ep->w->sc, ep->role, PEER_BORDERS) || ep->mtu <= LEAST_MTU)
		return ep->mtu;
	return rng_range(&ep->w->rng, LEAST_MTU, ep->mtu);
}

void sender_copy(struct endpoint *ep, int flight, uint32_t message)
{
	const struct script_flight *f = &ep->w->script->flights[flight];
	struct packer p = { .ep = ep, .copy = ++ep->copies, .mtu = choose_mtu(ep), .record = -1 };
	uint64_t begun = ep->w->now;

	ep->last_copy_ns = begun;
	if (f->is_ack) {
		send_last_ack(ep, flight, p.copy);
		return;
	}
	if (peer_is(ep->w->sc, ep->role, PEER_SAME_NUMBERS) && !f->stateless && p.copy != ep->first_copy) {
		send_stored(ep, p.copy);
		ep->w->now = begun;
		return;
	}
	choose_number(ep, flight);
	for (uint32_t i = 0; i < f->num; i++)
		if (message == SIM_WHOLE_FLIGHT || message == i)
			put_message(&p, flight, i);
	flush(&p);
	ep->w->now = begun;
}

/* --- what is no flight --- */

void sender_record(struct endpoint *ep, struct sim_datagram *dg, uint8_t content, uint32_t epoch, uint32_t len)
{
	put_record(ep, dg, content, epoch, len);
	put_zeros(dg, len);
}

void sender_data(struct endpoint *ep)
{
	struct sim_datagram *dg = sim_datagram_new(ep->w, ep->role);
	bool is_short = peer_is(ep->w->sc, ep->role, PEER_SHORT_RECORDS);

	if (!dg)
		return;
	dg->data = true;
	sender_record(ep, dg, DTLS_CT_APPLICATION_DATA, ep->epoch, is_short ? SEALED_LEN(2) : DATA_LEN);
	net_send(ep->w, dg);
}

void sender_empty_ack(struct endpoint *ep)
{
	struct sim_datagram *dg = sim_datagram_new(ep->w, ep->role);

	if (!dg)
		return;
	sender_record(ep, dg, DTLS_CT_ACK, ep->role == PARTY_CLIENT ? 2 : 3, SEALED_LEN(2));
	net_send(ep->w, dg);
}

/* The epoch that it has begun to send in. DTLS 1.3: the latest that it has the keys of (RFC 9147 s6.1). */
static uint32_t epoch_of_alerts(const struct endpoint *ep)
{
	const struct script_flight *flights = ep->w->script->flights;

	if (!ep->w->script->dtls13)
		return ep->record_number[1] ? 1 : 0;
	if (flights[ep->sent].number >= (ep->role == PARTY_CLIENT ? 5 : 4))
		return 3;
	return ep->got >= 0 && flights[ep->got].number >= 4 ? 2 : 0;
}

static void put_sealed_alert(struct endpoint *ep, struct sim_datagram *dg)
{
	sender_record(ep, dg, DTLS_CT_ALERT, epoch_of_alerts(ep),
		      ep->w->script->dtls13 ? SEALED_LEN(DTLS_ALERT_LEN) : DTLS_ALERT_LEN + 24);
}

/* user_canceled is a warning, and close_notify follows (RFC 5246 s7.2.2). */
void sender_goodbye(struct endpoint *ep)
{
	const struct scenario *sc = ep->w->sc;
	/* Behind a connection ID nobody can see a second record. */
	bool canceled = peer_is(sc, ep->role, PEER_USER_CANCELED) && !(ep->w->script->dtls13 && sc->cid[ep->role]);
	struct sim_datagram *dg;

	if ((!canceled && !peer_is(sc, ep->role, PEER_CLOSE_NOTIFY)) || !ep->copies ||
	    !(dg = sim_datagram_new(ep->w, ep->role)))
		return;
	dg->goodbye = true;
	dg->epoch = epoch_of_alerts(ep);
	for (int i = !canceled; i < 2; i++) {
		if (dg->epoch) {
			put_sealed_alert(ep, dg);
			continue;
		}
		put_record(ep, dg, DTLS_CT_ALERT, 0, DTLS_ALERT_LEN);
		put(dg, DTLS_ALERT_WARNING, 1);
		put(dg, i ? 0 : 90, 1);
	}
	net_send(ep->w, dg);
}

/* handshake_failure, in plaintext: before either side has changed ciphers. DTLS 1.3: encrypted as soon as it has keys. */
void sender_alert(struct endpoint *ep)
{
	struct sim_datagram *dg = sim_datagram_new(ep->w, ep->role);

	if (!dg)
		return;
	dg->alert = true;
	if (ep->w->script->dtls13 && epoch_of_alerts(ep)) {
		put_sealed_alert(ep, dg);
	} else {
		put_record(ep, dg, DTLS_CT_ALERT, 0, DTLS_ALERT_LEN);
		put(dg, DTLS_ALERT_FATAL, 1);
		put(dg, 40, 1);
	}
	net_send(ep->w, dg);
}
