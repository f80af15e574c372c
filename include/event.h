/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel/user ABI: one struct event for each thing that happened to a datagram. The ring buffer
 * and recordings contain the same bytes. Compiled for BPF and for user space; every offset is
 * asserted below.
 *
 * If a kernel does not know a value, the flag is not set or the field is 0. 0 is never a valid
 * value of such a field (socket, netns, cgroup_id).
 */
#ifndef DTLSNOOP_EVENT_H
#define DTLSNOOP_EVENT_H

#include <linux/types.h>

#include "dtls_item.h"
#include "dtls_wire.h"

#define EVENT_ABI 7
/*
 * Oldest ABI that recordings may have. ABI 3 lacks ns_pid (reserved bytes, 0) and EVENT_OTHER; ABI 3
 * and 4 lack EVENT_FROM_CAPTURE and EVENT_REPORTER; ABI 3 to 5 lack EVENT_UNREAD; ABI 3 to 6 lack
 * EVENT_LIBRARY and EVENT_NONBLOCKING.
 */
#define EVENT_ABI_OLDEST 3

#define EVENT_COMM_LEN 16
#define EVENT_MAX_ITEMS DTLS_WALK_MAX_ITEMS
/* At most this many bytes of a hello leave the kernel; a longer one is truncated. */
#define EVENT_HELLO_MAX 1536

enum event_kind {
	/* The stack accepted the datagram from the socket. */
	EVENT_SENT = 1,
	/* The datagram reached the receiving socket. It is queued there unless a drop follows. */
	EVENT_QUEUED = 2,
	/* The application took the datagram from the socket. Peeking does not count. */
	EVENT_READ = 3,
	/* The socket was closed, or its last process ended. No addresses, no items. */
	EVENT_CLOSED = 4,
	/*
	 * The kernel dropped the datagram on its way out (EVENT_TX) or on its way in. The event has
	 * the items of the datagram, or none if the payload could not be read. If an EVENT_QUEUED
	 * came before, `datagram` is its number and the drop revokes it. Otherwise the datagram
	 * never reached the receive queue of a socket.
	 */
	EVENT_DROPPED = 5,
	/*
	 * The kernel refused to send `length` bytes and returned `error`. Their content is not
	 * known, so there are no items. `remote` and `local` may be unknown (port 0).
	 */
	EVENT_SEND_FAILED = 6,
	/*
	 * An ICMP error came back for something that was sent to `remote`. No items; `socket` may
	 * be unknown. In a capture (EVENT_FROM_CAPTURE), `local` and `remote` are the source and the
	 * destination of the datagram that it quotes.
	 */
	EVENT_ICMP_ERROR = 7,
	/*
	 * The datagram is in a capture file: `local` is its source, `remote` its destination, and
	 * neither counts as this host's. A kernel never emits this.
	 */
	EVENT_CAPTURED = 8,
	/*
	 * So much traffic passed between these two addresses that the tracer now ignores it until
	 * the traffic has been lower for a while. No items.
	 */
	EVENT_LIMITED = 9,
	/*
	 * Datagrams that are not DTLS passed between these two addresses during a handshake. struct
	 * event_other counts them. Each of them causes an event, unless event_other_is_told()
	 * refuses. No items. In a capture, `socket` is 0 and `local` is the source of the latest of
	 * them.
	 */
	EVENT_OTHER = 10,
	/*
	 * When the trace began, `unread` datagrams of any protocol were in the receive queue of this
	 * socket and took `length` bytes of its receive buffer (as in /proc/net/udp). It may come once
	 * for each process that has the socket. With `unread` 0, only `socket` is valid: since then,
	 * the application has read from the socket or closed it. No items.
	 */
	EVENT_UNREAD = 11,
	/*
	 * A process called a TLS library, or the library raised an error: struct event_library has what.
	 * No socket and no addresses: the thread (`pid`, `tid`, EVENT_OWNER) says whose call it was. No
	 * items.
	 */
	EVENT_LIBRARY = 12,
};
#define EVENT_KIND_LAST EVENT_LIBRARY

