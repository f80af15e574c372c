// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is encrypted: DTLS 1.3 is not judged, a CID record can be a Finished. */
#include "stream_dtls.h"

#define HOUR (3600 * SEC)

/* A record with a DTLS 1.3 unified header (RFC 9147 s4): only two bits of the epoch are visible. */
static void unified(struct pair *p, enum party_role from, uint16_t epoch_bits)
{
	struct dtls_record *rec = dtls_record_add(p, from, 0, 0, 80);

	p->seq[from][0]--;
	rec->flags = DTLS_RECORD_UNIFIED;
	rec->version = 0;
	rec->epoch = epoch_bits;
	rec->sequence = 0;
	pair_flush(p);
}

/* A ServerHello that selects DTLS 1.3 (RFC 8446 s4.2.1), or a HelloRetryRequest. */
static void server_hello_13(struct pair *p, uint16_t message_seq, uint8_t random)
{
	struct body b = body_begin(p, random);

	body_u16(&b, 0x1301);
	body_u8(&b, 0);
	body_u16(&b, 6);
	body_u16(&b, 43);
	body_u16(&b, 2);
	body_u16(&b, DTLS_VERSION_1_3);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO, message_seq, b.len, b.bytes);
}

static void closed(struct pair *p, enum party_role at)
{
	struct event ev = {
		.size = sizeof(ev), .abi = EVENT_ABI, .kind = EVENT_CLOSED,
		.time_ns = p->s->now, .socket = p->socket[at],
	};

	if (p->s->observers >> at & 1)
		analysis_event(p->s->analysis, &ev, sizeof(ev));
}

static void a_dtls13_handshake_is_never_called_stuck(void **state)
{
	struct stream s;
	struct pair p;

	(void)state;
	FOR_EACH_OBSERVER(at) {
		stream_init(&s, at);
		pair_init(&p, &s, 30041, 0x11);
		dtls_flight1(&p);
		server_hello_13(&p, 0, 0xee);
		unified(&p, PARTY_SERVER, 2);
		unified(&p, PARTY_CLIENT, 2);
		unified(&p, PARTY_SERVER, 3);
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, 0);
		assert_int_equal(p.h->version, DTLS_VERSION_1_3);
		stream_fini(&s);
	}
}

/* The ServerHello's extensions may be cut: a unified header says it as well. */
static void nor_one_that_only_its_records_tell(void **state)
{
	struct stream s;
	struct pair p;

	(void)state;
	FOR_EACH_OBSERVER(at) {
		stream_init(&s, at);
		pair_init(&p, &s, 30041, 0x11);
		dtls_flight1(&p);
		dtls_server_hello(&p);
		unified(&p, PARTY_SERVER, 2);
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, 0);
		stream_fini(&s);
	}
}

static void nor_one_with_a_hello_retry_request(void **state)
{
	struct stream s;
	struct pair p;

	(void)state;
	FOR_EACH_OBSERVER(at) {
		stream_init(&s, at);
		pair_init(&p, &s, 30041, 0x11);
		dtls_flight1(&p);
		server_hello_13(&p, 0, 0xcf);
		pair_flush(&p);
		dtls_flight3(&p);
		server_hello_13(&p, 1, 0xee);
		unified(&p, PARTY_SERVER, 2);
		unified(&p, PARTY_CLIENT, 2);
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, 0);
		stream_fini(&s);
	}
}

/* A ClientHello that offers DTLS 1.3 and gets no answer is judged like any other. */
static void an_unanswered_client_hello_still_is(void **state)
{
	struct stream s;
	struct pair p;

	(void)state;
	stream_init(&s, 1 << PARTY_CLIENT);
	pair_init(&p, &s, 30041, 0x11);
	dtls_flight1(&p);
	stream_wait(&s, 6 * SEC);
	assert_int_equal(p.h->verdict.code, VERDICT_NOT_RETRANSMITTING);
	stream_fini(&s);
}

/* Whether it was complete is hidden: that it was not is never claimed. */
static void closing_after_dtls13_is_no_giving_up(void **state)
{
	struct stream s;
	struct pair p;

	(void)state;
	FOR_EACH_OBSERVER(at) {
		stream_init(&s, at);
		pair_init(&p, &s, 30041, 0x11);
		dtls_flight1(&p);
		server_hello_13(&p, 0, 0xee);
		unified(&p, PARTY_SERVER, 2);
		closed(&p, PARTY_CLIENT);
		closed(&p, PARTY_SERVER);
		assert_int_equal(p.h->state, HANDSHAKE_IN_PROGRESS);
		assert_int_equal(p.h->verdict.code, VERDICT_NONE);
		assert_false(handshake_is_open(p.h));
		stream_fini(&s);
	}
}

static void closing_before_completion_is(void **state)
{
	struct stream s;
	struct pair p;

	(void)state;
	stream_init(&s, 1 << PARTY_CLIENT);
	pair_init(&p, &s, 30041, 0x11);
	dtls_flight1(&p);
	dtls_flight4(&p);
	closed(&p, PARTY_CLIENT);
	assert_int_equal(p.h->state, HANDSHAKE_ABANDONED);
	assert_int_equal(p.h->verdict.code, VERDICT_CLOSED_BY_APPLICATION);
	assert_int_equal(p.h->verdict.side, VERDICT_SIDE_CLIENT);
	assert_int_equal(p.h->verdict.severity, SEVERITY_WARNING);
	stream_fini(&s);
}

/* RFC 9146: from ChangeCipherSpec on the content type is hidden, Finished included. */
static void finished_in_cid_records_completes(void **state)
{
	struct stream s;
	struct pair p;

	(void)state;
	FOR_EACH_OBSERVER(at) {
		stream_init(&s, at);
		pair_init(&p, &s, 30041, 0x11);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
		for (int from = PARTY_CLIENT; from < PARTY_MAX; from++) {
			assert_int_equal(s.num_changes, 0);
			dtls_record_add(&p, from, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
			dtls_record_add(&p, from, DTLS_CT_CID, 1, 0)->flags = DTLS_RECORD_CID;
			pair_flush(&p);
		}
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, 1);
		stream_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dtls13_handshake_is_never_called_stuck),
		cmocka_unit_test(nor_one_that_only_its_records_tell),
		cmocka_unit_test(nor_one_with_a_hello_retry_request),
		cmocka_unit_test(an_unanswered_client_hello_still_is),
		cmocka_unit_test(closing_after_dtls13_is_no_giving_up),
		cmocka_unit_test(closing_before_completion_is),
		cmocka_unit_test(finished_in_cid_records_completes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
