/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a hello is known by at both ends. */
#ifndef DTLSNOOP_MERGE_HELLO_H
#define DTLSNOOP_MERGE_HELLO_H

#include "event.h"

struct merge_hello {
	__u8 msg_type;		/* enum dtls_msg_type; 0: no hello begins in this datagram */
	__u64 random;		/* a hash; 0: none */
	__u64 cookie;		/* a hash, of a HelloVerifyRequest's; 0: none */
	_Bool is_retry;		/* a HelloRetryRequest */
	_Bool has_cookie;	/* also a ClientHello */
};

/* `ev` is a valid event. */
struct merge_hello merge_hello_of(const struct event *ev);

#endif
