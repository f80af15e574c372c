// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host.h"
#include "library_hooks.h"
#include "loader_inside.h"
#include "message.h"
#include "owner.h"
#include "proc_sockets.h"
#include "trial.h"

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	return vfprintf(stderr, format, args);
}

/* The kernel has bpf_sock_from_file(). */
static bool has_sock_from_file(const struct loader *loader)
{
	return kernel_types_find(loader->kernel, "bpf_sock_from_file", BTF_KIND_FUNC) >= 0;
}

/* Find what the kernel's types do not tell: in /proc/kcore, otherwise in the kernel's symbols. */
static void find_addresses(struct loader *loader)
{
	uint32_t len = loader_does_without("kcore") ? 0 : kernel_types_struct_len(loader->kernel, "page");
	struct kallsym *symbols = loader->symbols;

	loader->finds_pages = page_map_find(&loader->pages, len);
#ifdef __x86_64__
	if (!loader->finds_pages) {
		symbols[LOADER_PAGE_OFFSET_BASE].name = "page_offset_base";
		symbols[LOADER_VMEMMAP_BASE].name = "vmemmap_base";
	}
#endif
	if (!has_sock_from_file(loader))
		symbols[LOADER_SOCKET_FILE_OPS].name = "socket_file_ops";
	kallsyms_find(symbols, LOADER_SYMBOLS);
	loader->finds_pages |= symbols[LOADER_PAGE_OFFSET_BASE].address &&
			       symbols[LOADER_VMEMMAP_BASE].address;
}

/* Read what the kernel tells about itself. Without this nothing works. */
static int read_host(struct loader *loader)
{
	if (access(VMLINUX_BTF, R_OK)) {
		message_error("this kernel has no type information (%s: %s): "
			      "dtlsnoop needs Linux 5.10 or later, built with CONFIG_DEBUG_INFO_BTF=y",
			      VMLINUX_BTF, strerror(errno));
		return -1;
	}
	loader->kernel = kernel_types_load();
	if (!loader->kernel) {
		message_error("cannot read the kernel's type information in %s: %s", VMLINUX_BTF,
			      strerror(errno));
		return -1;
	}
	kernel_reasons_load(&loader->reasons, loader->kernel);
	find_addresses(loader);
	loader->counts_missed =
		programs_count_missed_kprobes(kernel_types_struct_len(loader->kernel, "bpf_link_info"));
	if (host_cgroup2_root(loader->cgroup_root, sizeof(loader->cgroup_root)))
		loader->cgroup_fd = open(loader->cgroup_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*loader->cgroup_root && loader->cgroup_fd < 0)
		message_error("cannot open the root of cgroup v2, %s: %s", loader->cgroup_root, strerror(errno));
	loader->cgroups = cgroups_new(loader->cgroup_fd < 0 ? "" : loader->cgroup_root);
	if (!loader->cgroups) {
		message_error("out of memory");
		return -1;
	}
	return 0;
}

/* --- loading and attaching --- */

static struct program_knobs knobs_of(const struct loader *loader)
{
	int args = hooks_tracepoint_args(loader->kernel, "kfree_skb");

	return (struct program_knobs){
		.filter_by_pid = loader->opts->num_pids,
		.filter_by_port = loader->opts->num_ports,
		.filter_by_owner = filters_by_owner(&loader->filters),
		.filter_comm = loader->opts->comm,
		.filter_cgroup = loader->filters.cgroup_id,
		.filter_netns = loader->filters.netns,
		.filter_pidns = host_pid_namespace(),
		.match_reads_by_order = loader_uses(loader, HOOK_sock_recv_length),
		.owners_were_found = !loader_uses(loader, HOOK_open_sockets),
		.has_sock_from_file = has_sock_from_file(loader),
		.follow_threads = library_hooks_are_wanted(loader->opts),
		.buffer_size = loader->opts->buffer_size,
		.limit_interval_ns = loader->opts->rate_limit ? 1000000000ULL / loader->opts->rate_limit : 0,
		.kfree_skb_args = args < 0 ? 0 : args,
		.reason_not_specified = loader->reasons.not_specified,
		.linear_map_base = loader->pages.linear_base,
		.page_array_base = loader->pages.array_base,
		.page_shift = loader->pages.page_shift,
		.page_offset_base_at = loader->symbols[LOADER_PAGE_OFFSET_BASE].address,
		.vmemmap_base_at = loader->symbols[LOADER_VMEMMAP_BASE].address,
		.socket_file_ops_at = loader->symbols[LOADER_SOCKET_FILE_OPS].address,
	};
}

/* Open and load the programs that are `used`. 0 or -errno. */
static int load_programs(struct loader *loader, const bool used[HOOKS_NUM])
{
	struct program_knobs knobs = knobs_of(loader);

	programs_free(loader->programs);
	loader->programs = programs_open(loader->tier, used, &knobs, loader->kernel);
	return loader->programs ? programs_load(loader->programs) : -errno;
}

