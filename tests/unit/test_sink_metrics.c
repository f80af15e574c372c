// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Prometheus metrics: each handshake once, gauges that fall again, and a bounded number of clean labels. */
#include "sinks.h"

#include "sink_metrics.h"

#define HANDSHAKES "dtlsnoop_handshakes_total"
#define OPEN "dtlsnoop_handshakes_open"
#define STUCK "dtlsnoop_handshakes_stuck"
#define MAX_LINES 20000

static struct {
	struct sink sink;
	struct trace_info info;
	struct analysis_stats analysis;
	struct trace_stats stats;
	char *text;
	char *lines[MAX_LINES];
	uint32_t num_lines;
} m;

static char cgroup[512];

static bool cgroup_path(void *ctx, uint64_t id, char *path, size_t size)
{
	snprintf(path, size, "%s", cgroup);
	return *cgroup;
}

static void begin(void)
{
	memset(&m, 0, sizeof(m));
	*cgroup = 0;
	m.info = (struct trace_info){ .version = "0.1", .hooks = "cgroup", .cgroup_path = cgroup_path, .start_ns = START };
	m.sink = (struct sink){ .ops = &sink_metrics, .info = &m.info };
	m.stats.analysis = &m.analysis;
	assert_true(sink_begin(&m.sink));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each line is a comment or a sample; no two samples have the same name and labels. */
static void split(void)
{
	char *line, *rest;

	m.num_lines = 0;
	for (line = strtok_r(m.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (*line == '#')
			continue;
		assert_memory_equal(line, "dtlsnoop_", 9);
		assert_non_null(strrchr(line, ' '));
		assert_true(m.num_lines < MAX_LINES);
		m.lines[m.num_lines++] = line;
		*strrchr(line, ' ') = 0;
	}
	qsort(m.lines, m.num_lines, sizeof(m.lines[0]), by_text);
	for (uint32_t i = 1; i < m.num_lines; i++)
		assert_string_not_equal(m.lines[i - 1], m.lines[i]);
}

/* What is printed at this time. */
static void print_at(uint64_t now)
{
	size_t len;

	free(m.text);
	m.text = NULL;
	m.sink.out = open_memstream(&m.text, &len);
	assert_non_null(m.sink.out);
	m.stats.end_ns = now;
	sink_metrics_print(&m.sink, &m.stats);
	assert_int_equal(fclose(m.sink.out), 0);
	split();
}

static void end(void)
{
	sink_free(&m.sink);
	free(m.text);
}

/* The value of a sample; -1: there is none. */
static double value(const char *sample)
{
	char *key = (char *)sample, **found = bsearch(&key, m.lines, m.num_lines, sizeof(key), by_text);

	return found ? strtod(*found + strlen(*found) + 1, NULL) : -1;
}

static void expect(const char *sample, double wanted)
{
	double is = value(sample);

	if (is != wanted) {
		for (uint32_t i = 0; i < m.num_lines; i++)
			fprintf(stderr, "%s %s\n", m.lines[i], m.lines[i] + strlen(m.lines[i]) + 1);
		fail_msg("%s is %f, not %f", sample, is, wanted);
	}
}

/* The sum of all samples of this name. */
static double sum(const char *name)
{
	size_t len = strlen(name);
	double total = 0;

	for (uint32_t i = 0; i < m.num_lines; i++)
		if (!strncmp(m.lines[i], name, len) && (m.lines[i][len] == '{' || !m.lines[i][len]))
			total += strtod(m.lines[i] + strlen(m.lines[i]) + 1, NULL);
	return total;
}

/* A stuck handshake of a server on this host; with a cgroup if there is one. */
static struct handshake of(uint64_t id, const char *comm)
{
	struct handshake h = { .id = id, .state = HANDSHAKE_STUCK, .started_ns = START, .last_ns = START };

	h.party[PARTY_SERVER].local = h.party[PARTY_SERVER].has_owner = true;
	h.party[PARTY_SERVER].cgroup_id = id;
	memcpy(h.party[PARTY_SERVER].comm, comm, strnlen(comm, EVENT_COMM_LEN));
	h.verdict.code = VERDICT_PEER_SILENT;
	h.verdict.side = VERDICT_SIDE_CLIENT;
	return h;
}

static void report(const struct handshake *h)
{
	sink_metrics.handshake(&m.sink, h, h->last_ns);
}

static void report_final(struct handshake *h)
{
	h->is_final = true;
	report(h);
}

#define PEER_SILENT "verdict=\"peer-silent\",side=\"client\","

static void a_handshake_is_counted_once_when_it_is_final(void **state)
{
	struct handshake h = of(1, "server");

	begin();
	h.state = HANDSHAKE_IN_PROGRESS;
	h.verdict.code = VERDICT_NONE;
	report(&h);
	print_at(START);
	expect(OPEN "{role=\"server\",comm=\"server\"}", 1);
	assert_int_equal(sum(STUCK), 0);
	h = of(1, "server");
	report(&h);
	report(&h);
	print_at(START);
	expect(OPEN "{role=\"server\",comm=\"server\"}", 1);
	expect(STUCK "{" PEER_SILENT "role=\"server\",comm=\"server\"}", 1);
	assert_int_equal(sum(HANDSHAKES), 0);
	/* The client is back. */
	h.state = HANDSHAKE_COMPLETED;
	h.ended_ns = START + 7 * SEC;
	h.verdict.code = VERDICT_COMPLETED;
	h.verdict.side = VERDICT_SIDE_UNKNOWN;
	h.version = 0xfefd;
	h.version_negotiated = true;
	h.party[PARTY_CLIENT].waited_ns = 1500 * MS;
	h.party[PARTY_CLIENT].retransmissions = 2;
	report(&h);
	print_at(START);
	assert_int_equal(sum(OPEN) + sum(STUCK) + sum(HANDSHAKES), 0);
	h.is_settled = true;
	sink_metrics.settled(&m.sink, &h, START);
	print_at(START);
	expect(HANDSHAKES "{state=\"completed\",verdict=\"completed\",side=\"\",version=\"DTLS 1.2\",role=\"server\",comm=\"server\",unit=\"\"}", 1);
	assert_int_equal(sum(HANDSHAKES), 1);
	expect("dtlsnoop_handshake_timer_wait_seconds_total{role=\"server\",side=\"client\"}", 1.5);
	expect("dtlsnoop_retransmitted_flights_total{role=\"server\",side=\"client\"}", 2);
	expect("dtlsnoop_retransmitted_flights_total{role=\"server\",side=\"server\"}", 0);
	expect("dtlsnoop_metrics_uncounted_total", 0);
	expect("dtlsnoop_build_info{version=\"0.1\"}", 1);
	expect("dtlsnoop_hooks_info{tier=\"cgroup\"}", 1);
	end();
}

static void one_that_is_silent_is_counted_and_leaves_the_gauges(void **state)
{
	struct handshake h = of(1, "server"), other = of(2, "server");

	begin();
	report(&h);
	other.last_ns += SEC;
	report(&other);
	print_at(START + METRICS_SILENCE_NS - 1);
	assert_int_equal(sum(STUCK), 2);
	assert_int_equal(sum(HANDSHAKES), 0);
	print_at(START + METRICS_SILENCE_NS);
	assert_int_equal(sum(STUCK), 1);
	assert_int_equal(sum(OPEN), 1);
	assert_int_equal(sum(HANDSHAKES), 1);
	/* It goes on, and is silent again. */
	h.last_ns = START + METRICS_SILENCE_NS + SEC;
	report(&h);
	print_at(h.last_ns);
	assert_int_equal(sum(STUCK), 1);
	assert_int_equal(sum(OPEN), 1);
	assert_int_equal(sum(HANDSHAKES), 2);
	print_at(h.last_ns + METRICS_SILENCE_NS);
	assert_int_equal(sum(OPEN), 0);
	report_final(&h);
	report_final(&other);
	print_at(h.last_ns + METRICS_SILENCE_NS);
	assert_int_equal(sum(HANDSHAKES), 2);
	assert_int_equal(sum(OPEN) + sum(STUCK), 0);
	end();
}

static void durations_are_in_the_bucket_that_they_do_not_exceed(void **state)
{
	static const uint64_t durations[] = { 5 * MS, 5 * MS + 1, 30 * SEC, 30 * SEC + 1 };
	static const struct { const char *le; double num; } buckets[] = {
		{ "0.005", 1 }, { "0.01", 2 }, { "0.1", 2 }, { "10", 2 }, { "30", 3 }, { "+Inf", 4 },
	};
	char sample[128];

	begin();
	for (int i = 0; i < 4; i++) {
		struct handshake h = of(i + 1, "server");

		h.state = HANDSHAKE_COMPLETED;
		h.ended_ns = START + durations[i];
		report_final(&h);
	}
	print_at(START);
	for (int i = 0; i < 6; i++) {
		snprintf(sample, sizeof(sample), "dtlsnoop_handshake_duration_seconds_bucket{role=\"server\",resumed=\"false\",le=\"%s\"}",
			 buckets[i].le);
		expect(sample, buckets[i].num);
	}
	expect("dtlsnoop_handshake_duration_seconds_count{role=\"server\",resumed=\"false\"}", 4);
	expect("dtlsnoop_handshake_duration_seconds_sum{role=\"server\",resumed=\"false\"}", 60.010000002);
	end();
}

/* Of two processes, the one that owes the next move. */
static void the_process_is_that_of_the_side_to_blame(void **state)
{
	struct handshake h = of(1, "server");

	begin();
	h.party[PARTY_CLIENT].local = h.party[PARTY_CLIENT].has_owner = true;
	strcpy(h.party[PARTY_CLIENT].comm, "client");
	h.verdict.code = VERDICT_NONE;
	h.state = HANDSHAKE_IN_PROGRESS;
	report(&h);
	print_at(START);
	expect(OPEN "{role=\"both\",comm=\"server\"}", 1);
	h.verdict.code = VERDICT_NOT_RETRANSMITTING;
	h.state = HANDSHAKE_STUCK;
	report(&h);
	print_at(START);
	expect(OPEN "{role=\"both\",comm=\"server\"}", 0);
	expect(OPEN "{role=\"both\",comm=\"client\"}", 1);
	expect(STUCK "{verdict=\"not-retransmitting\",side=\"client\",role=\"both\",comm=\"client\"}", 1);
	end();
}

static void hostile_names_are_cleaned_and_escaped(void **state)
{
	static const struct { const char *comm, *label; } names[] = {
		{ "a\"b\\c\nd", "a\\\"b\\\\c\\nd" }, { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" }, { "\x1b[2J", "\xef\xbf\xbd[2J" },
		/* Both print the same: they are one. */
		{ "x\xff", "x\xef\xbf\xbd" }, { "x\xfe", "x\xef\xbf\xbd" }, { "x\x01", "x\xef\xbf\xbd" },
		{ "other", "other" }, { "\xe2\x80\xae" "evil", "\xef\xbf\xbd" "evil" },
	};
	char sample[256];

	begin();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct handshake h = of(i + 1, names[i].comm);

		report_final(&h);
	}
	print_at(START);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(sample, sizeof(sample), HANDSHAKES "{state=\"stuck\"," PEER_SILENT "version=\"\",role=\"server\",comm=\"%s\",unit=\"\"}",
			 names[i].label);
		expect(sample, strstr(names[i].label, "x\xef") ? 3 : 1);
	}
	expect("dtlsnoop_label_values_limited_total{label=\"comm\"}", 0);
	end();
}

static void the_unit_is_the_last_service_or_scope_of_the_path(void **state)
{
	static const struct { const char *path, *unit; } paths[] = {
		{ "/system.slice/licode.service", "licode.service" },
		{ "/system.slice/licode.service/worker", "licode.service" },
		{ "/user.slice/user-0.slice/user@0.service/app.slice/run-1.scope", "run-1.scope" },
		{ "/kubepods.slice/cri-containerd-0af.scope/a.service/b", "a.service" },
		{ "/system.slice/a\\x2db.service", "a\\\\x2db.service" },
		{ "/x.service.d/y", "" }, { "/.service/.scope", "" }, { "/", "" }, { "relative.scope", "relative.scope" },
	};
	char sample[256];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct handshake h = of(1, "s");

		begin();
		strcpy(cgroup, paths[i].path);
		report_final(&h);
		print_at(START);
		snprintf(sample, sizeof(sample), HANDSHAKES "{state=\"stuck\"," PEER_SILENT "version=\"\",role=\"server\",comm=\"s\",unit=\"%s\"}",
			 paths[i].unit);
		expect(sample, 1);
		end();
	}
}

static void labels_are_bounded_and_what_is_above_is_counted(void **state)
{
	char name[16];
	uint64_t id = 0;

	begin();
	for (int i = 0; i < 1000; i++) {
		struct handshake h;

		snprintf(name, sizeof(name), "p%d", i);
		h = of(++id, name);
		report_final(&h);
	}
	print_at(START);
	assert_int_equal(sum(HANDSHAKES), 1000);
	expect(HANDSHAKES "{state=\"stuck\"," PEER_SILENT "version=\"\",role=\"server\",comm=\"p63\",unit=\"\"}", 1);
	expect(HANDSHAKES "{state=\"stuck\"," PEER_SILENT "version=\"\",role=\"server\",comm=\"other\",unit=\"\"}", 1000 - 64);
	expect("dtlsnoop_label_values_limited_total{label=\"comm\"}", 1000 - 64);
	expect("dtlsnoop_label_values_limited_total{label=\"unit\"}", 0);
	/* Nor can names and units be combined without end. */
	for (int i = 0; i < 64 * 80; i++) {
		struct handshake h;

		snprintf(name, sizeof(name), "p%d", i % 64);
		snprintf(cgroup, sizeof(cgroup), "/u%d.service", i / 64);
		h = of(++id, name);
		h.state = i % 2 ? HANDSHAKE_STUCK : HANDSHAKE_FAILED;
		report_final(&h);
	}
	print_at(START);
	assert_int_equal(sum(HANDSHAKES), 1000 + 64 * 80);
	assert_in_range(m.num_lines, 4096, 4096 + 200);
	assert_true(value(HANDSHAKES "{state=\"failed\"," PEER_SILENT "version=\"\",role=\"server\",comm=\"other\",unit=\"other\"}") > 500);
	end();
}

/* Of real events: the same trace as for the other sinks. */
static void counts_are_those_of_the_final_lines(void **state)
{
	struct shown shown;
	struct stream s;
	struct pair p;

	FOR_EACH_OBSERVER(at) {
		shown_begin(&shown, &sink_metrics, &s, &p, at);
		dtls_flight1(&p);
		dtls_flight2(&p);
		dtls_flight3(&p);
		p.fate = REFUSED;
		p.drop_reason = REASON_RCVBUFF;
		shown.info.drop_reason_name = stream_drop_reason;
		dtls_flight4(&p);
		pair_flush(&p);
		stream_wait(&s, 1000 * MS);
		p.fate = ARRIVES;
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		pair_flush(&p);
		stream_wait(&s, 70 * SEC);
		shown_end(&shown, &s);
		begin();
		m.text = shown.text;
		split();
		assert_int_equal(sum(HANDSHAKES), 1);
		assert_int_equal(sum(OPEN), 0);
		assert_int_equal(sum("dtlsnoop_handshake_duration_seconds_count"), 1);
		assert_int_equal(sum("dtlsnoop_retransmitted_flights_total"), 1);
		assert_true(sum("dtlsnoop_handshake_timer_wait_seconds_total") > 0.9);
		if (at & AT_CLIENT)
			assert_true(value("dtlsnoop_datagrams_dropped_total{reason=\"SOCKET_RCVBUFF\"}") > 0);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_is_counted_once_when_it_is_final),
		cmocka_unit_test(one_that_is_silent_is_counted_and_leaves_the_gauges),
		cmocka_unit_test(durations_are_in_the_bucket_that_they_do_not_exceed),
		cmocka_unit_test(the_process_is_that_of_the_side_to_blame),
		cmocka_unit_test(hostile_names_are_cleaned_and_escaped),
		cmocka_unit_test(the_unit_is_the_last_service_or_scope_of_the_path),
		cmocka_unit_test(labels_are_bounded_and_what_is_above_is_counted),
		cmocka_unit_test(counts_are_those_of_the_final_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
