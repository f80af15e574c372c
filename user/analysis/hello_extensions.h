/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The extensions of a hello (RFC 5246 s7.4.1.4), each parsed by one function.
 * As hello.h: what is cut or malformed is not there.
 */
#ifndef DTLSNOOP_HELLO_EXTENSIONS_H
#define DTLSNOOP_HELLO_EXTENSIONS_H

#include "hello.h"
#include "hello_cursor.h"

/* Read the block of extensions at `c`, with its length, into `out`; `msg_type`: enum dtls_msg_type. */
void hello_extensions_parse(struct cursor *c, uint8_t msg_type, struct hello *out);

#endif
