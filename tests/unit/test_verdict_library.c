// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a TLS library said, as the reason for a verdict; and where it must not be one. */
#include "stream_library.h"

typedef void (*sender)(struct pair *p, enum party_role at, void (*flight)(struct pair *p));

static void expect_summary(const struct stream *s, const char *part)
{
	if (!strstr(latest_verdict(s)->summary, part))
		fail_msg("\"%s\" is not in \"%s\"", part, latest_verdict(s)->summary);
}

static void expect_no_word(const struct stream *s, const char *part)
{
	const struct verdict *v = latest_verdict(s);

	if (strstr(v->summary, part) || verdict_has_evidence(v, part) || strstr(v->hint, part))
		fail_msg("\"%s\" was said: %s", part, v->summary);
}

static void expect_evidence(const struct stream *s, const char *part)
{
	const struct verdict *v = latest_verdict(s);

	if (!verdict_has_evidence(v, part))
		fail_msg("\"%s\" is no evidence of: %s\n%s\n%s\n%s\n%s\n%s\n%s", part, v->summary, v->evidence[0], v->evidence[1], v->evidence[2],
			 v->evidence[3], v->evidence[4], v->evidence[5]);
}

/* --- not-retransmitting --- */

/* The founding case: a client that never asks for its timer. */
static void client_that_never_asks(void **state)
{
	static const sender send[] = { library_sends, library_makes };

	for (size_t i = 0; i < 2; i++) {
		STORY(s, p, AT_CLIENT);
		p.nonblocking = i ? 0 : AT_CLIENT;	/* a memory BIO has no socket that could block it */
		library_until_flight5(&p, send[i]);
		expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
		expect_summary(&s, "client 10.0.0.5:30041 (licode pid 812) is not retransmitting: its thread never asked its DTLS timer");
		expect_evidence(&s, "its thread never asked OpenSSL for its DTLS timer (0 calls in 5.0 s)");
		assert_non_null(strstr(latest_verdict(&s)->hint, "DTLSv1_get_timeout()"));
	}
}

/* Near misses: a blocking socket has its timer in the library, whether the call has returned or not; nothing is claimed. */
static void blocking_client_need_not_ask(void **state)
{
	for (int is_in_call = 0; is_in_call <= 1; is_in_call++) {
		STORY(s, p, AT_CLIENT);
		library_until_flight5(&p, library_sends);
		if (is_in_call)
			library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
		stream_wait(&s, 6 * SEC);
		assert_int_equal(latest_verdict(&s)->code, VERDICT_NOT_RETRANSMITTING);
		expect_no_word(&s, "DTLS timer");
		expect_no_word(&s, "neither");
		expect_no_word(&s, "has not returned");
	}
}

/* Near misses: its calls cannot be seen; events were lost; it handles its timer; another library. */
static void what_is_not_known_is_not_claimed(void **state)
{
	for (int i = 0; i < 4; i++) {
		STORY(s, p, AT_CLIENT);
		p.nonblocking = AT_CLIENT;
		if (i == 0) {
			dtls_flight1(&p);
			dtls_flight4(&p);
			p.fate = LOST;
			dtls_flight5(&p);
			/* Its first call comes only now: the hooks were not there before. */
			library_asks(&p, PARTY_CLIENT, SEC);
		} else if (i == 3) {
			library_says(&p, PARTY_CLIENT, (struct event_library){ .library = LIBRARY_MBEDTLS, .call = LIBRARY_HANDSHAKE,
									       .step = LIBRARY_ENTERED, .object = 5 });
			dtls_flight1(&p);
			library_says(&p, PARTY_CLIENT, (struct event_library){ .library = LIBRARY_MBEDTLS, .call = LIBRARY_HANDSHAKE,
									       .step = LIBRARY_RETURNED, .object = 5, .result = -0x6900 });
		} else {
			library_until_flight5(&p, library_sends);
		}
		if (i == 1)
			analysis_lost(s.analysis, 0, 1);
		stream_wait(&s, 2 * SEC);
		if (i == 2)
			library_calls(&p, PARTY_CLIENT, LIBRARY_TIMER_HANDLED);
		stream_wait(&s, 5 * SEC);
		assert_int_equal(latest_verdict(&s)->code, VERDICT_NOT_RETRANSMITTING);
		expect_no_word(&s, "asked");
	}
}

