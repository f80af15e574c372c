// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Clients with forged addresses send one ClientHello each, beside handshakes that are real. */
#include "stream_verdict.h"

#define MANY 120

static void begin(struct stream *s, unsigned at, uint32_t max_handshakes)
{
	struct analysis_options opts = stream_options();

	opts.max_handshakes = opts.max_ready = max_handshakes;
	assert_true(stream_init_with(s, at, &opts));
}

/* A stranger at 10.0.1.n asks the server. */
static void stranger(struct pair *p, struct stream *s, unsigned n)
{
	pair_init(p, s, 1000 + n, n);
	p->address[PARTY_CLIENT].ip[14] = 1;
}

static void strangers_ask(struct stream *s, unsigned num, enum fate fate)
{
	for (unsigned n = 0; n < num; n++) {
		struct pair p;

		stranger(&p, s, n);
		p.fate = fate;
		p.drop_reason = REASON_RCVBUFF;
		dtls_flight1(&p);
		stream_wait(s, MS);
	}
}

static bool tells(const struct verdict *v, const char *text)
{
	for (uint32_t i = 0; i < v->num_evidence; i++)
		if (strstr(v->evidence[i], text))
			return true;
	return false;
}

/* --- one line for all strangers at a socket --- */

static void strangers_are_told_together(void **state)
{
	static const struct { enum fate fate; enum verdict_code code; } ways[] = {
		{ ARRIVES, VERDICT_SILENT_AFTER_READ },
		{ REFUSED, VERDICT_KERNEL_DROP },
		{ DROPPED_IN, VERDICT_KERNEL_DROP },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct stream s;

		begin(&s, AT_SERVER, 512);
		strangers_ask(&s, MANY, ways[i].fate);
		stream_wait(&s, 20 * SEC);
		/* The first ten, and the hundredth. */
		assert_int_equal(s.num_changes, 11);
		assert_int_equal(s.faults, 0);
		for (int n = 0; n < 11; n++) {
			assert_int_equal(s.changes[n].verdict.code, ways[i].code);
			assert_int_equal(s.changes[n].verdict.severity, SEVERITY_WARNING);
			assert_int_equal(s.changes[n].verdict.confidence, ways[i].code == VERDICT_KERNEL_DROP ?
					 CONFIDENCE_CERTAIN : s.changes[n].verdict.confidence);
		}
		assert_false(tells(&s.changes[9].verdict, "so did "));
		assert_true(tells(&s.changes[10].verdict, "so did 100 clients"));
		stream_fini(&s);
	}
}

/* Servers that were killed have no socket, and yet each is told of. */
static void closed_ports_are_told_apart(void **state)
{
	struct stream s STREAM_ENDS;

	begin(&s, AT_SERVER, 512);
	for (unsigned n = 0; n < 5; n++) {
		struct pair p;

		stranger(&p, &s, n);
		p.address[PARTY_SERVER].port += n;
		p.socket[PARTY_SERVER] = 0;
		p.fate = REFUSED;
		p.drop_reason = REASON_NO_SOCKET;
		dtls_flight1(&p);
		stream_wait(&s, MS);
	}
	stream_wait(&s, 20 * SEC);
	assert_int_equal(s.num_changes, 5);
	for (int n = 0; n < 5; n++)
		assert_int_equal(s.changes[n].verdict.code, VERDICT_PORT_UNREACHABLE);
}

/* The rate limit left out datagrams: the answers may be among them. */
static void answers_may_have_been_left_out(void **state)
{
	struct stream s STREAM_ENDS;

	begin(&s, AT_SERVER, 512);
	strangers_ask(&s, MANY, ARRIVES);
	analysis_missing(s.analysis, 0, MISSING_LIMITED, s.now);
	stream_wait(&s, 20 * SEC);
	assert_int_equal(s.num_changes, 0);
}

/* Near: a client that repeats its ClientHello waits for an answer, and so does one on this host. */
static void who_waits_is_told_alone(void **state)
{
	for (int local = 0; local < 2; local++) {
		struct pair p[3];
		struct stream s;

		begin(&s, local ? AT_BOTH : AT_SERVER, 512);
		for (int n = 0; n < 3; n++) {
			stranger(&p[n], &s, n);
			repeat(&p[n], dtls_flight1, local ? 1 : 3);
		}
		stream_wait(&s, 20 * SEC);
		assert_int_equal(s.num_changes, 3);
		for (int n = 0; n < 3; n++) {
			assert_int_equal(s.changes[n].state, HANDSHAKE_STUCK);
			assert_int_equal(s.changes[n].verdict.code, local ? VERDICT_NOT_RETRANSMITTING : VERDICT_SILENT_AFTER_READ);
			assert_int_equal(s.changes[n].verdict.severity, SEVERITY_FAULT);
			assert_false(tells(&s.changes[n].verdict, "forged"));
		}
		stream_fini(&s);
	}
}

