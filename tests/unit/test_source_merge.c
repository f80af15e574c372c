// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces of several hosts: what is told of them together, in which order, and how their clocks are compared. */
#include "merging.h"

#define CLIENT at(1, 4000)
#define SERVER at(2, 4433)

/* One way takes this long, of each handshake a little more. */
#define DELAY (2 * MS)

/* The ClientHello with this random, and an answer that has no hello of its own. Returns when all has come. */
static void exchange(struct traced *client, struct traced *server, int64_t from, uint8_t random, int64_t delay)
{
	traced_event(client, from, make_event(EVENT_SENT, CLIENT, SERVER, 0, random));
	traced_event(server, from + delay, make_event(EVENT_QUEUED, SERVER, CLIENT, 0, random));
	traced_event(server, from + delay + MS, make_event(EVENT_SENT, SERVER, CLIENT, 9, 0));
	traced_event(client, from + 2 * delay + MS, make_event(EVENT_QUEUED, CLIENT, SERVER, 9, 0));
}

static void expect_order(void)
{
	uint64_t last = 0;

	for (uint32_t i = 0; i < got.num; i++)
		if (got.told[i].kind == 'e' || got.told[i].kind == 't') {
			assert_true(got.told[i].number >= last);
			last = got.told[i].number;
		}
}

/* Half of the round trip, and what clocks may drift apart in some seconds. */
static void expect_error(const struct trace_host *host, uint64_t error)
{
	assert_in_range(host->error_ns, error, error < MS * 1000 ? error + MS : error);
}

static void two_hosts_are_one_story_in_order(void **state)
{
	static const int64_t aheads[] = { 0, 5 * MS, -3 * SECOND, 40 * DAY, -40 * DAY };
	static const struct { uint32_t host; enum event_kind kind; } want[] = {
		{ 1, EVENT_SENT }, { 2, EVENT_QUEUED }, { 2, EVENT_SENT }, { 1, EVENT_QUEUED },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(aheads) / sizeof(aheads[0]); i++) {
		struct traced a, b;
		struct source *source;

		traced_begin(&a, "alpha", 500 * SECOND, 0);
		traced_begin(&b, "beta", 7 * SECOND, aheads[i]);
		traced_write(&a);
		traced_write(&b);
		for (int n = 0; n < 3; n++)
			exchange(&a, &b, (1 + n) * SECOND, 1 + n, DELAY + n * MS);
		traced_end(&a, 9 * SECOND);
		traced_end(&b, 9 * SECOND);
		source = merge_of_files(&a, &b, NULL);
		assert_non_null(source);
		assert_int_equal(source->info.num_hosts, 2);
		assert_string_equal(source->info.hosts[0].host, "alpha");
		assert_int_equal(source->info.hosts[0].offset_ns, 0);
		assert_int_equal(source->info.hosts[0].error_ns, 0);
		assert_string_equal(source->info.hosts[1].host, "beta");
		assert_int_equal(source->info.hosts[1].offset_ns, aheads[i]);
		expect_error(&source->info.hosts[1], DELAY);
		assert_int_equal(source->info.start_ns, 500 * SECOND);
		assert_int_equal(source->info.start_wall_ns, WALL);
		assert_int_equal(source->info.hosts[1].start_ns, 500 * SECOND);
		assert_int_equal(source->info.hosts[1].end_ns, 509 * SECOND);
		read_merged(source);
		assert_int_equal(got.result, SOURCE_END);
		assert_int_equal(got.stats.counters[COUNTER_EVENTS], 14);
		assert_int_equal(got.num, 14);
		expect_order();
		for (uint32_t n = 0; n < 12; n++) {
			assert_int_equal(got.told[n].ev.host, want[n % 4].host);
			assert_int_equal(got.told[n].ev.kind, want[n % 4].kind);
		}
		assert_int_equal(got.told[0].number, 501 * SECOND);
		assert_int_equal(got.told[1].number, 501 * SECOND + DELAY);
		source->ops->free(source);
		traced_free(&a);
		traced_free(&b);
	}
}

