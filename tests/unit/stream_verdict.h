/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is expected of verdicts, on the hosts of stream.h. */
#ifndef DTLSNOOP_TEST_STREAM_VERDICT_H
#define DTLSNOOP_TEST_STREAM_VERDICT_H

#include "stream_dtls.h"

/* Nothing happens until `at`; then exactly this is reported, within the analysis' own step. */
static inline void expect_stuck_at(struct stream *s, const struct pair *p, uint64_t at,
			    enum verdict_code code, enum verdict_side side)
{
	uint32_t index = s->num_changes;
	uint64_t deadline;

	stream_until(s, at - 1);
	assert_int_equal(s->num_changes, index);
	deadline = analysis_advance(s->analysis, s->now);
	assert_in_range(deadline, at, at + 100 * MS);
	stream_until(s, deadline);
	assert_int_equal(s->num_changes, index + 1);
	expect_change(s, index, p, HANDSHAKE_STUCK, code, side);
	assert_int_equal(s->changes[index].now, deadline);
	assert_int_equal(s->changes[index].verdict.severity, SEVERITY_FAULT);
	assert_true(s->changes[index].verdict.hint[0]);
}

/* The condition itself, to the nanosecond: not 1 ns before `at`, but at `at`. */
static inline void expect_exactly(const struct pair *p, uint64_t at, enum verdict_code code,
			   enum verdict_side side)
{
	const struct verdict_options opts = { .floor_ns = FLOOR };
	struct claim claim;
	uint64_t due = 0;

	claim = verdict_stuck(p->h, &opts, at - 1, &due);
	assert_int_equal(claim.code, VERDICT_NONE);
	assert_int_equal(due, at);
	claim = verdict_stuck(p->h, &opts, at, &due);
	assert_int_equal(claim.code, code);
	assert_int_equal(claim.side, side);
	assert_int_equal(claim.since_ns, at);
}

/* What was said last. */
static inline const struct verdict *latest_verdict(const struct stream *s)
{
	return &stream_change(s, s->num_changes - 1)->verdict;
}

static inline bool verdict_has_evidence(const struct verdict *v, const char *part)
{
	for (uint32_t i = 0; i < v->num_evidence; i++)
		if (strstr(v->evidence[i], part))
			return true;
	return false;
}

/* Does it have this note now, with this text somewhere in it? */
static inline bool has_note(const struct pair *p, enum note_code code, const char *part)
{
	char text[VERDICT_TEXT_LEN];

	return note_write(p->h, code, text) && strstr(text, part);
}

/* Whatever time passes now, nothing is said. */
static inline void expect_silence(struct stream *s)
{
	uint32_t changes = s->num_changes;

	stream_wait(s, HOUR);
	assert_int_equal(s->num_changes, changes);
	assert_int_equal(analysis_advance(s->analysis, s->now), UINT64_MAX);
}

/* Copies of a flight at 0, 1, 3, 7 ... s from now, `copies` of them. */
static inline void repeat(struct pair *p, void (*flight)(struct pair *p), unsigned copies)
{
	uint64_t start = p->s->now;

	for (unsigned i = 0; i < copies; i++) {
		stream_until(p->s, start + ((1u << i) - 1) * SEC);
		flight(p);
	}
}

#endif
