/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One handshake in every combination: version, full or resumed, with or without a cookie, and
 * where it is observed. play_flight() sends a flight as this combination has it, and `odd` says
 * what is wrong with it. A check that fails is printed as a row; play_report() fails the test.
 */
#ifndef DTLSNOOP_TEST_STREAM_PLAY_H
#define DTLSNOOP_TEST_STREAM_PLAY_H

#include "stream_dtls13.h"
#include "stream_verdict.h"

#define NO_CID (-1)
#define PSK_SUITE 0xc0a8
#define USUAL_SUITE 0xc02b
#define OTHER_SUITE 0xc02f

/* What is odd about the flights. All 0: nothing. */
struct odd {
	uint16_t chosen;		/* cipher suite of the ServerHello, 0: the one that was offered */
	uint16_t offered;		/* 0: USUAL_SUITE */
	uint8_t draft;			/* of DTLS 1.3, in the ServerHello alone */
	bool psk;			/* DTLS 1.3: the ServerHello chooses one */
	bool gives_cid[PARTY_MAX];	/* its hello has a connection ID of 4 bytes; if not, none if the peer has */
	bool uses_cid[PARTY_MAX];	/* in its encrypted records */
	bool no_cookie;			/* in the second ClientHello */
	bool no_ccs[PARTY_MAX];		/* ChangeCipherSpec */
	int seq_shift[PARTY_MAX];	/* of the message_seq, after the hellos of the cookie exchange */
	bool same_numbers;		/* copies with the record numbers of the first */
	bool other_borders;		/* copies with other fragments than the first */
};

struct play {
	struct stream s;
	struct pair p;
	struct odd odd;
	uint16_t version;
	bool resumed, cookie;
	unsigned at;
	const char *kind;
};

/* --- the combinations --- */

#define NUM_PLAYS (3 * 2 * 2 * 4)

static uint32_t play_failures;

static inline void play_begin(struct play *y, const char *kind, unsigned n, const struct odd *odd)
{
	static const uint16_t versions[] = { DTLS_VERSION_1_0, DTLS_VERSION_1_2, DTLS_VERSION_1_3 };
	static const unsigned points[] = { AT_CLIENT, AT_SERVER, AT_BOTH, ON_WIRE };

	memset(y, 0, sizeof(*y));
	y->kind = kind;
	y->version = versions[n % 3];
	y->resumed = n / 3 & 1;
	y->cookie = n / 6 & 1;
	y->at = points[n / 12];
	if (odd)
		y->odd = *odd;
	(y->at == ON_WIRE ? stream_init_blind : stream_init)(&y->s, y->at);
	y->s.transit_ns = MS;
	pair_init(&y->p, &y->s, 30041, 0x11);
	y->p.version = y->version == DTLS_VERSION_1_0 ? DTLS_VERSION_1_0 : DTLS_VERSION_1_2;
	y->p.cookie = y->cookie;
}

static inline bool play_is13(const struct play *y)
{
	return y->version == DTLS_VERSION_1_3;
}

/* The number of the last flight. */
static inline int play_last(const struct play *y)
{
	return y->resumed && !play_is13(y) ? FLIGHT_CLIENT_FINISHED : FLIGHT_CONFIRM;
}

static inline enum party_role play_sender(int flight)
{
	return flight & 1 ? PARTY_CLIENT : PARTY_SERVER;
}

/* Is the socket of this side on the traced host? */
static inline bool play_sees(const struct play *y, enum party_role role)
{
	return y->at >> role & 1;
}

/* Flights 2 and 3 are only sent with a cookie. */
static inline bool play_has(const struct play *y, int flight)
{
	return flight <= play_last(y) && (y->cookie || (flight != 2 && flight != 3));
}

/* The flight that this one answers, or the one that answers it: 0, there is none. */
static inline int play_before(const struct play *y, int flight)
{
	return flight == 4 && !y->cookie ? 1 : flight - 1;
}

static inline int play_after(const struct play *y, int flight)
{
	return flight == 1 && !y->cookie ? 4 : flight < play_last(y) ? flight + 1 : 0;
}

/* --- hellos --- */

static inline void play_extension(struct body *list, uint16_t type, uint64_t value, uint16_t len)
{
	body_u16(list, type);
	body_u16(list, len);
	while (len--)
		body_u8(list, value >> 8 * len);
}

