/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef DTLSNOOP_WHAT_BPF_H
#define DTLSNOOP_WHAT_BPF_H

/*
 * What happened to a packet, packed in a number for global functions. A hook sets the kind of
 * event, whether the packet was sent, and the reason of a drop. Later steps add the bytes from
 * skb->data to its UDP header (-8 or more), whether it may be from a client that a NAT has moved
 * (LOOK_MOVED), whether the payload was gathered from several places, whether other datagrams of
 * the packet came before this one, its enum limit_kind and its place of the workspace.
 */
#define WHAT(kind, sent, reason) ((__u64)(reason) << 32 | (__u64)(sent) << 8 | (kind))
#define WHAT_MOVED (1ULL << 7)
#define WHAT_IS_MOVED(what) ((what) & WHAT_MOVED)
#define WHAT_GATHER (1ULL << 9)
#define WHAT_LIMITED(what, kind) ((what) | (__u64)(kind) << 11)
#define WHAT_NEXT (1ULL << 10)
#define WHAT_PLACED(what, place) ((what) | (__u64)(place) << 14)
#define WHAT_PLACE(what) ((__u32)((what) >> 14 & 3))
#define WHAT_IS_NEXT(what) ((what) & WHAT_NEXT)
#define WHAT_GATHERED(what) ((what) & WHAT_GATHER)
#define WHAT_UDP_AT(what, udp) ((what) | (__u64)(__u16)(udp) << 16)
#define WHAT_LIMIT(what) ((__u32)((what) >> 11 & 7))
#define WHAT_KIND(what) ((__u8)((what) & 0x7f))
#define WHAT_SENT(what) ((what) >> 8 & 1)
#define WHAT_UDP(what) ((__s16)((what) >> 16))
#define WHAT_REASON(what) ((__u32)((what) >> 32))
/* In place of the reason of a drop: a datagram that is sent, by a socket that is non-blocking. */
#define WHAT_NONBLOCKING (1ULL << 32)
#define WHAT_IS_NONBLOCKING(what) (WHAT_KIND(what) == EVENT_SENT && (what) & WHAT_NONBLOCKING)

#endif