/* If the kernel refuses an optional program, load everything again without it. */
static int load(struct loader *loader)
{
	bool used[HOOKS_NUM];
	enum hook_id i;
	int err;

	for (;;) {
		loader_used_hooks(loader, used);
		err = load_programs(loader, used);
		if (!err || err == -EPERM || err == -EMFILE || err == -ENFILE || !loader->programs)
			return err;
		i = programs_refused(loader->programs);
		if (i == HOOKS_NUM || hooks[i].required)
			return err;
		loader_give_up_hook(loader, i, "the kernel refused the program: %s", strerror(-err));
	}
}

static void add_found_owner(void *ctx, uint64_t cookie, const struct owner *owner)
{
	const struct loader *loader = ctx;
	int map = programs_map(loader->programs, "found_owners");
	struct owner found = *owner, before;

	found.wanted = filters_match(&loader->filters, owner, loader->cgroups);
	/* If several processes have the socket, prefer one that matches the filters. */
	if (found.wanted || bpf_map_lookup_elem(map, &cookie, &before) || !before.wanted)
		bpf_map_update_elem(map, &cookie, &found, BPF_ANY);
}

/* A cgroup takes at most BPF_CGROUP_MAX_PROGS of each kind (include/linux/bpf-cgroup-defs.h). */
static const char *attach_error(int err)
{
	return err == -E2BIG ? "64 programs are attached there already, and no more are possible" : strerror(-err);
}

/*
 * Optional hooks that cannot be attached are left out. Returns the required hook that failed, or
 * HOOKS_NUM.
 */
static size_t attach_hooks(struct loader *loader)
{
	for (size_t i = 0; i < HOOKS_NUM; i++) {
		int err = 0;

		if (loader_uses(loader, i) && !loader_passes_by(i))
			err = programs_attach(loader->programs, i, loader->cgroup_fd);
		if (!err)
			continue;
		loader_give_up_hook(loader, i, "cannot be attached: %s", attach_error(err));
		if (hooks[i].required)
			return i;
	}
	return HOOKS_NUM;
}

static int fill_filters(const struct loader *loader)
{
	int pids = programs_map(loader->programs, "pids");
	int ports = programs_map(loader->programs, "ports");
	const struct live_options *opts = loader->opts;
	uint8_t one = 1;

	for (uint32_t i = 0; i < opts->num_pids; i++)
		if (bpf_map_update_elem(pids, &opts->pids[i], &one, BPF_ANY))
			return -errno;
	for (uint32_t i = 0; i < opts->num_ports; i++)
		if (bpf_map_update_elem(ports, &opts->ports[i], &one, BPF_ANY))
			return -errno;
	return 0;
}

static void attach_libraries(struct loader *loader)
{
	struct program_knobs knobs = knobs_of(loader);

	if (library_hooks_are_wanted(loader->opts))
		loader->libraries = library_hooks_new(loader->opts, loader->programs, &knobs, loader->kernel);
}

void loader_try_libraries(struct loader *loader)
{
	struct program_knobs knobs = knobs_of(loader);
	int err = library_hooks_try(loader->opts, loader->programs, &knobs, loader->kernel);

	loader->library_error = err == -ENOENT ? 0 : err;
}

/* Do not follow processes that ended before the hook on process exit was attached. */
static void forget_ended(struct loader *loader)
{
	int pids = programs_map(loader->programs, "pids");

	loader->num_followed = loader->opts->num_pids;
	for (uint32_t i = 0; i < loader->opts->num_pids; i++)
		if (!host_has_process(loader->opts->pids[i]) &&
		    !bpf_map_delete_elem(pids, &loader->opts->pids[i]))
			loader->num_followed--;
}

/* --- the tiers --- */

/* ip-netns(8) mounts a /sys of its own, without cgroups: there is nothing to mount on. */
static void say_no_cgroup2(char why[WHY_LEN])
{
	char name[HOST_NETNS_LEN];

	if (host_netns_name(name))
		snprintf(why, WHY_LEN, "cgroup v2 cannot be seen from here (ip netns exec hides it): run dtlsnoop on the host, "
			 "with --netns %.64s", name);
	else
		snprintf(why, WHY_LEN, "cgroup v2 is not mounted (/proc/self/mounts has none): run "
			 "mount -t cgroup2 none /sys/fs/cgroup/unified");
}

