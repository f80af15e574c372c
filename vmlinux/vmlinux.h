/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types that the BPF programs read, reduced by hand to the members
 * they read. Offsets here mean nothing: libbpf relocates each access against
 * the BTF of the running kernel (CO-RE). `vmlinux/check` compares names and
 * types with a real kernel's BTF.
 */
#ifndef DTLSNOOP_VMLINUX_H
#define DTLSNOOP_VMLINUX_H

/* Tells bpf_tracing.h that registers have the kernel's names. */
#define __VMLINUX_H__

#include <linux/bpf.h>
#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	possible_net_t nd_net;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long long counter;
} atomic64_t;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;			/* local port, host order */
	unsigned short skc_family;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

struct sk_buff_head {
	struct sk_buff *next;		/* the head itself if the list is empty */
	__u32 qlen;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	struct {
		atomic_t rmem_alloc;	/* of the receive buffer, bytes in use */
	} sk_backlog;
	unsigned short sk_type;
	unsigned short sk_protocol;	/* bit-field before 5.6 (bf9765145b85) */
	int sk_err;
	struct socket *sk_socket;	/* NULL: no process has it */
};

struct udp_sock {
	struct sk_buff_head reader_queue;
	int forward_deficit;		/* bytes of rmem_alloc that are free already */
};

struct socket {
	struct file *file;
	struct sock *sk;
};

struct msghdr {
	void *msg_name;			/* a sockaddr in kernel memory, or NULL */
	int msg_namelen;
};

struct sk_buff {
	struct sk_buff *next;
	struct net_device *dev;		/* overwritten once queued on a socket */
	struct sock *sk;
	unsigned long _skb_refdst;	/* struct dst_entry *, lowest bit: no reference held */
	unsigned long _nfct;		/* struct nf_conn *, low three bits: enum ip_conntrack_info */
	unsigned int len;
	unsigned int data_len;		/* of len, what is not in the linear area */
	int skb_iif;			/* 0: made here, not received */
	__u16 transport_header;		/* from head */
	__u16 network_header;
	unsigned int end;		/* from head (64-bit kernels): where skb_shared_info is */
	unsigned char *head;
	unsigned char *data;
};

/* Only its size matters. */
struct page {
};

/* Page fragments are struct bio_vec up to 6.8, then have a type of their own. */
struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

struct skb_frag {
	unsigned long netmem;		/* struct page *, lowest bit: memory of a device */
	unsigned int len;
	unsigned int offset;
};

typedef struct skb_frag skb_frag_t;

struct skb_shared_info {
	__u8 nr_frags;
	unsigned short gso_size;
	struct sk_buff *frag_list;
	skb_frag_t frags[17];
};

/* What conntrack knows of a flow. Where it is a module, it may have a BTF of its own, or none. */
union nf_inet_addr {
	__u32 all[4];
};

struct nf_conntrack_tuple {
	struct {
		union nf_inet_addr u3;
		union {
			__be16 all;
		} u;
	} dst;
};

struct nf_conntrack_tuple_hash {
	struct nf_conntrack_tuple tuple;
};

struct nf_conn {
	struct nf_conntrack_tuple_hash tuplehash[2];
	unsigned long status;
};

/* Both begin with a struct dst_entry, which sk_buff._skb_refdst points to. */
struct rtable {
	__u16 rt_type;
};

struct rt6_info {
	__u32 rt6i_flags;
};

struct kernfs_node {
	unsigned long long id;		/* union before 5.5 (67c0496e87d1) */
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

typedef struct {
	unsigned int val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct signal_struct {
	atomic_t live;			/* threads that have not ended */
};

struct pid_namespace {
	struct ns_common ns;
};

/* The number of a task in one namespace. */
struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;		/* of the innermost namespace it is in, 0: the initial one */
	struct upid numbers[];		/* one for each level; [1] before 6.5 */
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
	struct pid *thread_pid;		/* NULL once it is reaped */
	struct task_struct *group_leader;
	const struct cred *cred;
	char comm[16];
	struct css_set *cgroups;
	struct signal_struct *signal;
	struct nsproxy *nsproxy;
};

struct file_operations;

struct file {
	const struct file_operations *f_op;
	unsigned int f_flags;
	void *private_data;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	unsigned int fd;
	struct file *file;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long cx, dx, si, di, r8, r9, ax, sp;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
};

struct pt_regs;
#endif

#pragma clang attribute pop

#endif
