// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs that do nothing, attached for a moment to see whether this kernel
 * allows it: type information and library probes promise what attaching then
 * refuses (fentry on arm64 before 6.4; hosts that forbid tracing).
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fentry/ip_send_skb")
int trial_fentry(void *ctx)
{
	return 0;
}

SEC("kprobe/ip_send_skb")
int trial_kprobe(void *ctx)
{
	return 0;
}
