/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF programs in this binary, from their skeletons to links: opened, loaded,
 * attached. Which of them, and why not, is the loader's business. programs.c is
 * the only file that includes the skeletons.
 */
#ifndef DTLSNOOP_PROGRAMS_H
#define DTLSNOOP_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "hooks.h"
#include "kernel_types.h"
#include "tier.h"

struct programs;

/* What the programs are told before they are loaded; see bpf/maps.bpf.h and payload.bpf.h. */
struct program_knobs {
	bool filter_by_pid, filter_by_port, filter_by_owner;
	const char *filter_comm;	/* "": any */
	uint64_t filter_cgroup;		/* id, 0: any */
	uint32_t filter_netns;		/* inode, 0: any */
	uint32_t filter_pidns;		/* inode of our PID namespace, 0: the initial one */
	bool match_reads_by_order;
	bool owners_were_found;
	bool has_sock_from_file;
	uint32_t buffer_size;		/* of the ring buffer, bytes, a power of two */
	uint64_t limit_interval_ns;	/* of strangers' datagrams, 0: no limit */
	uint32_t kfree_skb_args;
	uint32_t reason_not_specified;
	uint64_t linear_map_base;	/* 0: not known */
	uint64_t page_array_base;
	uint32_t page_shift;
	uint64_t page_offset_base_at;	/* addresses of variables of the kernel; 0: not known */
	uint64_t vmemmap_base_at;
	uint64_t socket_file_ops_at;
};

/*
 * Open what the tier needs; `used` says by index in hooks[] which programs are to
 * be loaded; `types` is kept. NULL with errno set on failure. To be freed with
 * programs_free().
 */
struct programs *programs_open(enum tier tier, const bool used[HOOKS_NUM],
			       const struct program_knobs *knobs, const struct kernel_types *types);

/* Detach and free; NULL is allowed. */
void programs_free(struct programs *p);

/* 0 or -errno; see programs_refused(). The types are needed no longer. */
int programs_load(struct programs *p);

/* Of which hook is the program that the kernel refused to load; HOOKS_NUM: of none, it was something else. */
enum hook_id programs_refused(const struct programs *p);

/* Attach the program of hooks[i]; an iterator runs once. 0 or -errno. */
int programs_attach(struct programs *p, size_t i, int cgroup_fd);

/* What was counted so far, summed over all CPUs. Needs no capability. */
void programs_counters(const struct programs *p, uint64_t counters[COUNTER_MAX]);

/* File descriptor of a map, by its name in bpf/; the programs own it. */
int programs_map(const struct programs *p, const char *name);

/*
 * How often the kernel left the program of hooks[i] out because it, or in the kprobe tier any
 * other, was running on that CPU, or was interrupted there. Counted from Linux 5.12, of kprobes
 * from 6.7; 0 before.
 */
uint64_t programs_missed_runs(const struct programs *p, size_t i);

/* Does a kernel whose struct bpf_link_info has this many bytes count them of kprobes? */
bool programs_count_missed_kprobes(uint32_t link_info_len);

#endif
