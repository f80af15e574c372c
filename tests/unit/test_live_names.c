// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* When a live trace looks up names. The folders here are no cgroups, but they have inodes as ids and names, too. */
#include "live_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define POD "kubepods-pod8a6f3c1e_0b5d_4f6a_9c3e_2d1f0a9b8c7d.slice"
#define FOLDER "logs/pods/shop_web_8a6f3c1e-0b5d-4f6a-9c3e-2d1f0a9b8c7d"
#define SECOND 1000000000ULL
#define BEGIN (100 * SECOND)

static struct live_names names;
static struct cgroups *cgroups;

static int setup(void **state)
{
	char folder[] = "/tmp/dtlsnoop-test-XXXXXX";

	if (!mkdtemp(folder) || chdir(folder) || mkdir("root", 0755) || mkdir("logs", 0755) || mkdir("logs/pods", 0755))
		return -1;
	*state = strdup(folder);
	cgroups = cgroups_new("root");
	memset(&names, 0, sizeof(names));
	return live_names_init(&names, cgroups, "logs/pods") ? 0 : -1;
}

static int teardown(void **state)
{
	char command[64];

	live_names_fini(&names);
	cgroups_free(cgroups);
	snprintf(command, sizeof(command), "rm -rf %s", (const char *)*state);
	free(*state);
	return chdir("/") || system(command);
}

/* Makes it; its id. */
static uint64_t make(const char *path)
{
	struct stat st;

	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void expect_path(uint64_t id, const char *want)
{
	char path[CGROUP_PATH_LEN] = "";

	assert_int_equal(cgroup_names_path(&names.table, id, path, sizeof(path)), *want != 0);
	assert_string_equal(path, want);
}

static void a_cgroup_that_is_newer_than_the_last_walk_gets_its_path_later(void **state)
{
	uint64_t first = make("root/a"), second;

	live_names_note(&names, 0, BEGIN);
	live_names_note(&names, first, BEGIN);
	expect_path(first, "/a");
	second = make("root/b");
	live_names_note(&names, second, BEGIN + SECOND / 2);
	expect_path(second, "");
	live_names_note(&names, second, BEGIN + 2 * SECOND);
	expect_path(second, "");
	live_names_note(&names, second, BEGIN + 4 * SECOND);
	expect_path(second, "/b");
	/* And keeps it when it is gone. */
	assert_int_equal(rmdir("root/b"), 0);
	live_names_note(&names, second, BEGIN + 100 * SECOND);
	expect_path(second, "/b");
}

static void what_is_not_there_is_given_up(void **state)
{
	uint64_t id = make("root/a");

	assert_int_equal(rmdir("root/a"), 0);
	for (int i = 0; i <= LIVE_NAMES_TRIES; i++)
		live_names_note(&names, id, BEGIN + i * 10 * SECOND);
	assert_int_equal(names.tries[id % CGROUP_NAMES].left, 0);
	assert_true(cgroup_names_has(&names.table, id));
	live_names_note(&names, id, BEGIN + 1000 * SECOND);
	assert_int_equal(names.tries[id % CGROUP_NAMES].time_ns, BEGIN + LIVE_NAMES_TRIES * 10 * SECOND);
}

static void a_pod_keeps_its_name(void **state)
{
	uint64_t id = make("root/" POD);

	live_names_note(&names, id, BEGIN);
	expect_path(id, "/" POD);
	assert_null(cgroup_names_pod(&names.table, id));
	make(FOLDER);
	live_names_note(&names, id, BEGIN + 4 * SECOND);
	assert_string_equal(cgroup_names_pod(&names.table, id)->pod, "web");
	assert_string_equal(cgroup_names_pod(&names.table, id)->container, "");
	assert_int_equal(rmdir(FOLDER), 0);
	live_names_note(&names, id, BEGIN + 100 * SECOND);
	assert_string_equal(cgroup_names_pod(&names.table, id)->pod, "web");
	expect_path(id, "/" POD);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_cgroup_that_is_newer_than_the_last_walk_gets_its_path_later, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_given_up, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pod_keeps_its_name, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
