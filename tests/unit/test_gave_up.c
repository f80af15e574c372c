// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A side that gives up because of what it was told: an ICMP error about what it sent. How it ended (an alert
 * without a reason, a closed socket, nothing more) is not why. Anybody can send an ICMP error, so it is likely.
 */
#include "stream_play.h"

#include <errno.h>

#define INTERNAL_ERROR 80
#define UNKNOWN_CA 48

static struct play y;

static const struct { const char *name; uint16_t error; uint8_t type, code; const char *verdict; } errors[] = {
	{ "port unreachable", ECONNREFUSED, 3, 3, "port-unreachable" },
	{ "host unreachable", EHOSTUNREACH, 3, 1, "rejected" },
	{ "prohibited", EHOSTUNREACH, 3, 13, "rejected" },
	{ "refused, of which only the errno is known", ECONNREFUSED, 0, 0, "port-unreachable" },
	{ "too big", EMSGSIZE, 3, 4, "mtu-blackhole" },
	{ "too big, of which only the errno is known", EMSGSIZE, 0, 0, "mtu-blackhole" },
};

enum how { CLOSES, CLOSES_AFTER_THE_ANSWER, SENDS_INTERNAL_ERROR, SENDS_CLOSE_NOTIFY, NUM_HOWS };

static const char *const ended[NUM_HOWS] = {
	"socket-closed", "socket-closed", "alert,encrypted-alert", "close-notify,encrypted-alert",
};

/* The client was told so of its latest flight, and gives up a moment later. */
static void told(size_t error, int flight, enum how how)
{
	play_up_to(&y, flight);
	y.p.fate = how == CLOSES_AFTER_THE_ANSWER ? ARRIVES : LOST;
	play_flight(&y, flight);
	y.p.fate = ARRIVES;
	stream_wait(&y.s, 5 * MS);
	pair_icmp_from(&y.p, PARTY_CLIENT, errors[error].error, errors[error].type, errors[error].code, y.at == ON_WIRE ? 9 : 0);
	if (how == CLOSES_AFTER_THE_ANSWER && play_after(&y, flight))
		play_flight(&y, play_after(&y, flight));
	stream_wait(&y.s, 300 * MS);
}

static void gives_up(int flight, enum how how)
{
	if (how == SENDS_INTERNAL_ERROR)
		play_alert(&y, PARTY_CLIENT, flight, DTLS_ALERT_FATAL, INTERNAL_ERROR);
	else if (how == SENDS_CLOSE_NOTIFY)
		play_alert(&y, PARTY_CLIENT, flight, DTLS_ALERT_WARNING, 0);
	else
		pair_close(&y.p, PARTY_CLIENT, 0);
	stream_wait(&y.s, 20 * SEC);
}

/* Only the client's host, and a capture, show the ICMP error; a capture shows no sockets. */
static bool is_shown(int flight, enum how how, bool too_big)
{
	if (y.at == AT_SERVER || !play_has(&y, flight) || play_sender(flight) == PARTY_SERVER || flight == play_last(&y))
		return false;
	/* One ClientHello, an alert and this error, which is no verdict of its own: anybody can send them. */
	if (y.at == ON_WIRE && flight == 1 && too_big)
		return false;
	/* The client of DTLS 1.3 may be done. */
	if (play_is13(&y) && flight == 5)
		return false;
	return y.at != ON_WIRE || how == SENDS_INTERNAL_ERROR || how == SENDS_CLOSE_NOTIFY;
}

#define FOR_EACH_TOLD(error, how, flight) \
	for (size_t error = 0; error < sizeof(errors) / sizeof(errors[0]); error++) \
		for (enum how how = CLOSES; how < NUM_HOWS; how++) \
			for (int flight = 1; flight < 6; flight += 2) \
				FOR_EACH_PLAY(&y, errors[error].name, NULL) \
					if (is_shown(flight, how, errors[error].error == EMSGSIZE))

