/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The enums that the handshake model and its verdict share. */
#ifndef DTLSNOOP_STATE_H
#define DTLSNOOP_STATE_H

enum party_role {
	PARTY_CLIENT,
	PARTY_SERVER,
	PARTY_MAX,
};

/* A stuck handshake may continue, and so may a failed one that is open: see handshake_is_open(). */
enum handshake_state {
	HANDSHAKE_IN_PROGRESS,
	HANDSHAKE_COMPLETED,
	HANDSHAKE_FAILED,
	HANDSHAKE_STUCK,
	HANDSHAKE_ABANDONED,
};

const char *handshake_state_name(enum handshake_state state);
const char *party_role_name(enum party_role role);

static inline enum party_role party_peer(enum party_role role)
{
	return role == PARTY_CLIENT ? PARTY_SERVER : PARTY_CLIENT;
}

#endif