static void the_order_of_files_does_not_matter(void **state)
{
	static struct merged_told first[64];
	struct traced a, b;
	struct source *source;
	uint32_t num;
	(void)state;

	traced_begin(&a, "alpha", 500 * SECOND, 0);
	traced_begin(&b, "beta", 7 * SECOND, DAY);
	traced_write(&a);
	traced_write(&b);
	exchange(&a, &b, SECOND, 1, DELAY);
	traced_end(&a, 9 * SECOND);
	traced_end(&b, 9 * SECOND);
	source = merge_of_files(&a, &b, NULL);
	read_merged(source);
	source->ops->free(source);
	num = got.num;
	memcpy(first, got.told, num * sizeof(first[0]));
	source = merge_of_files(&b, &a, NULL);
	read_merged(source);
	source->ops->free(source);
	assert_int_equal(got.num, num);
	assert_memory_equal(got.told, first, num * sizeof(first[0]));
	traced_free(&a);
	traced_free(&b);
}

/* A trace that began when the first host's clock did not run yet: all times are later, none is lost. */
static void a_trace_that_began_before_the_first_hosts_boot(void **state)
{
	struct traced a, b;
	struct source *source;
	(void)state;

	traced_begin(&a, "alpha", 2 * SECOND, 0);
	traced_begin(&b, "beta", 7 * SECOND, -100 * SECOND);
	traced_write(&a);
	b.info.start_wall_ns -= 50 * SECOND;
	traced_write(&b);
	traced_event(&b, 0, make_event(EVENT_QUEUED, SERVER, at(9, 9), 0, 200));
	traced_event(&a, SECOND, make_event(EVENT_SENT, CLIENT, SERVER, 0, 1));
	traced_event(&b, 51 * SECOND + DELAY, make_event(EVENT_QUEUED, SERVER, CLIENT, 0, 1));
	traced_event(&b, 51 * SECOND + 2 * DELAY, make_event(EVENT_SENT, SERVER, CLIENT, 0, 0));
	traced_event(&a, SECOND + 3 * DELAY, make_event(EVENT_QUEUED, CLIENT, SERVER, 0, 0));
	traced_end(&a, 3 * SECOND);
	traced_end(&b, 53 * SECOND);
	source = merge_of_files(&a, &b, NULL);
	assert_int_equal(source->info.hosts[1].offset_ns, -100 * SECOND);
	assert_int_equal(source->info.start_ns, source->info.hosts[1].start_ns);
	assert_int_equal(source->info.hosts[0].start_ns - source->info.hosts[1].start_ns, 50 * SECOND);
	assert_int_equal(source->info.start_wall_ns, WALL - 50 * SECOND);
	read_merged(source);
	assert_int_equal(got.num, 7);
	assert_int_equal(got.told[0].ev.host, 2);
	assert_int_equal(got.told[1].number - got.told[0].number, 51 * SECOND);
	expect_order();
	source->ops->free(source);
	traced_free(&a);
	traced_free(&b);
}

static void expect_clock(struct traced *a, struct traced *b, int64_t offset, uint64_t error)
{
	struct source *source;

	traced_end(a, 9 * SECOND);
	traced_end(b, 9 * SECOND);
	source = merge_of_files(a, b, NULL);
	assert_non_null(source);
	assert_int_equal(source->info.hosts[1].offset_ns, offset);
	expect_error(&source->info.hosts[1], error);
	read_merged(source);
	expect_order();
	source->ops->free(source);
	traced_free(a);
	traced_free(b);
}

static void begin_two(struct traced *a, struct traced *b)
{
	traced_begin(a, "alpha", 500 * SECOND, 0);
	traced_begin(b, "beta", 7 * SECOND, DAY);
	traced_write(a);
	traced_write(b);
}

/* What came through one way only was as fast as can be; what came through no way tells nothing. */
static void one_way_and_no_way(void **state)
{
	struct traced a, b;
	(void)state;

	begin_two(&a, &b);
	traced_event(&a, SECOND, make_event(EVENT_SENT, CLIENT, SERVER, 0, 1));
	traced_event(&a, 2 * SECOND, make_event(EVENT_SENT, CLIENT, SERVER, 1, 1));
	traced_event(&b, SECOND + 3 * DELAY, make_event(EVENT_QUEUED, SERVER, CLIENT, 0, 1));
	traced_event(&b, 2 * SECOND + DELAY, make_event(EVENT_QUEUED, SERVER, CLIENT, 1, 1));
	traced_event(&b, 3 * SECOND, make_event(EVENT_SENT, SERVER, CLIENT, 0, 0));
	expect_clock(&a, &b, DAY + DELAY, TRACE_ONE_WAY_NS);
	assert_int_equal(got.told[1].number, SECOND + 500 * SECOND + 2 * DELAY);
	assert_int_equal(got.told[2].number, got.told[3].number);
	assert_int_equal(got.told[2].ev.kind, EVENT_SENT);
	begin_two(&a, &b);
	traced_event(&a, SECOND, make_event(EVENT_SENT, CLIENT, SERVER, 0, 1));
	traced_event(&b, SECOND, make_event(EVENT_QUEUED, SERVER, CLIENT, 0, 2));
	expect_clock(&a, &b, 0, UINT64_MAX);
}

