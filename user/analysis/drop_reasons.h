/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of a kernel's drop reasons, from its own enum skb_drop_reason: the numbers
 * differ from kernel to kernel.
 */
#ifndef DTLSNOOP_DROP_REASONS_H
#define DTLSNOOP_DROP_REASONS_H

#include <stdbool.h>
#include <stdint.h>

#define DROP_REASONS_MAX 512
#define DROP_REASON_LEN 48

struct drop_reasons {
	char names[DROP_REASONS_MAX][DROP_REASON_LEN];	/* "SOCKET_RCVBUFF"; "": none */
	uint32_t not_specified;	/* values up to this one are no reasons; 0: the kernel has no reasons */
};

/* NULL if it has no name. */
const char *drop_reason_name(const struct drop_reasons *reasons, uint32_t reason);

/*
 * Does the kernel drop a datagram for this reason because of what its sender put into it, or where that sent
 * it from? Then a datagram that anybody sends is dropped, too. NULL: no.
 */
bool drop_reason_is_of_sender(const char *name);

#endif
