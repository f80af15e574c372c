// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Many handshakes at once: on one socket, one after another, in a full table, packed or not. */
#include "stream_dtls.h"
#include "heap.h"

#define NUM_PEERS 500
#define HUNG 250	/* of these */

static void many_init(struct stream *s, unsigned at, uint32_t max, uint32_t ready)
{
	struct analysis_options opts = stream_options();

	memset(&heap, 0, sizeof(heap));
	opts.max_handshakes = max;
	opts.max_ready = ready;
	opts.allocate = heap_allocate;
	opts.release = heap_release;
	assert_true(stream_init_with(s, at, &opts));
}

static void many_fini(struct stream *s)
{
	stream_fini(s);
	assert_int_equal(heap.blocks, 0);
}

/* `num` clients of one server, each from a socket of its own. To be freed. */
static struct pair *peers_new(struct stream *s, uint32_t num)
{
	struct pair *p = malloc(num * sizeof(*p));

	assert_non_null(p);
	for (uint32_t i = 0; i < num; i++) {
		pair_init(&p[i], s, 20000 + i, i);
		p[i].cookie = true;
	}
	return p;
}

static void for_all(struct pair *p, uint32_t num, void (*flight)(struct pair *p))
{
	for (uint32_t i = 0; i < num; i++) {
		flight(&p[i]);
		p->s->now += 10000;
	}
	stream_wait(p->s, 50 * MS);
}

/* What has ended is settled a minute later, or when it has to make room; then nothing of it is reported any more. */
static void what_ended_is_settled(void **state)
{
	struct stream s;
	struct pair *p;

	many_init(&s, AT_CLIENT, 4, 2);
	p = peers_new(&s, 7);
	for (int i = 0; i < 3; i++)
		dtls_full(&p[i]);
	stream_wait(&s, 59 * SEC);
	assert_int_equal(s.num_settled, 0);
	for (int i = 3; i < 6; i++)
		dtls_full(&p[i]);
	assert_int_equal(s.num_settled, 2);
	stream_wait(&s, 2 * SEC);
	assert_int_equal(s.num_settled, 3);
	/* Its server repeats the last flight: too late. */
	s.num_changes = 0;
	for (int i = 0; i < 3; i++) {
		dtls_flight5(&p[2]);
		stream_wait(&s, 5 * SEC);
	}
	assert_int_equal(s.num_changes, 0);
	analysis_finish(s.analysis, s.now);
	assert_int_equal(s.num_settled, 6);
	free(p);
	many_fini(&s);
}

/* All but one complete, each flight of all before the next of any. */
static uint64_t run_peers(unsigned at, uint32_t ready)
{
	enum verdict_code code = at == AT_CLIENT ? VERDICT_PEER_SILENT : VERDICT_SILENT_AFTER_READ;
	const struct analysis_stats *stats;
	struct stream s;
	struct pair *p;

	many_init(&s, at, 1024, ready);
	p = peers_new(&s, NUM_PEERS);
	for_all(p, NUM_PEERS, dtls_flight1);
	for_all(p, NUM_PEERS, dtls_flight2);
	for_all(p, NUM_PEERS, dtls_flight3);
	for (int i = 0; i < 3; i++) {
		void (*const flights[])(struct pair *p) = { dtls_flight4, dtls_flight5, dtls_flight6 };

		for_all(p, HUNG, flights[i]);
		for_all(p + HUNG + 1, NUM_PEERS - HUNG - 1, flights[i]);
	}
	assert_int_equal(s.wrong, 0);
	assert_int_equal(s.num_changes, NUM_PEERS - 1);
	stats = analysis_stats(s.analysis);
	assert_int_equal(stats->by_state[HANDSHAKE_COMPLETED], NUM_PEERS - 1);
	assert_int_equal(stats->by_state[HANDSHAKE_IN_PROGRESS], 1);

	s.num_changes = 0;
	stream_wait(&s, SEC);
	dtls_flight3(&p[HUNG]);
	stream_wait(&s, 2 * SEC);
	dtls_flight3(&p[HUNG]);
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p[HUNG], HANDSHAKE_STUCK, code, VERDICT_SIDE_SERVER);
	/* The server ends: that concerns nobody else. */
	pair_close(&p[0], PARTY_SERVER, 0);
	assert_int_equal(s.num_changes, at == AT_CLIENT ? 1 : 2);
	analysis_finish(s.analysis, s.now);
	assert_int_equal(s.num_changes, 2);
	assert_int_equal(s.wrong, 0);
	assert_int_equal(stats->evicted, 0);
	free(p);
	many_fini(&s);
	return s.digest;
}

