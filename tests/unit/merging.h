/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For tests of merged traces: recordings of several hosts in memory, event by event, and what is told of them together.
 *
 * Nothing here but the test programs may include this; it includes cmocka.
 */
#ifndef DTLSNOOP_TEST_MERGING_H
#define DTLSNOOP_TEST_MERGING_H

#include "bytes.h"

#include <sys/mman.h>
#include <unistd.h>

#include "dtls_wire.h"
#include "recording.h"
#include "source_files.h"

#define SECOND INT64_C(1000000000)
#define MS INT64_C(1000000)
#define DAY (86400 * SECOND)
#define WALL (20000 * DAY)	/* a day in 2024 */

/* --- writing --- */

struct traced {
	FILE *file;
	char path[64];
	struct recording_writer *writer;
	struct trace_info info;
	char boot_id[40], trace_id[40];
	const char *unseen[2];
	int64_t ahead_ns;	/* its wall clock */
};

static inline bool traced_cgroup(void *ctx, uint64_t id, char *path, size_t size)
{
	const struct traced *t = ctx;

	snprintf(path, size, "/%s/%u", t->info.host, (unsigned)id);
	return true;
}

static inline const char *traced_reason(void *ctx, uint32_t reason)
{
	const struct traced *t = ctx;

	return !strcmp(t->info.host, "alpha") ? "OF_ALPHA" : "OF_ANOTHER";
}

/* Begins a trace of this host at WALL, when its events' clock shows `mono_ns`. */
static inline void traced_begin(struct traced *t, const char *host, uint64_t mono_ns, int64_t ahead_ns)
{
	int fd = memfd_create(host, 0);

	memset(t, 0, sizeof(*t));
	t->ahead_ns = ahead_ns;
	t->file = fdopen(fd, "w");
	assert_non_null(t->file);
	snprintf(t->path, sizeof(t->path), "/proc/self/fd/%d", fd);
	snprintf(t->trace_id, sizeof(t->trace_id), "%016x%016x", (unsigned)strlen(host), (unsigned char)host[0]);
	snprintf(t->boot_id, sizeof(t->boot_id), "%08x-0000-0000-0000-000000000000", (unsigned char)host[0]);
	t->info = (struct trace_info){
		.version = "x", .source = "live", .hooks = "fentry", .kernel = "6.1", .unseen = t->unseen, .host = host,
		.boot_id = t->boot_id, .trace_id = t->trace_id, .start_ns = mono_ns, .start_wall_ns = WALL + ahead_ns,
		.sees_reads = true, .sees_drops = true, .sees_send_failures = true, .sees_sockets = true,
		.cgroup_path = traced_cgroup, .cgroup_ctx = t, .drop_reason_name = traced_reason, .drop_reason_ctx = t,
	};
	t->writer = calloc(1, sizeof(*t->writer));
	assert_non_null(t->writer);
}

/* After t->info is as it should be, before the first event. */
static inline void traced_write(struct traced *t)
{
	recording_begin(t->writer, t->file, &t->info);
}

static inline void traced_end(struct traced *t, int64_t at)
{
	struct trace_stats stats = { .end_ns = t->info.start_ns + at };

	stats.counters[COUNTER_EVENTS] = 7;
	recording_end(t->writer, &stats);
	assert_int_equal(t->writer->error, 0);
	fflush(t->file);
}

static inline void traced_free(struct traced *t)
{
	fclose(t->file);
	free(t->writer);
}

struct made {
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LARGE];
	};
};

/* The host's address number `last`. */
static inline struct event_endpoint at(uint8_t last, uint16_t port)
{
	return (struct event_endpoint){ .ip = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = last }, .port = port };
}

/*
 * A datagram with one record. `at_ns`: since the trace of its host began, on that host's clock. `random`: of the
 * ClientHello in it; 0: it is something encrypted.
 */
static inline struct made make_event(enum event_kind kind, struct event_endpoint local, struct event_endpoint remote,
				     uint64_t sequence, uint8_t random)
{
	struct made m;
	uint8_t *body;

	memset(&m, 0, sizeof(m));
	m.ev = (struct event){
		.size = EVENT_SIZE_HELLO, .abi = EVENT_ABI, .kind = kind, .flags = EVENT_IPV4, .num_items = random ? 2 : 1,
		.socket = 5, .netns = 0xf0000000, .cgroup_id = 12, .length = 100, .local = local, .remote = remote,
	};
	m.ev.items[0].record = (struct dtls_record){
		.kind = DTLS_ITEM_RECORD, .content_type = random ? DTLS_CT_HANDSHAKE : DTLS_CT_APPLICATION_DATA, .version = 0xfefd,
		.epoch = !random, .length = 87, .sequence = sequence,
	};
	if (kind != EVENT_SENT && kind != EVENT_QUEUED && kind != EVENT_DROPPED)
		m.ev.num_items = 0;
	if (!random)
		return m;
	m.ev.items[1].message = (struct dtls_message){
		.kind = DTLS_ITEM_MESSAGE, .msg_type = DTLS_MT_CLIENT_HELLO, .length = 75, .fragment_length = 75, .offset = 25,
	};
	m.ev.hello_item = 1;
	m.ev.hello_off = EVENT_SIZE(EVENT_SMALL_ITEMS, 0);
	m.ev.hello_len = 75;
	body = m.bytes + m.ev.hello_off;
	body[0] = 0xfe;
	body[1] = 0xfd;
	memset(body + 2, random, 32);
	return m;
}

static inline void traced_event(struct traced *t, int64_t at_ns, struct made m)
{
	m.ev.time_ns = t->info.start_ns + at_ns;
	recording_event(t->writer, &m.ev, m.ev.size);
}

/* --- reading --- */

struct merged_told {
	char kind;		/* e: event, l: lost, r: limited, m: missing, t: time */
	uint64_t number;
	struct event ev;	/* its head */
};

static struct {
	struct merged_told told[4096];
	uint32_t num;
	int result;
	struct trace_stats stats;
} got;

static inline struct merged_told *got_next(char kind, uint64_t number)
{
	assert_true(got.num < 4096);
	got.told[got.num] = (struct merged_told){ .kind = kind, .number = number };
	return &got.told[got.num++];
}

static inline void got_event(void *ctx, const struct event *ev, size_t len)
{
	assert_int_equal(len, ev->size);
	memcpy(&got_next('e', ev->time_ns)->ev, ev, sizeof(*ev));
}

static inline void got_lost(void *ctx, uint64_t num)
{
	got_next('l', num);
}

static inline void got_limited(void *ctx, uint64_t num)
{
	got_next('r', num);
}

static inline void got_missing(void *ctx, uint32_t what, uint64_t until)
{
	got_next('m', until);
}

static inline void got_time(void *ctx, uint64_t now)
{
	got_next('t', now);
}

static inline void read_merged(struct source *source)
{
	const struct source_handler handler = {
		.event = got_event, .lost = got_lost, .limited = got_limited, .missing = got_missing, .time = got_time,
	};

	assert_non_null(source);
	memset(&got, 0, sizeof(got));
	do {
		got.result = source->ops->poll(source, &handler, 0);
	} while (!got.result || got.result == SOURCE_MORE);
	source->ops->stats(source, &got.stats);
}

/* Of two or three traces, NULL at the end. */
static inline struct source *merge_of_files(const struct traced *a, const struct traced *b, const struct traced *c)
{
	static const char *paths[4];

	paths[0] = a->path;
	paths[1] = b->path;
	paths[2] = c ? c->path : NULL;
	return source_files_new(paths, false);
}

#endif
