/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bodies of hellos with extensions that the tests choose, put together by the
 * sections that define them. Includes cmocka.
 */
#ifndef DTLSNOOP_TEST_HELLO_BODIES_H
#define DTLSNOOP_TEST_HELLO_BODIES_H

#include "bytes.h"
#include "dtls_wire.h"
#include "hello.h"

#define BODY_RANDOM 0x5a

/* Of a ClientHello up to its extensions (RFC 6347 s4.2.1); where their length stands is returned. */
static inline uint32_t body_client(struct bytes *b, uint8_t session_id_len, uint8_t cookie_len)
{
	b->len = 0;
	bytes_number(b, DTLS_VERSION_1_2, 2);
	bytes_fill(b, BODY_RANDOM, HELLO_RANDOM_LEN);
	bytes_number(b, session_id_len, 1);
	bytes_fill(b, 0x1d, session_id_len);
	bytes_number(b, cookie_len, 1);
	bytes_fill(b, 0xc0, cookie_len);
	bytes_number(b, 4, 2);
	bytes_number(b, 0x1301, 2);
	bytes_number(b, 0xc02b, 2);
	bytes_number(b, 0x0100, 2);
	bytes_number(b, 0, 2);
	return b->len - 2;
}

/* Likewise of a ServerHello (RFC 5246 s7.4.1.3). */
static inline uint32_t body_server(struct bytes *b)
{
	b->len = 0;
	bytes_number(b, DTLS_VERSION_1_2, 2);
	bytes_fill(b, BODY_RANDOM, HELLO_RANDOM_LEN);
	bytes_number(b, 0, 1);
	bytes_number(b, 0x1301, 2);
	bytes_number(b, 0, 1);
	bytes_number(b, 0, 2);
	return b->len - 2;
}

/* One more extension in the block whose length stands at `at`. */
static inline void body_extend(struct bytes *b, uint32_t at, uint16_t type, const void *data,
			       uint16_t len)
{
	bytes_number(b, type, 2);
	bytes_number(b, len, 2);
	bytes_add(b, data, len);
	bytes_set16(b, at, b->len - at - 2);
}

#define BODY_EXTEND(b, at, type, literal) body_extend(b, at, type, literal, sizeof(literal) - 1)

/* RFC 6066 s3 */
static inline void body_server_name(struct bytes *b, uint32_t at, const char *name, uint16_t len)
{
	struct bytes ext = { .len = 0 };

	bytes_number(&ext, len + 3, 2);
	bytes_number(&ext, 0, 1);
	bytes_number(&ext, len, 2);
	bytes_add(&ext, name, len);
	body_extend(b, at, 0, ext.data, ext.len);
}

/* RFC 7301 s3.1: one name. */
static inline void body_alpn(struct bytes *b, uint32_t at, const char *name, uint8_t len)
{
	struct bytes ext = { .len = 0 };

	bytes_number(&ext, len + 1, 2);
	bytes_number(&ext, len, 1);
	bytes_add(&ext, name, len);
	body_extend(b, at, 16, ext.data, ext.len);
}

#endif
