// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Whose a TLS library's session is, and what is known of it. */
#include "stream_library.h"

/* --- whose it is --- */

/* Either way, both sides: a datagram inside of a call, or before and after it. */
static void session_is_of_the_side_that_it_is_called_for(void **state)
{
	static void (*const send[])(struct pair *, enum party_role, void (*)(struct pair *)) = { library_sends, library_makes };

	for (size_t i = 0; i < 2; i++) {
		STORY(s, p, AT_BOTH);
		library_until_flight5(&p, send[i]);
		for (int role = 0; role < PARTY_MAX; role++) {
			const struct application *app = application_of(p.h, role);

			assert_non_null(app);
			assert_int_equal(app->key.object, SESSION(role));
			assert_int_equal(application_bio(app), i ? APPLICATION_BIO_MEMORY : APPLICATION_BIO_SOCKET);
			assert_int_equal(app->calls, role == PARTY_CLIENT ? 2 : 1);
			assert_int_equal(app->result, -1);
		}
	}
}

/* Near: of one observation beside a call, nothing is said. */
static void one_call_beside_a_datagram_is_chance(void **state)
{
	STORY(s, p, AT_SERVER);
	dtls_flight1(&p);
	library_calls(&p, PARTY_SERVER, LIBRARY_HANDSHAKE);
	library_fails(&p, PARTY_SERVER, NO_SHARED_CIPHER);
	assert_null(application_of(p.h, PARTY_SERVER));
	assert_int_equal(s.num_library_errors, 0);
}

/* Its error is told as soon as the session is known, with the session that the thread was in. */
static void error_is_told_when_it_is_known_whose_it_is(void **state)
{
	STORY(s, p, AT_SERVER);
	dtls_flight1(&p);
	library_enters(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER));
	library_fails(&p, PARTY_SERVER, NO_SHARED_CIPHER);
	library_returns(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER), -1);
	assert_int_equal(s.num_library_errors, 0);
	dtls_alert(&p, PARTY_SERVER, 2, 40);
	assert_int_equal(s.num_library_errors, 1);
	assert_int_equal(s.library_error_id, p.id);
	assert_int_equal(s.library_error_of, PARTY_SERVER);
}

/* Two clients of one server: the thread reads both before it calls, and then calls the wrong one. */
static void what_several_were_read_before_says_nothing(void **state)
{
	STORY(s, p, AT_SERVER);
	struct pair q;

	pair_init(&q, &s, 30042, 0x22);
	for (int i = 0; i < 3; i++) {
		dtls_flight1(&p);
		dtls_flight1(&q);
		library_calls(&p, PARTY_SERVER, LIBRARY_HANDSHAKE);
	}
	assert_null(application_of(p.h, PARTY_SERVER));
	assert_null(application_of(q.h, PARTY_SERVER));
	assert_int_equal(s.wrong, 0);
}

/* Two handshakes interleaved in one thread, each of its own session. */
static void interleaved_handshakes_have_their_own(void **state)
{
	STORY(s, p, AT_SERVER);
	struct pair q;

	pair_init(&q, &s, 30042, 0x22);
	for (int i = 0; i < 2; i++) {
		dtls_flight1(&p);
		library_enters(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER));
		library_returns(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER), -1);
		dtls_flight1(&q);
		library_enters(&q, PARTY_SERVER, LIBRARY_HANDSHAKE, OTHER_SESSION);
		library_returns(&q, PARTY_SERVER, LIBRARY_HANDSHAKE, OTHER_SESSION, -1);
	}
	assert_int_equal(application_of(p.h, PARTY_SERVER)->key.object, SESSION(PARTY_SERVER));
	assert_int_equal(application_of(q.h, PARTY_SERVER)->key.object, OTHER_SESSION);
}

/* The library's socket is not connected: one session reads what is another's. */
static void session_with_two_handshakes_is_of_none(void **state)
{
	STORY(s, p, AT_SERVER);
	struct pair q;

	pair_init(&q, &s, 30042, 0x22);
	library_enters(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER));
	dtls_flight1(&p);
	assert_non_null(application_of(p.h, PARTY_SERVER));
	dtls_flight1(&q);
	assert_null(application_of(p.h, PARTY_SERVER));
	assert_null(application_of(q.h, PARTY_SERVER));
}

