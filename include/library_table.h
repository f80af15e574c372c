/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The functions of TLS libraries that are hooked. bpf/library.bpf.c has a body on_FUNCTION for each.
 *
 *	SYMBOL(function, library, returns)	returns: its return is hooked, too
 *
 * Include it with SYMBOL defined; it has no include guard.
 */
SYMBOL(SSL_do_handshake, LIBRARY_OPENSSL, true)
SYMBOL(DTLSv1_listen, LIBRARY_OPENSSL, true)
SYMBOL(SSL_ctrl, LIBRARY_OPENSSL, true)
SYMBOL(SSL_free, LIBRARY_OPENSSL, false)
SYMBOL(ERR_set_debug, LIBRARY_OPENSSL, false)
SYMBOL(ERR_vset_error, LIBRARY_OPENSSL, false)
SYMBOL(ERR_put_error, LIBRARY_OPENSSL, false)
SYMBOL(gnutls_handshake, LIBRARY_GNUTLS, true)
SYMBOL(gnutls_dtls_get_timeout, LIBRARY_GNUTLS, true)
SYMBOL(gnutls_alert_send, LIBRARY_GNUTLS, false)
SYMBOL(gnutls_deinit, LIBRARY_GNUTLS, false)
SYMBOL(mbedtls_ssl_handshake, LIBRARY_MBEDTLS, true)
SYMBOL(mbedtls_ssl_handshake_step, LIBRARY_MBEDTLS, true)
SYMBOL(mbedtls_ssl_free, LIBRARY_MBEDTLS, false)
SYMBOL(wolfSSL_connect, LIBRARY_WOLFSSL, true)
SYMBOL(wolfSSL_accept, LIBRARY_WOLFSSL, true)
SYMBOL(wolfSSL_negotiate, LIBRARY_WOLFSSL, true)
SYMBOL(wolfSSL_dtls_get_current_timeout, LIBRARY_WOLFSSL, true)
SYMBOL(wolfSSL_dtls_got_timeout, LIBRARY_WOLFSSL, true)
SYMBOL(wolfSSL_free, LIBRARY_WOLFSSL, false)
SYMBOL(WOLFSSL_ERROR_LINE, LIBRARY_WOLFSSL, false)
SYMBOL(WOLFSSL_ERROR, LIBRARY_WOLFSSL, false)
SYMBOL(SSL_ForceHandshake, LIBRARY_NSS, true)

#undef SYMBOL
