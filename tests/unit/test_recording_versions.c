// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Recordings of other versions: an earlier event ABI is read for ever, and others are refused with a word. */
#include "recordings.h"

/* A file of ABI 3, as it was: where ns_pid is now there was nothing. */
static void as_abi3(struct file *f)
{
	uint32_t len;

	f->data[14] = 3;
	for (size_t at = 16; at < f->len; at += 8 + ((len + 7) & ~7u)) {
		len = native32(f->data + at + 4);
		if (*(uint16_t *)(f->data + at) == RECORDING_EVENT) {
			f->data[at + 8 + offsetof(struct event, abi)] = 3;
			memset(f->data + at + 8 + offsetof(struct event, host), 0x77, 6);
		}
	}
}

static void expect_abi3(struct file *f)
{
	FILE *in = fmemopen(f->data, f->len, "r");
	struct recording_entry entry;

	assert_non_null(in);
	assert_int_equal(recording_open(reader, in), RECORDING_ENTRY);
	for (uint32_t n = 1; n < NUM_TOLD; n++) {
		struct told want = event_of(n);

		want.ev.ns_pid = 0;
		assert_int_equal(recording_next(reader, &entry), RECORDING_ENTRY);
		assert_memory_equal(entry.ev, &want, EVENT_SIZE(n, 0));
	}
	assert_int_equal(recording_next(reader, &entry), RECORDING_ENTRY);
	assert_int_equal(entry.type, RECORDING_END);
	fclose(in);
}

/* All of it but the first, which ABI 3 has no kind for. */
static void write_abi3(struct file *f)
{
	FILE *out = open_memstream(&f->data, &f->len);
	struct trace_stats stats = stats_of(1);
	static struct recording_writer w;

	assert_non_null(out);
	recording_begin(&w, out, &info);
	for (uint32_t n = 1; n < NUM_TOLD; n++) {
		struct told t = event_of(n);

		recording_event(&w, &t.ev, t.ev.size);
	}
	recording_end(&w, &stats);
	fclose(out);
	as_abi3(f);
}

static void an_earlier_abi(void **state)
{
	struct file f;

	write_abi3(&f);
	expect_abi3(&f);
	turn_file(f.data, f.len);
	expect_abi3(&f);
	free(f.data);
}

static void of_an_earlier_abi_only_what_it_had(void **state)
{
	struct told t = event_of(0);
	struct chunks c;

	t.ev.abi = 3;
	begin(&c);
	c.data[14] = 3;
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE_OTHER);
	expect_broken(&c, "not valid in ABI 3");
	/* ABI 5 has no unread sockets. */
	t = event_of(1);
	t.ev.abi = 5;
	t.ev.kind = EVENT_UNREAD;
	t.ev.num_items = 0;
	begin(&c);
	c.data[14] = 5;
	chunk(&c, RECORDING_EVENT, &t, sizeof(t.ev));
	expect_broken(&c, "not valid in ABI 5");
	/* ABI 6 has no calls of libraries. */
	t = event_of(0);
	t.ev.abi = 6;
	t.ev.kind = EVENT_LIBRARY;
	begin(&c);
	c.data[14] = 6;
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE_LIBRARY);
	expect_broken(&c, "not valid in ABI 6");
	/* Those of a file are all of one. */
	t = event_of(1);
	begin(&c);
	c.data[14] = 3;
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE(1, 0));
	expect_broken(&c, "not valid in ABI 3");
	t.ev.abi = 3;
	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE(1, 0));
	expect_broken(&c, "not valid in ABI 7");
}

