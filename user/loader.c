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
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "drop_reasons.h"
#include "hooks.h"
#include "host.h"
#include "message.h"
#include "owner.h"
#include "proc_sockets.h"

#include "cgroup.skel.h"
#include "tracing.skel.h"
#include "trial.skel.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"
#define WHY_LEN 160

struct loader {
	const struct options *opts;
	struct btf *kernel;
	struct drop_reasons reasons;
	char cgroup_root[256];
	int cgroup_fd;
	enum tier tier;
	struct tracing_bpf *tracing;	/* all tiers have something of it, and its maps */
	struct cgroup_bpf *cgroup;	/* TIER_CGROUP only */
	struct bpf_link *links[HOOKS_NUM];
	char why[HOOKS_NUM][WHY_LEN];	/* why the hook is not used; "": it is */
	const char *unseen[HOOKS_NUM + 1];
};

static const char *const tier_names[TIER_MAX] = { "fentry", "kprobe", "cgroup" };

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return vfprintf(stderr, format, args);
}

/* What the kernel says of itself; without it nothing can be done. */
static int read_host(struct loader *loader)
{
	if (access(VMLINUX_BTF, R_OK)) {
		message_error("the kernel has no type information (%s: %s): "
			      "a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed (Linux 5.10 or later)",
			      VMLINUX_BTF, strerror(errno));
		return -1;
	}
	loader->kernel = btf__load_vmlinux_btf();
	if (!loader->kernel) {
		message_error("cannot read the kernel's type information in %s: %s", VMLINUX_BTF,
			      strerror(errno));
		return -1;
	}
	drop_reasons_load(&loader->reasons, loader->kernel);
	if (host_cgroup2_root(loader->cgroup_root, sizeof(loader->cgroup_root)))
		loader->cgroup_fd = open(loader->cgroup_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

/* --- which hooks --- */

/*
 * DTLSNOOP_WITHOUT=program,program: do as if the kernel did not have these. For
 * tests, and to find out which hook a kernel does not bear.
 */
static bool is_unwanted(const struct hook *hook)
{
	const char *list = getenv("DTLSNOOP_WITHOUT"), *at;
	size_t len = strlen(hook->program);

	for (at = list; at && (at = strstr(at, hook->program)); at += len)
		if ((at == list || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

__attribute__((format(__printf__, 3, 4)))
static void give_up_hook(struct loader *loader, size_t i, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(loader->why[i], WHY_LEN, format, args);
	va_end(args);
}

static void choose_hooks(struct loader *loader)
{
	memset(loader->why, 0, sizeof(loader->why));
	for (size_t i = 0; i < HOOKS_NUM; i++) {
		const char *missing = hook_missing(&hooks[i], loader->kernel);

		if (!hook_in_tier(&hooks[i], loader->tier))
			give_up_hook(loader, i, "of another tier");
		else if (is_unwanted(&hooks[i]))
			give_up_hook(loader, i, "left out by DTLSNOOP_WITHOUT");
		else if (missing)
			give_up_hook(loader, i, "%s", missing);
	}
}

static bool is_used(const struct loader *loader, size_t i)
{
	return !loader->why[i][0];
}

static size_t hook_index(const char *program)
{
	for (size_t i = 0; i < HOOKS_NUM; i++)
		if (!strcmp(hooks[i].program, program))
			return i;
	abort();	/* a name that is not in the table */
}

/* The first required hook of the tier that cannot be used, HOOKS_NUM: none. */
static size_t lacking_hook(const struct loader *loader)
{
	size_t i;

	for (i = 0; i < HOOKS_NUM; i++)
		if (hooks[i].required && hook_in_tier(&hooks[i], loader->tier) && !is_used(loader, i))
			break;
	return i;
}

/* --- opening and loading --- */

static struct bpf_program *find_program(const struct loader *loader, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(loader->tracing->obj, name);

	if (!prog && loader->cgroup)
		prog = bpf_object__find_program_by_name(loader->cgroup->obj, name);
	return prog;
}

static void close_objects(struct loader *loader)
{
	for (size_t i = 0; i < HOOKS_NUM; i++) {
		bpf_link__destroy(loader->links[i]);
		loader->links[i] = NULL;
	}
	cgroup_bpf__destroy(loader->cgroup);
	tracing_bpf__destroy(loader->tracing);
	loader->cgroup = NULL;
	loader->tracing = NULL;
}

#define SET_KNOBS(skel, opts) \
	do { \
		(skel)->rodata->filter_by_pid = (opts)->num_pids; \
		(skel)->rodata->filter_by_port = (opts)->num_ports; \
		if ((skel)->rodata->wakeup_bytes > (opts)->buffer_size / 4) \
			(skel)->rodata->wakeup_bytes = (opts)->buffer_size / 4; \
		bpf_map__set_max_entries((skel)->maps.events, (opts)->buffer_size); \
	} while (0)

static void set_knobs(struct loader *loader)
{
	int args = hooks_tracepoint_args(loader->kernel, "kfree_skb");
	bool by_order = is_used(loader, hook_index("sock_recv_length"));
	bool walk_proc = !is_used(loader, hook_index("open_sockets"));

	SET_KNOBS(loader->tracing, loader->opts);
	loader->tracing->rodata->kfree_skb_args = args < 0 ? 0 : args;
	loader->tracing->rodata->reason_not_specified = loader->reasons.not_specified;
	loader->tracing->rodata->has_sock_from_file =
		btf__find_by_name_kind(loader->kernel, "bpf_sock_from_file", BTF_KIND_FUNC) >= 0;
	loader->tracing->rodata->match_reads_by_order = by_order;
	loader->tracing->rodata->owners_were_found = walk_proc;
	if (!loader->cgroup)
		return;
	SET_KNOBS(loader->cgroup, loader->opts);
	loader->cgroup->rodata->match_reads_by_order = by_order;
	loader->cgroup->rodata->owners_were_found = walk_proc;
}

/* Open what the tier needs and set it up, not loaded yet. 0 or -errno. */
static int open_objects(struct loader *loader)
{
	struct bpf_program *prog;

	close_objects(loader);
	loader->tracing = tracing_bpf__open();
	if (!loader->tracing)
		return -errno;
	if (loader->tier == TIER_CGROUP) {
		loader->cgroup = cgroup_bpf__open();
		if (!loader->cgroup)
			return -errno;
	}
	bpf_object__for_each_program(prog, loader->tracing->obj)
		bpf_program__set_autoload(prog, false);
	for (size_t i = 0; i < HOOKS_NUM; i++)
		if (is_used(loader, i))
			bpf_program__set_autoload(find_program(loader, hooks[i].program), true);
	set_knobs(loader);
	return 0;
}

/* The maps of both objects are the same ones. */
static int share_maps(struct loader *loader)
{
	struct bpf_map *map, *shared;
	int err;

	bpf_object__for_each_map(map, loader->cgroup->obj) {
		if (strchr(bpf_map__name(map), '.'))
			continue;	/* knobs and the like */
		shared = bpf_object__find_map_by_name(loader->tracing->obj, bpf_map__name(map));
		err = shared ? bpf_map__reuse_fd(map, bpf_map__fd(shared)) : -ENOENT;
		if (err)
			return err;
	}
	return 0;
}

static int load_objects(struct loader *loader)
{
	int err = tracing_bpf__load(loader->tracing);

	if (!err && loader->cgroup)
		err = share_maps(loader);
	if (!err && loader->cgroup)
		err = cgroup_bpf__load(loader->cgroup);
	return err;
}

/* Find the optional programs that the kernel refuses, by loading each alone. */
static void refuse_one_by_one(struct loader *loader)
{
	for (size_t i = 0; i < HOOKS_NUM; i++) {
		struct bpf_program *prog;
		int err;

		if (!is_used(loader, i) || hooks[i].required || open_objects(loader))
			continue;
		bpf_object__for_each_program(prog, loader->tracing->obj)
			bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog),
								hooks[i].program));
		err = tracing_bpf__load(loader->tracing);
		if (err)
			give_up_hook(loader, i, "the kernel refused the program: %s", strerror(-err));
	}
}

static int open_and_load(struct loader *loader)
{
	int err = open_objects(loader);

	if (!err)
		err = load_objects(loader);
	if (!err || err == -EPERM)
		return err;
	refuse_one_by_one(loader);
	err = open_objects(loader);
	return err ? err : load_objects(loader);
}

/* --- attaching --- */

/* Walk the open files of all processes once: the program does the work. */
static int run_iterator(struct bpf_program *prog)
{
	struct bpf_link *link = bpf_program__attach_iter(prog, NULL);
	char nothing[64];
	int fd;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	while (fd >= 0 && read(fd, nothing, sizeof(nothing)) > 0)
		;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return fd < 0 ? fd : 0;
}

static void add_found_owner(void *ctx, uint64_t cookie, const struct owner *owner)
{
	const struct loader *loader = ctx;

	bpf_map_update_elem(bpf_map__fd(loader->tracing->maps.found_owners), &cookie, owner, BPF_ANY);
}

static int attach_hook(struct loader *loader, size_t i)
{
	struct bpf_program *prog = find_program(loader, hooks[i].program);

	if (!strncmp(hooks[i].where, "iter/", 5))
		return run_iterator(prog);
	if (!strncmp(hooks[i].where, "cgroup", 6))
		loader->links[i] = bpf_program__attach_cgroup(prog, loader->cgroup_fd);
	else
		loader->links[i] = bpf_program__attach(prog);
	return loader->links[i] ? 0 : -errno;
}

/* What is optional and refuses is done without. Returns the required one that refused. */
static size_t attach_hooks(struct loader *loader)
{
	for (size_t i = 0; i < HOOKS_NUM; i++) {
		int err = is_used(loader, i) ? attach_hook(loader, i) : 0;

		if (!err)
			continue;
		give_up_hook(loader, i, "cannot be attached: %s", strerror(-err));
		if (hooks[i].required)
			return i;
	}
	return HOOKS_NUM;
}

static int fill_filters(const struct loader *loader)
{
	int pids = bpf_map__fd(loader->tracing->maps.pids);
	int ports = bpf_map__fd(loader->tracing->maps.ports);
	const struct options *opts = loader->opts;
	uint8_t one = 1;

	for (uint32_t i = 0; i < opts->num_pids; i++)
		if (bpf_map_update_elem(pids, &opts->pids[i], &one, BPF_ANY))
			return -errno;
	for (uint32_t i = 0; i < opts->num_ports; i++)
		if (bpf_map_update_elem(ports, &opts->ports[i], &one, BPF_ANY))
			return -errno;
	return 0;
}

/* --- the tiers --- */

/* Does attaching such a program work here at all? 0 or -errno. */
static int trial(enum tier tier)
{
	struct trial_bpf *skel = trial_bpf__open();
	struct bpf_program *prog;
	struct bpf_link *link = NULL;
	int err;

	if (!skel)
		return -errno;
	bpf_program__set_autoload(skel->progs.trial_fentry, tier == TIER_FENTRY);
	bpf_program__set_autoload(skel->progs.trial_kprobe, tier == TIER_KPROBE);
	prog = tier == TIER_FENTRY ? skel->progs.trial_fentry : skel->progs.trial_kprobe;
	err = trial_bpf__load(skel);
	if (!err) {
		link = bpf_program__attach(prog);
		err = link ? 0 : -errno;
	}
	bpf_link__destroy(link);
	trial_bpf__destroy(skel);
	return err;
}

/* Can the tier be used here? If not, why not is in `why`. */
static bool tier_is_possible(struct loader *loader, enum tier tier, char why[WHY_LEN])
{
	size_t lacking;
	int err;

	loader->tier = tier;
	choose_hooks(loader);
	lacking = lacking_hook(loader);
	if (lacking < HOOKS_NUM) {
		snprintf(why, WHY_LEN, "%s: %.100s", hooks[lacking].where, loader->why[lacking]);
		return false;
	}
	if (tier == TIER_CGROUP) {
		if (loader->cgroup_fd < 0)
			snprintf(why, WHY_LEN, "cgroup v2 is not mounted (none in /proc/self/mounts): "
				 "mount -t cgroup2 none /sys/fs/cgroup/unified");
		return loader->cgroup_fd >= 0;
	}
	err = trial(tier);
	if (err)
		snprintf(why, WHY_LEN, "this kernel refuses %s programs: %s", tier_names[tier],
			 strerror(-err));
	return !err;
}

/* Load it, and attach it if `attach`. If that fails why it does is in `why`. */
static bool tier_start(struct loader *loader, bool attach, char why[WHY_LEN])
{
	int err = open_and_load(loader);
	size_t refused;

	if (err == -EPERM) {
		snprintf(why, WHY_LEN, "loading BPF programs is not permitted: run as root "
			 "(sudo dtlsnoop), or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN");
		return false;
	}
	if (!err)
		err = fill_filters(loader);
	if (err) {
		snprintf(why, WHY_LEN, "the kernel refused the BPF programs: %s (-vv shows its reasons)",
			 strerror(-err));
		return false;
	}
	if (!attach)
		return true;
	if (!is_used(loader, hook_index("open_sockets")))
		proc_sockets_walk(loader->cgroup_fd < 0 ? NULL : loader->cgroup_root, add_found_owner,
				  loader);
	refused = attach_hooks(loader);
	if (refused == HOOKS_NUM)
		return true;
	snprintf(why, WHY_LEN, "%s: %.100s", hooks[refused].where, loader->why[refused]);
	return false;
}

static void note_unseen(struct loader *loader)
{
	int num = 0;

	for (size_t i = 0; i < HOOKS_NUM; i++)
		if (hook_in_tier(&hooks[i], loader->tier) && !is_used(loader, i) && hooks[i].unseen)
			loader->unseen[num++] = hooks[i].unseen;
	if (is_used(loader, hook_index("kfree_skb")) && !loader->reasons.not_specified)
		loader->unseen[num++] = "why a datagram was dropped, and drops elsewhere than "
					"on a socket's receive queue (Linux 5.17 or later)";
	loader->unseen[num] = NULL;
}

static struct loader *loader_open(const struct options *opts)
{
	struct loader *loader = calloc(1, sizeof(*loader));

	libbpf_set_print(opts->verbosity >= 2 ? print_libbpf : NULL);
	if (!loader) {
		message_error("out of memory");
		return NULL;
	}
	loader->opts = opts;
	loader->cgroup_fd = -1;
	if (!read_host(loader))
		return loader;
	loader_free(loader);
	return NULL;
}

static bool processes_exist(const struct options *opts)
{
	for (uint32_t i = 0; i < opts->num_pids; i++)
		if (!host_has_process(opts->pids[i])) {
			message_error("--pid %u: there is no such process", opts->pids[i]);
			return false;
		}
	return true;
}

struct loader *loader_new(const struct options *opts)
{
	enum tier first = opts->tier == TIER_AUTO ? TIER_FENTRY : opts->tier;
	enum tier last = opts->tier == TIER_AUTO ? TIER_CGROUP : opts->tier;
	struct loader *loader = loader_open(opts);
	char why[WHY_LEN] = "";

	if (!loader)
		return NULL;
	if (!processes_exist(opts))
		goto fail;
	for (enum tier tier = first; tier <= last; tier++) {
		if (tier_is_possible(loader, tier, why) && tier_start(loader, true, why)) {
			note_unseen(loader);
			return loader;
		}
		if (opts->verbosity && tier < last)
			message_error("hooks %s cannot be used: %s", tier_names[tier], why);
	}
	if (opts->tier == TIER_AUTO)
		message_error("%s", why);
	else
		message_error("hooks %s cannot be used: %s", tier_names[opts->tier], why);
fail:
	loader_free(loader);
	return NULL;
}

void loader_free(struct loader *loader)
{
	if (!loader)
		return;
	close_objects(loader);
	btf__free(loader->kernel);
	if (loader->cgroup_fd >= 0)
		close(loader->cgroup_fd);
	free(loader);
}

/* --- --check --- */

static void check_hook(const struct loader *loader, size_t i)
{
	printf("  %-34s %-4s %s\n", hooks[i].where, is_used(loader, i) ? "yes" : "no", hooks[i].gives);
	if (!is_used(loader, i))
		printf("  %-34s      %s\n", "", loader->why[i]);
}

/* True if the tier can be used. */
static bool check_tier(struct loader *loader, enum tier tier, bool is_chosen)
{
	const char *const *blind = tier_blind_spots(tier);
	char why[WHY_LEN] = "";
	bool possible = tier_is_possible(loader, tier, why) && tier_start(loader, false, why);

	printf("\n%s: %s%s\n", tier_names[tier], possible ? "available" : why,
	       possible && is_chosen ? ", and would be used" : "");
	if (!possible)
		return false;
	for (size_t i = 0; i < HOOKS_NUM; i++)
		if (hook_in_tier(&hooks[i], tier))
			check_hook(loader, i);
	note_unseen(loader);
	printf("  not seen:\n");
	for (const char *const *unseen = loader->unseen; *unseen; unseen++)
		printf("    %s\n", *unseen);
	for (; *blind; blind++)
		printf("    %s\n", *blind);
	return true;
}

enum exit_status loader_check(const struct options *opts)
{
	struct loader *loader = loader_open(opts);
	bool chosen = false;

	if (!loader)
		return EXIT_CANNOT_RUN;
	printf("dtlsnoop %s\n", DTLSNOOP_VERSION);
	printf("cgroup v2: %s\n", loader->cgroup_fd >= 0 ? loader->cgroup_root : "not mounted");
	printf("drop reasons: %s\n", loader->reasons.not_specified ? "by name" : "this kernel gives none");
	for (enum tier tier = TIER_FENTRY; tier < TIER_MAX; tier++)
		if (opts->tier == TIER_AUTO || opts->tier == tier)
			chosen |= check_tier(loader, tier, !chosen);
	loader_free(loader);
	return chosen ? EXIT_OK : EXIT_CANNOT_RUN;
}

/* --- what is asked of a loader --- */

int loader_ring_fd(const struct loader *loader)
{
	return bpf_map__fd(loader->tracing->maps.events);
}

int loader_cgroup_fd(const struct loader *loader)
{
	return loader->cgroup_fd;
}

const char *loader_hooks(const struct loader *loader)
{
	return tier_names[loader->tier];
}

const char *const *loader_unseen(const struct loader *loader)
{
	return loader->unseen;
}

bool loader_sees(const struct loader *loader, enum event_kind kind)
{
	static const char *const programs[][TIER_MAX] = {
		[EVENT_READ] = { "fentry_skb_consume_udp", "kprobe_skb_consume_udp", "sock_recv_length" },
		[EVENT_DROPPED] = { "kfree_skb", "kfree_skb", "kfree_skb" },
		[EVENT_SEND_FAILED] = { "fexit_udp_sendmsg", "kretprobe_udp_sendmsg", "sock_send_length" },
	};

	return is_used(loader, hook_index(programs[kind][loader->tier]));
}

const char *loader_drop_reason(const struct loader *loader, uint32_t reason)
{
	return drop_reason_name(&loader->reasons, reason);
}

void loader_counters(const struct loader *loader, uint64_t counters[COUNTER_MAX])
{
	int num_cpus = libbpf_num_possible_cpus();
	int fd = bpf_map__fd(loader->tracing->maps.counters);
	uint64_t *values;

	memset(counters, 0, COUNTER_MAX * sizeof(counters[0]));
	if (num_cpus <= 0)
		return;
	values = calloc(num_cpus, sizeof(*values));
	if (!values)
		return;
	for (uint32_t i = 0; i < COUNTER_MAX; i++) {
		if (bpf_map_lookup_elem(fd, &i, values))
			continue;
		for (int cpu = 0; cpu < num_cpus; cpu++)
			counters[i] += values[cpu];
	}
	free(values);
}
