/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which of the last 64 record sequence numbers of an epoch were seen, as in the replay
 * window of RFC 6347 s4.1.2.6. It tells a retransmission (a new number) from a
 * duplicate (the same number).
 */
#ifndef DTLSNOOP_SEQ_WINDOW_H
#define DTLSNOOP_SEQ_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* Record numbers of one handshake are not so far apart: one that is was forged. */
#define SEQ_WINDOW_FAR (1ULL << 20)

struct seq_window {
	uint64_t highest;
	uint64_t bitmap;	/* bit n: highest - n was seen */
	bool any;
};

/* Was `seq` seen? Numbers older than the window count as not seen; so do all if `win` is NULL. */
bool seq_window_has(const struct seq_window *win, uint64_t seq);

void seq_window_add(struct seq_window *win, uint64_t seq);

/* Was `seq` seen? If it was, it counts as not seen from now on. */
bool seq_window_take(struct seq_window *win, uint64_t seq);

#endif