/* What was sent more than once is nothing to compare clocks by: the first may be another one than it seems. */
static void copies_are_not_compared(void **state)
{
	struct traced a, b;
	(void)state;

	begin_two(&a, &b);
	exchange(&a, &b, SECOND, 1, DELAY);
	exchange(&a, &b, SECOND + 100 * MS, 3, DELAY);
	/* The record number is used again, and the first one was lost on the way. */
	traced_event(&a, 2 * SECOND, make_event(EVENT_SENT, CLIENT, SERVER, 0, 2));
	traced_event(&a, 3 * SECOND, make_event(EVENT_SENT, CLIENT, SERVER, 0, 2));
	traced_event(&b, 3 * SECOND + DELAY, make_event(EVENT_QUEUED, SERVER, CLIENT, 0, 2));
	/* Somebody made a copy before it was sent, which the others contradict. */
	traced_event(&a, 4 * SECOND, make_event(EVENT_SENT, CLIENT, SERVER, 1, 2));
	traced_event(&b, 3 * SECOND + 500 * MS, make_event(EVENT_QUEUED, SERVER, CLIENT, 1, 2));
	traced_event(&b, 4 * SECOND + DELAY, make_event(EVENT_QUEUED, SERVER, CLIENT, 1, 2));
	expect_clock(&a, &b, DAY, DELAY);
}

/*
 * The network doubles a datagram: the first that comes is as late as the path is long. But for the error, the last one
 * counts: the first may be of an earlier one, which the sender's trace lacks.
 */
static void doubled_datagrams_are_compared(void **state)
{
	struct traced a, b;
	(void)state;

	begin_two(&a, &b);
	for (int copy = 0; copy < 2; copy++)
		traced_event(&b, SECOND + DELAY + copy * MS, make_event(EVENT_QUEUED, SERVER, CLIENT, 0, 1));
	traced_event(&a, SECOND, make_event(EVENT_SENT, CLIENT, SERVER, 0, 1));
	traced_event(&b, 2 * SECOND, make_event(EVENT_SENT, SERVER, CLIENT, 0, 1));
	for (int copy = 0; copy < 2; copy++)
		traced_event(&a, 2 * SECOND + DELAY + copy * MS, make_event(EVENT_QUEUED, CLIENT, SERVER, 0, 1));
	expect_clock(&a, &b, DAY, DELAY + MS);
	/* The first was sent before the trace began, and its copy has the same number. */
	begin_two(&a, &b);
	traced_event(&b, SECOND, make_event(EVENT_QUEUED, SERVER, CLIENT, 0, 1));
	traced_event(&b, 3 * SECOND, make_event(EVENT_QUEUED, SERVER, CLIENT, 0, 1));
	traced_event(&a, 3 * SECOND - DELAY, make_event(EVENT_SENT, CLIENT, SERVER, 0, 1));
	traced_event(&b, 4 * SECOND, make_event(EVENT_SENT, SERVER, CLIENT, 9, 0));
	traced_event(&a, 4 * SECOND + DELAY, make_event(EVENT_QUEUED, CLIENT, SERVER, 9, 0));
	expect_clock(&a, &b, DAY, DELAY);
}

