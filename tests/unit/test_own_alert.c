// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An alert that a socket of this host sent is nobody's forgery, whatever its sender does next. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

#define INTERNAL_ERROR 80

/* `from` sends its latest flight again after its alert, as some stacks do whose application keeps the socket. */
static void repeat_latest(struct pair *p, enum party_role from, bool is_dtls13)
{
	if (from == PARTY_CLIENT)
		(is_dtls13 ? dtls13_flight1 : dtls_flight1)(p);
	else
		(is_dtls13 ? dtls13_flight4 : dtls_flight4)(p);
}

/* Returns whether the alert was sent by a socket that is seen. */
static void goes_on_after_it(struct stream *s, struct pair *p, unsigned at, enum party_role from, bool is_dtls13, bool forged)
{
	stream_begin(s, p, at);
	(is_dtls13 ? dtls13_flight1 : dtls_flight1)(p);
	if (from == PARTY_SERVER)
		repeat_latest(p, from, is_dtls13);
	stream_wait(s, SEC);
	(forged ? dtls_forged_alert : dtls_alert)(p, from, DTLS_ALERT_FATAL, INTERNAL_ERROR);
	stream_wait(s, SEC);
	repeat_latest(p, from, is_dtls13);
	stream_wait(s, SEC);
	repeat_latest(p, from, is_dtls13);
}

static void its_sender_goes_on(void **state)
{
	for (unsigned n = 0; n < 8; n++) {
		enum party_role from = n & 1;
		bool is_dtls13 = n & 2;

		STORY_WITH(goes_on_after_it, s, p, n & 4 ? AT_BOTH : 1 << from, from, is_dtls13, false);
		assert_true(has_note(&p, NOTE_ALERT_NOT_ACTED_ON, from == PARTY_CLIENT ?
				     "the client sent an alert (internal error) and went on after it" :
				     "the server sent an alert (internal error) and went on after it"));
		assert_false(has_note(&p, NOTE_ALERT_NOT_ACTED_ON, "forged"));
	}
}

/* Near: its sender is elsewhere, or it is a capture: anybody may have sent it. */
static void near_from_elsewhere(void **state)
{
	for (unsigned n = 0; n < 8; n++) {
		enum party_role from = n & 1;

		STORY_WITH(goes_on_after_it, s, p, n & 4 ? ON_WIRE : 1 << party_peer(from), from, n & 2, true);
		/* Who has encrypted a record sends no alert in plaintext any more. */
		assert_int_equal(has_note(&p, NOTE_ALERT_NOT_ACTED_ON, "may be forged"), !(n & 2 && from == PARTY_SERVER));
		assert_false(has_note(&p, NOTE_ALERT_NOT_ACTED_ON, "went on after it"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_sender_goes_on),
		cmocka_unit_test(near_from_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
