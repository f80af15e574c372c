/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tls_options: what dtls_client and dtls_server have in common above the
 * socket: kinds of handshake beside the one with a server certificate, and an
 * application that misbehaves once it is connected.
 *
 * Usage: &tls_options_argp among the .children of argp; tls_options_setup() for
 * the SSL_CTX; the programs look at .deaf_when_done and .no_close_notify.
 */
#ifndef LAB_TLS_OPTIONS_H
#define LAB_TLS_OPTIONS_H

#include <argp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

struct tls_options {
	const char *psk; /* NULL: a certificate; else the key, as text */
	uint64_t hello_padding; /* bytes more in the ClientHello; 0: none */
	bool no_ticket;
	bool status; /* the client asks for a certificate's status, the server has one */
	bool deaf_when_done;  /* reads the socket, and throws it away */
	bool no_close_notify; /* ends as a crash does */
};

extern const struct argp tls_options_argp;

/* 0, or -1 and a reason in libssl's queue. @opts outlives the context. */
int tls_options_setup(SSL_CTX *ctx, const struct tls_options *opts);

#endif
