// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The bounded tables: who is evicted, and that memory is bounded, released, and may be short. */
#include "stream_dtls.h"
#include "heap.h"

static bool table_stream_init(struct stream *s, unsigned at, uint32_t max, unsigned fail_at)
{
	struct analysis_options opts = stream_options();

	memset(&heap, 0, sizeof(heap));
	heap.fail_at = fail_at;
	opts.max_handshakes = opts.max_ready = max;
	opts.allocate = heap_allocate;
	opts.release = heap_release;
	return stream_init_with(s, at, &opts);
}

static void table_stream_fini(struct stream *s)
{
	stream_fini(s);
	assert_int_equal(heap.blocks, 0);
	assert_int_equal(heap.bytes, 0);
}

/* --- eviction --- */

static void full_table_evicts_the_least_recently_active(void **state)
{
	struct pair p[4];
	struct stream s;

	FOR_EACH_OBSERVER(at) {
		assert_true(table_stream_init(&s, at, 3, 0));
		for (int i = 0; i < 4; i++)
			pair_init(&p[i], &s, 30041 + i, 0x11);
		for (int i = 0; i < 3; i++) {
			dtls_flight1(&p[i]);
			stream_wait(&s, 10 * MS);
		}
		dtls_flight4(&p[0]);
		stream_wait(&s, 10 * MS);
		dtls_flight1(&p[3]);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p[1], HANDSHAKE_IN_PROGRESS, VERDICT_EVICTED,
			      VERDICT_SIDE_UNKNOWN);
		assert_int_equal(s.changes[0].verdict.severity, SEVERITY_INFO);
		assert_true(s.changes[0].verdict.hint[0]);
		assert_int_equal(analysis_stats(s.analysis)->evicted, 1);
		assert_int_equal(p[3].id, 4);

		/* The others are still followed; the evicted one is of no handshake now. */
		dtls_flight5(&p[0]);
		dtls_flight6(&p[0]);
		dtls_full(&p[2]);
		assert_int_equal(s.num_changes, 3);
		expect_change(&s, 1, &p[0], HANDSHAKE_COMPLETED, VERDICT_COMPLETED,
			      VERDICT_SIDE_UNKNOWN);
		expect_change(&s, 2, &p[2], HANDSHAKE_COMPLETED, VERDICT_COMPLETED,
			      VERDICT_SIDE_UNKNOWN);
		assert_int_equal(s.wrong, 0);
		dtls_flight4(&p[1]);
		assert_int_equal(s.seen[s.num_seen - 1].id, 0);
		assert_true(analysis_stats(s.analysis)->no_handshake > 0);
		table_stream_fini(&s);
	}
}

/* The evicted one was heard of once and is never reported again, not even at the end. */
static void an_evicted_handshake_is_reported_once(void **state)
{
	struct pair a, b;
	struct stream s;

	FOR_EACH_OBSERVER(at) {
		assert_true(table_stream_init(&s, at, 1, 0));
		pair_init(&a, &s, 30041, 0x11);
		pair_init(&b, &s, 30041, 0x22);
		dtls_flight1(&a);
		dtls_full(&b);
		assert_int_equal(s.num_changes, 2);
		expect_change(&s, 0, &a, HANDSHAKE_IN_PROGRESS, VERDICT_EVICTED,
			      VERDICT_SIDE_UNKNOWN);
		expect_change(&s, 1, &b, HANDSHAKE_COMPLETED, VERDICT_COMPLETED,
			      VERDICT_SIDE_UNKNOWN);
		stream_wait(&s, HOUR);
		analysis_finish(s.analysis, s.now);
		assert_int_equal(s.num_changes, 2);
		table_stream_fini(&s);
	}
}

static void ended_handshakes_go_first(void **state)
{
	struct pair p[4];
	struct stream s;

	FOR_EACH_OBSERVER(at) {
		assert_true(table_stream_init(&s, at, 3, 0));
		for (int i = 0; i < 4; i++)
			pair_init(&p[i], &s, 30041 + i, 0x11 + i);
		dtls_flight1(&p[0]);
		dtls_flight1(&p[1]);
		stream_wait(&s, SEC);
		dtls_full(&p[2]);
		dtls_flight1(&p[3]);
		assert_int_equal(analysis_stats(s.analysis)->evicted, 0);
		assert_int_equal(s.num_changes, 1);
		dtls_flight4(&p[0]);
		dtls_flight4(&p[1]);
		dtls_flight4(&p[3]);
		assert_int_equal(s.wrong, 0);
		table_stream_fini(&s);
	}
}

