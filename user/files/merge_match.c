// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_match.h"

#include <stdlib.h>
#include <string.h>

#include "fnv.h"
#include "merge_hello.h"
#include "merge_share.h"

/* A power of two. A flow may take the place of another one, whose next datagrams are then not matched. */
#ifndef MERGE_FLOWS
#define MERGE_FLOWS (1U << 16)
#endif

struct seen {
	uint64_t key;		/* of the datagram, wherever it is seen */
	int64_t wall_ns;
	uint32_t addresses;	/* hash of source and destination, as this host has them */
	uint16_t host;
	bool is_sent, is_stateless;
};
_Static_assert(sizeof(struct seen) == 24, "what merge_match.h says");

/* The latest ClientHello between two addresses at the host of the latest events. */
struct flow {
	uint64_t hash;		/* of both ends, in either direction */
	uint64_t random;	/* hash */
};

struct merge_match {
	struct merge_share share;	/* struct seen */
	uint16_t host;		/* `flows` are of this one */
	struct flow flows[MERGE_FLOWS];
};

struct merge_match *merge_match_new(void)
{
	struct merge_match *m = calloc(1, sizeof(*m));

	if (m)
		m->share = (struct merge_share){ .size = sizeof(struct seen), .max = MERGE_MATCH_MAX };
	return m;
}

void merge_match_free(struct merge_match *m)
{
	if (m)
		merge_share_fini(&m->share);
	free(m);
}

/* --- what a datagram is known by --- */

static uint64_t mix(uint64_t a, uint64_t b)
{
	const uint64_t both[2] = { a, b };

	return fnv_hash(both, sizeof(both));
}

static uint64_t hash_endpoint(const struct event_endpoint *ep)
{
	return mix(fnv_hash(ep->ip, sizeof(ep->ip)), ep->port);
}

static uint32_t addresses_of(const struct event *ev, bool is_sent)
{
	uint64_t local = hash_endpoint(&ev->local), remote = hash_endpoint(&ev->remote);

	return is_sent ? mix(local, remote) : mix(remote, local);
}

static struct flow *flow_of(struct merge_match *m, const struct event *ev)
{
	uint64_t hash = mix(hash_endpoint(&ev->local) + hash_endpoint(&ev->remote), ev->netns);
	struct flow *flow = &m->flows[hash >> 32 & (MERGE_FLOWS - 1)];

	if (flow->hash != hash)
		*flow = (struct flow){ .hash = hash };
	return flow;
}

/* A HelloVerifyRequest or a HelloRetryRequest. */
static bool is_stateless(const struct merge_hello *hello)
{
	return hello->msg_type == DTLS_MT_HELLO_VERIFY_REQUEST || hello->is_retry;
}

/* That of the latest ClientHello between these addresses, this one included. 0: none was seen. */
static uint64_t handshake_of(struct merge_match *m, const struct event *ev, const struct merge_hello *hello)
{
	struct flow *flow = flow_of(m, ev);

	if (hello->msg_type == DTLS_MT_CLIENT_HELLO && hello->random)
		flow->random = hello->random;
	return flow->random;
}

/* --- keeping it --- */

void merge_match_event(struct merge_match *m, uint16_t host, const struct event *ev, int64_t wall_ns)
{
	bool is_sent = ev->kind == EVENT_SENT;
	struct merge_hello hello;
	uint64_t handshake, key;

	if (host != m->host)
		memset(m->flows, 0, sizeof(m->flows));
	m->host = host;
	if ((!is_sent && ev->kind != EVENT_QUEUED) || !ev->num_items)
		return;
	hello = merge_hello_of(ev);
	handshake = handshake_of(m, ev, &hello);
	if (!handshake)
		return;
	key = mix(mix(handshake, ev->length), fnv_hash(ev->items, ev->num_items * sizeof(ev->items[0])));
	/* The low bits of FNV differ least. */
	key ^= key >> 32;
	merge_share_add(&m->share, &(struct seen){ key, wall_ns, addresses_of(ev, is_sent), host, is_sent, is_stateless(&hello) });
}

/* --- comparing --- */

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int by_datagram(const void *a, const void *b)
{
	const struct seen *first = a, *second = b;
	int order = ORDER(first->key, second->key);

	order = order ? order : ORDER(first->addresses, second->addresses);
	order = order ? order : ORDER(second->is_sent, first->is_sent);
	order = order ? order : ORDER(first->wall_ns, second->wall_ns);
	return order ? order : ORDER(first->host, second->host);
}

/* Did all of them come to one host, between the same addresses? */
static bool are_arrivals(const struct seen *seen, size_t num)
{
	for (size_t i = 0; i < num; i++)
		if (seen[i].is_sent || seen[i].host != seen[0].host || seen[i].addresses != seen[0].addresses)
			return false;
	return true;
}

/*
 * Is this all that was seen of it: sent once by one host, and come to one other? The network may have doubled it: of its
 * arrivals, the first comes first here.
 */
static bool is_pair(const struct seen *seen, size_t num)
{
	return num > 1 && seen[0].is_sent && seen[1].host != seen[0].host && are_arrivals(seen + 1, num - 1);
}

static size_t num_alike(const struct seen *seen, size_t num, bool with_addresses)
{
	size_t n = 1;

	while (n < num && seen[n].key == seen[0].key && (!with_addresses || seen[n].addresses == seen[0].addresses))
		n++;
	return n;
}

/* What came of it is `num` in a row, in order. */
static void tell_pair(const struct seen *sent, const struct seen *came, size_t num,
		      void (*found)(void *ctx, const struct merge_pair *pair), void *ctx)
{
	struct merge_pair pair = {
		.sender = sent->host, .receiver = came->host, .is_doubtful = sent->is_stateless || num > 1, .is_timed = !sent->is_stateless,
		.sent_ns = sent->wall_ns, .came_ns = came->wall_ns,
	};

	found(ctx, &pair);
	pair.is_doubtful = sent->is_stateless;
	pair.is_timed = false;
	pair.came_ns = came[num - 1].wall_ns;
	if (num > 1)
		found(ctx, &pair);
}

/*
 * What came between the addresses that it was sent between is that datagram; a relay may have sent the same bytes on,
 * between others. With translated addresses, it is the same datagram only if nothing else is alike.
 */
static void find_pairs(const struct seen *seen, size_t num, void (*found)(void *ctx, const struct merge_pair *pair), void *ctx)
{
	const struct seen *sent = seen, *came = seen;
	size_t n, first;

	for (size_t i = 0; i < num; i += n) {
		n = num_alike(seen + i, num - i, true);
		if (is_pair(seen + i, n))
			tell_pair(&seen[i], &seen[i + 1], n - 1, found, ctx);
	}
	first = num_alike(seen, num, true);
	if (first == num)
		return;
	/* What was sent is between addresses of its own: before or after those of what came. */
	if (!seen[0].is_sent) {
		sent = seen + first;
		first = num - first;
	} else {
		came = seen + first;
	}
	if (first != 1 || !are_arrivals(came, num - 1) || !sent->is_sent || sent->host == came->host)
		return;
	tell_pair(sent, came, num - 1, found, ctx);
}

bool merge_match_pairs(struct merge_match *m, void (*found)(void *ctx, const struct merge_pair *pair), void *ctx)
{
	struct seen *seen = m->share.items;
	size_t num = m->share.num, n;

	if (num)
		qsort(seen, num, sizeof(seen[0]), by_datagram);
	for (size_t i = 0; i < num; i += n) {
		n = num_alike(seen + i, num - i, false);
		find_pairs(seen + i, n, found, ctx);
	}
	return !m->share.is_short;
}
