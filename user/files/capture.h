/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a captured UDP datagram to the event that stands for it: the record
 * walker of the BPF programs, compiled for user space. Pure: no I/O, no heap.
 */
#ifndef DTLSNOOP_CAPTURE_H
#define DTLSNOOP_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "packet.h"

/* Room for the largest event. */
struct capture_event {
	union {
		struct event ev;	/* items and hello body behind it */
		uint8_t bytes[EVENT_SIZE_LARGE];
	};
};

/*
 * Does it begin as DTLS does? False as well if the capture cuts it before that
 * shows (packet->captured < CAPTURE_FIRST).
 */
#define CAPTURE_FIRST 3
bool capture_is_dtls(const struct packet *packet);

/*
 * The event of a PACKET_UDP at `time_ns`. Returns enum walk_has over its items. Of
 * headers that the capture cut off the event says DTLS_MALFORMED_UNREADABLE.
 */
uint32_t capture_event(const struct packet *packet, uint64_t time_ns, struct capture_event *out);

/*
 * Likewise of one that is not DTLS: an EVENT_OTHER, whose struct event_other is still
 * all 0. Returns what it is by its first byte.
 */
enum event_other_kind capture_other(const struct packet *packet, uint64_t time_ns, struct capture_event *out);

#endif
