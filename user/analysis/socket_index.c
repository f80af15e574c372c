// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "socket_index.h"

#include <string.h>

#include <utlist.h>

#include "keyed_hash.h"

#include "core.h"

struct indexed_socket {
	uint64_t cookie;
	struct socket_link *links;
	struct pairing waits;	/* of struct socket_wait; the one for the lowest datagram first */
	struct indexed_socket *next;	/* in its bucket, or in the list of free ones */
};

struct socket_index {
	void (*release)(void *memory);
	uint64_t seed;
	uint32_t num_buckets;	/* a power of two */
	uint32_t touched;		/* the sockets after these were never used */
	struct indexed_socket **buckets;
	struct indexed_socket *sockets, *free_sockets;
};

struct socket_index *socket_index_new(uint32_t max_links, uint64_t hash_seed,
				      void *(*allocate)(size_t size), void (*release)(void *memory))
{
	struct socket_index *index = allocate(sizeof(*index));

	if (!index)
		return NULL;
	memset(index, 0, sizeof(*index));
	index->release = release;
	index->seed = hash_seed;
	index->num_buckets = 1;
	while (index->num_buckets < max_links / 2)
		index->num_buckets *= 2;
	index->buckets = allocate(index->num_buckets * sizeof(index->buckets[0]));
	index->sockets = allocate(max_links * sizeof(index->sockets[0]));
	if (!index->buckets || !index->sockets) {
		socket_index_free(index);
		return NULL;
	}
	memset(index->buckets, 0, index->num_buckets * sizeof(index->buckets[0]));
	return index;
}

void socket_index_free(struct socket_index *index)
{
	if (!index)
		return;
	if (index->buckets)
		index->release(index->buckets);
	if (index->sockets)
		index->release(index->sockets);
	index->release(index);
}

static struct indexed_socket **bucket_of(const struct socket_index *index, uint64_t cookie)
{
	return &index->buckets[keyed_hash(index->seed, &cookie, sizeof(cookie)) & (index->num_buckets - 1)];
}

static struct indexed_socket *find(const struct socket_index *index, uint64_t cookie)
{
	struct indexed_socket *s = *bucket_of(index, cookie);

	while (s && s->cookie != cookie)
		s = s->next;
	return s;
}

static struct indexed_socket *add(struct socket_index *index, uint64_t cookie)
{
	struct indexed_socket **bucket = bucket_of(index, cookie), *s = index->free_sockets;

	/* There are as many sockets as links. */
	if (s)
		LL_DELETE(index->free_sockets, s);
	else
		s = &index->sockets[index->touched++];
	s->cookie = cookie;
	s->links = NULL;
	s->waits.root = NULL;
	LL_PREPEND(*bucket, s);
	return s;
}

static void take_out(struct socket_index *index, struct socket_link *link)
{
	struct indexed_socket *s = link->socket, **bucket;

	DL_DELETE(s->links, link);
	link->socket = NULL;
	if (s->links)
		return;
	bucket = bucket_of(index, s->cookie);
	LL_DELETE(*bucket, s);
	LL_PREPEND(index->free_sockets, s);
}

void socket_index_put(struct socket_index *index, struct socket_link *link, uint64_t cookie)
{
	if (link->socket && link->socket->cookie == cookie) {
		DL_DELETE(link->socket->links, link);
		DL_APPEND(link->socket->links, link);
		return;
	}
	if (link->socket)
		take_out(index, link);
	if (!cookie)
		return;
	link->socket = find(index, cookie);
	if (!link->socket)
		link->socket = add(index, cookie);
	DL_APPEND(link->socket->links, link);
}

uint64_t socket_link_cookie(const struct socket_link *link)
{
	return link->socket ? link->socket->cookie : 0;
}

struct socket_link *socket_index_first(const struct socket_index *index, uint64_t cookie)
{
	const struct indexed_socket *s = find(index, cookie);

	return s ? s->links : NULL;
}

void socket_wait_set(struct socket_wait *wait, const struct socket_link *link, uint64_t datagram)
{
	struct indexed_socket *s = link ? link->socket : NULL;

	if (wait->socket == s && (!s || wait->node.key == datagram))
		return;
	if (wait->socket)
		pairing_remove(&wait->socket->waits, &wait->node);
	wait->socket = s;
	if (s)
		pairing_add(&s->waits, &wait->node, datagram);
}

struct socket_wait *socket_index_read(const struct socket_index *index, uint64_t cookie,
				      uint64_t datagram)
{
	struct indexed_socket *s = find(index, cookie);
	struct pairing_node *first = s ? s->waits.root : NULL;
	struct socket_wait *wait = (struct socket_wait *)first;

	if (!first || first->key >= datagram)
		return NULL;
	socket_wait_set(wait, NULL, 0);
	wait->read = datagram;
	return wait;
}
