// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The last flight was sent once and its peer repeats the flight before, in every combination. */
#include "stream_play.h"

static struct play y;

/* The flight before the last one is sent `copies` times after it; the last one had this fate. */
static void repeat_last_but_one(unsigned copies, enum fate fate)
{
	int last = play_last(&y);

	play_up_to(&y, last);
	y.p.fate = fate;
	play_flight(&y, last);
	y.p.fate = ARRIVES;
	stream_wait(&y.s, SEC);
	play_repeat(&y, last - 1, 0, copies, ARRIVES);
}

static void it_is_not_sent_again(void **state)
{
	for (int lost = 0; lost < 2; lost++)
		FOR_EACH_PLAY(&y, lost ? "lost" : "arrives", NULL) {
			enum party_role owner = play_sender(play_last(&y));
			struct wanted w = { "stuck", "last-flight-not-resent", party_role_name(owner), .likely = !play_sees(&y, owner) };

			repeat_last_but_one(6, lost ? LOST : ARRIVES);
			stream_wait(&y.s, 10 * SEC);
			/* Who repeats its flight may have got a forged one: then the last flight was lost. */
			if (!play_sees(&y, owner) && y.at != ON_WIRE)
				w.codes = lost ? "peer-silent" : "peer-silent,last-flight-not-resent";
			play_expect(&y, play_last(&y), &w);
		}
	play_report();
}

/* Near: one repeat may have crossed it. */
static void one_repeat(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	FOR_EACH_PLAY(&y, "one repeat", NULL) {
		repeat_last_but_one(1, ARRIVES);
		play_data(&y);
		play_expect_healthy(&y, play_last(&y), &w);
	}
	play_report();
}

/* Near: two answers are lost, and the third arrives. */
static void each_repeat_is_answered(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	FOR_EACH_PLAY(&y, "answered", NULL) {
		int last = play_last(&y);

		play_up_to(&y, last - 1);
		play_repeat(&y, last - 1, last, 2, LOST);
		stream_wait(&y.s, SEC);
		play_flight(&y, last - 1);
		play_flight(&y, last);
		play_data(&y);
		play_expect_healthy(&y, last, &w);
	}
	play_report();
}

/*
 * After the last flight both sides send data, its owner last; then the flight before it comes again and again. A stranger can
 * send those copies, but not make the owner answer data: healthy, if the other side is elsewhere. Near: only one side sends data,
 * which may be the stranger's or early.
 */
static void copies_beside_data(void **state)
{
	static const struct wanted healthy = { .states = "completed", .codes = "completed", .sides = "*" };

	for (unsigned senders = 1; senders < 4; senders++)
		FOR_EACH_PLAY(&y, "data and copies", NULL) {
			int last = play_last(&y);
			enum party_role owner = play_sender(last);
			struct wanted w = { "stuck", "last-flight-not-resent", party_role_name(owner), .likely = true };

			if (!play_sees(&y, owner) || play_sees(&y, party_peer(owner)))
				continue;
			play_up_to(&y, last);
			play_flight(&y, last);
			stream_wait(&y.s, 100 * MS);
			for (int role = 0; role < PARTY_MAX; role++) {
				enum party_role from = role ? owner : party_peer(owner);

				if (senders >> role & 1)
					(play_is13(&y) ? dtls13_data : dtls_data)(&y.p, from);
			}
			stream_wait(&y.s, SEC);
			play_repeat(&y, last - 1, 0, 6, ARRIVES);
			stream_wait(&y.s, 10 * SEC);
			if (senders == 3)
				play_expect_healthy(&y, last, &healthy);
			else
				play_expect(&y, last, &w);
		}
	play_report();
}

/* The flight before the last one six times, and after each copy data of this side. */
static void repeat_beside_data(int last, enum party_role from)
{
	for (int i = 0; i < 6; i++) {
		play_flight(&y, last - 1);
		stream_wait(&y.s, 300 * MS);
		(play_is13(&y) ? dtls13_data : dtls_data)(&y.p, from);
		stream_wait(&y.s, SEC << i);
	}
}

/*
 * Only one side sends data, before the copies and after each of them. Who lacks the last flight sends none in DTLS 1.2 (RFC 5246
 * s7.4.9): data of the side that seems to repeat its flight says that a stranger does. Near: data of the other side says nothing.
 */
static void copies_between_data(void **state)
{
	static const struct wanted healthy = { .states = "completed", .codes = "completed", .sides = "*" };

	for (int role = 0; role < PARTY_MAX; role++)
		FOR_EACH_PLAY(&y, role ? "the owner sends data" : "the other side sends data", NULL) {
			int last = play_last(&y);
			enum party_role owner = play_sender(last), from = role ? owner : party_peer(owner);
			struct wanted w = { "stuck", "last-flight-not-resent", party_role_name(owner), .likely = true };

			if (play_sees(&y, party_peer(owner)))
				continue;
			play_up_to(&y, last);
			play_flight(&y, last);
			stream_wait(&y.s, 100 * MS);
			(play_is13(&y) ? dtls13_data : dtls_data)(&y.p, from);
			stream_wait(&y.s, SEC);
			repeat_beside_data(last, from);
			stream_wait(&y.s, 10 * SEC);
			if (role)
				play_expect(&y, last, &w);
			else
				play_expect_healthy(&y, last, &healthy);
		}
	play_report();
}