/* The founding case with a peer that repeats its flight: each copy is passed on, in vain. */
static void client_that_never_asks_and_calls(void **state)
{
	STORY(s, p, AT_CLIENT);
	p.nonblocking = AT_CLIENT;
	library_until_flight5(&p, library_sends);
	stream_wait(&s, 2 * SEC);
	library_sends(&p, PARTY_CLIENT, dtls_flight4);
	stream_wait(&s, 5 * SEC);
	assert_int_equal(latest_verdict(&s)->code, VERDICT_NOT_RETRANSMITTING);
	expect_summary(&s, "is not retransmitting: its thread never asked its DTLS timer");
	expect_evidence(&s, "its thread never asked OpenSSL for its DTLS timer (0 calls in ");
	expect_evidence(&s, "and that sent nothing again");
}

/* Near misses: the trace began later, so it may have asked before; and so many calls that some may be missing. */
static void client_that_may_have_asked(void **state)
{
	for (int is_busy = 0; is_busy <= 1; is_busy++) {
		STORY(s, p, AT_CLIENT);
		p.nonblocking = AT_CLIENT;
		if (!is_busy)
			p.seq[PARTY_CLIENT][0] = 3;
		library_until_flight5(&p, library_sends);
		for (int i = 0; is_busy && i < 200; i++)
			library_calls(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE);
		stream_wait(&s, 70 * SEC);
		assert_int_equal(latest_verdict(&s)->code, VERDICT_NOT_RETRANSMITTING);
		expect_no_word(&s, "never asked");
		if (is_busy)
			expect_no_word(&s, "OpenSSL for");
		else
			expect_evidence(&s, "its thread has not asked OpenSSL for its DTLS timer since it sent flight 5");
	}
}

/* It asked before, but not since it sent flight 5. */
static void client_that_asks_no_more(void **state)
{
	STORY(s, p, AT_CLIENT);
	p.nonblocking = AT_CLIENT;
	library_sends(&p, PARTY_CLIENT, dtls_flight1);
	library_asks(&p, PARTY_CLIENT, SEC);
	stream_wait(&s, 10 * MS);
	dtls_flight4(&p);
	p.fate = LOST;
	library_sends(&p, PARTY_CLIENT, dtls_flight5);
	stream_wait(&s, 6 * SEC);
	expect_summary(&s, "is not retransmitting: its thread does not ask its DTLS timer");
	expect_evidence(&s, "its thread has not asked OpenSSL for its DTLS timer since it sent flight 5 (0 calls in 5.");
}

/* DTLS_set_timer_cb(): it asks and asks. */
static void client_with_a_long_timer(void **state)
{
	STORY(s, p, AT_CLIENT);
	p.nonblocking = AT_CLIENT;
	library_until_flight5(&p, library_sends);
	library_asks(&p, PARTY_CLIENT, 60 * SEC);
	stream_wait(&s, SEC);
	library_asks(&p, PARTY_CLIENT, 59 * SEC);
	library_calls(&p, PARTY_CLIENT, LIBRARY_TIMER_HANDLED);
	library_calls(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE);
	stream_wait(&s, 5 * SEC);
	expect_summary(&s, "is not retransmitting: its DTLS timer is 60 s");
	expect_evidence(&s, "it asked OpenSSL for its DTLS timer, which expires 60.0 s after flight 5");
	assert_non_null(strstr(latest_verdict(&s)->hint, "DTLS_set_timer_cb()"));
}

