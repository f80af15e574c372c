/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tls_options: for both programs on OpenSSL. Usage: tls_options.h */
#include <string.h>

#include "lab_net.h"
#include "psk.h"
#include "tls_options.h"

/* Of RFC 8701 (GREASE): no server knows it, and every one has to ignore it. */
#define PADDING_EXTENSION 0x3a3a
#define PADDING_MAX 8192

/* Beside those of the programs and of udp_options. */
enum {
	OPT_PSK = 768,
	OPT_HELLO_PADDING,
	OPT_NO_TICKET,
	OPT_STATUS,
	OPT_DEAF,
	OPT_NO_CLOSE_NOTIFY
};

static const struct argp_option option_table[] = {
	{ "psk", OPT_PSK, "KEY", 0, "A pre-shared key, and no certificate", 0 },
	{ "hello-padding", OPT_HELLO_PADDING, "BYTES", 0,
	  "A ClientHello so much larger", 0 },
	{ "no-ticket", OPT_NO_TICKET, NULL, 0,
	  "Sessions are resumed by their id", 0 },
	{ "status", OPT_STATUS, NULL, 0,
	  "The certificate's status is asked for, and answered", 0 },
	{ "deaf-when-done", OPT_DEAF, NULL, 0,
	  "Once connected, answer nothing, nor a repeated last flight", 0 },
	{ "no-close-notify", OPT_NO_CLOSE_NOTIFY, NULL, 0,
	  "End without a word, as a crash does", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct tls_options *opts = state->input;

	switch (key) {
	case OPT_PSK: opts->psk = arg; return 0;
	case OPT_HELLO_PADDING:
		if (lab_parse_uint(&opts->hello_padding, arg, 1, PADDING_MAX))
			argp_error(state, "hello-padding must be 1 to %d",
				   PADDING_MAX);
		return 0;
	case OPT_NO_TICKET: opts->no_ticket = true; return 0;
	case OPT_STATUS: opts->status = true; return 0;
	case OPT_DEAF: opts->deaf_when_done = true; return 0;
	case OPT_NO_CLOSE_NOTIFY: opts->no_close_notify = true; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp tls_options_argp = { option_table, parse_option, NULL, NULL,
				       NULL, NULL, NULL };

static unsigned int client_psk(SSL *ssl, const char *hint, char *identity,
			       unsigned int identity_len, unsigned char *psk,
			       unsigned int psk_len)
{
	(void)ssl;
	(void)hint;
	strncpy(identity, PSK_IDENTITY, identity_len);
	return psk_copy(psk, psk_len);
}

static unsigned int server_psk(SSL *ssl, const char *identity,
			       unsigned char *psk, unsigned int psk_len)
{
	(void)ssl;
	(void)identity;
	return psk_copy(psk, psk_len);
}

static int setup_psk(SSL_CTX *ctx, const char *psk)
{
	psk_set(psk);
	SSL_CTX_set_psk_client_callback(ctx, client_psk);
	SSL_CTX_set_psk_server_callback(ctx, server_psk);
	return SSL_CTX_set_cipher_list(ctx, "PSK") == 1 ? 0 : -1;
}

static int add_padding(SSL *ssl, unsigned int type, const unsigned char **out,
		       size_t *out_len, int *alert, void *arg)
{
	static const unsigned char zeros[PADDING_MAX];
	const struct tls_options *opts = arg;

	(void)ssl;
	(void)type;
	(void)alert;
	*out = zeros;
	*out_len = opts->hello_padding;
	return 1;
}

/* No OCSP response: a client that does not look at it takes any. */
static int answer_status(SSL *ssl, void *arg)
{
	static const char status[] = "good, says the lab";
	void *copy;

	(void)arg;
	if (!SSL_is_server(ssl))
		return 1;
	copy = OPENSSL_memdup(status, sizeof(status));
	if (!copy)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, sizeof(status));
	return SSL_TLSEXT_ERR_OK;
}

int tls_options_setup(SSL_CTX *ctx, const struct tls_options *opts)
{
	if (opts->no_ticket)
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	if (opts->status) {
		SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp);
		SSL_CTX_set_tlsext_status_cb(ctx, answer_status);
	}
	if (opts->psk && setup_psk(ctx, opts->psk))
		return -1;
	if (opts->hello_padding &&
	    SSL_CTX_add_client_custom_ext(ctx, PADDING_EXTENSION, add_padding,
					  NULL, (void *)opts, NULL, NULL) != 1)
		return -1;
	return 0;
}
