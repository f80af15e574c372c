// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_nat.h"

#include <stdlib.h>
#include <string.h>

#include "fnv.h"
#include "merge_flows.h"
#include "merge_hello.h"
#include "merge_share.h"

/* More sightings of one hello are somebody's doing: it is not looked into. */
#define ALIKE_MAX 64

/* A hello at one of its ends. */
struct sighting {
	uint64_t token;		/* of the hello */
	struct merge_ends ends;	/* as that host sees them */
	uint16_t host;
	bool is_client;		/* the client's end is on that host */
	bool is_ipv4;
};
_Static_assert(sizeof(struct sighting) == 56, "what merge_nat.h says");

struct merge_nat {
	struct merge_share share;	/* struct sighting */
	/* After merge_nat_resolve(), in the same place: pairs by token, first the server's host, then the client's. */
	struct sighting *rules;
	size_t num;
	struct merge_flows flows;
};

struct merge_nat *merge_nat_new(void)
{
	struct merge_nat *n = calloc(1, sizeof(*n));

	if (n)
		n->share = (struct merge_share){ .size = sizeof(struct sighting), .max = MERGE_NAT_MAX };
	return n;
}

void merge_nat_free(struct merge_nat *n)
{
	if (!n)
		return;
	merge_flows_fini(&n->flows);
	merge_share_fini(&n->share);
	free(n);
}

/* --- the first reading --- */

/* 0: nothing that both ends know it by. */
static uint64_t token_of(const struct merge_hello *hello)
{
	return hello->msg_type == DTLS_MT_CLIENT_HELLO ? hello->random :
	       hello->msg_type == DTLS_MT_HELLO_VERIFY_REQUEST ? hello->cookie : 0;
}

static struct sighting sighting_of(const struct merge_hello *hello, uint16_t host, const struct event *ev)
{
	bool is_client = (ev->kind == EVENT_SENT) == (hello->msg_type == DTLS_MT_CLIENT_HELLO);
	struct sighting s;

	/* It is compared as a whole. */
	memset(&s, 0, sizeof(s));
	s.token = token_of(hello);
	s.ends.client = is_client ? ev->local : ev->remote;
	s.ends.server = is_client ? ev->remote : ev->local;
	s.ends.client.reserved = s.ends.server.reserved = 0;
	s.host = host;
	s.is_client = is_client;
	s.is_ipv4 = ev->flags & EVENT_IPV4;
	return s;
}

static bool passes(const struct event *ev)
{
	return (ev->kind == EVENT_SENT || ev->kind == EVENT_QUEUED) && ev->hello_len;
}

void merge_nat_learn(struct merge_nat *n, uint16_t host, const struct event *ev)
{
	struct merge_hello hello = passes(ev) ? merge_hello_of(ev) : (struct merge_hello){};
	struct sighting s;

	if (!token_of(&hello))
		return;
	s = sighting_of(&hello, host, ev);
	merge_share_add(&n->share, &s);
}

/* --- what was translated --- */

static int by_token(const void *a, const void *b)
{
	const struct sighting *first = a, *second = b;
	int order = (first->token > second->token) - (first->token < second->token);

	return order ? order : memcmp(first, second, sizeof(*first));
}

static bool has_ends(const struct sighting *a, const struct sighting *b)
{
	return !memcmp(&a->ends, &b->ends, sizeof(a->ends));
}

/* Did the other end see the same addresses? */
static bool is_direct(const struct sighting *s, const struct sighting *seen, size_t num)
{
	for (size_t i = 0; i < num; i++)
		if (seen[i].is_client != s->is_client && has_ends(&seen[i], s))
			return true;
	return false;
}

/* Is this the same client, to which a NAT has given another port in the meantime? */
static bool has_moved(const struct sighting *a, const struct sighting *b)
{
	return !a->is_client && !b->is_client && a->host == b->host &&
	       !memcmp(&a->ends.server, &b->ends.server, sizeof(a->ends.server)) &&
	       !memcmp(a->ends.client.ip, b->ends.client.ip, sizeof(a->ends.client.ip));
}

/* The only addresses at this end that the other one did not see; NULL: there are none, or several. */
static const struct sighting *only_other(const struct sighting *seen, size_t num, bool is_client)
{
	const struct sighting *found = NULL;

	for (size_t i = 0; i < num; i++) {
		if (seen[i].is_client != is_client || is_direct(&seen[i], seen, num) ||
		    (found && (has_ends(found, &seen[i]) || has_moved(found, &seen[i]))))
			continue;
		if (found)
			return NULL;
		found = &seen[i];
	}
	return found;
}

/* What passes on from one host to another comes from another; a relay sends what it got on. */
static bool has_host(const struct sighting *seen, size_t num, uint16_t host, const struct sighting *ends)
{
	for (size_t i = 0; i < num; i++)
		if (seen[i].host == host && seen[i].is_client == ends->is_client && has_ends(&seen[i], ends))
			return true;
	return false;
}

/* Writes pairs over what was looked at before: at most as many as were looked at. */
static void find_rules(struct merge_nat *n, const struct sighting *seen, size_t num)
{
	const struct sighting *client = only_other(seen, num, true), *server = only_other(seen, num, false);
	struct sighting pairs[ALIKE_MAX][2];
	size_t found = 0;

	if (!client || !server)
		return;
	for (size_t i = 0; i < num; i++)
		if (!seen[i].is_client && has_ends(&seen[i], server) && !has_host(seen, num, seen[i].host, client)) {
			pairs[found][0] = seen[i];
			pairs[found++][1] = *client;
		}
	/* Of each pair, the client's was looked at too, but only once. */
	found = found > num / 2 ? num / 2 : found;
	memcpy(n->rules + n->num, pairs, found * sizeof(pairs[0]));
	n->num += 2 * found;
}

