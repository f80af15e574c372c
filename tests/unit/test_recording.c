// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Recordings: what was told comes back, of either byte order, however short, and nothing hostile does. */
#include <errno.h>

#include "bytes.h"

#include "recording.h"

#define NUM_TOLD 8

static const uint32_t pids[] = { 1, 812, 4194304 };
static const uint16_t ports[] = { 1, 443, 65535 };
static const char *const unseen[] = { "what a host cannot show", "and something else", NULL };

static bool path_of(void *ctx, uint64_t id, char *path, size_t size)
{
	(void)ctx;
	if (id == 99)
		return false;
	snprintf(path, size, "/cgroup\x1b/%u", (unsigned)id);
	return true;
}

static const char *reason_of(void *ctx, uint32_t reason)
{
	(void)ctx;
	return reason == 66 ? "SOCKET_RCVBUFF" : NULL;
}

static const struct trace_info info = {
	.version = "x", .source = "live", .hooks = "cgroup", .kernel = "6.18.44", .unseen = unseen,
	.pids = pids, .num_pids = 3, .ports = ports, .num_ports = 3,
	.start_ns = 0x0102030405060708, .start_wall_ns = 0x1122334455667788,
	.sees_reads = true, .sees_send_failures = true,
	.cgroup_path = path_of, .drop_reason_name = reason_of,
};

/* --- what is told: each field of it has a value of its own --- */

struct told {
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LARGE];
	};
};

static struct event_endpoint endpoint(uint8_t last, uint16_t port)
{
	return (struct event_endpoint){ .ip = { 0x20, 1, [15] = last }, .port = port };
}

/* The n-th event: with n items, and from the 3rd on with a hello body somewhere behind them. */
static struct told event_of(uint32_t n)
{
	struct told t;

	memset(&t, 0xab, sizeof(t));	/* what lay in the ring buffer before */
	t.ev = (struct event){
		.size = n < 3 ? EVENT_SIZE_SMALL : EVENT_SIZE_LARGE, .abi = EVENT_ABI,
		.kind = n & 1 ? EVENT_SENT : EVENT_DROPPED, .flags = EVENT_OWNER | EVENT_TX, .malformed = n % 8,
		.num_items = n, .time_ns = 0x1000000000000000 + n, .socket = 0x1122334455667788,
		.datagram = 0x2233445566778899, .cgroup_id = n < 4 ? 77 : 99, .netns = 0xf0000001,
		.pid = 0x01020304, .tid = 0x05060708, .uid = 0x090a0b0c, .length = 0x0d0e0f10,
		.copied = 0x11121314, .unread = 0x15161718, .drop_reason = n & 1 ? 0 : n < 4 ? 66 : 67,
		.error = 0x191a, .icmp_type = 3, .icmp_code = 4, .comm = "a\x1b[31mb",
		.local = endpoint(1, 0x1b1c), .remote = endpoint(2, 0x1d1e), .ns_pid = 0x3a3b3c3d,
	};
	for (uint32_t i = 0; i < n; i++) {
		if (i & 1)
			t.ev.items[i].message = (struct dtls_message){
				.kind = DTLS_ITEM_MESSAGE, .msg_type = 1, .message_seq = 0x2021, .length = 0x222324,
				.fragment_offset = 0x252627, .fragment_length = 0x28292a, .offset = 0x2b2c,
			};
		else
			t.ev.items[i].record = (struct dtls_record){
				.kind = DTLS_ITEM_RECORD, .content_type = 22, .flags = 4, .alert_level = 2,
				.version = 0xfefd, .epoch = 0x2d2e, .length = 0x2f30, .offset = 0x3132,
				.alert_description = 40, .sequence = 0x333435363738,
			};
	}
	if (n >= 3) {
		t.ev.hello_item = 1;
		t.ev.hello_len = 100 + n;
		t.ev.hello_off = EVENT_SIZE(EVENT_MAX_ITEMS, 0);
		memset(t.bytes + t.ev.hello_off, n, t.ev.hello_len);
	}
	return t;
}

/* The bytes of the event that mean something are the same. */
static void expect_event(const struct event *got, uint32_t n)
{
	struct told want = event_of(n);

	assert_memory_equal(got, &want, EVENT_SIZE(want.ev.num_items, 0));
	if (want.ev.hello_len)
		assert_memory_equal((const uint8_t *)got + got->hello_off, want.bytes + want.ev.hello_off,
				    want.ev.hello_len);
}

static struct trace_stats stats_of(uint64_t base)
{
	struct trace_stats stats = { .end_ns = 0x1fffffffffffffff, .has_capture = true };

