// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the outputs show of merged traces: on which host each side is, and what was lost between the two. */
#include "host_column.h"
#include "sinks.h"
#include "stream_verdict.h"

/* The hellos arrive, and no answer does: at the end, the trace of `num_hosts` hosts is written to `out`, which is to be freed. */
static char *show(const struct sink_ops *ops, uint32_t num_hosts, bool same_name)
{
	struct trace_host traced[] = { { .host = "alpha" }, { .host = same_name ? "alpha" : "beta" } };
	struct analysis_host hosts[] = {
		{ .name = "alpha", .end_ns = UINT64_MAX }, { .name = same_name ? "alpha#2" : "beta", .end_ns = UINT64_MAX },
	};
	struct analysis_options opts = stream_options();
	struct shown shown;
	struct stream s;
	struct pair p;

	opts.hosts = num_hosts ? hosts : NULL;
	opts.num_hosts = num_hosts;
	shown_hosts.list = traced;
	shown_hosts.num = num_hosts;
	shown_begin_with(&shown, ops, &s, &p, AT_BOTH, &opts);
	for (int role = 0; num_hosts && role < PARTY_MAX; role++)
		p.host[role] = role + 1;
	for (int i = 0; i < 4; i++) {
		p.fate = ARRIVES;
		dtls_flight1(&p);
		p.fate = LOST;
		dtls_flight4(&p);
		stream_wait(&s, SEC << i);
	}
	shown_end(&shown, &s);
	return shown.text;
}

static void expect(const struct sink_ops *ops, bool same_name, const char *const parts[])
{
	char *text = show(ops, 2, same_name), *alone = show(ops, 0, false);

	for (int i = 0; parts[i]; i++) {
		if (!strstr(text, parts[i]))
			fail_msg("%s lacks \"%s\": %s", ops->name, parts[i], text);
		assert_null(strstr(alone, parts[i]));
	}
	assert_null(strstr(text, "on this host"));
	free(text);
	free(alone);
}

static void each_side_has_its_host(void **state)
{
	expect(&sink_timeline, false, (const char *const[]){
		"  SECONDS ID   AT    FROM > TO", "#1   alpha client > server      1", "#1   beta  server > client      4",
		"server 10.0.0.9:4433 on beta (server pid 900)", "the path from beta to alpha loses all of flight 4",
		"verdict: lost-on-path, side network, certain", NULL });
	expect(&sink_json, false, (const char *const[]){
		"\"client\":{\"address\":\"10.0.0.5:30041\",\"host\":\"alpha\"", "\"event\":\"sent\",\"host\":\"beta\"",
		"\"code\":\"lost-on-path\"", "\"path\":{\"lost\":4,\"lost_bytes\":[", NULL });
	expect(&sink_html, false, (const char *const[]){
		"client on alpha", "server on beta", "server to client, retransmission, lost", NULL });
	expect(&sink_otlp, false, (const char *const[]){
		"\"dtlsnoop.client.host\",\"value\":{\"stringValue\":\"alpha\"}",
		"\"dtlsnoop.server.host\",\"value\":{\"stringValue\":\"beta\"}", NULL });
	expect(&sink_summary, false, (const char *const[]){ "lost-on-path", NULL });
}

/* The ladder ends what was lost in an x, and has the names above its life lines. */
static void the_ladder_shows_what_is_lost(void **state)
{
	expect(&sink_ladder, false, (const char *const[]){
		"           alpha     ", "beta\n", "|x= 4 ServerHello", "|?= 4 ServerHello", "?: whether it got there is not known", NULL });
}

/* Two hosts of one name, as two namespaces of one machine are. */
static void equal_names_are_numbered(void **state)
{
	static const struct { const char *names[2], *shown[2]; } rows[] = {
		{ { "alpha", "beta" }, { "alpha", "beta" } },
		{ { "web-01.example", "web-02.example" }, { "01.examp", "02.examp" } },
		{ { "alphabetical", "alphabetic" }, { "#1", "#2" } },
		{ { "alpha", "alpha" }, { "1", "2" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trace_host two[] = { { .host = rows[i].names[0] }, { .host = rows[i].names[1] } };
		struct trace_info info = { .hosts = two, .num_hosts = 2 };
		struct host_column column;

		host_column_init(&column, &info);
		assert_string_equal(host_column_name(&column, 1), rows[i].shown[0]);
		assert_string_equal(host_column_name(&column, 2), rows[i].shown[1]);
		assert_string_equal(host_column_name(&column, 3), "");
	}
	expect(&sink_json, true, (const char *const[]){ "\"host\":\"alpha#1\"", "\"host\":\"alpha#2\"", NULL });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_side_has_its_host),
		cmocka_unit_test(the_ladder_shows_what_is_lost),
		cmocka_unit_test(equal_names_are_numbered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
