// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host_check_print.h"

#include <stdio.h>
#include <string.h>

#include "json_writer.h"

/* --- text --- */

static void print_begin(const struct host_check *host)
{
	printf("dtlsnoop %s\n", host->version);
	printf("cgroup v2: %s\n", host->cgroup_root ? host->cgroup_root : "not mounted");
	printf("drop reasons: %s\n", host->names_drop_reasons ? "by name" : "this kernel gives none");
}

static const char *const support_words[] = {
	[HOST_SUPPORTS] = "yes", [HOST_NOT_NEEDED] = "off", [HOST_NOT_PERMITTED] = "no", [HOST_LACKS] = "no",
};

static void print_hook(const struct host_check_hook *hook)
{
	printf("  %-34s %-4s %s\n", hook->where, support_words[hook->support], hook->gives);
	if (*hook->why)
		printf("  %-34s      %s\n", "", hook->why);
}

static void print_tier(const struct host_check_tier *tier)
{
	printf("\n%s: %s%s\n", tier->name, tier->hooks ? "available" : tier->why,
	       tier->is_chosen ? ", and would be used" : "");
	if (!tier->hooks)
		return;
	for (size_t i = 0; i < tier->num_hooks; i++)
		print_hook(&tier->hooks[i]);
	printf("  not seen:\n");
	for (const char *const *unseen = tier->unseen; *unseen; unseen++)
		printf("    %s\n", *unseen);
	for (const char *const *blind = tier->blind_spots; *blind; blind++)
		printf("    %s\n", *blind);
}

static void print_library(const struct host_check_library *lib)
{
	char where[32] = "this host";

	if (lib->pid)
		snprintf(where, sizeof(where), "process %u", lib->pid);
	printf("  %-34s %-4s ", where, support_words[lib->support]);
	if (lib->support == HOST_SUPPORTS)
		printf("%s: %u function%s\n", lib->path, lib->num_functions, lib->num_functions == 1 ? "" : "s");
	else
		printf("%s%s%s\n", lib->path, *lib->path ? ": " : "", lib->why);
}

static void print_libraries(const struct host_check *host)
{
	if (host->num_libraries)
		printf("\nTLS libraries (--app):\n");
	for (size_t i = 0; i < host->num_libraries; i++)
		print_library(&host->libraries[i]);
}

/* These hold for every kernel and every hook. The man page has the same list. */
static void print_end(const struct host_check *host)
{
	print_libraries(host);
	printf("\nnever seen, on any host:\n");
	for (const char *const *spot = host->never_seen; *spot; spot++)
		printf("  %s\n", *spot);
}

const struct host_check_printer host_check_text = { print_begin, print_tier, print_end };

/* --- JSON --- */

static struct json_writer json;

static void put_text(const char *key, const char *text)
{
	if (text && *text)
		json_put_string(&json, key, text, strlen(text));
}

static void put_support(enum host_support support)
{
	static const char *const words[] = {
		[HOST_SUPPORTS] = "yes", [HOST_NOT_NEEDED] = "not-needed", [HOST_NOT_PERMITTED] = "not-permitted",
		[HOST_LACKS] = "kernel-lacks",
	};

	put_text("support", words[support]);
}

static void put_sentences(const char *const *sentences)
{
	for (; *sentences; sentences++)
		put_text(NULL, *sentences);
}

static void put_begin(const struct host_check *host)
{
	json_begin(&json, stdout);
	json_open_object(&json, NULL);
	put_text("type", "check");
	put_text("version", host->version);
	put_text("cgroup_v2", host->cgroup_root);
	json_put_bool(&json, "names_drop_reasons", host->names_drop_reasons);
	json_open_array(&json, "tiers");
}

static void put_hook(const struct host_check_hook *hook)
{
	json_open_object(&json, NULL);
	put_text("where", hook->where);
	put_support(hook->support);
	put_text("gives", hook->gives);
	put_text("why", hook->why);
	json_close_object(&json);
}

static void put_tier(const struct host_check_tier *tier)
{
	json_open_object(&json, NULL);
	put_text("name", tier->name);
	put_support(tier->support);
	put_text("why", tier->why);
	json_put_bool(&json, "chosen", tier->is_chosen);
	if (tier->hooks) {
		json_open_array(&json, "hooks");
		for (size_t i = 0; i < tier->num_hooks; i++)
			put_hook(&tier->hooks[i]);
		json_close_array(&json);
		json_open_array(&json, "not_seen");
		put_sentences(tier->unseen);
		put_sentences(tier->blind_spots);
		json_close_array(&json);
	}
	json_close_object(&json);
}

static void put_library(const struct host_check_library *lib)
{
	json_open_object(&json, NULL);
	if (lib->pid)
		json_put_number(&json, "pid", lib->pid);
	put_text("path", lib->path);
	put_support(lib->support);
	json_put_number(&json, "functions", lib->num_functions);
	put_text("why", lib->why);
	json_close_object(&json);
}

static void put_end(const struct host_check *host)
{
	json_close_array(&json);
	json_open_array(&json, "libraries");
	for (size_t i = 0; i < host->num_libraries; i++)
		put_library(&host->libraries[i]);
	json_close_array(&json);
	json_open_array(&json, "never_seen");
	put_sentences(host->never_seen);
	json_close_array(&json);
	json_close_object(&json);
	json_end_line(&json);
}

const struct host_check_printer host_check_json = { put_begin, put_tier, put_end };
