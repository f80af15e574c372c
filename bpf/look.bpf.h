/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first look at a datagram: its first bytes and what is remembered of its flow
 * tell almost all traffic apart from what belongs to a handshake.
 */
#ifndef DTLSNOOP_LOOK_BPF_H
#define DTLSNOOP_LOOK_BPF_H

#include "datagram.bpf.h"
#include "flow.bpf.h"

/* What a datagram is. Words are as the kernel's CPU loads them: it is a little-endian one. */
struct look {
	__u32 tag;		/* flow_tag() */
	__u32 first;		/* of its payload: the low DTLS_FIRST bytes count; 0 where there are none */
};

/* A UDP header, and what follows it. */
#define LOOK_LEN (UDP_HEADER_LEN + sizeof(__u32))

/* `udp`: so many bytes of words; `remote_ip`: the last word of it. */
static __always_inline void look_read(struct look *look, const __u32 *udp, bool sent, __u32 remote_ip)
{
	look->tag = flow_tag(udp[0], sent, remote_ip);
	look->first = udp[2];
}

enum look_result {
	LOOK_LEAVE,		/* none of our business; it is counted */
	LOOK_FURTHER,
	LOOK_OTHER,		/* not DTLS, but a handshake is under way in its flow; not counted yet */
};

#define LOOK_TYPE(first) ((first) & 0xff)
#define LOOK_VERSION(first) ((first) >> 8 & 0xffff)
#define LOOK_SWAP(version) ((version) >> 8 | ((version) & 0xff) << 8)

/* As dtls_is_legacy(). */
static __always_inline bool look_is_legacy(__u32 first)
{
	__u32 version = LOOK_VERSION(first);

	return LOOK_TYPE(first) - DTLS_CT_FIRST <= DTLS_CT_LAST - DTLS_CT_FIRST &&
	       (version == LOOK_SWAP(DTLS_VERSION_1_2) || version == LOOK_SWAP(DTLS_VERSION_1_0) ||
		version == LOOK_SWAP(DTLS_VERSION_BAD));
}

/* What the first bytes say of a datagram; see dtls_may_begin(). */
enum look_kind {
	LOOK_KIND_OTHER,	/* not DTLS */
	LOOK_KIND_UNIFIED,	/* a unified header (RFC 9147 s4), as which much else begins, too */
	LOOK_KIND_DATA,		/* application data, with a header of DTLS 1.2 or before */
	LOOK_KIND_HANDSHAKE,	/* or what else may matter whatever its flow is */
};

static __always_inline enum look_kind look_kind(__u32 first)
{
	__u32 type = LOOK_TYPE(first);

	if (type > (DTLS_UNIFIED_BITS | (__u8)~DTLS_UNIFIED_MASK))
		return LOOK_KIND_OTHER;
	if (type >= DTLS_UNIFIED_BITS)
		return LOOK_KIND_UNIFIED;
	if (look_is_legacy(first))
		return type == DTLS_CT_APPLICATION_DATA || type == DTLS_CT_CID ? LOOK_KIND_DATA : LOOK_KIND_HANDSHAKE;
	return type == DTLS_CAPWAP_FIRST && !LOOK_VERSION(first) ? LOOK_KIND_HANDSHAKE : LOOK_KIND_OTHER;
}

/* Does it begin as what is known of its flow? */
static __always_inline bool look_is_known(enum look_kind kind, const struct flow_mark *mark, __u32 tag)
{
	return kind == LOOK_KIND_DATA || (kind == LOOK_KIND_UNIFIED && mark->tag == tag);
}

/*
 * Where a handshake is under way, application data matters, and what is encrypted as
 * DTLS 1.3 does it (RFC 9147 s4.1: the two low bits of a unified header are of the
 * epoch, and epoch 2 is the handshake's own). A global function, with a stack of its own.
 */
__noinline int look_at_open(__u32 tag, __u32 first, __u32 dir)
{
	const struct flow_mark *mark = flow_mark(tag);
	enum look_kind kind = look_kind(first);
	__u32 wanted = FLOW_DATA(dir);

	if (!flow_is_open(mark))
		return LOOK_LEAVE;
	if (kind == LOOK_KIND_UNIFIED && (first & DTLS_UNIFIED_EPOCH_MASK) == 2)
		wanted = FLOW_SEALED(dir);
	if (kind != LOOK_KIND_OTHER && flow_wants(mark, wanted))
		return LOOK_FURTHER;
	return !look_is_known(kind, mark, tag) && flow_wants_data(mark) ? LOOK_OTHER : LOOK_LEAVE;
}

/*
 * What goes on of a datagram. Almost none does: what is executed for the others lies
 * together, for a packet finds little of it in the CPU's caches.
 */
static __always_inline enum look_result look_at(const struct look *look, __u32 dir)
{
	enum look_kind kind = look_kind(look->first);
	const struct flow_mark *mark;

	if (UNLIKELY(kind == LOOK_KIND_HANDSHAKE))
		return LOOK_FURTHER;
	mark = flow_mark(look->tag);
	if (UNLIKELY(flow_wants_any(mark))) {
		enum look_result result = look_at_open(look->tag, look->first, dir);

		if (result != LOOK_LEAVE)
			return result;
	}
	count_passing(look_is_known(kind, mark, look->tag) ? COUNTER_APPLICATION_DATA : COUNTER_NOT_DTLS);
	return LOOK_LEAVE;
}

#endif
