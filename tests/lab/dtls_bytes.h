/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * dtls_bytes: writes DTLS 1.2 records, handshake messages and a whole handshake
 * that nobody computed: the headers are right, what is encrypted is filler.
 * For programs that need exact datagrams and no TLS library.
 *
 * Usage: each function writes at @p and returns how many bytes it wrote.
 */
#ifndef LAB_DTLS_BYTES_H
#define LAB_DTLS_BYTES_H

#include <stddef.h>
#include <stdint.h>

#define DTLS_RECORD_LEN 13
#define DTLS_MESSAGE_LEN 12
#define DTLS_HEADERS_LEN (DTLS_RECORD_LEN + DTLS_MESSAGE_LEN)

enum { DTLS_CCS = 20, DTLS_ALERT, DTLS_HANDSHAKE, DTLS_DATA, DTLS_CID = 25 };
enum { DTLS_CLIENT_HELLO = 1, DTLS_SERVER_HELLO, DTLS_CERTIFICATE = 11, DTLS_SERVER_HELLO_DONE = 14,
	DTLS_CLIENT_KEY_EXCHANGE = 16 };

/* The header of a record of @len bytes. */
size_t dtls_put_record(uint8_t *p, uint8_t type, uint16_t epoch, uint64_t number, size_t len);
/* The header of a handshake message, or of the fragment [@off, @off + @frag_len) of one. */
size_t dtls_put_message(uint8_t *p, uint8_t type, uint16_t seq, size_t len, size_t off, size_t frag_len);
/* Both headers of one message in one record of epoch 0. */
size_t dtls_put_headers(uint8_t *p, uint8_t type, uint16_t seq, uint64_t number, size_t len);
/* A ClientHello in a record, with this server name. */
size_t dtls_put_client_hello(uint8_t *p, const uint8_t random[32], const char *name);
size_t dtls_put_server_hello(uint8_t *p, const uint8_t random[32]);

/*
 * Flight 0 to 3 of a full handshake without cookie, RSA key exchange: ClientHello;
 * ServerHello to ServerHelloDone; ClientKeyExchange to Finished; Finished.
 */
#define DTLS_NUM_FLIGHTS 4
#define DTLS_FLIGHT_MAX 1400
size_t dtls_put_flight(uint8_t *p, int flight, const uint8_t random[32]);

#endif
