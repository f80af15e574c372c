/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Maps, knobs and counters: all state of the BPF programs. Sizes given here are defaults; the
 * loader may change them before loading.
 */
#ifndef DTLSNOOP_MAPS_BPF_H
#define DTLSNOOP_MAPS_BPF_H

#include "vmlinux.h"
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "dtls_has.h"
#include "event.h"
#include "owner.h"

/* Knobs, set by the loader before loading. The verifier removes code that they rule out. */
const volatile bool filter_by_port = false;
/* A socket is wanted once a process that matches all of these has used it. Without filters all are wanted. */
const volatile bool filter_by_owner = false;
const volatile bool filter_by_pid = false;
const volatile bool filter_by_comm = false;
const volatile char filter_comm[EVENT_COMM_LEN] = "";
const volatile __u64 filter_cgroup = 0;	/* id of the root of a subtree of cgroup v2 */
/* Inode of the PID namespace whose numbers are used; 0: the initial one. */
const volatile __u32 filter_pidns = 0;
/* Inode of the only network namespace that is wanted; 0: all of them. */
const volatile __u32 filter_netns = 0;
/* No hook shows which packet is read. */
const volatile bool match_reads_by_order = false;
/* found_owners has entries. */
const volatile bool owners_were_found = false;
/* Let in one stranger's datagram per this many nanoseconds; 0: no limit. See limit.bpf.h. */
const volatile __u64 limit_interval_ns = 0;
/* Take note of the threads that send and read handshakes, because the calls of their TLS libraries are hooked. */
const volatile bool follow_threads = false;
/* Wake user space when this many bytes are in the ring buffer. User space also polls. */
const volatile __u64 wakeup_bytes = 64 * 1024;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} events SEC(".maps");

#define BPF_F_MMAPABLE 1024	/* include/uapi/linux/bpf.h */

/*
 * Indexed by CPU; the loader sets the number of CPUs. User space maps it and reads it without a
 * system call, so without a capability.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event_counters);
} counters SEC(".maps");

/* With filter_by_pid: the tgids that are traced and alive, in filter_pidns. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u8);
} pids SEC(".maps");

/* With filter_by_port: local or remote ports, host order. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u16);
	__type(value, __u8);
} ports SEC(".maps");

struct socket_state {
	/* The last process that used it. `current` is meaningless on receive, so this is used there. */
	struct owner owner;
	__u64 id;		/* event.socket: random, because the kernel reuses the addresses of sockets */
	__u64 num_queued;	/* number of the last datagram emitted as EVENT_QUEUED */
	__u64 num_read;		/* datagrams up to this number no longer wait; with match_reads_by_order */
	__u64 num_reads;	/* reads of any kind; only with match_reads_by_order */
	__u32 netns;		/* 0: unknown */
	__u32 num_sent;		/* datagrams emitted as EVENT_SENT */
	__u32 num_waiting;	/* packets emitted as EVENT_QUEUED and neither read nor dropped; see
				 * flow.bpf.h */
	__u32 open_until;	/* seconds: a handshake is under way on it until then; 0: none was */
	__u32 wanted;		/* a process that matches the filters has or had it */
	__u32 counted;		/* in COUNTER_SOCKETS */
};

/* By address of the struct sock; deleted when the socket is closed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct socket_state);
} sockets SEC(".maps");

/* By address of the struct sock: sockets with unread datagrams since the trace began. */
struct unread_socket {
	__u64 id;		/* socket_state.id */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct unread_socket);
} unread_sockets SEC(".maps");

/* By socket cookie: owners that user space found in /proc on kernels without the iterator. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct owner);
} found_owners SEC(".maps");

/* What a thread did lately; see library.bpf.h. Only the thread itself changes it. */
struct thread_state {
	__u64 spoke_ns;		/* when it last sent or read a datagram of a handshake; 0: it did not */
	__u64 other_ns;		/* when it last called a library for a session that is not DTLS; 0: it did not */
	__u64 spent;		/* budget of calls, see library_take(): all of it up to this time */
	__u64 errors_spent;	/* the same for errors */
	/* The call that it is in; 0 in `call`: none. */
	__u64 object;
	__u64 stack;		/* stack pointer when the call has returned */
	__u64 timer_at;		/* LIBRARY_TIMER_ASKED: address of the struct timeval that the call fills */
	__u64 timer_ns;		/* the same: see struct event_library */
	__u32 version;
	__u8 library;		/* enum event_library_name */
	__u8 call;		/* enum event_library_call */
	__u8 is_told;		/* LIBRARY_ENTERED was emitted */
	__u8 reserved;
	__s32 raised;		/* wolfSSL: the latest error of the call, whose return tells whether it is one; 0: none */
	__u32 line;
	/* Addresses in the process: where the error that is raised next happened, or `raised`. */
	__u64 file;
	__u64 function;
};