/* A relay sends the same bytes on: what it got is what was sent to it. */
static void a_relay_is_not_the_other_end(void **state)
{
	struct event_endpoint front = at(3, 4433), back = at(3, 5000);
	struct traced a, b, relay;
	struct source *source;
	(void)state;

	traced_begin(&a, "alpha", 500 * SECOND, 0);
	traced_begin(&b, "beta", 7 * SECOND, DAY);
	traced_begin(&relay, "relay", 70 * SECOND, -DAY);
	traced_write(&a);
	traced_write(&b);
	traced_write(&relay);
	traced_event(&a, SECOND, make_event(EVENT_SENT, CLIENT, front, 0, 1));
	traced_event(&relay, SECOND + DELAY, make_event(EVENT_QUEUED, front, CLIENT, 0, 1));
	traced_event(&relay, SECOND + 4 * DELAY, make_event(EVENT_SENT, back, SERVER, 0, 1));
	traced_event(&b, SECOND + 5 * DELAY, make_event(EVENT_QUEUED, SERVER, back, 0, 1));
	traced_event(&b, SECOND + 6 * DELAY, make_event(EVENT_SENT, SERVER, back, 5, 0));
	traced_event(&relay, SECOND + 7 * DELAY, make_event(EVENT_QUEUED, back, SERVER, 5, 0));
	traced_event(&relay, SECOND + 8 * DELAY, make_event(EVENT_SENT, front, CLIENT, 5, 0));
	traced_event(&a, SECOND + 9 * DELAY, make_event(EVENT_QUEUED, CLIENT, front, 5, 0));
	traced_end(&a, 9 * SECOND);
	traced_end(&b, 9 * SECOND);
	traced_end(&relay, 9 * SECOND);
	source = merge_of_files(&a, &b, &relay);
	assert_int_equal(source->info.num_hosts, 3);
	assert_string_equal(source->info.hosts[2].host, "relay");
	assert_int_equal(source->info.hosts[2].offset_ns, -DAY);
	expect_error(&source->info.hosts[2], DELAY);
	/* The end behind it is compared with the relay, and that with the first. */
	assert_int_equal(source->info.hosts[1].offset_ns, DAY);
	expect_error(&source->info.hosts[1], 2 * DELAY);
	source->ops->free(source);
	traced_free(&a);
	traced_free(&b);
	traced_free(&relay);
}

static void numbers_of_hosts_are_unique_and_keep_their_names(void **state)
{
	struct traced a, b;
	struct source *source;
	const struct event *one, *two;
	char path[64];
	(void)state;

	begin_two(&a, &b);
	for (int i = 0; i < 2; i++) {
		struct made m = make_event(EVENT_DROPPED, CLIENT, SERVER, 0, 1);

		m.ev.drop_reason = 4;
		traced_event(i ? &b : &a, SECOND, m);
	}
	traced_end(&a, 9 * SECOND);
	traced_end(&b, 9 * SECOND);
	source = merge_of_files(&a, &b, NULL);
	read_merged(source);
	one = &got.told[0].ev;
	/* The clocks have nothing in common, so the first host's end comes before. */
	two = &got.told[2].ev;
	assert_int_equal(one->host, 1);
	assert_int_equal(two->host, 2);
	assert_int_equal(one->socket, 5);
	assert_int_not_equal(one->socket, two->socket);
	assert_int_not_equal(one->netns, two->netns);
	assert_int_equal(trace_host_netns(2, two->netns), 0xf0000000);
	assert_true(source->info.cgroup_path(source->info.cgroup_ctx, one->cgroup_id, path, sizeof(path)));
	assert_string_equal(path, "/alpha/12");
	assert_true(source->info.cgroup_path(source->info.cgroup_ctx, two->cgroup_id, path, sizeof(path)));
	assert_string_equal(path, "/beta/12");
	assert_false(source->info.cgroup_path(source->info.cgroup_ctx, trace_host_number(3, 12), path, sizeof(path)));
	assert_string_equal(source->info.drop_reason_name(source->info.drop_reason_ctx, one->drop_reason), "OF_ALPHA");
	assert_string_equal(source->info.drop_reason_name(source->info.drop_reason_ctx, two->drop_reason), "OF_ANOTHER");
	assert_null(source->info.drop_reason_name(source->info.drop_reason_ctx, trace_host_reason(3, 4)));
	source->ops->free(source);
	traced_free(&a);
	traced_free(&b);
}

