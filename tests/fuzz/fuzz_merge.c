// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Recordings of two or three hosts whose events the input chooses, with clocks that no host has, merged: whatever they
 * say, each event is told once, valid, with its host and in order of time, and in whichever order the files are given.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "analysis.h"
#include "fnv.h"
#include "message.h"
#include "recording.h"
#include "source_files.h"

#define MAX_HOSTS 3
#define MAX_EVENTS 300
#define SECOND 1000000000ULL

/* --- one host's recording --- */

struct host {
	FILE *file;
	char path[32], boot_id[40], trace_id[40];
	struct trace_info info;
	struct recording_writer writer;
	uint64_t now;
	uint32_t number;	/* one boot may have two traces, but of other namespaces */
};

static const char *const no_unseen[] = { NULL };
static const uint64_t starts[] = { 0, SECOND, 500 * SECOND, RECORDING_MAX_TIME - 3 * SECOND };
static const uint64_t walls[] = { 0, 1700000000 * SECOND, 1700086400 * SECOND, RECORDING_MAX_TIME - 1 };
static const uint64_t steps[] = { 0, 1, 1000, 1000000, 40000000, SECOND, 70 * SECOND, 86400 * SECOND };

static void begin(struct host *h, uint32_t number, struct fuzz_cursor *c)
{
	uint8_t choice = fuzz_u8(c);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	memset(h, 0, sizeof(*h));
	h->file = fdopen(fd, "w");
	fuzz_check(h->file);
	snprintf(h->path, sizeof(h->path), "/proc/self/fd/%d", fd);
	snprintf(h->boot_id, sizeof(h->boot_id), "%08x-0000-0000-0000-000000000000", choice & 0x80 ? 0 : number);
	snprintf(h->trace_id, sizeof(h->trace_id), "%032x", number);
	h->number = number;
	h->info = (struct trace_info){
		.version = "x", .source = "live", .hooks = "fentry", .kernel = "6.1", .unseen = no_unseen, .host = "host",
		.boot_id = h->boot_id, .trace_id = h->trace_id, .start_ns = starts[choice & 3], .start_wall_ns = walls[choice >> 2 & 3],
		.sees_reads = true, .sees_drops = true,
	};
	h->now = h->info.start_ns;
	recording_begin(&h->writer, h->file, &h->info);
}

static void pass(struct host *h, uint64_t step)
{
	h->now = step > RECORDING_MAX_TIME - h->now ? RECORDING_MAX_TIME : h->now + step;
}

static struct event_endpoint endpoint(uint32_t n)
{
	return (struct event_endpoint){ .ip = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = n & 1 }, .port = 1 + (n >> 1 & 1) };
}

static void put_event(struct host *h, uint8_t what, struct fuzz_cursor *c)
{
	static const enum event_kind kinds[] = { EVENT_SENT, EVENT_QUEUED, EVENT_SENT, EVENT_READ };
	uint8_t ends = fuzz_u8(c), content = fuzz_u8(c);
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_HELLO];
	} e;
	uint8_t *body;

	memset(&e, 0, sizeof(e));
	e.ev = (struct event){
		.size = EVENT_SIZE_HELLO, .abi = EVENT_ABI, .kind = kinds[what & 3], .flags = EVENT_IPV4, .time_ns = h->now,
		.socket = 1 + (ends & 1), .datagram = content & 7, .cgroup_id = 7, .netns = h->number + 1, .length = 100,
		.local = endpoint(ends), .remote = endpoint(ends >> 2),
	};
	if (e.ev.kind != EVENT_READ) {
		e.ev.num_items = 1;
		e.ev.items[0].record = (struct dtls_record){
			.kind = DTLS_ITEM_RECORD, .content_type = 22, .version = 0xfefd, .length = 87, .sequence = content & 3,
		};
	}
	if (e.ev.kind != EVENT_READ && content & 0x80) {
		e.ev.num_items = 2;
		e.ev.items[1].message = (struct dtls_message){
			.kind = DTLS_ITEM_MESSAGE, .msg_type = 1 + (content >> 5 & 3), .length = 75, .fragment_length = 75, .offset = 25,
		};
		e.ev.hello_item = 1;
		e.ev.hello_off = EVENT_SIZE(EVENT_SMALL_ITEMS, 0);
		e.ev.hello_len = 75;
		body = e.bytes + e.ev.hello_off;
		body[0] = 0xfe;
		body[1] = 0xfd;
		memset(body + 2, 1 + (content >> 2 & 7), 40);
	}
	recording_event(&h->writer, &e.ev, e.ev.size);
}

