// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a stranger sends: one datagram of each kind, byte by byte. */
#include "forgery.h"

#include <errno.h>
#include <string.h>

#include "dtls_wire.h"
#include "sim.h"

#define HIGHEST_SEQUENCE 0xffffffffffffULL
#define FINISHED_LEN 48		/* with its explicit nonce and tag (AES-GCM) */

struct forger {
	struct world *w;
	struct sim_datagram *dg;
	enum party_role from;
	struct rng *rng;
	uint32_t index;		/* the n-th of its kind, from 0 */
};

static void put(struct sim_datagram *dg, uint64_t value, uint32_t width)
{
	while (width--)
		dg->bytes[dg->len++] = value >> 8 * width & 0xff;
}

static void put_zeros(struct sim_datagram *dg, uint32_t len)
{
	memset(dg->bytes + dg->len, 0, len);
	dg->len += len;
}

/* A guess of the sender's next record number: right, low, or ahead. */
static uint64_t guess_sequence(struct forger *f, uint32_t epoch)
{
	uint64_t next = epoch < SIM_MAX_EPOCHS ? f->w->ep[f->from].record_number[epoch] : 0;

	switch (rng_below(f->rng, 4)) {
	case 0: return 0;
	case 1: return rng_below(f->rng, 20);
	case 2: return next + rng_below(f->rng, 8);
	}
	return next;
}

/* A guess of the sender's next message_seq. */
static uint16_t guess_seq(struct forger *f)
{
	const struct script *s = f->w->script;
	uint16_t seq = 0;

	if (rng_chance(f->rng, 30))
		return rng_below(f->rng, 8);
	for (int i = 0; i <= f->w->ep[f->from].sent; i++)
		for (int j = 0; s->flights[i].from == f->from && j < s->flights[i].num; j++)
			seq += s->flights[i].messages[j].content == DTLS_CT_HANDSHAKE;
	return seq;
}

static void put_record(struct forger *f, uint8_t content, uint16_t epoch, uint64_t sequence, uint16_t len)
{
	put(f->dg, content, 1);
	put(f->dg, f->w->script->version, 2);
	put(f->dg, epoch, 2);
	put(f->dg, sequence, 6);
	put(f->dg, len, 2);
}

static void garbage(struct forger *f, uint8_t content, uint16_t epoch, uint64_t sequence, uint16_t len)
{
	put_record(f, content, epoch, sequence, len);
	put_zeros(f->dg, len);
}

static void alert(struct forger *f, uint8_t level, uint8_t description)
{
	put_record(f, DTLS_CT_ALERT, 0, guess_sequence(f, 0), DTLS_ALERT_LEN);
	put(f->dg, level, 1);
	put(f->dg, description, 1);
}

/* Bytes off..off + n of a message; `bytes`: NULL: zeros. */
static void fragment(struct forger *f, uint64_t sequence, uint8_t type, uint16_t seq, uint32_t len,
		     uint32_t off, uint32_t n, const uint8_t *bytes)
{
	put_record(f, DTLS_CT_HANDSHAKE, 0, sequence, DTLS_MESSAGE_HEADER_LEN + n);
	put(f->dg, type, 1);
	put(f->dg, len, 3);
	put(f->dg, seq, 2);
	put(f->dg, off, 3);
	put(f->dg, n, 3);
	if (bytes) {
		memcpy(f->dg->bytes + f->dg->len, bytes + off, n);
		f->dg->len += n;
	} else {
		put_zeros(f->dg, n);
	}
}

static void message(struct forger *f, uint8_t type, uint16_t seq, uint32_t len)
{
	fragment(f, guess_sequence(f, 0), type, seq, len, 0, len, NULL);
}

static void client_hello(struct forger *f, bool cookie)
{
	struct scenario sc = *f->w->sc;
	struct script_hello hello;

	sc.random ^= 0x5a;
	sc.large_hello = false;
	hello_client(&hello, &sc, cookie);
	fragment(f, guess_sequence(f, 0), DTLS_MT_CLIENT_HELLO, cookie, hello.len, 0, hello.len, hello.bytes);
}

