// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ClientHellos that somebody forges between the two ends of an association which goes on, and what comes close: ends that
 * really begin again.
 */
#include "stream_play.h"

/* Who seems to send them: bits AT_CLIENT and AT_SERVER. */
static const unsigned senders[] = { AT_CLIENT, AT_SERVER, AT_BOTH };

/* A ClientHello that came from elsewhere is seen where it arrives only. `q` is seen as its roles are in it. */
static void forged_hello(struct play *y, struct pair *q, bool reversed)
{
	bool arrives_here = y->at & (reversed ? AT_CLIENT : AT_SERVER);

	y->s.observers = y->at == ON_WIRE ? ON_WIRE : arrives_here ? AT_SERVER : 0;
	dtls_flight1(q);
	y->s.observers = y->at;
}

static void begin_again(struct play *y, struct pair *same, struct pair *reversed)
{
	*same = y->p;
	same->random = 0x33;
	memset(same->seq, 0, sizeof(same->seq));
	pair_reverse(reversed, same);
	reversed->random = 0x44;
}

static void hellos_beside_an_association(void **state)
{
	struct pair same, reversed;
	struct play y;

	for (size_t n = 0; n < sizeof(senders) / sizeof(senders[0]); n++)
		for (int closes = 0; closes < 2; closes++)
			FOR_EACH_PLAY(&y, "goes on", NULL) {
				play_up_to(&y, FLIGHT_CONFIRM + 1);
				play_data(&y);
				begin_again(&y, &same, &reversed);
				for (int copy = 0; copy < 3; copy++) {
					if (senders[n] & AT_CLIENT)
						forged_hello(&y, &same, false);
					if (senders[n] & AT_SERVER)
						forged_hello(&y, &reversed, true);
					stream_wait(&y.s, SEC);
				}
				play_data(&y);
				stream_wait(&y.s, SEC);
				if (closes)
					play_alert(&y, PARTY_CLIENT, FLIGHT_CONFIRM, 1, 0);
				stream_wait(&y.s, HOUR);
				analysis_finish(y.s.analysis, y.s.now);
				if (y.s.faults || y.s.changes[0].verdict.code != VERDICT_COMPLETED)
					play_row(&y, FLIGHT_CONFIRM, "no fault at any time");
			}
	play_report();
}

/* Both ends begin again, and neither sends data any more: what each sends is seen at its socket, or passes. */
static void ends_that_begin_again(void **state)
{
	struct pair same, reversed;
	struct play y;

	FOR_EACH_PLAY(&y, "begins again", NULL) {
		play_up_to(&y, FLIGHT_CONFIRM + 1);
		play_data(&y);
		begin_again(&y, &same, &reversed);
		for (int copy = 0; copy < 3; copy++) {
			dtls_flight1(&same);
			y.s.observers = y.at == AT_CLIENT ? AT_SERVER : y.at == AT_SERVER ? AT_CLIENT : y.at;
			dtls_flight1(&reversed);
			y.s.observers = y.at;
			stream_wait(&y.s, SEC << copy);
		}
		stream_wait(&y.s, 2 * FLOOR);
		assert_true(y.s.faults > 0);
		assert_int_equal(y.s.changes[1].verdict.code, VERDICT_ROLE_CONFLICT);
		assert_int_equal(y.s.changes[1].state, HANDSHAKE_STUCK);
	}
}

/* Data that was on the way when its sender lost the association shows nothing. */
static void data_on_the_way(void **state)
{
	struct pair same, reversed;
	struct play y;

	FOR_EACH_PLAY(&y, "late data", NULL) {
		play_up_to(&y, FLIGHT_CONFIRM + 1);
		play_data(&y);
		begin_again(&y, &same, &reversed);
		for (int copy = 0; copy < 3; copy++) {
			dtls_flight1(&same);
			if (!copy)
				(play_is13(&y) ? dtls13_data : dtls_data)(&y.p, PARTY_CLIENT);
			stream_wait(&y.s, SEC << copy);
		}
		stream_wait(&y.s, HOUR);
		assert_true(y.s.faults > 0);
	}
}