/* One flow's handshakes beyond those that are told apart: the latest are known, none crashes. */
static void many_handshakes_on_one_flow(void **state)
{
	struct pair p[20];
	struct stream s;

	FOR_EACH_OBSERVER(at) {
		assert_true(table_stream_init(&s, at, 8, 0));
		for (uint8_t i = 0; i < 20; i++) {
			pair_init(&p[i], &s, 30041, i + 1);
			dtls_flight1(&p[i]);
			stream_wait(&s, 10 * MS);
		}
		/* An early one, which its flow has forgotten, speaks again. */
		dtls_flight1(&p[13]);
		assert_int_equal(s.wrong, 0);
		for (int i = 0; i < 20; i++)
			dtls_flight1(&p[i]);
		assert_int_equal(s.wrong, 0);
		assert_int_equal(analysis_stats(s.analysis)->handshakes, 40);
		table_stream_fini(&s);
	}
}

/* A socket is closed and another takes over its address in the middle. */
static void another_socket_takes_over(void **state)
{
	struct stream s;
	struct pair p;

	assert_true(table_stream_init(&s, AT_CLIENT, 4, 0));
	pair_init(&p, &s, 30041, 0x11);
	for (uint64_t i = 0; i < 20; i++) {
		p.socket[PARTY_CLIENT] = 2 + i;
		dtls_flight1(&p);
	}
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	assert_int_equal(p.h->party[PARTY_CLIENT].socket, 21);
	expect_completed_only(&s, &p);
	table_stream_fini(&s);
}

/* --- memory --- */

static void memory_does_not_grow(void **state)
{
	size_t bytes = 0;
	struct stream s;
	struct pair p;

	FOR_EACH_OBSERVER(at) {
		assert_true(table_stream_init(&s, at, 16, 0));
		for (uint32_t i = 0; i < 10000; i++) {
			pair_init(&p, &s, 1024 + i, i);
			if (i % 3 == 0)
				dtls_flight1(&p);
			else
				dtls_full(&p);
			stream_wait(&s, MS);
			if (i == 0)
				bytes = heap.bytes;
		}
		assert_int_equal(analysis_stats(s.analysis)->handshakes, 10000);
		assert_true(analysis_stats(s.analysis)->evicted <= 3334);
		assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_COMPLETED], 6666);
		assert_int_equal(heap.bytes, bytes);
		assert_int_equal(heap.most, bytes);
		assert_int_equal(s.wrong, 0);
		table_stream_fini(&s);
	}
}

static void short_memory_fails_cleanly(void **state)
{
	unsigned fail_at = 0, failed_new = 0, calls;
	struct stream s;
	struct pair p;

	FOR_EACH_OBSERVER(at) {
		fail_at = failed_new = 0;
		do {
			fail_at++;
			if (!table_stream_init(&s, at, 4, fail_at)) {
				failed_new++;
				assert_int_equal(heap.blocks, 0);
				calls = heap.calls;
				continue;
			}
			for (uint8_t i = 0; i < 8; i++) {
				pair_init(&p, &s, 30041 + i % 3, i);
				dtls_full(&p);
			}
			stream_wait(&s, HOUR);
			analysis_finish(s.analysis, s.now);
			calls = heap.calls;
			table_stream_fini(&s);
		} while (calls >= fail_at && fail_at < 100);
		/*
		 * The analysis, the assemblies, the threads of applications, the table, its entries, flows, places, deadlines,
		 * sockets (three), and buckets: of identities, flows, addresses (two), peers.
		 */
		assert_int_equal(failed_new, 16);
		assert_true(fail_at > failed_new && fail_at < 100);
	}
}

/* All memory but that of what is packed is there from the start. */
static void the_tables_do_not_grow(void **state)
{
	const uint32_t num = 14000;
	struct stream s;
	struct pair p;

	assert_true(table_stream_init(&s, AT_CLIENT, num, 0));
	assert_int_equal(heap.calls, 16);
	for (uint32_t i = 0; i < num; i++) {
		pair_init(&p, &s, i, i >> 8);
		dtls_flight1(&p);
	}
	assert_int_equal(heap.calls, 16);
	pair_init(&p, &s, 0, 0);
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	assert_int_equal(s.seen[0].id, 1);
	assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_COMPLETED], 1);
	assert_int_equal(heap.calls, 16);
	table_stream_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_table_evicts_the_least_recently_active),
		cmocka_unit_test(an_evicted_handshake_is_reported_once),
		cmocka_unit_test(ended_handshakes_go_first),
		cmocka_unit_test(many_handshakes_on_one_flow),
		cmocka_unit_test(another_socket_takes_over),
		cmocka_unit_test(memory_does_not_grow),
		cmocka_unit_test(short_memory_fails_cleanly),
		cmocka_unit_test(the_tables_do_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
