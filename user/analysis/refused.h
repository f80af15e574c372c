/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages that contradict what their side is known to have sent: somebody else has sent them (RFC 6347 s4.1.2.7). */
#ifndef DTLSNOOP_REFUSED_H
#define DTLSNOOP_REFUSED_H

#include "handshake.h"

bool refused_message(const struct handshake *h, enum party_role from, const struct dtls_message *msg);

#endif
