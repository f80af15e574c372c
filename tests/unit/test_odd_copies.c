// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What record and message headers show to be odd about the copies of a flight: odd_flight.h. */
#include "stream_odd.h"

/* The ChangeCipherSpec is in `num` of the copies of flight 5; the server repeats flight 4. */
static void a_change_cipher_spec_in_no_copy(void **state)
{
	FOR_EACH_OBSERVER(at)
		for (unsigned num = 0; num < 3; num++) {
			enum verdict_side side = num ? VERDICT_SIDE_SERVER : at == AT_SERVER ? VERDICT_SIDE_NETWORK :
						 VERDICT_SIDE_CLIENT;

			STORY(s, p, at);
			client_hello(&p, &plain, 0);
			for (unsigned i = 0; i < 6; i++) {
				until_copy(&s, i);
				flight4(&p, &plain, 0);
				stream_wait(&s, 50 * MS);
				flight5(&p, num == 2 || (num && i == 1), DTLS_CT_HANDSHAKE);
			}
			stream_wait(&s, FLOOR);
			expect_odd(&s, num ? NULL : "without its ChangeCipherSpec",
				   num ? VERDICT_CANNOT_DECRYPT : VERDICT_MISSING_FRAGMENT, side);
		}
}

/* A datagram of its own has the ChangeCipherSpec, and the path loses it in each copy; near: but the third. */
static void a_change_cipher_spec_that_is_lost(void **state)
{
	for (unsigned n = 0; n < 4; n++) {
		unsigned at = n & 1 ? AT_BOTH : AT_SERVER, num = n / 2;

		STORY(s, p, at);
		client_hello(&p, &plain, 0);
		for (unsigned i = 0; i < 6; i++) {
			until_copy(&s, i);
			flight4(&p, &plain, 0);
			stream_wait(&s, 50 * MS);
			dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
			pair_flush(&p);
			p.fate = num && i == 2 ? ARRIVES : LOST;
			dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
			pair_flush(&p);
			p.fate = ARRIVES;
			dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
			pair_flush(&p);
			if (num && i == 2)
				break;
		}
		if (num) {
			dtls_finished(&p, PARTY_SERVER);
			expect_completed_only(&s, &p);
		} else {
			stream_wait(&s, SEC);
			expect_odd(&s, "without its ChangeCipherSpec", VERDICT_MISSING_FRAGMENT, VERDICT_SIDE_NETWORK);
		}
	}
}

/* --- copies that differ, or do not --- */

/* Either side repeats its flight, and its peer is silent. */
static void copies_in_vain(struct stream *s, struct pair *p, enum party_role from, bool refragment, bool renumber)
{
	uint32_t fragment = from == PARTY_SERVER ? 300 : 40;

	stream_begin(s, p, 1 << from);
	if (from == PARTY_SERVER)
		client_hello(p, &plain, 0);
	p->fate = LOST;
	p->max_fragment = fragment;
	for (unsigned i = 0; i < 4; i++) {
		until_copy(s, i);
		if (from == PARTY_SERVER)
			flight4(p, &plain, 0);
		else
			client_hello(p, &plain, 0);
		p->max_fragment = refragment ? fragment - 2 : fragment;
		if (renumber)
			p->seq[from][0] = 0;
	}
	stream_wait(s, FLOOR);
}

static void copies_that_differ(void **state)
{
	for (int n = 0; n < 6; n++) {
		enum party_role from = n & 1 ? PARTY_CLIENT : PARTY_SERVER;
		const char *odd = n / 2 == 1 ? "the fragment borders" : n / 2 == 2 ? "have the record numbers" : NULL;

		STORY_WITH(copies_in_vain, s, p, from, n / 2 == 1, n / 2 == 2);
		expect_odd(&s, odd, s.changes[s.num_changes - 1].verdict.code,
			   from == PARTY_CLIENT ? VERDICT_SIDE_SERVER : VERDICT_SIDE_CLIENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_cipher_spec_in_no_copy),
		cmocka_unit_test(a_change_cipher_spec_that_is_lost),
		cmocka_unit_test(copies_that_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