	for (int i = 0; i < COUNTER_MAX; i++)
		stats.counters[i] = base + i;
	for (int i = 0; i < CAPTURE_MAX; i++)
		stats.capture[i] = base + 1000 + i;
	return stats;
}

struct file {
	char *data;
	size_t len;
	size_t ends[NUM_TOLD + 10];	/* where what was told last ends */
	uint32_t num_ends;
};

static void note_end(struct file *f, FILE *out)
{
	fflush(out);
	f->ends[f->num_ends++] = f->len;
}

/* Eight events, what is missing, a loss, a time, the end. */
static void write_all(struct file *f)
{
	FILE *out = open_memstream(&f->data, &f->len);
	static struct recording_writer w;
	struct trace_stats stats = stats_of(100);

	assert_non_null(out);
	f->num_ends = 0;
	recording_begin(&w, out, &info);
	note_end(f, out);
	for (uint32_t n = 0; n < NUM_TOLD; n++) {
		struct told t = event_of(n);

		recording_event(&w, &t.ev, t.ev.size);
		note_end(f, out);
	}
	recording_missing(&w, MISSING_LOST | MISSING_LIMITED, 0x123456789abcdef);
	note_end(f, out);
	recording_limited(&w, 5, &stats);
	note_end(f, out);
	recording_lost(&w, 3, &stats);
	note_end(f, out);
	recording_time(&w, 0x1234567812345678);
	note_end(f, out);
	stats = stats_of(200);
	recording_end(&w, &stats);
	note_end(f, out);
	assert_int_equal(w.error, 0);
	fclose(out);
	assert_int_equal(f->ends[f->num_ends - 1], f->len);
}

/* --- reading --- */

static struct recording_reader *reader;

static int make_reader(void **state)
{
	(void)state;
	reader = malloc(sizeof(*reader));
	return reader ? 0 : -1;
}

static int free_reader(void **state)
{
	(void)state;
	free(reader);
	return 0;
}

/* Reads a file to its end; returns how it ended, and how much was told before. */
static enum recording_result read_all(const char *data, size_t len, uint32_t *num)
{
	FILE *in = fmemopen((void *)data, len ? len : 1, "r");
	struct recording_entry entry;
	enum recording_result result;

	assert_non_null(in);
	if (!len)
		fgetc(in);
	*num = 0;
	result = recording_open(reader, in);
	if (result == RECORDING_ENTRY)
		while ((result = recording_next(reader, &entry)) == RECORDING_ENTRY) {
			if (entry.type == RECORDING_EVENT)
				assert_true(recording_event_is_valid(entry.ev, entry.ev->size));
			else
				assert_null(entry.ev);
			++*num;
		}
	fclose(in);
	return result;
}

static void expect_info(void)
{
	const struct trace_info *got = &reader->info;
	char path[CGROUP_PATH_LEN];

	assert_string_equal(got->source, "recording");
	assert_string_equal(got->recorded_source, "live");
	assert_string_equal(got->hooks, "cgroup");
	assert_string_equal(got->kernel, "6.18.44");
	assert_string_equal(got->unseen[0], unseen[0]);
	assert_string_equal(got->unseen[1], unseen[1]);
	assert_null(got->unseen[2]);
	assert_int_equal(got->num_pids, 3);
	assert_memory_equal(got->pids, pids, sizeof(pids));
	assert_int_equal(got->num_ports, 3);
	assert_memory_equal(got->ports, ports, sizeof(ports));
	assert_true(got->start_ns == info.start_ns && got->start_wall_ns == info.start_wall_ns);
	assert_true(got->sees_reads && !got->sees_drops && got->sees_send_failures);
	assert_false(got->cgroup_path(got->cgroup_ctx, 77, path, sizeof(path)));
	assert_null(got->drop_reason_name(got->drop_reason_ctx, 66));
}

