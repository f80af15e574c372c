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

#include "event.h"

/* Knobs, set by the loader before loading; the verifier removes what they rule out. */
const volatile bool filter_by_pid = false;
const volatile bool filter_by_port = false;
/* Wake user space when this many bytes wait in the ring; it also polls by itself. */
const volatile __u64 wakeup_bytes = 64 * 1024;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_MAX);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* With filter_by_pid: the tgids that are traced. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
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

/* The process that used a socket last. On receive `current` means nothing: this does. */
struct owner {
	__u64 cgroup_id;
	__u32 pid;		/* 0: unknown */
	__u32 tid;
	char comm[EVENT_COMM_LEN];
};

struct socket_state {
	struct owner owner;
	__u64 num_queued;	/* number of the last datagram emitted as EVENT_QUEUED */
	__u64 num_read;		/* number of the last one known to be read */
	__u32 netns;		/* 0: unknown */
	__u32 num_sent;		/* datagrams emitted as EVENT_SENT */
};

/* By socket cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct socket_state);
} sockets SEC(".maps");

/*
 * Datagrams queued and not yet read. The read hook sees a socket and a length
 * but no packet, so a read is matched with the first unread datagram of that
 * length: UDP receive queues are first in, first out.
 */
struct unread_key {
	__u64 socket;
	__u64 datagram;
};

struct unread {
	struct event_endpoint local;
	struct event_endpoint remote;
	__u32 length;
	__u32 ipv4;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct unread_key);
	__type(value, struct unread);
} unread_datagrams SEC(".maps");

/*
 * A socket and one of its peers. Created only by a valid plaintext handshake
 * header, so that a flood of anything else evicts nobody.
 */
struct association_key {
	__u64 socket;
	struct event_endpoint remote;
	__u32 reserved;
};

/* How much application data was emitted since the last ClientHello, per direction. */
struct association {
	__u8 num_data[2];	/* datagrams of application data */
	__u8 num_hidden[2];	/* datagrams whose content type is encrypted */
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct association_key);
	__type(value, struct association);
} associations SEC(".maps");

static __always_inline void count(__u32 counter)
{
	__u64 *n = bpf_map_lookup_elem(&counters, &counter);

	if (n)
		(*n)++;
}

#endif
