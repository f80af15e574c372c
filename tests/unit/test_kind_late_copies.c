// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* After the last flight a stranger sends copies of earlier flights, in every combination. */
#include "stream_play.h"

static struct play y;

/* A stranger sends the flight with the address of `from`, and these record numbers. */
static void forge(int flight, uint64_t plain, uint64_t encrypted)
{
	enum party_role from = play_sender(flight);
	unsigned observers = y.s.observers;
	struct pair own = y.p;

	if (observers != ON_WIRE)
		y.s.observers &= ~(1u << from);
	y.p.seq[from][0] = plain;
	y.p.seq[from][1] = encrypted;
	y.p.cipher_seq[from] += 50;
	y.p.fate = ARRIVES;
	play_flight(&y, flight);
	memcpy(y.p.seq, own.seq, sizeof(own.seq));
	memcpy(y.p.cipher_seq, own.cipher_seq, sizeof(own.cipher_seq));
	y.p.fate = own.fate;
	y.s.observers = observers;
}

static void finish(void)
{
	play_up_to(&y, play_last(&y));
	play_flight(&y, play_last(&y));
	stream_wait(&y.s, 10 * MS);
}

/* --- copies of what the sender of the last flight sent before it --- */

enum going_on { IDLE, DATA_BEFORE, DATA_GOES_ON };

/* For good, and without a fault that was taken back. Whether record numbers were reused may be told. */
static void expect_completed(int flight)
{
	stream_wait(&y.s, HOUR);
	if (y.p.h->state != HANDSHAKE_COMPLETED || y.s.num_changes != 1 || y.s.faults)
		play_row(&y, flight, "completed, and nothing else");
}

/* The earlier flight 1.1 s apart, as an outsider sends it who knows the addresses, or who has copied it on the path. */
static void send_earlier(int flight, uint64_t number, uint64_t step, enum going_on data)
{
	finish();
	if (data)
		play_data(&y);
	stream_wait(&y.s, 2300 * MS);
	for (int i = 0; i < 6; i++) {
		forge(flight, number + i * step, 0);
		if (data == DATA_GOES_ON)
			play_data(&y);
		stream_wait(&y.s, 1100 * MS);
	}
	expect_completed(flight);
}

/* Nothing in plaintext opens a handshake again that its receiver completed: it has sent data since. */
static void earlier_flights_after_data(void **state)
{
	static const uint64_t numbers[] = { 0, 3, 50 };

	for (int data = DATA_BEFORE; data <= DATA_GOES_ON; data++)
		for (int flight = 1; flight <= 4; flight++)
			for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
				FOR_EACH_PLAY(&y, data == DATA_BEFORE ? "earlier flight, data" : "earlier flight, live data", NULL)
					if (play_sender(flight) == play_sender(play_last(&y)) && (flight == 2 || play_has(&y, flight)) &&
					    !(flight == 2 && play_is13(&y) && !y.cookie))
						send_earlier(flight, numbers[n], 3, data);
	play_report();
}

/* Nor if it sends none: no cookie request comes without a ClientHello, and whoever sends the rest knows the last flight's numbers. */
static void earlier_flights_without_data(void **state)
{
	for (int flight = 1; flight <= 4; flight++)
		FOR_EACH_PLAY(&y, "earlier flight, idle", NULL)
			if (!play_is13(&y) && play_sender(flight) == play_sender(play_last(&y)) && (flight == 2 || play_has(&y, flight)))
				send_earlier(flight, flight == 2 ? 0 : 50, 3, IDLE);
	play_report();
}

/*
 * Near: the last flight is a stranger's, and its alleged sender goes on with the flight before it, since it has no answer. The other
 * side has no timer.
 */
static void last_flight_is_forged(void **state)
{
	for (int guess = 0; guess < 4; guess++)
		FOR_EACH_PLAY(&y, "forged last flight, no timer", NULL) {
			int last = play_last(&y);
			enum party_role owner = play_sender(last);
			struct wanted w = { "stuck", "not-retransmitting", party_role_name(party_peer(owner)), .likely = true };

			/* What a resumed handshake's client lacks, its server sends when the ClientHello comes again. */
			if (play_is13(&y) || y.resumed || !play_sees(&y, party_peer(owner)) || play_sees(&y, owner))
				continue;
			play_up_to(&y, last - 1);
			play_lost(&y, last - 1);
			stream_wait(&y.s, 100 * MS);
			forge(last, y.p.seq[owner][0] + guess, 0);
			stream_wait(&y.s, 900 * MS);
			play_repeat(&y, last - 2, 0, 5, ARRIVES);
			stream_wait(&y.s, 10 * SEC);
			play_expect(&y, last, &w);
		}
	play_report();
}