/* By tgid (upper half) and tid, in the initial PID namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct thread_state);
} threads SEC(".maps");

/* A packet that was emitted as EVENT_QUEUED, until it is read or dropped. */
struct queued {
	struct event_endpoint local;
	struct event_endpoint remote;
	__u64 sock;		/* address of the socket ... */
	__u64 socket;		/* ... and its socket_state.id */
	__u64 first;		/* number of its first datagram ... */
	__u32 num;		/* ... and how many it holds: more than one after GRO */
	__u32 segment;		/* bytes of each datagram but the last, if num > 1 */
	__u32 length;		/* payload of these datagrams */
	__u32 total;		/* payload of all datagrams of the packet, DTLS or not */
	__u32 ipv4;
	__u64 time_ns;		/* when it was queued */
};

/* By the address of the struct sk_buff. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct queued);
} queued_packets SEC(".maps");

/*
 * For kernels whose hook on reads shows a socket and a length, but no packet: which packet has this
 * number, and which read of the socket can take it. UDP receive queues are first in, first out.
 */
struct number_key {
	__u64 socket;		/* socket_state.id */
	__u64 number;
};

struct number {
	__u64 packet;
	__u64 read;		/* at the earliest this read takes it, as socket_state.num_reads counts */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct number_key);
	__type(value, struct number);
} queued_numbers SEC(".maps");

/*
 * Two addresses, seen from one of them. Only a valid plaintext handshake header creates an
 * association, so that a flood of anything else evicts none.
 */
struct association_key {
	struct event_endpoint local;
	struct event_endpoint remote;
	__u32 netns;
	__u32 reserved;
};

struct association {
	__u64 sock;		/* address of the socket that used it last; 0: none */
	/* Since the last ClientHello, per direction (1: sent): */
	__u8 data[2];		/* enum data_shown */
	__u8 num_hidden[2];	/* datagrams with an encrypted content type that were emitted, since the
				 * last handshake datagram */
	__u8 num_sealed[2];	/* the same for what looks like epoch 2 of DTLS 1.3, since the ClientHello */
	__u8 num_failed;	/* failed sends */
	__u8 num_icmp;		/* ICMP errors */
	struct event_other other;	/* datagrams that are not DTLS; see other.bpf.h */
	__u64 other_told_until;	/* see event_other_is_told() */
	__u64 other_is_untold;	/* other has changed since its last event */
	/* As long as the association is known, whatever the ClientHello: */
	__u64 spent;		/* struct limit.spent of its share */
	__u64 limited_until;	/* ignored until this time, ns */
	__u32 is_answered;	/* this host treats the peer as real: it sent LIMIT_CLIENT or LIMIT_SERVER */
	__u32 flow_counted;	/* its FLOW_ bits that its struct flow_mark counts ... */
	__u32 flow_round;	/* ... if that is still in this round */
	__u32 num_let;		/* datagrams that were let in as its first ones */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct association_key);
	__type(value, struct association);
} associations SEC(".maps");

/* A bucket of the rate limit; see limit.bpf.h. */
struct limit {
	__u64 spent;		/* everything up to this time, ns */
	__u64 reserved[7];	/* each has a cache line of its own */
};

#define LIMIT_BUCKETS 9

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LIMIT_BUCKETS);
	__type(key, __u32);
	__type(value, struct limit);
} limits SEC(".maps");

/* What an association wants in addition to records that are always wanted, by direction (1: sent). */
#define FLOW_DATA(dir) (dir)		/* its first application data */
#define FLOW_SEALED(dir) (2 + (dir))	/* epoch 2 of DTLS 1.3: the handshake */
#define FLOW_WANTS 4

