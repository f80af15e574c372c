/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reassembles hello messages from their fragments, which may come in any order,
 * overlap, and differ between retransmissions (RFC 6347 s4.2.3).
 *
 * Memory is fixed: the latest handshakes have a slot for each direction. A slot
 * reassembles one message at a time, up to a bound. Bytes without room count as
 * not seen.
 */
#ifndef DTLSNOOP_HELLO_ASSEMBLY_H
#define DTLSNOOP_HELLO_ASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include "coverage.h"
#include "dtls_item.h"
#include "state.h"

/* Bytes of one message: more than twice the size of a post-quantum ClientHello. */
#define HELLO_ASSEMBLY_MAX 4096
/* A power of two. Each handshake uses two. The fuzz targets have fewer. */
#ifndef HELLO_ASSEMBLIES
#define HELLO_ASSEMBLIES 512
#endif

struct hello_assembly {
	uint64_t handshake;	/* its id; 0: the slot is free */
	uint8_t from;		/* enum party_role */
	uint8_t msg_type;
	uint16_t message_seq;
	uint32_t length;	/* of the whole message, bytes */
	struct coverage have;	/* of the first HELLO_ASSEMBLY_MAX bytes */
	uint8_t bytes[HELLO_ASSEMBLY_MAX];
};

/* All zero at first. */
struct hello_assemblies {
	struct hello_assembly slots[HELLO_ASSEMBLIES];
};

/* A fragment of a hello that `from` sent, with its first bytes, as far as they are available. */
struct hello_fragment {
	const struct dtls_message *msg;
	enum party_role from;
	const uint8_t *bytes;
	uint32_t len;		/* <= msg->fragment_length */
};

/*
 * Add a fragment to its message in the handshake with this id (> 0). Sets `*out_bytes` to
 * the message, valid until the next call, and returns how many bytes are known from its
 * beginning to the first hole. If `all` is NULL, only the bytes of the fragment are
 * known. If bytes differ, those that came first stay.
 */
uint32_t hello_assembly_add(struct hello_assemblies *all, uint64_t handshake,
			    const struct hello_fragment *fragment, const uint8_t **out_bytes);

/*
 * Does the fragment differ from the known bytes of the same message of this handshake?
 * Then it belongs to another handshake. False if there is nothing to compare.
 */
bool hello_assembly_contradicts(const struct hello_assemblies *all, uint64_t handshake,
				const struct hello_fragment *fragment);

/* What `from` seemed to send in the handshake with this id was not its own. `all` may be NULL. */
void hello_assembly_forget(struct hello_assemblies *all, uint64_t handshake, enum party_role from);

#endif
