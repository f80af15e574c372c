// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* "likely" says why it is only that, in each output of text and in JSON; "certain" says no more. */
#include <errno.h>

#include "sinks.h"
#include "stream_verdict.h"

/* A server that does not answer; the client sends its ClientHello three times. */
static void no_answer(struct pair *p)
{
	repeat(p, dtls_flight1, 3);
	stream_wait(p->s, 6 * SEC);
}

/* Both sides sent hellos, and then the client reads and sends nothing. */
static void no_timer(struct pair *p)
{
	dtls_flight1(p);
	dtls_flight4(p);
	p->fate = LOST;
	dtls_flight5(p);
	p->fate = ARRIVES;
	repeat(p, dtls_flight4, 3);
	stream_wait(p->s, 6 * SEC);
}

static void events_lost(struct pair *p)
{
	dtls_flight1(p);
	stream_wait(p->s, SEC);
	analysis_lost(p->s->analysis, 0, 3);
	no_answer(p);
}

static void refused(struct pair *p)
{
	dtls_flight1(p);
	pair_icmp(p, PARTY_CLIENT, EHOSTUNREACH, 3, 1);
	stream_wait(p->s, 10 * SEC);
}

static const struct { unsigned at; void (*play)(struct pair *p); const char *words; const char *doubt; } cases[] = {
	{ AT_CLIENT, no_answer, "no-response, side server, likely: the server's socket is not on this host\n",
	  "the server's socket is not on this host" },
	{ ON_WIRE, no_answer, "no-response, side server, likely: anybody can send ClientHellos, and none has a cookie that the server gave\n",
	  "anybody can send ClientHellos, and none has a cookie that the server gave" },
	{ AT_CLIENT, no_timer, "not-retransmitting, side client (on this host), certain\n", NULL },
	{ ON_WIRE, no_timer, "side client, likely: a capture does not show the client's socket\n", "a capture does not show the client's socket" },
	{ AT_CLIENT, events_lost, "no-response, side server, likely: events were lost\n", "events were lost" },
	{ AT_CLIENT, refused, "rejected, side network, likely: anybody can send an ICMP error\n", "anybody can send an ICMP error" },
};

/* Words that a line break may separate. */
static bool has_words(const char *text, const char *words)
{
	for (; *text; text++) {
		const char *at = text, *word = words;

		while (*word && (*at == *word || (*word == ' ' && *at == '\n'))) {
			at += *at == '\n' ? 1 + strspn(at + 1, " ") : 1;
			word++;
		}
		if (!*word)
			return true;
	}
	return false;
}

static char *show(const struct sink_ops *ops, size_t i)
{
	struct shown shown;
	struct stream s;
	struct pair p;

	shown_begin(&shown, ops, &s, &p, cases[i].at);
	cases[i].play(&p);
	shown_end(&shown, &s);
	return shown.text;
}

static void each_output_says_why(void **state)
{
	static const struct sink_ops *const ops[] = { &sink_timeline, &sink_ladder };
	char json[256], words[256], *text;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(words, sizeof(words), "%s", cases[i].words);
		for (size_t n = 0; n < sizeof(ops) / sizeof(ops[0]); n++) {
			text = show(ops[n], i);
			if (!has_words(text, words))
				fail_msg("case %zu, %s: %s", i, ops[n]->name, text);
			free(text);
		}
		text = show(&sink_summary, i);
		snprintf(words, sizeof(words), cases[i].doubt ? ", likely: %s" : ", certain%s", cases[i].doubt ? cases[i].doubt : "");
		if (!has_words(text, words))
			fail_msg("case %zu, summary: %s", i, text);
		free(text);
		text = show(&sink_json, i);
		snprintf(json, sizeof(json), "\"confidence\":\"likely\",\"doubt\":\"%s\"", cases[i].doubt ? cases[i].doubt : "");
		assert_int_equal(!!strstr(text, json), !!cases[i].doubt);
		assert_int_equal(!!strstr(text, "\"doubt\""), !!cases[i].doubt);
		free(text);
	}
}

/* The summary counts: some of the same verdict may be certain, and there may be several reasons. */
static void what_the_summary_counts(void **state)
{
	struct shown shown;
	struct stream s;
	struct pair p, q;

	for (int several = 0; several < 2; several++) {
		shown_begin(&shown, &sink_summary, &s, &p, AT_CLIENT);
		if (several)
			no_answer(&p);
		else
			no_timer(&p);
		/* What is lost from now on is of the other one only. */
		pair_close(&p, PARTY_CLIENT, 0);
		pair_init(&q, &s, 31000, 0x22);
		if (several) {
			events_lost(&q);
		} else {
			dtls_flight1(&q);
			dtls_flight4(&q);
			analysis_lost(s.analysis, 0, 1);
			q.fate = LOST;
			dtls_flight5(&q);
			q.fate = ARRIVES;
			repeat(&q, dtls_flight4, 3);
			stream_wait(&s, 6 * SEC);
		}
		shown_end(&shown, &s);
		if (!has_words(shown.text, several ? "2 no-response, side server, likely: for several reasons\n" :
			       "2 not-retransmitting, side client, 1 of them likely: events were lost\n"))
			fail_msg("%s", shown.text);
		free(shown.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_output_says_why),
		cmocka_unit_test(what_the_summary_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
