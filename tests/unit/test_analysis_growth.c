// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who waits for what on a shared socket or address pair, and that nobody else is looked at.
 * Handshakes that are looked at while they are packed cost two calls of the heap: so
 * steps are counted here, not time (that is tests/bench/growth.c).
 */
#include "stream_dtls.h"
#include "heap.h"

#define HELLO_BYTES 100

static void growth_init(struct stream *s, unsigned at, uint32_t max)
{
	struct analysis_options opts = stream_options();

	memset(&heap, 0, sizeof(heap));
	opts.max_handshakes = max;
	opts.max_ready = 0;
	opts.allocate = heap_allocate;
	opts.release = heap_release;
	assert_true(stream_init_with(s, at, &opts));
}

/* `num` clients whose ClientHellos nobody reads until each is said to be unread. */
static struct pair *hung(struct stream *s, uint32_t num)
{
	struct pair *p = malloc(num * sizeof(*p));

	assert_non_null(p);
	for (uint32_t i = 0; i < num; i++) {
		pair_init(&p[i], s, 20000 + i, i);
		p[i].unread = true;
		dtls_flight1(&p[i]);
		s->now += 1000;
	}
	stream_wait(s, 20 * SEC);
	assert_int_equal(s->num_changes, num);
	assert_int_equal(s->faults, num);
	return p;
}

static unsigned calls_to_read(uint32_t num)
{
	struct stream s;
	struct pair *p;
	unsigned calls;

	growth_init(&s, AT_SERVER, 4096);
	p = hung(&s, num);
	calls = heap.calls;
	for (uint32_t i = 0; i < num; i++) {
		pair_read(&p[i], PARTY_SERVER, i + 1, HELLO_BYTES);
		stream_wait(&s, 1000);
	}
	calls = heap.calls - calls;
	/* Each took back what was said of it. */
	assert_int_equal(s.num_changes, 2 * num);
	assert_int_equal(s.faults, num);
	free(p);
	stream_fini(&s);
	return calls;
}

static void reading_a_long_queue_is_linear(void **state)
{
	unsigned few = calls_to_read(100), many = calls_to_read(800);

	assert_true(many <= 8 * few + 100);
}

/* Something from behind was read: what lay before does not any more. What lies behind does. */
static void a_read_concerns_what_lay_before_it(void **state)
{
	struct stream s STREAM_ENDS;
	struct pair *p;

	growth_init(&s, AT_SERVER, 64);
	p = hung(&s, 30);
	s.num_changes = 0;
	/* Its own, and nothing lay before it. */
	pair_read(&p[0], PARTY_SERVER, 1, HELLO_BYTES);
	stream_wait(&s, MS);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p[0], HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	/* The reads of the four before it were not seen. */
	pair_read(&p[5], PARTY_SERVER, 6, HELLO_BYTES);
	stream_wait(&s, MS);
	assert_int_equal(s.num_changes, 6);
	expect_change(&s, 1, &p[5], HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	for (int i = 1; i < 5; i++)
		assert_true(s.changes[1 + i].id >= p[1].id && s.changes[1 + i].id <= p[4].id);
	stream_wait(&s, MS);
	assert_int_equal(s.num_changes, 6);
	free(p);
}

/* It lies at another socket with other numbers: any read there is worth a look. */
static void another_socket_has_other_numbers(void **state)
{
	struct stream s STREAM_ENDS;
	struct pair *p;

	growth_init(&s, AT_SERVER, 64);
	p = hung(&s, 3);
	s.num_changes = 0;
	/* The server's socket for this client is another from now on: nothing is known of its queue. */
	p[2].socket[PARTY_SERVER] = 900;
	pair_read(&p[2], PARTY_SERVER, 1, HELLO_BYTES);
	stream_wait(&s, MS);
	pair_read(&p[2], PARTY_SERVER, 2, HELLO_BYTES);
	stream_wait(&s, MS);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_equal(s.changes[i].id, p[2].id);
	/* What was read of the one socket says nothing of the other. */
	pair_read(&p[1], PARTY_SERVER, 2, HELLO_BYTES);
	stream_wait(&s, MS);
	assert_int_equal(stream_change(&s, s.num_changes - 1)->state, HANDSHAKE_IN_PROGRESS);
	free(p);
}

/* A send that failed is told by socket and peer, if the local address is not known: the latest. */
static void failed_sends_find_the_latest(void **state)
{
	struct event_endpoint server;
	struct stream s STREAM_ENDS;
	struct pair p[40];

	growth_init(&s, AT_SERVER, 64);
	for (uint32_t i = 0; i < 40; i++) {
		pair_init(&p[i], &s, 20000 + i % 20, i);
		dtls_flight1(&p[i]);
	}
	server = p[0].address[PARTY_SERVER];
	for (uint32_t i = 0; i < 20; i++) {
		memset(&p[i].address[PARTY_SERVER], 0, sizeof(server));
		p[i].address[PARTY_SERVER].port = server.port;
		pair_send_failed(&p[i], PARTY_SERVER, 1, 500);
		assert_int_equal(s.seen[s.num_seen - 1].id, p[20 + i].id);
	}
	/* With another peer it is of nobody. */
	p[0].address[PARTY_CLIENT].port++;
	p[0].address[PARTY_CLIENT].ip[15]++;
	pair_send_failed(&p[0], PARTY_SERVER, 1, 500);
	assert_int_equal(s.seen[s.num_seen - 1].id, 0);
}

/* Another socket between the same addresses: of the namespace that is known, the latest. */
static void namespaces_are_told_apart(void **state)
{
	const uint32_t netns[] = { 7, 8, 7, 8, 9 };
	struct stream s STREAM_ENDS;
	struct pair p[5];

	growth_init(&s, AT_CLIENT, 64);
	for (int i = 0; i < 5; i++) {
		struct event ev;

		pair_init(&p[i], &s, 30041, i);
		p[i].socket[PARTY_CLIENT] = 100 + i;
		p[i].fate = LOST;
		p[i].netns = netns[i];
		dtls_flight1(&p[i]);
		/* From a socket of its own, it is of the latest in the same namespace. */
		ev = pair_bare(&p[i], PARTY_CLIENT, EVENT_ICMP_ERROR);
		ev.socket = 0;
		ev.error = 111;
		ev.netns = netns[0];
		pair_take(&p[i], &ev, PARTY_CLIENT);
		assert_int_equal(s.seen[s.num_seen - 1].id, p[i < 2 ? 0 : 2].id);
		ev.netns = 0;
		pair_take(&p[i], &ev, PARTY_CLIENT);
		assert_int_equal(s.seen[s.num_seen - 1].id, p[i].id);
		ev.netns = 10;
		pair_take(&p[i], &ev, PARTY_CLIENT);
		assert_int_equal(s.seen[s.num_seen - 1].id, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_a_long_queue_is_linear),
		cmocka_unit_test(a_read_concerns_what_lay_before_it),
		cmocka_unit_test(another_socket_has_other_numbers),
		cmocka_unit_test(failed_sends_find_the_latest),
		cmocka_unit_test(namespaces_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