/* Near: wolfSSL tells how long its timer runs in all, each time. */
static void client_of_wolfssl_that_asks_and_asks(void **state)
{
	struct event_library entered = { .library = LIBRARY_WOLFSSL, .call = LIBRARY_TIMER_ASKED, .step = LIBRARY_ENTERED, .object = 5 };
	struct event_library asked = { .library = LIBRARY_WOLFSSL, .call = LIBRARY_TIMER_ASKED, .step = LIBRARY_RETURNED, .object = 5, .timer_ns = 4 * SEC };

	STORY(s, p, AT_CLIENT);
	p.nonblocking = AT_CLIENT;
	library_says(&p, PARTY_CLIENT, (struct event_library){ .library = LIBRARY_WOLFSSL, .call = LIBRARY_HANDSHAKE, .step = LIBRARY_ENTERED, .object = 5 });
	dtls_flight1(&p);
	library_says(&p, PARTY_CLIENT, (struct event_library){ .library = LIBRARY_WOLFSSL, .call = LIBRARY_HANDSHAKE, .step = LIBRARY_RETURNED, .object = 5,
							       .result = -1 });
	for (int i = 0; i < 7; i++) {
		stream_wait(&s, SEC);
		library_says(&p, PARTY_CLIENT, entered);
		library_says(&p, PARTY_CLIENT, asked);
	}
	assert_int_equal(latest_verdict(&s)->code, VERDICT_NOT_RETRANSMITTING);
	expect_no_word(&s, "DTLS timer is");
}

/* Its thread is blocked elsewhere: it asked, the time is over, and no call came. Near: it called after that. */
static void client_that_does_not_call_when_its_timer_expires(void **state)
{
	for (int calls = 0; calls <= 1; calls++) {
		STORY(s, p, AT_CLIENT);
		p.nonblocking = AT_CLIENT;
		library_until_flight5(&p, library_sends);
		stream_wait(&s, MS);
		library_asks(&p, PARTY_CLIENT, SEC - MS);
		stream_wait(&s, 3 * SEC);
		if (calls)
			library_calls(&p, PARTY_CLIENT, LIBRARY_TIMER_HANDLED);
		stream_wait(&s, 3 * SEC);
		if (calls) {
			expect_no_word(&s, "OpenSSL for");
		} else {
			expect_summary(&s, "its thread does not call OpenSSL when its DTLS timer expires");
			expect_evidence(&s, "in the 4.");
			assert_non_null(strstr(latest_verdict(&s)->hint, "/proc/PID/stack"));
		}
	}
}

/* It does not block, and a call has not returned: a callback does. */
static void client_in_a_callback(void **state)
{
	STORY(s, p, AT_CLIENT);
	p.nonblocking = AT_CLIENT;
	library_sends(&p, PARTY_CLIENT, dtls_flight1);
	library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
	stream_wait(&s, 6 * SEC);
	assert_int_equal(latest_verdict(&s)->code, VERDICT_NOT_RETRANSMITTING);
	expect_evidence(&s, "its call of OpenSSL has not returned for 5.");
	expect_no_word(&s, "asked");
}

/* The callback is called with what was read. Near: a blocking socket may wait for more. */
static void client_in_a_callback_after_a_read(void **state)
{
	for (int blocks = 0; blocks <= 1; blocks++) {
		STORY(s, p, AT_CLIENT);
		p.nonblocking = blocks ? 0 : AT_CLIENT;
		library_sends(&p, PARTY_CLIENT, dtls_flight1);
		library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
		dtls_flight4(&p);
		stream_wait(&s, 7 * SEC);
		assert_int_equal(latest_verdict(&s)->code, VERDICT_SILENT_AFTER_READ);
		if (blocks)
			expect_no_word(&s, "OpenSSL");
		else
			expect_evidence(&s, "its call of OpenSSL has not returned for");
	}
}

/* --- library-error, silent-after-read --- */