static void an_icmp_error_is_why(void **state)
{
	FOR_EACH_TOLD(error, how, flight) {
		const struct wanted w = {
			.states = "failed,stuck", .codes = errors[error].verdict,
			.sides = "client,server,network", .words = "ICMP", .likely = true,
		};

		told(error, flight, how);
		gives_up(flight, how);
		/* The answer to the last question completes it. */
		if (how == CLOSES_AFTER_THE_ANSWER && y.p.h->state == HANDSHAKE_COMPLETED)
			continue;
		play_expect(&y, flight, &w);
		/* One ClientHello and an alert, which anybody can send, are no ending. */
		if (y.at == ON_WIRE && flight == 1)
			continue;
		if (!ending_name(y.p.h) || !play_lists(ended[how], ending_name(y.p.h)) || y.p.h->ending.by != PARTY_CLIENT)
			play_row(&y, flight, ended[how]);
		/* A server that answers after the error is not accused. */
		if (how == CLOSES_AFTER_THE_ANSWER && y.p.h->verdict.side != VERDICT_SIDE_CLIENT)
			play_row(&y, flight, "the client gave up");
	}
	play_report();
}

/* Near: it goes on after that, or gives up much later, or its alert says why. */
static void an_icmp_error_is_not_why(void **state)
{
	static const char *const codes[] = {
		"closed-by-application,alert", "closed-by-application,alert,not-retransmitting,peer-silent,no-response,silent-after-read", "alert",
	};

	for (int near = 0; near < 3; near++)
		FOR_EACH_TOLD(error, how, flight) {
			const struct wanted w = { .states = "*", .codes = codes[near], .sides = "*" };

			/* Errors that nothing has come after are its reason whatever it sends then. */
			if (how != CLOSES_AFTER_THE_ANSWER || (near == 2 && play_encrypts(&y, PARTY_CLIENT, flight)))
				continue;
			/* A copy that is as large, and is not answered either: see condition_mtu_blackhole(). */
			if (near == 0 && errors[error].error == EMSGSIZE)
				continue;
			/* It does not answer the cookie request, so the verdict says that a cookie was given. */
			if (y.at == ON_WIRE || (near == 1 && y.cookie && flight == 1))
				continue;
			told(error, flight, how);
			if (y.p.h->state == HANDSHAKE_COMPLETED)
				continue;
			if (near == 0)
				play_flight(&y, flight);
			else if (near == 1)
				stream_wait(&y.s, 10 * SEC);
			else
				dtls_alert(&y.p, PARTY_CLIENT, DTLS_ALERT_FATAL, UNKNOWN_CA);
			gives_up(flight, CLOSES);
			play_expect(&y, flight, &w);
		}
	play_report();
}

/* In a capture: the client sends nothing after the ICMP error, and its port is closed when the server repeats its flight. */
static void a_closed_port_shows_it(void **state)
{
	static const struct wanted w = {
		.states = "failed", .codes = "port-unreachable", .sides = "client", .words = "gave up at an ICMP error", .likely = true,
	};

	FOR_EACH_PLAY(&y, "its port is closed", NULL) {
		if (y.at != ON_WIRE)
			continue;
		play_up_to(&y, y.cookie ? 3 : 1);
		play_flight(&y, y.cookie ? 3 : 1);
		pair_icmp_from(&y.p, PARTY_CLIENT, ECONNREFUSED, 3, 3, 99);
		for (int i = 0; i < 3; i++) {
			play_flight(&y, 4);
			pair_icmp(&y.p, PARTY_SERVER, ECONNREFUSED, 3, 3);
			stream_wait(&y.s, SEC << i);
		}
		stream_wait(&y.s, 20 * SEC);
		play_expect(&y, 4, &w);
	}
	play_report();
}

/* In a capture: the client's last flight was rejected, it closed its port, and the server repeats its flight to that. */
static void its_last_flight_was_rejected(void **state)
{
	for (size_t error = 0; error < sizeof(errors) / sizeof(errors[0]); error++)
		FOR_EACH_PLAY(&y, errors[error].name, NULL) {
			const struct wanted w = {
				.states = "failed,stuck", .codes = errors[error].verdict, .sides = "client,network", .words = "ICMP", .likely = true,
			};

			/* Captures have types and codes. */
			if (y.at != ON_WIRE || y.resumed || play_is13(&y) || !errors[error].type)
				continue;
			play_up_to(&y, 5);
			play_flight(&y, 5);
			pair_icmp_from(&y.p, PARTY_CLIENT, errors[error].error, errors[error].type, errors[error].code, 99);
			for (int i = 0; i < 4; i++) {
				stream_wait(&y.s, SEC << i);
				play_flight(&y, 4);
				pair_icmp(&y.p, PARTY_SERVER, ECONNREFUSED, 3, 3);
			}
			stream_wait(&y.s, 20 * SEC);
			play_expect(&y, 5, &w);
			/* The repeated flight shows that the rejection was real. */
			if (!strcmp(errors[error].verdict, "rejected") && y.p.h->verdict.side != VERDICT_SIDE_NETWORK)
				play_row(&y, 5, "side network");
		}
	play_report();
}

