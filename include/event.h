/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel/user ABI: one struct event for each thing that happened to a
 * datagram. The same bytes cross the ring buffer and lie in recordings.
 * Compiled for BPF and for user space; every offset is asserted below.
 *
 * What a kernel cannot tell is absent: a flag is not set, or the field is 0
 * where 0 is no value (socket, netns, cgroup_id).
 */
#ifndef DTLSNOOP_EVENT_H
#define DTLSNOOP_EVENT_H

#include <linux/types.h>

#include "dtls_item.h"
#include "dtls_wire.h"

#define EVENT_ABI 4
/* What recordings of earlier versions hold: ABI 3 lacks ns_pid and EVENT_OTHER, its reserved bytes are 0. */
#define EVENT_ABI_OLDEST 3

#define EVENT_COMM_LEN 16
#define EVENT_MAX_ITEMS DTLS_WALK_MAX_ITEMS
/* Bytes of one hello body that leave the kernel; what is longer is cut. */
#define EVENT_HELLO_MAX 1536

enum event_kind {
	/* The stack accepted the datagram from the socket. */
	EVENT_SENT = 1,
	/* It reached the receiving socket; unless a drop follows, it is queued there. */
	EVENT_QUEUED = 2,
	/* The application took it from the socket (peeking is not taking). */
	EVENT_READ = 3,
	/* The socket was closed, or its last process ended. No addresses, no items. */
	EVENT_CLOSED = 4,
	/*
	 * The kernel dropped it: on its way out (EVENT_TX), or on its way in. Has the
	 * items of the datagram. If EVENT_QUEUED was emitted for it `datagram` is its
	 * number and takes that back; else it never got as far as a socket's queue.
	 * Without items: its payload could not be read.
	 */
	EVENT_DROPPED = 5,
	/*
	 * The kernel refused to send: `error`, and `length` bytes were to be sent. What
	 * they were is not known: no items. `remote` and `local` may be unknown (port 0).
	 */
	EVENT_SEND_FAILED = 6,
	/* An ICMP error came back for something sent to `remote`. No items; `socket` may be unknown. */
	EVENT_ICMP_ERROR = 7,
	/*
	 * It passed where a capture file was recorded: `local` is its source, `remote`
	 * its destination, and neither is this host's. Never from a kernel.
	 */
	EVENT_CAPTURED = 8,
	/*
	 * So much came between these two addresses that from here on the tracer looks at
	 * nothing of it until it has been quieter for a while. No items.
	 */
	EVENT_LIMITED = 9,
	/*
	 * Datagrams that are not DTLS passed between these two addresses while a handshake
	 * was under way there: how many, in a struct event_other. Each is told, but no more
	 * than event_other_is_told() lets through. No items. Of a capture: `socket` is 0, and
	 * `local` is the source of the latest.
	 */
	EVENT_OTHER = 10,
};
#define EVENT_KIND_LAST EVENT_OTHER

enum event_flags {
	EVENT_IPV4 = 1 << 0,		/* addresses are IPv4-mapped: the packet was IPv4 */
	EVENT_OWNER = 1 << 1,		/* pid, tid, uid and comm are valid */
	EVENT_HELLO_CUT = 1 << 2,	/* the hello body was longer than what is here */
	EVENT_TX = 1 << 3,		/* EVENT_DROPPED: on its way out of this socket */
	EVENT_BOTH_WAYS = 1 << 4,	/* EVENT_CAPTURED: what `remote` sends is in the capture, too */
};

struct event_endpoint {
	__u8 ip[16];		/* IPv6, or IPv4-mapped (RFC 4291 s2.5.5.2); network order */
	__u16 port;		/* host order */
	__u16 reserved;
};

/*
 * Layout: this header, num_items items, hello_len bytes of the datagram at
 * hello_off, which begin where the fragment of hello_item does and may have those
 * of the hello items after it (see HELLO_GAP); `size` bytes in all, which may be
 * more than what is used.
 */
