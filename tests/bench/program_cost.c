// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What each run of attached programs costs, from the kernel's statistics of BPF programs.
 *
 *	program_cost run PID PID COMMAND...	while the command runs, for each hook:
 *		HOOK RUNS NS RUNS NS	the programs of the first process and of the
 *					second, nanoseconds a run; 0 0: it has none there
 *	program_cost strangers PID...	number of links of other processes, at hooks
 *				that a datagram may pass
 *
 * Each figure includes the clock of the statistics; the difference of the two does not.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>

#define MAX_PROGRAMS 64
#define HOOK_LEN 48

struct program {
	char hook[HOOK_LEN];
	uint32_t id, link;
	uint64_t runs, ns; /* before the command, later during it */
};

struct programs {
	struct program of[MAX_PROGRAMS];
	int num;
};

/* Names of enum bpf_attach_type for the hooks that a packet passes. */
static void name_cgroup_hook(struct program *prog, unsigned int type)
{
	static const char *const names[] = { "ingress", "egress", "sock_create" };

	if (type < sizeof(names) / sizeof(names[0]))
		snprintf(prog->hook, HOOK_LEN, "%s", names[type]);
	else
		snprintf(prog->hook, HOOK_LEN, "cgroup-%u", type);
}

/* Read a file of /proc/PID/fdinfo; false if it is no link of a program. */
static bool read_link(struct program *prog, FILE *file)
{
	char line[256];
	bool is_cgroup = false;
	unsigned int type;

	*prog = (struct program){};
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "link_id: %u", &prog->link);
		sscanf(line, "prog_id: %u", &prog->id);
		sscanf(line, "tp_name: %47s", prog->hook);
		if (!strncmp(line, "link_type:\tcgroup", 17))
			is_cgroup = true;
		if (is_cgroup && sscanf(line, "attach_type: %u", &type) == 1)
			name_cgroup_hook(prog, type);
	}
	return prog->link && prog->id;
}

/* The function that a tracing program is attached to, from the kernel's type information. */
static const char *function_name(uint32_t type_id)
{
	static struct btf *btf;
	const struct btf_type *type;

	if (!btf)
		btf = btf__load_vmlinux_btf();
	type = btf ? btf__type_by_id(btf, type_id) : NULL;
	return type ? btf__name_by_offset(btf, type->name_off) : NULL;
}

/* The kernel tells neither for kprobes, so use the program's own name. */
static void name_program(struct program *prog)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog->id);
	const char *name = NULL;

	if (prog->hook[0] || fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		goto out;
	if (info.type == BPF_PROG_TYPE_TRACING && info.attach_btf_id)
		name = function_name(info.attach_btf_id);
	snprintf(prog->hook, HOOK_LEN, "%s", name ? name : info.name);
out:
	if (fd >= 0)
		close(fd);
}

static void add_programs(struct programs *progs, const char *pid)
{
	char path[64], name[512];
	struct dirent *entry;
	FILE *file;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
	dir = opendir(path);
	if (!dir) {
		fprintf(stderr, "program_cost: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	while ((entry = readdir(dir)) && progs->num < MAX_PROGRAMS) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		file = fopen(name, "r");
		if (!file)
			continue;
		if (read_link(&progs->of[progs->num], file))
			name_program(&progs->of[progs->num++]);
		fclose(file);
	}
	closedir(dir);
}

/* Replace the counts by what was added since. The second call gives the difference. */
static void count(struct programs *progs)
{
	for (int i = 0; i < progs->num; i++) {
		struct program *prog = &progs->of[i];
		struct bpf_prog_info info = {};
		uint32_t len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(prog->id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len)) {
			prog->runs = info.run_cnt - prog->runs;
			prog->ns = info.run_time_ns - prog->ns;
		}
		close(fd);
	}
}

static int run_command(char **argv)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execv(argv[0], argv);
		fprintf(stderr, "program_cost: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

static void sum(const struct programs *progs, const char *hook, uint64_t *out_runs, double *out_ns)
{
	uint64_t ns = 0;

	*out_runs = 0;
	for (int i = 0; i < progs->num; i++)
		if (!strcmp(progs->of[i].hook, hook)) {
			*out_runs += progs->of[i].runs;
			ns += progs->of[i].ns;
		}
	*out_ns = *out_runs ? (double)ns / *out_runs : 0;
}

static int run(const char *first, const char *second, char **command)
{
	static struct programs ours, empty;
	uint64_t runs, empty_runs;
	double ns, empty_ns;
	int stats;

	add_programs(&ours, first);
	add_programs(&empty, second);
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (stats < 0) {
		fprintf(stderr, "program_cost: this kernel keeps no statistics of programs: %s\n", strerror(errno));
		return 1;
	}
	count(&ours);
	count(&empty);
	if (run_command(command))
		return 1;
	count(&ours);
	count(&empty);
	close(stats);
	for (int i = 0; i < ours.num; i++) {
		sum(&ours, ours.of[i].hook, &runs, &ns);
		sum(&empty, ours.of[i].hook, &empty_runs, &empty_ns);
		if (runs)
			printf("%s %llu %.1f %llu %.1f\n", ours.of[i].hook, (unsigned long long)runs, ns,
			       (unsigned long long)empty_runs, empty_ns);
	}
	return 0;
}

static bool has_link(const struct programs *progs, uint32_t link)
{
	for (int i = 0; i < progs->num; i++)
		if (progs->of[i].link == link)
			return true;
	return false;
}

/* May a datagram, or the call that sends or reads it, pass this link? */
static bool is_on_way(uint32_t link)
{
	struct bpf_link_info info = {};
	uint32_t len = sizeof(info);
	int fd = bpf_link_get_fd_by_id(link);
	bool is_known = fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len);

	if (fd >= 0)
		close(fd);
	if (is_known && info.type == BPF_LINK_TYPE_CGROUP)
		return info.cgroup.attach_type <= BPF_CGROUP_INET_EGRESS;
	return is_known && info.type != BPF_LINK_TYPE_ITER;
}

static int strangers(char **pids)
{
	static struct programs ours;
	uint32_t id = 0;
	int num = 0;

	for (; *pids; pids++)
		add_programs(&ours, *pids);
	while (!bpf_link_get_next_id(id, &id))
		num += !has_link(&ours, id) && is_on_way(id);
	printf("%d\n", num);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 4 && !strcmp(argv[1], "run"))
		return run(argv[2], argv[3], argv + 4);
	if (argc >= 2 && !strcmp(argv[1], "strangers"))
		return strangers(argv + 2);
	fprintf(stderr, "usage: program_cost run PID PID COMMAND... | strangers PID... (as root)\n");
	return 2;
}