/* What write_all() wrote. */
static void expect_all(const char *data, size_t len)
{
	FILE *in = fmemopen((void *)data, len, "r");
	struct trace_stats want = stats_of(200);
	struct recording_entry entry;
	char path[CGROUP_PATH_LEN];

	assert_non_null(in);
	assert_int_equal(recording_open(reader, in), RECORDING_ENTRY);
	expect_info();
	for (uint32_t n = 0; n < NUM_TOLD; n++) {
		assert_int_equal(recording_next(reader, &entry), RECORDING_ENTRY);
		assert_int_equal(entry.type, RECORDING_EVENT);
		expect_event(entry.ev, n);
	}
	assert_int_equal(recording_next(reader, &entry), RECORDING_ENTRY);
	assert_int_equal(entry.type, RECORDING_MISSING);
	assert_int_equal(entry.missing, MISSING_LOST | MISSING_LIMITED);
	assert_true(entry.number == 0x123456789abcdef);
	assert_int_equal(recording_next(reader, &entry), RECORDING_ENTRY);
	assert_int_equal(entry.type, RECORDING_LIMITED);
	assert_int_equal(entry.number, 5);
	assert_int_equal(reader->stats.counters[COUNTER_RATE_LIMITED], 100 + COUNTER_RATE_LIMITED);
	assert_int_equal(recording_next(reader, &entry), RECORDING_ENTRY);
	assert_int_equal(entry.type, RECORDING_LOST);
	assert_int_equal(entry.number, 3);
	assert_int_equal(reader->stats.counters[COUNTER_NOT_DTLS], 100 + COUNTER_NOT_DTLS);
	assert_int_equal(recording_next(reader, &entry), RECORDING_ENTRY);
	assert_int_equal(entry.type, RECORDING_TIME);
	assert_true(entry.number == 0x1234567812345678);
	assert_int_equal(recording_next(reader, &entry), RECORDING_ENTRY);
	assert_int_equal(entry.type, RECORDING_END);
	assert_true(entry.number == want.end_ns);
	assert_memory_equal(reader->stats.counters, want.counters, sizeof(want.counters));
	assert_true(reader->stats.has_capture);
	assert_memory_equal(reader->stats.capture, want.capture, sizeof(want.capture));
	assert_true(reader->info.cgroup_path(reader->info.cgroup_ctx, 77, path, sizeof(path)));
	assert_string_equal(path, "/cgroup\x1b/77");
	assert_false(reader->info.cgroup_path(reader->info.cgroup_ctx, 99, path, sizeof(path)));
	assert_false(reader->info.cgroup_path(reader->info.cgroup_ctx, 0, path, sizeof(path)));
	assert_string_equal(reader->info.drop_reason_name(reader->info.drop_reason_ctx, 66), "SOCKET_RCVBUFF");
	assert_null(reader->info.drop_reason_name(reader->info.drop_reason_ctx, 67));
	assert_null(reader->info.drop_reason_name(reader->info.drop_reason_ctx, UINT32_MAX));
	for (int i = 0; i < 2; i++)
		assert_int_equal(recording_next(reader, &entry), RECORDING_FINISHED);
	fclose(in);
}

static void what_was_told_comes_back(void **state)
{
	struct file f;

	(void)state;
	write_all(&f);
	expect_all(f.data, f.len);
	free(f.data);
}

/* Behind what is used of an event lies what the ring buffer held before: payload, maybe. */
static void nothing_unused_gets_into_the_file(void **state)
{
	struct file f;

	(void)state;
	write_all(&f);
	for (size_t i = 0; i + 3 < f.len; i++)
		assert_memory_not_equal(f.data + i, "\xab\xab\xab\xab", 4);
	free(f.data);
}

/* --- the other byte order: turned here by its own table of widths, not by the reader's code --- */

static size_t turn(char *data, size_t at, unsigned width)
{
	for (unsigned i = 0; i < width / 2; i++) {
		char byte = data[at + i];

		data[at + i] = data[at + width - 1 - i];
		data[at + width - 1 - i] = byte;
	}
	return at + width;
}

/* '1': a byte, '2', '4', '8': a number */
static size_t turn_all(char *data, size_t at, const char *widths)
{
	for (; *widths; widths++)
		at = turn(data, at, *widths - '0');
	return at;
}

#define ENDPOINT "1111111111111111" "2" "2"
static const char event_widths[] = "211" "2" "11" "8888" "44444444" "2" "11" "1111111111111111"
	ENDPOINT ENDPOINT "222" "2" "4";
static const char record_widths[] = "11112222" "1" "111" "8";
static const char message_widths[] = "112" "444" "2" "222";

static uint32_t native32(const char *p)
{
	uint32_t number;

	memcpy(&number, p, sizeof(number));
	return number;
}

static void turn_event(char *data, size_t at, uint32_t len)
{
	uint8_t num_items = data[at + 7];
	size_t item = turn_all(data, at, event_widths);

	assert_int_equal(item - at, sizeof(struct event));
	for (uint8_t i = 0; i < num_items; i++)
		item = turn_all(data, item, data[item] == DTLS_ITEM_RECORD ? record_widths : message_widths);
	assert_true(item - at <= len);
}

