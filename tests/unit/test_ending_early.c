// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A side ends the handshake before the floor: the other one may only be slow. */
#include "stream_verdict.h"

enum way { CLOSES, SAYS_GOODBYE, WAYS };

static void begin(struct stream *s, struct pair *p, unsigned at, bool is_dtls10)
{
	stream_begin(s, p, at);
	p->version = is_dtls10 ? DTLS_VERSION_1_0 : DTLS_VERSION_1_2;
}

static void end_by(struct pair *p, enum party_role by, enum way way)
{
	if (way == CLOSES)
		pair_close(p, by, 0);
	else
		dtls_alert(p, by, DTLS_ALERT_WARNING, 0);
	stream_wait(p->s, 600 * MS);
}

static const struct verdict *latest(const struct stream *s)
{
	return &s->changes[s->num_changes - 1].verdict;
}

static bool tells(const struct verdict *v, const char *text)
{
	for (uint32_t i = 0; i < v->num_evidence; i++)
		if (strstr(v->evidence[i], text))
			return true;
	return false;
}

/* It was `by` who ended it, and nothing is certain against the other. */
static void expect_ended_by(const struct stream *s, const struct pair *p, enum party_role by, enum way way)
{
	assert_int_equal(s->num_changes, 1);
	expect_change(s, 0, p, way == CLOSES ? HANDSHAKE_ABANDONED : HANDSHAKE_FAILED,
		      way == CLOSES ? VERDICT_CLOSED_BY_APPLICATION : VERDICT_ALERT,
		      by == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
	assert_int_equal(latest(s)->severity, SEVERITY_WARNING);
}

/* The side that is to answer: the server with its flight 4, or the client with its flight 5. */
static void ask(struct pair *p, enum party_role asker)
{
	(asker == PARTY_CLIENT ? dtls_flight1 : dtls_flight4)(p);
}

/* Up to the flight of `asker`, which is read, and then so many copies, which are read or not. */
static void ask_again(struct pair *p, enum party_role asker, unsigned copies, bool read)
{
	uint64_t start = p->s->now;

	if (asker == PARTY_SERVER)
		dtls_flight1(p);
	ask(p, asker);
	p->unread = !read;
	for (unsigned i = 1; i <= copies; i++) {
		stream_until(p->s, start + ((1u << i) - 1) * SEC);
		ask(p, asker);
	}
}

/* --- it has read the flight, and computes --- */

/* A signature from an HSM, or the check of a long chain: the side reads nothing until that is done. */
static void a_busy_side_is_not_blamed(void **state)
{
	struct stream s;
	struct pair p;

	for (int n = 0; n < 12; n++) {
		enum party_role asker = n & 1;
		unsigned copies = n / 4;	/* it ends 0.4, 1.4 or 3.4 s after the first */

		begin(&s, &p, AT_BOTH, n & 2);
		ask_again(&p, asker, copies, false);
		stream_wait(&s, 400 * MS);
		end_by(&p, asker, CLOSES);
		expect_ended_by(&s, &p, asker, CLOSES);
		assert_int_equal(latest(&s)->confidence, CONFIDENCE_CERTAIN);
		assert_true(tells(latest(&s), asker == PARTY_CLIENT ?
				  "the server had read flight 1 " : "the client had read flight 4 "));
		assert_true(tells(latest(&s), copies == 0 ? "0.4 s before that, and had not answered it yet" :
				  copies == 1 ? "1.4 s before that" : "3.4 s before that"));
		expect_silence(&s);
		stream_fini(&s);
	}
}

/* Near: it has read two copies and answers neither. That is a warning, and no more than likely. */
static void a_side_that_reads_on_is_named(void **state)
{
	for (int n = 0; n < 8; n++) {
		enum party_role asker = n & 1;
		enum way way = n & 2 ? CLOSES : SAYS_GOODBYE;

		STORY_WITH(begin, s, p, AT_BOTH, n & 4);
		ask_again(&p, asker, 1, true);
		stream_wait(&s, 400 * MS);
		end_by(&p, asker, way);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_SILENT_AFTER_READ,
			      asker == PARTY_CLIENT ? VERDICT_SIDE_SERVER : VERDICT_SIDE_CLIENT);
		assert_int_equal(latest(&s)->severity, SEVERITY_WARNING);
		assert_int_equal(latest(&s)->confidence, CONFIDENCE_LIKELY);
		assert_true(p.h->verdict.is_early);
		expect_silence(&s);
	}
}

/* --- datagrams wait in its receive queue --- */