/* Near: the client sends its flight again, which goes unanswered as if it had been no matter. */
static void it_went_on_after_the_error(void **state)
{
	static const struct wanted w = { .states = "stuck", .codes = "peer-silent", .sides = "client", .likely = true };

	FOR_EACH_PLAY(&y, "it went on", NULL) {
		if (y.at != ON_WIRE || y.resumed || play_is13(&y))
			continue;
		play_up_to(&y, 5);
		play_flight(&y, 5);
		pair_icmp_from(&y.p, PARTY_CLIENT, EHOSTUNREACH, 3, 13, 99);
		stream_wait(&y.s, SEC);
		play_flight(&y, 5);
		for (int i = 0; i < 4; i++) {
			stream_wait(&y.s, SEC << i);
			play_flight(&y, 4);
		}
		stream_wait(&y.s, 20 * SEC);
		play_expect(&y, 5, &w);
	}
	play_report();
}

/* The MTU that the error gives: larger than what was sent, or not. */
static void it_was_too_big(void **state)
{
	static const uint32_t mtus[] = { 1400, 300 };

	for (int n = 0; n < 2; n++)
		FOR_EACH_PLAY(&y, n ? "the path is narrow" : "everything fits", NULL) {
			const struct wanted w = {
				.states = "stuck", .codes = "mtu-blackhole", .sides = n ? "network" : "client",
				.words = n ? "do not reach" : "wrong, or forged", .likely = true,
			};

			if (y.at != AT_CLIENT || y.resumed || play_is13(&y))
				continue;
			play_up_to(&y, 5);
			dtls_message_add(&y.p, PARTY_CLIENT, DTLS_MT_CERTIFICATE, 1 + y.cookie, 300, NULL);
			pair_flush(&y.p);
			y.p.path_mtu = mtus[n];
			pair_icmp_from(&y.p, PARTY_CLIENT, EMSGSIZE, 3, 4, 99);
			stream_wait(&y.s, 300 * MS);
			pair_close(&y.p, PARTY_CLIENT, 0);
			play_expect(&y, 5, &w);
			if (!ending_name(y.p.h) || strcmp(ending_name(y.p.h), "socket-closed"))
				play_row(&y, 5, "socket-closed");
		}
	play_report();
}

/* In a capture: an alert that its sender did not mean, as it goes on; its receiver sends nothing more, and has closed its port. */
static void so_it_does_at_a_forged_alert(void **state)
{
	static const struct wanted w = {
		.states = "failed", .codes = "alert", .sides = "client", .words = "goes on with the handshake", .likely = true,
	};

	FOR_EACH_PLAY(&y, "its port is closed after an alert", NULL) {
		if (y.at != ON_WIRE || !y.cookie || play_is13(&y))
			continue;
		play_flight(&y, 1);
		dtls_alert(&y.p, PARTY_SERVER, DTLS_ALERT_FATAL, UNKNOWN_CA);
		stream_wait(&y.s, 300 * MS);
		play_flight(&y, 2);
		pair_icmp(&y.p, PARTY_SERVER, ECONNREFUSED, 3, 3);
		stream_wait(&y.s, 20 * SEC);
		play_expect(&y, 2, &w);
		if (play_tells(&y, "no side acted on"))
			play_row(&y, 2, "the client acted on it");
	}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_icmp_error_is_why),
		cmocka_unit_test(an_icmp_error_is_not_why),
		cmocka_unit_test(a_closed_port_shows_it),
		cmocka_unit_test(its_last_flight_was_rejected),
		cmocka_unit_test(it_went_on_after_the_error),
		cmocka_unit_test(it_was_too_big),
		cmocka_unit_test(so_it_does_at_a_forged_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
