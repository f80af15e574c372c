// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Recordings: what was told comes back, of either byte order, however short. */
#include <errno.h>

#include "recordings.h"

static void what_was_told_comes_back(void **state)
{
	struct file f;

	write_all(&f);
	expect_all(f.data, f.len);
	free(f.data);
}

/* Behind what is used of an event lies what the ring buffer held before: payload, maybe. */
static void nothing_unused_gets_into_the_file(void **state)
{
	struct file f;

	write_all(&f);
	for (size_t i = 0; i + 3 < f.len; i++)
		assert_memory_not_equal(f.data + i, "\xab\xab\xab\xab", 4);
	free(f.data);
}

static void the_other_byte_order(void **state)
{
	struct file f, plain;

	write_all(&f);
	write_all(&plain);
	turn_file(f.data, f.len);
	assert_memory_not_equal(f.data, plain.data, f.len);
	expect_all(f.data, f.len);
	free(f.data);
	free(plain.data);
}

/* --- too short --- */

static void cut_at_every_byte(void **state)
{
	struct file f;
	uint32_t told = 0, num;

	write_all(&f);
	for (size_t len = 0; len < f.len; len++) {
		while (len >= f.ends[told])
			told++;
		assert_int_equal(read_all(f.data, len, &num), RECORDING_TRUNCATED);
		/* ends[0]: nothing has happened yet; each one more is one thing more that was told */
		assert_int_equal(num, told ? told - 1 : 0);
		assert_int_equal(reader->started, told > 0);
	}
	assert_int_equal(read_all(f.data, f.len, &num), RECORDING_FINISHED);
	assert_int_equal(num, NUM_TOLD + 5);
	free(f.data);
}

/* --- writing --- */

static void a_full_disk_is_an_error_once(void **state)
{
	static struct recording_writer w;
	struct trace_stats stats = stats_of(0);
	struct told t = event_of(1);
	FILE *full = fopen("/dev/full", "w");

	if (!full) {
		print_message("no /dev/full here\n");
		skip();
	}
	recording_begin(&w, full, &info);
	for (int i = 0; i < 1000; i++)
		recording_event(&w, &t.ev, t.ev.size);
	recording_end(&w, &stats);
	assert_int_equal(w.error, ENOSPC);
	fclose(full);
}

static void an_invalid_event_is_not_written(void **state)
{
	static struct recording_writer w;
	struct told t = event_of(3);
	struct file f;
	FILE *out = open_memstream(&f.data, &f.len);
	size_t before;

	recording_begin(&w, out, &info);
	fflush(out);
	before = f.len;
	recording_event(&w, &t.ev, sizeof(t.ev) - 1);
	recording_event(&w, &t.ev, t.ev.size - 1);
	t.ev.abi++;
	recording_event(&w, &t.ev, t.ev.size);
	t.ev.abi--;
	t.ev.hello_off = EVENT_SIZE(3, 0) - 1;
	recording_event(&w, &t.ev, t.ev.size);
	t = event_of(0);
	t.ev.size = EVENT_SIZE_SMALL;
	recording_event(&w, &t.ev, t.ev.size);
	fflush(out);
	assert_int_equal(f.len, before);
	fclose(out);
	free(f.data);
}

/* What a live trace finds out later: pod 5 has a name, then a container. */
static struct pod_name later;

static const struct pod_name *later_of(void *ctx, uint64_t id)
{
	return *later.namespace ? &later : NULL;
}

/* What is read of the recording so far that w->file has: names at each event. */
static void expect_names(const char *data, size_t len, const char *const *want)
{
	FILE *in = fmemopen((void *)data, len, "r");
	struct recording_entry entry;
	const struct pod_name *pod;

	assert_int_equal(recording_open(reader, in), RECORDING_ENTRY);
	for (; *want; want++) {
		assert_int_equal(recording_next(reader, &entry), RECORDING_ENTRY);
		pod = reader->info.pod_name(reader->info.cgroup_ctx, 77);
		assert_string_equal(pod ? pod->pod : "", **want ? "b" : "");
		assert_string_equal(pod ? pod->container : "", strcmp(*want, "b") ? *want : "");
	}
	fclose(in);
}

static void names_that_are_known_later_are_written_then(void **state)
{
	static struct recording_writer w;
	struct trace_info mine = info;
	struct told t = event_of(1);
	struct file f;
	FILE *out = open_memstream(&f.data, &f.len);
	size_t once, twice;

	later = (struct pod_name){ 0 };
	mine.pod_name = later_of;
	recording_begin(&w, out, &mine);
	recording_event(&w, &t.ev, t.ev.size);
	later = (struct pod_name){ "a", "b", "" };
	recording_event(&w, &t.ev, t.ev.size);
	strcpy(later.container, "c");
	recording_event(&w, &t.ev, t.ev.size);
	once = w.written;
	recording_event(&w, &t.ev, t.ev.size);
	twice = w.written;
	recording_event(&w, &t.ev, t.ev.size);
	/* And not again. */
	assert_int_equal(w.written - twice, twice - once);
	fclose(out);
	expect_names(f.data, f.len, (const char *const[]){ "", "b", "c", "c", "c", NULL });
	free(f.data);
}

/* Two ids that share a place push each other out, when writing as when reading. */
static void cgroups_that_share_a_place(void **state)
{
	static struct cgroup_names names;
	static const struct pod_name pod = { "a", "b", "c" };
	char path[CGROUP_PATH_LEN], longest[2 * CGROUP_PATH_LEN];

	cgroup_names_set(&names, 5, "/a", 2);
	cgroup_names_set_pod(&names, 5, &pod);
	cgroup_names_set_pod(&names, 5 + CGROUP_NAMES, &pod);
	cgroup_names_set_pod(&names, 0, &pod);
	assert_string_equal(cgroup_names_pod(&names, 5)->pod, "b");
	assert_null(cgroup_names_pod(&names, 5 + CGROUP_NAMES));
	assert_null(cgroup_names_pod(&names, 0));
	assert_true(cgroup_names_path(&names, 5, path, sizeof(path)));
	cgroup_names_set(&names, 5 + CGROUP_NAMES, "/b", 2);
	assert_false(cgroup_names_has(&names, 5));
	assert_null(cgroup_names_pod(&names, 5));
	assert_null(cgroup_names_pod(&names, 5 + CGROUP_NAMES));
	assert_false(cgroup_names_path(&names, 5, path, sizeof(path)));
	assert_true(cgroup_names_path(&names, 5 + CGROUP_NAMES, path, sizeof(path)));
	assert_string_equal(path, "/b");
	assert_false(cgroup_names_path(&names, 5 + CGROUP_NAMES, path, 2));
	memset(longest, 'x', sizeof(longest));
	cgroup_names_set(&names, 5, longest, CGROUP_PATH_LEN);
	assert_true(cgroup_names_has(&names, 5));
	assert_false(cgroup_names_path(&names, 5, path, sizeof(path)));
	cgroup_names_set(&names, 5, "/a\0b", 4);
	assert_false(cgroup_names_path(&names, 5, path, sizeof(path)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_comes_back),
		cmocka_unit_test(nothing_unused_gets_into_the_file),
		cmocka_unit_test(the_other_byte_order),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(a_full_disk_is_an_error_once),
		cmocka_unit_test(an_invalid_event_is_not_written),
		cmocka_unit_test(names_that_are_known_later_are_written_then),
		cmocka_unit_test(cgroups_that_share_a_place),
	};

	return cmocka_run_group_tests(tests, make_reader, free_reader);
}