static void hundreds_of_peers_on_one_socket(void **state)
{
	FOR_EACH_OBSERVER(at)
		run_peers(at, ANALYSIS_MAX_READY);
}

static void packed_or_not_the_answers_are_the_same(void **state)
{
	FOR_EACH_OBSERVER(at) {
		assert_int_equal(run_peers(at, 0), run_peers(at, 1024));
		assert_int_equal(run_peers(at, 1), run_peers(at, 1024));
		assert_int_equal(run_peers(at, ANALYSIS_MAX_READY), run_peers(at, 1024));
	}
}

/* One client's socket talks to many servers at once. */
static void one_client_socket_for_several_peers(void **state)
{
	struct stream s;
	struct pair *p;

	FOR_EACH_OBSERVER(at) {
		many_init(&s, at, 64, 4);
		p = peers_new(&s, 32);
		for (uint32_t i = 0; i < 32; i++) {
			p[i].address[PARTY_CLIENT] = p[0].address[PARTY_CLIENT];
			p[i].socket[PARTY_CLIENT] = p[0].socket[PARTY_CLIENT];
			p[i].address[PARTY_SERVER] = endpoint(9, 4433 + i);
			p[i].socket[PARTY_SERVER] = 900 + i;
		}
		for_all(p, 32, dtls_flight1);
		for_all(p, 32, dtls_flight2);
		for_all(p, 32, dtls_flight3);
		for_all(p, 32, dtls_flight4);
		for_all(p, 32, dtls_flight5);
		/* Two servers are gone, and the others end theirs. */
		pair_close(&p[3], PARTY_SERVER, 0);
		pair_close(&p[7], PARTY_SERVER, 0);
		assert_int_equal(s.num_changes, at & AT_SERVER ? 2 : 0);
		for_all(p + 8, 24, dtls_flight6);
		assert_int_equal(s.num_changes, at & AT_SERVER ? 26 : 24);
		/* The client closes: those that did not end. */
		pair_close(&p[0], PARTY_CLIENT, 0);
		assert_int_equal(s.num_changes, at == AT_SERVER ? 26 : 32);
		assert_int_equal(s.faults, 0);
		assert_int_equal(s.wrong, 0);
		free(p);
		many_fini(&s);
	}
}

/* One address pair, one handshake after another, each with a client's socket of its own. */
static void an_address_pair_again_and_again(void **state)
{
	struct stream s;
	struct pair p;

	FOR_EACH_OBSERVER(at) {
		many_init(&s, at, 256, 4);
		for (uint32_t i = 0; i < 200; i++) {
			pair_init(&p, &s, 30041, i);
			p.socket[PARTY_CLIENT] = 2 + i;
			p.cookie = true;
			dtls_full(&p);
			assert_int_equal(p.id, i + 1);
			pair_close(&p, PARTY_CLIENT, 0);
			stream_wait(&s, SEC);
		}
		assert_int_equal(s.num_changes, 200);
		assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_COMPLETED], 200);
		assert_int_equal(s.faults, 0);
		assert_int_equal(s.wrong, 0);
		many_fini(&s);
	}
}

/* A close is told to all peers of its socket, and to no other. */
static void a_close_concerns_its_own_peers(void **state)
{
	struct stream s;
	struct pair *p;

	many_init(&s, AT_SERVER, 1024, 16);
	p = peers_new(&s, 400);
	for (uint32_t i = 0; i < 400; i++)
		p[i].socket[PARTY_SERVER] = 900 + i % 2;
	for_all(p, 400, dtls_flight1);
	for_all(p, 400, dtls_flight4);
	pair_close(&p[1], PARTY_SERVER, 5);
	assert_int_equal(s.num_changes, 200);
	/* In the order in which they were active. */
	for (uint32_t i = 0; i < STREAM_MAX_CHANGES; i++)
		expect_change(&s, i, &p[2 * i + 1], HANDSHAKE_ABANDONED, VERDICT_CLOSED_BY_APPLICATION,
			      VERDICT_SIDE_SERVER);
	pair_close(&p[1], PARTY_SERVER, 5);
	pair_close(&p[1], PARTY_CLIENT, 5);
	assert_int_equal(s.num_changes, 200);
	assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_IN_PROGRESS], 200);
	free(p);
	many_fini(&s);
}