bool loader_tier_is_possible(struct loader *loader, enum tier tier, char why[WHY_LEN])
{
	size_t lacking;
	int err;

	loader->tier = tier;
	loader_choose_hooks(loader);
	lacking = loader_lacking_hook(loader);
	if (lacking < HOOKS_NUM) {
		snprintf(why, WHY_LEN, "%s: %.100s", hooks[lacking].where, loader->why[lacking]);
		return false;
	}
	if (tier == TIER_CGROUP) {
		if (loader->cgroup_fd < 0)
			say_no_cgroup2(why);
		return loader->cgroup_fd >= 0;
	}
	err = trial_of_tier(tier, loader->kernel);
	if (err)
		snprintf(why, WHY_LEN, "this kernel refuses %s programs: %s%s", tier_name(tier),
			 strerror(-err), tier == TIER_KPROBE && err == -EACCES ?
			 " (if kernel.perf_event_paranoid is above 2, they need CAP_SYS_ADMIN)" : "");
	return !err;
}

bool loader_tier_start(struct loader *loader, bool attach, char why[WHY_LEN])
{
	int err = load(loader);
	size_t refused;

	if (err == -EPERM) {
		snprintf(why, WHY_LEN, "loading BPF programs is not permitted: " LOADER_NEEDS_PRIVILEGES);
		return false;
	}
	if (!err)
		err = fill_filters(loader);
	if (err) {
		snprintf(why, WHY_LEN, "the kernel refused the BPF programs: %s (-vv shows why)",
			 strerror(-err));
		return false;
	}
	if (!attach)
		return true;
	if (!loader_uses(loader, HOOK_open_sockets))
		proc_sockets_walk(loader->cgroup_fd < 0 ? NULL : loader->cgroup_root, add_found_owner,
				  loader);
	refused = attach_hooks(loader);
	if (refused == HOOKS_NUM) {
		attach_libraries(loader);
		forget_ended(loader);
		return true;
	}
	snprintf(why, WHY_LEN, "%s: %.100s", hooks[refused].where, loader->why[refused]);
	return false;
}

const char *loader_library(void)
{
	static char library[32];

	snprintf(library, sizeof(library), "libbpf %u.%u", libbpf_major_version(), libbpf_minor_version());
	return library;
}

struct loader *loader_open(const struct live_options *opts)
{
	struct loader *loader = calloc(1, sizeof(*loader));

	libbpf_set_print(opts->verbosity >= 2 ? print_libbpf : NULL);
	if (!loader) {
		message_error("out of memory");
		return NULL;
	}
	loader->opts = loader->filters.opts = opts;
	loader->cgroup_fd = loader->filters.netns_fd = -1;
	if (!read_host(loader))
		return loader;
	loader_free(loader);
	return NULL;
}

struct loader *loader_new(const struct live_options *opts)
{
	enum tier first = opts->tier == TIER_AUTO ? TIER_FENTRY : opts->tier;
	enum tier last = opts->tier == TIER_AUTO ? TIER_CGROUP : opts->tier;
	struct loader *loader = loader_open(opts);
	char why[WHY_LEN] = "";

	if (!loader)
		return NULL;
	if (!filters_init(&loader->filters, opts, loader->cgroup_fd < 0 ? NULL : loader->cgroup_root))
		goto fail;
	for (enum tier tier = first; tier <= last; tier++) {
		if (loader_tier_is_possible(loader, tier, why) && loader_tier_start(loader, true, why)) {
			loader_note_unseen(loader);
			kernel_types_free(loader->kernel);
			loader->kernel = NULL;
			return loader;
		}
		if (opts->verbosity && tier < last)
			message_error("%s hooks cannot be used: %s", tier_name(tier), why);
	}
	if (opts->tier == TIER_AUTO)
		message_error("%s", why);
	else
		message_error("%s hooks cannot be used: %s", tier_name(opts->tier), why);
fail:
	loader_free(loader);
	return NULL;
}

void loader_free(struct loader *loader)
{
	if (!loader)
		return;
	library_hooks_free(loader->libraries);
	programs_free(loader->programs);
	kernel_types_free(loader->kernel);
	cgroups_free(loader->cgroups);
	filters_free(&loader->filters);
	if (loader->cgroup_fd >= 0)
		close(loader->cgroup_fd);
	free(loader);
}

/* --- queries --- */

bool loader_process_left(const struct loader *loader)
{
	uint64_t counters[COUNTER_MAX];

	programs_counters(loader->programs, counters);
	return !loader_uses(loader, HOOK_process_exited) ||
	       loader->num_followed + counters[COUNTER_FOLLOWED] > counters[COUNTER_ENDED];
}

void loader_counters(const struct loader *loader, uint64_t counters[COUNTER_MAX])
{
	size_t drops = HOOK_kfree_skb;

	programs_counters(loader->programs, counters);
	/* Hardly any freed packet is of a handshake, so a missed one counts as no loss. */
	for (size_t i = 0; i < HOOKS_NUM; i++)
		counters[i == drops ? COUNTER_DROPS_MISSED : COUNTER_LOST_MISSED] +=
			programs_missed_runs(loader->programs, i);
}