static inline void play_connection_id(const struct play *y, struct body *list, enum party_role from)
{
	if (y->odd.gives_cid[from])
		play_extension(list, 54, 4ULL << 32, 5);
	else if (y->odd.gives_cid[party_peer(from)])
		play_extension(list, 54, 0, 1);
}

static inline void play_client_hello(struct play *y, uint16_t message_seq)
{
	struct body b = body_begin(&y->p, y->p.random), list = { .len = 0 };
	uint8_t cookie = message_seq && !play_is13(y) && !y->odd.no_cookie ? 20 : 0;

	body_u8(&b, cookie);
	for (int i = 0; i < cookie; i++)
		body_u8(&b, 0xc0);
	body_u16(&b, 2);
	body_u16(&b, play_is13(y) ? 0x1301 : y->odd.offered ? y->odd.offered : USUAL_SUITE);
	body_u16(&b, 0x0100);
	if (play_is13(y))
		play_extension(&list, 43, 0x02fefc, 3);
	play_connection_id(y, &list, PARTY_CLIENT);
	body_u16(&b, list.len);
	body_add(&b, list.bytes, list.len);
	dtls_message_add(&y->p, PARTY_CLIENT, DTLS_MT_CLIENT_HELLO, message_seq, b.len, b.bytes);
	pair_flush(&y->p);
}

static inline uint16_t play_suite(const struct play *y)
{
	if (y->odd.chosen)
		return y->odd.chosen;
	return play_is13(y) ? 0x1301 : y->odd.offered ? y->odd.offered : USUAL_SUITE;
}

static inline void play_server_hello(struct play *y, uint16_t message_seq)
{
	struct body b = body_begin(&y->p, 0xee - y->p.random), list = { .len = 0 };

	body_u16(&b, play_suite(y));
	body_u8(&b, 0);
	if (play_is13(y))
		play_extension(&list, 43, y->odd.draft ? 0x7f00 | y->odd.draft : DTLS_VERSION_1_3, 2);
	if (y->odd.psk)
		play_extension(&list, 41, 0, 2);
	play_connection_id(y, &list, PARTY_SERVER);
	body_u16(&b, list.len);
	body_add(&b, list.bytes, list.len);
	dtls_message_add(&y->p, PARTY_SERVER, DTLS_MT_SERVER_HELLO, message_seq, b.len, b.bytes);
}

/* --- the rest --- */

