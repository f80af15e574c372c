// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What to do about an alert depends on its description, on who sent it, and on what was sent before. */
#include "stream_play.h"

static struct play y;

static const struct { enum party_role from; int after; uint8_t description; const char *hint, *not; } alerts[] = {
	{ PARTY_CLIENT, 4, 45, "renew the server's certificate", "client's certificate" },
	{ PARTY_SERVER, 5, 45, "renew the client's certificate", "server's certificate" },
	{ PARTY_CLIENT, 4, 44, "server's certificate, which is revoked", "client's certificate" },
	{ PARTY_CLIENT, 4, 42, "refuses the server's certificate", "cipher suite" },
	{ PARTY_SERVER, 5, 43, "refuses the client's certificate", "cipher suite" },
	{ PARTY_SERVER, 3, 120, "ALPN", "cipher suite" },
	{ PARTY_SERVER, 3, 40, "cookie mismatch", "the cipher suite is not the reason" },
	/* Near: no cookie was sent, or the server has chosen a suite. */
	{ PARTY_SERVER, 1, 40, "allow a cipher suite", "cookie" },
	{ PARTY_SERVER, 5, 40, "the cipher suite is not the reason", "cookie" },
	{ PARTY_CLIENT, 4, 40, "the cipher suite is not the reason", "cookie" },
};

static void hints(void **state)
{
	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		FOR_EACH_PLAY(&y, alerts[i].hint, NULL) {
			struct verdict v;

			if (y.resumed || play_is13(&y) || y.cookie != (alerts[i].after != 1))
				continue;
			play_up_to(&y, alerts[i].after + 1);
			dtls_alert(&y.p, alerts[i].from, DTLS_ALERT_FATAL, alerts[i].description);
			stream_wait(&y.s, SEC);
			verdict_describe(y.p.h, y.s.now, &v);
			if (v.code != VERDICT_ALERT || !strstr(v.hint, alerts[i].hint) || strstr(v.hint, alerts[i].not)) {
				printf("hint: %s\n", v.hint);
				play_row(&y, alerts[i].after, "hint");
			}
		}
	play_report();
}

/* In WebRTC, a certificate is only as good as its fingerprint in the SDP, whoever refuses it. */
static void fingerprint_of_webrtc(void **state)
{
	static const uint8_t refusals[] = { 42, 43, 46, 48 }, others[] = { 40, 44, 45, 51, 116 };
	struct verdict v;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (unsigned n = 0; n < 2 * 2 * (sizeof(refusals) + sizeof(others)); n++) {
			enum party_role from = n & 1 ? PARTY_SERVER : PARTY_CLIENT;
			bool is_refusal = n / 4 < sizeof(refusals), empty = n & 2;
			uint8_t description = is_refusal ? refusals[n / 4] : others[n / 4 - sizeof(refusals)];
			char text[64];

			STORY(s, p, at);
			p.version = at & 1 ? DTLS_VERSION_1_0 : DTLS_VERSION_1_2;
			p.client_certificate = true;
			p.no_certificate = empty;	/* then there is nothing to compare */
			dtls_hellos(&p);
			dtls_flight4(&p);
			if (from == PARTY_SERVER)
				dtls_flight5(&p);
			dtls_alert(&p, from, DTLS_ALERT_FATAL, description);
			stream_wait(&s, SEC);
			verdict_describe(p.h, s.now, &v);
			assert_string_equal(verdict_code_name(v.code), "alert");
			snprintf(text, sizeof(text), "(a=fingerprint) with the %s's certificate", party_role_name(party_peer(from)));
			/* Near: unknown_ca of a server that got none is about nothing that this handshake shows. */
			if (description == 48 && empty && from == PARTY_SERVER)
				continue;
			if (!strstr(v.hint, text) == (is_refusal && !(empty && from == PARTY_SERVER)))
				fail_msg("at %u, alert %u of the %s, empty %d: %s", at, description, party_role_name(from), empty, v.hint);
		}
}

/* Near: a client without SRTP is no browser. */
static void no_fingerprint_without_srtp(void **state)
{
	struct verdict v;

	STORY(s, p, AT_CLIENT);
	dtls_flight1(&p);
	dtls_flight4(&p);
	((struct handshake *)p.h)->client_hello.hello.has_use_srtp = false;
	dtls_alert(&p, PARTY_CLIENT, DTLS_ALERT_FATAL, 42);
	stream_wait(&s, SEC);
	verdict_describe(p.h, s.now, &v);
	assert_null(strstr(v.hint, "fingerprint"));
	assert_non_null(strstr(v.hint, "refuses the server's certificate"));
}

/* Anybody can have sent it, unless the socket of its sender is on this host, or it says goodbye. */
static void in_plaintext_from_elsewhere(void **state)
{
	for (int farewell = 0; farewell < 2; farewell++)
		FOR_EACH_PLAY(&y, "from elsewhere", NULL) {
			bool is_elsewhere = !farewell && !play_sees(&y, PARTY_SERVER);
			struct verdict v;

			if (y.resumed || play_is13(&y))
				continue;
			play_up_to(&y, 4);
			dtls_alert(&y.p, PARTY_SERVER, farewell ? DTLS_ALERT_WARNING : DTLS_ALERT_FATAL, farewell ? 0 : 40);
			stream_wait(&y.s, SEC);
			verdict_describe(y.p.h, y.s.now, &v);
			if (v.code != VERDICT_ALERT || !strstr(v.hint, "no such alert, somebody else sent it") == is_elsewhere)
				play_row(&y, 3, "who sent it");
		}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hints),
		cmocka_unit_test(fingerprint_of_webrtc),
		cmocka_unit_test(no_fingerprint_without_srtp),
		cmocka_unit_test(in_plaintext_from_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
