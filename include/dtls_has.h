/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What of a datagram decides whether it says something of a handshake: for BPF
 * and for captures, so that both leave out the same. To be included beside
 * dtls_walk.h.
 */
#ifndef DTLSNOOP_DTLS_HAS_H
#define DTLSNOOP_DTLS_HAS_H

#include "dtls_item.h"
#include "dtls_wire.h"

enum walk_has {
	WALK_MESSAGE = 1 << 0,		/* a plaintext handshake message with a valid header */
	WALK_CLIENT_HELLO = 1 << 1,
	WALK_DATA = 1 << 2,		/* application data */
	WALK_HIDDEN = 1 << 3,		/* a record whose content type is encrypted */
	WALK_OTHER = 1 << 4,		/* anything else that always matters */
	WALK_UNIFIED = 1 << 5,		/* a record with a DTLS 1.3 unified header */
};

/* Of data whose type is hidden (CID, DTLS 1.3) this many datagrams per direction are told. */
#define HIDDEN_MAX 8
/* Likewise of those with the two epoch bits of the DTLS 1.3 handshake: epoch 6 has them, too. */
#define SEALED_MAX 200

/* Only these bodies are public by nature and may leave the kernel. */
static inline __attribute__((always_inline, unused)) int dtls_is_hello(__u8 msg_type)
{
	return msg_type == DTLS_MT_CLIENT_HELLO || msg_type == DTLS_MT_SERVER_HELLO ||
	       msg_type == DTLS_MT_HELLO_VERIFY_REQUEST;
}

/*
 * Of the hellos in a datagram these bytes leave the kernel: from the first one's
 * fragment on to the end of the last that follows with nothing but headers between.
 */
#define HELLO_GAP (DTLS_RECORD_HEADER_LEN + DTLS_MESSAGE_HEADER_LEN)

static inline __attribute__((always_inline, unused)) __u32 walk_has(const struct dtls_item *item)
{
	const struct dtls_record *rec = &item->record;

	if (item->kind == DTLS_ITEM_MESSAGE)
		return item->message.msg_type == DTLS_MT_CLIENT_HELLO ?
		       WALK_MESSAGE | WALK_CLIENT_HELLO : WALK_MESSAGE;
	/* Epoch 2 of DTLS 1.3 is the handshake's own (RFC 9147 s6.1). */
	if (rec->flags & DTLS_RECORD_UNIFIED)
		return WALK_UNIFIED | (rec->epoch == 2 ? WALK_OTHER : WALK_HIDDEN);
	if (rec->content_type == DTLS_CT_APPLICATION_DATA)
		return WALK_DATA;
	if (rec->content_type == DTLS_CT_CID)
		return WALK_HIDDEN;
	return WALK_OTHER;
}

#endif
