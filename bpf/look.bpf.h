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

static __always_inline enum look_result look_at_other(struct flow_mark *mark)
{
	if (flow_wants_data(mark))
		return LOOK_OTHER;
	count_passing(COUNTER_NOT_DTLS);
	return LOOK_LEAVE;
}

/*
 * Application data, and what is encrypted as DTLS 1.3 does it, matters only where a
 * handshake is under way (RFC 9147 s4.1: the two low bits of a unified header are of
 * the epoch, and epoch 2 is the handshake's own).
 */
static __always_inline enum look_result look_at_data(const struct look *look, bool unified, __u32 dir)
{
	struct flow_mark *mark = flow_mark(look->tag);
	__u32 wanted = FLOW_DATA(dir);

	if (unified && (look->first & DTLS_UNIFIED_EPOCH_MASK) == 2)
		wanted = FLOW_SEALED(dir);
	if (flow_wants(mark, wanted))
		return LOOK_FURTHER;
	/* Much else begins as a unified header does. */
	if (unified && (!mark || mark->tag != look->tag))
		return look_at_other(mark);
	count_passing(COUNTER_APPLICATION_DATA);
	return LOOK_LEAVE;
}

/* As dtls_may_begin(), and what of it goes on. */
static __always_inline enum look_result look_at(const struct look *look, __u32 dir)
{
	__u32 type = LOOK_TYPE(look->first);
	bool unified = (type & DTLS_UNIFIED_MASK) == DTLS_UNIFIED_BITS;

	if (unified)
		return look_at_data(look, true, dir);
	if (look_is_legacy(look->first))
		return type == DTLS_CT_APPLICATION_DATA || type == DTLS_CT_CID ?
			       look_at_data(look, false, dir) : LOOK_FURTHER;
	if (type == DTLS_CAPWAP_FIRST && !LOOK_VERSION(look->first))
		return LOOK_FURTHER;
	return look_at_other(flow_mark(look->tag));
}

#endif
