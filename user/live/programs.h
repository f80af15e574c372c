/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF programs of this binary, from skeletons to links: open, load, attach. The loader decides
 * which of them are used. Only programs.c includes their skeletons.
 */
#ifndef DTLSNOOP_PROGRAMS_H
#define DTLSNOOP_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "hooks.h"
#include "kernel_types.h"
#include "tier.h"

struct bpf_object;
struct programs;

/* Values that the programs get before they are loaded; see bpf/maps.bpf.h and payload.bpf.h. */
struct program_knobs {
	bool filter_by_pid, filter_by_port, filter_by_owner;
	const char *filter_comm;	/* "": any */
	uint64_t filter_cgroup;		/* id, 0: any */
	uint32_t filter_netns;		/* inode, 0: any */
	uint32_t filter_pidns;		/* inode of our PID namespace, 0: the initial one */
	bool match_reads_by_order;
	bool owners_were_found;
	bool has_sock_from_file;
	bool follow_threads;		/* TLS libraries are hooked */
	uint32_t buffer_size;		/* of the ring buffer, bytes, a power of two */
	uint64_t limit_interval_ns;	/* per datagram of strangers; 0: no limit */
	uint32_t kfree_skb_args;
	uint32_t reason_not_specified;
	uint64_t linear_map_base;	/* 0: not known */
	uint64_t page_array_base;
	uint32_t page_shift;
	uint64_t page_offset_base_at;	/* addresses of kernel variables; 0: not known */
	uint64_t vmemmap_base_at;
	uint64_t socket_file_ops_at;
};

/*
 * Open what the tier needs. `used` says for each index in hooks[] whether to load its program.
 * `types` must outlive programs_load(). NULL with errno set. Free it with programs_free().
 */
struct programs *programs_open(enum tier tier, const bool used[HOOKS_NUM],
			       const struct program_knobs *knobs, const struct kernel_types *types);

/* Detach and free; NULL is allowed. */
void programs_free(struct programs *p);

/* 0 or -errno; see programs_refused(). The types are no longer needed afterwards. */
int programs_load(struct programs *p);

/* The hook whose program the kernel refused to load; HOOKS_NUM if something else failed. */
enum hook_id programs_refused(const struct programs *p);

/* Attach the program of hooks[i]; an iterator runs once. 0 or -errno. */
int programs_attach(struct programs *p, size_t i, int cgroup_fd);

/* Let another object use their maps, all but the knobs. Before it is loaded, after programs_load(). 0 or -errno. */
int programs_share_maps(const struct programs *p, struct bpf_object *obj);

/* Counters so far, summed over all CPUs. Needs no capability. */
void programs_counters(const struct programs *p, uint64_t counters[COUNTER_MAX]);

/* File descriptor of a map, by its name in bpf/; the programs own it. */
int programs_map(const struct programs *p, const char *name);

/*
 * How often the kernel skipped the program of hooks[i], because that CPU was running it, or in the
 * kprobe tier any other program, or had interrupted one. Counted from Linux 5.12, for kprobes from
 * 6.7; 0 before.
 */
uint64_t programs_missed_runs(const struct programs *p, size_t i);

/* Does a kernel whose struct bpf_link_info has this many bytes count skipped kprobes? */
bool programs_count_missed_kprobes(uint32_t link_info_len);

#endif
