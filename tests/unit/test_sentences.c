// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The check of sentences, by which the property test judges all texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sentences.h"

static void what_is_wrong_with_a_sentence_is_found(void **state)
{
	static const char *const wrong[] = {
		"6 of 1 datagrams", "it read 3 of these 2 copies", "1 datagrams came", "the tracer lost 1 events",
		"a send of 0 bytes failed", "0 copies came", "sent twice (at 0.0 s)", "sent once (at 0.0, 1.0 s)",
		"sent three times (at 1.0, 0.5, 2.0 s)", "sent 9 times (at 0.1, 1.1, 2.1, 3.1 s)",
		"the client (pid 7 is silent", "the client) is silent", "two  spaces", " one before", "one behind ",
		"a space , before a comma", "it came -1.0 s ago",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (!sentence_fault(wrong[i]))
			fail_msg("nothing is said to be wrong with: %s", wrong[i]);
}

static void a_right_sentence_is_not_blamed(void **state)
{
	static const char *const right[] = {
		"", "1 of 6 datagrams", "3 of these 3 copies", "1 datagram came", "retransmitted flights: client 1, server 0",
		"sent three times (at 0.0, 1.0, 3.0 s)", "sent 9 times (at 0.1, 1.1, 2.1, 3.1, ... s)",
		"bytes 0 to 924 of its Certificate (message_seq 1, 1823 bytes)", "10.0.0.1 answered after 1.0 s",
		"the alert (level 2, description 0, plaintext)", "retry after 11 copies", "no-timer",
	};

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		if (sentence_fault(right[i]))
			fail_msg("%s: %s", sentence_fault(right[i]), right[i]);
}

static void two_sentences_that_contradict_each_other_are_found(void **state)
{
	static const char *const pairs[][2] = {
		{ "client 10.0.0.5:30041 repeats flight 3, although the server answered it", "the client sent flight 3 once (at 0.0 s)" },
		{ "client 10.0.0.5:30041 gave up at the alert unknown ca (48)", "no side acted on an alert (unknown ca)" },
		{ "both sockets are on this host: look for what lies between", "trace at the other end too" },
	};
	static const char *const agree[][2] = {
		{ "client 10.0.0.5:30041 repeats flight 3, although the server answered it", "the client sent flight 3 three times" },
		{ "client 10.0.0.5:30041 repeats flight 3, although the server answered it", "the server sent flight 4 once (at 0.0 s)" },
		{ "", "trace at the other end too" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_true(sentences_contradict(pairs[i][0], pairs[i][1]));
	for (size_t i = 0; i < sizeof(agree) / sizeof(agree[0]); i++)
		assert_false(sentences_contradict(agree[i][0], agree[i][1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_with_a_sentence_is_found),
		cmocka_unit_test(a_right_sentence_is_not_blamed),
		cmocka_unit_test(two_sentences_that_contradict_each_other_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