struct event {
	__u16 size;		/* of the whole event, bytes, a multiple of 8 */
	__u8 abi;		/* EVENT_ABI */
	__u8 kind;		/* enum event_kind */
	__u16 flags;		/* enum event_flags */
	__u8 malformed;		/* enum dtls_malformed: why the walk ended early */
	__u8 num_items;		/* 0..EVENT_MAX_ITEMS; 0 unless SENT, QUEUED, DROPPED or CAPTURED */
	__u64 time_ns;		/* CLOCK_MONOTONIC; CAPTURED: of the capture, begins at its first packet */
	__u64 socket;		/* unique while the trace runs; 0 unknown */
	__u64 datagram;		/* n-th DTLS datagram that reached this socket, from 1; 0: none.
				 * EVENT_READ and EVENT_DROPPED carry that of the EVENT_QUEUED they end */
	__u64 cgroup_id;	/* of the owner, cgroup v2; 0 unknown */
	__u32 netns;		/* inode of the socket's network namespace; 0 unknown */
	__u32 pid;		/* tgid of the last process that used the socket, as the tracer's PID
				 * namespace numbers it; as the initial one does, if it is not in there */
	__u32 tid;		/* its thread that did, numbered likewise */
	__u32 uid;		/* its user, in the initial user namespace */
	__u32 length;		/* of the UDP payload, bytes */
	__u32 copied;		/* EVENT_READ: bytes the reader got; less than length if its buffer was smaller */
	__u32 unread;		/* EVENT_CLOSED: datagrams of any kind left in the receive queue */
	__u32 drop_reason;	/* EVENT_DROPPED: by the enum skb_drop_reason of this kernel; 0 unknown */
	__u16 error;		/* EVENT_SEND_FAILED, EVENT_ICMP_ERROR: the errno, positive; 0 unknown */
	__u8 icmp_type;		/* EVENT_ICMP_ERROR: as in the packet; 0 unknown (0 is no error in either IP) */
	__u8 icmp_code;		/* valid if icmp_type is */
	char comm[EVENT_COMM_LEN];	/* of the process; hostile bytes, may lack a final 0 */
	struct event_endpoint local;
	struct event_endpoint remote;
	__u16 hello_off;	/* from the start of the event; 0: no body */
	__u16 hello_len;	/* 0..EVENT_HELLO_MAX */
	__u16 hello_item;	/* the item (a message) whose fragment comes first there */
	__u16 reserved;
	__u32 ns_pid;		/* `pid` as the innermost PID namespace of its process numbers it; 0 unknown */
	struct dtls_item items[];
};

/* Kinds of datagrams that are not DTLS, by their first byte (RFC 7983 s7). */
enum event_other_kind {
	EVENT_OTHER_STUN,	/* 0..3 */
	EVENT_OTHER_RTP,	/* 128..191: RTP and RTCP */
	EVENT_OTHER_ELSE,
	EVENT_OTHER_KINDS,
};
#define EVENT_OTHER_FIRST 256
#define EVENT_OTHER_GAP_NS 100000000ULL

/*
 * Is an event to be told of one more? 256 (EVENT_OTHER_FIRST) at once, and one more each
 * 100 ms. What is not told is in the count of the next, and a kernel tells it before the
 * next DTLS datagram there. `told_until`, 0 at first, is of
 * the association.
 */
static inline __attribute__((always_inline, unused)) int event_other_is_told(__u64 *told_until, __u64 now_ns)
{
	if (*told_until < now_ns)
		*told_until = now_ns;
	if (*told_until - now_ns > (EVENT_OTHER_FIRST - 1) * EVENT_OTHER_GAP_NS)
		return 0;
	*told_until += EVENT_OTHER_GAP_NS;
	return 1;
}

static inline __attribute__((always_inline, unused)) enum event_other_kind event_other_kind_of(__u8 first)
{
	return first <= 3 ? EVENT_OTHER_STUN : (first & 0xc0) == 0x80 ? EVENT_OTHER_RTP : EVENT_OTHER_ELSE;
}

