// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The last flight was lost and sent again: did it arrive? Only what its receiver sends then shows that. */
#include "stream_play.h"

static const struct handshake *settled;

static void on_settled(void *ctx, const struct handshake *h, uint64_t now)
{
	stream_on_settled(ctx, h, now);
	settled = h;
}

static void begin(struct play *y, unsigned n)
{
	const struct analysis_callbacks callbacks = {
		.ctx = &y->s, .datagram = stream_on_datagram, .handshake = stream_on_handshake, .unread = stream_on_unread, .settled = on_settled,
	};
	struct analysis_options opts = stream_options();

	play_begin(y, "unconfirmed", n, NULL);
	analysis_free(y->s.analysis);
	if (y->at == ON_WIRE)
		opts.sees_reads = opts.sees_drops = opts.sees_send_failures = false;
	y->s.analysis = analysis_new(&opts, &callbacks);
	assert_non_null(y->s.analysis);
	settled = NULL;
}

/* `copies` more of it, each for a copy of the flight before; then data or not. */
static void last_flight(bool goes_on, unsigned copies)
{
	static struct play y;

	for (unsigned n = 0; n < NUM_PLAYS; n++) {
		begin(&y, n);
		play_up_to(&y, play_last(&y));
		y.p.fate = copies ? LOST : ARRIVES;
		play_flight(&y, play_last(&y));
		y.p.fate = ARRIVES;
		for (unsigned i = 0; i < copies; i++) {
			stream_wait(&y.s, SEC);
			play_flight(&y, play_last(&y) - 1);
			stream_wait(&y.s, 10 * MS);
			play_flight(&y, play_last(&y));
		}
		stream_wait(&y.s, 10 * MS);
		if (goes_on)
			play_data(&y);
		stream_wait(&y.s, HOUR);
		if (!settled || settled->state != HANDSHAKE_COMPLETED)
			play_row(&y, play_last(&y), "completed");
		else if ((settled->verdict.confidence == CONFIDENCE_LIKELY) !=
			 ((copies && !goes_on && y.at != AT_BOTH) || !play_sees(&y, play_sender(play_last(&y)))))
			play_row(&y, play_last(&y), copies && !goes_on ? "likely" : "as sure as ever");
		stream_fini(&y.s);
	}
	play_report();
}

static void silence_after_a_repeat(void **state)
{
	last_flight(false, 1);
	last_flight(false, 2);
}

static void data_after_a_repeat(void **state)
{
	last_flight(true, 1);
}

static void silence_without_a_repeat(void **state)
{
	last_flight(false, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_after_a_repeat),
		cmocka_unit_test(data_after_a_repeat),
		cmocka_unit_test(silence_without_a_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
