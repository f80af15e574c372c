/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * NAT on this host. A cgroup program sees a packet that leaves after NAT, and one that arrives after NAT was undone: a socket
 * whose packets are sent to another place than it asked for (OUTPUT DNAT, as for a service of Kubernetes) would have one
 * peer on the way out and another on the way in. conntrack knows whom it asked (net/netfilter/nf_nat_core.c). Its own
 * address on the way out stays that of the wire: see user/analysis/translated.h.
 */
#ifndef DTLSNOOP_NAT_BPF_H
#define DTLSNOOP_NAT_BPF_H

#include "packet.bpf.h"

#define NFCT_INFO_MASK 7UL	/* include/linux/skbuff.h: NFCT_INFOMASK */
#define IP_CT_IS_REPLY 3	/* include/uapi/linux/netfilter/nf_conntrack_common.h */
#define IPS_NAT_MASK 0x30

/*
 * If the destination of a packet that this host sends was translated, `remote` becomes the one that its socket asked for.
 * A kernel whose conntrack has no BTF leaves it as it is.
 */
static __always_inline void nat_undo(const struct sk_buff *skb, bool ipv4, struct event_endpoint *remote)
{
	const struct nf_conntrack_tuple *asked;
	const struct nf_conn *ct;
	__u32 address[4] = {};
	unsigned long nfct;

	if (!bpf_core_type_exists(struct nf_conn) || !bpf_core_field_exists(skb->_nfct))
		return;
	nfct = BPF_CORE_READ(skb, _nfct);
	ct = (void *)(nfct & ~NFCT_INFO_MASK);
	if (!ct || !(BPF_CORE_READ(ct, status) & IPS_NAT_MASK))
		return;
	if ((nfct & NFCT_INFO_MASK) >= IP_CT_IS_REPLY)
		asked = __builtin_preserve_access_index(&ct->tuplehash[1].tuple);
	else
		asked = __builtin_preserve_access_index(&ct->tuplehash[0].tuple);
	BPF_CORE_READ_INTO(&address, asked, dst.u3.all);
	if (ipv4)
		__builtin_memcpy(remote->ip + 12, address, 4);
	else
		__builtin_memcpy(remote->ip, address, sizeof(remote->ip));
	remote->port = __builtin_bswap16(BPF_CORE_READ(asked, dst.u.all));
}

#endif
