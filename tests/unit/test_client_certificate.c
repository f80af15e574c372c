// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The server asks for a certificate, and the client has none: every verdict that this may explain tells it. */
#include "stream_odd.h"

#define NONE_SENT "sent none: its Certificate message is empty"

/* How a play ends for the client: with a certificate, without one, or the server did not ask. */
enum certificate { GIVEN, EMPTY, NOT_ASKED, CERTIFICATES };

static void begin_with(struct stream *s, struct pair *p, unsigned at, enum certificate certificate)
{
	stream_begin(s, p, at);
	p->client_certificate = certificate != NOT_ASKED;
	p->no_certificate = certificate == EMPTY;
}

static const struct verdict *latest(const struct stream *s)
{
	return &stream_change(s, s->num_changes - 1)->verdict;
}

/* --- alerts --- */

static void alert_after(struct stream *s, struct pair *p, enum certificate certificate, enum party_role from,
			uint8_t description)
{
	begin_with(s, p, AT_BOTH, certificate);
	dtls_flight1(p);
	dtls_flight4(p);
	dtls_flight5(p);
	dtls_alert(p, from, DTLS_ALERT_FATAL, description);
	assert_int_equal(latest(s)->code, VERDICT_ALERT);
	assert_false(tells(latest(s), "cipher suites"));
	assert_null(strstr(latest(s)->hint, "allow a cipher suite"));
}

/* Servers say it with different alerts: handshake_failure, bad_certificate, unsupported_certificate, certificate_unknown. */
static void an_alert_answers_the_empty_message(void **state)
{
	static const uint8_t descriptions[] = { 40, 41, 42, 43, 46, 116 };

	for (size_t i = 0; i < sizeof(descriptions); i++)
		for (int certificate = 0; certificate < CERTIFICATES; certificate++) {
			bool own_word = descriptions[i] == 41 || descriptions[i] == 116;

			STORY_WITH(alert_after, s, p, certificate, PARTY_SERVER, descriptions[i]);
			assert_int_equal(tells(latest(&s), NONE_SENT), certificate == EMPTY);
			assert_int_equal(tells(latest(&s), "the alert itself says"), own_word && certificate != EMPTY);
			assert_int_equal(!!strstr(latest(&s)->hint, "give the client a certificate"),
					 own_word || certificate == EMPTY);
		}
}

/* Near: the client's own alert is about something else, and so are others of the server. */
static void other_alerts_have_other_reasons(void **state)
{
	for (int client = 0; client < 2; client++) {
		STORY_WITH(alert_after, s, p, EMPTY, client ? PARTY_CLIENT : PARTY_SERVER, client ? 40 : 51);
		assert_false(tells(latest(&s), NONE_SENT));
		assert_null(strstr(latest(&s)->hint, "give the client a certificate"));
	}
}

/* A suite that the server chose is not what it lacks. Before that, it may be. */
static void a_chosen_suite_is_not_the_reason(void **state)
{
	for (int chosen = 0; chosen < 2; chosen++)
		for (int i = 0; i < 2; i++) {
			STORY(s, p, AT_BOTH);
			dtls_flight1(&p);
			if (chosen)
				dtls_flight4(&p);
			dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, i ? 40 : 71);
			assert_int_equal(tells(latest(&s), "the client offers 2 cipher suites"), !chosen);
			assert_int_equal(tells(latest(&s), "the server chose the cipher suite TLS_ECDHE_ECDSA_WITH_AES_128_GCM"),
					 chosen);
			assert_int_equal(!!strstr(latest(&s)->hint, "allow a cipher suite"), !chosen);
		}
}

/* --- silence and repeats --- */

/* The server is silent after flight 5, or repeats flight 4; what it is called depends on who looks. */
static void play(struct stream *s, struct pair *p, unsigned at, enum certificate certificate, bool repeats)
{
	begin_with(s, p, at, certificate);
	dtls_flight1(p);
	dtls_flight4(p);
	for (unsigned i = 0; i < 6; i++) {
		until_copy(s, i);
		if (repeats && i)
			dtls_flight4(p);
		dtls_flight5(p);
	}
	stream_wait(s, 2 * FLOOR);
}

static void silence_and_repeats_tell_it(void **state)
{
	static const struct { unsigned at; bool repeats; enum verdict_code code; } plays[] = {
		{ AT_SERVER, false, VERDICT_SILENT_AFTER_READ }, { AT_BOTH, false, VERDICT_SILENT_AFTER_READ },
		{ AT_CLIENT, false, VERDICT_PEER_SILENT }, { ON_WIRE, false, VERDICT_PEER_SILENT },
		{ AT_SERVER, true, VERDICT_CANNOT_DECRYPT }, { AT_CLIENT, true, VERDICT_CANNOT_DECRYPT },
	};

	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++)
		for (int certificate = 0; certificate < CERTIFICATES; certificate++) {
			STORY_WITH(play, s, p, plays[i].at, certificate, plays[i].repeats);
			expect_odd(&s, certificate == EMPTY ? NONE_SENT : NULL, plays[i].code, VERDICT_SIDE_SERVER);
			assert_int_equal(!!strstr(latest(&s)->hint, "give the client one"), certificate == EMPTY);
			/* Where it is not known that the server got it, a path that loses it comes first. */
			if (!(plays[i].at & AT_SERVER))
				assert_non_null(strstr(latest(&s)->hint, plays[i].repeats ? "loses datagrams, for other handshakes" :
											    "a path that loses"));
		}
}

/* Near: what the path loses is not refused, however odd it is. */
static void a_lost_flight_is_not_refused(void **state)
{
	STORY_WITH(begin_with, s, p, AT_BOTH, EMPTY);

	dtls_flight1(&p);
	dtls_flight4(&p);
	p.fate = LOST;
	repeat(&p, dtls_flight5, 5);
	stream_wait(&s, 2 * FLOOR);
	assert_int_equal(latest(&s)->side, VERDICT_SIDE_NETWORK);
	assert_false(tells(latest(&s), NONE_SENT));
	assert_null(strstr(latest(&s)->hint, "give the client one"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_answers_the_empty_message),
		cmocka_unit_test(other_alerts_have_other_reasons),
		cmocka_unit_test(a_chosen_suite_is_not_the_reason),
		cmocka_unit_test(silence_and_repeats_tell_it),
		cmocka_unit_test(a_lost_flight_is_not_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
