// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How a handshake ended is not why: the cause stays the verdict. */
#include "stream_verdict.h"

#include <errno.h>

#define HANDSHAKE_FAILURE 40
#define INTERNAL_ERROR 80
#define USER_CANCELED 90

enum way { CLOSE_NOTIFY, CANCELED, ENCRYPTED, CLOSED, WAYS };

static const char *const way_names[WAYS] = {
	"close-notify", "user-canceled", "encrypted-alert", "socket-closed",
};

static void end_by(struct pair *p, enum party_role by, enum way way)
{
	switch (way) {
	case CANCELED:
		dtls_alert(p, by, DTLS_ALERT_WARNING, USER_CANCELED);
		stream_wait(p->s, 10 * MS);
		/* fallthrough */
	case CLOSE_NOTIFY:
		dtls_alert(p, by, DTLS_ALERT_WARNING, 0);
		break;
	case ENCRYPTED:
		dtls_record_add(p, by, DTLS_CT_ALERT, 1, 26);
		pair_flush(p);
		break;
	default:
		pair_close(p, by, 0);
	}
	/* From elsewhere, anybody may have sent the alert: the two may go on. */
	stream_wait(p->s, 600 * MS);
}

/* --- causes: each is known 4 s after the last ClientHello, and reported after 5 s --- */

static void last_hello(struct pair *p)
{
	if (p->cookie)
		dtls_flight3(p);
	else
		dtls_flight1(p);
}

static void hellos_dropped(struct pair *p)
{
	p->fate = REFUSED;
	p->drop_reason = REASON_RCVBUFF;
	repeat(p, last_hello, 3);
	p->fate = ARRIVES;
}

static void hellos_read(struct pair *p)
{
	repeat(p, last_hello, 3);
}

static void hellos_unread(struct pair *p)
{
	p->unread = true;
	repeat(p, last_hello, 3);
}

static void hellos_lost(struct pair *p)
{
	p->fate = LOST;
	repeat(p, last_hello, 3);
	p->fate = ARRIVES;
}

static void hello_refused(struct pair *p)
{
	last_hello(p);
	pair_icmp(p, PARTY_CLIENT, ECONNREFUSED, 3, 3);
}

static void port_unreachable(struct pair *p)
{
	p->fate = LOST;
	repeat(p, hello_refused, 3);
	p->fate = ARRIVES;
}

static void flight5_ignored(struct pair *p)
{
	uint64_t start = p->s->now;

	last_hello(p);
	dtls_flight4(p);
	for (unsigned i = 0; i < 3; i++) {
		stream_until(p->s, start + ((1u << i) - 1) * SEC);
		dtls_flight5(p);
		stream_wait(p->s, 100 * MS);
		dtls_flight4(p);
	}
}

static void flight5_too_big(struct pair *p)
{
	last_hello(p);
	p->client_certificate = true;
	dtls_flight4(p);
	p->fate = LOST;
	for (int i = 0; i < 2; i++) {
		dtls_flight5(p);
		pair_icmp(p, PARTY_CLIENT, EMSGSIZE, 3, 4);
		stream_wait(p->s, SEC);
	}
	p->fate = ARRIVES;
}

static void flight4_resumed_ignored(struct pair *p)
{
	uint64_t start = p->s->now;

	for (unsigned i = 0; i < 3; i++) {
		stream_until(p->s, start + ((1u << i) - 1) * SEC);
		last_hello(p);
		dtls_flight4_resumed(p);
	}
}

#define SEEN(at) (1u << (at))
#define BY_CLIENT (SEEN(AT_CLIENT) | SEEN(AT_BOTH))
#define BY_SERVER (SEEN(AT_SERVER) | SEEN(AT_BOTH))

