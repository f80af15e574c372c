// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which hooks of the tier are used, and what cannot be seen without the others. */
#include "loader_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool loader_does_without(const char *name)
{
	const char *list = getenv("DTLSNOOP_WITHOUT"), *at;
	size_t len = strlen(name);

	for (at = list; at && (at = strstr(at, name)); at += len)
		if ((at == list || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

void loader_give_up_hook(struct loader *loader, size_t i, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(loader->why[i], WHY_LEN, format, args);
	va_end(args);
}

/* The hooks on processes are only for -p and -f. */
bool loader_is_pointless(const struct loader *loader, size_t i)
{
	const struct live_options *opts = loader->opts;

	if (i == HOOK_process_forked)
		return !opts->num_pids || !opts->follow_forks;
	return i == HOOK_process_exited && !opts->num_pids;
}

void loader_choose_hooks(struct loader *loader)
{
	memset(loader->why, 0, sizeof(loader->why));
	for (size_t i = 0; i < HOOKS_NUM; i++) {
		const char *missing = hook_missing(&hooks[i], loader->kernel);

		if (!hook_in_tier(&hooks[i], loader->tier))
			loader_give_up_hook(loader, i, "this hook belongs to another tier");
		else if (loader_does_without(hooks[i].program))
			loader_give_up_hook(loader, i, "left out by DTLSNOOP_WITHOUT");
		else if (loader_is_pointless(loader, i))
			loader_give_up_hook(loader, i, "not needed with these options");
		else if (missing)
			loader_give_up_hook(loader, i, "%s", missing);
	}
}

bool loader_uses(const struct loader *loader, size_t i)
{
	return !loader->why[i][0];
}

size_t loader_lacking_hook(const struct loader *loader)
{
	size_t i;

	for (i = 0; i < HOOKS_NUM; i++)
		if (hooks[i].required && hook_in_tier(&hooks[i], loader->tier) && !loader_uses(loader, i))
			break;
	return i;
}

void loader_used_hooks(const struct loader *loader, bool used[HOOKS_NUM])
{
	for (size_t i = 0; i < HOOKS_NUM; i++)
		used[i] = loader_uses(loader, i);
}

bool loader_passes_by(size_t i)
{
	return loader_does_without("arrivals") && strstr(hooks[i].where, "/__udp_enqueue_schedule_skb");
}

void loader_note_unseen(struct loader *loader)
{
	int num = 0;

	for (size_t i = 0; i < HOOKS_NUM; i++)
		if (hook_in_tier(&hooks[i], loader->tier) && !loader_uses(loader, i) && hooks[i].unseen &&
		    !loader_is_pointless(loader, i))
			loader->unseen[num++] = hooks[i].unseen;
	if (loader_uses(loader, HOOK_kfree_skb) && !loader->reasons.not_specified)
		loader->unseen[num++] = "why a datagram was dropped, and drops anywhere except "
					"at a receive queue (needs Linux 5.17 or later)";
	if (loader->tier == TIER_KPROBE && !loader->counts_missed)
		loader->unseen[num++] = "events that the kernel skipped because another kprobe ran on the same "
					"CPU: this kernel does not count them (Linux 6.7 or later does)";
	if (!loader->finds_pages)
		loader->unseen[num++] = loader->tier == TIER_CGROUP ?
			"the content of a dropped datagram in page fragments (/proc/kcore cannot be read)" :
			"datagrams in page fragments: they are only counted (/proc/kcore cannot be read)";
	loader->unseen[num] = NULL;
}

bool loader_sees(const struct loader *loader, enum event_kind kind)
{
	static const enum hook_id ids[][TIER_MAX] = {
		[EVENT_READ] = { HOOK_fentry_skb_consume_udp, HOOK_kprobe_skb_consume_udp, HOOK_sock_recv_length },
		[EVENT_DROPPED] = { HOOK_kfree_skb, HOOK_kfree_skb, HOOK_kfree_skb },
		[EVENT_UNREAD] = { HOOK_open_sockets, HOOK_open_sockets, HOOK_open_sockets },
		[EVENT_SEND_FAILED] = { HOOK_fexit_udp_sendmsg, HOOK_kretprobe_udp_sendmsg, HOOK_sock_send_length },
	};

	return loader_uses(loader, ids[kind][loader->tier]);
}
