// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Recordings of strangers: nothing that breaks a promise comes out, and it is said what is wrong. */
#include "recordings.h"

/* Any byte may be anything: whatever comes out keeps its promises. */
static void every_byte_changed(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	enum recording_result result;
	struct file f;
	uint32_t num;
	char before;

	write_all(&f);
	for (size_t at = 0; at < f.len; at++) {
		before = f.data[at];
		for (size_t i = 0; i < sizeof(values); i++) {
			f.data[at] = values[i];
			result = read_all(f.data, f.len, &num);
			assert_true(result != RECORDING_ENTRY);
			if (result == RECORDING_BROKEN)
				assert_true(strlen(reader->why) > 5 && reader->offset <= f.len);
			if (at < 16 && f.data[at] != before)
				assert_int_equal(result, at < 12 ? RECORDING_BROKEN : RECORDING_FOREIGN);
		}
		f.data[at] = before;
	}
	free(f.data);
}

static void what_describes_it_is_checked(void **state)
{
	static const uint64_t late[3] = { UINT64_MAX, 1 }, later[3] = { 1, UINT64_MAX };
	static const uint32_t nothing = 0, huge = 65536;
	static const char longest[RECORDING_MAX_TEXT + 1];
	struct chunks c;

	head(&c, NULL);
	chunk(&c, RECORDING_TRACE, later, 8);
	expect_broken(&c, "too short");
	head(&c, "mars");
	chunk(&c, RECORDING_TRACE, "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
	expect_broken(&c, "source is unknown");
	head(&c, "live");
	chunk(&c, RECORDING_TRACE, late, 24);
	expect_broken(&c, "start time is impossible");
	head(&c, "live");
	chunk(&c, RECORDING_TRACE, later, 24);
	expect_broken(&c, "start time is impossible");
	head(&c, "live");
	chunk(&c, RECORDING_KERNEL, "6.1\x1b[2J", 7);
	expect_broken(&c, "not text");
	head(&c, "live");
	chunk(&c, RECORDING_UNSEEN, longest, sizeof(longest));
	expect_broken(&c, "too long");
	head(&c, "live");
	for (int i = 0; i <= RECORDING_MAX_UNSEEN; i++)
		chunk(&c, RECORDING_UNSEEN, "x", 1);
	expect_broken(&c, "what was not seen is too long");
	head(&c, "live");
	chunk(&c, RECORDING_PORTS, &huge, 4);
	expect_broken(&c, "invalid number");
	head(&c, "live");
	chunk(&c, RECORDING_PIDS, &nothing, 4);
	expect_broken(&c, "invalid number");
	head(&c, "live");
	chunk(&c, RECORDING_PIDS, &nothing, 3);
	expect_broken(&c, "filter has an invalid length");
	head(&c, "live");
	chunk(&c, RECORDING_HOOKS, "xdp", 3);
	chunk(&c, RECORDING_TRACE, "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
	expect_broken(&c, "hooks are unknown");
	head(&c, "live");
	chunk(&c, RECORDING_TIME, late, 8);
	expect_broken(&c, "before the start of the trace");
	begin(&c);
	chunk(&c, RECORDING_KERNEL, "6.1", 3);
	expect_broken(&c, "after its start");
	begin(&c);
	chunk(&c, RECORDING_HOST, "h", 1);
	expect_broken(&c, "after its start");
}

static void whose_it_is_is_checked(void **state)
{
	static const struct {
		uint16_t type;
		const char *text, *why;
	} cases[] = {
		{ RECORDING_HOST, "ho\x1b[31mst", "not text" },
		{ RECORDING_HOST, "ho\xc3\xa4st", "not text" },
		{ RECORDING_BOOT_ID, "01234567-89ab-cdef-0123-456789abcde", "invalid form" },
		{ RECORDING_BOOT_ID, "01234567-89ab-cdef-0123-456789abcdef0", "invalid form" },
		{ RECORDING_BOOT_ID, "01234567-89ab-cdef-0123-456789ABCDEF", "invalid form" },
		{ RECORDING_BOOT_ID, "01234567089ab-cdef-0123-456789abcdef", "invalid form" },
		{ RECORDING_TRACE_ID, "", "invalid form" },
		{ RECORDING_TRACE_ID, "00112233445566778899aabbccddeefg", "invalid form" },
		{ RECORDING_TRACE_ID, "00112233445566778899aabbccddeeff0", "invalid form" },
	};
	char longest[RECORDING_MAX_TEXT + 1];
	struct chunks c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		head(&c, "live");
		chunk(&c, cases[i].type, cases[i].text, strlen(cases[i].text));
		expect_broken(&c, cases[i].why);
	}
	memset(longest, 'h', sizeof(longest));
	head(&c, "live");
	chunk(&c, RECORDING_HOST, longest, RECORDING_MAX_TEXT);
	chunk(&c, RECORDING_HOST, longest, RECORDING_MAX_TEXT + 1);
	expect_broken(&c, "too long");
}

/* A recording of before, or one of a capture, does not say; nor is this host's put in its place. */
static void whose_it_is_may_be_unknown(void **state)
{
	struct chunks c;
	uint32_t num;

	begin(&c);
	assert_int_equal(read_all(c.data, c.len, &num), RECORDING_TRUNCATED);
	assert_null(reader->info.host);
	assert_null(reader->info.boot_id);
	assert_null(reader->info.trace_id);
}

static void what_happens_is_checked(void **state)
{
	static const uint64_t late = UINT64_MAX;
	struct told t = event_of(2);
	struct chunks c;

	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, 100);
	expect_broken(&c, "not valid in ABI");
	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE(2, 8));
	expect_broken(&c, "own size");
	begin(&c);
	t.ev.items[1].kind = 3;
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE(2, 0));
	expect_broken(&c, "unknown kind");
	t = event_of(2);
	t.ev.items[0].kind = DTLS_ITEM_MESSAGE;	/* of no record */
	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE(2, 0));
	expect_broken(&c, "unknown kind");
	t = event_of(0);
	t.ev.size += 8;
	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE_OTHER);
	expect_broken(&c, "own size");
	t = event_of(0);
	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE_BARE);
	expect_broken(&c, "own size");
	t.ev.num_items = 1;
	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE_OTHER);
	expect_broken(&c, "own size");
	t = event_of(2);
	t.ev.time_ns = late;
	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE(2, 0));
	expect_broken(&c, "time of the event is impossible");
	begin(&c);
	chunk(&c, RECORDING_TIME, &late, 8);
	expect_broken(&c, "the time is impossible");
	begin(&c);
	chunk(&c, RECORDING_END, &late, 4);
	expect_broken(&c, "too short");
	begin(&c);
	chunk(&c, RECORDING_DROP_REASON, "\0\2\0\0X", 5);
	expect_broken(&c, "drop reason is invalid");
	begin(&c);
	chunk(&c, RECORDING_DROP_REASON, "\0", 1);
	expect_broken(&c, "name has an invalid length");
	begin(&c);
	chunk(&c, RECORDING_CGROUP, "\0", 1);
	expect_broken(&c, "too short");
	begin(&c);
	chunk(&c, RECORDING_POD, "\0", 1);
	expect_broken(&c, "too short");
	begin(&c);
	chunk(&c, RECORDING_POD, "\1\0\0\0\0\0\0\0shop/we\x1b[31mb", 19);
	expect_broken(&c, "name of the pod is invalid");
	begin(&c);
	chunk(&c, 100, NULL, RECORDING_MAX_CONTENT + 1);
	expect_broken(&c, "content is too long");
	begin(&c);
	chunk(&c, RECORDING_END, "\1\0\0\0\0\0\0\0", 8);
	chunk(&c, RECORDING_END, "\1\0\0\0\0\0\0\0", 8);
	expect_broken(&c, "after the end");
}

