/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What of wolfSSL the laboratory wants: DTLS 1.2 and 1.3 with everything that
 * changes what is on the wire, and little else. tests/lab/libraries copies it to
 * user_settings.h beside the library, which each user of it has to include.
 */
#define WOLFSSL_DTLS
#define WOLFSSL_DTLS_MTU
#define WOLFSSL_TLS13
#define WOLFSSL_DTLS13
#define WOLFSSL_DTLS_CID
#define WOLFSSL_DTLS_CH_FRAG
#define WOLFSSL_SEND_HRR_COOKIE
#define NO_OLD_TLS
#define SINGLE_THREADED

#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_EXTENDED_MASTER
#define HAVE_SERVER_RENEGOTIATION_INFO
#define HAVE_SNI
#define HAVE_ALPN
#define HAVE_SESSION_TICKET
#define WOLFSSL_STATIC_PSK

#define WOLFSSL_SP_MATH_ALL
#define TFM_TIMING_RESISTANT
#define ECC_TIMING_RESISTANT
#define WC_RSA_BLINDING
#define WC_RSA_PSS
#define HAVE_HKDF
#define HAVE_AESGCM
#define GCM_TABLE_4BIT
#define WOLFSSL_AES_DIRECT
#define HAVE_CHACHA
#define HAVE_POLY1305
#define HAVE_ECC
#define HAVE_CURVE25519
#define HAVE_FFDHE_2048
#define HAVE_DH_DEFAULT_PARAMS
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define NO_DSA
#define NO_RC4
#define NO_MD4
#define NO_MD5
#define NO_DES3
#define NO_PWDBASED

/* X25519MLKEM768: a key share that no datagram of the usual size holds. */
#define WOLFSSL_HAVE_MLKEM
#define WOLFSSL_WC_MLKEM
#define WOLFSSL_PQC_HYBRIDS
#define WOLFSSL_NO_ML_KEM_512
#define WOLFSSL_NO_ML_KEM_1024
#define WOLFSSL_SHA3
#define WOLFSSL_SHAKE128
#define WOLFSSL_SHAKE256