enum event_flags {
	EVENT_IPV4 = 1 << 0,		/* the packet was IPv4, its addresses are IPv4-mapped */
	EVENT_OWNER = 1 << 1,		/* pid, tid, uid and comm are valid */
	EVENT_HELLO_CUT = 1 << 2,	/* the hello was longer than the bytes in this event */
	EVENT_TX = 1 << 3,		/* EVENT_DROPPED: on its way out of this socket */
	EVENT_BOTH_WAYS = 1 << 4,	/* EVENT_CAPTURED: the capture also contains what `remote` sends */
	EVENT_FROM_CAPTURE = 1 << 5,	/* EVENT_ICMP_ERROR: in a capture file, neither end counts as this host's */
	EVENT_REPORTER = 1 << 6,	/* EVENT_ICMP_ERROR: a struct event_reporter follows */
	EVENT_DTLS = 1 << 7,		/* EVENT_UNREAD: one of the first datagrams begins like a DTLS handshake */
	/* The addresses were translated between two hosts, and are those that the client uses. Only in merged traces. */
	EVENT_TRANSLATED = 1 << 8,
	/* EVENT_SENT, EVENT_READ: the socket was non-blocking (O_NONBLOCK) at that time. */
	EVENT_NONBLOCKING = 1 << 9,
};

struct event_endpoint {
	__u8 ip[16];		/* IPv6, or IPv4-mapped (RFC 4291 s2.5.5.2); network order */
	__u16 port;		/* host order */
	__u16 reserved;
};

/*
 * Layout: this header, num_items items, then hello_len bytes of the datagram at hello_off. These
 * bytes begin with the fragment of hello_item and may include later hellos (see HELLO_GAP). `size`
 * covers all of it and may be larger than what is used.
 */