/* --- beside an association that is idle --- */

/* How the copies of a forged ClientHello come. */
enum forged_as {
	AS_STORED,	/* the same bytes, in the time of a timer */
	AS_A_LOOP,	/* with new record numbers, one a second */
	AS_FAR,		/* like a client's, but its record numbers begin anywhere */
	AS_WITH_COOKIE,	/* a later ClientHello, once a second */
	AS_A_CLIENT,	/* like one that has lost the association and waits: nobody can tell */
	FORGED_AS_MAX,
};

static void forge_series(struct play *y, struct pair *q, bool reversed, enum forged_as as)
{
	bool is_timed = as == AS_STORED || as == AS_FAR || as == AS_A_CLIENT;

	q->cookie = as == AS_WITH_COOKIE;
	for (int copy = 0; copy < 5; copy++) {
		if (as == AS_STORED)
			q->seq[PARTY_CLIENT][0] = 0;
		else if (as == AS_FAR && !copy)
			q->seq[PARTY_CLIENT][0] = 5000;
		if (as == AS_WITH_COOKIE) {
			y->s.observers = y->at == ON_WIRE ? ON_WIRE : y->at & (reversed ? AT_CLIENT : AT_SERVER) ? AT_SERVER : 0;
			dtls_flight3(q);
			y->s.observers = y->at;
		} else {
			forged_hello(y, q, reversed);
		}
		stream_wait(&y->s, is_timed ? SEC << copy : SEC);
	}
}

static const struct change *latest_of(const struct play *y, const struct pair *q)
{
	const struct change *found = NULL;

	for (uint32_t i = 0; i < y->s.num_changes; i++)
		if (y->s.changes[i].id == q->id)
			found = &y->s.changes[i];
	return found;
}

/* Nothing shows that the client has sent them: it is no fault to ignore them. */
static void forged_series_beside_an_idle_association(void **state)
{
	struct pair same, reversed;
	struct play y;

	for (int as = 0; as < AS_A_CLIENT; as++)
		for (int turned = 0; turned < 2; turned++)
			FOR_EACH_PLAY(&y, "idle", NULL) {
				play_up_to(&y, FLIGHT_CONFIRM + 1);
				stream_wait(&y.s, 30 * SEC);
				begin_again(&y, &same, &reversed);
				forge_series(&y, turned ? &reversed : &same, turned, as);
				stream_wait(&y.s, HOUR);
				analysis_finish(y.s.analysis, y.s.now);
				if (y.s.faults || y.s.changes[0].verdict.code != VERDICT_COMPLETED)
					play_row(&y, as, "no fault at any time");
			}
	play_report();
}

/* Each has another random: after the first few, the association has left the flow. */
static void many_forged_hellos(void **state)
{
	struct pair same, reversed;
	struct play y;

	for (int turned = 0; turned < 2; turned++)
		FOR_EACH_PLAY(&y, "many", NULL) {
			play_up_to(&y, FLIGHT_CONFIRM + 1);
			stream_wait(&y.s, 30 * SEC);
			for (int n = 0; n < 8; n++) {
				begin_again(&y, &same, &reversed);
				same.random = reversed.random = 0x50 + n;
				forged_hello(&y, turned ? &reversed : &same, turned);
				stream_wait(&y.s, SEC);
			}
			stream_wait(&y.s, HOUR);
			analysis_finish(y.s.analysis, y.s.now);
			for (uint32_t i = 1; i < y.s.num_changes && i < STREAM_MAX_CHANGES; i++)
				if (y.s.changes[i].verdict.code != VERDICT_COMPLETED && y.s.changes[i].verdict.code != VERDICT_NONE)
					play_row(&y, FLIGHT_CLIENT_HELLO, "nothing is said of them");
		}
	play_report();
}