static const struct cause {
	void (*play)(struct pair *p);
	unsigned seen_at;	/* SEEN() of each set of observers that can tell */
	enum verdict_code code;
	enum verdict_side side;
	unsigned encrypts;	/* bit n: that party has sent its ChangeCipherSpec */
	enum handshake_state state;
	bool at_once;		/* the kernel reported it: a fault before the floor, too */
} causes[] = {
	{ hellos_dropped, BY_SERVER, VERDICT_KERNEL_DROP, VERDICT_SIDE_KERNEL, 0, HANDSHAKE_STUCK, false },
	{ hellos_read, BY_SERVER, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER, 0, HANDSHAKE_STUCK, false },
	{ hellos_unread, BY_SERVER, VERDICT_NOT_READING, VERDICT_SIDE_SERVER, 0, HANDSHAKE_STUCK, false },
	{ port_unreachable, SEEN(AT_CLIENT), VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER, 0, HANDSHAKE_FAILED, true },
	{ flight5_ignored, BY_SERVER, VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_SERVER, AT_CLIENT, HANDSHAKE_STUCK, false },
	{ flight5_too_big, BY_CLIENT, VERDICT_MTU_BLACKHOLE, VERDICT_SIDE_NETWORK, AT_CLIENT, HANDSHAKE_STUCK, false },
	{ flight4_resumed_ignored, BY_CLIENT, VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_CLIENT, AT_SERVER,
	  HANDSHAKE_STUCK, false },
	{ hellos_lost, SEEN(AT_CLIENT) | SEEN(ON_WIRE), VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER, 0, HANDSHAKE_STUCK,
	  false },
};

static bool can_end(const struct cause *cause, unsigned at, enum party_role by, enum way way)
{
	if (way == CLOSED)
		return at >> by & 1;
	return (cause->encrypts >> by & 1) == (way == ENCRYPTED);
}

/* Variants: DTLS 1.0 or 1.2, with or without a cookie. */
static void begin(struct stream *s, struct pair *p, unsigned at, int variant)
{
	stream_begin(s, p, at);
	p->version = variant & 1 ? DTLS_VERSION_1_0 : DTLS_VERSION_1_2;
	p->cookie = variant & 2;
	if (p->cookie) {
		dtls_flight1(p);
		dtls_flight2(p);
	}
}

static void check_end(const struct cause *cause, unsigned at, int variant, enum party_role by, enum way way,
		      bool early)
{
	enum verdict_code code = cause->code;
	const struct change *last;
	STORY_WITH(begin, s, p, at, variant);

	/* The server answered before. */
	if (code == VERDICT_NO_RESPONSE && p.cookie)
		code = VERDICT_PEER_SILENT;
	cause->play(&p);
	stream_until(&s, START + (early ? 4000 : 8000) * MS);
	assert_int_equal(s.num_changes, !early);
	if (!early)
		assert_int_equal(s.changes[0].verdict.severity, SEVERITY_FAULT);
	end_by(&p, by, way);
	assert_in_range(s.num_changes, 1, 2);
	last = &s.changes[s.num_changes - 1];
	expect_change(&s, s.num_changes - 1, &p, cause->state, code, cause->side);
	assert_int_equal(last->verdict.severity, early && !cause->at_once ? SEVERITY_WARNING : SEVERITY_FAULT);
	assert_int_equal(p.h->verdict.is_early, early && !cause->at_once);
	assert_string_equal(ending_name(p.h), way_names[way]);
	assert_int_equal(p.h->ending.by, by);
	assert_in_range(p.h->ended_ns, START + 4 * SEC, s.now);
	assert_int_equal(s.wrong, 0);
	expect_silence(&s);
}

static uint32_t check_cause(const struct cause *cause, bool early)
{
	uint32_t num = 0;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (int n = 0; (cause->seen_at & SEEN(at)) && n < 4 * PARTY_MAX * WAYS; n++) {
			enum way way = n % WAYS;
			enum party_role by = n / WAYS % PARTY_MAX;

			if (!can_end(cause, at, by, way))
				continue;
			check_end(cause, at, n / WAYS / PARTY_MAX, by, way, early);
			num++;
		}
	return num;
}

static void cause_stays(void **state)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		assert_true(check_cause(&causes[i], false) > 0);
}

static void cause_is_found_before_the_floor(void **state)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		assert_true(check_cause(&causes[i], true) > 0);
}

/* --- an encrypted goodbye that its receiver cannot read --- */

