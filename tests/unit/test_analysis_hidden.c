// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is encrypted in DTLS 1.2: a CID record can be a Finished. DTLS 1.3: test_analysis_dtls13.c. */
#include "stream_dtls.h"

static void closed(struct pair *p, enum party_role at)
{
	struct event ev = {
		.size = sizeof(ev), .abi = EVENT_ABI, .kind = EVENT_CLOSED,
		.time_ns = p->s->now, .socket = p->socket[at],
	};

	if (p->s->observers >> at & 1)
		analysis_event(p->s->analysis, &ev, sizeof(ev));
}

static void closing_before_completion_is(void **state)
{
	STORY(s, p, 1 << PARTY_CLIENT);

	dtls_flight1(&p);
	dtls_flight4(&p);
	closed(&p, PARTY_CLIENT);
	assert_int_equal(p.h->state, HANDSHAKE_ABANDONED);
	assert_int_equal(p.h->verdict.code, VERDICT_CLOSED_BY_APPLICATION);
	assert_int_equal(p.h->verdict.side, VERDICT_SIDE_CLIENT);
	assert_int_equal(p.h->verdict.severity, SEVERITY_WARNING);
}

/* RFC 9146: from ChangeCipherSpec on the content type is hidden, Finished included. */
static void finished_in_cid_records_completes(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
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
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_before_completion_is),
		cmocka_unit_test(finished_in_cid_records_completes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