static void server_hello(struct forger *f, uint16_t seq, bool retry, bool dtls13)
{
	struct scenario sc = *f->w->sc;
	struct script_hello hello;

	sc.dtls13 = dtls13;
	sc.large_hello = false;
	if (dtls13)
		sc.version = DTLS_VERSION_1_2;
	hello_server(&hello, &sc, retry);
	if (!retry)
		memset(hello.bytes + 2, 0x77, 32);
	fragment(f, guess_sequence(f, 0), DTLS_MT_SERVER_HELLO, seq, hello.len, 0, hello.len, hello.bytes);
}

static void hello_verify(struct forger *f)
{
	struct script_hello hello;

	hello_verify_request(&hello);
	fragment(f, guess_sequence(f, 0), DTLS_MT_HELLO_VERIFY_REQUEST, guess_seq(f), hello.len, 0, hello.len,
		 hello.bytes);
}

static void ccs(struct forger *f)
{
	put_record(f, DTLS_CT_CHANGE_CIPHER_SPEC, 0, guess_sequence(f, 0), 1);
	put(f->dg, 1, 1);
}

static void finished(struct forger *f, uint64_t sequence)
{
	garbage(f, DTLS_CT_HANDSHAKE, 1, sequence, FINISHED_LEN);
}

static void sealed(struct forger *f, uint32_t epoch, uint16_t sequence, uint32_t len)
{
	put(f->dg, DTLS_UNIFIED_BITS | DTLS_UNIFIED_SEQUENCE_16 | DTLS_UNIFIED_LENGTH | epoch, 1);
	put(f->dg, sequence, 2);
	put(f->dg, len, 2);
	put_zeros(f->dg, len);
}

static void unified(struct forger *f, uint32_t epoch, uint32_t len)
{
	sealed(f, epoch, rng_u64(f->rng), len);
}

/* A plaintext message of the script that the sender has sent, or is about to; NULL: none. */
static const struct script_message *some_message(struct forger *f)
{
	const struct script *s = f->w->script;
	const struct script_message *found = NULL;
	uint32_t num = 0;

	for (int i = 0; i <= f->w->ep[f->from].sent + 2 && i < s->num_flights; i++)
		for (int j = 0; s->flights[i].from == f->from && j < s->flights[i].num; j++)
			if (s->flights[i].messages[j].content == DTLS_CT_HANDSHAKE && !s->flights[i].messages[j].epoch &&
			    !rng_below(f->rng, ++num))
				found = &s->flights[i].messages[j];
	return found;
}

/* A piece of one of its messages, at any place in it. */
static void overlap(struct forger *f, uint64_t sequence)
{
	const struct script_message *m = some_message(f);
	uint32_t len = m ? m->len : 100, off = rng_below(f->rng, len + 1), n = rng_below(f->rng, len - off + 1);

	fragment(f, sequence, m ? m->type : DTLS_MT_CERTIFICATE, m ? m->seq : guess_seq(f), len, off,
		 n < 600 ? n : 600, NULL);
}

static void other_length(struct forger *f)
{
	const struct script_message *m = some_message(f);
	uint32_t len = (m ? m->len : 100) + rng_range(f->rng, 1, 300);

	fragment(f, guess_sequence(f, 0), m ? m->type : DTLS_MT_CERTIFICATE, m ? m->seq : guess_seq(f), len, 0,
		 rng_range(f->rng, 0, 60), NULL);
}

static void flight_4(struct forger *f)
{
	uint16_t seq = guess_seq(f);

	server_hello(f, seq, false, false);
	message(f, DTLS_MT_SERVER_HELLO_DONE, seq + 1, 0);
}

static void flight_5(struct forger *f)
{
	message(f, DTLS_MT_CLIENT_KEY_EXCHANGE, guess_seq(f), 66);
	ccs(f);
	finished(f, 0);
}

/* As much of a message as a copy needs to be taken for one. */
#define COPIED_MAX 100

static void copied_message(struct forger *f, const struct script_message *m, uint64_t number)
{
	uint32_t n = m->len < COPIED_MAX ? m->len : COPIED_MAX;

	if (m->content != DTLS_CT_HANDSHAKE)
		garbage(f, m->content, 0, number, 1);
	else if (f->w->script->dtls13 && m->epoch)
		sealed(f, 2, number, m->len + DTLS_MESSAGE_HEADER_LEN + 1 + 16);
	else if (m->epoch)
		finished(f, number);
	else
		fragment(f, number, m->type, m->seq, m->len, 0, n, NULL);
}

