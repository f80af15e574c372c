/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first look at a datagram. Its first bytes, and what is known of its flow, tell most traffic
 * apart from handshakes.
 */
#ifndef DTLSNOOP_LOOK_BPF_H
#define DTLSNOOP_LOOK_BPF_H

#include "datagram.bpf.h"
#include "flow.bpf.h"

/* First look at one datagram. Words are as the kernel's little-endian CPU loads them. */
struct look {
	__u32 tag;		/* flow_tag() */
	__u32 first;		/* of its payload: the low DTLS_FIRST bytes; 0 for missing bytes */
	__u32 port;		/* where it goes */
};

/* The tag and the port in a number for global functions. */
#define LOOK_FLOW(look) ((__u64)(look)->port << 32 | (look)->tag)
#define LOOK_FLOW_TAG(flow) ((__u32)(flow))
#define LOOK_FLOW_PORT(flow) ((__u32)((flow) >> 32))

/* A UDP header and the word after it. */
#define LOOK_LEN (UDP_HEADER_LEN + sizeof(__u32))

/* `udp`: LOOK_LEN bytes as words; `remote_ip`: last word of the remote address. */
static __always_inline void look_read(struct look *look, const __u32 *udp, bool sent, __u32 remote_ip)
{
	look->tag = flow_tag(udp[0], sent, remote_ip);
	look->first = udp[2];
	look->port = udp[0] >> 16;
}

enum look_result {
	LOOK_LEAVE,		/* nothing to report; it is counted */
	LOOK_FURTHER,
	LOOK_OTHER,		/* not DTLS, but its flow has a handshake under way; not counted yet */
	LOOK_MOVED,		/* may be from a client of a handshake here, which a NAT has moved; not counted yet */
};

#define LOOK_TYPE(first) ((first) & 0xff)
#define LOOK_VERSION(first) ((first) >> 8 & 0xffff)
#define LOOK_SWAP(version) ((version) >> 8 | ((version) & 0xff) << 8)

/* Same as dtls_is_legacy(). */
static __always_inline bool look_is_legacy(__u32 first)
{
	__u32 version = LOOK_VERSION(first);

	return LOOK_TYPE(first) - DTLS_CT_FIRST <= DTLS_CT_LAST - DTLS_CT_FIRST &&
	       (version == LOOK_SWAP(DTLS_VERSION_1_2) || version == LOOK_SWAP(DTLS_VERSION_1_0) ||
		version == LOOK_SWAP(DTLS_VERSION_BAD));
}

/* What the first bytes tell about a datagram; see dtls_may_begin(). */
enum look_kind {
	LOOK_KIND_OTHER,	/* not DTLS */
	LOOK_KIND_UNIFIED,	/* a unified header (RFC 9147 s4); other protocols begin like this, too */
	LOOK_KIND_DATA,		/* application data with a header of DTLS 1.2 or earlier */
	LOOK_KIND_HANDSHAKE,	/* handshake, or anything else that matters in any flow */
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

/* Does its beginning fit its flow? */
static __always_inline bool look_is_known(enum look_kind kind, const struct flow_mark *mark, __u32 tag)
{
	return kind == LOOK_KIND_DATA || (kind == LOOK_KIND_UNIFIED && mark->tag == tag);
}

/*
 * While a handshake is under way, application data matters, and so do records of epoch 2 of DTLS
 * 1.3. The two low bits of a unified header are of the epoch, and epoch 2 carries the handshake
 * (RFC 9147 s4.1). A global function keeps its stack out of the caller's.
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

/* Can it be a handshake record of DTLS 1.3, at a port where clients may come from elsewhere? See flow.bpf.h. */
static __always_inline bool look_is_moved(const struct look *look, enum look_kind kind, __u32 dir)
{
	return kind == LOOK_KIND_UNIFIED && !dir && (look->first & DTLS_UNIFIED_EPOCH_MASK) == 2 &&
	       movers_at(look->port)->until;
}

/*
 * Decide whether to look further at a datagram. Almost none needs it. The code for all others is
 * contiguous, because a packet finds little of it in the CPU's caches.
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
	if (UNLIKELY(look_is_moved(look, kind, dir)))
		return LOOK_MOVED;
	count_passing(look_is_known(kind, mark, look->tag) ? COUNTER_APPLICATION_DATA : COUNTER_NOT_DTLS);
	return LOOK_LEAVE;
}

#endif
