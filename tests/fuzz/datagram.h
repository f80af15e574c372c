/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Datagrams that a fuzzer's bytes choose: most of them are good DTLS, with
 * sequence numbers that continue, so that the analysis gets beyond its checks.
 */
#ifndef DTLSNOOP_FUZZ_DATAGRAM_H
#define DTLSNOOP_FUZZ_DATAGRAM_H

#include <stdbool.h>

#include "fuzz.h"

#define DATAGRAM_MAX 2048

struct datagram {
	uint8_t data[DATAGRAM_MAX];
	uint32_t len;
};

/* What one side of a handshake remembers. */
struct datagram_sender {
	uint64_t sequence[4];		/* next, by epoch */
	uint16_t message_seq;		/* next */
	uint16_t version;
	uint8_t random;			/* fills the hello's random */
};

/* Fill `p` with what the cursor asks for. */
void datagram_build(struct datagram *p, struct datagram_sender *s, struct fuzz_cursor *c);

/* The same records as in `old` with new sequence numbers: a retransmission. */
void datagram_again(struct datagram *p, const struct datagram *old, struct datagram_sender *s);

#endif
