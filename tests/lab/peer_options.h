/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * peer_options: what wolf_peer and mbed_peer are asked alike: which end they
 * are, who they are, what they do once connected.
 *
 * Usage: &peer_options_argp among the .children of argp, a struct peer_options
 * of PEER_DEFAULTS as its input.
 */
#ifndef LAB_PEER_OPTIONS_H
#define LAB_PEER_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "lab_net.h"

struct peer_options {
	struct lab_addr connect, listen; /* .len 0: not this end */
	struct lab_addr bind;		 /* .len 0: the kernel chooses */
	const char *cafile, *cert, *key, *psk, *send; /* NULL: none */
	uint64_t duration_ms, linger_ms;
	uint64_t mtu; /* 0: the library's */
	bool cid, no_timer, resume;
};

#define PEER_DEFAULTS { .duration_ms = 30000, .linger_ms = 300 }

extern const struct argp peer_options_argp;

#endif
