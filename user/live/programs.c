// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "programs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cgroup.skel.h"
#include "program_knobs.h"
#include "program_load.h"
#include "tracing.skel.h"

struct programs {
	struct tracing_bpf *tracing;	/* every tier uses some of its programs, and its maps */
	struct cgroup_bpf *cgroup;	/* TIER_CGROUP only */
	struct bpf_link *links[HOOKS_NUM];
	const struct kernel_types *types;
	int types_fd;			/* file with the types that libbpf reads */
	const char *refused;		/* see programs_refused() */
	uint32_t num_cpus;		/* possible ones */
	const struct event_counters *counters;	/* of each CPU, mapped; NULL: not loaded */
};

/* NULL if the program is in an object that this tier does not need. */
static struct bpf_program *program_of(const struct programs *p, enum hook_id id)
{
	switch (id) {
#define HOOK(object, program, ...) \
	case HOOK_##program: \
		return p->object ? p->object->progs.program : NULL;
#include "hooks_table.h"
	case HOOKS_NUM:
		break;
	}
	return NULL;
}

/* Threads whose calls of TLS libraries are followed at a time. */
#define MAX_THREADS 16384

/* Knobs that both skeletons have. */
#define SET_KNOBS(skel, knobs) \
	do { \
		SET_FILTERS(skel, knobs); \
		(skel)->rodata->limit_interval_ns = (knobs)->limit_interval_ns; \
		(skel)->rodata->match_reads_by_order = (knobs)->match_reads_by_order; \
		(skel)->rodata->owners_were_found = (knobs)->owners_were_found; \
		(skel)->rodata->linear_map_base = (knobs)->linear_map_base; \
		(skel)->rodata->page_array_base = (knobs)->page_array_base; \
		(skel)->rodata->page_shift = (knobs)->page_shift; \
		(skel)->rodata->page_offset_base_at = (knobs)->page_offset_base_at; \
		(skel)->rodata->vmemmap_base_at = (knobs)->vmemmap_base_at; \
		bpf_map__set_max_entries((skel)->maps.events, (knobs)->buffer_size); \
		bpf_map__set_max_entries((skel)->maps.threads, (knobs)->follow_threads ? MAX_THREADS : 64); \
	} while (0)

static void set_knobs(struct programs *p, const struct program_knobs *knobs)
{
	bpf_map__set_max_entries(p->tracing->maps.counters, p->num_cpus);
	if (p->cgroup)
		bpf_map__set_max_entries(p->cgroup->maps.counters, p->num_cpus);
	SET_KNOBS(p->tracing, knobs);
	p->tracing->rodata->kfree_skb_args = knobs->kfree_skb_args;
	p->tracing->rodata->reason_not_specified = knobs->reason_not_specified;
	p->tracing->rodata->has_sock_from_file = knobs->has_sock_from_file;
	p->tracing->rodata->socket_file_ops_at = knobs->socket_file_ops_at;
	if (p->cgroup)
		SET_KNOBS(p->cgroup, knobs);
}

static void choose_programs(struct programs *p, const bool used[HOOKS_NUM])
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, p->tracing->obj)
		bpf_program__set_autoload(prog, false);
	if (p->cgroup)
		bpf_object__for_each_program(prog, p->cgroup->obj)
			bpf_program__set_autoload(prog, false);
	for (size_t i = 0; i < HOOKS_NUM; i++)
		if (used[i])
			bpf_program__set_autoload(program_of(p, i), true);
}

/*
 * Passing the types as a file makes it the only place where libbpf looks types up. Otherwise libbpf
 * would search the modules for types that this kernel lacks, which needs CAP_SYS_ADMIN before
 * libbpf 1.3. The types are written once the objects are open, because only then it is known which
 * are needed.
 */
static int open_objects(struct programs *p, enum tier tier)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	char path[32];
	int err = program_load_init();

	if (err)
		return err;
	p->types_fd = memfd_create("types", MFD_CLOEXEC);
	if (p->types_fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p->types_fd);
	opts.btf_custom_path = path;
	p->tracing = tracing_bpf__open_opts(&opts);
	if (p->tracing && tier == TIER_CGROUP)
		p->cgroup = cgroup_bpf__open_opts(&opts);
	if (!p->tracing || (tier == TIER_CGROUP && !p->cgroup))
		return -errno;
	return program_load_write_types(p->types_fd, p->types, p->tracing->obj, p->cgroup ? p->cgroup->obj : NULL);
}

struct programs *programs_open(enum tier tier, const bool used[HOOKS_NUM],
			       const struct program_knobs *knobs, const struct kernel_types *types)
{
	struct programs *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return NULL;
	p->types_fd = -1;
	p->types = types;
	err = open_objects(p, tier);
	if (err) {
		programs_free(p);
		errno = -err;
		return NULL;
	}
	p->num_cpus = libbpf_num_possible_cpus();
	choose_programs(p, used);
	set_knobs(p, knobs);
	return p;
}

static void close_types(struct programs *p)
{
	if (p->types_fd >= 0)
		close(p->types_fd);
	p->types_fd = -1;
	p->types = NULL;
}

void programs_free(struct programs *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < HOOKS_NUM; i++)
		bpf_link__destroy(p->links[i]);
	if (p->counters)
		munmap((void *)p->counters, p->num_cpus * sizeof(*p->counters));
	cgroup_bpf__destroy(p->cgroup);
	tracing_bpf__destroy(p->tracing);
	close_types(p);
	free(p);
}

