/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel's struct sk_buff tells about a UDP datagram: headers, addresses, payload offset,
 * network namespace. Every hook gets one, and the headers are in its linear area at every hook. It
 * is an address here and not a pointer, because neither a kprobe nor a cgroup program may
 * dereference it. Data is copied with bpf_probe_read_kernel().
 */
#ifndef DTLSNOOP_PACKET_BPF_H
#define DTLSNOOP_PACKET_BPF_H

#include "maps.bpf.h"

#include <bpf/bpf_core_read.h>

#include "dtls_wire.h"

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define UDP_HEADER_LEN 8
#define SOCK_DGRAM 2		/* include/linux/net.h */
#define SOCK_RAW 3
#define RTN_LOCAL 2		/* include/uapi/linux/rtnetlink.h */
#define RTF_LOCAL 0x80000000	/* include/uapi/linux/ipv6_route.h */
#define IPV4_HEADER_LEN 20
#define IPV6_HEADER_LEN 40

/*
 * The kernel's address of a struct, as a number. The verifier allows only the UAPI view of it and
 * does not pass typed pointers to global functions. Spilled to the stack, a pointer is its address
 * (5.10 has no bpf_cast_to_kern_ctx).
 */
static __always_inline __u64 kernel_address(const void *view)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &view);
	return address;
}

static __always_inline __u16 packet_get16(const __u8 *p)
{
	return (__u16)(p[0] << 8 | p[1]);
}

/* Is the IP header at `ip` IPv4? Only the packet tells: an IPv6 socket may use mapped addresses. */
static __always_inline bool packet_ip_is_v4(const __u8 *ip)
{
	__u8 first = 0;

	bpf_probe_read_kernel(&first, 1, ip);
	return first >> 4 == 4;
}

/*
 * Read addresses and ports from the headers at `ip` and `udp` (RFC 791 s3.1, RFC 8200 s3, RFC 768).
 * Returns whether they are IPv4.
 */
static __always_inline bool headers_read(const __u8 *ip, const __u8 *udp,
					 struct event_endpoint *source,
					 struct event_endpoint *destination)
{
	bool ipv4 = packet_ip_is_v4(ip);
	__u8 ports[4] = {};

	__builtin_memset(source, 0, sizeof(*source));
	__builtin_memset(destination, 0, sizeof(*destination));
	if (ipv4) {
		source->ip[10] = source->ip[11] = 0xff;
		bpf_probe_read_kernel(source->ip + 12, 4, ip + 12);
		destination->ip[10] = destination->ip[11] = 0xff;
		bpf_probe_read_kernel(destination->ip + 12, 4, ip + 16);
	} else {
		bpf_probe_read_kernel(source->ip, 16, ip + 8);
		bpf_probe_read_kernel(destination->ip, 16, ip + 24);
	}
	bpf_probe_read_kernel(ports, sizeof(ports), udp);
	source->port = packet_get16(ports);
	destination->port = packet_get16(ports + 2);
	return ipv4;
}

static __always_inline const __u8 *packet_network(const struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
}

static __always_inline const __u8 *packet_transport(const struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
}

static __always_inline bool packet_is_ipv4(const struct sk_buff *skb)
{
	return packet_ip_is_v4(packet_network(skb));
}

/*
 * Addresses from the view of this host's socket. The UDP header is at `udp` bytes from skb->data.
 * `sent`: the packet is on its way out. Returns whether they are IPv4.
 */
static __always_inline bool packet_endpoints(const struct sk_buff *skb, __s32 udp, bool sent,
					     struct event_endpoint *local,
					     struct event_endpoint *remote)
{
	return headers_read(packet_network(skb), BPF_CORE_READ(skb, data) + udp,
			    sent ? local : remote, sent ? remote : local);
}

/*
 * For hooks that see every protocol. It does not recognise IPv6 with extension headers, but the
 * hooks on sockets see such datagrams.
 */
static __always_inline bool packet_is_udp(const struct sk_buff *skb)
{
	const __u8 *ip = packet_network(skb);
	__u8 first = 0, protocol = 0;

	bpf_probe_read_kernel(&first, 1, ip);
	if (first >> 4 == 4)
		bpf_probe_read_kernel(&protocol, 1, ip + 9);
	else if (first >> 4 == 6)
		bpf_probe_read_kernel(&protocol, 1, ip + 6);
	return protocol == PROTOCOL_UDP;
}

/* Bytes from skb->data to the UDP header. Negative once the stack has moved data past that header. */
static __always_inline __s32 packet_udp_off(const struct sk_buff *skb)
{
	return packet_transport(skb) - BPF_CORE_READ(skb, data);
}

static __always_inline struct skb_shared_info *packet_shared(const struct sk_buff *skb)
{
	return (void *)(BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end));
}

/* Does the packet's route lead to this host? */
static __always_inline bool packet_is_for_us(const struct sk_buff *skb)
{
	unsigned long dst = BPF_CORE_READ(skb, _skb_refdst) & ~1UL;

	if (!dst)
		return false;
	if (packet_is_ipv4(skb))
		return BPF_CORE_READ((struct rtable *)dst, rt_type) == RTN_LOCAL;
	return BPF_CORE_READ((struct rt6_info *)dst, rt6i_flags) & RTF_LOCAL;
}

/* Inode of the packet's network namespace. Valid only until the packet is queued on a socket. */
static __always_inline __u32 packet_netns(const struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
}

static __always_inline __u32 sock_netns(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

static __always_inline bool sock_is_udp(const struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_protocol) == PROTOCOL_UDP &&
	       BPF_CORE_READ(sk, sk_type) == SOCK_DGRAM;
}

/* Datagrams of any kind waiting to be read. */
static __always_inline __u32 sock_num_unread(const struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_receive_queue.qlen) +
	       BPF_CORE_READ((const struct udp_sock *)sk, reader_queue.qlen);
}

#define AF_INET 2
#define AF_INET6 10

/* Address that the socket is bound (local) or connected to; port 0 if it is not. */
static __always_inline void sock_endpoint(const struct sock *sk, bool local,
					  struct event_endpoint *to)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	__be32 ipv4;

	__builtin_memset(to, 0, sizeof(*to));
	if (family == AF_INET6 && local) {
		BPF_CORE_READ_INTO(&to->ip, sk, __sk_common.skc_v6_rcv_saddr);
	} else if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&to->ip, sk, __sk_common.skc_v6_daddr);
	} else {
		ipv4 = local ? BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr) :
			       BPF_CORE_READ(sk, __sk_common.skc_daddr);
		to->ip[10] = to->ip[11] = 0xff;
		__builtin_memcpy(to->ip + 12, &ipv4, 4);
	}
	to->port = local ? BPF_CORE_READ(sk, __sk_common.skc_num) :
			   __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
}

static __always_inline bool endpoint_equals(const struct event_endpoint *a,
					    const struct event_endpoint *b)
{
	const __u32 *x = (const void *)a, *y = (const void *)b;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3] && a->port == b->port;
}

static __always_inline bool endpoint_is_ipv4(const struct event_endpoint *endpoint)
{
	const __u32 *word = (const void *)endpoint->ip;

	return !word[0] && !word[1] && endpoint->ip[8] == 0 && endpoint->ip[9] == 0 &&
	       endpoint->ip[10] == 0xff && endpoint->ip[11] == 0xff;
}

#endif