static size_t remove_copies(struct sighting *seen, size_t num)
{
	size_t kept = 0;

	for (size_t i = 0; i < num; i++)
		if (!kept || memcmp(&seen[kept - 1], &seen[i], sizeof(seen[i])))
			seen[kept++] = seen[i];
	return kept;
}

bool merge_nat_resolve(struct merge_nat *n)
{
	struct sighting *seen = n->share.items, alike[ALIKE_MAX];
	size_t num;

	n->rules = seen;
	if (n->share.num)
		qsort(seen, n->share.num, sizeof(seen[0]), by_token);
	n->share.num = remove_copies(seen, n->share.num);
	for (size_t i = 0; i < n->share.num; i += num) {
		for (num = 1; i + num < n->share.num && seen[i + num].token == seen[i].token; num++)
			;
		if (num > ALIKE_MAX)
			continue;
		memcpy(alike, seen + i, num * sizeof(alike[0]));
		find_rules(n, alike, num);
	}
	return !(n->share.is_short || n->share.mask) || !n->num;
}

/* --- the second reading --- */

static size_t first_of(const struct merge_nat *n, uint64_t token)
{
	size_t low = 0, high = n->num / 2;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (n->rules[2 * middle].token < token)
			low = middle + 1;
		else
			high = middle;
	}
	return 2 * low;
}

/* What the client has instead of what this sighting at the server's host shows; NULL: the same, or it is not known. */
static const struct sighting *rule_for(const struct merge_nat *n, const struct sighting *s)
{
	for (size_t i = first_of(n, s->token); i < n->num && n->rules[i].token == s->token; i += 2)
		if (n->rules[i].host == s->host && (has_ends(&n->rules[i], s) || has_moved(&n->rules[i], s)))
			return &n->rules[i + 1];
	return NULL;
}

/* The same ClientHello came from another port before. */
static bool is_moved_hello(const struct merge_nat *n, const struct merge_flow_key *key, const struct sighting *s, const struct sighting *client)
{
	const struct merge_flow *before = merge_flows_of_client(&n->flows, &client->ends);

	return before && before->token == s->token && memcmp(&before->key, key, sizeof(*key));
}

/* A new ClientHello between the same addresses may be another client's, unless it returns a cookie. */
static void take_hello(struct merge_nat *n, uint16_t host, const struct event *ev)
{
	struct merge_hello hello = merge_hello_of(ev);
	bool is_client_hello = hello.msg_type == DTLS_MT_CLIENT_HELLO;
	struct sighting s;
	const struct sighting *client;
	struct merge_flow_key key;
	struct merge_flow *flow;

	if (!token_of(&hello))
		return;
	s = sighting_of(&hello, host, ev);
	if (s.is_client)
		return;
	key = merge_flow_key(host, &s.ends.client, &s.ends.server);
	client = rule_for(n, &s);
	flow = merge_flows_find(&n->flows, &key);
	if (client && is_client_hello && is_moved_hello(n, &key, &s, client)) {
		if (!flow)
			merge_flows_move(&n->flows, &key, &client->ends, client->is_ipv4);
	} else if (client && (!flow || (is_client_hello && memcmp(&flow->client_has, &client->ends, sizeof(client->ends))))) {
		merge_flows_set(&n->flows, &key, &client->ends, client->is_ipv4, is_client_hello ? s.token : 0);
		flow = merge_flows_find(&n->flows, &key);
		if (flow)
			merge_flows_note_neighbour(&n->flows, flow);
	} else if (client && flow && is_client_hello) {
		flow->token = s.token;
	} else if (!client && flow && is_client_hello && !hello.has_cookie) {
		merge_flows_forget(&n->flows, flow);
	}
}

void merge_nat_rewrite(struct merge_nat *n, uint16_t host, struct event *ev)
{
	struct merge_flow_key key = merge_flow_key(host, &ev->remote, &ev->local);
	const struct merge_flow *flow;

	if (!n->num)
		return;
	merge_flows_note_sent(&n->flows, ev);
	if (passes(ev))
		take_hello(n, host, ev);
	flow = merge_flows_find(&n->flows, &key);
	if (!flow) {
		merge_flows_find_moved(&n->flows, &key, ev);
		flow = merge_flows_find(&n->flows, &key);
	}
	if (!flow)
		return;
	ev->local = flow->client_has.server;
	ev->remote = flow->client_has.client;
	ev->flags = (ev->flags & ~EVENT_IPV4) | (flow->is_ipv4 ? EVENT_IPV4 : 0) | EVENT_TRANSLATED;
}

bool merge_nat_seen(const struct merge_nat *n, const struct event_endpoint *client, const struct event_endpoint *server,
		    struct event_endpoint *seen_client, struct event_endpoint *seen_server)
{
	struct merge_flow_key key = merge_flow_key(0, client, server);
	const struct merge_flow *flow = merge_flows_of_client(&n->flows, &key.ends);

	if (!flow)
		return false;
	*seen_client = flow->key.ends.client;
	*seen_server = flow->key.ends.server;
	return true;
}