/* Workers that hand on what they read: the first finds that out. */
static void handed_from_thread_to_thread(void **state)
{
	STORY(s, p, AT_SERVER);
	struct pair q;

	pair_init(&q, &s, 30042, 0x22);
	q.tid[PARTY_SERVER] = 77;
	for (int i = 0; i < 2; i++) {
		dtls_flight1(&p);
		dtls_flight1(&q);
		/* Each works for the other. */
		library_enters(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, OTHER_SESSION);
		library_returns(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, OTHER_SESSION, -1);
		q.tid[PARTY_SERVER] = 0;
		dtls_flight4(&q);
		q.tid[PARTY_SERVER] = 77;
		library_enters(&q, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER));
		library_returns(&q, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER), -1);
		p.tid[PARTY_SERVER] = 77;
		dtls_flight4(&p);
		p.tid[PARTY_SERVER] = 0;
	}
	assert_null(application_of(p.h, PARTY_SERVER));
	assert_null(application_of(q.h, PARTY_SERVER));
}

/*
 * The thread has read something before that it passed on to nobody; then the library reads by itself. Near: what it calls at once
 * may be for that, and what it calls later is not.
 */
static void what_was_read_before_may_be_chance(void **state)
{
	for (int is_late = 0; is_late <= 1; is_late++) {
		STORY(s, p, AT_SERVER);
		struct pair q;

		pair_init(&q, &s, 30042, 0x22);
		dtls_flight1(&p);
		stream_wait(&s, is_late ? SEC : MS);
		library_enters(&q, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_SERVER));
		assert_int_equal(!!application_at(&p.h->party[PARTY_SERVER].application), !is_late);
		dtls_flight1(&q);
		assert_non_null(application_of(q.h, PARTY_SERVER));
		assert_null(application_at(&p.h->party[PARTY_SERVER].application));
	}
}

/* A flight of a session that the same thread does not call. */
static void other_threads_call_proves_nothing(void **state)
{
	STORY(s, p, AT_CLIENT);
	p.tid[PARTY_CLIENT] = 77;
	library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
	p.tid[PARTY_CLIENT] = 0;
	dtls_flight1(&p);
	dtls_flight1(&p);
	assert_null(application_of(p.h, PARTY_CLIENT));
}

/* It waits for anybody's ClientHello. */
static void listening_is_for_nobody(void **state)
{
	STORY(s, p, AT_SERVER);
	library_enters(&p, PARTY_SERVER, LIBRARY_LISTEN, SESSION(PARTY_SERVER));
	dtls_flight1(&p);
	dtls_verify_request(&p, 1);
	assert_null(application_of(p.h, PARTY_SERVER));
	p.cookie = true;
	dtls_client_hello(&p, 1);
	pair_flush(&p);
	library_returns(&p, PARTY_SERVER, LIBRARY_LISTEN, SESSION(PARTY_SERVER), 1);
	library_sends(&p, PARTY_SERVER, dtls_flight4);
	assert_non_null(application_of(p.h, PARTY_SERVER));
	assert_int_equal(application_of(p.h, PARTY_SERVER)->listened, 1);
}

/* After events were lost, a call may have returned unseen. */
static void calls_are_forgotten_when_events_are_lost(void **state)
{
	STORY(s, p, AT_CLIENT);
	library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, OTHER_SESSION);
	analysis_lost(s.analysis, 0, 3);
	dtls_flight1(&p);
	assert_null(application_of(p.h, PARTY_CLIENT));
}

/* Outside of calls that are seen, as SSL_read() goes on with a handshake: between what is read and the alert; or twice. */
static void errors_outside_of_calls(void **state)
{
	for (int is_twice = 0; is_twice <= 1; is_twice++) {
		STORY(s, p, AT_CLIENT);
		dtls_flight1(&p);
		dtls_flight4(&p);
		library_fails(&p, PARTY_CLIENT, CERTIFICATE_VERIFY_FAILED);
		assert_int_equal(s.num_library_errors, 0);
		if (is_twice) {
			dtls_flight4(&p);
			library_fails(&p, PARTY_CLIENT, CERTIFICATE_VERIFY_FAILED);
		} else {
			dtls_alert(&p, PARTY_CLIENT, 2, 48);
		}
		assert_int_equal(s.num_library_errors, 1);
		assert_int_equal(s.library_error_of, PARTY_CLIENT);
		/* One more belongs to it, too. */
		library_fails(&p, PARTY_CLIENT, NO_SHARED_CIPHER);
		assert_int_equal(s.num_library_errors, 2);
		assert_int_equal(application_of(p.h, PARTY_CLIENT)->calls, 0);
	}
}