/* A later version may tell more, and count more or less. */
static void what_is_not_known_is_skipped(void **state)
{
	struct chunks c;
	uint64_t end[COUNTER_MAX + 9];
	uint32_t num;

	for (int i = 0; i < COUNTER_MAX + 9; i++)
		end[i] = i + 1;
	begin(&c);
	chunk(&c, 100, "later", 5);
	chunk(&c, RECORDING_END, end, sizeof(end));
	assert_int_equal(read_all(c.data, c.len, &num), RECORDING_FINISHED);
	assert_int_equal(num, 1);
	assert_int_equal(reader->stats.counters[COUNTER_MAX - 1], COUNTER_MAX + 1);
	begin(&c);
	chunk(&c, RECORDING_END, end, 16);
	assert_int_equal(read_all(c.data, c.len, &num), RECORDING_FINISHED);
	assert_int_equal(reader->stats.counters[0], 2);
	assert_int_equal(reader->stats.counters[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_changed),
		cmocka_unit_test(what_describes_it_is_checked),
		cmocka_unit_test(whose_it_is_is_checked),
		cmocka_unit_test(whose_it_is_may_be_unknown),
		cmocka_unit_test(what_happens_is_checked),
		cmocka_unit_test(what_is_not_known_is_skipped),
	};

	return cmocka_run_group_tests(tests, make_reader, free_reader);
}
