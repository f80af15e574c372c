/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * secret_kinds: datagrams that hold a secret, in every place where a reader of
 * headers could stumble over it: content of records, of messages that are no
 * hellos, behind lengths that lie, and in what is not DTLS at all.
 *
 * Usage: for kind in 0..secret_num_kinds()-1: secret_fill(p, len, kind, ...)
 */
#ifndef LAB_SECRET_KINDS_H
#define LAB_SECRET_KINDS_H

#include <stddef.h>
#include <stdint.h>

#define SECRET_LEN 16

int secret_num_kinds(void);
const char *secret_kind_name(int kind);
/*
 * A datagram of @len bytes, 400 at least. Its hello, if it has one, has this server
 * name and none of the secret.
 */
void secret_fill(uint8_t *p, size_t len, int kind, uint64_t number, const uint8_t secret[SECRET_LEN],
		 const char *server_name);

#endif
