// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "library_hooks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "host.h"
#include "library.skel.h"
#include "library_command.h"
#include "library_files.h"
#include "library_links.h"
#include "loader_inside.h"
#include "program_knobs.h"
#include "program_load.h"

struct library_hooks {
	struct library_bpf *skel;
	struct library_files files;
	struct library_links links;
	uint32_t pid;			/* the only process whose calls are hooked; 0: all */
	bool has_multi;			/* the kernel has uprobe_multi links */
	bool has_cookies;
};

bool library_hooks_are_wanted(const struct live_options *opts)
{
	return opts->app == APP_ON || (opts->app == APP_AUTO && opts->num_pids);
}

static void find_files(struct library_hooks *own, const struct live_options *opts)
{
	library_files_init(&own->files);
	if (opts->command)
		library_files_of_command(&own->files, opts->command);
	else
		for (uint32_t i = 0; i < opts->num_pids; i++)
			library_files_of_process(&own->files, opts->pids[i]);
	/* A command, a process that comes later and one that has none yet load theirs from these. */
	if (opts->command || opts->follow_forks || !own->files.num)
		library_files_of_host(&own->files);
	/* Containers have files of their own. */
	if (!opts->num_pids)
		library_files_of_all(&own->files);
}

/* The program at the entry of a function. */
static struct bpf_program *entry_of(const struct library_hooks *own, size_t i)
{
	char name[64];

	if (own->has_multi)
		return own->skel->progs.enter_any;
	snprintf(name, sizeof(name), "enter_%s", library_symbols[i].function);
	return bpf_object__find_program_by_name(own->skel->obj, name);
}

/* Load only what the files need. */
static void choose_programs(const struct library_hooks *own)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, own->skel->obj) {
		bpf_program__set_autoload(prog, false);
		if (own->has_multi)
			library_links_expect_multi(prog);
	}
	bpf_program__set_autoload(own->skel->progs.leave_any, true);
	for (size_t file = 0; file < own->files.num; file++)
		for (size_t i = 0; i < LIBRARY_SYMBOLS; i++)
			if (own->files.list[file].places.offsets[i])
				bpf_program__set_autoload(entry_of(own, i), true);
}

/* 0 or -errno. */
static int load(struct library_hooks *own, const struct programs *programs, const struct program_knobs *knobs,
		const struct kernel_types *types)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	int fd = memfd_create("types", MFD_CLOEXEC), err = fd < 0 ? -errno : 0;
	const char *refused;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opts.btf_custom_path = path;
	own->skel = err ? NULL : library_bpf__open_opts(&opts);
	if (!own->skel) {
		err = err ? err : -errno;
		goto out;
	}
	SET_FILTERS(own->skel, knobs);
	own->skel->rodata->has_cookies = own->has_cookies;
	choose_programs(own);
	err = program_load_write_types(fd, types, own->skel->obj, NULL);
	if (!err)
		err = programs_share_maps(programs, own->skel->obj);
	if (!err)
		err = program_load_object(own->skel->obj, types, &refused);
out:
	if (fd >= 0)
		close(fd);
	return err;
}

/* --- attaching --- */

/* Attach to the entries or to the returns of the functions in a file. 0 or -errno. */
static int attach(struct library_hooks *own, const struct library_file *file, bool at_return)
{
	uint64_t offsets[LIBRARY_SYMBOLS], cookies[LIBRARY_SYMBOLS];
	struct library_target target = {
		.prog = own->skel->progs.leave_any, .file = file->fd, .pid = own->pid, .at_return = at_return,
		.offsets = offsets, .cookies = own->has_cookies ? cookies : NULL,
	};
	int err = 0;

	for (size_t i = 0; i < LIBRARY_SYMBOLS; i++) {
		if (!file->places.offsets[i] || (at_return && !library_symbols[i].returns))
			continue;
		offsets[target.num] = file->places.offsets[i];
		cookies[target.num++] = (uint64_t)i << 32 | file->places.versions[library_symbols[i].library];
		if (at_return)
			continue;
		target.prog = entry_of(own, i);
		if (own->has_multi)
			continue;
		library_links_add(&own->links, &target, &err);
		target.num = 0;
	}
	if (own->has_multi)
		return target.num ? library_links_add_multi(&own->links, &target) : 0;
	library_links_add(&own->links, &target, &err);
	return err;
}

static bool attach_all(struct library_hooks *own)
{
	for (size_t i = 0; i < own->files.num; i++) {
		struct library_file *file = &own->files.list[i];

		if (file->fd < 0)
			continue;
		/* The returns first: a call that was seen to begin is seen to end. */
		file->error = -attach(own, file, true);
		if (!file->error)
			file->error = -attach(own, file, false);
	}
	return own->links.num_fds || own->links.num_links;
}

/* Open files that maps, types and programs take. */
#define OTHER_FILES 64

/* May this process open enough files? What it still has to open for its outputs comes first. */
static bool has_room(const struct library_hooks *own)
{
	uint32_t each = own->has_multi ? 2 : 2 * LIBRARY_SYMBOLS, wanted = OTHER_FILES + own->files.num * each;

	return host_files_left(wanted) == wanted;
}

static struct library_hooks *find(const struct live_options *opts, const struct kernel_types *types)
{
	struct library_hooks *own = calloc(1, sizeof(*own));

	if (!own)
		return NULL;
	/* Breakpoints for all processes cost those that were not asked for. */
	if (opts->num_pids == 1 && !opts->follow_forks)
		own->pid = opts->pids[0];
	own->has_multi = !loader_does_without("uprobe_multi") && library_links_has_multi(types);
	own->has_cookies = kernel_types_find(types, "bpf_get_attach_cookie_trace", BTF_KIND_FUNC) >= 0;
	find_files(own, opts);
	return own;
}

struct library_hooks *library_hooks_new(const struct live_options *opts, const struct programs *programs,
					const struct program_knobs *knobs, const struct kernel_types *types)
{
	struct library_hooks *own = find(opts, types);

	if (own && own->files.num && has_room(own) && !load(own, programs, knobs, types) && attach_all(own)) {
		library_files_fini(&own->files);
		return own;
	}
	library_hooks_free(own);
	return NULL;
}

int library_hooks_try(const struct live_options *opts, const struct programs *programs, const struct program_knobs *knobs,
		      const struct kernel_types *types)
{
	struct library_hooks *own = find(opts, types);
	int err = !own ? -ENOMEM : !own->files.num ? -ENOENT : !has_room(own) ? -EMFILE : load(own, programs, knobs, types);

	library_hooks_free(own);
	return err;
}

void library_hooks_free(struct library_hooks *own)
{
	if (!own)
		return;
	library_links_fini(&own->links);
	library_bpf__destroy(own->skel);
	library_files_fini(&own->files);
	free(own);
}
