/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Find the bytes of a packet: in the linear area, in page fragments (most larger datagrams on
 * virtio_net, and all zero-copy and GSO sends) or in a list of further packets (GRO). Bytes
 * anywhere else are not read. In particular, no byte beyond `len - data_len` of the linear area is
 * read: it would be stale memory.
 */
#ifndef DTLSNOOP_PAYLOAD_BPF_H
#define DTLSNOOP_PAYLOAD_BPF_H

#include "packet.bpf.h"
#include "workspace.bpf.h"

#define PAYLOAD_MAX_FRAGS 17	/* MAX_SKB_FRAGS, include/linux/skbuff.h */
#define PAYLOAD_MAX_LIST 8	/* packets of a frag_list that are searched */

/*
 * Start of the linear mapping of memory and of the array of struct page. The loader sets these two,
 * or else the addresses of the kernel variables that hold them (x86_64, arch/x86/mm). No __ksym:
 * libbpf would read all of /proc/kallsyms at every start.
 */
const volatile __u64 linear_map_base = 0;
const volatile __u64 page_array_base = 0;
const volatile __u32 page_shift = 12;
const volatile __u64 page_offset_base_at = 0;
const volatile __u64 vmemmap_base_at = 0;

static __always_inline __u64 payload_page(__u64 page)
{
	__u64 linear = linear_map_base, pages = page_array_base;

	if (!linear && page_offset_base_at && vmemmap_base_at) {
		bpf_probe_read_kernel(&linear, sizeof(linear), (void *)page_offset_base_at);
		bpf_probe_read_kernel(&pages, sizeof(pages), (void *)vmemmap_base_at);
	}
	if (!linear || page < pages)
		return 0;
	return linear + ((page - pages) / bpf_core_type_size(struct page) << page_shift);
}

struct payload_frag {
	__u64 page;
	__u32 off;
	__u32 len;
};

/* Get fragment `i`. The kernel's type is struct bio_vec up to 6.8. */
static __always_inline void payload_frag(const struct skb_shared_info *shared, __u32 i,
					 struct payload_frag *frag)
{
	const void *at = (const void *)shared + bpf_core_field_offset(shared->frags);

	if (bpf_core_type_exists(struct skb_frag)) {
		const struct skb_frag *new = at + i * bpf_core_type_size(struct skb_frag);

		frag->page = BPF_CORE_READ(new, netmem);
		frag->off = BPF_CORE_READ(new, offset);
		frag->len = BPF_CORE_READ(new, len);
	} else {
		const struct bio_vec *old = at + i * bpf_core_type_size(struct bio_vec);

		frag->page = (__u64)BPF_CORE_READ(old, bv_page);
		frag->off = BPF_CORE_READ(old, bv_offset);
		frag->len = BPF_CORE_READ(old, bv_len);
	}
}

/* Contiguous bytes; `at` is 0 if they cannot be read. */
struct payload_piece {
	__u64 at;
	__u32 len;
};

/* Find bytes in the fragments of one packet, `off` bytes after its linear area. */
static __always_inline void payload_in_frags(const struct sk_buff *skb, __u32 off,
					     struct payload_piece *piece)
{
	const struct skb_shared_info *shared = packet_shared(skb);
	__u32 num = BPF_CORE_READ(shared, nr_frags);
	struct payload_frag frag;
	__u64 page;

	for (__u32 i = 0; i < PAYLOAD_MAX_FRAGS && i < num; i++) {
		payload_frag(shared, i, &frag);
		if (off >= frag.len) {
			off -= frag.len;
			continue;
		}
		/* The lowest bit marks memory of a device, which BPF cannot read. */
		page = frag.page & 1 ? 0 : payload_page(frag.page);
		piece->at = page ? page + frag.off + off : 0;
		piece->len = frag.len - off;
		return;
	}
}

/* Find bytes in one packet and its fragments. Its linear area has `linear` bytes. */
static __always_inline void payload_in_packet(const struct sk_buff *skb, __u32 linear, __u32 off,
					      struct payload_piece *piece)
{
	if (off >= linear) {
		payload_in_frags(skb, off - linear, piece);
		return;
	}
	piece->at = (__u64)BPF_CORE_READ(skb, data) + off;
	piece->len = linear - off;
}

static __always_inline __u32 payload_linear_len(const struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, len) - BPF_CORE_READ(skb, data_len);
}

/* Bytes of the packet that are not in its frag_list. */
static __always_inline __u32 payload_own_len(const struct sk_buff *skb)
{
	const struct skb_shared_info *shared = packet_shared(skb);
	__u32 len = payload_linear_len(skb);
	__u32 num = BPF_CORE_READ(shared, nr_frags);
	struct payload_frag frag;

	for (__u32 i = 0; i < PAYLOAD_MAX_FRAGS && i < num; i++) {
		payload_frag(shared, i, &frag);
		len += frag.len;
	}
	return len;
}

/* Find the bytes at `off` from skb->data. */
static __always_inline void payload_find(const struct sk_buff *skb, __u32 off,
					 struct payload_piece *piece)
{
	__u32 own, linear = payload_linear_len(skb);
	const struct sk_buff *list;

	piece->at = 0;
	piece->len = 0;
	if (off < linear) {
		payload_in_packet(skb, linear, off, piece);
		return;
	}
	list = BPF_CORE_READ(packet_shared(skb), frag_list);
	own = list ? payload_own_len(skb) : 0;
	for (int i = 0; list && off >= own && i < PAYLOAD_MAX_LIST; i++) {
		off -= own;
		skb = list;
		own = BPF_CORE_READ(skb, len);
		list = BPF_CORE_READ(skb, next);
	}
	payload_in_packet(skb, payload_linear_len(skb), off, piece);
}

/*
 * Address of `len` bytes at `off` from skb->data; 0 if they are not contiguous or cannot be read.
 * `packet` is the address of the struct sk_buff: the verifier checks a global function of scalars
 * once, on its own (kernel 5.6, 51c39bb1d5d1).
 */
__noinline __u64 payload_address(__u64 packet, __u32 off, __u32 len)
{
	struct payload_piece piece;

	payload_find((void *)packet, off, &piece);
	return piece.len >= len ? piece.at : 0;
}

/* Number of contiguous bytes from `off` on. */
__noinline __u32 payload_run(__u64 packet, __u32 off)
{
	struct payload_piece piece;

	payload_find((void *)packet, off, &piece);
	return piece.len;
}

#define PAYLOAD_MAX_PIECES (2 + PAYLOAD_MAX_FRAGS + PAYLOAD_MAX_LIST)

#endif
