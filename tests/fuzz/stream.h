/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a fuzzer's bytes to a plausible trace: four address pairs on one host
 * or in a capture, what they send and what becomes of it, time, lost events,
 * and events that are no events. All of it goes through the analysis, and what
 * must hold of its answers whatever the input is, is checked (check.c).
 */
#ifndef DTLSNOOP_FUZZ_STREAM_H
#define DTLSNOOP_FUZZ_STREAM_H

#include "analysis.h"
#include "fuzz.h"

#define STREAM_START 1000000000000ULL	/* CLOCK_MONOTONIC when the trace begins */

#define STREAM_MAX_HANDSHAKES 32	/* the input chooses how many are followed at most */

struct check;

/* Who hears what the analysis calls back, after the checks. */
struct stream_listener {
	void *ctx;
	void (*datagram)(void *ctx, const struct datagram_facts *facts);
	void (*handshake)(void *ctx, const struct handshake *h, uint64_t now);
	void (*unread)(void *ctx, const struct unread *u, uint64_t now);
	void (*settled)(void *ctx, const struct handshake *h, uint64_t now);
	void (*library_error)(void *ctx, const struct library_error_facts *facts);
	void (*library)(void *ctx, const struct event *ev);
	void (*end)(void *ctx, const struct analysis_stats *stats, uint64_t now);
};

/* What must not change the answers. */
struct stream_options {
	uint32_t hash_seed;
	uint32_t max_ready;	/* 0: each handshake is packed after each event */
};

/* Run the whole trace. Returns a digest of everything that was called back. */
uint64_t stream_run(const uint8_t *data, size_t size, const struct stream_options *opts,
		    const struct stream_listener *listener);

/* Names for the analysis and the sinks, one of them hostile. */
const char *stream_drop_reason(void *ctx, uint32_t reason);

/* --- check.c: what holds of every answer --- */

struct check *check_new(void);
void check_free(struct check *check);
/* Before the analysis gets it. */
void check_given(struct check *check, const struct event *ev, size_t len);
void check_datagram(struct check *check, const struct datagram_facts *facts);
void check_handshake(struct check *check, const struct handshake *h, uint64_t now);
void check_library_error(struct check *check, const struct library_error_facts *facts);
void check_settled(struct check *check, const struct handshake *h, uint64_t now);
void check_stats(const struct check *check, const struct analysis_stats *stats);
/* From now on analysis_finish() speaks. */
void check_finish(struct check *check);
void check_finished(const struct check *check);
uint64_t check_digest(const struct check *check);

#endif
