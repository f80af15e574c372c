/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tls_help: shared by the OpenSSL programs. Usage: tls_help.h */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "tls_help.h"

#define NO_TIMER_US 600000000U

const char *tls_failure(char *buf, size_t buf_len, SSL *ssl, int ssl_error,
			int saved_errno)
{
	unsigned long code = ERR_peek_error();
	long verify = SSL_get_verify_result(ssl);
	const char *reason = ERR_reason_error_string(code);

	if (ssl_error == SSL_ERROR_SYSCALL && !code)
		snprintf(buf, buf_len, "%s",
			 saved_errno ? strerror(saved_errno) : "end of file");
	else if (ssl_error == SSL_ERROR_ZERO_RETURN)
		snprintf(buf, buf_len, "closed by the peer");
	else if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
		snprintf(buf, buf_len, "%s (%s)", reason,
			 X509_verify_cert_error_string(verify));
	else if (ERR_SYSTEM_ERROR(code))
		snprintf(buf, buf_len, "%s", strerror(ERR_GET_REASON(code)));
	else
		snprintf(buf, buf_len, "%s", reason ? reason : "unknown");
	return buf;
}

uint64_t tls_timer_wait_ms(SSL *ssl, uint64_t max_ms)
{
	struct timeval left;
	uint64_t ms;

	if (!DTLSv1_get_timeout(ssl, &left))
		return max_ms;
	/* Rounded up: waking just before the time would spin until it. */
	ms = (uint64_t)left.tv_sec * 1000 + (left.tv_usec + 999) / 1000;
	return ms < max_ms ? ms : max_ms;
}

int tls_timer_fire(SSL *ssl)
{
	/* 1: sent again, 0: not due, -1: DTLS1_TMO_READ_COUNT exceeded. */
	return DTLSv1_handle_timeout(ssl) < 0 ? -1 : 0;
}

static unsigned int never_due(SSL *ssl, unsigned int timer_us)
{
	(void)ssl;
	(void)timer_us;
	return NO_TIMER_US;
}

/* Of the timer's microseconds: the first time as each other one. */
static unsigned int one_minute(SSL *ssl, unsigned int timer_us)
{
	(void)ssl;
	(void)timer_us;
	return 60000000;
}

void tls_timer_slow(SSL *ssl)
{
	DTLS_set_timer_cb(ssl, one_minute);
}

void tls_timer_stop(SSL *ssl)
{
	DTLS_set_timer_cb(ssl, never_due);
}

static X509 *new_certificate(EVP_PKEY *key, const char *common_name)
{
	X509 *cert = X509_new();
	X509_NAME *name;

	if (!cert)
		return NULL;
	name = X509_get_subject_name(cert);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	if (!X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					(const unsigned char *)common_name, -1,
					-1, 0) ||
	    !X509_set_issuer_name(cert, name) || !X509_set_pubkey(cert, key) ||
	    !X509_sign(cert, key, EVP_sha256())) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

int tls_use_new_identity(SSL_CTX *ctx, const char *common_name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key ? new_certificate(key, common_name) : NULL;
	int ret = -1;

	if (cert && SSL_CTX_use_certificate(ctx, cert) == 1 &&
	    SSL_CTX_use_PrivateKey(ctx, key) == 1)
		ret = 0;
	X509_free(cert);
	EVP_PKEY_free(key);
	return ret;
}
