/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes an event from a captured UDP datagram, with the record walker of the BPF programs, or from
 * an ICMP error. Pure: no I/O, no heap.
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
		struct event ev;	/* followed by items and hello */
		uint8_t bytes[EVENT_SIZE_LARGE];
	};
};

/*
 * Does it begin like DTLS? Also false if the capture truncates it before that can be seen
 * (packet->captured < CAPTURE_FIRST).
 */
#define CAPTURE_FIRST 3
bool capture_is_dtls(const struct packet *packet);

/*
 * Make the event of a PACKET_UDP at `time_ns`. Returns the enum walk_has of its items. If the
 * capture lacks headers, the event is DTLS_MALFORMED_UNREADABLE.
 */
uint32_t capture_event(const struct packet *packet, uint64_t time_ns, struct capture_event *out);

/*
 * The same for a datagram that is not DTLS: an EVENT_OTHER whose struct event_other is still 0.
 * Returns its kind, which the first byte tells.
 */
enum event_other_kind capture_other(const struct packet *packet, uint64_t time_ns, struct capture_event *out);

/* Make the EVENT_ICMP_ERROR of a PACKET_ICMP. */
void capture_icmp(const struct packet *packet, uint64_t time_ns, struct capture_event *out);

#endif
