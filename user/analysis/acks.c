// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "acks.h"

#include "late.h"

#include "core.h"

#define ENTRY_LEN 16	/* a RecordNumber: epoch and sequence number, 64 bits each (s7) */
#define TAG_LEN 16	/* in all cipher suites of RFC 8446 sB.4 except one */
#define TLS_AES_128_CCM_8_SHA256 0x1305
#define TAG_LEN_CCM_8 8
#define EARLIER_RECORDS 64	/* that were sent before the trace and are acknowledged now */
#define MIN_RECORD_LEN (DTLS_RECORD_HEADER_LEN + DTLS_MESSAGE_HEADER_LEN)	/* of the handshake */

/* An ACK has a length of two bytes, its entries, the content type and the tag (s7, RFC 8446 s5.2). */
bool acks_may_be(const struct handshake *h, uint32_t len)
{
	const struct hello *hello = &h->server_hello.hello;
	uint32_t tag = hello->has_cipher_suite && hello->cipher_suite == TLS_AES_128_CCM_8_SHA256 ?
		       TAG_LEN_CCM_8 : TAG_LEN;

	return len >= tag + 3 && (len - tag - 3) % ENTRY_LEN == 0;
}

bool acks_may_list(const struct handshake *h, uint32_t len)
{
	return len > ENTRY_LEN && acks_may_be(h, len - ENTRY_LEN);
}

bool acks_is_sent_again(const struct party *client, enum point point, uint16_t len)
{
	return point == POINT_SENT && client->acks.last_ns && client->acks.last_ns == client->last_sent_ns && !client->asked_ns &&
	       client->acks.last_len == len;
}

bool acks_is_in_copies(const struct handshake *h, uint16_t len)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];

	return client->local && client->view[POINT_SENT].any && !h->events_lost &&
	       server->acks.last_len == len && server->acks.last_ns > client->last_sent_ns &&
	       server->acks.last_ns + DELAY_NS < h->flights[FLIGHT_SERVER_HELLO].latest_copy_ns;
}

void acks_take_back(struct acks *acks)
{
	acks->last_ns = 0;
}

bool acks_is_too_long(const struct handshake *h, enum party_role from, uint32_t len)
{
	const struct party *peer = &h->party[party_peer(from)];
	uint64_t records = peer->acks.num;	/* the peer's ACKs count, too: they may be other records */

	if (h->events_lost || h->midway || peer->uncaptured)
		return false;
	if (h->late && (!peer->flight || late_is_stale(h, peer->flight)))
		records += EARLIER_RECORDS;
	FOR_EACH_FLIGHT(n)
		if (h->flights[n].copies && h->flights[n].from != from)
			records += h->flights[n].records;
	return len / ENTRY_LEN > 2 + records;
}

uint32_t acks_records_at_most(const struct event *ev)
{
	uint32_t num = 0;
	bool all_seen = ev->num_items < EVENT_MAX_ITEMS && !ev->malformed;

	for (uint32_t i = 0; i < ev->num_items; i++) {
		num += ev->items[i].kind == DTLS_ITEM_RECORD;
		/* A connection ID hides where the next record begins, so the items end there. */
		if (ev->items[i].kind == DTLS_ITEM_RECORD && ev->items[i].record.flags & DTLS_RECORD_CID)
			all_seen = false;
	}
	return all_seen ? num : 1 + ev->length / MIN_RECORD_LEN;
}

void acks_take(struct sighting *t, uint16_t len, bool duplicate)
{
	struct acks *acks = &t->h->party[t->from].acks;

	if (!t->counts || duplicate)
		return;
	acks->num++;
	acks->last_ns = t->now;
	acks->last_len = len;
}

/* A plaintext ACK is for plaintext records (s7), so it never acknowledges the client's Finished. */
void acks_take_plaintext(struct sighting *t, bool duplicate)
{
	if (t->h->party[party_peer(t->from)].flight != FLIGHT_CLIENT_FINISHED)
		acks_take(t, 0, duplicate);
}

bool acks_are_latest(const struct handshake *h, enum party_role role)
{
	const struct flight *flight = &h->flights[h->party[role].flight];
	uint64_t acked = h->party[party_peer(role)].acks.last_ns;

	return acked && acked >= flight->last_ns;
}
