/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The extensions of a hello (RFC 5246 s7.4.1.4), each parsed by one function.
 * As in hello.h, a truncated or malformed field counts as absent.
 */
#ifndef DTLSNOOP_HELLO_EXTENSIONS_H
#define DTLSNOOP_HELLO_EXTENSIONS_H

#include "hello.h"
#include "hello_cursor.h"

/* Parse the block of extensions at `c`, which begins with its length, into `out`; `msg_type`: enum dtls_msg_type. */
void hello_extensions_parse(struct cursor *c, uint8_t msg_type, struct hello *out);

#endif