/* Shared by all associations that have the same hash; see flow.bpf.h. */
struct flow_mark {
	union {
		__u32 wants[FLOW_WANTS];	/* number of associations that want it */
		__u64 any[FLOW_WANTS / 2];	/* two at a time */
	};
	__u32 until;		/* the counts end at this time, seconds of CLOCK_MONOTONIC; 0: no counts */
	__u32 round;		/* of counting; grows each time the counts are reset */
	__u32 tag;		/* of the latest association, for statistics */
	__u32 reserved;
};

/* What is awaited at a local port, or at others with the same low bits; see flow.bpf.h. */
struct movers {
	__u32 until;		/* clients may come from another port of their NAT until then, seconds; 0: none may */
	__s32 left;		/* so many datagrams of such clients are let in */
};

/*
 * Checked for each packet and each read. Global variables make a check a load, without a call and
 * without a key of 48 bytes. The arrays hold counts by hash. Entries with the same hash add up,
 * even across namespaces. Some traffic is then checked more closely than needed, but none is
 * overlooked.
 */
#define FLOW_MARKS_BITS 14
#define SOCKETS_BITS 14
#define MOVERS_BITS 14
#define FLOWS_UNTIL_BITS 19
struct shared {
	/*
	 * Always 0, but the verifier does not know that. XOR with it makes the verifier forget what
	 * it knows of a number. Each round of a loop then has the same state, and the verifier
	 * explores it once, not once for every path that leads there.
	 */
	volatile __u64 unknown_zero;
	volatile __u64 woken_ns;	/* when user space was last woken */
	/*
	 * Packets emitted as EVENT_QUEUED and neither read nor dropped: in all, and by hash of the
	 * socket's address. The total comes first, because to get the address takes a call, which
	 * costs more than all other checks of a read.
	 */
	volatile __u32 all_waiting;
	__u32 reserved[11];		/* the rest of a cache line */
	__u32 sockets_waiting[1 << SOCKETS_BITS];
	/* By the same hash: struct limit.spent of first datagrams between these sockets and strangers. */
	__u64 strangers[1 << SOCKETS_BITS];
	struct flow_mark flow_marks[1 << FLOW_MARKS_BITS];
	struct movers movers[1 << MOVERS_BITS];
	/*
	 * Until when the rate limit knows a flow: the low 16 bits of the second, 0: never. In a flood,
	 * almost no datagram has a flow that is known, and to search the table of associations costs
	 * far more than all else. More entries than marks, because a flood uses thousands a second.
	 */
	__u16 flows_until[1 << FLOWS_UNTIL_BITS];
};

/* The only global variable. Both objects define it and share one map, so it must be the same in both. */
static struct shared shared;

#define FORGET(number) ((number) ^= shared.unknown_zero)

/*
 * A length from 1 to `max` that the verifier accepts, or 0. The two tests are apart and signed:
 * otherwise the compiler makes one range check of them, on another register, or `!= 0`. Kernels
 * before 6.2 conclude nothing from either.
 */
static __always_inline __s64 bounded_len(__s64 len, __s64 max)
{
	if (len > max)
		len = max;
	barrier_var(len);
	if (len <= 0)
		return 0;
	barrier_var(len);
	return len > max ? 0 : len;
}

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Counters of this CPU, NULL if it has none. */
static __always_inline struct event_counters *own_counters(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&counters, &cpu);
}

static __always_inline void count(__u32 counter)
{
	struct event_counters *own = own_counters();

	/* Atomic, because an incoming packet may interrupt an outgoing one. */
	if (own)
		__sync_fetch_and_add(&own->n[counter & (COUNTERS_PER_CPU - 1)], 1);
}

/*
 * Count a datagram that is ignored. This is the most frequent case, and an atomic addition would be
 * a third of its cost. A packet that interrupts between load and store is not counted.
 */
static __always_inline void count_passing(__u32 counter)
{
	struct event_counters *own = own_counters();

	if (LIKELY(own))
		own->n[counter & (COUNTERS_PER_CPU - 1)]++;
}

#endif