/*
 * What lies where the items would, in EVENT_OTHER: all that passed since the
 * association's last ClientHello.
 */
struct event_other {
	__u32 received[EVENT_OTHER_KINDS];	/* from `remote` to `local` */
	__u32 sent[EVENT_OTHER_KINDS];		/* from `local` to `remote` */
};
_Static_assert(sizeof(struct event_other) == 24, "event ABI: as long as an item");

#define EVENT_ASSERT_OFFSET(field, at) \
	_Static_assert(__builtin_offsetof(struct event, field) == (at), "event ABI: " #field)
EVENT_ASSERT_OFFSET(size, 0);
EVENT_ASSERT_OFFSET(abi, 2);
EVENT_ASSERT_OFFSET(kind, 3);
EVENT_ASSERT_OFFSET(flags, 4);
EVENT_ASSERT_OFFSET(malformed, 6);
EVENT_ASSERT_OFFSET(num_items, 7);
EVENT_ASSERT_OFFSET(time_ns, 8);
EVENT_ASSERT_OFFSET(socket, 16);
EVENT_ASSERT_OFFSET(datagram, 24);
EVENT_ASSERT_OFFSET(cgroup_id, 32);
EVENT_ASSERT_OFFSET(netns, 40);
EVENT_ASSERT_OFFSET(pid, 44);
EVENT_ASSERT_OFFSET(tid, 48);
EVENT_ASSERT_OFFSET(uid, 52);
EVENT_ASSERT_OFFSET(length, 56);
EVENT_ASSERT_OFFSET(copied, 60);
EVENT_ASSERT_OFFSET(unread, 64);
EVENT_ASSERT_OFFSET(drop_reason, 68);
EVENT_ASSERT_OFFSET(error, 72);
EVENT_ASSERT_OFFSET(icmp_type, 74);
EVENT_ASSERT_OFFSET(icmp_code, 75);
EVENT_ASSERT_OFFSET(comm, 76);
EVENT_ASSERT_OFFSET(local, 92);
EVENT_ASSERT_OFFSET(remote, 112);
EVENT_ASSERT_OFFSET(hello_off, 132);
EVENT_ASSERT_OFFSET(hello_len, 134);
EVENT_ASSERT_OFFSET(hello_item, 136);
EVENT_ASSERT_OFFSET(reserved, 138);
EVENT_ASSERT_OFFSET(ns_pid, 140);
EVENT_ASSERT_OFFSET(items, 144);
_Static_assert(__builtin_offsetof(struct event_endpoint, ip) == 0, "event ABI: endpoint.ip");
_Static_assert(__builtin_offsetof(struct event_endpoint, port) == 16, "event ABI: endpoint.port");
_Static_assert(__builtin_offsetof(struct event_endpoint, reserved) == 18, "event ABI: endpoint");
_Static_assert(sizeof(struct event_endpoint) == 20, "event ABI: endpoint");

#define DTLS_ASSERT_OFFSET(type, field, at) \
	_Static_assert(__builtin_offsetof(struct type, field) == (at), "event ABI: " #type "." #field)
DTLS_ASSERT_OFFSET(dtls_record, kind, 0);
DTLS_ASSERT_OFFSET(dtls_record, content_type, 1);
DTLS_ASSERT_OFFSET(dtls_record, flags, 2);
DTLS_ASSERT_OFFSET(dtls_record, alert_level, 3);
DTLS_ASSERT_OFFSET(dtls_record, version, 4);
DTLS_ASSERT_OFFSET(dtls_record, epoch, 6);
DTLS_ASSERT_OFFSET(dtls_record, length, 8);
DTLS_ASSERT_OFFSET(dtls_record, offset, 10);
DTLS_ASSERT_OFFSET(dtls_record, alert_description, 12);
DTLS_ASSERT_OFFSET(dtls_record, unified, 13);
DTLS_ASSERT_OFFSET(dtls_record, reserved, 14);
DTLS_ASSERT_OFFSET(dtls_record, sequence, 16);
DTLS_ASSERT_OFFSET(dtls_message, kind, 0);
DTLS_ASSERT_OFFSET(dtls_message, msg_type, 1);
DTLS_ASSERT_OFFSET(dtls_message, message_seq, 2);
DTLS_ASSERT_OFFSET(dtls_message, length, 4);
DTLS_ASSERT_OFFSET(dtls_message, fragment_offset, 8);
DTLS_ASSERT_OFFSET(dtls_message, fragment_length, 12);
DTLS_ASSERT_OFFSET(dtls_message, offset, 16);
DTLS_ASSERT_OFFSET(dtls_message, reserved, 18);

/*
 * The sizes in which the kernel reserves ring buffer space: a reservation
 * must be a constant there. EVENT_SMALL holds what most datagrams are.
 */
#define EVENT_SMALL_ITEMS 8	/* powers of two, both: the verifier's bound is a mask */
#define EVENT_SMALL_HELLO 384
_Static_assert(!(EVENT_SMALL_ITEMS & (EVENT_SMALL_ITEMS - 1)), "a power of two");
_Static_assert(!(EVENT_MAX_ITEMS & (EVENT_MAX_ITEMS - 1)), "a power of two");
#define EVENT_SIZE(items, hello) (sizeof(struct event) + (items) * sizeof(struct dtls_item) + (hello))
#define EVENT_SIZE_BARE EVENT_SIZE(0, 0)
#define EVENT_SIZE_OTHER (sizeof(struct event) + sizeof(struct event_other))
#define EVENT_SIZE_SMALL EVENT_SIZE(EVENT_SMALL_ITEMS, 0)
#define EVENT_SIZE_HELLO EVENT_SIZE(EVENT_SMALL_ITEMS, EVENT_SMALL_HELLO)
#define EVENT_SIZE_LARGE EVENT_SIZE(EVENT_MAX_ITEMS, EVENT_HELLO_MAX)

/* What the kernel counts, summed over all CPUs. Everything not emitted has a cause here. */
enum event_counter {
	COUNTER_EVENTS,			/* events emitted */
	COUNTER_NOT_DTLS,		/* UDP datagrams that are not DTLS */
	COUNTER_APPLICATION_DATA,	/* datagrams of established associations, not emitted by design */
	COUNTER_FILTERED,		/* DTLS, but not of the processes or ports asked for */
	COUNTER_OWNER_UNKNOWN,		/* with a process filter: owner not known, so not emitted */
	COUNTER_LOST_RING_FULL,		/* lost: no space in the ring buffer */
	COUNTER_LOST_UNREADABLE,	/* lost: headers of the packet could not be read */
	COUNTER_LOST_NO_STATE,		/* lost: no room for the state of its socket */
	COUNTER_DROPS_UNREADABLE,	/* packets dropped by the kernel of which no byte could be read: maybe DTLS */
	COUNTER_LOST_MISSED,		/* lost: hooks that the kernel passed by; user space fills it in */
	COUNTER_FOLLOWED,		/* processes that are traced since they were forked */
	COUNTER_ENDED,			/* processes that were traced and have ended */
	COUNTER_DROPS_MISSED,		/* packets freed, of any protocol, that the kernel did not show; by user space */
	COUNTER_RATE_LIMITED,		/* not looked at: more than the rate limit allows; see bpf/limit.bpf.h */
	COUNTER_FOREIGN_UNREADABLE,	/* could not be read, and not of what was asked for: nothing is lost */
	COUNTER_MAX,
};

/* Why something of what happened may be missing. */
enum missing {
	MISSING_LOST = 1 << 0,		/* events that were lost */
	MISSING_LIMITED = 1 << 1,	/* datagrams that the rate limit left out */
};

/* Those of one CPU: whole cache lines. */
#define COUNTERS_PER_CPU 16	/* a power of two: the verifier's bound is a mask */
_Static_assert(COUNTER_MAX <= COUNTERS_PER_CPU, "room for each");
struct event_counters {
	__u64 n[COUNTERS_PER_CPU];
};

#endif