#define FOR_EACH_ENCRYPTED(cause, at, variant) \
	for (const struct cause *cause = causes; cause < causes + sizeof(causes) / sizeof(causes[0]); cause++) \
		for (unsigned at = AT_CLIENT; at <= AT_BOTH; at++) \
			for (int variant = 0; cause->code == VERDICT_CANNOT_DECRYPT && cause->seen_at & SEEN(at) && variant < 4; variant++)

static enum party_role encrypter(const struct cause *cause)
{
	return cause->encrypts == AT_CLIENT ? PARTY_CLIENT : PARTY_SERVER;
}

static void play_goodbye(struct stream *s, struct pair *p, const struct cause *cause, unsigned at, int variant)
{
	begin(s, p, at, variant);
	cause->play(p);
	stream_until(s, START + 8 * SEC);
	end_by(p, encrypter(cause), ENCRYPTED);
}

/* It discards the goodbye, too, and goes on to repeat its flight: how it ended stays as it was told. */
static void who_cannot_decrypt_repeats_its_flight(void **state)
{
	FOR_EACH_ENCRYPTED(cause, at, variant) {
		struct stream s;
		struct pair p;
		uint32_t told;

		play_goodbye(&s, &p, cause, at, variant);
		told = s.num_changes;
		for (int i = 0; i < 3; i++) {
			stream_wait(&s, 4 * SEC);
			if (encrypter(cause) == PARTY_CLIENT)
				dtls_flight4(&p);
			else
				last_hello(&p);
		}
		stream_wait(&s, 60 * SEC);
		assert_int_equal(s.num_changes, told);
		assert_int_equal(p.h->verdict.code, VERDICT_CANNOT_DECRYPT);
		assert_string_equal(ending_name(p.h), way_names[ENCRYPTED]);
		assert_false(has_note(&p, NOTE_ALERT_NOT_ACTED_ON, ""));
		stream_fini(&s);
	}
}

/* Near: it begins its next flight, so it decrypts; somebody else said goodbye. */
static void who_decrypts_goes_on(void **state)
{
	FOR_EACH_ENCRYPTED(cause, at, variant) {
		struct stream s;
		struct pair p;

		if (at >> encrypter(cause) & 1)
			continue;
		play_goodbye(&s, &p, cause, at, variant);
		if (encrypter(cause) == PARTY_CLIENT)
			dtls_flight6(&p);
		else
			dtls_finished(&p, PARTY_CLIENT);
		stream_wait(&s, SEC);
		expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
		assert_null(ending_name(p.h));
		stream_fini(&s);
	}
}

/* --- a fatal alert with a reason --- */

static void play_refused(struct stream *s, struct pair *p, unsigned at, enum party_role by, uint64_t when)
{
	begin(s, p, at, 0);
	hellos_read(p);
	stream_until(s, START + when);
	dtls_alert(p, by, DTLS_ALERT_FATAL, by == PARTY_SERVER ? HANDSHAKE_FAILURE : INTERNAL_ERROR);
	stream_wait(s, 600 * MS);
}

/* The silent side says at last why: that is the cause. */
static void reason_of_the_blamed_side_is_the_cause(void **state)
{
	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		STORY_WITH(play_refused, s, p, at, PARTY_SERVER, 8 * SEC);
		assert_int_equal(s.num_changes, 2);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
		expect_change(&s, 1, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_SERVER);
		assert_int_equal(s.changes[1].verdict.severity, SEVERITY_FAULT);
		assert_int_equal(s.changes[1].verdict.confidence, CONFIDENCE_CERTAIN);
		assert_string_equal(ending_name(p.h), "alert");
		expect_silence(&s);
	}
}

/* The side that waited gives up with internal_error: the other side's silence remains the cause. */
static void reason_of_the_other_side_is_not(void **state)
{
	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		STORY_WITH(play_refused, s, p, at, PARTY_CLIENT, 8 * SEC);
		assert_int_equal(s.num_changes, 2);
		expect_change(&s, 1, &p, HANDSHAKE_FAILED, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
		assert_int_equal(s.changes[1].verdict.severity, SEVERITY_FAULT);
		assert_string_equal(ending_name(p.h), "alert");
		assert_int_equal(p.h->ending.by, PARTY_CLIENT);
		expect_silence(&s);
	}
}

