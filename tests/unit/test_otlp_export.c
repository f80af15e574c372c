// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What becomes of lines on their way to a receiver, without one: tests/live/otlp_endpoint.bats has receivers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "otlp_answer.h"
#include "otlp_export.h"
#include "otlp_post.h"
#include "otlp_queue.h"

#define SPAN(item) "{\"resourceSpans\":[{\"resource\":{},\"scopeSpans\":[{\"scope\":{},\"spans\":[" item "]}]}]}"
#define LOG(item) "{\"resourceLogs\":[{\"resource\":{},\"scopeLogs\":[{\"scope\":{},\"logRecords\":[" item "]}]}]}"

static struct otlp_batch batch;

static bool add(const char *line)
{
	return otlp_batch_add(&batch, line, strlen(line));
}

static void assert_body(const char *body)
{
	assert_int_equal(batch.len, strlen(body));
	assert_memory_equal(batch.body, body, batch.len);
}

static void items_of_one_kind_share_a_request(void **state)
{
	batch.num = 0;
	assert_true(add(SPAN("{\"name\":\"\\\"logRecords\\\":[\"}")));
	assert_true(add(SPAN("{\"b\":2}")));
	assert_false(batch.is_logs);
	assert_int_equal(batch.num, 2);
	assert_body(SPAN("{\"name\":\"\\\"logRecords\\\":[\"},{\"b\":2}"));
	/* Another kind, another resource: another request. */
	assert_false(add(LOG("{}")));
	assert_false(add("{\"resourceSpans\":[{\"resource\":[],\"scopeSpans\":[{\"scope\":{},\"spans\":[{}]}]}]}"));
	assert_false(add("{}"));
	assert_body(SPAN("{\"name\":\"\\\"logRecords\\\":[\"},{\"b\":2}"));
	batch.num = 0;
	assert_true(add(LOG("{}")));
	assert_true(batch.is_logs);
	assert_true(add(LOG("{}")));
	assert_body(LOG("{},{}"));
}

static void a_request_is_bounded(void **state)
{
	static char line[OTLP_BATCH_LEN];
	uint32_t num = 0;

	batch.num = 0;
	while (add(SPAN("{}")))
		num++;
	assert_int_equal(num, OTLP_BATCH_ITEMS);
	/* By its bytes, too: two items that fill it with the comma between them fit, a byte more does not. */
	for (int more = 0; more < 2; more++) {
		int item_len = (OTLP_BATCH_LEN - strlen(SPAN(","))) / 2;
		size_t len = snprintf(line, sizeof(line), SPAN("%*s"), item_len + more, "");

		batch.num = 0;
		assert_true(otlp_batch_add(&batch, line, len));
		while (otlp_batch_add(&batch, line, len))
			;
		assert_true(batch.len <= sizeof(batch.body));
		assert_int_equal(batch.num, 2 - more);
	}
	memset(line, ' ', sizeof(line));
	batch.num = 0;
	assert_true(otlp_batch_add(&batch, line, sizeof(line)));
	assert_false(add(SPAN("{}")));
}

static void the_queue_keeps_order_and_counts(void **state)
{
	struct otlp_queue q = {};
	size_t len;

	assert_true(otlp_queue_add(&q, SPAN("1"), strlen(SPAN("1")), 10));
	assert_true(otlp_queue_add(&q, SPAN("2"), strlen(SPAN("2")), 20));
	assert_true(otlp_queue_add(&q, LOG("3"), strlen(LOG("3")), 30));
	assert_true(otlp_queue_add(&q, SPAN("4"), strlen(SPAN("4")), 40));
	assert_int_equal(q.num, 4);
	assert_int_equal(q.since_ms, 10);
	len = q.len;
	batch.num = 0;
	len -= otlp_queue_take(&q, &batch);
	assert_int_equal(q.len, len);
	assert_body(SPAN("1,2"));
	assert_int_equal(q.since_ms, 30);
	otlp_queue_clear(&q);
	assert_int_equal(q.len, 0);
	assert_int_equal(q.num, 0);
	assert_null(q.first);
}