/* Before the first that is read for ever, or after this version: it says which, and who reads it. */
static void another_versions(void **state)
{
	static const struct {
		uint16_t format, abi;
		bool is_later;
	} cases[] = {
		{ RECORDING_FORMAT, EVENT_ABI_OLDEST - 1, false }, { RECORDING_FORMAT, 0, false },
		{ RECORDING_FORMAT, EVENT_ABI + 1, true }, { RECORDING_FORMAT, UINT16_MAX, true },
		{ RECORDING_FORMAT + 1, EVENT_ABI, true }, { RECORDING_FORMAT - 1, EVENT_ABI + 1, false },
	};
	char abi[32];
	struct chunks c;
	uint32_t num;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&c);
		memcpy(c.data + 12, &cases[i].format, 2);
		memcpy(c.data + 14, &cases[i].abi, 2);
		assert_int_equal(read_all(c.data, c.len, &num), RECORDING_FOREIGN);
		snprintf(abi, sizeof(abi), "has event ABI %u (", cases[i].abi);
		assert_non_null(strstr(reader->why, abi));
		assert_non_null(strstr(reader->why, "reads ABI 3 to 7"));
		assert_non_null(strstr(reader->why, "with the version that wrote it"));
		assert_int_equal(!!strstr(reader->why, "or a later one"), cases[i].is_later);
		assert_non_null(strstr(reader->why, "dtlsnoop -V"));
	}
}

/* --- who sent an ICMP error: from ABI 5 on --- */

static struct told icmp_error(uint16_t flags)
{
	struct event_reporter from = { .ip = { 0x20, 1, 0xd, 0xb8, [15] = 9 }, .mtu = 0x05060708 };
	struct told t = event_of(0);

	t.ev.kind = EVENT_ICMP_ERROR;
	t.ev.flags = flags;
	t.ev.size = flags & EVENT_REPORTER ? EVENT_SIZE_REPORTER : EVENT_SIZE_BARE;
	memcpy(t.ev.items, &from, sizeof(from));
	return t;
}

static void write_one(struct file *f, const struct told *t)
{
	FILE *out = open_memstream(&f->data, &f->len);
	struct trace_stats stats = stats_of(1);
	static struct recording_writer w;

	assert_non_null(out);
	recording_begin(&w, out, &info);
	recording_event(&w, &t->ev, t->ev.size);
	recording_end(&w, &stats);
	assert_int_equal(w.error, 0);
	fclose(out);
}

static void expect_one(const struct file *f, const struct told *want)
{
	FILE *in = fmemopen(f->data, f->len, "r");
	struct recording_entry entry;

	assert_non_null(in);
	assert_int_equal(recording_open(reader, in), RECORDING_ENTRY);
	assert_int_equal(recording_next(reader, &entry), RECORDING_ENTRY);
	assert_memory_equal(entry.ev, want, want->ev.size);
	assert_int_equal(recording_next(reader, &entry), RECORDING_ENTRY);
	assert_int_equal(entry.type, RECORDING_END);
	fclose(in);
}

static void who_sent_an_icmp_error(void **state)
{
	static const uint16_t flags[] = {
		0, EVENT_FROM_CAPTURE, EVENT_REPORTER, EVENT_REPORTER | EVENT_FROM_CAPTURE | EVENT_IPV4,
	};
	struct told t;
	struct file f;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		t = icmp_error(flags[i]);
		write_one(&f, &t);
		expect_one(&f, &t);
		turn_file(f.data, f.len);
		expect_one(&f, &t);
		free(f.data);
	}
}

/* Its bits meant nothing in ABI 4: whatever was in them, there was no reporter and no capture. */
static void abi4_had_no_reporter(void **state)
{
	struct told t = icmp_error(EVENT_OWNER), want = t;
	struct chunks c;
	uint32_t num;

	t.ev.abi = 4;
	t.ev.flags |= EVENT_REPORTER | EVENT_FROM_CAPTURE;
	begin(&c);
	c.data[14] = 4;
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE_BARE);
	read_all(c.data, c.len, &num);
	assert_int_equal(num, 1);
	assert_memory_equal(&reader->event.ev, &want, EVENT_SIZE_BARE);
}