/* It is told all the same: the client may have an odd timer. Then it says something again, so it has not sent them. */
static void until_the_client_says_something(void **state)
{
	const struct change *said;
	struct pair same, reversed;
	struct play y;

	for (int as = 0; as < FORGED_AS_MAX; as++)
		FOR_EACH_PLAY(&y, "closes", NULL) {
			if (y.at == AT_CLIENT || y.at == AT_BOTH || as == AS_WITH_COOKIE)
				continue;
			play_up_to(&y, FLIGHT_CONFIRM + 1);
			stream_wait(&y.s, 30 * SEC);
			begin_again(&y, &same, &reversed);
			forge_series(&y, &same, false, as);
			stream_wait(&y.s, FLOOR);
			said = latest_of(&y, &same);
			if (!said || said->verdict.code != VERDICT_REHANDSHAKE_IGNORED || said->state != HANDSHAKE_STUCK ||
			    said->verdict.confidence != CONFIDENCE_LIKELY ||
			    said->verdict.severity != (as == AS_A_CLIENT ? SEVERITY_FAULT : SEVERITY_WARNING))
				play_row(&y, as, "the server ignores it, likely; a fault where it looks like a client");
			play_alert(&y, PARTY_CLIENT, FLIGHT_CONFIRM, 1, 0);
			stream_wait(&y.s, HOUR);
			said = latest_of(&y, &same);
			if (!said || said->state == HANDSHAKE_STUCK || said->verdict.code != VERDICT_NONE)
				play_row(&y, as, "it is taken back");
		}
	play_report();
}

/* Near: a client that has lost the association begins again from the same port, and is ignored. */
static void a_client_that_lost_the_association(void **state)
{
	const struct change *said;
	struct pair same, reversed;
	struct play y;

	FOR_EACH_PLAY(&y, "lost", NULL) {
		play_up_to(&y, FLIGHT_CONFIRM + 1);
		stream_wait(&y.s, 30 * SEC);
		begin_again(&y, &same, &reversed);
		repeat(&same, dtls_flight1, 4);
		stream_wait(&y.s, FLOOR);
		said = latest_of(&y, &same);
		if (!said || said->verdict.code != VERDICT_REHANDSHAKE_IGNORED || said->verdict.severity != SEVERITY_FAULT ||
		    said->verdict.confidence != (y.at == AT_BOTH ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY))
			play_row(&y, FLIGHT_CLIENT_HELLO, "rehandshake-ignored");
	}
	play_report();
}

/* Near: its second copy is lost on the way; when its timer shows, the warning becomes a fault. */
static void when_its_timer_shows(void **state)
{
	uint64_t start;
	struct pair q;
	STORY(s, p, AT_SERVER);

	dtls_full(&p);
	stream_wait(&s, 30 * SEC);
	start = s.now;
	pair_init(&q, &s, 30041, 0x22);
	for (int copy = 0; copy < 5; copy++) {
		stream_until(&s, start + ((1u << copy) - 1) * SEC);
		q.fate = copy == 1 ? LOST : ARRIVES;
		dtls_flight1(&q);
	}
	stream_wait(&s, 2 * SEC);
	assert_int_equal(s.num_changes, 3);
	expect_change(&s, 1, &q, HANDSHAKE_STUCK, VERDICT_REHANDSHAKE_IGNORED, VERDICT_SIDE_SERVER);
	assert_int_equal(s.changes[1].verdict.severity, SEVERITY_WARNING);
	assert_non_null(strstr(s.changes[1].verdict.evidence[3], "anybody may have sent these ClientHellos"));
	expect_change(&s, 2, &q, HANDSHAKE_STUCK, VERDICT_REHANDSHAKE_IGNORED, VERDICT_SIDE_SERVER);
	assert_int_equal(s.changes[2].verdict.severity, SEVERITY_FAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forged_series_beside_an_idle_association),
		cmocka_unit_test(many_forged_hellos),
		cmocka_unit_test(until_the_client_says_something),
		cmocka_unit_test(a_client_that_lost_the_association),
		cmocka_unit_test(when_its_timer_shows),
		cmocka_unit_test(hellos_beside_an_association),
		cmocka_unit_test(ends_that_begin_again),
		cmocka_unit_test(data_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
