// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The handshakes of each socket, by peer, and those that wait for the socket to be read. */
#include "table_inside.h"

#include "fate.h"

#include "core.h"

static struct socket_link *link_of(const struct latest_member *member)
{
	return (struct socket_link *)((char *)member - offsetof(struct socket_link, by_peer));
}

static struct peer_key key_of(uint64_t socket, const struct event_endpoint *peer)
{
	return (struct peer_key){ .socket = socket, .peer = *peer };
}

static struct peer_key key_of_link(const struct socket_link *link)
{
	const struct entry *entry = link->owner;

	return key_of(socket_link_cookie(link), &entry->identity.address[party_peer(link->which)]);
}

static bool is_peer_key(const struct latest_member *member, const void *key)
{
	struct peer_key own = key_of_link(link_of(member));

	return !memcmp(&own, key, sizeof(own));
}

void sockets_init(struct table *t)
{
	t->by_peer.seed = t->seed;
	t->by_peer.key_len = sizeof(struct peer_key);
	t->by_peer.is_key = is_peer_key;
}

/* The entry does not wait, and no read of this end's socket is known. */
static void set_awaited(struct entry *entry, enum party_role end)
{
	socket_wait_set(&entry->unread, NULL, 0);
	entry->unread.read = 0;
	entry->awaited_end = end;
}

static void set_socket(struct table *t, struct entry *entry, enum party_role end, uint64_t cookie)
{
	struct socket_link *link = &entry->sockets[end];
	struct peer_key key = key_of_link(link);
	bool awaited = entry->awaited_end == end, waits = awaited && entry->unread.socket;

	if (key.socket == cookie)
		return;
	/* The previous socket numbered its datagrams differently. */
	if (awaited)
		set_awaited(entry, end);
	latest_remove(&t->by_peer, &link->by_peer, &key);
	socket_index_put(t->sockets, link, cookie);
	if (!cookie)
		return;
	key.socket = cookie;
	latest_add(&t->by_peer, &link->by_peer, &key, entry->id);
	if (waits)
		socket_wait_set(&entry->unread, link, 0);
}

void sockets_unlink(struct table *t, struct entry *entry)
{
	for (int i = 0; i < PARTY_MAX; i++)
		set_socket(t, entry, i, 0);
}

/* Its handshake ends when this socket is closed. */
static uint64_t socket_of(const struct party *party)
{
	return party->diverted.since_ns ? party->diverted.sender.socket : party->socket;
}

void table_note_sockets(struct table *t, struct handshake *h)
{
	for (int i = 0; i < PARTY_MAX; i++)
		set_socket(t, entry_of(h), i, handshake_is_open(h) && h->party[i].local ? socket_of(&h->party[i]) : 0);
}

struct handshake *table_first_on_socket(struct table *t, uint64_t socket, enum party_role *out_end)
{
	const struct socket_link *link = socket_index_first(t->sockets, socket);

	if (!link)
		return NULL;
	*out_end = link->which;
	return entry_handshake(t, link->owner);
}

struct handshake *table_find_on_socket(struct table *t, uint64_t socket,
				       const struct event_endpoint *peer)
{
	const struct latest_member *found;
	const struct socket_link *link;
	struct peer_key key;

	if (!peer) {
		link = socket_index_first(t->sockets, socket);
		return link && !link->next ? entry_handshake(t, link->owner) : NULL;
	}
	key = key_of(socket, peer);
	found = latest_find(&t->by_peer, &key);
	return found ? entry_handshake(t, link_of(found)->owner) : NULL;
}

/* --- reads --- */

void table_await_read(struct handshake *h, enum party_role end)
{
	struct entry *entry = entry_of(h);
	uint64_t first = fate_first_queued(&h->party[end]);

	if (entry->awaited_end != end)
		set_awaited(entry, end);
	socket_wait_set(&entry->unread, first == UINT64_MAX ? NULL : &entry->sockets[end], first);
}

void table_await_no_read(struct handshake *h)
{
	socket_wait_set(&entry_of(h)->unread, NULL, 0);
}

void table_note_read(struct table *t, uint64_t socket, uint64_t datagram, uint64_t now)
{
	struct socket_wait *wait;

	while ((wait = socket_index_read(t->sockets, socket, datagram)))
		entry_watch(t, (struct entry *)((char *)wait - offsetof(struct entry, unread)), now);
}

uint64_t table_last_read(const struct handshake *h, enum party_role end)
{
	const struct entry *entry = entry_of(h);

	return entry->awaited_end == end ? entry->unread.read : 0;
}
