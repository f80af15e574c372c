/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For tests of recordings: one in which each field has a value of its own, what is
 * expected of it, the same in the other byte order, and recordings chunk by chunk.
 *
 * Nothing here but the test programs may include this; it includes cmocka.
 */
#ifndef DTLSNOOP_TEST_RECORDINGS_H
#define DTLSNOOP_TEST_RECORDINGS_H

#include "bytes.h"

#include "recording.h"

#define NUM_TOLD 8

static const uint32_t pids[] = { 1, 812, 4194304 };
static const uint16_t ports[] = { 1, 443, 65535 };
static const char *const unseen[] = { "what a host cannot show", "and something else", NULL };

static inline bool path_of(void *ctx, uint64_t id, char *path, size_t size)
{
	(void)ctx;
	if (id == 99)
		return false;
	snprintf(path, size, "/cgroup\x1b/%u", (unsigned)id);
	return true;
}

static inline const struct pod_name *pod_of(void *ctx, uint64_t id)
{
	static const struct pod_name pod = { "shop", "web-7d9f.0", "nginx" };

	(void)ctx;
	return id == 77 ? &pod : NULL;
}

static inline const char *reason_of(void *ctx, uint32_t reason)
{
	(void)ctx;
	return reason == 66 ? "SOCKET_RCVBUFF" : NULL;
}

static const struct trace_info info = {
	.version = "x", .source = "live", .hooks = "cgroup", .kernel = "6.18.44", .unseen = unseen,
	.host = "host\\x1b.example", .boot_id = "01234567-89ab-cdef-0123-456789abcdef",
	.trace_id = "00112233445566778899aabbccddeeff", .machine_id = "0123456789abcdef",
	.pids = pids, .num_pids = 3, .ports = ports, .num_ports = 3,
	.follow_forks = true, .comm = "co\\x09mm", .cgroup = "/a.slice", .netns = 0xf0000002,
	.start_ns = 0x0102030405060708, .start_wall_ns = 0x1122334455667788,
	.sees_reads = true, .sees_send_failures = true, .sees_sockets = true,
	.cgroup_path = path_of, .pod_name = pod_of, .drop_reason_name = reason_of,
};

/* --- what is told: each field of it has a value of its own --- */

struct told {
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LARGE];
	};
};

static inline struct event_endpoint endpoint(uint8_t last, uint16_t port)
{
	return (struct event_endpoint){ .ip = { 0x20, 1, [15] = last }, .port = port };
}

/* EVENT_OTHER, which has counts where the others have items. */
static inline void make_other(struct told *t)
{
	struct event_other other = {
		.received = { 0x41424344, 0x45464748, 0x494a4b4c }, .sent = { 0x51525354, 0x55565758, 0x595a5b5c },
	};

	t->ev.kind = EVENT_OTHER;
	t->ev.size = EVENT_SIZE_OTHER;
	memcpy(t->ev.items, &other, sizeof(other));
}

/* The n-th event: with n items (the first is an EVENT_OTHER), and from the 3rd on with a hello body somewhere behind them. */
static inline struct told event_of(uint32_t n)
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
		.local = endpoint(1, 0x1b1c), .remote = endpoint(2, 0x1d1e), .ns_pid = 0x1f202122,
	};
	if (!n)
		make_other(&t);
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
static inline void expect_event(const struct event *got, uint32_t n)
{
	struct told want = event_of(n);

	assert_memory_equal(got, &want, n ? EVENT_SIZE(want.ev.num_items, 0) : EVENT_SIZE_OTHER);
	if (want.ev.hello_len)
		assert_memory_equal((const uint8_t *)got + got->hello_off, want.bytes + want.ev.hello_off,
				    want.ev.hello_len);
}

static inline struct trace_stats stats_of(uint64_t base)
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

static inline void note_end(struct file *f, FILE *out)
{
	fflush(out);
	f->ends[f->num_ends++] = f->len;
}