/* One copy waits, or the side has read the beginning of the flight: the server restarts, and the client is busy. */
static void a_busy_reader_is_not_blamed(void **state)
{
	for (int begun = 0; begun < 2; begun++)
		for (int n = 0; n < 4; n++) {
			STORY_WITH(begin, s, p, AT_BOTH, n & 1);
			dtls_flight1(&p);
			if (begun) {
				dtls_server_hello(&p);
				pair_flush(&p);
			}
			p.unread = true;
			for (unsigned i = 0; i < (begun ? 3u : 1u); i++) {
				stream_until(&s, START + ((1u << i) - 1) * SEC + 100 * MS);
				dtls_flight4(&p);
			}
			stream_wait(&s, 900 * MS);
			end_by(&p, PARTY_SERVER, n & 2 ? CLOSES : SAYS_GOODBYE);
			expect_ended_by(&s, &p, PARTY_SERVER, n & 2 ? CLOSES : SAYS_GOODBYE);
			if (n & 2)
				assert_true(tells(latest(&s), "in the client's receive queue for "));
		}
}

/* Near: it has read nothing of the flight, and the second copy waits, too. */
static void a_side_that_reads_nothing_is_named(void **state)
{
	for (int n = 0; n < 2; n++) {
		STORY_WITH(begin, s, p, AT_BOTH, n);
		p.unread = true;
		repeat(&p, dtls_flight1, 2);
		stream_until(&s, START + 1900 * MS);
		end_by(&p, PARTY_CLIENT, CLOSES);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
		assert_int_equal(latest(&s)->severity, SEVERITY_WARNING);
		assert_int_equal(latest(&s)->confidence, CONFIDENCE_LIKELY);
	}
}

/* --- the other side moves after all --- */

static void a_late_answer_takes_it_back(void **state)
{
	for (int answers = 0; answers < 2; answers++) {
		STORY_WITH(begin, s, p, AT_CLIENT, false);
		repeat(&p, dtls_flight1, 2);
		stream_until(&s, START + 1400 * MS);
		end_by(&p, PARTY_CLIENT, CLOSES);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
		assert_int_equal(latest(&s)->severity, SEVERITY_WARNING);
		stream_until(&s, START + 3 * SEC);
		if (answers)
			dtls_flight4(&p);
		stream_wait(&s, SEC);
		assert_int_equal(s.num_changes, 1 + answers);
		if (answers) {
			expect_change(&s, 1, &p, HANDSHAKE_ABANDONED, VERDICT_CLOSED_BY_APPLICATION, VERDICT_SIDE_CLIENT);
			assert_true(tells(latest(&s), "it closed the socket 1.4 s after the first ClientHello"));
			assert_true(tells(latest(&s), "1.6 s after that: it was slow, not stuck"));
		}
		expect_silence(&s);
	}
}

/* --- its answers are not taken --- */

/* The keys differ: the server has repeated its flight twice, each time after an answer, when the client gives up. */
static void answers_in_vain(void **state)
{
	for (int n = 0; n < 2; n++) {
		STORY_WITH(begin, s, p, AT_CLIENT, n);
		dtls_flight1(&p);
		for (unsigned i = 0; i < 3; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			dtls_flight4(&p);
			stream_wait(&s, 50 * MS);
			dtls_flight5(&p);
		}
		stream_until(&s, START + 4 * SEC);
		end_by(&p, PARTY_CLIENT, CLOSES);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_ANSWER_UNACKNOWLEDGED, VERDICT_SIDE_SERVER);
		assert_int_equal(latest(&s)->severity, SEVERITY_WARNING);
	}
}

/* The patience of the client and the floor are 5 s, both: what holds a moment later is a fault. Near: half a second before. */
static void patience_and_floor_end_together(void **state)
{
	for (int near = 0; near < 2; near++) {
		STORY_WITH(begin, s, p, AT_BOTH, false);
		ask_again(&p, PARTY_CLIENT, 2, true);
		stream_until(&s, START + FLOOR - (near ? 500 * MS : MS));
		pair_close(&p, PARTY_CLIENT, 0);
		stream_wait(&s, 600 * MS);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
		assert_int_equal(latest(&s)->severity, near ? SEVERITY_WARNING : SEVERITY_FAULT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_busy_side_is_not_blamed),
		cmocka_unit_test(a_side_that_reads_on_is_named),
		cmocka_unit_test(a_busy_reader_is_not_blamed),
		cmocka_unit_test(a_side_that_reads_nothing_is_named),
		cmocka_unit_test(a_late_answer_takes_it_back),
		cmocka_unit_test(answers_in_vain),
		cmocka_unit_test(patience_and_floor_end_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