static void which_urls(void **state)
{
	static const char *const good[] = { "http://h", "http://h:4318", "https://[::1]:4318/", "https://user:pass@h/a/b", "HTTP://h" };
	static const char *const bad[] = { "", "h", "h:4318", "ftp://h", "file:///etc/passwd", "http://", "http://h?q=1", "http://h#f",
		"http://h:99999", "http://h:x", "http://a b/", "gopher://h", "http://h/\n" };

	assert_true(otlp_post_load());
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(otlp_url_is_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(otlp_url_is_valid(bad[i]));
}

static struct otlp_reply read_answer(long status, bool is_logs, const char *body)
{
	struct otlp_answer answer;
	struct otlp_reply reply;

	otlp_answer_begin(&answer);
	assert_true(otlp_answer_take(&answer, body, strlen(body)));
	otlp_answer_read(&answer, status, is_logs, &reply);
	return reply;
}

static void answers(void **state)
{
	static const struct {
		long status;
		bool is_logs;
		const char *body;
		enum otlp_outcome outcome;
		uint64_t rejected;
		const char *why;
	} cases[] = {
		{ 200, false, "{}", OTLP_DELIVERED, 0, "" },
		{ 200, false, "", OTLP_DELIVERED, 0, "" },
		{ 200, false, "<html>", OTLP_DELIVERED, 0, "" },
		{ 204, false, "", OTLP_DELIVERED, 0, "" },
		{ 200, false, "{\"partialSuccess\":{}}", OTLP_DELIVERED, 0, "" },
		{ 200, false, "{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"x\"}}", OTLP_DELIVERED, 3, "the receiver says: x" },
		{ 200, false, "{\"partialSuccess\":{\"rejectedSpans\":3}}", OTLP_DELIVERED, 3, "the receiver says: " },
		{ 200, false, "{\"partialSuccess\":{\"rejectedSpans\":-3,\"errorMessage\":\"w\"}}", OTLP_DELIVERED, 0, "the receiver says: w" },
		{ 200, false, "{\"partialSuccess\":{\"rejectedLogRecords\":\"3\"}}", OTLP_DELIVERED, 0, "" },
		{ 200, true, "{\"partialSuccess\":{\"rejectedLogRecords\":\"3\"}}", OTLP_DELIVERED, 3, "the receiver says: " },
		{ 200, false, "{\"partialSuccess\":[{\"rejectedSpans\":\"3\"}]}", OTLP_DELIVERED, 0, "" },
		{ 200, false, "{\"partialSuccess\":{\"rejectedSpans\":{},\"errorMessage\":[]}}", OTLP_DELIVERED, 0, "" },
		{ 200, false, "[[[[[[[[[[[[[[[[", OTLP_DELIVERED, 0, "" },
		{ 400, false, "{\"code\":3,\"message\":\"bad\"}", OTLP_REFUSED, 0, "the receiver answers with HTTP status 400: bad" },
		{ 307, false, "", OTLP_REFUSED, 0, "the receiver answers with HTTP status 307" },
		{ 500, false, "[1]", OTLP_REFUSED, 0, "the receiver answers with HTTP status 500" },
		{ 429, false, "", OTLP_AGAIN, 0, "the receiver answers with HTTP status 429" },
		{ 502, false, "", OTLP_AGAIN, 0, "the receiver answers with HTTP status 502" },
		{ 503, false, "", OTLP_AGAIN, 0, "the receiver answers with HTTP status 503" },
		{ 504, false, "", OTLP_AGAIN, 0, "the receiver answers with HTTP status 504" },
		{ 100, false, "", OTLP_REFUSED, 0, "the receiver answers with HTTP status 100" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct otlp_reply reply = read_answer(cases[i].status, cases[i].is_logs, cases[i].body);

		assert_int_equal(reply.outcome, cases[i].outcome);
		assert_int_equal(reply.rejected, cases[i].rejected);
		assert_string_equal(reply.why, cases[i].why);
	}
}

static void a_long_answer_is_not_kept(void **state)
{
	static char piece[65536];
	struct otlp_answer answer;
	size_t taken = 0;

	otlp_answer_begin(&answer);
	while (otlp_answer_take(&answer, piece, sizeof(piece)))
		taken += sizeof(piece);
	assert_int_equal(taken, OTLP_ANSWER_MAX);
	assert_int_equal(answer.len, OTLP_ANSWER_KEPT);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static bool at_once(void)
{
	return true;
}

/* Nothing listens on port 1. More than the queue holds is written, in pieces that are no lines. */
static void nothing_is_lost_uncounted_and_nobody_waits(void **state)
{
	struct otlp_export *e = otlp_export_new("http://user:secret@127.0.0.1:1", false);
	const uint64_t num = 3 * OTLP_QUEUE_LEN / 4096;
	struct otlp_counts counts;
	FILE *out;

	assert_non_null(e);
	assert_null(strstr(otlp_export_url(e), "secret"));
	out = otlp_export_open(e);
	assert_non_null(out);
	for (uint64_t i = 0; i < num; i++)
		fprintf(out, SPAN("\"%*s\"") "\n", 4000, "");
	assert_int_equal(fclose(out), 0);
	counts = otlp_export_counts(e);
	assert_int_equal(counts.delivered, 0);
	assert_int_equal(counts.lost + counts.waiting, num);
	assert_true(counts.lost >= num / 2);
	assert_true(counts.waiting >= num / 4);
	assert_false(otlp_export_finish(e, at_once));
	counts = otlp_export_counts(e);
	assert_int_equal(counts.lost, num);
	assert_int_equal(counts.waiting, 0);
	otlp_export_free(e);
}

static void a_line_longer_than_a_request_is_lost_alone(void **state)
{
	struct otlp_export *e = otlp_export_new("http://127.0.0.1:1", false);
	struct otlp_counts counts;
	FILE *out;

	assert_non_null(e);
	out = otlp_export_open(e);
	assert_non_null(out);
	fprintf(out, SPAN("{}") "\n");
	fprintf(out, SPAN("\"%*s\"") "\n", (int)OTLP_BATCH_LEN, "");
	fprintf(out, SPAN("{}") "\n");
	fclose(out);
	counts = otlp_export_counts(e);
	assert_int_equal(counts.lost, 1);
	assert_int_equal(counts.waiting, 2);
	otlp_export_free(e);
}

static void the_end_is_not_waited_for_when_hurried(void **state)
{
	struct otlp_export *e = otlp_export_new("http://127.0.0.1:1", false);
	double began;
	FILE *out;

	assert_non_null(e);
	out = otlp_export_open(e);
	fprintf(out, SPAN("{}") "\n");
	fclose(out);
	began = seconds();
	assert_false(otlp_export_finish(e, at_once));
	assert_true(seconds() - began < OTLP_LAST_MS / 1000.0);
	otlp_export_free(e);
	/* Nothing to deliver: no receiver is needed. */
	e = otlp_export_new("http://127.0.0.1:1", false);
	assert_non_null(e);
	assert_true(otlp_export_finish(e, NULL));
	otlp_export_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_of_one_kind_share_a_request),
		cmocka_unit_test(a_request_is_bounded),
		cmocka_unit_test(the_queue_keeps_order_and_counts),
		cmocka_unit_test(which_urls),
		cmocka_unit_test(answers),
		cmocka_unit_test(a_long_answer_is_not_kept),
		cmocka_unit_test(nothing_is_lost_uncounted_and_nobody_waits),
		cmocka_unit_test(a_line_longer_than_a_request_is_lost_alone),
		cmocka_unit_test(the_end_is_not_waited_for_when_hurried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