/* What one cannot show, the whole cannot; what differs is said of each. */
static void the_weaker_one_counts(void **state)
{
	static const uint16_t ports[] = { 4433 };
	struct traced a, b;
	struct source *source;
	(void)state;

	traced_begin(&a, "alpha", 500 * SECOND, 0);
	traced_begin(&b, "beta", 7 * SECOND, 0);
	a.info.kernel = "5.10";
	a.info.sees_drops = false;
	a.unseen[0] = "drops";
	b.info.ports = ports;
	b.info.num_ports = 1;
	traced_write(&a);
	traced_write(&b);
	traced_end(&a, SECOND);
	traced_end(&b, SECOND);
	source = merge_of_files(&a, &b, NULL);
	assert_false(source->info.sees_drops);
	assert_true(source->info.sees_reads);
	assert_true(trace_info_is_filtered(&source->info));
	assert_string_equal(source->info.unseen[0], "drops");
	assert_null(source->info.unseen[1]);
	assert_null(source->info.kernel);
	assert_string_equal(source->info.hooks, "fentry");
	assert_null(source->info.host);
	assert_null(source->info.trace_id);
	assert_string_equal(source->info.hosts[0].kernel, "5.10");
	assert_false(source->info.hosts[0].sees_drops);
	assert_true(source->info.hosts[1].sees_drops);
	source->ops->free(source);
	traced_free(&a);
	traced_free(&b);
}

/* What was lost stays where it was among the events of its host; of two traces, both are read to their ends. */
static void losses_and_damage(void **state)
{
	struct trace_stats stats = {};
	struct traced a, b;
	struct source *source;
	(void)state;

	stats.counters[COUNTER_LOST_RING_FULL] = 3;
	begin_two(&a, &b);
	exchange(&a, &b, SECOND, 1, DELAY);
	recording_lost(b.writer, 3, &stats);
	recording_limited(b.writer, 4, &stats);
	recording_missing(b.writer, MISSING_LOST, b.info.start_ns + 2 * SECOND);
	exchange(&a, &b, 3 * SECOND, 2, DELAY);
	traced_end(&a, 9 * SECOND);
	fflush(b.file);
	/* The end of the second trace is missing, and part of its last event. */
	assert_int_equal(ftruncate(fileno(b.file), lseek(fileno(b.file), 0, SEEK_END) - 8), 0);
	source = merge_of_files(&a, &b, NULL);
	assert_int_equal(source->info.hosts[1].end_ns, 503 * SECOND + DELAY);
	read_merged(source);
	assert_int_equal(got.result, SOURCE_END);
	assert_true(got.stats.truncated);
	assert_int_equal(got.num, 11);
	assert_int_equal(got.told[3].kind, 'l');
	assert_int_equal(got.told[3].number, 3);
	assert_int_equal(got.told[4].kind, 'r');
	assert_int_equal(got.told[5].kind, 'm');
	assert_int_equal(got.told[5].number, 502 * SECOND);
	/* Asked again, it counts the same: the caller keeps what it was told before. */
	assert_int_equal(got.stats.counters[COUNTER_LOST_RING_FULL], 3);
	source->ops->stats(source, &got.stats);
	assert_int_equal(got.stats.counters[COUNTER_LOST_RING_FULL], 3);
	source->ops->free(source);
	traced_free(&a);
	traced_free(&b);
}

static void what_cannot_be_merged_is_refused(void **state)
{
	struct traced a, b;
	(void)state;

	begin_two(&a, &b);
	traced_end(&a, SECOND);
	traced_end(&b, SECOND);
	assert_null(source_files_new((const char *[]){ a.path, "-", NULL }, false));
	assert_null(source_files_new((const char *[]){ a.path, "/nonexistent", NULL }, false));
	assert_null(source_files_new((const char *[]){ a.path, b.path, a.path, NULL }, false));
	traced_free(&a);
	traced_begin(&a, "alpha", 500 * SECOND, 0);
	a.info.trace_id = NULL;
	traced_write(&a);
	traced_end(&a, SECOND);
	assert_null(merge_of_files(&a, &b, NULL));
	traced_free(&a);
	traced_begin(&a, "alpha", 500 * SECOND, 0);
	a.info.source = "capture";
	traced_write(&a);
	traced_end(&a, SECOND);
	assert_null(merge_of_files(&a, &b, NULL));
	traced_free(&a);
	traced_free(&b);
}