/* With new record numbers each time. Nobody knows the random of a hello. */
static void copied_flight(struct forger *f, int number)
{
	const struct script_flight *flight = &f->w->script->flights[number];
	const uint64_t *next = f->w->ep[f->from].record_number;

	for (int i = 0; i < flight->num; i++) {
		const struct script_message *m = &flight->messages[i];

		if (m->hello < 0 && f->dg->len + m->len + 3 * COPIED_MAX < SIM_MTU_MAX)
			copied_message(f, m, next[m->epoch] + 20 * (f->index + 1) + i);
	}
}

static void earlier_copy(struct forger *f)
{
	const struct script *s = f->w->script;

	if (f->from == PARTY_SERVER && !s->dtls13 && rng_chance(f->rng, 50))
		hello_verify(f);
	else if (s->handshake_end >= 2)
		copied_flight(f, s->handshake_end - 2);
	/* A flight of hellos alone: it is not known. */
	if (!f->dg->len)
		ccs(f);
}

/* The Finished, and then data and no more. */
static void finished_and_data(struct forger *f)
{
	if (f->index) {
		garbage(f, DTLS_CT_APPLICATION_DATA, 1, 20 + f->index, 64);
		return;
	}
	ccs(f);
	finished(f, 0);
}

static void write_handshake(struct forger *f, enum forgery_kind kind)
{
	switch (kind) {
	case FORGERY_CLIENT_HELLO: case FORGERY_CLIENT_HELLO_OF_SERVER: client_hello(f, false); break;
	case FORGERY_CLIENT_HELLO_COOKIE: client_hello(f, true); break;
	case FORGERY_HELLO_VERIFY: hello_verify(f); break;
	case FORGERY_HELLO_RETRY: server_hello(f, guess_seq(f), true, true); break;
	case FORGERY_SERVER_HELLO: server_hello(f, guess_seq(f), false, f->w->sc->dtls13); break;
	case FORGERY_SERVER_HELLO_SEQ: server_hello(f, 2 + rng_below(f->rng, 9), false, f->w->sc->dtls13); break;
	case FORGERY_SERVER_HELLO_13: server_hello(f, guess_seq(f), false, true); break;
	case FORGERY_CERTIFICATE: message(f, DTLS_MT_CERTIFICATE, guess_seq(f), 300); break;
	case FORGERY_SERVER_HELLO_DONE: message(f, DTLS_MT_SERVER_HELLO_DONE, guess_seq(f), 0); break;
	case FORGERY_CLIENT_KEY_EXCHANGE: message(f, DTLS_MT_CLIENT_KEY_EXCHANGE, guess_seq(f), 66); break;
	case FORGERY_CERTIFICATE_VERIFY: message(f, DTLS_MT_CERTIFICATE_VERIFY, guess_seq(f), 80); break;
	case FORGERY_TICKET: message(f, DTLS_MT_NEW_SESSION_TICKET, guess_seq(f), 202); break;
	case FORGERY_HELLO_REQUEST: message(f, DTLS_MT_HELLO_REQUEST, 0, 0); break;
	case FORGERY_FLIGHT_4: flight_4(f); break;
	case FORGERY_FLIGHT_5: flight_5(f); break;
	case FORGERY_COPIES: copied_flight(f, f->w->script->handshake_end - 1); break;
	case FORGERY_EARLIER_COPIES: earlier_copy(f); break;
	case FORGERY_FINISHED_AND_DATA: finished_and_data(f); break;
	case FORGERY_OVERLAP: overlap(f, guess_sequence(f, 0)); break;
	case FORGERY_OTHER_LENGTH: other_length(f); break;
	case FORGERY_HUGE_SEQ: message(f, DTLS_MT_CERTIFICATE, 65535, 300); break;
	case FORGERY_HIGHEST_MESSAGE: overlap(f, HIGHEST_SEQUENCE); break;
	default: break;
	}
}