/* --- a full table --- */

/* A client of this host, whose fault is reported, does not give way to strangers. */
static void a_local_client_stays(void **state)
{
	struct stream s STREAM_ENDS;
	struct pair p;

	begin(&s, AT_BOTH, 64);
	pair_init(&p, &s, 30041, 0xaa);
	repeat(&p, dtls_flight1, 3);
	stream_wait(&s, 5 * SEC);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
	s.observers = AT_SERVER;
	strangers_ask(&s, 200, ARRIVES);
	s.observers = AT_BOTH;
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
	assert_int_equal(s.wrong, 0);
}

/* Near: if it has to go, its cause stays, and that it is no longer followed is how it ended. */
static void the_cause_stays(void **state)
{
	struct stream s;
	struct pair p, q;

	FOR_EACH_OBSERVER(at) {
		begin(&s, at, 1);
		pair_init(&p, &s, 30041, 0xaa);
		pair_init(&q, &s, 30042, 0xbb);
		repeat(&p, dtls_flight1, 3);
		stream_wait(&s, 10 * SEC);
		assert_int_equal(s.num_changes, 1);
		dtls_flight1(&q);
		assert_int_equal(s.num_changes, 2);
		assert_int_equal(s.changes[1].id, p.id);
		assert_int_equal(s.changes[1].state, HANDSHAKE_STUCK);
		assert_int_equal(s.changes[1].verdict.code, s.changes[0].verdict.code);
		assert_int_equal(s.changes[1].verdict.severity, SEVERITY_FAULT);
		assert_true(tells(&s.changes[1].verdict, "then it was no longer followed: the table of handshakes is full"));
		assert_int_equal(analysis_stats(s.analysis)->evicted, 1);
		stream_fini(&s);
	}
}

/* --- a client that asks several servers --- */

/* The answer is seen while nothing is known of the handshake that it belongs to: it gave way. */
static void an_answer_from_a_server_that_was_asked(void **state)
{
	for (int asked = 0; asked < 2; asked++) {
		struct pair a, b, other;
		struct stream s;

		begin(&s, AT_SERVER, 1);
		pair_init(&a, &s, 30041, 0xaa);
		pair_init(&b, &s, 30041, 0xbb);
		b.address[PARTY_SERVER].port++;
		b.socket[PARTY_SERVER] = 2 + b.address[PARTY_SERVER].port;
		if (asked)
			dtls_flight1(&a);
		b.unread = true;
		dtls_flight1(&b);
		other = a;
		other.id = 0;
		dtls_flight2(&other);
		stream_wait(&s, 10 * SEC);
		dtls_flight1(&b);
		stream_wait(&s, 20 * SEC);
		/* Near: it asked only one. */
		assert_int_equal(s.changes[s.num_changes - 1].verdict.code,
				 asked ? VERDICT_NOT_READING : VERDICT_WRONG_ADDRESS);
		stream_fini(&s);
	}
}

/* --- a trace that is attached late --- */

/* Whole flights are dropped by this host's kernel: what came before the trace does not matter. */
static void dropped_before_and_since_the_trace(void **state)
{
	for (int drops = 0; drops < 2; drops++) {
		struct stream s;
		struct pair p;

		begin(&s, AT_BOTH, 8);
		pair_init(&p, &s, 30041, 0xaa);
		s.observers = 0;
		dtls_hellos(&p);
		p.seq[PARTY_SERVER][0] = 10;
		s.observers = AT_BOTH;
		p.drop_reason = REASON_NETFILTER;
		p.fate = drops ? REFUSED : ARRIVES;
		dtls_flight4(&p);
		p.fate = ARRIVES;
		if (!drops)
			dtls_flight5(&p);
		stream_wait(&s, 10 * SEC);
		if (drops) {
			assert_int_equal(s.num_changes, 1);
			expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_KERNEL_DROP, VERDICT_SIDE_KERNEL);
			assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
			pair_close(&p, PARTY_CLIENT, 0);
			assert_int_equal(s.changes[1].verdict.code, VERDICT_KERNEL_DROP);
			assert_int_equal(s.changes[1].state, HANDSHAKE_STUCK);
		} else {
			assert_int_equal(s.faults, 0);
		}
		stream_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_are_told_together),
		cmocka_unit_test(closed_ports_are_told_apart),
		cmocka_unit_test(answers_may_have_been_left_out),
		cmocka_unit_test(who_waits_is_told_alone),
		cmocka_unit_test(a_local_client_stays),
		cmocka_unit_test(the_cause_stays),
		cmocka_unit_test(an_answer_from_a_server_that_was_asked),
		cmocka_unit_test(dropped_before_and_since_the_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
