// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Where a recording is written: through no link. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "recorder.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static char folder[64];

static const char *const unseen[] = { NULL };

static bool can_create(const char *path, const char *read_path, bool may_replace)
{
	struct trace_info info = { .version = "", .source = "capture", .unseen = unseen };
	const char *const read_paths[] = { read_path, NULL };
	const struct recorder_options opts = { .path = path, .read_paths = read_paths, .force = may_replace };
	struct recorder *r = recorder_new(&opts, &info);

	if (r)
		recorder_free(r);
	return r;
}

static bool can_write(const char *path, const char *read_path)
{
	return can_create(path, read_path, true);
}

static int make(void **state)
{
	strcpy(folder, "/tmp/dtlsnoop-test.XXXXXX");
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	/* Anybody may write to `shared`. */
	return mkdir("shared", 0700) || chmod("shared", 01777) || mkdir("shared/a", 0700) || mkdir("shared/a/b", 0700) ||
	       mkdir("own", 0700) || symlink("../own", "shared/link") || symlink("../own/target", "shared/file-link") ||
	       symlink("shared", "to-shared");
}

static int clean(void **state)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return chdir("/") || system(command);
}

static void links(void **state)
{
	static const struct {
		const char *path;
		bool writable;
	} paths[] = {
		{ "shared/new", true }, { "shared//a///b/new", true }, { "shared/a/../a/b/../new", true },
		{ "shared/new", true },	/* it is there by now */
		{ "to-shared/second", true }, { "own/new", true },
		{ "shared/link/new", false }, { "shared/a/../link/new", false }, { "shared/file-link", false },
		{ "to-shared/link/new", false }, { "shared/a", false }, { "shared/none/new", false },
		{ "shared/new/new", false }, { "shared/a/", false }, { "shared/../own/third", true },
	};

	for (size_t i = 0; i < NUM(paths); i++) {
		print_message("%s\n", paths[i].path);
		assert_int_equal(can_write(paths[i].path, NULL), paths[i].writable);
	}
	assert_true(access("own/target", F_OK));
}

/* By whatever name, and as standard input, too: it is not cut to nothing before that is known. */
static void the_file_that_is_read(void **state)
{
	static const char *const names[] = { "own/read", "own/../own/read", "shared/../own/read" };
	FILE *file = fopen("own/read", "w");
	int saved = dup(STDIN_FILENO);
	struct stat st;

	fputs("a capture", file);
	fclose(file);
	assert_non_null(freopen("own/read", "r", stdin));
	for (size_t i = 0; i < NUM(names); i++) {
		assert_false(can_write(names[i], "own/read"));
		assert_false(can_write(names[i], "-"));
		assert_int_equal(stat("own/read", &st), 0);
		assert_int_equal(st.st_size, 9);
	}
	/* Of no other file is that said. */
	assert_true(can_write("own/read", "own/other"));
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(saved);
}

/* An empty file is what mktemp(1) makes: nothing of it is lost. */
static void what_exists(void **state)
{
	FILE *file = fopen("own/kept", "w");
	struct stat st;

	fclose(file);
	assert_true(can_create("own/kept", NULL, false));
	assert_false(can_create("own/kept", NULL, false));
	assert_int_equal(stat("own/kept", &st), 0);
	assert_true(st.st_size);
	assert_true(can_create("own/kept", NULL, true));
	/* To replace it does not mean to follow a link. */
	assert_int_equal(symlink("kept", "own/to-kept"), 0);
	assert_false(can_create("own/to-kept", NULL, true));
}

/* A recording that is not taken fast enough would stop the trace, or break off. */
static void no_files(void **state)
{
	int reader;

	assert_int_equal(mkfifo("own/fifo", 0600), 0);
	assert_false(can_write("own/fifo", NULL));
	reader = open("own/fifo", O_RDONLY | O_NONBLOCK);
	assert_false(can_write("own/fifo", NULL));
	close(reader);
	assert_true(can_write("/dev/null", NULL));
}

/* The largest event, with all that may come around it, as the feed writes them. */
static void put_much(struct recorder *r, uint32_t n, struct trace_stats *stats)
{
	struct {
		struct event ev;
		uint8_t rest[EVENT_SIZE_LARGE - sizeof(struct event)];
	} large = {
		.ev = { .size = EVENT_SIZE_LARGE, .abi = EVENT_ABI, .kind = EVENT_SENT, .cgroup_id = n + 1, .drop_reason = n % 64,
			.num_items = EVENT_MAX_ITEMS, .hello_len = EVENT_HELLO_MAX,
			.hello_off = EVENT_SIZE(EVENT_MAX_ITEMS, 0) },
	};

	if (recorder_is_full(r, n))
		recorder_next(r, n, stats);
	recording_event(recorder_writer(r), &large.ev, EVENT_SIZE_LARGE);
	recording_lost(recorder_writer(r), n, stats);
	recording_limited(recorder_writer(r), n, stats);
	recording_missing(recorder_writer(r), MISSING_LOST, n);
	recording_time(recorder_writer(r), n);
}

static bool long_path(void *ctx, uint64_t id, char *path, size_t size)
{
	memset(path, 'x', size - 1);
	path[size - 1] = '\0';
	return true;
}

static const char *long_reason(void *ctx, uint32_t reason)
{
	return "A_REASON_OF_THE_KERNEL_THAT_IS_AS_LONG_AS_ANY_OF_ITS_REASONS_MAY_BE_AND_LONGER";
}

static void no_file_is_larger_than_it_may_be(void **state)
{
	static const char *const names[] = { "own/large", "own/large.1", "own/large.2" };
	struct trace_info info = { .version = "", .source = "live", .trace_id = "00112233445566778899aabbccddeeff",
				   .unseen = unseen, .cgroup_path = long_path, .drop_reason_name = long_reason };
	const struct recorder_options opts = { .path = "own/large", .rotate_size = 65536, .rotate_keep = 3 };
	struct recorder *r = recorder_new(&opts, &info);
	struct trace_stats stats = { 0 };
	struct stat st;

	assert_non_null(r);
	for (uint32_t n = 0; n < 1000; n++)
		put_much(r, n, &stats);
	assert_true(recorder_end(r, &stats));
	recorder_free(r);
	for (size_t i = 0; i < NUM(names); i++) {
		assert_int_equal(stat(names[i], &st), 0);
		assert_in_range(st.st_size, i ? 65536 - 2 * RECORDING_MAX_STEP : 0, 65536);
	}
	assert_true(access("own/large.3", F_OK));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links),
		cmocka_unit_test(the_file_that_is_read),
		cmocka_unit_test(what_exists),
		cmocka_unit_test(no_files),
		cmocka_unit_test(no_file_is_larger_than_it_may_be),
	};

	return cmocka_run_group_tests(tests, make, clean);
}
