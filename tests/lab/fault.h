/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fault: which datagram the fault proxy mistreats, and how. Pure: no socket,
 * no clock.
 *
 *	ACTION[:key=value,key=value...]
 *
 * ACTION	drop, duplicate, delay, reorder, truncate, corrupt
 * dir=c2s|s2c	direction; both without it
 * msg=N	a record holds a plaintext handshake message of that type
 * min-offset=N	... or a fragment of one that begins there or later
 * type=N	a record of that content type
 * epoch=N	a record of that epoch (DTLS 1.3 ciphertext: its two low bits)
 * min-size=N, max-size=N	size of the datagram, both included
 * nth=N	begin with the N-th datagram that matches the rest; default 1
 * count=N	mistreat N of them in a row; default 1, 0 means all
 * ms=N		delay: how long (required); reorder: longest hold, default 500
 * bytes=N	truncate: what is left of the datagram (required)
 *
 * corrupt changes the last byte, which only a receiver with keys can tell.
 *
 * msg, min-offset, type and epoch must hold for one and the same record. Every fault
 * counts every datagram; where several hit one datagram the first acts.
 *
 * Usage: fault_parse(&fault, "drop:dir=c2s,msg=16", err, sizeof(err));
 *	  hit = fault_pick(faults, num_faults, FAULT_DIR_C2S, data, len);
 */
#ifndef LAB_FAULT_H
#define LAB_FAULT_H

#include <stddef.h>
#include <stdint.h>

enum fault_action {
	FAULT_DROP,
	FAULT_DUPLICATE,
	FAULT_DELAY,
	FAULT_REORDER,
	FAULT_TRUNCATE,
	FAULT_CORRUPT,
	FAULT_NUM_ACTIONS
};

enum fault_dir { FAULT_DIR_C2S, FAULT_DIR_S2C, FAULT_NUM_DIRS };

enum fault_key {
	FAULT_KEY_DIR,
	FAULT_KEY_MSG,
	FAULT_KEY_MIN_OFFSET,
	FAULT_KEY_TYPE,
	FAULT_KEY_EPOCH,
	FAULT_KEY_MIN_SIZE,
	FAULT_KEY_MAX_SIZE,
	FAULT_KEY_NTH,
	FAULT_KEY_COUNT,
	FAULT_KEY_MS,
	FAULT_KEY_BYTES,
	FAULT_NUM_KEYS
};

struct fault {
	enum fault_action action;
	uint32_t given; /* bit per enum fault_key */
	uint64_t value[FAULT_NUM_KEYS];
	uint64_t num_matches; /* datagrams that matched so far */
};

const char *fault_action_name(enum fault_action action);
const char *fault_dir_name(enum fault_dir dir);

/* 0, or -EINVAL and one sentence in @err. */
int fault_parse(struct fault *out_fault, const char *spec, char *err,
		size_t err_len);

/* The fault to apply to this datagram, or NULL. Advances the counters. */
const struct fault *fault_pick(struct fault *faults, size_t num_faults,
			       enum fault_dir dir, const uint8_t *data,
			       size_t len);

#endif
