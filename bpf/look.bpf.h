/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first look at a datagram: its first bytes and what is remembered of its flow
 * tell almost all traffic apart from what belongs to a handshake.
 */
#ifndef DTLSNOOP_LOOK_BPF_H
#define DTLSNOOP_LOOK_BPF_H

#include "datagram.bpf.h"
#include "flow.bpf.h"

/* What a datagram is, by its first DTLS_FIRST bytes. */
struct look {
	__u32 tag;		/* flow_tag() */
	__u8 first[4];		/* 0 where there are none */
};

/* `udp`: the UDP header, and the first bytes of payload after it; `remote_ip`: the last word. */
static __always_inline void look_read(struct look *look, const __u8 *udp, bool sent, __u32 remote_ip)
{
	__u16 source = packet_get16(udp), destination = packet_get16(udp + 2);

	look->tag = flow_tag(sent ? source : destination, sent ? destination : source, remote_ip);
	for (int i = 0; i < DTLS_FIRST; i++)
		look->first[i] = udp[UDP_HEADER_LEN + i];
}

enum look_result {
	LOOK_LEAVE,		/* none of our business; it is counted */
	LOOK_FURTHER,
	LOOK_OTHER,		/* not DTLS, but a handshake is under way in its flow; not counted yet */
};

static __always_inline enum look_result look_at_other(__u32 wants)
{
	if (wants)
		return LOOK_OTHER;
	count(COUNTER_NOT_DTLS);
	return LOOK_LEAVE;
}

/*
 * Application data, and what is encrypted as DTLS 1.3 does it, matters only where a
 * handshake is under way (RFC 9147 s4.1: the two low bits of a unified header are of
 * the epoch, and epoch 2 is the handshake's own).
 */
static __always_inline enum look_result look_at_data(const struct look *look, __u32 dir)
{
	struct flow_mark *mark = flow_mark(look->tag);
	__u32 wants = flow_wants(mark), unified = dtls_is_unified(look->first[0]);
	__u32 wanted = FLOW_WANTS_DATA(dir);

	if (unified && (look->first[0] & DTLS_UNIFIED_EPOCH_MASK) == 2)
		wanted = FLOW_WANTS_SEALED(dir);
	if (wants & wanted)
		return LOOK_FURTHER;
	/* Much else begins as a unified header does. */
	if (unified && (!mark || mark->tag != look->tag))
		return look_at_other(wants);
	count(COUNTER_APPLICATION_DATA);
	return LOOK_LEAVE;
}

static __always_inline enum look_result look_at(const struct look *look, __u32 dir)
{
	const __u8 *first = look->first;

	if (!dtls_may_begin(first))
		return look_at_other(flow_wants(flow_mark(look->tag)));
	if (first[0] == DTLS_CT_APPLICATION_DATA || first[0] == DTLS_CT_CID || dtls_is_unified(first[0]))
		return look_at_data(look, dir);
	return LOOK_FURTHER;
}

#endif
