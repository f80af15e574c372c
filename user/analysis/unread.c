// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "unread.h"

#include <stdio.h>

#include "phrases.h"
#include "text.h"

#include "core.h"

#define FIRST_NS (SECOND / 2)

const char unread_hint[] =
	"see what the threads of this process wait for (gdb -p PID, strace -f -p PID, /proc/PID/task/*/stack)";

static struct unread_socket *find(struct unread *u, uint64_t socket)
{
	for (uint32_t i = 0; i < u->num; i++)
		if (u->sockets[i].ev.socket == socket)
			return &u->sockets[i];
	return NULL;
}

/* If several processes have the socket, the last one is named. */
static void add(struct unread *u, struct unread_socket *known, const struct event *ev, uint64_t now)
{
	if (!u->tell_ns) {
		u->began_ns = now;
		u->tell_ns = now + FIRST_NS;
	}
	if (known)
		known->ev = *ev;
	else if (u->num < UNREAD_MAX)
		u->sockets[u->num++] = (struct unread_socket){ .ev = *ev };
	else
		u->num_more++;
}

void unread_take(struct unread *u, const struct event *ev, uint64_t now)
{
	struct unread_socket *known = find(u, ev->socket);

	if (ev->kind == EVENT_QUEUED && known)
		known->num_came++;
	if (ev->kind != EVENT_UNREAD)
		return;
	if (ev->unread)
		add(u, known, ev, now);
	else if (known)
		*known = u->sockets[--u->num];
	else if (u->num_more)
		u->num_more--;
}

uint64_t unread_deadline(const struct unread *u)
{
	return u->tell_ns ? u->tell_ns : UINT64_MAX;
}

bool unread_is_due(struct unread *u, uint64_t now, uint64_t floor_ns, bool is_last)
{
	uint64_t late = u->began_ns + floor_ns;

	u->is_past_floor = now >= late;
	if (is_last ? now < u->began_ns + FIRST_NS || now < u->told_ns + SECOND : now < unread_deadline(u))
		return false;
	u->tell_ns = now < late ? late : UINT64_MAX;
	u->told_ns = now;
	return u->num;
}

const char *unread_write(char text[UNREAD_TEXT_LEN], const struct unread_socket *s, uint64_t ns)
{
	char local[TEXT_ENDPOINT_LEN], remote[TEXT_ENDPOINT_LEN], owner[PHRASE_OWNER_LEN] = "", came[PHRASE_LEN];
	const struct event *ev = &s->ev;

	text_endpoint(local, &ev->local, ev->flags & EVENT_IPV4);
	text_endpoint(remote, &ev->remote, ev->flags & EVENT_IPV4);
	if (ev->flags & EVENT_OWNER)
		phrase_owner(owner, ev->comm, ev->pid, ev->ns_pid);
	if (s->num_came)
		snprintf(came, sizeof(came), "%u DTLS datagram%s came", s->num_came, s->num_came == 1 ? "" : "s");
	snprintf(text, UNREAD_TEXT_LEN,
		 "socket %s%s%s%s: %u datagram%s (%u bytes of receive buffer%s) %s unread when the trace began; "
		 "in the %.1f s since, none was read and %s",
		 local, ev->remote.port ? " > " : "", ev->remote.port ? remote : "", owner, ev->unread,
		 ev->unread == 1 ? "" : "s", ev->length, ev->flags & EVENT_DTLS ? ", DTLS among them" : "",
		 ev->unread == 1 ? "was" : "were", phrase_seconds(ns), s->num_came ? came : "no DTLS handshake datagram came");
	return text;
}
