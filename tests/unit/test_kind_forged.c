// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Somebody else sends one datagram in the name of a side, after any flight and in every combination (RFC 6347 s4.1.2.7). */
#include "stream_play.h"

static struct play y;

enum forgery {
	CLIENT_CERTIFICATE, CERTIFICATE, HELLO_VERIFY, SERVER_HELLO, HELLO_DONE, HELLO_REQUEST, CHANGE_CIPHER_SPEC, FINISHED,
	BOTH, DATA, CIPHERTEXT, CLOSE_NOTIFY, FORGERIES,
};

static const char *const names[FORGERIES] = {
	"forged client Certificate", "forged Certificate", "forged HelloVerifyRequest", "forged ServerHello",
	"forged ServerHelloDone", "forged HelloRequest", "forged ChangeCipherSpec", "forged Finished",
	"forged ChangeCipherSpec and Finished", "forged data", "forged ciphertext", "forged close_notify",
};

static enum party_role sender(enum forgery what)
{
	return what == CLIENT_CERTIFICATE ? PARTY_CLIENT : PARTY_SERVER;
}

static void message(enum party_role from, uint8_t msg_type, uint16_t message_seq, uint32_t len)
{
	dtls_message_add(&y.p, from, msg_type, message_seq, len, NULL);
	pair_flush(&y.p);
}