/* Near: long after it read; after it read of two; in another thread; before anything else is sent by another side. */
static void errors_of_something_else(void **state)
{
	for (int i = 0; i < 4; i++) {
		STORY(s, p, AT_CLIENT);
		struct pair q;

		pair_init(&q, &s, 30042, 0x22);
		dtls_flight1(&p);
		dtls_flight1(&q);
		if (i == 1)
			dtls_flight4(&q);
		dtls_flight4(&p);
		if (i == 0)
			stream_wait(&s, SEC);
		p.tid[PARTY_CLIENT] = i == 2 ? 77 : 0;
		library_fails(&p, PARTY_CLIENT, CERTIFICATE_VERIFY_FAILED);
		p.tid[PARTY_CLIENT] = 0;
		dtls_alert(i == 3 ? &q : &p, PARTY_CLIENT, 2, 48);
		assert_int_equal(s.num_library_errors, 0);
	}
}

/* A thread may have sessions over TCP, too: outside of calls, only what DTLS raises, or what goes on with a handshake, is of it. */
static void errors_of_a_stream(void **state)
{
	static const struct { const char *file, *function; bool is_told; } cases[] = {
		{ "../ssl/record/rec_layer_s3.c", "ssl3_read_n", false },
		{ "../ssl/record/rec_layer_s3.c", "ssl3_read_bytes", false },
		{ "ssl/record/rec_layer_s3.c", "", false },
		{ "ssl/record/methods/tls_common.c", "tls_get_more_records", false },
		{ "../ssl/ssl_lib.c", "SSL_shutdown", false },
		{ "", "", false },
		{ "../ssl/record/rec_layer_d1.c", "dtls1_read_bytes", true },
		{ "ssl/record/rec_layer_d1.c", "", true },
		{ "../ssl/record/ssl3_record.c", "dtls1_process_record", true },
		{ "../ssl/d1_lib.c", "", true },
		{ "../ssl/t1_lib.c", "tls_choose_sigalg", true },
		{ "ssl/statem/statem_srvr.c", "", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		STORY(s, p, AT_CLIENT);
		library_sends(&p, PARTY_CLIENT, dtls_flight1);
		dtls_flight4(&p);
		library_fails_in(&p, PARTY_CLIENT, 294, cases[i].file, cases[i].function);
		assert_int_equal(s.num_library_errors, cases[i].is_told);
		assert_int_equal(application_of(p.h, PARTY_CLIENT)->errors_held, cases[i].is_told);
	}
}

/* The session becomes known by its address, and what was known before is of it. */
static void error_before_the_session_is_known(void **state)
{
	STORY(s, p, AT_CLIENT);
	dtls_flight1(&p);
	for (int i = 0; i < 2; i++) {
		dtls_flight4(&p);
		library_fails(&p, PARTY_CLIENT, CERTIFICATE_VERIFY_FAILED);
	}
	library_enters(&p, PARTY_CLIENT, LIBRARY_TIMER_HANDLED, SESSION(PARTY_CLIENT));
	dtls_flight1(&p);
	assert_int_equal(application_of(p.h, PARTY_CLIENT)->key.object, SESSION(PARTY_CLIENT));
	assert_int_equal(application_of(p.h, PARTY_CLIENT)->errors[0].count, 2);
	assert_int_equal(s.num_library_errors, 1);
}

/* Its address is another session's, once it is freed. */
static void freed_session_comes_again_as_another(void **state)
{
	STORY(s, p, AT_CLIENT);
	struct pair q;

	library_sends(&p, PARTY_CLIENT, dtls_flight1);
	library_says(&p, PARTY_CLIENT, (struct event_library){ .call = LIBRARY_FREED, .object = SESSION(PARTY_CLIENT) });
	assert_true(application_of(p.h, PARTY_CLIENT)->is_freed);
	pair_init(&q, &s, 30042, 0x22);
	library_sends(&q, PARTY_CLIENT, dtls_flight1);
	assert_int_equal(application_of(q.h, PARTY_CLIENT)->calls, 1);
	assert_int_equal(application_of(p.h, PARTY_CLIENT)->calls, 1);
}

/* Two hosts whose traces are merged: a process of each with the same number, and the same addresses. */
static void same_thread_of_another_host_is_another(void **state)
{
	STORY(s, p, AT_BOTH);
	p.host[PARTY_CLIENT] = 1;
	p.host[PARTY_SERVER] = 2;
	p.pid[PARTY_CLIENT] = p.pid[PARTY_SERVER] = 500;
	library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
	dtls_flight1(&p);
	assert_non_null(application_of(p.h, PARTY_CLIENT));
	assert_null(application_of(p.h, PARTY_SERVER));
	library_enters(&p, PARTY_SERVER, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
	dtls_flight4(&p);
	assert_int_equal(application_of(p.h, PARTY_SERVER)->key.host, 2);
	assert_int_equal(application_of(p.h, PARTY_CLIENT)->key.host, 1);
	assert_ptr_not_equal(application_of(p.h, PARTY_SERVER), application_of(p.h, PARTY_CLIENT));
}

/* More sessions than there is room for: the first is gone, and nothing is said of it. */
static void the_oldest_session_makes_room(void **state)
{
	STORY(s, p, AT_CLIENT);
	library_sends(&p, PARTY_CLIENT, dtls_flight1);
	for (uint64_t i = 1; i <= 5000; i++)
		library_enters(&p, PARTY_CLIENT, LIBRARY_TIMER_ASKED, i);
	assert_null(application_of(p.h, PARTY_CLIENT));
}

/* --- what is known of it --- */

static void nested_calls_are_one(void **state)
{
	const struct application *app;

	STORY(s, p, AT_CLIENT);
	library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
	library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
	dtls_flight1(&p);
	app = application_of(p.h, PARTY_CLIENT);
	library_returns(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT), -1);
	assert_int_equal(app->calls, 1);
	assert_int_equal(app->entered_ns, START);
	library_returns(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT), -1);
	assert_int_equal(app->entered_ns, 0);
}