/* The server reads a ClientHello that its library refuses, and says nothing. */
static void server_refuses(struct stream *s, struct pair *p, sender send, uint32_t reason)
{
	for (unsigned i = 0; i < 3; i++) {
		stream_until(s, START + ((1 << i) - 1) * SEC);
		if (send == library_sends) {
			library_enters(p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER));
			dtls_flight1(p);
		} else {
			dtls_flight1(p);
			library_enters(p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER));
		}
		if (reason)
			library_fails(p, PARTY_SERVER, reason);
		library_returns(p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER), -1);
	}
	stream_wait(s, 6 * SEC);
}

static void server_whose_library_refuses(void **state)
{
	static const sender send[] = { library_sends, library_makes };

	for (size_t i = 0; i < 2; i++) {
		STORY(s, p, AT_BOTH);
		server_refuses(&s, &p, send[i], NO_SHARED_CIPHER);
		assert_int_equal(latest_verdict(&s)->code, VERDICT_LIBRARY_ERROR);
		assert_int_equal(latest_verdict(&s)->side, VERDICT_SIDE_SERVER);
		assert_int_equal(latest_verdict(&s)->severity, SEVERITY_FAULT);
		expect_summary(&s, "server 10.0.0.9:4433 (server pid 900) is silent since its OpenSSL reported no shared cipher (20:193, ");
		expect_evidence(&s, "in ssl/statem/statem_clnt.c, line 1889");
		assert_int_equal(latest_verdict(&s)->confidence, i ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
	}
}

/* Near misses: no error; the peer's alert; a timeout of the library; an error that is no reason; one that was overcome. */
static void silent_server_without_a_reason(void **state)
{
	static const uint32_t reasons[] = { 0, 1048, 312 };

	for (size_t i = 0; i < 3; i++) {
		STORY(s, p, AT_BOTH);
		server_refuses(&s, &p, library_sends, reasons[i]);
		assert_int_equal(latest_verdict(&s)->code, VERDICT_SILENT_AFTER_READ);
		if (!i)
			expect_evidence(&s, "OpenSSL was called after each of the last 3 reads of flight 1 and reported no error");
		else
			expect_no_word(&s, "no error");
	}
	for (int i = 0; i < 2; i++) {
		STORY(s, p, AT_BOTH);
		library_enters(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER));
		dtls_flight1(&p);
		library_says(&p, PARTY_SERVER, (struct event_library){ .call = LIBRARY_ERROR, .area = i ? 20 : 9, .reason = 108 });
		stream_wait(&s, MS);
		library_returns(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER), i ? 1 : -1);
		stream_wait(&s, SEC);
		dtls_flight1(&p);
		stream_wait(&s, 6 * SEC);
		assert_int_equal(latest_verdict(&s)->code, VERDICT_SILENT_AFTER_READ);
	}
}

/* A client that refuses the server's certificate and keeps it to itself. */
static void client_that_does_not_trust(void **state)
{
	STORY(s, p, AT_CLIENT);
	p.nonblocking = AT_CLIENT;
	library_sends(&p, PARTY_CLIENT, dtls_flight1);
	stream_wait(&s, 10 * MS);
	library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
	dtls_flight4(&p);
	library_fails(&p, PARTY_CLIENT, CERTIFICATE_VERIFY_FAILED);
	library_returns(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT), -1);
	stream_wait(&s, SEC);
	assert_int_equal(s.faults, 0);
	stream_wait(&s, 6 * SEC);
	assert_int_equal(latest_verdict(&s)->code, VERDICT_LIBRARY_ERROR);
	assert_int_equal(latest_verdict(&s)->confidence, CONFIDENCE_CERTAIN);
	expect_summary(&s, "client 10.0.0.5:30041 (licode pid 812) is silent since its OpenSSL reported certificate verify failed (20:134, "
		       "tls_post_process_server_certificate)");
}

