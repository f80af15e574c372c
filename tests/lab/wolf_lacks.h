/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * wolf_lacks: what a shared wolfSSL may have been built without, for wolf_peer:
 * the functions then fail.
 */
#ifndef LAB_WOLF_LACKS_H
#define LAB_WOLF_LACKS_H

#include <wolfssl/ssl.h>

#ifndef WOLFSSL_DTLS13
#define wolfDTLSv1_3_client_method() NULL
#define wolfDTLSv1_3_server_method() NULL
#define wolfSSL_dtls13_allow_ch_frag(ssl, enable) WOLFSSL_FAILURE
#define wolfSSL_dtls13_use_quick_timeout(ssl) 0
#endif

#ifndef WOLFSSL_DTLS_CID
#define wolfSSL_dtls_cid_use(ssl) WOLFSSL_FAILURE
#define wolfSSL_dtls_cid_set(ssl, cid, len) WOLFSSL_FAILURE
#endif

#ifndef WOLFSSL_DTLS_MTU
#define wolfSSL_dtls_set_mtu(ssl, mtu) WOLFSSL_FAILURE
#endif

#ifndef WOLFSSL_HAVE_MLKEM
#define WOLFSSL_X25519MLKEM768 0
#endif

#endif
