// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a library said, in words. */
#include "application.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

#include "core.h"

struct reason {
	uint32_t number;
	const char *name;
};

#define ROW(number, name) { number, name },
static const struct reason openssl_ssl[] = {
#define OPENSSL_SSL ROW
#include "library_names.h"
#undef OPENSSL_SSL
}, openssl_x509[] = {
#define OPENSSL_X509 ROW
#include "library_names.h"
#undef OPENSSL_X509
}, openssl_evp[] = {
#define OPENSSL_EVP ROW
#include "library_names.h"
#undef OPENSSL_EVP
}, openssl_asn1[] = {
#define OPENSSL_ASN1 ROW
#include "library_names.h"
#undef OPENSSL_ASN1
}, openssl_ec[] = {
#define OPENSSL_EC ROW
#include "library_names.h"
#undef OPENSSL_EC
}, openssl_rsa[] = {
#define OPENSSL_RSA ROW
#include "library_names.h"
#undef OPENSSL_RSA
}, openssl_bio[] = {
#define OPENSSL_BIO ROW
#include "library_names.h"
#undef OPENSSL_BIO
}, gnutls[] = {
#define GNUTLS ROW
#include "library_names.h"
#undef GNUTLS
}, mbedtls[] = {
#define MBEDTLS ROW
#include "library_names.h"
#undef MBEDTLS
}, wolfssl[] = {
#define WOLFSSL ROW
#include "library_names.h"
#undef WOLFSSL
};

/* ERR_LIB_* of OpenSSL's err.h; the other libraries have no areas. */
static const struct {
	uint8_t library;
	uint32_t area;
	const struct reason *reasons;
	size_t num;
} tables[] = {
#define TABLE(library, area, reasons) { library, area, reasons, sizeof(reasons) / sizeof(reasons[0]) }
	TABLE(LIBRARY_OPENSSL, 20, openssl_ssl), TABLE(LIBRARY_OPENSSL, 11, openssl_x509),
	TABLE(LIBRARY_OPENSSL, 6, openssl_evp), TABLE(LIBRARY_OPENSSL, 13, openssl_asn1),
	TABLE(LIBRARY_OPENSSL, 16, openssl_ec), TABLE(LIBRARY_OPENSSL, 4, openssl_rsa),
	TABLE(LIBRARY_OPENSSL, 32, openssl_bio), TABLE(LIBRARY_GNUTLS, 0, gnutls),
	TABLE(LIBRARY_MBEDTLS, 0, mbedtls), TABLE(LIBRARY_WOLFSSL, 0, wolfssl),
#undef TABLE
};

/* Mbed TLS 3 gave other meanings to some of the numbers of version 2. */
#define MBEDTLS_MAJOR 2u

const char *application_library_name(uint8_t library)
{
	static const char *const names[] = {
		[LIBRARY_OPENSSL] = "OpenSSL", [LIBRARY_GNUTLS] = "GnuTLS", [LIBRARY_MBEDTLS] = "Mbed TLS",
		[LIBRARY_WOLFSSL] = "wolfSSL", [LIBRARY_NSS] = "NSS",
	};

	return library && library <= LIBRARY_LAST ? names[library] : "a TLS library";
}

/* The number without its sign: a library whose errors are negative may pass either on. */
static uint32_t magnitude(uint32_t reason)
{
	return (int32_t)reason < 0 ? -reason : reason;
}

const char *application_reason_name(uint8_t library, uint32_t version, uint32_t area, uint32_t reason)
{
	uint32_t number = library == LIBRARY_OPENSSL ? reason : magnitude(reason);

	if (library == LIBRARY_MBEDTLS) {
		if (version && version >> 24 != MBEDTLS_MAJOR)
			return NULL;
		/* The rest is the error of the module below it. */
		number &= ~0x7fu;
	}
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (tables[i].library != library || tables[i].area != area)
			continue;
		for (size_t j = 0; j < tables[i].num; j++)
			if (tables[i].reasons[j].number == number)
				return tables[i].reasons[j].name;
	}
	return NULL;
}

const char *application_error_write(char out[APPLICATION_ERROR_LEN], const struct application *app, const struct application_error *error)
{
	const char *name = application_reason_name(app->library, app->version, error->area, error->reason);
	char function[2 * LIBRARY_TEXT_LEN], number[32];

	text_escape(function, sizeof(function), error->function, strnlen(error->function, sizeof(error->function)));
	if (app->library == LIBRARY_OPENSSL)
		snprintf(number, sizeof(number), "%u:%u", error->area, error->reason);
	else if (app->library == LIBRARY_MBEDTLS)
		snprintf(number, sizeof(number), "-0x%04x", magnitude(error->reason));
	else
		snprintf(number, sizeof(number), "%d", (int32_t)error->reason);
	if (name || *function)
		snprintf(out, APPLICATION_ERROR_LEN, "%s (%s%s%s)", name ? name : "an error without a name", number, *function ? ", " : "", function);
	else
		snprintf(out, APPLICATION_ERROR_LEN, "error %s", number);
	return out;
}

const char *application_version_write(char out[APPLICATION_VERSION_LEN], uint32_t version)
{
	*out = '\0';
	if (version)
		snprintf(out, APPLICATION_VERSION_LEN, "%u.%u.%u", version >> 24, version >> 16 & 255, version >> 8 & 255);
	return out;
}