/* Near: flight 4 is a stranger's. The client asks again, and gets another cookie request each time. */
static void cookie_request_is_answered(void **state)
{
	FOR_EACH_PLAY(&y, "forged flight 4, cookie requests", NULL) {
		static const struct wanted w = { .states = "stuck", .codes = "cookie-loop,answer-ignored", .sides = "*" };

		if (play_is13(&y) || y.resumed || !y.cookie || y.at == AT_SERVER)
			continue;
		play_up_to(&y, 4);
		forge(4, y.p.seq[PARTY_SERVER][0], 0);
		stream_wait(&y.s, SEC);
		play_repeat(&y, 3, 2, 6, ARRIVES);
		stream_wait(&y.s, 10 * SEC);
		play_expect(&y, 4, &w);
	}
	play_report();
}

/* --- data and last flights that somebody else sent, while the receiver of the last flight repeats its own --- */

/* Data with the address of this side. */
static void forge_data(enum party_role from)
{
	unsigned observers = y.s.observers;
	struct pair own = y.p;

	if (observers != ON_WIRE)
		y.s.observers &= ~(1u << from);
	y.p.fate = ARRIVES;
	y.p.seq[from][1] += 5;
	(play_is13(&y) ? dtls13_data : dtls_data)(&y.p, from);
	memcpy(y.p.seq, own.seq, sizeof(own.seq));
	y.p.fate = own.fate;
	y.s.observers = observers;
}

/* Where the last flight is sent, each repeat is answered, in vain. Data that came before them completes nothing. */
static void data_before_answers_in_vain(void **state)
{
	for (int num = 1; num <= 3; num++)
		FOR_EACH_PLAY(&y, "forged data, answers in vain", NULL) {
			int last = play_last(&y);
			enum party_role owner = play_sender(last), peer = party_peer(owner);
			struct wanted w = { .states = "stuck", .codes = "answer-unacknowledged,cannot-decrypt", .sides = "*", .likely = true };

			if (!play_sees(&y, owner) || play_sees(&y, peer))
				continue;
			play_up_to(&y, last);
			play_lost(&y, last);
			for (int i = 0; i < num; i++) {
				stream_wait(&y.s, 50 * MS);
				forge_data(peer);
			}
			stream_wait(&y.s, SEC);
			play_repeat(&y, last - 1, last, 6, LOST);
			stream_wait(&y.s, SEC);
			play_expect(&y, last, &w);
		}
	play_report();
}

/* Near: the third answer arrives, and the other side goes on with data. */
static void data_after_answers(void **state)
{
	static const struct wanted healthy = { .states = "completed", .codes = "completed", .sides = "*" };

	FOR_EACH_PLAY(&y, "data after answers", NULL) {
		int last = play_last(&y);
		enum party_role owner = play_sender(last);

		if (!play_sees(&y, owner) || play_sees(&y, party_peer(owner)))
			continue;
		play_up_to(&y, last);
		play_lost(&y, last);
		stream_wait(&y.s, SEC);
		play_repeat(&y, last - 1, last, 2, LOST);
		stream_wait(&y.s, SEC);
		play_flight(&y, last - 1);
		play_flight(&y, last);
		play_data(&y);
		play_expect_healthy(&y, last, &healthy);
	}
	play_report();
}

/* The last flight comes after each repeat, and its receiver, whose socket is here, reads it and repeats its own all the same. */
static void take_forged_last(int copies)
{
	int last = play_last(&y);

	play_up_to(&y, last - 1);
	for (int i = 0; i < copies; i++) {
		play_lost(&y, last - 1);
		stream_wait(&y.s, 60 * MS);
		forge(last, y.p.seq[play_sender(last)][0] + i, i);
		stream_wait(&y.s, SEC << i);
	}
}

/* After two of these, one more is not enough while the next repeat is not overdue; near: its receiver sends data, or no repeat any more. */
static void last_flights_in_vain(void **state)
{
	for (int end = 0; end < 3; end++)
		FOR_EACH_PLAY(&y, end ? "forged last flights, then done" : "forged last flights", NULL) {
			int last = play_last(&y);
			enum party_role owner = play_sender(last);
			struct wanted stuck = { .states = "stuck,in-progress", .codes = "*", .sides = "*" };
			struct wanted done = { .states = "completed", .codes = "completed", .sides = "*", .likely = true };

			if (play_is13(&y) || !play_sees(&y, party_peer(owner)) || play_sees(&y, owner))
				continue;
			take_forged_last(4);
			/* What it read last was the answer of its peer. */
			if (end == 1)
				dtls_data(&y.p, party_peer(owner));
			stream_wait(&y.s, end == 2 ? 60 * SEC : 2 * SEC);
			play_expect(&y, last, end ? &done : &stuck);
		}
	play_report();
}

/* --- replays of the flight before the last one --- */

/*
 * Copies of what was sent on the path: its Finished has the number of before. Those in plaintext have it, too, or `fresh` ones. The
 * sender of the last flight may answer each.
 */
