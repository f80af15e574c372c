// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "undecidable.h"

/* The first; of several, each of which says anew that its sender is done, the latest. */
static const struct log_entry *find_forged(const struct world *w, enum log_kind kind)
{
	bool is_latest = w->forgery->kind == FORGERY_FINISHED_AND_DATA || w->forgery->kind == FORGERY_EARLIER_COPIES;
	const struct log_entry *found = NULL;

	for (uint32_t i = 0; i < w->num_log && (is_latest || !found); i++)
		if (w->log[i].kind == kind && w->datagrams[w->log[i].datagram].forged)
			found = &w->log[i];
	return found;
}

/* Does it have a record of this content type, or if that is 0 one that only the last flight and data have? */
static bool has_record(const struct sim_datagram *dg, uint8_t content)
{
	for (uint32_t at = 0; at + DTLS_RECORD_HEADER_LEN <= dg->len;) {
		const uint8_t *record = dg->bytes + at;

		if ((record[0] & DTLS_UNIFIED_MASK) == DTLS_UNIFIED_BITS)
			return !content;
		if (content ? record[0] == content : record[0] == DTLS_CT_CHANGE_CIPHER_SPEC || record[3] || record[4])
			return true;
		at += DTLS_RECORD_HEADER_LEN + (record[11] << 8 | record[12]);
	}
	return false;
}

/* May, from there, its alleged sender have sent such a record in the forged datagram, and its receiver have read it? */
static bool may_be_genuine(const struct world *w, enum observer observer, uint8_t content)
{
	enum party_role receiver = party_peer(w->forgery->from);
	const struct log_entry *came = find_forged(w, LOG_TAPPED);

	if (!came || !has_record(&w->datagrams[came->datagram], content) || observer_is_at(observer, w->forgery->from))
		return false;
	if (!observer_is_at(observer, receiver))
		return true;
	return find_forged(w, w->sc->sees_reads ? LOG_READ : LOG_QUEUED);
}

/* Does it have something of an earlier flight than the last one of the handshake? */
static bool is_before_last(const struct world *w, const struct sim_datagram *dg)
{
	for (uint32_t i = 0; i < dg->num_fragments; i++)
		if (dg->fragments[i].flight < w->script->handshake_end)
			return true;
	return false;
}

/* A single copy of a flight may have been on its way since before, unless it is seen later than this. */
#define DELAYED_NS (4 * SECOND)

/* What a socket sends so soon after it got a datagram, it may have sent while its application still worked that through. */
#define PROCESSING_NS (200 * MS)

/* When is it first seen there? */
static uint64_t seen_at(const struct world *w, enum observer observer, uint32_t datagram)
{
	for (uint32_t i = 0; i < w->num_log; i++)
		if ((w->log[i].kind <= LOG_READ || w->log[i].kind == LOG_TAPPED) && w->log[i].datagram == datagram &&
		    observer_sees(observer, w, &w->log[i]))
			return w->log[i].time;
	return SIM_NEVER;
}

/* When would its receiver get a genuine datagram that passed the tap then? What it sends before, it also sends if it is genuine. */
static uint64_t genuine_ns(const struct world *w, uint64_t tapped_ns)
{
	enum party_role from = w->forgery->from;
	uint32_t tap = from == PARTY_CLIENT ? w->sc->tap : 100 - w->sc->tap;

	return tapped_ns + w->sc->delay_ns[from] * (100 - tap) / 100;
}