static inline void play_closing(struct play *y, enum party_role from)
{
	if (!y->odd.no_ccs[from])
		dtls_record_add(&y->p, from, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	else
		y->p.seq[from][0]++;	/* it was sent, and lost */
	dtls_record_add(&y->p, from, y->odd.uses_cid[from] ? DTLS_CT_CID : DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
	pair_flush(&y->p);
}

static inline void play_flight4(struct play *y)
{
	uint16_t seq = y->cookie + y->odd.seq_shift[PARTY_SERVER];

	play_server_hello(y, seq);
	if (play_is13(y)) {
		if (!y->resumed && !y->odd.psk) {
			dtls13_flight4_rest(&y->p);
			return;
		}
		dtls13_record_add(&y->p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_EXTENSIONS);
		dtls13_record_add(&y->p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_FINISHED);
		pair_flush(&y->p);
	} else if (y->resumed) {
		play_closing(y, PARTY_SERVER);
	} else {
		dtls_message_add(&y->p, PARTY_SERVER, DTLS_MT_CERTIFICATE, ++seq, CERTIFICATE_LEN, NULL);
		dtls_message_add(&y->p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, ++seq, 0, NULL);
		pair_flush(&y->p);
	}
}

static inline void play_flight5(struct play *y)
{
	if (play_is13(y)) {
		dtls13_flight5(&y->p);
		return;
	}
	if (!y->resumed)
		dtls_message_add(&y->p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE,
				 1 + y->cookie + y->odd.seq_shift[PARTY_CLIENT], 66, NULL);
	play_closing(y, PARTY_CLIENT);
}

/* It gives the cookie that play_client_hello() sends back. */
static inline void play_verify_request(struct play *y)
{
	struct body b = { .len = 0 };

	body_u16(&b, DTLS_VERSION_1_0);
	body_u8(&b, 20);
	for (int i = 0; i < 20; i++)
		body_u8(&b, 0xc0);
	dtls_message_add(&y->p, PARTY_SERVER, DTLS_MT_HELLO_VERIFY_REQUEST, 0, b.len, b.bytes);
	pair_flush(&y->p);
}

static inline void play_flight(struct play *y, int flight)
{
	for (int from = 0; from < PARTY_MAX; from++)
		y->p.cid_len[from] = play_is13(y) && y->odd.uses_cid[from] ? 4 : 0;
	switch (flight) {
	case 1: play_client_hello(y, 0); break;
	case 2: play_is13(y) ? dtls13_flight2(&y->p) : play_verify_request(y); break;
	case 3: play_client_hello(y, 1); break;
	case 4: play_flight4(y); break;
	case 5: play_flight5(y); break;
	default:
		if (play_is13(y))
			dtls13_flight6(&y->p);
		else
			play_closing(y, PARTY_SERVER);
	}
}

/* It is sent, and lost on the way. */
static inline void play_lost(struct play *y, int flight)
{
	y->p.fate = LOST;
	play_flight(y, flight);
	y->p.fate = ARRIVES;
}

/* Each flight before this one, once, 10 ms apart. */
static inline void play_up_to(struct play *y, int flight)
{
	for (int n = 1; n < flight; n++)
		if (play_has(y, n)) {
			play_flight(y, n);
			stream_wait(&y->s, 10 * MS);
		}
}

/* Both send data. */
static inline void play_data(struct play *y)
{
	for (int from = 0; from < PARTY_MAX; from++) {
		(play_is13(y) ? dtls13_data : dtls_data)(&y->p, from);
		stream_wait(&y->s, 10 * MS);
	}
}

/* What follows flight `flight`, and then data. */
static inline void play_rest(struct play *y, int flight)
{
	for (int n = flight + 1; n <= play_last(y); n++)
		if (play_has(y, n))
			play_flight(y, n);
	play_data(y);
}

/* The flight at 0, 1, 3, 7 ... s from now; `answer` (0: none) follows each copy 50 ms later, with this fate. */
static inline void play_repeat(struct play *y, int flight, int answer, unsigned copies, enum fate fate)
{
	enum party_role odd_one = play_sender(answer ? answer : flight);
	uint64_t start = y->s.now, plain = y->p.seq[odd_one][0], encrypted = y->p.seq[odd_one][1];

	for (unsigned i = 0; i < copies; i++) {
		stream_until(&y->s, start + ((1u << i) - 1) * SEC);
		if (y->odd.same_numbers && answer == 0) {
			y->p.seq[odd_one][0] = plain;
			y->p.seq[odd_one][1] = encrypted;
		}
		y->p.max_fragment = !y->odd.other_borders ? 0 : i ? 38 : 40;
		y->p.fate = answer ? ARRIVES : fate;
		play_flight(y, flight);
		y->p.fate = ARRIVES;
		if (!answer)
			continue;
		stream_wait(&y->s, 50 * MS);
		y->p.fate = fate;
		if (y->odd.same_numbers) {
			y->p.seq[odd_one][0] = plain;
			y->p.seq[odd_one][1] = encrypted;
		}
		play_flight(y, answer);
		y->p.fate = ARRIVES;
	}
	y->p.max_fragment = 0;
}

/* --- what is expected --- */

/* Does the comma-separated list have the name? "*": any. */
static inline bool play_lists(const char *list, const char *name)
{
	size_t len = strlen(name);

	if (!strcmp(list, "*"))
		return true;
	for (const char *at = list; (at = strstr(at, name)); at += len)
		if ((at == list || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

/* Is the text in the latest verdict of the handshake, or in its notes? */
static inline bool play_tells(const struct play *y, const char *text)
{
	const struct handshake *h = y->p.h;
	char note[VERDICT_TEXT_LEN];
	struct verdict v;

	verdict_describe(h, y->s.now, &v);
	if (strstr(v.summary, text))
		return true;
	for (uint32_t i = 0; i < v.num_evidence; i++)
		if (strstr(v.evidence[i], text))
			return true;
	for (int code = 0; code < NOTE_MAX; code++)
		if (note_write(h, code, note) && strstr(note, text))
			return true;
	return false;
}

/* What is only told of a flight that is odd in this way. */
static const char *const play_oddities[] = {
	"chooses the cipher suite", "which the client did not offer", "has the message number", "gave a connection ID",
	"without its ChangeCipherSpec", "gave a cookie", "the fragment borders", "record numbers of the first copy",
	"use a PSK",
};

/* An oddity that is told although it is not there (`words`: what is there); NULL: none. */
static inline const char *play_tells_falsely(const struct play *y, const char *words)
{
	for (size_t i = 0; i < sizeof(play_oddities) / sizeof(play_oddities[0]); i++)
		if (play_tells(y, play_oddities[i]) && !(words && strstr(words, play_oddities[i])))
			return play_oddities[i];
	return NULL;
}

struct wanted {
	const char *states, *codes, *sides;	/* lists of what is right */
	const char *words;	/* NULL, or a text that has to be told */
	bool likely;		/* nothing here proves it */
	bool early;		/* it ended before the floor: at most a warning */
};

static inline void play_row(const struct play *y, int flight, const char *what)
{
	static const char *const points[] = { "?", "client", "server", "both", "capture" };
	const struct handshake *h = y->p.h;
	struct verdict v;

	play_failures++;
	verdict_describe(h, y->s.now, &v);
	printf("%s: DTLS 1.%d %s%s, flight %d, at %s: %s; %s %s %s %s: %s\n", y->kind,
	       y->version == DTLS_VERSION_1_0 ? 0 : play_is13(y) ? 3 : 2, y->resumed ? "resumed" : "full",
	       y->cookie ? " with a cookie" : "", flight, points[y->at], what, handshake_state_name(h->state),
	       verdict_code_name(v.code), verdict_side_name(v.side), verdict_confidence_name(v.confidence), v.summary);
	for (uint32_t i = 0; i < v.num_evidence; i++)
		printf("\t%s\n", v.evidence[i]);
	for (uint32_t i = 0; i < y->s.num_changes && i < STREAM_MAX_CHANGES; i++)
		printf("\t%.1f s: #%llu %s %s\n", (y->s.changes[i].now - START) / 1e9, (unsigned long long)y->s.changes[i].id,
		       handshake_state_name(y->s.changes[i].state), verdict_code_name(y->s.changes[i].verdict.code));
}

static inline void play_expect(const struct play *y, int flight, const struct wanted *w)
{
	const struct handshake *h = y->p.h;
	const struct claim *v = &h->verdict;

	if (!play_lists(w->states, handshake_state_name(h->state)) ||
	    !play_lists(w->codes, verdict_code_name(v->code)) ||
	    (v->code != VERDICT_NONE && !play_lists(w->sides, verdict_side_name(v->side))))
		play_row(y, flight, w->codes);
	else if (v->code != VERDICT_NONE && w->likely && v->confidence == CONFIDENCE_CERTAIN)
		play_row(y, flight, "it is only likely");
	else if (w->words && !play_tells(y, w->words))
		play_row(y, flight, w->words);
	else if (v->code != VERDICT_NONE && play_tells_falsely(y, w->words))
		play_row(y, flight, play_tells_falsely(y, w->words));
	else if (v->code != VERDICT_NONE && v->severity == SEVERITY_FAULT && w->early)
		play_row(y, flight, "it is no fault");
}

/* For good, and without a fault that was taken back. */
static inline void play_expect_healthy(struct play *y, int flight, const struct wanted *w)
{
	stream_wait(&y->s, HOUR);
	play_expect(y, flight, w);
	if (y->s.faults)
		play_row(y, flight, "no fault at any time");
}

static inline void play_report(void)
{
	uint32_t failures = play_failures;

	play_failures = 0;
	assert_int_equal(failures, 0);
}

#define FOR_EACH_PLAY(y, kind, odd) \
	for (unsigned play_n = 0; play_n < NUM_PLAYS && (play_begin(y, kind, play_n, odd), true); \
	     play_n++, stream_fini(&(y)->s))

/* Has this side changed to encryption by then? Its alerts are encrypted from then on. */
static inline bool play_encrypts(const struct play *y, enum party_role role, int flight)
{
	if (role == PARTY_CLIENT)
		return flight >= 5;
	return flight >= (y->resumed || play_is13(y) ? 4 : 6);
}

/* An alert of this side after this flight. */
static inline void play_alert(struct play *y, enum party_role from, int flight, uint8_t level, uint8_t description)
{
	if (!play_encrypts(y, from, flight)) {
		dtls_alert(&y->p, from, level, description);
	} else if (play_is13(y)) {
		dtls13_send(&y->p, from, EPOCH_HANDSHAKE, SEALED_ALERT);
	} else {
		dtls_record_add(&y->p, from, DTLS_CT_ALERT, 1, 26);
		pair_flush(&y->p);
	}
}

#endif