static void send_replays(uint64_t fresh, bool answered, enum going_on data)
{
	int last = play_last(&y);
	uint64_t plain;

	play_up_to(&y, last - 1);
	plain = y.p.seq[play_sender(last - 1)][0];
	play_flight(&y, last - 1);
	stream_wait(&y.s, 10 * MS);
	play_flight(&y, last);
	if (data)
		play_data(&y);
	stream_wait(&y.s, 2300 * MS);
	for (int i = 0; i < 6; i++) {
		forge(last - 1, fresh ? fresh + 3 * i : plain, 0);
		if (answered)
			play_flight(&y, last);
		if (data == DATA_GOES_ON)
			play_data(&y);
		stream_wait(&y.s, 1100 * MS);
	}
}

/* Nobody but who copied it numbers a part of a flight anew: nothing is repeated, and no time is spent waiting. */
static void replays_with_new_numbers_in_plaintext(void **state)
{
	for (int kind = 0; kind < 6; kind++)
		FOR_EACH_PLAY(&y, kind & 1 ? "replays, answered" : "replays", NULL) {
			enum party_role from = play_sender(play_last(&y) - 1);

			if (play_is13(&y) || y.at == (1u << from))
				continue;
			send_replays(50, kind & 1, kind / 2);
			expect_completed(play_last(&y) - 1);
			if (y.p.h->party[from].retransmissions || y.p.h->party[from].waited_ns)
				play_row(&y, play_last(&y) - 1, "nothing is repeated");
		}
	play_report();
}

/*
 * With all of the old numbers its sender may have resent stored bytes. Nothing shows that it did: no socket here; and it sends data, as
 * whoever lacks the last flight does not.
 */
static void exact_replays(void **state)
{
	for (int kind = 0; kind < 6; kind++)
		FOR_EACH_PLAY(&y, kind & 1 ? "exact replays, answered" : "exact replays", NULL) {
			enum party_role from = play_sender(play_last(&y) - 1);

			if (play_is13(&y) || y.at == (1u << from) || (!(kind / 2) && (kind & 1 || y.at == ON_WIRE)))
				continue;
			send_replays(0, kind & 1, kind / 2);
			expect_completed(play_last(&y) - 1);
		}
	play_report();
}

/* Near: the socket of its sender is here: it reuses its numbers, and gets no answer. */
static void numbers_are_reused_here(void **state)
{
	static const struct odd odd = { .same_numbers = true };

	FOR_EACH_PLAY(&y, "reused numbers", &odd) {
		int last = play_last(&y);
		enum party_role owner = play_sender(last);
		struct wanted w = {
			.states = "stuck", .codes = "last-flight-not-resent", .sides = party_role_name(party_peer(owner)), .likely = true,
			.words = "record numbers of the first copy",
		};

		uint64_t first[PARTY_MAX][2];

		if (play_is13(&y) || y.at != AT_BOTH)
			continue;
		play_up_to(&y, last - 1);
		memcpy(first, y.p.seq, sizeof(first));
		play_flight(&y, last - 1);
		memcpy(y.p.seq[party_peer(owner)], first[party_peer(owner)], sizeof(first[0]));
		play_lost(&y, last);
		stream_wait(&y.s, SEC);
		play_repeat(&y, last - 1, 0, 6, ARRIVES);
		stream_wait(&y.s, 10 * SEC);
		play_expect(&y, last - 1, &w);
	}
	play_report();
}

/* Near: a stranger has used the number of the Finished before; the flight and its copies are genuine, and wait for the last one. */
static void number_of_finished_was_used(void **state)
{
	FOR_EACH_PLAY(&y, "used number", NULL) {
		int last = play_last(&y);
		enum party_role owner = play_sender(last), peer = party_peer(owner);
		struct wanted w = { .states = "stuck", .codes = "last-flight-not-resent", .sides = party_role_name(owner), .likely = true };
		unsigned observers = y.s.observers;

		if (play_is13(&y) || !play_sees(&y, owner) || play_sees(&y, peer))
			continue;
		play_up_to(&y, last - 1);
		y.s.observers &= ~(1u << peer);
		dtls_record_add(&y.p, peer, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
		pair_flush(&y.p);
		y.s.observers = observers;
		y.p.seq[peer][1] = 0;
		stream_wait(&y.s, 50 * MS);
		play_flight(&y, last - 1);
		stream_wait(&y.s, 10 * MS);
		play_flight(&y, last);
		stream_wait(&y.s, SEC);
		play_repeat(&y, last - 1, 0, 6, ARRIVES);
		stream_wait(&y.s, 10 * SEC);
		play_expect(&y, last - 1, &w);
	}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(earlier_flights_after_data),
		cmocka_unit_test(earlier_flights_without_data),
		cmocka_unit_test(last_flight_is_forged),
		cmocka_unit_test(cookie_request_is_answered),
		cmocka_unit_test(data_before_answers_in_vain),
		cmocka_unit_test(data_after_answers),
		cmocka_unit_test(last_flights_in_vain),
		cmocka_unit_test(replays_with_new_numbers_in_plaintext),
		cmocka_unit_test(exact_replays),
		cmocka_unit_test(numbers_are_reused_here),
		cmocka_unit_test(number_of_finished_was_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