/* The corresponding map of the other object, NULL if there is none. */
static struct bpf_map *same_map(struct bpf_object *obj, const struct bpf_map *map)
{
	const char *suffix = strchr(bpf_map__name(map), '.'), *other;
	struct bpf_map *candidate;

	if (!suffix)
		return bpf_object__find_map_by_name(obj, bpf_map__name(map));
	/* The compiler's maps for variables have names that begin with the object's name. */
	bpf_object__for_each_map(candidate, obj) {
		other = strchr(bpf_map__name(candidate), '.');
		if (other && !strcmp(other, suffix) && bpf_map__value_size(candidate) == bpf_map__value_size(map))
			return candidate;
	}
	return NULL;
}

int programs_share_maps(const struct programs *p, struct bpf_object *obj)
{
	struct bpf_map *map, *shared;
	int err;

	bpf_object__for_each_map(map, obj) {
		if (strstr(bpf_map__name(map), ".rodata"))
			continue;
		shared = same_map(p->tracing->obj, map);
		err = shared ? bpf_map__reuse_fd(map, bpf_map__fd(shared)) : -ENOENT;
		if (err)
			return err;
	}
	return 0;
}

static int map_counters(struct programs *p)
{
	void *at = mmap(NULL, p->num_cpus * sizeof(*p->counters), PROT_READ, MAP_SHARED,
			bpf_map__fd(p->tracing->maps.counters), 0);

	if (at == MAP_FAILED)
		return -errno;
	p->counters = at;
	return 0;
}

/*
 * Only the programs may access the memory that holds payload while a hook looks at it. libbpf will
 * close this descriptor later, so it is redirected to an empty file instead of closed. (A minimal root has no /dev/null.)
 */
static int close_workspaces(const struct bpf_map *map)
{
	int nothing = memfd_create("nothing", MFD_CLOEXEC);
	int err = nothing < 0 || dup3(nothing, bpf_map__fd(map), O_CLOEXEC) < 0 ? -errno : 0;

	if (nothing >= 0)
		close(nothing);
	return err;
}

int programs_load(struct programs *p)
{
	int err = program_load_object(p->tracing->obj, p->types, &p->refused);

	if (!err && p->cgroup)
		err = programs_share_maps(p, p->cgroup->obj);
	if (!err && p->cgroup)
		err = program_load_object(p->cgroup->obj, p->types, &p->refused);
	close_types(p);
	if (!err)
		err = close_workspaces(p->tracing->maps.workspaces);
	if (!err && p->cgroup)
		err = close_workspaces(p->cgroup->maps.workspaces);
	return err ? err : map_counters(p);
}

enum hook_id programs_refused(const struct programs *p)
{
	enum hook_id id = 0;

	while (p->refused && id < HOOKS_NUM && strcmp(hooks[id].program, p->refused))
		id++;
	return p->refused ? id : HOOKS_NUM;
}

/* Walk once over the open files of all processes. The program does the work. */
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

int programs_attach(struct programs *p, size_t i, int cgroup_fd)
{
	struct bpf_program *prog = program_of(p, i);

	if (!strncmp(hooks[i].where, "iter/", 5))
		return run_iterator(prog);
	p->links[i] = program_load_attach(prog, cgroup_fd);
	return p->links[i] ? 0 : -errno;
}

int programs_map(const struct programs *p, const char *name)
{
	return bpf_object__find_map_fd_by_name(p->tracing->obj, name);
}

void programs_counters(const struct programs *p, uint64_t counters[COUNTER_MAX])
{
	memset(counters, 0, COUNTER_MAX * sizeof(counters[0]));
	for (uint32_t cpu = 0; cpu < p->num_cpus; cpu++)
		for (uint32_t i = 0; i < COUNTER_MAX; i++)
			counters[i] += __atomic_load_n(&p->counters[cpu].n[i], __ATOMIC_RELAXED);
}

/*
 * The part of struct bpf_link_info for kprobes (include/uapi/linux/bpf.h of Linux 6.7,
 * 3acf8ace6823). Build hosts may have older headers.
 */
struct kprobe_link_info {
	uint32_t type;		/* enum bpf_link_type */
	uint32_t id, prog_id, reserved;
	uint32_t event_type;	/* enum bpf_perf_event_type */
	uint32_t reserved2;
	uint64_t func_name;	/* address of a buffer for it; 0: none */
	uint32_t name_len;
	int32_t offset;
	uint64_t addr;
	uint64_t missed;	/* hits while that CPU handled another kprobe */
};

bool programs_count_missed_kprobes(uint32_t link_info_len)
{
	return link_info_len >= sizeof(struct kprobe_link_info);
}

/* Hits that did not reach the program. */
static uint64_t missed_kprobes(const struct bpf_link *link)
{
	struct kprobe_link_info info = {};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &len) || len < sizeof(info))
		return 0;
	return info.missed;
}

uint64_t programs_missed_runs(const struct programs *p, size_t i)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	if (!p->links[i] ||
	    bpf_obj_get_info_by_fd(bpf_program__fd(program_of(p, i)), &info, &len))
		return 0;
	return info.recursion_misses +
	       (info.type == BPF_PROG_TYPE_KPROBE ? missed_kprobes(p->links[i]) : 0);
}
