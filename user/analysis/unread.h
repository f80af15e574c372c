/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sockets whose receive queue had datagrams when the trace began, and that nobody has read since. A
 * process that does not read is a usual reason to attach, and its peer may have given up by then: no
 * handshake can be seen any more. Whether the datagrams are DTLS is known only of the first ones.
 */
#ifndef DTLSNOOP_UNREAD_H
#define DTLSNOOP_UNREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define UNREAD_MAX 16		/* sockets that are named; the others are counted */
#define UNREAD_TEXT_LEN 400

extern const char unread_hint[];

struct unread_socket {
	struct event ev;		/* EVENT_UNREAD */
	uint32_t num_came;		/* DTLS datagrams that reached it since */
};

/* All zero at first. */
struct unread {
	struct unread_socket sockets[UNREAD_MAX];
	uint32_t num;
	uint32_t num_more;		/* that there was no room for */
	uint64_t began_ns;		/* when the first of them was seen */
	uint64_t tell_ns;		/* when they are to be reported next; 0: not at all */
	uint64_t told_ns;		/* when they were reported last; 0: never */
	bool is_past_floor;		/* the queues were left alone for as long as a silence that is a fault */
};

/* Take note of an EVENT_UNREAD or EVENT_QUEUED at `now`. */
void unread_take(struct unread *u, const struct event *ev, uint64_t now);

/* When to call unread_is_due() next at the latest, UINT64_MAX: never. */
uint64_t unread_deadline(const struct unread *u);

/*
 * Are the sockets to be reported now? A queue may hold something for a moment, so they are reported
 * after half a second, then after the floor of the verdicts, and when the trace ends (`is_last`).
 */
bool unread_is_due(struct unread *u, uint64_t now, uint64_t floor_ns, bool is_last);

/* One line about a socket, left alone for `ns`. Returns `text`. */
const char *unread_write(char text[UNREAD_TEXT_LEN], const struct unread_socket *s, uint64_t ns);

#endif
