/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a handshake ended before it was complete. This is not why: the verdict (verdict.h)
 * is the cause, if one is known.
 */
#ifndef DTLSNOOP_ENDING_H
#define DTLSNOOP_ENDING_H

#include "state.h"

struct handshake;

struct ending {
	enum {
		ENDING_NONE,
		ENDING_ALERT,	/* handshake.alert */
		ENDING_CLOSED,	/* its socket was closed, or its process ended */
		ENDING_REPLACED,	/* by a newer handshake between the same addresses */
		ENDING_EVICTED,	/* it is no longer followed: see table_victim() */
	} how;
	enum party_role by;	/* not for ENDING_REPLACED and ENDING_EVICTED */
};

/* "close-notify", "socket-closed" and such; NULL: it did not end, or is complete. */
const char *ending_name(const struct handshake *h);

/*
 * "the client's socket was closed, 2.0 s after the first ClientHello": fills `text`, of VERDICT_TEXT_LEN bytes. Only if
 * the handshake ended before it was complete.
 */
void ending_write(const struct handshake *h, char *text);

#endif
