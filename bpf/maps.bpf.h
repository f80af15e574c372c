/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Maps, knobs and counters: all the state the BPF programs have. Sizes given
 * here are defaults; the loader may set others before loading.
 */
#ifndef DTLSNOOP_MAPS_BPF_H
#define DTLSNOOP_MAPS_BPF_H

#include "vmlinux.h"
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "dtls_has.h"
#include "event.h"
#include "owner.h"

/* Knobs, set by the loader before loading; the verifier removes what they rule out. */
const volatile bool filter_by_port = false;
/* A socket is wanted once a process that all of these fit has had it; none: all are. */
const volatile bool filter_by_owner = false;
const volatile bool filter_by_pid = false;
const volatile bool filter_by_comm = false;
const volatile char filter_comm[EVENT_COMM_LEN] = "";
const volatile __u64 filter_cgroup = 0;	/* id of the root of a subtree of cgroup v2 */
/* Inode of the PID namespace that numbers processes for us; 0: the initial one. */
const volatile __u32 filter_pidns = 0;
/* Inode of the only network namespace that is wanted; 0: all are. */
const volatile __u32 filter_netns = 0;
/* There is no hook that shows which packet is read. */
const volatile bool match_reads_by_order = false;
/* found_owners has something. */
const volatile bool owners_were_found = false;
/* One datagram of a stranger in this many nanoseconds; 0: no limit. See limit.bpf.h. */
const volatile __u64 limit_interval_ns = 0;
/* Wake user space when this many bytes wait in the ring; it also polls by itself. */
const volatile __u64 wakeup_bytes = 64 * 1024;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} events SEC(".maps");

#define BPF_F_MMAPABLE 1024	/* include/uapi/linux/bpf.h */

/*
 * By CPU; the loader sets how many there may be. Mapped by user space, which reads
 * it without a system call, and so without a capability.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event_counters);
} counters SEC(".maps");

/* With filter_by_pid: the tgids that are traced, as long as they live, as filter_pidns numbers them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u8);
} pids SEC(".maps");

/* With filter_by_port: the ports, host order, local or remote. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u16);
	__type(value, __u8);
} ports SEC(".maps");

struct socket_state {
	/* The process that used it last: on receive `current` means nothing, this does. */
	struct owner owner;
	__u64 id;		/* event.socket: random, since addresses of sockets are used again */
	__u64 num_queued;	/* number of the last datagram emitted as EVENT_QUEUED */
	__u64 num_read;		/* up to this number none waits any longer; with match_reads_by_order */
	__u64 num_reads;	/* reads of any kind; counted only with match_reads_by_order */
	__u32 netns;		/* 0: unknown */
	__u32 num_sent;		/* datagrams emitted as EVENT_SENT */
	__u32 num_waiting;	/* packets emitted as EVENT_QUEUED, neither read nor dropped; see flow.bpf.h */
	__u32 open_until;	/* seconds: a handshake is under way on it until then, 0: none was */
	__u64 wanted;		/* a process that was asked for has it, or had it */
	__u64 strangers;	/* struct limit.spent, of strangers' first datagrams to it, or its own to them */
};

/* By the address of the struct sock; deleted when it is closed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct socket_state);
} sockets SEC(".maps");

/* By socket cookie: owners that user space found in /proc, where no iterator can. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct owner);
} found_owners SEC(".maps");

/* A packet that was emitted as EVENT_QUEUED, until it is read or dropped. */
struct queued {
	struct event_endpoint local;
	struct event_endpoint remote;
	__u64 sock;		/* address of the socket ... */
	__u64 socket;		/* ... and its socket_state.id */
	__u64 first;		/* number of its first datagram ... */
	__u32 num;		/* ... and how many it holds: more than one after GRO */
	__u32 segment;		/* bytes of each but the last, with num > 1 */
	__u32 length;		/* payload of all of them */
	__u32 total;		/* and of all datagrams of the packet, whatever they are */
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
 * Where the hook on reads shows a socket and a length but no packet: which packet
 * had this number, and which read of the socket is to take it. UDP receive
 * queues are first in, first out.
 */
struct number_key {
	__u64 socket;		/* socket_state.id */
	__u64 number;
};

struct number {
	__u64 packet;
	__u64 read;		/* it is the n-th read since num_reads is counted, at the earliest */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct number_key);
	__type(value, struct number);
} queued_numbers SEC(".maps");

/*
 * Two addresses, seen from one of them. Created only by a valid plaintext
 * handshake header, so that a flood of anything else evicts nobody.
 */
struct association_key {
	struct event_endpoint local;
	struct event_endpoint remote;
	__u32 netns;
	__u32 reserved;
};

