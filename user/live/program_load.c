// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "program_load.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

struct section {
	const char *name;
	enum bpf_prog_type type;
	enum bpf_attach_type attach_type;
	/* For tracing programs: prefix of the target's name in the kernel's types, and the target's kind. */
	const char *prefix;
	uint32_t kind;
};

static const struct section sections[] = {
	{ "fentry+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "", BTF_KIND_FUNC },
	{ "fexit+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, "", BTF_KIND_FUNC },
	{ "tp_btf+", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_", BTF_KIND_TYPEDEF },
	{ "iter+", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_", BTF_KIND_FUNC },
	{ "kprobe+", BPF_PROG_TYPE_KPROBE, 0, NULL, 0 },
	{ "kretprobe+", BPF_PROG_TYPE_KPROBE, 0, NULL, 0 },
	{ "cgroup_skb/egress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, NULL, 0 },
	{ "cgroup_skb/ingress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, NULL, 0 },
	{ "cgroup/sock_create", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, NULL, 0 },
	{ "cgroup/sock_release", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE, NULL, 0 },
};

#define SECTIONS_NUM (sizeof(sections) / sizeof(sections[0]))

/* Of the object that is being loaded. They are static because libbpf's callback cannot be passed them. */
static const struct kernel_types *kernel;
static const char *last_program;

/* "function" of "fentry/function". */
static const char *target_of(const struct bpf_program *prog)
{
	return strchr(bpf_program__section_name(prog), '/') + 1;
}

/* libbpf calls this right before it loads the program. */
static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long i)
{
	const struct section *section = &sections[i];
	char name[128];
	int id;

	last_program = bpf_program__name(prog);
	if (!section->prefix)
		return 0;
	snprintf(name, sizeof(name), "%s%s", section->prefix, target_of(prog));
	id = kernel_types_find(kernel, name, section->kind);
	if (id < 0)
		return id;
	opts->attach_btf_id = id;
	/* Set it only now: libbpf would otherwise read the kernel's types for it. */
	return bpf_program__set_type(prog, section->type);
}

int program_load_init(void)
{
	static bool is_done;

	for (size_t i = 0; !is_done && i < SECTIONS_NUM; i++) {
		LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = i, .prog_prepare_load_fn = prepare);
		int handler = libbpf_register_prog_handler(sections[i].name, sections[i].prefix ?
							   BPF_PROG_TYPE_RAW_TRACEPOINT : sections[i].type,
							   sections[i].attach_type, &opts);

		if (handler < 0)
			return handler;
	}
	is_done = true;
	return 0;
}

int program_load_object(struct bpf_object *obj, const struct kernel_types *types, const char **refused)
{
	int err;

	kernel = types;
	last_program = NULL;
	err = bpf_object__load(obj);
	*refused = err ? last_program : NULL;
	return err;
}

struct bpf_link *program_load_attach(const struct bpf_program *prog, int cgroup_fd)
{
	const char *section = bpf_program__section_name(prog);

	if (!strncmp(section, "cgroup", 6))
		return bpf_program__attach_cgroup(prog, cgroup_fd);
	if (!strncmp(section, "kprobe/", 7) || !strncmp(section, "kretprobe/", 10))
		return bpf_program__attach_kprobe(prog, !strncmp(section, "kret", 4), target_of(prog));
	return bpf_program__attach_trace(prog);
}

int program_load_write_types(int fd, const struct kernel_types *types, const struct bpf_object *one,
			     const struct bpf_object *other)
{
	const struct btf *programs[] = { bpf_object__btf(one), other ? bpf_object__btf(other) : NULL };
	struct btf *excerpt = kernel_types_excerpt(types, programs, other ? 2 : 1);
	const char *data;
	ssize_t written;
	uint32_t len;
	int err = 0;

	if (!excerpt)
		return -errno;
	data = btf__raw_data(excerpt, &len);
	if (!data)
		err = -ENOMEM;
	for (uint32_t at = 0; !err && at < len; at += written) {
		written = write(fd, data + at, len - at);
		if (written <= 0)
			err = written ? -errno : -EIO;
	}
	btf__free(excerpt);
	return err;
}