struct event {
	__u16 size;		/* of the whole event, bytes, a multiple of 8 */
	__u8 abi;		/* EVENT_ABI */
	__u8 kind;		/* enum event_kind */
	__u16 flags;		/* enum event_flags */
	__u8 malformed;		/* enum dtls_malformed: why the walk ended early */
	__u8 num_items;		/* 0..EVENT_MAX_ITEMS; 0 unless SENT, QUEUED, DROPPED or CAPTURED */
	__u64 time_ns;		/* CLOCK_MONOTONIC; CAPTURED: time since the first packet of the capture */
	__u64 socket;		/* unique during the trace; 0 unknown */
	__u64 datagram;		/* n-th DTLS datagram that reached this socket, from 1; 0: none.
				 * EVENT_READ and EVENT_DROPPED have the number of their EVENT_QUEUED */
	__u64 cgroup_id;	/* of the owner, cgroup v2; 0 unknown */
	__u32 netns;		/* inode of the socket's network namespace; 0 unknown */
	__u32 pid;		/* tgid of the last process that used the socket, in the tracer's PID
				 * namespace; in the initial one if the process is not in the tracer's */
	__u32 tid;		/* thread of that process that used it, in the same namespace */
	__u32 uid;		/* user of that process, in the initial user namespace */
	__u32 length;		/* of the UDP payload, bytes */
	__u32 copied;		/* EVENT_READ: bytes the reader got; less than length if its buffer was
				 * smaller */
	__u32 unread;		/* EVENT_CLOSED, EVENT_UNREAD: datagrams in the receive queue, DTLS or not */
	__u32 drop_reason;	/* EVENT_DROPPED: enum skb_drop_reason of this kernel; 0 unknown */
	__u16 error;		/* EVENT_SEND_FAILED, EVENT_ICMP_ERROR: the errno, positive; 0 unknown */
	__u8 icmp_type;		/* EVENT_ICMP_ERROR: as in the packet; 0 unknown (no error has type 0) */
	__u8 icmp_code;		/* valid if icmp_type is */
	char comm[EVENT_COMM_LEN];	/* of the process; untrusted bytes, may lack a final 0 */
	struct event_endpoint local;
	struct event_endpoint remote;
	__u16 hello_off;	/* from the start of the event; 0: no body */
	__u16 hello_len;	/* 0..EVENT_HELLO_MAX */
	__u16 hello_item;	/* the item (a message) whose fragment comes first at hello_off */
	__u16 host;		/* of several merged traces: which of trace_info.hosts, from 1. The kernel and
				 * recordings have 0 here */
	__u32 ns_pid;		/* `pid` in the innermost PID namespace of the process; 0 unknown */
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
 * May one more of these datagrams cause an event? EVENT_OTHER_FIRST (256) may at once, then one
 * every 100 ms. The next event also counts those that caused none; the kernel emits one before the
 * next DTLS datagram of the association. `told_until` belongs to the association and begins at 0.
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

/* Takes the place of the items in EVENT_OTHER: all that passed since the association's last ClientHello. */
struct event_other {
	__u32 received[EVENT_OTHER_KINDS];	/* from `remote` to `local` */
	__u32 sent[EVENT_OTHER_KINDS];		/* from `local` to `remote` */
};
_Static_assert(sizeof(struct event_other) == 24, "event ABI: as long as an item");

/* Takes the place of the items in an EVENT_ICMP_ERROR with EVENT_REPORTER: what else the ICMP message had. */
struct event_reporter {
	__u8 ip[16];		/* its source, IPv6 or IPv4-mapped */
	__u32 mtu;		/* of the next hop (RFC 1191 s4, RFC 4443 s3.2), bytes; 0: it gave none */
	__u32 reserved;
};
_Static_assert(sizeof(struct event_reporter) == 24, "event ABI: as long as an item");

static inline __attribute__((always_inline, unused)) int event_has_reporter(const struct event *ev)
{
	return ev->kind == EVENT_ICMP_ERROR && ev->flags & EVENT_REPORTER;
}

enum event_library_name {
	LIBRARY_OPENSSL = 1,
	LIBRARY_GNUTLS,
	LIBRARY_MBEDTLS,
	LIBRARY_WOLFSSL,
	LIBRARY_NSS,
	LIBRARY_LAST = LIBRARY_NSS,
};

enum event_library_call {
	LIBRARY_HANDSHAKE = 1,	/* goes on with the handshake: SSL_do_handshake, gnutls_handshake, ... */
	LIBRARY_LISTEN,		/* waits for a ClientHello with a cookie: DTLSv1_listen */
	LIBRARY_TIMER_ASKED,	/* how long until a flight must be sent again: DTLSv1_get_timeout, ... */
	LIBRARY_TIMER_HANDLED,	/* sends a flight again if it is time: DTLSv1_handle_timeout, ... */
	LIBRARY_ERROR,		/* the library raised an error */
	LIBRARY_ALERT_SENT,	/* the application sends an alert: gnutls_alert_send; `reason` is its description */
	LIBRARY_FREED,		/* the session ends: SSL_free, ... */
	LIBRARY_CALL_LAST = LIBRARY_FREED,
};

enum event_library_step {
	LIBRARY_ONCE,		/* LIBRARY_ERROR, LIBRARY_ALERT_SENT, LIBRARY_FREED */
	LIBRARY_ENTERED,	/* the call begins; it may never return */
	LIBRARY_RETURNED,	/* it ends; `result` is valid */
};

#define LIBRARY_NO_TIMER (~0ULL)
#define LIBRARY_TEXT_LEN 48

/*
 * Takes the place of the items in EVENT_LIBRARY. Nothing but integers and the library's own static
 * strings; a number that the library does not have, or that is not known, is 0.
 */
struct event_library {
	__u8 library;		/* enum event_library_name */
	__u8 call;		/* enum event_library_call */
	__u8 step;		/* enum event_library_step */
	__u8 reserved;
	__s32 result;		/* LIBRARY_RETURNED: as the library returned it; LIBRARY_ERROR: number of the function (OpenSSL 1.1.1) */
	__u64 object;		/* tells the sessions of a process apart (an address in it); 0 unknown */
	__u64 timer_ns;		/* LIBRARY_TIMER_ASKED, LIBRARY_RETURNED: time left; LIBRARY_NO_TIMER: none runs */
	__u32 area;		/* LIBRARY_ERROR: OpenSSL's number of the part that raised it (20: SSL) */
	__u32 reason;		/* LIBRARY_ERROR, LIBRARY_ALERT_SENT: a number of this library */
	__u32 line;		/* of `file` */
	__u32 version;		/* of the library: major << 24 | minor << 16 | patch << 8; 0 unknown */
	char file[LIBRARY_TEXT_LEN];		/* LIBRARY_ERROR: source file, its last bytes if it is longer */
	char function[LIBRARY_TEXT_LEN];	/* LIBRARY_ERROR: function; both: untrusted, may lack a final 0 */
};
_Static_assert(sizeof(struct event_library) == 136, "event ABI: whole words");

static inline __attribute__((always_inline, unused)) const struct event_library *event_library(const struct event *ev)
{
	return ev->kind == EVENT_LIBRARY ? (const struct event_library *)(const void *)ev->items : 0;
}

/* Number of used bytes in a valid event, up to its hello; what lies between them and the hello has no meaning. */
static inline __attribute__((always_inline, unused)) __u32 event_used(const struct event *ev)
{
	if (event_has_reporter(ev))
		return sizeof(struct event) + sizeof(struct event_reporter);
	if (ev->kind == EVENT_LIBRARY)
		return sizeof(struct event) + sizeof(struct event_library);
	return ev->kind == EVENT_OTHER ? sizeof(struct event) + sizeof(struct event_other) :
					 sizeof(struct event) + ev->num_items * sizeof(struct dtls_item);
}

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
EVENT_ASSERT_OFFSET(host, 138);
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
 * The sizes that the kernel reserves in the ring buffer. A reservation needs a constant size. Most
 * datagrams fit EVENT_SIZE_SMALL.
 */
#define EVENT_SMALL_ITEMS 8	/* both are powers of two, so that a mask can be the verifier's bound */
#define EVENT_SMALL_HELLO 384
_Static_assert(!(EVENT_SMALL_ITEMS & (EVENT_SMALL_ITEMS - 1)), "a power of two");
_Static_assert(!(EVENT_MAX_ITEMS & (EVENT_MAX_ITEMS - 1)), "a power of two");
#define EVENT_SIZE(items, hello) (sizeof(struct event) + (items) * sizeof(struct dtls_item) + (hello))
#define EVENT_SIZE_BARE EVENT_SIZE(0, 0)
#define EVENT_SIZE_OTHER (sizeof(struct event) + sizeof(struct event_other))
#define EVENT_SIZE_REPORTER (sizeof(struct event) + sizeof(struct event_reporter))
#define EVENT_SIZE_LIBRARY (sizeof(struct event) + sizeof(struct event_library))
#define EVENT_SIZE_SMALL EVENT_SIZE(EVENT_SMALL_ITEMS, 0)
#define EVENT_SIZE_HELLO EVENT_SIZE(EVENT_SMALL_ITEMS, EVENT_SMALL_HELLO)
#define EVENT_SIZE_LARGE EVENT_SIZE(EVENT_MAX_ITEMS, EVENT_HELLO_MAX)

/* What the kernel counts, summed over all CPUs. Whatever is not emitted has its cause here. */
enum event_counter {
	COUNTER_EVENTS,			/* events emitted */
	COUNTER_NOT_DTLS,		/* UDP datagrams that are not DTLS */
	COUNTER_APPLICATION_DATA,	/* datagrams of established associations, not emitted by design */
	COUNTER_FILTERED,		/* DTLS, but does not match the filters */
	COUNTER_OWNER_UNKNOWN,		/* not emitted: a process filter is set and the owner is unknown */
	COUNTER_LOST_RING_FULL,		/* lost: no space in the ring buffer */
	COUNTER_LOST_UNREADABLE,	/* lost: headers of the packet could not be read */
	COUNTER_LOST_NO_STATE,		/* lost: no room for the state of its socket or datagram */
	COUNTER_DROPS_UNREADABLE,	/* dropped packets of which no byte could be read: maybe DTLS */
	COUNTER_LOST_MISSED,		/* lost: hook calls that the kernel skipped; counted by user space */
	COUNTER_FOLLOWED,		/* processes traced since they were forked */
	COUNTER_ENDED,			/* traced processes that have ended */
	COUNTER_DROPS_MISSED,		/* freed packets, any protocol, that the kernel did not report; by user space */
	COUNTER_RATE_LIMITED,		/* not looked at because of the rate limit, see bpf/limit.bpf.h */
	COUNTER_FOREIGN_UNREADABLE,	/* could not be read, but does not match the filters: no loss */
	COUNTER_SOCKETS,		/* UDP sockets of the traced processes, open at the start or opened since */
	COUNTER_LIBRARY_LIMITED,	/* calls and errors of TLS libraries left out: too many in a second, see bpf/library.bpf.h */
	COUNTER_MAX,
};

/* Why the picture may be incomplete. */
enum missing {
	MISSING_LOST = 1 << 0,		/* events that were lost */
	MISSING_LIMITED = 1 << 1,	/* datagrams that the rate limit skipped */
	MISSING_PART = 1 << 2,		/* all events since the latest one: a part of the recording */
	MISSING_HOST = 1 << 3,		/* of a handshake, what came before the trace of one of its hosts began */
};

/* Counters of one CPU. They fill whole cache lines. */
#define COUNTERS_PER_CPU 32	/* a power of two, so that a mask can be the verifier's bound */
_Static_assert(COUNTER_MAX <= COUNTERS_PER_CPU, "room for each");
struct event_counters {
	__u64 n[COUNTERS_PER_CPU];
};

#endif
