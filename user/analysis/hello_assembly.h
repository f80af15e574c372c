/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hello messages put together from their fragments, which come in any order,
 * overlap, and are cut anew when they are sent again (RFC 6347 s4.2.3).
 *
 * Memory is fixed: the latest handshakes have a slot for each direction, in
 * which one message at a time is put together, up to a bound. What has no room
 * is not there, as if it had not been seen.
 */
#ifndef DTLSNOOP_HELLO_ASSEMBLY_H
#define DTLSNOOP_HELLO_ASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include "coverage.h"
#include "dtls_item.h"
#include "state.h"

/* Bytes of one message: more than twice what a post-quantum ClientHello takes. */
#define HELLO_ASSEMBLY_MAX 4096
/* A power of two. Two for a handshake. The fuzz targets have fewer. */
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

/* All zero to begin with. */
struct hello_assemblies {
	struct hello_assembly slots[HELLO_ASSEMBLIES];
};

/* Bytes of a fragment of a hello that `from` sent: what of it is there, from its beginning. */
struct hello_fragment {
	const struct dtls_message *msg;
	enum party_role from;
	const uint8_t *bytes;
	uint32_t len;		/* <= msg->fragment_length */
};

/*
 * Add a fragment to its message in the handshake with this id (> 0). Returns how many bytes
 * of the message are there without a hole from its beginning, and where, in
 * `*out_bytes`: valid until the next call. `all` may be NULL: then only what
 * the fragment itself has is there. Bytes that came first stay.
 */
uint32_t hello_assembly_add(struct hello_assemblies *all, uint64_t handshake,
			    const struct hello_fragment *fragment, const uint8_t **out_bytes);

/*
 * Does the fragment contradict what was put together of the same message of
 * this handshake? Then it is another's. False if nothing is there to compare.
 */
bool hello_assembly_contradicts(const struct hello_assemblies *all, uint64_t handshake,
				const struct hello_fragment *fragment);

#endif
