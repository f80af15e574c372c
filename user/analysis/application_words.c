// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a library said, in words. */
#include "application.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

#include "core.h"

/* The rows of a table one after the other, "NUMBER NAME": without pointers, of which each would be one more relocation. */
#define ROW(number, name) #number " " name "\0"
static const char openssl_ssl[] =
#define OPENSSL_SSL ROW
#include "library_names.h"
#undef OPENSSL_SSL
	"", openssl_ssl_1[] =
#define OPENSSL_SSL_OTHER ROW
#include "library_names.h"
#undef OPENSSL_SSL_OTHER
	"", openssl_functions[] =
#define OPENSSL_FUNCTION ROW
#include "library_names.h"
#undef OPENSSL_FUNCTION
	"", openssl_x509[] =
#define OPENSSL_X509 ROW
#include "library_names.h"
#undef OPENSSL_X509
	"", openssl_evp[] =
#define OPENSSL_EVP ROW
#include "library_names.h"
#undef OPENSSL_EVP
	"", openssl_asn1[] =
#define OPENSSL_ASN1 ROW
#include "library_names.h"
#undef OPENSSL_ASN1
	"", openssl_ec[] =
#define OPENSSL_EC ROW
#include "library_names.h"
#undef OPENSSL_EC
	"", openssl_rsa[] =
#define OPENSSL_RSA ROW
#include "library_names.h"
#undef OPENSSL_RSA
	"", openssl_bio[] =
#define OPENSSL_BIO ROW
#include "library_names.h"
#undef OPENSSL_BIO
	"", gnutls[] =
#define GNUTLS ROW
#include "library_names.h"
#undef GNUTLS
	"", mbedtls[] =
#define MBEDTLS ROW
#include "library_names.h"
#undef MBEDTLS
	"", mbedtls_3[] =
#define MBEDTLS_OTHER ROW
#include "library_names.h"
#undef MBEDTLS_OTHER
	"", wolfssl[] =
#define WOLFSSL ROW
#include "library_names.h"
#undef WOLFSSL
	"";

/*
 * ERR_LIB_* of OpenSSL's err.h; the other libraries have no areas. `major`: what this version of the library has instead of
 * what follows.
 */
static const struct {
	uint8_t library;
	uint8_t major;
	uint32_t area;
	const char *names;
} tables[] = {
	{ LIBRARY_OPENSSL, 1, 20, openssl_ssl_1 }, { LIBRARY_OPENSSL, 0, 20, openssl_ssl },
	{ LIBRARY_OPENSSL, 0, 11, openssl_x509 }, { LIBRARY_OPENSSL, 0, 6, openssl_evp },
	{ LIBRARY_OPENSSL, 0, 13, openssl_asn1 }, { LIBRARY_OPENSSL, 0, 16, openssl_ec },
	{ LIBRARY_OPENSSL, 0, 4, openssl_rsa }, { LIBRARY_OPENSSL, 0, 32, openssl_bio },
	{ LIBRARY_GNUTLS, 0, 0, gnutls }, { LIBRARY_MBEDTLS, 3, 0, mbedtls_3 },
	{ LIBRARY_MBEDTLS, 0, 0, mbedtls }, { LIBRARY_WOLFSSL, 0, 0, wolfssl },
};

/* The version whose numbers are known that gave other meanings to some. */
#define MBEDTLS_LAST_MAJOR 3u

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

/* NULL: the table does not have it. */
static const char *find_name(const char *names, uint32_t number)
{
	char start[16];
	int len = snprintf(start, sizeof(start), "%u ", number);

	for (const char *row = names; *row; row += strlen(row) + 1)
		if (!strncmp(row, start, len))
			return row + len;
	return NULL;
}

const char *application_reason_name(uint8_t library, uint32_t version, uint32_t area, uint32_t reason)
{
	uint32_t number = library == LIBRARY_OPENSSL ? reason : magnitude(reason), major = version >> 24;
	const char *name;

	/* Of version 1, errors are only told if the library tells its version. */
	if (library == LIBRARY_OPENSSL && !major)
		major = 3;
	if (library == LIBRARY_MBEDTLS && major > MBEDTLS_LAST_MAJOR)
		return NULL;
	/* The rest is the error of the module below it. */
	if (library == LIBRARY_MBEDTLS && number > 0x7f)
		number &= ~0x7fu;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (tables[i].library != library || tables[i].area != area || (major && tables[i].major && tables[i].major != major))
			continue;
		name = find_name(tables[i].names, number);
		/* Of which version it is, is not known. */
		if (name && tables[i].major && !major)
			return NULL;
		if (name)
			return name;
	}
	return NULL;
}

const char *application_function_name(const struct event_library *said)
{
	bool is_numbered = said->call == LIBRARY_ERROR && said->library == LIBRARY_OPENSSL && said->version >> 24 == 1 && said->area == 20;

	return is_numbered && said->result > 0 ? find_name(openssl_functions, said->result) : NULL;
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
