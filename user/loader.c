// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "host.h"
#include "message.h"

#include "cgroup.skel.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

struct loader {
	struct cgroup_bpf *skel;
	int cgroup_fd;
	const char *unseen[4];
};

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return vfprintf(stderr, format, args);
}

/* What the programs need at least. Says what is missing; 0 or -1. */
static int check_host(void)
{
	struct utsname kernel;

	if (access(VMLINUX_BTF, R_OK)) {
		message_error("the kernel has no type information (%s: %s): "
			      "a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed",
			      VMLINUX_BTF, strerror(errno));
		return -1;
	}
	uname(&kernel);
	if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) == 0 && geteuid() == 0) {
		message_error("kernel %s has no BPF ring buffer: Linux 5.10 or later is needed",
			      kernel.release);
		return -1;
	}
	return 0;
}

static int open_cgroup(void)
{
	char path[256];
	int fd;

	if (!host_cgroup2_root(path, sizeof(path))) {
		message_error("cgroup v2 is not mounted (none in /proc/self/mounts): "
			      "mount -t cgroup2 none /sys/fs/cgroup/unified");
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		message_error("cannot open the root of cgroup v2, %s: %s", path, strerror(errno));
	return fd;
}

/* Programs for which this kernel has no hook are left out; what is lost by that is said. */
static int choose_programs(struct loader *loader)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct cgroup_bpf *skel = loader->skel;
	int num = 0;

	if (!btf) {
		message_error("cannot read the kernel's type information in %s: %s", VMLINUX_BTF,
			      strerror(errno));
		return -1;
	}
	if (btf__find_by_name_kind(btf, "btf_trace_sock_recv_length", BTF_KIND_TYPEDEF) < 0) {
		bpf_program__set_autoload(skel->progs.sock_recv_length, false);
		loader->unseen[num++] = "when the application reads a datagram (Linux 6.3 or later)";
	}
	if (btf__find_by_name_kind(btf, "bpf_sock_from_file", BTF_KIND_FUNC) < 0) {
		bpf_program__set_autoload(skel->progs.open_sockets, false);
		loader->unseen[num++] = "the owner of a socket that was open before, "
			"until it sends or reads (Linux 5.11 or later)";
	}
	loader->unseen[num++] = "sends that the kernel refused, and why datagrams were dropped";
	btf__free(btf);
	return 0;
}

static void set_knobs(struct loader *loader, const struct options *opts)
{
	struct cgroup_bpf *skel = loader->skel;

	skel->rodata->filter_by_pid = opts->num_pids;
	skel->rodata->filter_by_port = opts->num_ports;
	if (skel->rodata->wakeup_bytes > opts->buffer_size / 4)
		skel->rodata->wakeup_bytes = opts->buffer_size / 4;
	bpf_map__set_max_entries(skel->maps.events, opts->buffer_size);
}

static int fill_filters(struct loader *loader, const struct options *opts)
{
	int pids = bpf_map__fd(loader->skel->maps.pids), ports = bpf_map__fd(loader->skel->maps.ports);
	uint8_t one = 1;

	for (uint32_t i = 0; i < opts->num_pids; i++) {
		if (!host_has_process(opts->pids[i])) {
			message_error("--pid %u: there is no such process", opts->pids[i]);
			return -1;
		}
		if (bpf_map_update_elem(pids, &opts->pids[i], &one, BPF_ANY))
			return -1;
	}
	for (uint32_t i = 0; i < opts->num_ports; i++)
		if (bpf_map_update_elem(ports, &opts->ports[i], &one, BPF_ANY))
			return -1;
	return 0;
}

static int load(struct loader *loader)
{
	int err = cgroup_bpf__load(loader->skel);

	if (err == -EPERM)
		message_error("loading BPF programs is not permitted: run as root (sudo dtlsnoop), or with "
			      "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN");
	else if (err)
		message_error("the kernel refused the BPF programs: %s (-vv shows its reasons)",
			      strerror(-err));
	return err;
}

static int attach_cgroup(const struct loader *loader, struct bpf_program *prog,
			 struct bpf_link **link)
{
	int err;

	*link = bpf_program__attach_cgroup(prog, loader->cgroup_fd);
	if (*link)
		return 0;
	err = -errno;
	message_error("cannot attach %s to the root of cgroup v2: %s", bpf_program__name(prog),
		      strerror(-err));
	return err;
}

/* Walk the open files of all processes once: the program does the work. */
static void find_open_sockets(struct loader *loader)
{
	struct bpf_link *link = bpf_program__attach_iter(loader->skel->progs.open_sockets, NULL);
	char nothing[64];
	int fd;

	if (!link)
		return;
	fd = bpf_iter_create(bpf_link__fd(link));
	while (fd >= 0 && read(fd, nothing, sizeof(nothing)) > 0)
		;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
}

/* The tracepoint first: a datagram that is seen to arrive is then seen to be read. */
static int attach(struct loader *loader)
{
	struct cgroup_bpf *skel = loader->skel;

	if (bpf_program__autoload(skel->progs.sock_recv_length)) {
		skel->links.sock_recv_length = bpf_program__attach(skel->progs.sock_recv_length);
		if (!skel->links.sock_recv_length)
			message_error("reads are not seen: the tracepoint sock_recv_length refused: %s",
				      strerror(errno));
	}
	if (attach_cgroup(loader, skel->progs.cgroup_sock_create, &skel->links.cgroup_sock_create) ||
	    attach_cgroup(loader, skel->progs.cgroup_sock_release, &skel->links.cgroup_sock_release))
		return -1;
	if (bpf_program__autoload(skel->progs.open_sockets))
		find_open_sockets(loader);
	if (attach_cgroup(loader, skel->progs.cgroup_ingress, &skel->links.cgroup_ingress) ||
	    attach_cgroup(loader, skel->progs.cgroup_egress, &skel->links.cgroup_egress))
		return -1;
	return 0;
}

struct loader *loader_new(const struct options *opts)
{
	struct loader *loader;

	libbpf_set_print(opts->verbosity >= 2 ? print_libbpf : NULL);
	if (check_host())
		return NULL;
	loader = calloc(1, sizeof(*loader));
	if (!loader)
		return NULL;
	loader->cgroup_fd = open_cgroup();
	if (loader->cgroup_fd < 0)
		goto fail;
	loader->skel = cgroup_bpf__open();
	if (!loader->skel) {
		message_error("cannot open the BPF object: %s", strerror(errno));
		goto fail;
	}
	set_knobs(loader, opts);
	if (choose_programs(loader) || load(loader) || fill_filters(loader, opts) || attach(loader))
		goto fail;
	return loader;
fail:
	loader_free(loader);
	return NULL;
}

void loader_free(struct loader *loader)
{
	if (!loader)
		return;
	cgroup_bpf__destroy(loader->skel);
	if (loader->cgroup_fd >= 0)
		close(loader->cgroup_fd);
	free(loader);
}

int loader_ring_fd(const struct loader *loader)
{
	return bpf_map__fd(loader->skel->maps.events);
}

int loader_cgroup_fd(const struct loader *loader)
{
	return loader->cgroup_fd;
}

const char *loader_hooks(const struct loader *loader)
{
	(void)loader;
	return "cgroup";
}

const char *const *loader_unseen(const struct loader *loader)
{
	return loader->unseen;
}

void loader_counters(const struct loader *loader, uint64_t counters[COUNTER_MAX])
{
	int num_cpus = libbpf_num_possible_cpus();
	int fd = bpf_map__fd(loader->skel->maps.counters);
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