static void turn_file(char *data, size_t len)
{
	size_t at = turn_all(data, 0, "11111111" "422");

	while (at < len) {
		uint32_t type = *(uint16_t *)(data + at), content = native32(data + at + 4);
		size_t end = at + 8 + (content + 7) / 8 * 8;

		at = turn_all(data, at, "224");
		switch (type) {
		case RECORDING_PIDS: case RECORDING_PORTS:
			for (uint32_t i = 0; i < content / 4; i++)
				turn(data, at + 4 * i, 4);
			break;
		case RECORDING_TRACE:
			turn_all(data, at, "8844");
			break;
		case RECORDING_EVENT:
			turn_event(data, at, content);
			break;
		case RECORDING_LOST: case RECORDING_LIMITED: case RECORDING_MISSING: case RECORDING_TIME: case RECORDING_CAPTURE: case RECORDING_END:
			for (uint32_t i = 0; i < content / 8; i++)
				turn(data, at + 8 * i, 8);
			break;
		case RECORDING_CGROUP:
			turn(data, at, 8);
			break;
		case RECORDING_DROP_REASON:
			turn(data, at, 4);
			break;
		default:
			assert_true(type <= RECORDING_UNSEEN);
		}
		at = end;
	}
	assert_int_equal(at, len);
}

static void the_other_byte_order(void **state)
{
	struct file f, plain;

	(void)state;
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

	(void)state;
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

/* --- hostile --- */

/* Any byte may be anything: whatever comes out keeps its promises. */
static void every_byte_changed(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	enum recording_result result;
	struct file f;
	uint32_t num;
	char before;

	(void)state;
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
				assert_int_equal(result, RECORDING_BROKEN);
		}
		f.data[at] = before;
	}
	free(f.data);
}

struct chunks {
	char data[16384];
	size_t len;
};

static void chunk(struct chunks *c, uint16_t type, const void *content, uint32_t len)
{
	struct recording_chunk head = { .type = type, .length = len };

	memcpy(c->data + c->len, &head, sizeof(head));
	c->len += sizeof(head);
	if (content)
		memcpy(c->data + c->len, content, len);
	c->len += (len + 7) & ~7u;
	assert_true(c->len < sizeof(c->data));
}

static void head(struct chunks *c, const char *source)
{
	struct recording_head h = {
		.magic = RECORDING_MAGIC, .byte_order = RECORDING_BYTE_ORDER, .format = RECORDING_FORMAT,
		.event_abi = EVENT_ABI,
	};

	memset(c, 0, sizeof(*c));
	memcpy(c->data, &h, sizeof(h));
	c->len = sizeof(h);
	if (source)
		chunk(c, RECORDING_SOURCE, source, strlen(source));
}

static void begin(struct chunks *c)
{
	struct recording_trace trace = { .start_ns = 1, .start_wall_ns = 1 };

	head(c, "live");
	chunk(c, RECORDING_TRACE, &trace, sizeof(trace));
}

static void expect_broken(const struct chunks *c, const char *why)
{
	uint32_t num;

	assert_int_equal(read_all(c->data, c->len, &num), RECORDING_BROKEN);
	if (!strstr(reader->why, why))
		fail_msg("'%s' is not in: %s", why, reader->why);
}

