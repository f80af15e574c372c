/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types that the BPF programs read, reduced by hand to the members
 * they read. Offsets here mean nothing: libbpf relocates each access against
 * the BTF of the running kernel (CO-RE). `vmlinux/check` compares names and
 * types with a real kernel's BTF.
 */
#ifndef DTLSNOOP_VMLINUX_H
#define DTLSNOOP_VMLINUX_H

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

struct sock_common {
	unsigned short skc_family;
	possible_net_t skc_net;
};

struct sock {
	struct sock_common __sk_common;
	unsigned short sk_protocol;	/* bit-field before 5.6 (bf9765145b85) */
};

struct socket {
	struct sock *sk;
};

struct kernfs_node {
	unsigned long long id;		/* union before 5.5 (67c0496e87d1) */
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	char comm[16];
	struct css_set *cgroups;
};

struct file;

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

#pragma clang attribute pop

#endif
