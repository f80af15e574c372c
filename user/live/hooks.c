// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hooks.h"

#include <string.h>

const struct hook hooks[HOOKS_NUM] = {
#define HOOK(object, program, where, tiers, required, num_args, gives, unseen) \
	[HOOK_##program] = { #program, where, tiers, required, num_args, gives, unseen },
#include "hooks_table.h"
};

const char *tier_name(enum tier tier)
{
	switch (tier) {
	case TIER_FENTRY: return "fentry";
	case TIER_KPROBE: return "kprobe";
	case TIER_CGROUP: return "cgroup";
	case TIER_AUTO: break;
	}
	return "auto";
}

bool hook_in_tier(const struct hook *hook, enum tier tier)
{
	return hook->tiers >> tier & 1;
}

static int num_params(const struct kernel_types *kernel, int id)
{
	const struct btf *btf = kernel_types_btf(kernel);
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && btf_kind(type) != BTF_KIND_FUNC_PROTO) {
		if (!btf_is_func(type) && !btf_is_typedef(type) && !btf_is_ptr(type))
			return -1;
		type = btf__type_by_id(btf, type->type);
	}
	return type ? btf_vlen(type) : -1;
}

int hooks_tracepoint_args(const struct kernel_types *kernel, const char *tracepoint)
{
	char name[64] = "btf_trace_";
	int id;

	strncat(name, tracepoint, sizeof(name) - strlen(name) - 1);
	id = kernel_types_find(kernel, name, BTF_KIND_TYPEDEF);
	/* The first argument is the tracer's own data, which programs do not see. */
	return id < 0 ? -1 : num_params(kernel, id) - 1;
}

static const char *function_missing(const struct hook *hook, const char *function,
				    const struct kernel_types *kernel)
{
	int id = kernel_types_find(kernel, function, BTF_KIND_FUNC), num;

	if (id < 0)
		return "this kernel has no such function";
	num = num_params(kernel, id);
	/* At the exit the result follows the parameters, so their number must match exactly. */
	if (!strncmp(hook->where, "fexit/", 6) ? num != hook->num_args : num < hook->num_args)
		return "this kernel's function has different parameters";
	return NULL;
}

const char *hook_missing(const struct hook *hook, const struct kernel_types *kernel)
{
	const char *target = strchr(hook->where, '/') + 1;

	if (hook->num_args)
		return function_missing(hook, target, kernel);
	if (!strncmp(hook->where, "tp_btf/", 7) && hooks_tracepoint_args(kernel, target) < 0)
		return "this kernel has no such tracepoint";
	return NULL;
}

const char *const *tier_blind_spots(enum tier tier)
{
	static const char *const functions[] = {
		"datagrams that the kernel delivers to a tunnel or an encapsulation socket", NULL,
	};
	static const char *const cgroup[] = {
		"datagrams that the kernel delivers to a tunnel or an encapsulation socket",
		"the length of a failed send, and its destination if the socket is not connected",
		"exactly which datagram a read took: reads are matched by order and length", NULL,
	};

	return tier == TIER_CGROUP ? cgroup : functions;
}

const char *const *host_blind_spots(void)
{
	static const char *const spots[] = {
		"sockets that bypass the kernel's UDP: AF_XDP, DPDK and other network stacks in user space",
		"AF_PACKET and raw sockets, where the application builds UDP itself",
		"DTLS inside TURN channels and STUN attributes",
		"QUIC: its handshake is TLS inside QUIC packets",
		"kernel TLS (kTLS): it works on TCP only, so no DTLS passes there",
		"records that hardware adds or removes: an offload between socket and wire",
		"DTLS inside IPsec, WireGuard and other tunnels, except at the DTLS socket itself",
		"DTLS 1.3 messages after the hellos: only epochs and lengths are visible",
		"the beginning of a handshake that started before the trace", NULL,
	};

	return spots;
}
