// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* May a client have had its whole flight acknowledged (RFC 9147 s7), so that it is silent for good? */
#include "truth_inside.h"

#include <string.h>

/* Bytes of an encrypted record of DTLS 1.3; what a connection ID hides is taken for one. */
static uint32_t cipher_len(const struct sim_datagram *dg, uint32_t at)
{
	if (dg->bytes[at] & DTLS_UNIFIED_CID)
		return dg->len - at;
	return 5 + (dg->bytes[at + 3] << 8 | dg->bytes[at + 4]);
}

/* How many different lengths have the records of the client's encrypted flight? */
static uint32_t num_lengths(const struct world *w)
{
	static uint8_t known[SIM_MTU_MAX + 1];
	uint32_t num = 0;

	memset(known, 0, sizeof(known));
	for (uint32_t i = 0; i < w->num_log; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind != LOG_SENT || dg->from != PARTY_CLIENT || !dg->num_fragments ||
		    dg->fragments[0].flight != w->ep[PARTY_CLIENT].sent)
			continue;
		for (uint32_t at = 0, len; at < dg->len; at += len) {
			len = cipher_len(dg, at);
			num += !known[len];
			known[len] = 1;
		}
	}
	return num;
}

/*
 * Which records an ACK lists is encrypted; if they are all, the client MUST cancel all
 * retransmissions. Only fewer entries than there surely are records would say that they
 * are not, and two of the same length may be one that was sent twice. A server that goes
 * on repeating its own flight would say so, too: it is the last that comes.
 */
bool truth_may_be_acked(const struct world *w)
{
	int flight = w->ep[PARTY_CLIENT].sent;
	uint32_t entries = 0;
	bool last = false;

	if (!w->sc->dtls13 || flight < 0 || w->script->flights[flight].number != 5)
		return false;
	for (uint32_t i = 0; i < w->num_log; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind != LOG_QUEUED || dg->from != PARTY_SERVER)
			continue;
		last = dg->num_acked && dg->acked[0].flight == flight;
		entries += last ? dg->num_acked : 0;
	}
	return last && entries >= num_lengths(w);
}