static void write_record(struct forger *f, enum forgery_kind kind)
{
	switch (kind) {
	case FORGERY_FINISHED_61: finished(f, 0); break;
	case FORGERY_FINISHED_OTHER_LENGTH:
		garbage(f, DTLS_CT_HANDSHAKE, 1, 0, rng_range(f->rng, 1, 400)); break;
	case FORGERY_FINISHED_LATER: finished(f, 1 + guess_sequence(f, 1)); break;
	case FORGERY_ENCRYPTED_ALERT: garbage(f, DTLS_CT_ALERT, 1, guess_sequence(f, 1), 26); break;
	case FORGERY_DATA: garbage(f, DTLS_CT_APPLICATION_DATA, 1, guess_sequence(f, 1), 64); break;
	case FORGERY_DATA_PLAIN: garbage(f, DTLS_CT_APPLICATION_DATA, 0, guess_sequence(f, 0), 64); break;
	case FORGERY_CCS: ccs(f); break;
	case FORGERY_CCS_FINISHED: ccs(f); finished(f, 0); break;
	case FORGERY_HIGHEST_PLAIN: garbage(f, DTLS_CT_APPLICATION_DATA, 0, HIGHEST_SEQUENCE, 20); break;
	case FORGERY_HIGHEST_ENCRYPTED:
		garbage(f, rng_chance(f->rng, 50) ? DTLS_CT_HANDSHAKE : DTLS_CT_APPLICATION_DATA, 1, HIGHEST_SEQUENCE, 48);
		break;
	case FORGERY_EPOCH:
		garbage(f, DTLS_CT_HANDSHAKE, rng_range(f->rng, 2, 65535), rng_below(f->rng, 9), 48); break;
	case FORGERY_UNIFIED_2_SHORT: unified(f, 2, rng_range(f->rng, 16, 53)); break;
	case FORGERY_UNIFIED_2_LONG: unified(f, 2, rng_range(f->rng, 60, 1100)); break;
	case FORGERY_UNIFIED_3_SHORT: unified(f, 3, rng_range(f->rng, 16, 53)); break;
	case FORGERY_UNIFIED_3_LONG: unified(f, 3, rng_range(f->rng, 60, 1100)); break;
	case FORGERY_ACK: garbage(f, DTLS_CT_ACK, 0, guess_sequence(f, 0), 18); break;
	case FORGERY_CID: garbage(f, DTLS_CT_CID, 1, guess_sequence(f, 1), 70); break;
	case FORGERY_VERSION:
		alert(f, DTLS_ALERT_FATAL, 70);
		f->dg->bytes[1] = 0xfe;
		f->dg->bytes[2] = rng_chance(f->rng, 50) ? 0x00 : 0xfc;
		break;
	case FORGERY_EMPTY: garbage(f, DTLS_CT_HANDSHAKE, 0, guess_sequence(f, 0), 0); break;
	case FORGERY_TRUNCATED: put_record(f, DTLS_CT_HANDSHAKE, 0, guess_sequence(f, 0), 500); put_zeros(f->dg, 40); break;
	case FORGERY_HEARTBEAT: garbage(f, DTLS_CT_HEARTBEAT, 0, guess_sequence(f, 0), 40); break;
	default: break;
	}
}

static void write_alert(struct forger *f, enum forgery_kind kind)
{
	switch (kind) {
	case FORGERY_ALERT_FAILURE: alert(f, DTLS_ALERT_FATAL, 40); break;
	case FORGERY_ALERT_CLOSE_NOTIFY: alert(f, DTLS_ALERT_WARNING, 0); break;
	case FORGERY_ALERT_USER_CANCELED: alert(f, DTLS_ALERT_WARNING, 90); break;
	case FORGERY_ALERT_UNEXPECTED: alert(f, DTLS_ALERT_FATAL, 10); break;
	case FORGERY_ALERT_WARNING: alert(f, DTLS_ALERT_WARNING, 100); break;
	case FORGERY_ALERT_FATAL_CLOSE: alert(f, DTLS_ALERT_FATAL, 0); break;
	case FORGERY_ALERT_AND_FINISHED: alert(f, DTLS_ALERT_FATAL, 40); finished(f, 0); break;
	case FORGERY_HELLO_AND_ALERT: client_hello(f, false); alert(f, DTLS_ALERT_FATAL, 40); break;
	default: break;
	}
}

void forgery_write(struct world *w, const struct forgery *forgery, uint32_t index, struct sim_datagram *dg)
{
	struct rng rng = forgery->rng;
	struct forger f = { .w = w, .dg = dg, .from = forgery->from, .rng = &rng, .index = index };

	/* One of these knows what to write. */
	write_handshake(&f, forgery->kind);
	write_record(&f, forgery->kind);
	write_alert(&f, forgery->kind);
}