/* Before the floor nothing is proven against a side, and the reason is what is known. */
static void reason_before_the_floor(void **state)
{
	for (int by = 0; by < PARTY_MAX; by++)
		for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
			STORY_WITH(play_refused, s, p, at, by, 4 * SEC);
			assert_int_equal(s.num_changes, 1);
			expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT,
				      by == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
			assert_int_equal(s.changes[0].verdict.severity, SEVERITY_FAULT);
			assert_false(p.h->verdict.is_early);
		}
}

/* --- near: only the ending is known --- */

static void expect_ending_only(const struct stream *s, const struct pair *p, enum party_role by, enum way way)
{
	enum verdict_side side = by == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER;

	assert_int_equal(s->num_changes, 1);
	if (way == CLOSED)
		expect_change(s, 0, p, HANDSHAKE_ABANDONED, VERDICT_CLOSED_BY_APPLICATION, side);
	else
		expect_change(s, 0, p, HANDSHAKE_FAILED, VERDICT_ALERT, side);
	assert_int_equal(s->changes[0].verdict.severity, way == ENCRYPTED ? SEVERITY_FAULT : SEVERITY_WARNING);
	assert_false(p->h->verdict.is_early);
	assert_string_equal(ending_name(p->h), way_names[way]);
	assert_int_equal(p->h->ending.by, by);
}

/* Nobody was silent for long: a side goes away in the middle of a lively handshake. */
static void ending_without_a_cause(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (int by = 0; by < PARTY_MAX; by++)
			for (int n = 0; n < 4 * WAYS; n++) {
				enum way way = n % WAYS;

				if (way == CLOSED ? !(at >> by & 1) : way == ENCRYPTED && by == PARTY_SERVER)
					continue;
				STORY_WITH(begin, s, p, at, n / WAYS);
				last_hello(&p);
				dtls_flight4(&p);
				if (way == ENCRYPTED)
					dtls_flight5(&p);
				stream_wait(&s, 20 * MS);
				end_by(&p, by, way);
				expect_ending_only(&s, &p, by, way);
				expect_silence(&s);
			}
}

/* Near: close_notify in answer to another is no move of the handshake. */
static void goodbye_is_answered(void **state)
{
	for (int late = 0; late < 2; late++) {
		STORY_WITH(begin, s, p, AT_BOTH, 0);
		hellos_read(&p);
		stream_until(&s, START + (late ? 8 : 4) * SEC);
		dtls_alert(&p, PARTY_CLIENT, DTLS_ALERT_WARNING, 0);
		dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_WARNING, 0);
		stream_wait(&s, SEC);
		expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_SILENT_AFTER_READ,
			      VERDICT_SIDE_SERVER);
		assert_int_equal(p.h->ending.by, PARTY_CLIENT);
		expect_silence(&s);
	}
}

/* Near: a server that goes away 2 s after the ClientHello was not silent for long. */
static void soon_is_not_silent(void **state)
{
	for (int n = 0; n < 4; n++) {
		STORY_WITH(begin, s, p, n & 1 ? AT_BOTH : AT_SERVER, 0);
		repeat(&p, dtls_flight1, 2);
		stream_until(&s, START + 2 * SEC);
		end_by(&p, PARTY_SERVER, n & 2 ? CLOSED : CLOSE_NOTIFY);
		expect_ending_only(&s, &p, PARTY_SERVER, n & 2 ? CLOSED : CLOSE_NOTIFY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cause_stays),
		cmocka_unit_test(cause_is_found_before_the_floor),
		cmocka_unit_test(who_cannot_decrypt_repeats_its_flight),
		cmocka_unit_test(who_decrypts_goes_on),
		cmocka_unit_test(reason_of_the_blamed_side_is_the_cause),
		cmocka_unit_test(reason_of_the_other_side_is_not),
		cmocka_unit_test(reason_before_the_floor),
		cmocka_unit_test(ending_without_a_cause),
		cmocka_unit_test(goodbye_is_answered),
		cmocka_unit_test(soon_is_not_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
