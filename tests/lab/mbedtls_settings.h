/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What of Mbed TLS the laboratory wants, in addition to its defaults and
 * instead of some: its MBEDTLS_USER_CONFIG_FILE.
 */
#define MBEDTLS_KEY_EXCHANGE_ECJPAKE_ENABLED
/* It has no DTLS 1.3, and this needs more of PSA than we set up. */
#undef MBEDTLS_SSL_PROTO_TLS1_3