/* The flag says that it follows, and the length that it does not. */
static void a_reporter_that_lies(void **state)
{
	struct told t = icmp_error(EVENT_REPORTER);
	struct chunks c;

	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE_BARE);
	expect_broken(&c, "contradicts its own size");
	begin(&c);
	t.ev.size = EVENT_SIZE_BARE;
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE_REPORTER);
	expect_broken(&c, "contradicts its own size");
	begin(&c);
	t.ev.size = EVENT_SIZE_REPORTER;
	t.ev.flags = 0;
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE_REPORTER);
	expect_broken(&c, "contradicts its own size");
}

/* --- what a TLS library said: from ABI 7 on --- */

static struct told library_event(uint8_t call, uint8_t step)
{
	struct event_library said = {
		.library = LIBRARY_OPENSSL, .call = call, .step = step, .result = -0x01020304, .object = 0x0506070809101112,
		.timer_ns = 0x1314151617181920, .area = 20, .reason = 0x21222324, .line = 0x25262728,
		.version = 0x03000f00, .file = "ssl/t1_lib.c", .function = "tls_\x1b[2J",
	};
	struct told t = event_of(0);

	t.ev.kind = EVENT_LIBRARY;
	t.ev.flags = EVENT_OWNER;
	t.ev.size = EVENT_SIZE_LIBRARY;
	memcpy(t.ev.items, &said, sizeof(said));
	return t;
}

static void what_a_library_said(void **state)
{
	static const struct {
		uint8_t call, step;
	} cases[] = {
		{ LIBRARY_HANDSHAKE, LIBRARY_ENTERED }, { LIBRARY_TIMER_ASKED, LIBRARY_RETURNED },
		{ LIBRARY_ERROR, LIBRARY_ONCE }, { LIBRARY_FREED, LIBRARY_ONCE },
	};
	struct told t;
	struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		t = library_event(cases[i].call, cases[i].step);
		write_one(&f, &t);
		expect_one(&f, &t);
		turn_file(f.data, f.len);
		expect_one(&f, &t);
		free(f.data);
	}
}

static void a_call_that_cannot_be(void **state)
{
	static const struct event_library cases[] = {
		{ .library = 0, .call = LIBRARY_ERROR, .step = LIBRARY_ONCE },
		{ .library = LIBRARY_LAST + 1, .call = LIBRARY_ERROR, .step = LIBRARY_ONCE },
		{ .library = LIBRARY_NSS, .call = 0, .step = LIBRARY_ENTERED },
		{ .library = LIBRARY_NSS, .call = LIBRARY_CALL_LAST + 1, .step = LIBRARY_ONCE },
		{ .library = LIBRARY_NSS, .call = LIBRARY_ERROR, .step = LIBRARY_ENTERED },
		{ .library = LIBRARY_NSS, .call = LIBRARY_HANDSHAKE, .step = LIBRARY_ONCE },
		{ .library = LIBRARY_NSS, .call = LIBRARY_HANDSHAKE, .step = LIBRARY_RETURNED + 1 },
	};
	struct told t;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		t = library_event(LIBRARY_ERROR, LIBRARY_ONCE);
		assert_true(recording_event_is_valid(&t.ev, t.ev.size));
		memcpy(t.ev.items, &cases[i], sizeof(cases[i]));
		assert_false(recording_event_is_valid(&t.ev, t.ev.size));
	}
	t = library_event(LIBRARY_ERROR, LIBRARY_ONCE);
	t.ev.size -= 8;
	assert_false(recording_event_is_valid(&t.ev, sizeof(t)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_earlier_abi),
		cmocka_unit_test(of_an_earlier_abi_only_what_it_had),
		cmocka_unit_test(another_versions),
		cmocka_unit_test(who_sent_an_icmp_error),
		cmocka_unit_test(abi4_had_no_reporter),
		cmocka_unit_test(a_reporter_that_lies),
		cmocka_unit_test(what_a_library_said),
		cmocka_unit_test(a_call_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, make_reader, free_reader);
}