/* Eight events, what is missing, a loss, a time, the end. */
static inline void write_all(struct file *f)
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
	recording_missing(&w, MISSING_LOST | MISSING_LIMITED | MISSING_PART, 0x123456789abcdef);
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
	reader = malloc(sizeof(*reader));
	return reader ? 0 : -1;
}

static int free_reader(void **state)
{
	free(reader);
	return 0;
}

/* Reads a file to its end; returns how it ended, and how much was told before. */
static inline enum recording_result read_all(const char *data, size_t len, uint32_t *num)
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

static inline void expect_info(void)
{
	const struct trace_info *got = &reader->info;
	char path[CGROUP_PATH_LEN];

	assert_string_equal(got->source, "recording");
	assert_string_equal(got->recorded_source, "live");
	assert_string_equal(got->hooks, "cgroup");
	assert_string_equal(got->kernel, "6.18.44");
	assert_string_equal(got->host, info.host);
	assert_string_equal(got->boot_id, info.boot_id);
	assert_string_equal(got->machine_id, info.machine_id);
	assert_string_equal(got->trace_id, info.trace_id);
	assert_string_equal(got->comm, info.comm);
	assert_string_equal(got->cgroup, info.cgroup);
	assert_true(got->follow_forks && got->netns == info.netns);
	assert_string_equal(got->unseen[0], unseen[0]);
	assert_string_equal(got->unseen[1], unseen[1]);
	assert_null(got->unseen[2]);
	assert_int_equal(got->num_pids, 3);
	assert_memory_equal(got->pids, pids, sizeof(pids));
	assert_int_equal(got->num_ports, 3);
	assert_memory_equal(got->ports, ports, sizeof(ports));
	assert_true(got->start_ns == info.start_ns && got->start_wall_ns == info.start_wall_ns);
	assert_true(got->sees_reads && !got->sees_drops && got->sees_send_failures && got->sees_sockets);
	assert_false(got->cgroup_path(got->cgroup_ctx, 77, path, sizeof(path)));
	assert_null(got->drop_reason_name(got->drop_reason_ctx, 66));
}

/* What write_all() wrote. */
static inline void expect_all(const char *data, size_t len)
{
	FILE *in = fmemopen((void *)data, len, "r");
	struct trace_stats want = stats_of(200);
	const struct pod_name *pod;
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
	assert_int_equal(entry.missing, MISSING_LOST | MISSING_LIMITED | MISSING_PART);
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
	pod = reader->info.pod_name(reader->info.cgroup_ctx, 77);
	assert_non_null(pod);
	assert_memory_equal(pod, pod_of(NULL, 77), sizeof(*pod));
	assert_null(reader->info.pod_name(reader->info.cgroup_ctx, 99));
	assert_null(reader->info.pod_name(reader->info.cgroup_ctx, 0));
	assert_false(reader->info.cgroup_path(reader->info.cgroup_ctx, 0, path, sizeof(path)));
	assert_string_equal(reader->info.drop_reason_name(reader->info.drop_reason_ctx, 66), "SOCKET_RCVBUFF");
	assert_null(reader->info.drop_reason_name(reader->info.drop_reason_ctx, 67));
	assert_null(reader->info.drop_reason_name(reader->info.drop_reason_ctx, UINT32_MAX));
	for (int i = 0; i < 2; i++)
		assert_int_equal(recording_next(reader, &entry), RECORDING_FINISHED);
	fclose(in);
}

/* --- the other byte order: turned here by its own table of widths, not by the reader's code --- */

static inline size_t turn(char *data, size_t at, unsigned width)
{
	for (unsigned i = 0; i < width / 2; i++) {
		char byte = data[at + i];

		data[at + i] = data[at + width - 1 - i];
		data[at + width - 1 - i] = byte;
	}
	return at + width;
}

/* '1': a byte, '2', '4', '8': a number */
static inline size_t turn_all(char *data, size_t at, const char *widths)
{
	for (; *widths; widths++)
		at = turn(data, at, *widths - '0');
	return at;
}