/* One kernel has one clock, whatever its wall clock was set to between two traces. */
static void two_traces_of_one_boot(void **state)
{
	struct traced a, b;
	struct source *source;
	(void)state;

	traced_begin(&a, "alpha", 500 * SECOND, 0);
	traced_begin(&b, "gamma", 600 * SECOND, DAY);
	b.info.boot_id = a.info.boot_id;
	traced_write(&a);
	traced_write(&b);
	traced_event(&a, SECOND, make_event(EVENT_SENT, CLIENT, SERVER, 0, 1));
	traced_event(&b, SECOND, make_event(EVENT_QUEUED, SERVER, CLIENT, 0, 1));
	traced_end(&a, 9 * SECOND);
	traced_end(&b, 9 * SECOND);
	source = merge_of_files(&a, &b, NULL);
	assert_int_equal(source->info.hosts[1].offset_ns, DAY - 100 * SECOND);
	assert_int_equal(source->info.hosts[1].error_ns, 0);
	assert_int_equal(source->info.hosts[1].start_ns, 600 * SECOND);
	source->ops->free(source);
	traced_free(&a);
	traced_free(&b);
}

/* Each event would count twice. Near: other namespaces; one after the other. */
static void the_same_sockets_twice(void **state)
{
	static const struct { uint32_t netns; int64_t later; bool merges; } rows[] = {
		{ 0xf0000000, 0, false }, { 0xf0000001, 0, true }, { 0xf0000000, 60 * SECOND, true },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made sent = make_event(EVENT_SENT, CLIENT, SERVER, 0, 1), again = make_event(EVENT_SENT, CLIENT, SERVER, 1, 1);
		struct traced a, b;
		struct source *source;

		traced_begin(&a, "alpha", 500 * SECOND, 0);
		traced_begin(&b, "gamma", 500 * SECOND, 0);
		b.info.boot_id = a.info.boot_id;
		traced_write(&a);
		traced_write(&b);
		traced_event(&a, SECOND, sent);
		traced_event(&a, 3 * SECOND, again);
		sent.ev.netns = again.ev.netns = rows[i].netns;
		traced_event(&b, rows[i].later + 2 * SECOND, sent);
		traced_event(&b, rows[i].later + 4 * SECOND, again);
		traced_end(&a, 9 * SECOND);
		traced_end(&b, 99 * SECOND);
		source = merge_of_files(&a, &b, NULL);
		assert_int_equal(source != NULL, rows[i].merges);
		if (source)
			source->ops->free(source);
		traced_free(&a);
		traced_free(&b);
	}
}

/* As many as there may be, and one more. */
static void too_many_traces(void **state)
{
	static struct traced traces[TRACE_HOSTS_MAX + 1];
	const char *paths[TRACE_HOSTS_MAX + 2];
	struct source *source;
	(void)state;

	for (int i = 0; i <= TRACE_HOSTS_MAX; i++) {
		traced_begin(&traces[i], "alpha", 500 * SECOND, 0);
		snprintf(traces[i].trace_id, sizeof(traces[i].trace_id), "%032x", i);
		snprintf(traces[i].boot_id, sizeof(traces[i].boot_id), "%08x-0000-0000-0000-000000000000", i);
		traced_write(&traces[i]);
		traced_end(&traces[i], SECOND);
		paths[i] = traces[i].path;
	}
	paths[TRACE_HOSTS_MAX + 1] = NULL;
	assert_null(source_files_new(paths, false));
	paths[TRACE_HOSTS_MAX] = NULL;
	source = source_files_new(paths, false);
	assert_non_null(source);
	assert_int_equal(source->info.num_hosts, TRACE_HOSTS_MAX);
	source->ops->free(source);
	for (int i = 0; i <= TRACE_HOSTS_MAX; i++)
		traced_free(&traces[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_hosts_are_one_story_in_order),
		cmocka_unit_test(the_order_of_files_does_not_matter),
		cmocka_unit_test(a_trace_that_began_before_the_first_hosts_boot),
		cmocka_unit_test(one_way_and_no_way),
		cmocka_unit_test(copies_are_not_compared),
		cmocka_unit_test(doubled_datagrams_are_compared),
		cmocka_unit_test(a_relay_is_not_the_other_end),
		cmocka_unit_test(numbers_of_hosts_are_unique_and_keep_their_names),
		cmocka_unit_test(the_weaker_one_counts),
		cmocka_unit_test(losses_and_damage),
		cmocka_unit_test(what_cannot_be_merged_is_refused),
		cmocka_unit_test(two_traces_of_one_boot),
		cmocka_unit_test(the_same_sockets_twice),
		cmocka_unit_test(too_many_traces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
