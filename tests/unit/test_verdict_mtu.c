// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Of a size that is not answered: what else may have become of it. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

static void expect_never(const struct stream *s, enum verdict_code code)
{
	for (uint32_t i = 0; i < s->num_changes && i < STREAM_MAX_CHANGES; i++)
		assert_int_not_equal(s->changes[i].verdict.code, code);
}

static void large_flight5(struct pair *p)
{
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CERTIFICATE, 1, 1250, NULL);
	pair_flush(p);
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 2, 66, NULL);
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CERTIFICATE_VERIFY, 3, 80, NULL);
	dtls_finished(p, PARTY_CLIENT);
}

/* Who sends data does not repeat itself: it may well have got what is large. */
static void data_is_no_repeat(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.mtu = 1400;
	dtls_hellos(&p);
	dtls_flight4(&p);
	for (unsigned i = 0; i < 3; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		large_flight5(&p);
	}
	stream_wait(&s, SEC);
	dtls_data(&p, PARTY_SERVER);
	stream_wait(&s, 2 * SEC);
	expect_never(&s, VERDICT_MTU_BLACKHOLE);
	dtls_flight4(&p);
	stream_wait(&s, SEC);
	assert_int_equal(s.changes[s.num_changes - 1].verdict.code, VERDICT_MTU_BLACKHOLE);
}

/*
 * Three copies were not answered but by flight 4 again; the one that was sent after
 * that may have got there, and the answer been lost. That it was not shows when the
 * server repeats itself once more. `more`: than can be told apart.
 */
static void the_latest_copy_may_have_got_there(void **state)
{
	for (unsigned more = 0; more < 2; more++) {
		STORY(s, p, AT_CLIENT);
		dtls_hellos(&p);
		dtls_flight4(&p);
		for (unsigned i = 0; i < 3 + 2 * more; i++) {
			stream_until(&s, START + i * 500 * MS);
			large_flight5(&p);
		}
		stream_until(&s, START + 3 * SEC);
		dtls_flight4(&p);
		stream_until(&s, START + 4 * SEC);
		large_flight5(&p);
		stream_until(&s, START + 8 * SEC);
		expect_never(&s, VERDICT_MTU_BLACKHOLE);
		dtls_flight4(&p);
		stream_settle(&s);
		assert_int_equal(s.changes[s.num_changes - 1].verdict.code, VERDICT_MTU_BLACKHOLE);
	}
}

/* What is late of a copy from before the client's latest does not say that this one was not got. */
static void a_late_part_of_a_copy_is_no_repeat(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4(&p);
	for (unsigned i = 0; i < 3; i++) {
		stream_until(&s, START + i * 500 * MS);
		large_flight5(&p);
	}
	stream_until(&s, START + 4 * SEC - 10 * MS);
	dtls_server_hello(&p);
	pair_flush(&p);
	stream_until(&s, START + 4 * SEC);
	large_flight5(&p);
	stream_wait(&s, 30 * MS);
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, CERTIFICATE_LEN, NULL);
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_KEY_EXCHANGE, 2, 333, NULL);
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 3, 0, NULL);
	pair_flush(&p);
	stream_until(&s, START + 8 * SEC);
	expect_never(&s, VERDICT_MTU_BLACKHOLE);
	dtls_flight4(&p);
	stream_settle(&s);
	assert_int_equal(s.changes[s.num_changes - 1].verdict.code, VERDICT_MTU_BLACKHOLE);
}

/* What is cut anew gets there: its records are as long as none before, and yet a copy. */
static void a_hidden_flight_in_smaller_datagrams(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	p.fate = LOST;
	for (unsigned i = 0; i < 3; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls13_send(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, 1300);
	}
	stream_until(&s, START + 7 * SEC);
	p.fate = ARRIVES;
	for (unsigned i = 0; i < 3; i++)
		dtls13_send(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, 500 + i);
	stream_wait(&s, SEC);
	expect_never(&s, VERDICT_MTU_BLACKHOLE);
}

/* Many datagrams of one size leave in one copy: that none of them is there yet proves nothing. */
static void one_copy_of_many_datagrams(void **state)
{
	for (unsigned sizes = 1; sizes < 3; sizes++) {
		STORY(s, p, AT_BOTH);
		dtls_flight1(&p);
		for (unsigned i = 0; i < 4; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			dtls_server_hello(&p);
			pair_flush(&p);
			p.mtu = i < 3 && sizes == 2 ? 600 + 100 * i : 1000;
			p.fate = LOST;
			dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, 3800, NULL);
			pair_flush(&p);
			p.fate = ARRIVES;
		}
		stream_wait(&s, SEC);
		assert_int_equal(s.changes[s.num_changes - 1].verdict.code,
				 sizes == 1 ? VERDICT_MTU_BLACKHOLE : VERDICT_PEER_SILENT);
	}
}

/* The first copy is one datagram, and later ones have each message in its own: OpenSSL with a large MTU does so. */
static void flight4_of_large_parts(struct pair *p, bool first)
{
	enum fate fate = p->fate;

	p->mtu = 8000;
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO, 1, 61, NULL);
	if (!first)
		pair_flush(p);
	p->fate = LOST;
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 2, 4631, NULL);
	if (!first)
		pair_flush(p);
	p->fate = first ? LOST : fate;
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 3, 0, NULL);
	pair_flush(p);
	p->fate = fate;
}

/* One fault is one verdict from its beginning, though each large size was sent less than three times. */
static void each_size_is_sent_less_often(void **state)
{
	struct stream s;
	struct pair p;

	stream_begin(&s, &p, AT_BOTH);
	p.cookie = true;
	dtls_hellos(&p);
	for (unsigned i = 0; i < 3; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		flight4_of_large_parts(&p, i == 0);
	}
	stream_wait(&s, 10 * SEC);
	expect_never(&s, VERDICT_MISSING_FRAGMENT);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_MTU_BLACKHOLE, VERDICT_SIDE_NETWORK);
	assert_non_null(strstr(s.changes[0].verdict.summary, "the path drops IP fragments"));
	stream_fini(&s);

	/* Near: two copies are too few, and what is small is lost as well. */
	for (int near = 0; near < 2; near++) {
		stream_begin(&s, &p, AT_BOTH);
		p.cookie = true;
		dtls_hellos(&p);
		for (unsigned i = 0; i < (near ? 3 : 2); i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			p.fate = near ? LOST : ARRIVES;
			flight4_of_large_parts(&p, i == 0);
		}
		stream_wait(&s, 10 * SEC);
		expect_never(&s, VERDICT_MTU_BLACKHOLE);
		stream_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_copy_of_many_datagrams),
		cmocka_unit_test(data_is_no_repeat),
		cmocka_unit_test(each_size_is_sent_less_often),
		cmocka_unit_test(the_latest_copy_may_have_got_there),
		cmocka_unit_test(a_late_part_of_a_copy_is_no_repeat),
		cmocka_unit_test(a_hidden_flight_in_smaller_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