static void send(enum forgery what, enum party_role from)
{
	uint16_t next = 1 + y.cookie;

	switch (what) {
	case CLIENT_CERTIFICATE: case CERTIFICATE: message(from, DTLS_MT_CERTIFICATE, next, 999); break;
	case HELLO_VERIFY: play_verify_request(&y); break;
	case SERVER_HELLO: y.p.random++, play_server_hello(&y, y.cookie), y.p.random--; break;
	case HELLO_DONE: message(from, DTLS_MT_SERVER_HELLO_DONE, next, 0); break;
	case HELLO_REQUEST: message(from, DTLS_MT_HELLO_REQUEST, 0, 0); break;
	case CHANGE_CIPHER_SPEC: case BOTH: dtls_record_add(&y.p, from, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1); break;
	case DATA: dtls_data(&y.p, from); break;
	case CIPHERTEXT: dtls13_send(&y.p, from, EPOCH_HANDSHAKE, SEALED_FINISHED); break;
	case CLOSE_NOTIFY: dtls_alert(&y.p, from, DTLS_ALERT_WARNING, 0); break;
	default: break;
	}
	if (what == FINISHED || what == BOTH)
		dtls_record_add(&y.p, from, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
	pair_flush(&y.p);
}

/* The numbers of the true sender go on as if nothing had been sent, and no socket here was seen to send it. */
static void forge(enum forgery what, enum party_role from)
{
	unsigned observers = y.s.observers;
	struct pair kept = y.p;

	y.s.observers &= ~(1u << from);
	send(what, from);
	y.s.observers = observers;
	memcpy(y.p.seq, kept.seq, sizeof(kept.seq));
	memcpy(y.p.cipher_seq, kept.cipher_seq, sizeof(kept.cipher_seq));
}

/* Both go on, and complete the handshake. */
static void both_go_on(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	for (enum forgery what = 0; what < FORGERIES; what++)
		for (int swap = 0; swap < 2; swap++)
			for (int flight = 1; flight < 6; flight++)
				FOR_EACH_PLAY(&y, names[what], NULL) {
					enum party_role from = swap ? party_peer(sender(what)) : sender(what);

					if (!play_has(&y, flight) || flight >= play_last(&y) ||
					    (swap && (what == HELLO_VERIFY || what == SERVER_HELLO)))
						continue;
					play_up_to(&y, flight + 1);
					forge(what, from);
					stream_wait(&y.s, 20 * MS);
					play_rest(&y, flight);
					stream_wait(&y.s, HOUR);
					play_expect(&y, flight, &w);
					if (y.s.faults || ending_name(y.p.h))
						play_row(&y, flight, play_sees(&y, from) ? "no fault, sender here" : "no fault at any time");
				}
	play_report();
}

/* --- both sockets are on this host, and what was not sent is somebody else's --- */

/* Flight 1 is on its way for so long. */
#define ON_ITS_WAY (300 * MS)

/* A copy of flight 1 comes, and a forgery of the server: before it if `early`, else after it. */
static void ask_and_forge(enum forgery what, bool early)
{
	y.p.fate = HELD;
	play_flight(&y, 1);
	y.p.fate = ARRIVES;
	if (early)
		forge(what, PARTY_SERVER);
	stream_wait(&y.s, ON_ITS_WAY);
	pair_release(&y.p, 0);
	y.p.num_held = 0;
	if (!early)
		forge(what, PARTY_SERVER);
}

static void expect_nothing_of_server(enum forgery what)
{
	const struct handshake *h = y.p.h;

	if (h->party[PARTY_SERVER].flight || h->server_hello.known || h->retry_request.known)
		play_row(&y, 1, "the server sent nothing");
	/* Data before any answer belongs to no handshake. */
	if (what == DATA)
		return;
	if (!h->unsent[PARTY_SERVER] || !play_tells(&y, "the address of the server, which cannot have sent"))
		play_row(&y, 1, "it is told that something was forged");
}

static void nothing_is_said_of_a_silent_server(void **state)
{
	static const struct wanted w = { .states = "stuck", .codes = "silent-after-read", .sides = "server" };

	for (enum forgery what = HELLO_VERIFY; what < FORGERIES; what++)
		for (int early = 0; early < 2; early++)
			FOR_EACH_PLAY(&y, names[what], NULL) {
				uint64_t start = y.s.now;

				if (y.at != AT_BOTH)
					continue;
				for (unsigned i = 0; i < 4; i++) {
					stream_until(&y.s, start + ((1u << i) - 1) * SEC);
					ask_and_forge(what, early);
				}
				stream_wait(&y.s, 30 * SEC);
				play_expect(&y, 1, &w);
				expect_nothing_of_server(what);
				if (y.p.h->verdict.confidence != CONFIDENCE_CERTAIN)
					play_row(&y, 1, "both sockets are here");
			}
	play_report();
}

/* What came before the true answer does no harm to it. */
static void server_answers_after_it(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	for (enum forgery what = HELLO_VERIFY; what < FORGERIES; what++)
		for (int early = 0; early < 2; early++)
			FOR_EACH_PLAY(&y, names[what], NULL) {
				if (y.at != AT_BOTH)
					continue;
				ask_and_forge(what, early);
				expect_nothing_of_server(what);
				stream_wait(&y.s, 10 * MS);
				play_rest(&y, 1);
				stream_wait(&y.s, HOUR);
				play_expect(&y, 1, &w);
				if (y.s.faults || ending_name(y.p.h))
					play_row(&y, 1, "no fault at any time");
			}
	play_report();
}

/* The server sends the flight that answers the ClientHello, from a socket that is not seen. */
static void answer_unseen(void)
{
	y.s.observers = AT_CLIENT;
	play_flight(&y, 4);
	y.s.observers = AT_BOTH;
	assert_int_equal(y.p.h->party[PARTY_SERVER].flight, FLIGHT_SERVER_HELLO);
	assert_int_equal(y.p.h->unsent[PARTY_SERVER], 0);
}

static void begin_at_both(void)
{
	play_begin(&y, "unseen sender", 1 + 12 * 2, NULL);
	assert_int_equal(y.at, AT_BOTH);
	assert_int_equal(y.version, DTLS_VERSION_1_2);
}

/* A filter leaves out the socket that it sends from: another process may have it. */
static void sender_may_be_left_out(void **state)
{
	struct analysis_options opts = stream_options();

	opts.filters_sockets = true;
	begin_at_both();
	stream_fini(&y.s);
	assert_true(stream_init_with(&y.s, AT_BOTH, &opts));
	play_flight(&y, 1);
	answer_unseen();
	stream_fini(&y.s);
}

static void its_event_may_be_lost(void **state)
{
	begin_at_both();
	play_flight(&y, 1);
	analysis_lost(y.s.analysis, 0, 1);
	answer_unseen();
	stream_fini(&y.s);
}

/* It may have been sent before the trace began. */
static void trace_may_be_late(void **state)
{
	begin_at_both();
	y.p.seq[PARTY_CLIENT][0] = 2;
	play_flight(&y, 1);
	assert_true(y.p.h->late);
	answer_unseen();
	stream_fini(&y.s);
}

/* It sends from another address, which a NAT on the way back may hide. */
static void address_may_be_translated(void **state)
{
	struct pair other;

	begin_at_both();
	play_flight(&y, 1);
	other = y.p;
	other.address[PARTY_SERVER] = endpoint(10, 4433);
	y.s.observers = AT_SERVER;
	dtls_server_hello(&other);
	pair_flush(&other);
	assert_int_equal(y.p.h->relations.strays, 1);
	answer_unseen();
	stream_fini(&y.s);
}

/* Another process has a socket with the same address, and answers (SO_REUSEPORT, or a connected socket for each client). */
static void another_socket_answers(void **state)
{
	FOR_EACH_PLAY(&y, "another socket", NULL) {
		if (y.at != AT_BOTH)
			continue;
		play_flight(&y, 1);
		y.p.socket[PARTY_SERVER] = 63;
		play_rest(&y, 1);
		if (y.p.h->state != HANDSHAKE_COMPLETED || y.s.faults || y.p.h->unsent[PARTY_SERVER])
			play_row(&y, 1, "completed, nothing forged");
	}
	play_report();
}

/* A ClientHello in the name of a client on this host, which did not send it: its server's answers blame nobody. */
static void client_did_not_begin(void **state)
{
	FOR_EACH_PLAY(&y, "forged ClientHello", NULL) {
		int answer = y.cookie ? 2 : 4;

		if (y.at != AT_BOTH)
			continue;
		for (unsigned i = 0; i < 4; i++) {
			y.s.observers = AT_SERVER;
			play_flight(&y, 1);
			y.s.observers = AT_BOTH;
			play_flight(&y, answer);
			stream_wait(&y.s, (1 << i) * SEC);
		}
		stream_wait(&y.s, HOUR);
		if (y.p.h->verdict.code != VERDICT_NONE || y.s.faults)
			play_row(&y, 1, "nothing is said");
	}
	play_report();
}

/* --- a forged alert, and both sockets are on this host --- */

static void forge_alert(enum party_role from, uint8_t level, uint8_t description)
{
	unsigned observers = y.s.observers;
	uint64_t seq = y.p.seq[from][0];

	y.s.observers &= ~(1u << from);
	y.p.seq[from][0] = 1000;
	dtls_alert(&y.p, from, level, description);
	y.s.observers = observers;
	y.p.seq[from][0] = seq;
}

#define HANDSHAKE_FAILURE 40

/* Fatal, or close_notify. */
static void forge_end(enum party_role from, int which)
{
	forge_alert(from, which ? DTLS_ALERT_FATAL : DTLS_ALERT_WARNING, which ? HANDSHAKE_FAILURE : 0);
}

static void expect_acted_on(int flight, enum party_role side)
{
	const struct wanted w = {
		.states = "failed", .codes = "alert", .sides = party_role_name(side), .words = "gave up at the alert", .likely = true,
	};

	play_expect(&y, flight, &w);
	if (play_tells(&y, "no side acted on"))
		play_row(&y, flight, "a side acted on it");
}

/* A flight arrives, or its ClientHello is on its way; whoever reads the alert closes its socket a moment later. */
static void closes_after_a_forged_alert(void **state)
{
	for (int which = 0; which < 2; which++)
		for (int flight = 1; flight < 5; flight++)
			for (int role = 0; role < PARTY_MAX; role++)
				FOR_EACH_PLAY(&y, "closes after a forged alert", NULL) {
					/* After its ChangeCipherSpec, nobody takes an alert in plaintext for the server's. */
					if (y.at != AT_BOTH || !play_has(&y, flight) ||
					    (flight == 4 && role == PARTY_CLIENT && (y.resumed || play_is13(&y))))
						continue;
					play_up_to(&y, flight + 1);
					forge_end(party_peer(role), which);
					stream_wait(&y.s, 300 * MS);
					pair_close(&y.p, role, 0);
					expect_acted_on(flight, role);
				}
	play_report();
}

static void closes_after_an_early_forged_alert(void **state)
{
	FOR_EACH_PLAY(&y, "closes after an early forged alert", NULL) {
		if (y.at != AT_BOTH)
			continue;
		y.p.fate = HELD;
		play_flight(&y, 1);
		y.p.fate = ARRIVES;
		forge_end(PARTY_SERVER, 1);
		stream_wait(&y.s, ON_ITS_WAY);
		pair_release(&y.p, 0);
		play_flight(&y, y.cookie ? 2 : 4);
		stream_wait(&y.s, 200 * MS);
		pair_close(&y.p, PARTY_CLIENT, 0);
		expect_acted_on(1, PARTY_CLIENT);
	}
	play_report();
}

/* The server falls silent, and its client, which did not send the alert, goes on. */
static void silent_after_a_forged_alert(void **state)
{
	for (int which = 0; which < 2; which++)
		FOR_EACH_PLAY(&y, "silent after a forged alert", NULL) {
			if (y.at != AT_BOTH || y.resumed || play_is13(&y))
				continue;
			play_up_to(&y, 5);
			forge_end(PARTY_CLIENT, which);
			play_repeat(&y, 5, 0, 4, ARRIVES);
			stream_wait(&y.s, 10 * SEC);
			expect_acted_on(5, PARTY_SERVER);
		}
	play_report();
}

/* It goes on after it, or was silent for long before it, or closes long after it: something else is the cause. */
static void not_because_of_a_forged_alert(void **state)
{
	static const struct wanted silent = { .states = "stuck", .codes = "silent-after-read", .sides = "server" };
	static const struct wanted closed = {
		.states = "abandoned,stuck", .codes = "closed-by-application,not-retransmitting,silent-after-read", .sides = "*",
	};

	FOR_EACH_PLAY(&y, "goes on after a forged alert", NULL) {
		if (y.at != AT_BOTH)
			continue;
		play_up_to(&y, 2);
		forge_end(PARTY_SERVER, 1);
		play_rest(&y, 1);
		if (y.p.h->state != HANDSHAKE_COMPLETED || y.s.faults)
			play_row(&y, 1, "completed");
	}
	FOR_EACH_PLAY(&y, "silent before a forged alert", NULL) {
		if (y.at != AT_BOTH)
			continue;
		play_repeat(&y, 1, 0, 3, ARRIVES);
		forge_end(PARTY_CLIENT, 1);
		stream_wait(&y.s, 10 * SEC);
		play_expect(&y, 1, &silent);
	}
	FOR_EACH_PLAY(&y, "sends after a forged alert, and closes", NULL) {
		if (y.at != AT_BOTH)
			continue;
		play_up_to(&y, 2);
		forge_end(PARTY_SERVER, 1);
		stream_wait(&y.s, 50 * MS);
		play_flight(&y, 1);
		pair_close(&y.p, PARTY_CLIENT, 0);
		play_expect(&y, 1, &closed);
	}
	FOR_EACH_PLAY(&y, "closes long after a forged alert", NULL) {
		if (y.at != AT_BOTH)
			continue;
		play_up_to(&y, 2);
		forge_end(PARTY_SERVER, 1);
		stream_wait(&y.s, 2 * SEC);
		pair_close(&y.p, PARTY_CLIENT, 0);
		play_expect(&y, 1, &closed);
	}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_go_on),
		cmocka_unit_test(nothing_is_said_of_a_silent_server),
		cmocka_unit_test(server_answers_after_it),
		cmocka_unit_test(sender_may_be_left_out),
		cmocka_unit_test(its_event_may_be_lost),
		cmocka_unit_test(trace_may_be_late),
		cmocka_unit_test(address_may_be_translated),
		cmocka_unit_test(another_socket_answers),
		cmocka_unit_test(client_did_not_begin),
		cmocka_unit_test(closes_after_a_forged_alert),
		cmocka_unit_test(closes_after_an_early_forged_alert),
		cmocka_unit_test(silent_after_a_forged_alert),
		cmocka_unit_test(not_because_of_a_forged_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