static void what_describes_it_is_checked(void **state)
{
	static const uint64_t late[3] = { UINT64_MAX, 1 }, later[3] = { 1, UINT64_MAX };
	static const uint32_t nothing = 0, huge = 65536;
	static const char longest[RECORDING_MAX_TEXT + 1];
	struct chunks c;

	(void)state;
	head(&c, NULL);
	chunk(&c, RECORDING_TRACE, later, 8);
	expect_broken(&c, "too short");
	head(&c, "mars");
	chunk(&c, RECORDING_TRACE, "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
	expect_broken(&c, "no known source");
	head(&c, "live");
	chunk(&c, RECORDING_TRACE, late, 24);
	expect_broken(&c, "no possible time");
	head(&c, "live");
	chunk(&c, RECORDING_TRACE, later, 24);
	expect_broken(&c, "no possible time");
	head(&c, "live");
	chunk(&c, RECORDING_KERNEL, "6.1\x1b[2J", 7);
	expect_broken(&c, "no text");
	head(&c, "live");
	chunk(&c, RECORDING_UNSEEN, longest, sizeof(longest));
	expect_broken(&c, "too long");
	head(&c, "live");
	for (int i = 0; i <= RECORDING_MAX_UNSEEN; i++)
		chunk(&c, RECORDING_UNSEEN, "x", 1);
	expect_broken(&c, "too much");
	head(&c, "live");
	chunk(&c, RECORDING_PORTS, &huge, 4);
	expect_broken(&c, "no possible number");
	head(&c, "live");
	chunk(&c, RECORDING_PIDS, &nothing, 4);
	expect_broken(&c, "no possible number");
	head(&c, "live");
	chunk(&c, RECORDING_PIDS, &nothing, 3);
	expect_broken(&c, "no possible length");
	head(&c, "live");
	chunk(&c, RECORDING_HOOKS, "xdp", 3);
	chunk(&c, RECORDING_TRACE, "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
	expect_broken(&c, "no known hooks");
	head(&c, "live");
	chunk(&c, RECORDING_TIME, late, 8);
	expect_broken(&c, "before the trace begins");
	begin(&c);
	chunk(&c, RECORDING_KERNEL, "6.1", 3);
	expect_broken(&c, "after its begin");
}

static void what_happens_is_checked(void **state)
{
	static const uint64_t late = UINT64_MAX;
	struct told t = event_of(2);
	struct chunks c;

	(void)state;
	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, 100);
	expect_broken(&c, "none of ABI");
	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE(2, 8));
	expect_broken(&c, "in size");
	begin(&c);
	t.ev.items[1].kind = 3;
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE(2, 0));
	expect_broken(&c, "no known kind");
	t = event_of(2);
	t.ev.items[0].kind = DTLS_ITEM_MESSAGE;	/* of no record */
	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE(2, 0));
	expect_broken(&c, "no known kind");
	t = event_of(2);
	t.ev.time_ns = late;
	begin(&c);
	chunk(&c, RECORDING_EVENT, &t, EVENT_SIZE(2, 0));
	expect_broken(&c, "no possible time");
	begin(&c);
	chunk(&c, RECORDING_TIME, &late, 8);
	expect_broken(&c, "no possible time");
	begin(&c);
	chunk(&c, RECORDING_END, &late, 4);
	expect_broken(&c, "too short");
	begin(&c);
	chunk(&c, RECORDING_DROP_REASON, "\0\2\0\0X", 5);
	expect_broken(&c, "no possible drop reason");
	begin(&c);
	chunk(&c, RECORDING_DROP_REASON, "\0", 1);
	expect_broken(&c, "no possible length");
	begin(&c);
	chunk(&c, RECORDING_CGROUP, "\0", 1);
	expect_broken(&c, "too short");
	begin(&c);
	chunk(&c, 100, NULL, RECORDING_MAX_CONTENT + 1);
	expect_broken(&c, "too many");
	begin(&c);
	chunk(&c, RECORDING_END, "\1\0\0\0\0\0\0\0", 8);
	chunk(&c, RECORDING_END, "\1\0\0\0\0\0\0\0", 8);
	expect_broken(&c, "behind its end");
}

/* A later version may tell more, and count more or less. */
static void what_is_not_known_is_skipped(void **state)
{
	struct chunks c;
	uint64_t end[COUNTER_MAX + 9];
	uint32_t num;

	(void)state;
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

/* --- writing --- */

static void a_full_disk_is_an_error_once(void **state)
{
	static struct recording_writer w;
	struct trace_stats stats = stats_of(0);
	struct told t = event_of(1);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
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

	(void)state;
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
	fflush(out);
	assert_int_equal(f.len, before);
	fclose(out);
	free(f.data);
}

/* Two ids that share a place push each other out, when writing as when reading. */
static void cgroups_that_share_a_place(void **state)
{
	static struct cgroup_names names;
	char path[CGROUP_PATH_LEN], longest[2 * CGROUP_PATH_LEN];

	(void)state;
	cgroup_names_set(&names, 5, "/a", 2);
	assert_true(cgroup_names_path(&names, 5, path, sizeof(path)));
	cgroup_names_set(&names, 5 + CGROUP_NAMES, "/b", 2);
	assert_false(cgroup_names_has(&names, 5));
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
		cmocka_unit_test(every_byte_changed),
		cmocka_unit_test(what_describes_it_is_checked),
		cmocka_unit_test(what_happens_is_checked),
		cmocka_unit_test(what_is_not_known_is_skipped),
		cmocka_unit_test(a_full_disk_is_an_error_once),
		cmocka_unit_test(an_invalid_event_is_not_written),
		cmocka_unit_test(cgroups_that_share_a_place),
	};

	return cmocka_run_group_tests(tests, make_reader, free_reader);
}
