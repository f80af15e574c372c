// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Alerts and closed sockets after each flight, in every combination: how it ended, why, and who did not mean it. */
#include "stream_play.h"

#define HANDSHAKE_FAILURE 40
#define USER_CANCELED 90

static struct play y;

#define FOR_EACH_STEP(flight, from, kind) \
	for (int flight = 1; flight < 6; flight++) \
		for (enum party_role from = 0; from < PARTY_MAX; from++) \
			FOR_EACH_PLAY(&y, kind, NULL) \
				if (play_has(&y, flight) && flight < play_last(&y))

/* Nobody was silent: a side says in plaintext that it closes, and its peer repeats its flight in vain. */
static void a_side_closes(void **state)
{
	for (int canceled = 0; canceled < 2; canceled++)
		FOR_EACH_STEP(flight, from, canceled ? "user_canceled" : "close_notify") {
			struct wanted w = { .states = "failed", .codes = "alert", .sides = party_role_name(from), .likely = !play_sees(&y, from),
					    .early = true, .words = canceled ? "user canceled" : "close notify" };

			if (play_encrypts(&y, from, flight))
				continue;
			play_up_to(&y, flight + 1);
			if (canceled)
				play_alert(&y, from, flight, DTLS_ALERT_WARNING, USER_CANCELED);
			play_alert(&y, from, flight, DTLS_ALERT_WARNING, 0);
			stream_wait(&y.s, SEC);
			if (play_sender(flight) != from && flight != 2)
				play_repeat(&y, flight, 0, 3, ARRIVES);
			stream_wait(&y.s, 20 * SEC);
			play_expect(&y, flight, &w);
		}
	play_report();
}

/* It was read twice, nothing answered, and its sender gives up before the floor has passed. */
static void a_side_gives_up_early(void **state)
{
	enum { CLOSES, ALERTS, WAYS };

	for (int way = 0; way < WAYS; way++)
		FOR_EACH_STEP(flight, by, way == CLOSES ? "closes early" : "close_notify early") {
			enum party_role silent = party_peer(by);
			struct wanted w = { .states = "*", .codes = "silent-after-read,peer-silent", .sides = party_role_name(silent),
					    .likely = !play_sees(&y, silent), .early = true };

			if (by != play_sender(flight) || flight == 2 || (way == CLOSES && !play_sees(&y, by)) ||
			    (play_is13(&y) && flight > 3))
				continue;
			if (!play_sees(&y, silent)) {
				w.codes = "no-response,peer-silent,alert,closed-by-application";
				w.sides = "*";
				w.early = !play_encrypts(&y, by, flight);	/* nobody knows what that alert says */
			}
			play_up_to(&y, flight);
			play_repeat(&y, flight, 0, 2, ARRIVES);
			stream_wait(&y.s, 300 * MS);
			if (way == CLOSES)
				pair_close(&y.p, by, 0);
			else
				play_alert(&y, by, flight, DTLS_ALERT_WARNING, 0);
			stream_wait(&y.s, SEC);
			play_expect(&y, flight, &w);
			if (!ending_name(y.p.h) || y.p.h->ending.by != by)
				play_row(&y, flight, "how it ended");
		}
	play_report();
}

/* Somebody forges a fatal alert, and both go on. */
static void nobody_acts_on_it(void **state)
{
	FOR_EACH_STEP(flight, from, "forged alert") {
		struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };
		unsigned observers = y.s.observers;

		if (!play_sees(&y, from) && !play_encrypts(&y, from, flight))
			w.words = "no side acted on an alert";
		play_up_to(&y, flight + 1);
		y.s.observers &= ~(1u << from);
		dtls_alert(&y.p, from, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
		y.s.observers = observers;
		stream_wait(&y.s, 20 * MS);
		play_rest(&y, flight);
		stream_wait(&y.s, HOUR);
		play_expect(&y, flight, &w);
		if (y.s.faults || ending_name(y.p.h))
			play_row(&y, flight, "no fault and no ending at any time");
	}
	play_report();
}

/* Near: the side that is said to have sent it is on this host, and its socket did. */
static void it_was_sent_here(void **state)
{
	FOR_EACH_STEP(flight, from, "fatal alert") {
		struct wanted w = { .states = "failed", .codes = "alert", .sides = party_role_name(from), .likely = !play_sees(&y, from) };

		/* One ClientHello and one fatal alert: both perhaps from anybody. */
		if (play_encrypts(&y, from, flight) || (flight == 1 && from == PARTY_CLIENT && !play_sees(&y, from)))
			continue;
		play_up_to(&y, flight + 1);
		play_alert(&y, from, flight, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
		stream_wait(&y.s, SEC);
		play_expect(&y, flight, &w);
	}
	play_report();
}

/* The Finished of a side is not in the capture, and encrypted alerts come after it. */
static void a_finished_is_not_captured(void **state)
{
	static const struct wanted w = { .states = "completed,in-progress", .codes = "completed,none", .sides = "*" };

	for (enum party_role from = 0; from < PARTY_MAX; from++)
		FOR_EACH_PLAY(&y, "finished not captured", NULL) {
			if (play_is13(&y))
				continue;
			for (int flight = 1; flight <= play_last(&y); flight++) {
				if (!play_has(&y, flight))
					continue;
				if (play_encrypts(&y, from, flight) && !play_encrypts(&y, from, flight - 1) && play_sender(flight) == from) {
					if (flight == 5 && !y.resumed)
						dtls_message_add(&y.p, from, DTLS_MT_CLIENT_KEY_EXCHANGE, 1 + y.cookie, 66, NULL);
					else if (flight == 4)
						play_server_hello(&y, y.cookie);
					dtls_record_add(&y.p, from, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
					pair_flush(&y.p);
					y.p.seq[from][1]++;
				} else {
					play_flight(&y, flight);
				}
				stream_wait(&y.s, 10 * MS);
			}
			for (int by = 0; by < PARTY_MAX; by++) {
				stream_wait(&y.s, SEC);
				play_alert(&y, by, 6, 1, 0);
			}
			stream_wait(&y.s, HOUR);
			if (y.at == ON_WIRE)
				play_expect(&y, play_last(&y), &w);
			for (uint32_t i = 0; i < y.s.num_changes; i++)
				if (y.s.changes[i].verdict.code == VERDICT_ALERT && y.at == ON_WIRE)
					play_row(&y, play_last(&y), "never alert");
		}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_side_closes),
		cmocka_unit_test(a_side_gives_up_early),
		cmocka_unit_test(nobody_acts_on_it),
		cmocka_unit_test(it_was_sent_here),
		cmocka_unit_test(a_finished_is_not_captured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
