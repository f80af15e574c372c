// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "trial.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define FUNCTION "ip_send_skb"

/* Uses the system call directly: libbpf would try twice and probe features first. Returns fd or -errno. */
static int load_program(enum bpf_prog_type type, const char *name, const struct bpf_prog_load_opts *opts)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, name, "Dual BSD/GPL", nothing, 2, opts);

	return fd < 0 ? -errno : fd;
}

static int try_fentry(const struct kernel_types *types)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	int function = kernel_types_find(types, FUNCTION, BTF_KIND_FUNC), prog, link, err;

	if (function < 0)
		return function;
	opts.attach_btf_id = function;
	prog = load_program(BPF_PROG_TYPE_TRACING, "trial_fentry", &opts);
	if (prog < 0)
		return prog;
	link = bpf_raw_tracepoint_open(NULL, prog);
	err = link < 0 ? -errno : 0;
	if (link >= 0)
		close(link);
	close(prog);
	return err;
}

/* Type of the perf events for kprobes; -errno if the kernel has none. */
static int kprobe_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	int type, num;

	if (!file)
		return -errno;
	num = fscanf(file, "%d", &type);
	fclose(file);
	return num == 1 && type >= 0 ? type : -EINVAL;
}

static int open_kprobe(int type)
{
	struct perf_event_attr attr = {
		.type = type, .size = sizeof(attr), .config1 = (uintptr_t)FUNCTION,
	};
	/* On CPU 0 for all processes. The BPF program then runs on every CPU. */
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int try_kprobe(void)
{
	int type = kprobe_type(), prog, probe, err = 0;

	if (type < 0)
		return type;
	prog = load_program(BPF_PROG_TYPE_KPROBE, "trial_kprobe", NULL);
	if (prog < 0)
		return prog;
	probe = open_kprobe(type);
	if (probe < 0)
		err = probe;
	else if (ioctl(probe, PERF_EVENT_IOC_SET_BPF, prog) || ioctl(probe, PERF_EVENT_IOC_ENABLE, 0))
		err = -errno;
	if (probe >= 0)
		close(probe);
	close(prog);
	return err;
}

int trial_of_tier(enum tier tier, const struct kernel_types *types)
{
	return tier == TIER_FENTRY ? try_fentry(types) : try_kprobe();
}
