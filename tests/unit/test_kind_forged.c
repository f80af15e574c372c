// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Somebody else sends one datagram in the name of a side, after any flight and in every combination (RFC 6347 s4.1.2.7). */
#include "stream_play.h"

static struct play y;

static bool sees(enum party_role role)
{
	return y.at >> role & 1;
}

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

	(void)state;
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
						play_row(&y, flight, sees(from) ? "no fault, sender here" : "no fault at any time");
				}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
