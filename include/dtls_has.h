/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a datagram contains that matters for a handshake. The BPF programs and the reader of
 * captures both decide by it, so that both leave out the same datagrams. Include it together with
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
	WALK_OTHER = 1 << 4,		/* anything else that is always reported */
	WALK_UNIFIED = 1 << 5,		/* a record with a DTLS 1.3 unified header */
};

/*
 * Of application data, report the first datagram of each direction, and the first after each handshake datagram: a side that
 * waits for a flight sends no data. Whoever forges a handshake datagram makes one more of each direction appear.
 */
enum data_shown {
	DATA_NONE,		/* since the ClientHello */
	DATA_SHOWN,		/* since the latest handshake datagram */
	DATA_SHOWN_BEFORE,	/* only before that */
};

static inline __attribute__((always_inline, unused)) void data_is_wanted_again(__u8 *shown)
{
	for (int dir = 0; dir < 2; dir++)
		if (shown[dir] == DATA_SHOWN)
			shown[dir] = DATA_SHOWN_BEFORE;
}

/* Report at most this many datagrams per direction whose content type is encrypted (CID, DTLS 1.3). */
#define HIDDEN_MAX 8
/* The same limit for records with the epoch bits of the DTLS 1.3 handshake. Epoch 6 has them, too. */
#define SEALED_MAX 200

/*
 * Handshake records of DTLS 1.3 between addresses without an association: report at most this many datagrams for each that the
 * receiver's port has sent, see bpf/flow.bpf.h.
 */
#define MOVERS_LEFT 16

/* Only these messages have a body that is public by nature and may leave the kernel. */
static inline __attribute__((always_inline, unused)) int dtls_is_hello(__u8 msg_type)
{
	return msg_type == DTLS_MT_CLIENT_HELLO || msg_type == DTLS_MT_SERVER_HELLO ||
	       msg_type == DTLS_MT_HELLO_VERIFY_REQUEST;
}

/*
 * The bytes of hellos that leave the kernel: from the first hello's fragment to the end of the last
 * hello that is separated from the one before it by headers only.
 */
#define HELLO_GAP (DTLS_RECORD_HEADER_LEN + DTLS_MESSAGE_HEADER_LEN)

static inline __attribute__((always_inline, unused)) __u32 walk_has(const struct dtls_item *item)
{
	const struct dtls_record *rec = &item->record;

	if (item->kind == DTLS_ITEM_MESSAGE)
		return item->message.msg_type == DTLS_MT_CLIENT_HELLO ?
		       WALK_MESSAGE | WALK_CLIENT_HELLO : WALK_MESSAGE;
	/* Epoch 2 of DTLS 1.3 carries the handshake (RFC 9147 s6.1). */
	if (rec->flags & DTLS_RECORD_UNIFIED)
		return WALK_UNIFIED | (rec->epoch == 2 ? WALK_OTHER : WALK_HIDDEN);
	if (rec->content_type == DTLS_CT_APPLICATION_DATA)
		return WALK_DATA;
	if (rec->content_type == DTLS_CT_CID)
		return WALK_HIDDEN;
	return WALK_OTHER;
}

#endif