/* Lost events are told to those that are packed, too: nothing that is said of them is certain. */
static void lost_events_blur_packed_ones(void **state)
{
	struct stream s;
	struct pair *p;

	FOR_EACH_OBSERVER(at) {
		many_init(&s, at, 1024, 1);
		p = peers_new(&s, 50);
		for_all(p, 50, dtls_flight1);
		stream_wait(&s, SEC);
		for_all(p, 50, dtls_flight1);
		stream_wait(&s, 2 * SEC);
		for_all(p, 50, dtls_flight1);
		analysis_lost(s.analysis, 0, 2);
		stream_wait(&s, MS);
		analysis_lost(s.analysis, 0, 3);
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, 50);
		for (uint32_t i = 0; i < 50; i++) {
			const struct verdict *v = &s.changes[i].verdict;

			assert_int_equal(v->severity, SEVERITY_FAULT);
			assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
			assert_non_null(strstr(v->evidence[v->num_evidence - 1], "lost 5 events"));
		}
		free(p);
		many_fini(&s);
	}
}

/* --- a full table --- */

#define TABLE 100000
#define MORE 300000

/* The n-th ClientHello of a flood, at the server, from an address that never answers. */
static void flood(struct stream *s, struct pair *p, uint32_t n)
{
	pair_init(p, s, 1 + n % 60000, 0x77);
	p->socket[PARTY_CLIENT] = 2;
	p->address[PARTY_CLIENT].ip[13] = 1 + n / 60000;
	p->unread = true;
	dtls_flight1(p);
	s->now += 10000;
}

static void a_flood_pushes_out_only_itself(void **state)
{
	const struct analysis_stats *stats;
	struct pair healthy, done, other;
	size_t most, at_start;
	struct stream s;

	many_init(&s, AT_SERVER, TABLE, ANALYSIS_MAX_READY);
	at_start = heap.bytes;
	stats = analysis_stats(s.analysis);
	pair_init(&done, &s, 30041, 0x0a);
	pair_init(&healthy, &s, 30042, 0x0b);
	healthy.cookie = true;
	dtls_full(&done);
	dtls_hellos(&healthy);
	dtls_flight4(&healthy);
	for (uint32_t n = 0; n < TABLE - 2; n++)
		flood(&s, &other, n);
	assert_int_equal(stats->evicted, 0);
	assert_int_equal(s.num_changes, 1);
	for (uint32_t n = 0; n < 1000; n++)
		flood(&s, &other, TABLE + n);
	most = heap.most;
	/* Beyond the tables, which have their size from the start. */
	assert_true((most - at_start) / TABLE < 1400);
	assert_true(at_start / TABLE < 1000);

	s.num_changes = 0;
	for (uint32_t n = 0; n < MORE; n++)
		flood(&s, &other, TABLE + 1000 + n);
	assert_int_equal(heap.most, most);
	assert_int_equal(stats->evicted, 1000 + MORE);
	assert_int_equal(s.num_changes, MORE);
	for (int i = 0; i < STREAM_MAX_CHANGES; i++) {
		assert_int_equal(s.changes[i].id, 3 + 1000 + i);
		assert_int_equal(s.changes[i].verdict.code, VERDICT_EVICTED);
		assert_int_equal(s.changes[i].state, HANDSHAKE_IN_PROGRESS);
	}

	/* The one that is under way goes on as if nothing was. */
	s.num_changes = 0;
	dtls_flight5(&healthy);
	dtls_flight6(&healthy);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &healthy, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	assert_non_null(strstr(s.changes[0].verdict.summary, "completed in"));
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_CERTAIN);
	/* What was established is known as well. */
	dtls_data(&done, PARTY_CLIENT);
	assert_int_equal(s.wrong, 0);
	assert_int_equal(s.faults, 0);
	assert_int_equal(stats->by_state[HANDSHAKE_COMPLETED], 2);
	many_fini(&s);
}

