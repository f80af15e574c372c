/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Evidence for verdicts from what the TLS library of a side said. Nothing is added where its session is not known for sure, or
 * where events were lost. Only verdict_*.c and application_evidence.c include this.
 */
#ifndef DTLSNOOP_APPLICATION_EVIDENCE_H
#define DTLSNOOP_APPLICATION_EVIDENCE_H

#include "handshake.h"

/* The session of this side. NULL: none is known, or what it lacks may have been lost. */
const struct application *application_heard(const struct handshake *h, enum party_role role);

/* The latest error since this side last sent, if it can be why it is silent: its own, and no call has gone on since. NULL: there is none. */
const struct application_error *application_reason_of_silence(const struct handshake *h, enum party_role role);

/* Why this side does not send its flight again: also in the summary and the hint. */
void application_tell_timer(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now);

/* Whether it passed what it read of its peer's flight to the library, and what that said. */
void application_tell_calls(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now);

/* When it last called the library. */
void application_tell_last_call(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now);

/* The library's reason for what it did at `until_ns`: an alert, or that it closed its socket. */
void application_tell_reason(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t until_ns);

#endif