/* A healthy handshake, with an error on the way: the application goes on. */
static void healthy_handshake_with_an_error(void **state)
{
	STORY(s, p, AT_BOTH);
	library_sends(&p, PARTY_CLIENT, dtls_flight1);
	library_enters(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER));
	library_fails(&p, PARTY_SERVER, NO_SHARED_CIPHER);
	dtls_flight4(&p);
	library_fails(&p, PARTY_SERVER, NO_SHARED_CIPHER);
	library_returns(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER), -1);
	library_sends(&p, PARTY_CLIENT, dtls_flight5);
	library_sends(&p, PARTY_SERVER, dtls_flight6);
	dtls_data(&p, PARTY_CLIENT);
	expect_completed_only(&s, &p);
}

/* It reads and does not pass it on. Near: it does. */
static void server_that_does_not_call_its_library(void **state)
{
	STORY(s, p, AT_BOTH);
	for (int i = 0; i < 2; i++) {
		dtls_flight1(&p);
		library_makes(&p, PARTY_SERVER, dtls_flight4);
	}
	stream_wait(&s, 10 * MS);
	p.fate = ARRIVES;
	dtls_flight5(&p);
	stream_wait(&s, SEC);
	dtls_flight5(&p);
	stream_wait(&s, 7 * SEC);
	assert_int_equal(latest_verdict(&s)->code, VERDICT_SILENT_AFTER_READ);
	expect_evidence(&s, "its thread called neither the handshake nor the timer of OpenSSL after it had read flight 5");
}

/* A wrong PSK: all that it reads goes to the library, which drops it in silence. */
static void server_with_another_psk(void **state)
{
	STORY(s, p, AT_BOTH);
	for (int i = 0; i < 2; i++) {
		dtls_flight1(&p);
		library_makes(&p, PARTY_SERVER, dtls_flight4);
	}
	for (unsigned i = 0; i < 3; i++) {
		stream_wait(&s, SEC << i);
		dtls_flight5(&p);
		library_calls(&p, PARTY_SERVER, LIBRARY_HANDSHAKE);
	}
	stream_wait(&s, 7 * SEC);
	assert_int_equal(latest_verdict(&s)->code, VERDICT_SILENT_AFTER_READ);
	expect_evidence(&s, "reads of flight 5 and reported no error");
}

/* --- alert, closed-by-application --- */

static void alert_and_close_have_the_librarys_reason(void **state)
{
	for (int n = 0; n < 4; n++) {
		bool closes = n & 1, waits = n & 2;

		STORY(s, p, AT_CLIENT);
		library_sends(&p, PARTY_CLIENT, dtls_flight1);
		library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
		dtls_flight4(&p);
		library_fails(&p, PARTY_CLIENT, CERTIFICATE_VERIFY_FAILED);
		stream_wait(&s, waits ? SEC / 4 : 0);
		if (!closes)
			dtls_alert(&p, PARTY_CLIENT, 2, 48);
		library_returns(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT), -1);
		if (closes)
			pair_close(&p, PARTY_CLIENT, 0);
		stream_wait(&s, SEC);
		assert_int_equal(latest_verdict(&s)->code, closes ? VERDICT_CLOSED_BY_APPLICATION : VERDICT_ALERT);
		expect_evidence(&s, "its OpenSSL reported certificate verify failed (20:134, tls_post_process_server_certificate)");
		expect_evidence(&s, waits ? "0.250 s before that" : "just before that");
	}
}

/* Of a library of which results are the errors: the call sends the alert, and then returns with the error. */
static void says_of_mbedtls(struct pair *p, uint8_t step, int32_t result)
{
	library_says(p, PARTY_CLIENT, (struct event_library){ .library = LIBRARY_MBEDTLS, .version = 0x021c0300, .call = LIBRARY_HANDSHAKE,
							      .step = step, .object = 5, .result = result });
}

