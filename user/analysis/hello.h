/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What ClientHello, ServerHello and HelloVerifyRequest say, as far as their
 * first fragment holds it. The bytes are a stranger's: every read is checked,
 * and what is cut or malformed is simply not there.
 */
#ifndef DTLSNOOP_HELLO_H
#define DTLSNOOP_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#define HELLO_RANDOM_LEN 32
/* A DNS name has at most 253 characters (RFC 1035 s2.3.4). */
#define HELLO_SERVER_NAME_MAX 255

struct hello {
	bool has_version;
	bool has_random;
	bool has_cookie;	/* ClientHello: not empty; HelloVerifyRequest: likewise */
	bool has_cipher_suite;	/* ServerHello only */
	bool has_selected_version;	/* ServerHello of DTLS 1.3, HelloRetryRequest too */
	bool has_use_srtp;	/* RFC 5764 s4.1.1 */
	uint16_t version;	/* the message's own; RFC 6347 s4.2.1 */
	uint16_t selected_version;	/* supported_versions; RFC 8446 s4.2.1 */
	uint16_t cipher_suite;
	uint8_t random[HELLO_RANDOM_LEN];
	uint16_t server_name_len;	/* bytes, 0: none */
	char server_name[HELLO_SERVER_NAME_MAX];	/* hostile bytes, no final 0 */
};

/*
 * Parse `len` bytes at `body`, the beginning of a hello message of type
 * `msg_type` (enum dtls_msg_type). `out` is filled completely.
 */
void hello_parse(uint8_t msg_type, const uint8_t *body, uint32_t len, struct hello *out);

#endif