/* What the man page says of memory: bytes of a handshake that went through all six flights. */
static void what_a_usual_one_takes(void **state)
{
	const uint32_t num = 2000;
	struct stream s;
	size_t at_start;
	struct pair p;

	many_init(&s, AT_BOTH, num, ANALYSIS_MAX_READY);
	at_start = heap.bytes;
	for (uint32_t n = 0; n < num; n++) {
		pair_init(&p, &s, 1 + n, 0x77);
		p.cookie = p.client_certificate = p.ticket = true;
		p.mtu = 300;
		dtls_full(&p);
	}
	assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_COMPLETED], num);
	assert_true((heap.bytes - at_start) / num < 6000);
	many_fini(&s);
}

/* Clients without an answer that are few do not have to give way to what ended. */
static void without_a_flood_what_ended_goes_first(void **state)
{
	struct stream s;
	struct pair *p;

	many_init(&s, AT_SERVER, 8, 2);
	p = peers_new(&s, 17);
	for_all(p, 6, dtls_flight1);
	dtls_full(&p[6]);
	dtls_full(&p[7]);
	dtls_flight1(&p[8]);
	assert_int_equal(analysis_stats(s.analysis)->evicted, 0);
	/* Seven of eight: now they are a flood, and the earliest goes. */
	dtls_flight1(&p[9]);
	assert_int_equal(s.num_changes, 3);
	expect_change(&s, 2, &p[0], HANDSHAKE_IN_PROGRESS, VERDICT_EVICTED, VERDICT_SIDE_UNKNOWN);
	/*
	 * Whom the server answers has an address. A request for a cookie does not show
	 * that, nor what comes after it, which may be sent blindly: the third goes in its turn.
	 */
	dtls_flight2(&p[1]);
	dtls_flight3(&p[1]);
	dtls_flight4(&p[1]);
	dtls_flight2(&p[2]);
	dtls_flight3(&p[2]);
	dtls_flight1(&p[10]);
	assert_int_equal(s.num_changes, 3);
	assert_int_equal(analysis_stats(s.analysis)->evicted, 1);
	dtls_flight1(&p[11]);
	assert_int_equal(s.num_changes, 4);
	expect_change(&s, 3, &p[3], HANDSHAKE_IN_PROGRESS, VERDICT_EVICTED, VERDICT_SIDE_UNKNOWN);
	for_all(p + 12, 5, dtls_flight1);
	assert_int_equal(s.num_changes, 9);
	expect_change(&s, 8, &p[2], HANDSHAKE_IN_PROGRESS, VERDICT_EVICTED, VERDICT_SIDE_UNKNOWN);
	free(p);
	many_fini(&s);
}

/* When there is no memory to pack one it is evicted, and that is said. */
static void short_memory_while_packing(void **state)
{
	const struct analysis_stats *stats;
	struct stream s;
	struct pair *p;
	unsigned most;

	many_init(&s, AT_SERVER, 100, 16);
	p = peers_new(&s, 50);
	for_all(p, 50, dtls_flight1);
	most = heap.calls;
	free(p);
	many_fini(&s);
	for (unsigned spare = 0; spare < 60; spare += 7) {
		many_init(&s, AT_SERVER, 100, 16);
		p = peers_new(&s, 50);
		/* Not those of the tables. */
		dtls_flight1(&p[0]);
		heap.fail_at = heap.calls + 1 + spare;
		for_all(p + 1, 49, dtls_flight1);
		stats = analysis_stats(s.analysis);
		assert_int_equal(stats->handshakes, 50);
		assert_true(heap.calls >= heap.fail_at || heap.calls <= most);
		assert_true(spare > 0 || stats->evicted == 50 - 16);
		assert_int_equal(s.num_changes, stats->evicted);
		analysis_finish(s.analysis, s.now);
		assert_int_equal(s.num_changes, 50);
		assert_int_equal(s.wrong, 0);
		free(p);
		many_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hundreds_of_peers_on_one_socket),
		cmocka_unit_test(what_ended_is_settled),
		cmocka_unit_test(packed_or_not_the_answers_are_the_same),
		cmocka_unit_test(one_client_socket_for_several_peers),
		cmocka_unit_test(an_address_pair_again_and_again),
		cmocka_unit_test(a_close_concerns_its_own_peers),
		cmocka_unit_test(lost_events_blur_packed_ones),
		cmocka_unit_test(a_flood_pushes_out_only_itself),
		cmocka_unit_test(what_a_usual_one_takes),
		cmocka_unit_test(without_a_flood_what_ended_goes_first),
		cmocka_unit_test(short_memory_while_packing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
