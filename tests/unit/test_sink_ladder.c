// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The ladder: an arrow for each datagram, at its time. */
#include "sinks.h"

/* What the ladder says of a client that sends one ClientHello, if the trace begins so long after it. To be freed. */
static char *ladder_of_hello(uint64_t later)
{
	struct shown shown;
	struct stream s;
	struct pair p;

	shown_begin(&shown, &sink_ladder, &s, &p, AT_CLIENT);
	shown.info.start_ns += later;
	dtls_flight1(&p);
	shown_end(&shown, &s);
	return shown.text;
}

static void each_datagram_has_an_arrow_at_its_time(void **state)
{
	char *text = ladder_of_hello(0);

	assert_non_null(strstr(text, "\n     0.000 |-- 1 ClientHello --"));
	free(text);
}

/* What happened while the hooks were attached is older than the trace. */
static void what_is_older_than_the_trace_is_at_its_beginning(void **state)
{
	char *text = ladder_of_hello(SEC);

	assert_non_null(strstr(text, "\n     0.000 |-- 1 ClientHello --"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_datagram_has_an_arrow_at_its_time),
		cmocka_unit_test(what_is_older_than_the_trace_is_at_its_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