static void timer_is_counted(void **state)
{
	const struct application *app;

	STORY(s, p, AT_CLIENT);
	p.nonblocking = AT_CLIENT;
	library_sends(&p, PARTY_CLIENT, dtls_flight1);
	app = application_of(p.h, PARTY_CLIENT);
	assert_true(app->is_nonblocking);
	assert_int_equal(app->asked, 0);
	library_asks(&p, PARTY_CLIENT, 60 * SEC);
	stream_wait(&s, SEC);
	library_asks(&p, PARTY_CLIENT, 59 * SEC);
	library_calls(&p, PARTY_CLIENT, LIBRARY_TIMER_HANDLED);
	assert_int_equal(app->asked, 2);
	assert_int_equal(app->handled, 1);
	assert_int_equal(app->timer_ns, 59 * SEC);
	assert_int_equal(app->timer_at_ns, START + SEC);
	assert_int_equal(app->calls, 1);
}

/* The latest four different ones; the same again is counted. */
static void errors_are_counted_and_bounded(void **state)
{
	const struct application *app;

	STORY(s, p, AT_CLIENT);
	library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
	dtls_flight1(&p);
	app = application_of(p.h, PARTY_CLIENT);
	for (uint32_t i = 0; i < 12; i++) {
		stream_wait(&s, MS);
		library_fails(&p, PARTY_CLIENT, 100 + i / 2);
	}
	assert_int_equal(app->num_errors, 12);
	assert_int_equal(app->errors_held, APPLICATION_MAX_ERRORS);
	for (uint32_t i = 0; i < APPLICATION_MAX_ERRORS; i++) {
		assert_int_equal(app->errors[i].reason, 102 + i);
		assert_int_equal(app->errors[i].count, 2);
	}
	assert_int_equal(s.num_library_errors, 6);
	assert_int_equal(application_error_since(app, START)->reason, 105);
	assert_null(application_error_since(app, s.now + 1));
	/* A loop that raises one after the other does not fill the output. */
	for (uint32_t i = 0; i < 100; i++)
		library_fails(&p, PARTY_CLIENT, 1000 + i);
	assert_int_equal(s.num_library_errors, 16);
}