/* Did a side send something after the forged datagram had come that can be seen? `any`: even the last flight, and data. */
static bool has_gone_on(const struct world *w, enum observer observer, bool any)
{
	const struct log_entry *came = find_forged(w, LOG_TAPPED);
	const struct sim_datagram *before = NULL;

	for (const struct log_entry *entry = came; entry < w->log + w->num_log; entry++) {
		const struct sim_datagram *dg = &w->datagrams[entry->datagram];
		uint64_t seen;

		if (entry->kind != LOG_SENT || !(any || is_before_last(w, dg)))
			continue;
		if (observer_is_tap(observer) && entry->at != w->forgery->from && entry->time <= genuine_ns(w, came->time))
			continue;
		seen = seen_at(w, observer, entry->datagram);
		if (seen == SIM_NEVER)
			continue;
		if (any || (observer_is_at(observer, entry->at) && seen > came->time + PROCESSING_NS) || seen > came->time + DELAYED_NS ||
		    (before && (before->from != dg->from || before->copy != dg->copy)))
			return true;
		before = dg;
	}
	return false;
}

bool undecidable_completed(const struct world *w, enum observer observer)
{
	return may_be_genuine(w, observer, 0) && !has_gone_on(w, observer, false);
}

/* Does the log entry have a part of the last flight of the handshake, or what follows that? */
static bool is_last_sent(const struct world *w, const struct log_entry *entry)
{
	const struct sim_datagram *dg = &w->datagrams[entry->datagram];

	return entry->kind == LOG_SENT && dg->num_fragments &&
	       dg->fragments[dg->num_fragments - 1].flight >= w->script->handshake_end;
}

bool undecidable_sent(const struct world *w, enum observer observer)
{
	enum party_role sender = w->script->flights[w->script->handshake_end].from;
	uint64_t last = SIM_NEVER, before = 0, seen;

	for (const struct log_entry *entry = w->log; entry < w->log + w->num_log; entry++)
		if (is_last_sent(w, entry) && (seen = seen_at(w, observer, entry->datagram)) != SIM_NEVER)
			last = seen;
	for (const struct log_entry *entry = w->log; entry < w->log + w->num_log; entry++) {
		const struct sim_datagram *dg = &w->datagrams[entry->datagram];

		if (entry->kind != LOG_SENT || entry->at == sender)
			continue;
		seen = seen_at(w, observer, entry->datagram);
		if (seen == SIM_NEVER || seen <= last)
			continue;
		if (seen > last + DELAYED_NS || (before && before != dg->copy))
			return false;
		before = dg->copy;
	}
	return last != SIM_NEVER;
}

bool undecidable_replayed(const struct world *w, enum observer observer)
{
	const struct scenario *sc = w->sc;
	bool are_old = (sc->peers[PARTY_CLIENT] | sc->peers[PARTY_SERVER]) >> PEER_SAME_NUMBERS & 1;

	return w->forgery->kind == FORGERY_FINISHED_AND_DATA && observer_is_tap(observer) && (are_old || sc->cid[PARTY_CLIENT] || sc->cid[PARTY_SERVER]);
}

bool undecidable_ended(const struct world *w, enum observer observer)
{
	return may_be_genuine(w, observer, DTLS_CT_ALERT) && !has_gone_on(w, observer, true);
}

bool undecidable_waits(const struct world *w, enum observer observer)
{
	enum party_role from = w->forgery->from;
	uint64_t copied_ns = 0, seen;

	if ((w->forgery->kind != FORGERY_COPIES && w->forgery->kind != FORGERY_EARLIER_COPIES) || observer_is_at(observer, from))
		return false;
	/* Its data may all be ACKs and alerts. */
	if (w->forgery->kind == FORGERY_EARLIER_COPIES && w->script->dtls13 && w->sc->peers[from] >> PEER_SHORT_RECORDS & 1)
		return true;
	for (const struct log_entry *entry = w->log; entry < w->log + w->num_log; entry++)
		if (entry->kind == LOG_TAPPED && w->datagrams[entry->datagram].forged)
			copied_ns = entry->time;
	for (const struct log_entry *entry = w->log; entry < w->log + w->num_log; entry++) {
		if (entry->kind != LOG_SENT || entry->at != from || !w->datagrams[entry->datagram].data)
			continue;
		seen = seen_at(w, observer, entry->datagram);
		if (seen != SIM_NEVER && seen > copied_ns)
			return false;
	}
	return true;
}