/* Returns how many events. */
static uint32_t write_all(struct host *hosts, uint32_t num, struct fuzz_cursor *c)
{
	struct trace_stats stats = {};
	uint32_t events = 0;

	for (uint32_t i = 0; i < num; i++)
		begin(&hosts[i], i, c);
	while (c->left && events < MAX_EVENTS) {
		uint8_t what = fuzz_u8(c);
		struct host *h = &hosts[(what >> 5) % num];

		pass(h, steps[what >> 2 & 7]);
		if ((what & 3) < 3 || (what >> 5) < 6) {
			put_event(h, what, c);
			events++;
		} else if (what & 4) {
			recording_lost(&h->writer, 1, &stats);
		} else {
			recording_missing(&h->writer, MISSING_LOST, h->now);
		}
	}
	for (uint32_t i = 0; i < num; i++) {
		stats.end_ns = hosts[i].now;
		recording_end(&hosts[i].writer, &stats);
		fuzz_check(!hosts[i].writer.error && !fflush(hosts[i].file));
	}
	return events;
}

/* --- what is told --- */

struct told {
	uint32_t num_hosts, events;
	uint64_t now, digest;
};

static void digest(struct told *t, const void *data, size_t len)
{
	t->digest = (t->digest * 31) ^ fnv_hash(data, len);
}

static void on_event(void *ctx, const struct event *ev, size_t len)
{
	struct told *t = ctx;

	fuzz_check(len == ev->size && event_is_valid(ev, len));
	fuzz_check(ev->host >= 1 && ev->host <= t->num_hosts);
	fuzz_check(ev->time_ns >= t->now);
	t->now = ev->time_ns;
	t->events++;
	digest(t, ev, sizeof(*ev));
}

static void on_number(void *ctx, uint64_t num)
{
	digest(ctx, &num, sizeof(num));
}

static void on_missing(void *ctx, uint32_t what, uint64_t until)
{
	digest(ctx, &until, sizeof(until));
}

static void on_time(void *ctx, uint64_t now)
{
	struct told *t = ctx;

	fuzz_check(now >= t->now);
	t->now = now;
}

static void check_info(const struct trace_info *info, uint32_t num)
{
	fuzz_check(info->num_hosts == num);
	for (uint32_t i = 0; i < num; i++)
		fuzz_check(info->hosts[i].start_ns >= info->start_ns && info->hosts[i].end_ns >= info->hosts[i].start_ns);
}

static struct told read_all(const struct host *hosts, uint32_t num, bool backwards)
{
	const char *paths[MAX_HOSTS + 1] = {};
	struct told t = { .num_hosts = num };
	const struct source_handler handler = {
		.ctx = &t, .event = on_event, .lost = on_number, .limited = on_number, .missing = on_missing, .time = on_time,
	};
	struct source *source;
	int result;

	for (uint32_t i = 0; i < num; i++)
		paths[i] = hosts[backwards ? num - 1 - i : i].path;
	source = source_files_new(paths, true);
	fuzz_check(source);
	check_info(&source->info, num);
	t.now = source->info.start_ns;
	do {
		result = source->ops->poll(source, &handler, 0);
	} while (!result || result == SOURCE_MORE);
	fuzz_check(result == SOURCE_END);
	source->ops->free(source);
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_cursor c = { data, size };
	static struct host hosts[MAX_HOSTS];
	uint32_t num = 2 + fuzz_u8(&c) % 2, events;
	struct told one, two;

	message_mute(true);
	events = write_all(hosts, num, &c);
	one = read_all(hosts, num, false);
	two = read_all(hosts, num, true);
	fuzz_check(one.events == events && two.events == events && one.digest == two.digest);
	for (uint32_t i = 0; i < num; i++)
		fclose(hosts[i].file);
	return 0;
}
