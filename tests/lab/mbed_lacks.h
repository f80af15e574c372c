/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * mbed_lacks: what a shared Mbed TLS may lack, for mbed_peer. It was built
 * without a feature, whose functions then fail, or is of version 2.
 */
#ifndef LAB_MBED_LACKS_H
#define LAB_MBED_LACKS_H

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>

#ifndef MBEDTLS_KEY_EXCHANGE_ECJPAKE_ENABLED
#define mbedtls_ssl_set_hs_ecjpake_password(ssl, password, len) MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE
#endif

#ifndef MBEDTLS_SSL_DTLS_CONNECTION_ID
#define MBEDTLS_SSL_UNEXPECTED_CID_IGNORE 0
#define mbedtls_ssl_conf_cid(conf, len, ignore) MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE
#define mbedtls_ssl_set_cid(ssl, enable, cid, len) MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE
#endif

#if MBEDTLS_VERSION_MAJOR < 3
#define mbedtls_pk_parse_keyfile(key, path, password, random, arg) mbedtls_pk_parse_keyfile(key, path, password)
#define mbedtls_ssl_is_handshake_over(ssl) ((ssl)->state == MBEDTLS_SSL_HANDSHAKE_OVER)
#endif

#endif