/* Results that end the handshake are errors; those that ask to call again, and the numbers of OpenSSL, are not. */
static void results_that_are_errors(void **state)
{
	static const struct { uint8_t library; int32_t result; bool is_error; } cases[] = {
		{ LIBRARY_GNUTLS, -28, false }, { LIBRARY_GNUTLS, -52, false }, { LIBRARY_GNUTLS, -319, false }, { LIBRARY_GNUTLS, 0, false },
		{ LIBRARY_GNUTLS, -21, true }, { LIBRARY_MBEDTLS, -0x6900, false }, { LIBRARY_MBEDTLS, -0x6880, false },
		{ LIBRARY_MBEDTLS, -0x6800, false }, { LIBRARY_MBEDTLS, -0x7780, true }, { LIBRARY_OPENSSL, -1, false },
		{ LIBRARY_WOLFSSL, -1, false }, { LIBRARY_NSS, -1, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		STORY(s, p, AT_CLIENT);
		library_says(&p, PARTY_CLIENT, (struct event_library){ .library = cases[i].library, .call = LIBRARY_HANDSHAKE, .step = LIBRARY_ENTERED,
								       .object = 5 });
		dtls_flight1(&p);
		library_says(&p, PARTY_CLIENT, (struct event_library){ .library = cases[i].library, .call = LIBRARY_HANDSHAKE,
								       .step = LIBRARY_RETURNED, .object = 5, .result = cases[i].result });
		assert_int_equal(application_of(p.h, PARTY_CLIENT)->errors_held, cases[i].is_error);
		assert_int_equal(s.num_library_errors, cases[i].is_error);
	}
}

/* --- words --- */

static void errors_in_words(void **state)
{
	static const struct { uint8_t library; uint32_t version, area; int32_t reason; const char *function, *text; } cases[] = {
		{ LIBRARY_OPENSSL, 0x03000000, 20, 134, "tls_post_process_server_certificate",
		  "certificate verify failed (20:134, tls_post_process_server_certificate)" },
		{ LIBRARY_OPENSSL, 0x03000000, 20, 1048, "", "tlsv1 alert unknown ca (20:1048)" },
		{ LIBRARY_OPENSSL, 0x03000000, 20, 99999, "", "error 20:99999" },
		{ LIBRARY_OPENSSL, 0x03000000, 77, 134, "", "error 77:134" },
		{ LIBRARY_OPENSSL, 0x03000000, 20, 99999, "f\x1b[31m", "an error without a name (20:99999, f\\x1b[31m)" },
		{ LIBRARY_GNUTLS, 0, 0, -21, "", "GNUTLS_E_UNKNOWN_CIPHER_SUITE (-21)" },
		{ LIBRARY_MBEDTLS, 0x021c0300, 0, -0x7200, "", "MBEDTLS_ERR_SSL_INVALID_RECORD (-0x7200)" },
		/* With the error of the module below, and that alone. */
		{ LIBRARY_MBEDTLS, 0x021c0300, 0, -0x2762, "", "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED (-0x2762)" },
		{ LIBRARY_MBEDTLS, 0x021c0300, 0, -0x50, "", "MBEDTLS_ERR_NET_CONN_RESET (-0x0050)" },
		/* The same number, another meaning; and one that only version 2 has. */
		{ LIBRARY_MBEDTLS, 0x021c0300, 0, -0x7a00, "", "MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE (-0x7a00)" },
		{ LIBRARY_MBEDTLS, 0x03060200, 0, -0x7a00, "", "MBEDTLS_ERR_SSL_BAD_CERTIFICATE (-0x7a00)" },
		{ LIBRARY_MBEDTLS, 0, 0, -0x7a00, "", "error -0x7a00" },
		{ LIBRARY_MBEDTLS, 0x04000000, 0, -0x7200, "", "error -0x7200" },
		{ LIBRARY_MBEDTLS, 0x03060200, 0, -0x7200, "", "MBEDTLS_ERR_SSL_INVALID_RECORD (-0x7200)" },
		{ LIBRARY_MBEDTLS, 0, 0, -0x7200, "", "MBEDTLS_ERR_SSL_INVALID_RECORD (-0x7200)" },
		{ LIBRARY_OPENSSL, 0x01010100, 20, 294, "", "ocsp callback failure (20:294)" },
		{ LIBRARY_OPENSSL, 0x03000000, 20, 294, "", "unexpected eof while reading (20:294)" },
		{ LIBRARY_OPENSSL, 0x01010100, 20, 193, "", "no shared cipher (20:193)" },
		{ LIBRARY_WOLFSSL, 0, 0, -308, "", "SOCKET_ERROR_E (-308)" },
		{ LIBRARY_WOLFSSL, 0, 0, -188, "ParseCertRelative", "ASN_NO_SIGNER_E (-188, ParseCertRelative)" },
		{ LIBRARY_NSS, 0, 0, -12286, "", "error -12286" },
		{ LIBRARY_GNUTLS, 0, 0, INT32_MIN, "", "error -2147483648" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct application app = { .library = cases[i].library, .version = cases[i].version };
		struct application_error error = { .area = cases[i].area, .reason = cases[i].reason };
		char text[APPLICATION_ERROR_LEN];

		strcpy(error.function, cases[i].function);
		assert_string_equal(application_error_write(text, &app, &error), cases[i].text);
	}
}

/* OpenSSL 1.1.1 has a number for the function: 378 is tls_post_process_client_hello. Version 3 has its name, and no number. */
static void function_by_its_number(void **state)
{
	static const struct { uint32_t version, area; int32_t number; const char *given, *function; } cases[] = {
		{ 0x01010100, 20, 378, "", "tls_post_process_client_hello" }, { 0x01010100, 20, 99999, "", "" },
		{ 0x01010100, 20, 0, "", "" }, { 0x01010100, 20, -1, "", "" }, { 0x01010100, 11, 378, "", "" },
		{ 0x03000f00, 20, 378, "given", "given" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event_library said = {
			.call = LIBRARY_ERROR, .version = cases[i].version, .area = cases[i].area, .reason = 193, .result = cases[i].number,
		};

		STORY(s, p, AT_CLIENT);
		strcpy(said.function, cases[i].given);
		library_enters(&p, PARTY_CLIENT, LIBRARY_HANDSHAKE, SESSION(PARTY_CLIENT));
		dtls_flight1(&p);
		library_says(&p, PARTY_CLIENT, said);
		assert_string_equal(application_of(p.h, PARTY_CLIENT)->errors[0].function, cases[i].function);
	}
}

/* As long as the event has room, without a final 0, and each byte becomes four. */
static void longest_function_fits(void **state)
{
	struct application app = { .library = LIBRARY_OPENSSL };
	struct application_error error = { .area = UINT32_MAX, .reason = UINT32_MAX };
	char text[APPLICATION_ERROR_LEN];

	memset(error.function, 0xff, sizeof(error.function));
	application_error_write(text, &app, &error);
	assert_true(strlen(text) < sizeof(text));
	for (const char *c = text; *c; c++)
		assert_true(*c >= ' ' && *c <= '~');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session_is_of_the_side_that_it_is_called_for), cmocka_unit_test(one_call_beside_a_datagram_is_chance),
		cmocka_unit_test(error_is_told_when_it_is_known_whose_it_is), cmocka_unit_test(what_several_were_read_before_says_nothing),
		cmocka_unit_test(interleaved_handshakes_have_their_own), cmocka_unit_test(session_with_two_handshakes_is_of_none),
		cmocka_unit_test(handed_from_thread_to_thread), cmocka_unit_test(what_was_read_before_may_be_chance),
		cmocka_unit_test(other_threads_call_proves_nothing),
		cmocka_unit_test(listening_is_for_nobody), cmocka_unit_test(calls_are_forgotten_when_events_are_lost),
		cmocka_unit_test(errors_outside_of_calls), cmocka_unit_test(errors_of_something_else), cmocka_unit_test(errors_of_a_stream),
		cmocka_unit_test(error_before_the_session_is_known),
		cmocka_unit_test(freed_session_comes_again_as_another), cmocka_unit_test(same_thread_of_another_host_is_another),
		cmocka_unit_test(the_oldest_session_makes_room), cmocka_unit_test(nested_calls_are_one), cmocka_unit_test(timer_is_counted),
		cmocka_unit_test(errors_are_counted_and_bounded), cmocka_unit_test(results_that_are_errors),
		cmocka_unit_test(errors_in_words), cmocka_unit_test(function_by_its_number), cmocka_unit_test(longest_function_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