#define ENDPOINT "1111111111111111" "2" "2"
static const char event_widths[] = "211" "2" "11" "8888" "44444444" "2" "11" "1111111111111111"
	ENDPOINT ENDPOINT "222" "2" "4";
static const char other_widths[] = "444444";
static const char reporter_widths[] = "1111111111111111" "4" "1111";
static const char library_widths[] = "1111" "4" "88" "4444";
static const char record_widths[] = "11112222" "1" "111" "8";
static const char message_widths[] = "112" "444" "2" "222";

static inline uint32_t native32(const char *p)
{
	uint32_t number;

	memcpy(&number, p, sizeof(number));
	return number;
}

static inline void turn_event(char *data, size_t at, uint32_t len)
{
	uint8_t kind = data[at + 3], num_items = data[at + 7];
	bool has_reporter = kind == EVENT_ICMP_ERROR && *(uint16_t *)(data + at + 4) & EVENT_REPORTER;
	size_t item = turn_all(data, at, event_widths);

	assert_int_equal(item - at, sizeof(struct event));
	for (uint8_t i = 0; i < num_items; i++)
		item = turn_all(data, item, data[item] == DTLS_ITEM_RECORD ? record_widths : message_widths);
	if (kind == EVENT_OTHER)
		item = turn_all(data, item, other_widths);
	if (has_reporter)
		item = turn_all(data, item, reporter_widths);
	if (kind == EVENT_LIBRARY)
		item = turn_all(data, item, library_widths);
	assert_true(item - at <= len);
}

static inline void turn_file(char *data, size_t len)
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
		case RECORDING_CGROUP: case RECORDING_POD:
			turn(data, at, 8);
			break;
		case RECORDING_DROP_REASON: case RECORDING_FILTER_NETNS:
			turn(data, at, 4);
			break;
		case RECORDING_SOURCE: case RECORDING_HOOKS: case RECORDING_KERNEL: case RECORDING_UNSEEN:
		case RECORDING_FILTER_COMM: case RECORDING_FILTER_CGROUP: case RECORDING_FOLLOW_FORKS:
		case RECORDING_HOST: case RECORDING_BOOT_ID: case RECORDING_TRACE_ID: case RECORDING_MACHINE_ID:
			break;
		default:
			fail_msg("type %u", type);
		}
		at = end;
	}
	assert_int_equal(at, len);
}

/* --- chunk by chunk --- */

struct chunks {
	char data[16384];
	size_t len;
};

static inline void chunk(struct chunks *c, uint16_t type, const void *content, uint32_t len)
{
	struct recording_chunk head = { .type = type, .length = len };

	memcpy(c->data + c->len, &head, sizeof(head));
	c->len += sizeof(head);
	if (content)
		memcpy(c->data + c->len, content, len);
	c->len += (len + 7) & ~7u;
	assert_true(c->len < sizeof(c->data));
}

static inline void head(struct chunks *c, const char *source)
{
	struct recording_head h = {
		.magic = RECORDING_MAGIC_BYTES, .byte_order = RECORDING_BYTE_ORDER, .format = RECORDING_FORMAT,
		.event_abi = EVENT_ABI,
	};

	memset(c, 0, sizeof(*c));
	memcpy(c->data, &h, sizeof(h));
	c->len = sizeof(h);
	if (source)
		chunk(c, RECORDING_SOURCE, source, strlen(source));
}

static inline void begin(struct chunks *c)
{
	struct recording_trace trace = { .start_ns = 1, .start_wall_ns = 1 };

	head(c, "live");
	chunk(c, RECORDING_TRACE, &trace, sizeof(trace));
}

static inline void expect_broken(const struct chunks *c, const char *why)
{
	uint32_t num;

	assert_int_equal(read_all(c->data, c->len, &num), RECORDING_BROKEN);
	if (!strstr(reader->why, why))
		fail_msg("'%s' is not in: %s", why, reader->why);
}

#endif