/* Near: the call that sent it was another one; what it returned asks to call again. */
static void alert_of_a_call_that_returns_the_error(void **state)
{
	static const struct { int32_t result; bool calls_again; const char *evidence; } cases[] = {
		{ -0x2700, false, "its Mbed TLS reported MBEDTLS_ERR_X509_CERT_VERIFY_FAILED (-0x2700), in the call that sent that" },
		{ -0x6900, false, NULL }, { -0x6900, true, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verdict *v = calloc(1, sizeof(*v));

		STORY(s, p, AT_CLIENT);
		says_of_mbedtls(&p, LIBRARY_ENTERED, 0);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_alert(&p, PARTY_CLIENT, 2, 48);
		stream_wait(&s, MS);
		says_of_mbedtls(&p, LIBRARY_RETURNED, cases[i].result);
		if (cases[i].calls_again) {
			says_of_mbedtls(&p, LIBRARY_ENTERED, 0);
			says_of_mbedtls(&p, LIBRARY_RETURNED, -0x2700);
		}
		assert_int_equal(latest_verdict(&s)->code, VERDICT_ALERT);
		verdict_describe(p.h, s.now, v);
		assert_int_equal(verdict_has_evidence(v, "its Mbed TLS reported"), !!cases[i].evidence);
		if (cases[i].evidence)
			assert_true(verdict_has_evidence(v, cases[i].evidence));
		free(v);
	}
}

/* That the peer sent an alert is no reason of this side for its silence. Near: a record that it could not use is. */
static void alert_of_the_peer_is_no_error_of_this_side(void **state)
{
	static const struct { uint8_t library; int32_t result; bool is_reason; } cases[] = {
		{ LIBRARY_MBEDTLS, -0x7780, false }, { LIBRARY_MBEDTLS, -0x7200, true },
		{ LIBRARY_GNUTLS, -12, false }, { LIBRARY_GNUTLS, -15, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event_library said = { .library = cases[i].library, .call = LIBRARY_HANDSHAKE, .step = LIBRARY_ENTERED, .object = 5 };

		STORY(s, p, AT_CLIENT);
		library_says(&p, PARTY_CLIENT, said);
		dtls_flight1(&p);
		stream_wait(&s, 10 * MS);
		dtls_flight4(&p);
		said.step = LIBRARY_RETURNED;
		said.result = cases[i].result;
		library_says(&p, PARTY_CLIENT, said);
		stream_wait(&s, 7 * SEC);
		assert_int_equal(latest_verdict(&s)->code, cases[i].is_reason ? VERDICT_LIBRARY_ERROR : VERDICT_SILENT_AFTER_READ);
	}
}

/* Near: the error is of long before. */
static void old_error_is_no_reason(void **state)
{
	STORY(s, p, AT_CLIENT);
	library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
	dtls_flight1(&p);
	library_fails(&p, PARTY_CLIENT, CERTIFICATE_VERIFY_FAILED);
	stream_wait(&s, 3 * SEC);
	dtls_flight1(&p);
	pair_close(&p, PARTY_CLIENT, 0);
	stream_wait(&s, SEC);
	expect_no_word(&s, "certificate verify failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_that_never_asks), cmocka_unit_test(client_that_never_asks_and_calls),
		cmocka_unit_test(client_that_may_have_asked),
		cmocka_unit_test(blocking_client_need_not_ask),
		cmocka_unit_test(what_is_not_known_is_not_claimed), cmocka_unit_test(client_that_asks_no_more),
		cmocka_unit_test(client_with_a_long_timer), cmocka_unit_test(client_of_wolfssl_that_asks_and_asks),
		cmocka_unit_test(client_that_does_not_call_when_its_timer_expires),
		cmocka_unit_test(client_in_a_callback), cmocka_unit_test(client_in_a_callback_after_a_read),
		cmocka_unit_test(server_whose_library_refuses),
		cmocka_unit_test(silent_server_without_a_reason), cmocka_unit_test(client_that_does_not_trust),
		cmocka_unit_test(healthy_handshake_with_an_error), cmocka_unit_test(server_that_does_not_call_its_library),
		cmocka_unit_test(server_with_another_psk), cmocka_unit_test(alert_and_close_have_the_librarys_reason),
		cmocka_unit_test(alert_of_a_call_that_returns_the_error), cmocka_unit_test(alert_of_the_peer_is_no_error_of_this_side),
		cmocka_unit_test(old_error_is_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
