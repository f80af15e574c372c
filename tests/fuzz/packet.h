/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Datagrams that a fuzzer's bytes choose: most of them are good DTLS, with
 * sequence numbers that continue, so that the analysis gets beyond its checks.
 */
#ifndef DTLSNOOP_FUZZ_PACKET_H
#define DTLSNOOP_FUZZ_PACKET_H

#include <stdbool.h>

#include "fuzz.h"

#define PACKET_MAX 2048

struct packet {
	uint8_t data[PACKET_MAX];
	uint32_t len;
};

/* What one side of a handshake remembers. */
struct packet_sender {
	uint64_t sequence[4];		/* next, by epoch */
	uint16_t message_seq;		/* next */
	uint16_t version;
	uint8_t random;			/* fills the hello's random */
};

/* Fill `p` with what the cursor asks for. */
void packet_build(struct packet *p, struct packet_sender *s, struct fuzz_cursor *c);

/* The same records as in `old` with new sequence numbers: a retransmission. */
void packet_again(struct packet *p, const struct packet *old, struct packet_sender *s);

#endif
