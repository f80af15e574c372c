// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The HTML report of many handshakes: those with a fault first and in full, the rest bounded. */
#define STREAM_MAX_FOLLOWED 4096
#include "sinks.h"

#define ALL 2000
#define EVERY 50	/* each of these has a fault: 40 */

static uint32_t count(const char *text, const char *what)
{
	uint32_t num = 0;

	for (; (text = strstr(text, what)); text++)
		num++;
	return num;
}

static void one_handshake(struct pair *p, bool is_faulty)
{
	dtls_flight1(p);
	dtls_flight2(p);
	dtls_flight3(p);
	if (is_faulty)
		return;
	dtls_flight4(p);
	dtls_flight5(p);
	dtls_flight6(p);
}

/* The report of `num` handshakes, one after another; each `every` one gets no answer to its flight 3. To be freed. */
static char *report(uint32_t num, uint32_t every)
{
	struct shown shown;
	struct stream s;
	struct pair *p = malloc((num + 1) * sizeof(*p));

	assert_non_null(p);
	shown_begin(&shown, &sink_html, &s, &p[num], AT_CLIENT);
	for (uint32_t i = 0; i < num; i++) {
		pair_init(&p[i], &s, 20000 + i, i);
		p[i].cookie = true;
		one_handshake(&p[i], i % every == every - 1);
		stream_wait(&s, MS);
	}
	for (int copy = 0; copy < 2; copy++) {
		stream_wait(&s, SEC << copy);
		for (uint32_t i = every - 1; i < num; i += every)
			dtls_flight3(&p[i]);
	}
	stream_wait(&s, 60 * SEC);
	shown_end(&shown, &s);
	free(p);
	return shown.text;
}

static void faults_are_in_full_and_first_the_healthy_ones_are_rows(void **state)
{
	char *text = report(ALL, EVERY), *first = strstr(text, "<details class=\"card\"");

	assert_non_null(strstr(text, "<title>dtlsnoop: 40 of 2000 handshakes with a fault</title>"));
	assert_int_equal(count(text, "<b class=\"bad\">stuck</b> peer-silent, side server"), ALL / EVERY);
	assert_int_equal(count(text, "<div class=\"ladder\""), ALL / EVERY + 20);
	assert_int_equal(count(text, "<td>#"), ALL - ALL / EVERY - 20);
	assert_non_null(strstr(text, "In full are at most 200 handshakes that had a fault, 50 that did not end and 20 that were completed."));
	/* The first card is that of the first fault. */
	assert_ptr_equal(strstr(text, "<details class=\"card\" id=\"h50\" open=\"\">"), first);
	assert_true(strstr(text, "id=\"h1\"") > strstr(text, "id=\"h2000\""));
	assert_true(strlen(text) < 1500000);
	free(text);
}

static void more_faults_than_there_are_cards_are_rows_too(void **state)
{
	char *text = report(ALL, 5);

	assert_int_equal(count(text, "<div class=\"ladder\""), 200 + 20);
	assert_int_equal(count(text, "<td>#"), ALL - 200 - 20);
	assert_int_equal(count(text, "<b class=\"bad\">stuck</b>"), ALL / 5);
	assert_true(strlen(text) < 3000000);
	free(text);
}

static void equal_input_gives_equal_bytes(void **state)
{
	char *text = report(30, 7), *again = report(30, 7);

	assert_string_equal(text, again);
	free(text);
	free(again);
}

/* The silence before a report is as long as the text says. */
static void a_diagram_shows_reports_and_silences(void **state)
{
	char *text = report(1, 1), *wait;

	wait = strstr(text, ">1.0 s of silence<");
	assert_non_null(wait);
	wait = strstr(wait, ">2.0 s of silence<");
	assert_non_null(wait);
	wait = strstr(wait, ">stuck: peer-silent, side server<");
	assert_non_null(wait);
	assert_non_null(strstr(wait, ">stuck when the trace ended<"));
	/* One more is in the legend. */
	assert_int_equal(count(text, "<line class=\"again\""), 1 + 2);
	assert_int_equal(count(text, "client to server, retransmission"), 2);
	free(text);
}

static void without_a_handshake_the_counts_are_left(void **state)
{
	char *text = report(0, 1);

	assert_non_null(strstr(text, "<b>0</b> handshakes"));
	assert_null(strstr(text, "<details"));
	assert_null(strstr(text, "<table"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_are_in_full_and_first_the_healthy_ones_are_rows),
		cmocka_unit_test(more_faults_than_there_are_cards_are_rows_too),
		cmocka_unit_test(equal_input_gives_equal_bytes),
		cmocka_unit_test(a_diagram_shows_reports_and_silences),
		cmocka_unit_test(without_a_handshake_the_counts_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