struct association {
	__u64 sock;		/* address of the socket that used it last, 0: none */
	/* Since the last ClientHello, per direction (1: sent): */
	__u8 num_data[2];	/* datagrams of application data emitted */
	__u8 num_hidden[2];	/* and of those whose content type is encrypted, since the last of the handshake */
	__u8 num_sealed[2];	/* and of those in what looks like epoch 2 of DTLS 1.3 */
	__u8 num_failed;	/* sends that failed */
	__u8 num_icmp;		/* ICMP errors */
	struct event_other other;	/* datagrams that are not DTLS; see other.bpf.h */
	__u64 other_told_until;	/* see event_other_is_told() */
	__u64 other_is_untold;	/* there are more of them than the last event says */
	/* As long as it is known, by whatever ClientHello: */
	__u64 spent;		/* struct limit.spent, of its share */
	__u64 limited_until;	/* nothing of it is looked at until then, ns */
	__u32 is_answered;	/* this host takes its peer for real: LIMIT_CLIENT or LIMIT_SERVER was sent */
	__u32 flow_counted;	/* as what it is counted in its struct flow_mark, a bit each ... */
	__u32 flow_round;	/* ... in this round */
	__u32 num_let;		/* datagrams let in as its first ones */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct association_key);
	__type(value, struct association);
} associations SEC(".maps");

/* What may be spent by LIMIT_BUCKETS kinds of datagrams; see limit.bpf.h. */
struct limit {
	__u64 spent;		/* all up to this time, ns */
	__u64 reserved[7];	/* a cache line for each */
};

#define LIMIT_BUCKETS 9

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LIMIT_BUCKETS);
	__type(key, __u32);
	__type(value, struct limit);
} limits SEC(".maps");

/* What is wanted of a flow beside the records that always are, by direction (1: sent). */
#define FLOW_DATA(dir) (dir)		/* its first application data */
#define FLOW_SEALED(dir) (2 + (dir))	/* epoch 2 of DTLS 1.3: handshake */
#define FLOW_WANTS 4

/* Between two addresses, or several that share the place; see flow.bpf.h. */
struct flow_mark {
	union {
		__u32 wants[FLOW_WANTS];	/* associations here that want it */
		__u64 any[FLOW_WANTS / 2];	/* two at a time */
	};
	__u32 until;		/* seconds of CLOCK_MONOTONIC: then the counts end; 0: there are none */
	__u32 round;		/* of counting: it grows whenever they end */
	__u32 tag;		/* of the association that came last, for statistics */
	__u32 reserved;
};

/*
 * What each packet and each read is asked, in global variables: a look is a load, with no
 * call and no key of 48 bytes. The arrays have counts by a hash. Where several share a place,
 * of whatever namespace, their counts add up: traffic of one is looked at more closely for
 * another's sake, and none is overlooked.
 */
#define FLOW_MARKS_BITS 14
#define SOCKETS_WAITING_BITS 14
struct shared {
	/*
	 * Always 0, but the verifier does not know: XOR with it makes it forget what it
	 * knows of a number. It then finds each round of a loop in the same state and
	 * explores it once, not once for every way that leads there.
	 */
	volatile __u64 unknown_zero;
	volatile __u64 woken_ns;	/* when user space was woken last */
	/*
	 * Packets that were emitted as EVENT_QUEUED and are neither read nor dropped: all of
	 * them, and by the address of the socket. To have that is a call, which costs more than
	 * all else that a read is asked.
	 */
	volatile __u32 all_waiting;
	__u32 reserved[11];		/* the rest of a cache line */
	__u32 sockets_waiting[1 << SOCKETS_WAITING_BITS];
	struct flow_mark flow_marks[1 << FLOW_MARKS_BITS];
};

/* The only variable: the loader makes one map of that of both objects, which must be alike. */
static struct shared shared;

#define FORGET(number) ((number) ^= shared.unknown_zero)

/*
 * A length from 1 to `max` that the verifier believes in, 0 for none. The two
 * tests stand apart and are signed: the compiler would make them one range
 * check on another register, or `!= 0`, and kernels before 6.2 conclude nothing
 * from either.
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

/* Those of this CPU, NULL: there are none. */
static __always_inline struct event_counters *own_counters(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&counters, &cpu);
}

static __always_inline void count(__u32 counter)
{
	struct event_counters *own = own_counters();

	/* Atomic, for a packet on its way in may interrupt one on its way out. */
	if (own)
		__sync_fetch_and_add(&own->n[counter & (COUNTERS_PER_CPU - 1)], 1);
}

/*
 * Of what is none of our business: that happens most often, and an atomic addition would be
 * a third of what it costs. A packet that comes between its load and its store is not counted.
 */
static __always_inline void count_passing(__u32 counter)
{
	struct event_counters *own = own_counters();

	if (LIKELY(own))
		own->n[counter & (COUNTERS_PER_CPU - 1)]++;
}

#endif
