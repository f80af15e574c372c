// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How the DTLS libraries in use behave: timers, limits, repeats (read from their sources). */
#include "scenario.h"

#define NO_LIMIT UINT32_MAX

const struct stack stacks[NUM_STACKS] = {
	{
		.name = "OpenSSL", .first_ns = SECOND, .backoff = 2, .cap_ns = 60 * SECOND,
		.max_timeouts = 12, .on_repeat = REPEAT_IGNORED, .mtu_after = 2, .mtu_fallback = 256,
		.buffers_ahead = true, .one_record = true,
	}, {
		/* With its handshake buffered by the BIO: several records in a datagram. */
		.name = "OpenSSL buffered", .first_ns = SECOND, .backoff = 2, .cap_ns = 60 * SECOND,
		.max_timeouts = 12, .on_repeat = REPEAT_IGNORED, .mtu_after = 2, .mtu_fallback = 548,
		.buffers_ahead = true,
	}, {
		.name = "BoringSSL", .first_ns = 400 * MS, .backoff = 2, .cap_ns = 60 * SECOND,
		.max_timeouts = 12, .on_repeat = REPEAT_IGNORED, .mtu_after = 2, .mtu_fallback = 228,
		.buffers_ahead = true, .packs = true,
	}, {
		/* First timeout: twice the round trip that ICE has seen, within 50 to 3000 ms. */
		.name = "libwebrtc", .first_ns = 0, .backoff = 2, .cap_ns = 60 * SECOND,
		.max_timeouts = 12, .on_repeat = REPEAT_IGNORED, .mtu_after = 2, .mtu_fallback = 1000,
		.buffers_ahead = true, .packs = true,
	}, {
		.name = "GnuTLS", .first_ns = SECOND, .backoff = 2, .cap_ns = 60 * SECOND,
		.max_timeouts = NO_LIMIT, .total_ns = 60 * SECOND, .on_repeat = REPEAT_GATED,
		.one_record = true,
	}, {
		.name = "Mbed TLS", .first_ns = SECOND, .backoff = 2, .cap_ns = 60 * SECOND,
		.max_timeouts = 7, .on_repeat = REPEAT_ANSWERED, .mtu_after = 2, .mtu_fallback = 508,
		.buffers_ahead = true,
	}, {
		.name = "wolfSSL", .first_ns = SECOND, .backoff = 2, .cap_ns = 64 * SECOND,
		.max_timeouts = 6, .on_repeat = REPEAT_ANSWERED, .buffers_ahead = true, .one_record = true,
	}, {
		.name = "NSS", .first_ns = 50 * MS, .backoff = 2, .cap_ns = 10 * SECOND,
		.max_timeouts = NO_LIMIT, .on_repeat = REPEAT_NOT_RECENT, .mtu_after = 2, .mtu_every = 3,
		.mtu_fallback = 528,
	}, {
		.name = "Pion", .first_ns = SECOND, .backoff = 2, .cap_ns = 60 * SECOND,
		.max_timeouts = NO_LIMIT, .on_repeat = REPEAT_IGNORED, .any_repeat = true,
		.buffers_ahead = true,
	}, {
		.name = "tinydtls", .first_ns = 2 * SECOND, .backoff = 2, .cap_ns = 1000 * SECOND,
		.max_timeouts = 7, .on_repeat = REPEAT_IGNORED, .timer_per_message = true,
		.one_record = true, .answers_sequence = true,
	}, {
		.name = "Scandium", .first_ns = 2 * SECOND, .backoff = 2, .cap_ns = 60 * SECOND,
		.max_timeouts = 4, .on_repeat = REPEAT_IGNORED, .stops_at_first = true,
		.buffers_ahead = true,
	}, {
		.name = "Scandium RFC 7925", .first_ns = 9 * SECOND, .backoff = 2, .cap_ns = 60 * SECOND,
		.max_timeouts = 4, .on_repeat = REPEAT_IGNORED, .stops_at_first = true,
		.buffers_ahead = true, .floor_ns = 20 * SECOND,
	}, {
		/* No timer of its own: the application wraps again, here every second. */
		.name = "JSSE", .first_ns = SECOND, .backoff = 1, .cap_ns = SECOND,
		.max_timeouts = NO_LIMIT, .on_repeat = REPEAT_IGNORED, .buffers_ahead = true,
		.one_record = true,
	}, {
		/* RFC 6347 s4.2.4 to the letter. */
		.name = "RFC 6347", .first_ns = SECOND, .backoff = 2, .cap_ns = 60 * SECOND,
		.max_timeouts = NO_LIMIT, .on_repeat = REPEAT_ANSWERED, .buffers_ahead = true,
		.packs = true, .answers_sequence = true,
	},
};