/* The data comes late, after the verdict: that is taken back. But anybody may have sent the data. */
static void data_after_copies(void **state)
{
	static const struct wanted healthy = { .states = "completed", .codes = "completed", .sides = "*", .likely = true };

	FOR_EACH_PLAY(&y, "data after the copies", NULL) {
		int last = play_last(&y);
		enum party_role owner = play_sender(last);

		if (play_sees(&y, party_peer(owner)))
			continue;
		play_up_to(&y, last);
		play_flight(&y, last);
		stream_wait(&y.s, 100 * MS);
		(play_is13(&y) ? dtls13_data : dtls_data)(&y.p, party_peer(owner));
		stream_wait(&y.s, SEC);
		play_repeat(&y, last - 1, 0, 6, ARRIVES);
		stream_wait(&y.s, 10 * SEC);
		(play_is13(&y) ? dtls13_data : dtls_data)(&y.p, party_peer(owner));
		stream_wait(&y.s, HOUR);
		play_expect(&y, last, &healthy);
	}
	play_report();
}

/* A Finished and data with the headers of DTLS 1.2 take no verdict back in DTLS 1.3, where nobody sends them (RFC 9147 s4). */
static void data_of_another_version(void **state)
{
	FOR_EACH_PLAY(&y, "data of another version", NULL) {
		int last = play_last(&y);
		enum party_role owner = play_sender(last);
		struct wanted w = { "stuck", "last-flight-not-resent", party_role_name(owner), .likely = true };

		if (!play_is13(&y) || play_sees(&y, party_peer(owner)))
			continue;
		play_up_to(&y, last);
		play_flight(&y, last);
		stream_wait(&y.s, SEC);
		play_repeat(&y, last - 1, 0, 5, ARRIVES);
		stream_wait(&y.s, 10 * SEC);
		play_expect(&y, last, &w);
		dtls_finished(&y.p, party_peer(owner));
		dtls_record_add(&y.p, party_peer(owner), DTLS_CT_APPLICATION_DATA, 1, 64);
		pair_flush(&y.p);
		stream_wait(&y.s, 10 * SEC);
		play_expect(&y, last, &w);
	}
	play_report();
}

/* --- not-reading: the repeats stay in the queue of the side that has completed the handshake --- */

/* The last flight is lost, and then its owner reads nothing. */
static void leave_unread(unsigned copies)
{
	int last = play_last(&y);

	play_up_to(&y, last);
	play_lost(&y, last);
	y.p.unread = true;
	stream_wait(&y.s, SEC);
	play_repeat(&y, last - 1, 0, copies, ARRIVES);
}

static void repeats_are_not_read(void **state)
{
	FOR_EACH_PLAY(&y, "unread", NULL) {
		enum party_role owner = play_sender(play_last(&y));
		struct wanted w = {
			.states = "stuck", .codes = "not-reading", .sides = party_role_name(owner),
			.words = play_is13(&y) ? NULL : "of these copies came after the last flight",
			.likely = !play_sees(&y, party_peer(owner)),
		};

		if (!play_sees(&y, owner))
			continue;
		leave_unread(4);
		play_expect(&y, play_last(&y), &w);
		/* Its peer may be on another host: then the first floor after the first repeat decides, not the end. */
		if (y.s.changes[y.s.num_changes - 1].now > START + 8 * SEC)
			play_row(&y, play_last(&y), "it is told late");
	}
	play_report();
}

/* Near: it reads them late, and answers. */
static void repeats_are_read_late(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	FOR_EACH_PLAY(&y, "read late", NULL) {
		int last = play_last(&y);
		enum party_role owner = play_sender(last);
		uint64_t first;

		if (!play_sees(&y, owner))
			continue;
		play_up_to(&y, last);
		play_lost(&y, last);
		y.p.unread = true;
		first = y.s.arrived[y.p.socket[owner]];
		stream_wait(&y.s, SEC);
		play_repeat(&y, last - 1, 0, 3, ARRIVES);
		stream_wait(&y.s, SEC);
		y.p.unread = false;
		for (uint64_t n = first + 1; n <= y.s.arrived[y.p.socket[owner]]; n++)
			pair_read(&y.p, owner, n, 100);
		play_flight(&y, last);
		play_data(&y);
		play_expect_healthy(&y, last, &w);
	}
	play_report();
}

/* Near: the last flight arrives, and the other side goes on with data. That may stay unread, as may the repeats before it. */
static void data_comes_after_unread_repeats(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	for (unsigned copies = 1; copies <= 2; copies++)
		FOR_EACH_PLAY(&y, "data", NULL) {
			enum party_role owner = play_sender(play_last(&y));

			if (!play_sees(&y, owner) || play_sees(&y, party_peer(owner)))
				continue;
			leave_unread(copies);
			(play_is13(&y) ? dtls13_data : dtls_data)(&y.p, party_peer(owner));
			play_expect_healthy(&y, play_last(&y), &w);
		}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_not_sent_again),
		cmocka_unit_test(one_repeat),
		cmocka_unit_test(each_repeat_is_answered),
		cmocka_unit_test(copies_beside_data),
		cmocka_unit_test(copies_between_data),
		cmocka_unit_test(data_after_copies),
		cmocka_unit_test(data_of_another_version),
		cmocka_unit_test(repeats_are_not_read),
		cmocka_unit_test(repeats_are_read_late),
		cmocka_unit_test(data_comes_after_unread_repeats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
