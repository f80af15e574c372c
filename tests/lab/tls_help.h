/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tls_help: the little that several OpenSSL programs of the laboratory share:
 * why a handshake failed, driving the DTLS timer, and a throw-away identity.
 *
 * Usage: tls_timer_wait_ms() before the sleep, tls_timer_fire() after it.
 */
#ifndef LAB_TLS_HELP_H
#define LAB_TLS_HELP_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

/* After a failed call: @ssl_error is what SSL_get_error() said of it. */
const char *tls_failure(char *buf, size_t buf_len, SSL *ssl, int ssl_error,
			int saved_errno);

/* Time until the DTLS timer is due; @max_ms if it is not running or later. */
uint64_t tls_timer_wait_ms(SSL *ssl, uint64_t max_ms);

/* Sends the flight again if the timer is due; -1 once OpenSSL gives up. */
int tls_timer_fire(SSL *ssl);

/*
 * The application that forgets the timer. Not calling DTLSv1_handle_timeout()
 * is not enough for that: OpenSSL's read path (dtls1_get_record ->
 * dtls1_handle_timeout) handles an expired timer by itself. So
 * DTLS_set_timer_cb() makes the first timeout ten minutes long.
 */
void tls_timer_stop(SSL *ssl);

/* It is due after a minute: it is asked for and waited for as ever. */
void tls_timer_slow(SSL *ssl);

/* A new P-256 key and a self-signed certificate for it; 0 or -1. */
int tls_use_new_identity(SSL_CTX *ctx, const char *common_name);

#endif
