/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * wolf_peer: a DTLS client or server on wolfSSL, which has what OpenSSL does
 * not: DTLS 1.3, and connection IDs in both versions. wolf_peer_shared is the
 * same on the shared library of this system, which may have been built without.
 *
 * Usage: wolf_peer --connect 127.0.0.1:4444 [--cafile ca.pem] [--resume]
 *	  wolf_peer --listen 127.0.0.1:0 --cert server.pem --key server.key
 *	with [--version 1.2|1.3|any] [--cid] [--psk KEY] [--group GROUP] [--no-share]
 *	     [--no-cookie] [--mtu N] [--no-timer] [--update-keys] [--send TEXT]
 *	     [--linger SECONDS] [--duration SECONDS] [--follow]
 *
 * A server has one client at a time, and prints "ready ADDR:PORT" first. It
 * takes a datagram from elsewhere for the next client's; with --follow, for one
 * of its client, whom a NAT gave another address, and answers there. Lines
 * and exit status are those of dtls_client: "handshake ok[, resumed]" (0),
 * "handshake failed: REASON" (1), "handshake timed out" (3).
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef WOLFSSL_USER_SETTINGS
#include "user_settings.h"
#else
#include <wolfssl/options.h>
#endif
#include <wolfssl/ssl.h>

#include "lab_net.h"
#include "peer_link.h"
#include "peer_options.h"
#include "psk.h"
#include "wolf_lacks.h"

#define CID "labcid"

enum outcome { OUTCOME_OK = 0, OUTCOME_FAILED = 1, OUTCOME_TIMED_OUT = 3 };

struct options {
	struct peer_options common;
	const char *version;
	int group;
	bool no_share, no_cookie, update_keys, follow;
};

static unsigned int client_psk(WOLFSSL *ssl, const char *hint, char *identity,
			       unsigned int identity_len, unsigned char *key,
			       unsigned int key_len)
{
	(void)ssl;
	(void)hint;
	strncpy(identity, PSK_IDENTITY, identity_len);
	return psk_copy(key, key_len);
}

static unsigned int server_psk(WOLFSSL *ssl, const char *identity,
			       unsigned char *key, unsigned int key_len)
{
	(void)ssl;
	(void)identity;
	return psk_copy(key, key_len);
}

static WOLFSSL_METHOD *choose_method(const struct options *opts)
{
	bool is_server = opts->common.listen.len;

	if (!strcmp(opts->version, "1.2"))
		return is_server ? wolfDTLSv1_2_server_method() : wolfDTLSv1_2_client_method();
	if (!strcmp(opts->version, "1.3"))
		return is_server ? wolfDTLSv1_3_server_method() : wolfDTLSv1_3_client_method();
	return is_server ? wolfDTLS_server_method() : wolfDTLS_client_method();
}

/* 0, or -1 and the step that failed in *step. */
static int setup_context(WOLFSSL_CTX *ctx, const struct options *opts, const char **step)
{
	int verify = WOLFSSL_VERIFY_NONE;

	*step = "certificate";
	if (opts->common.cert &&
	    (wolfSSL_CTX_use_certificate_chain_file(ctx, opts->common.cert) != WOLFSSL_SUCCESS ||
	     wolfSSL_CTX_use_PrivateKey_file(ctx, opts->common.key, WOLFSSL_FILETYPE_PEM) !=
		     WOLFSSL_SUCCESS))
		return -1;
	*step = "cafile";
	if (opts->common.cafile) {
		verify = WOLFSSL_VERIFY_PEER;
		if (opts->common.listen.len)
			verify |= WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
		if (wolfSSL_CTX_load_verify_locations(ctx, opts->common.cafile, NULL) != WOLFSSL_SUCCESS)
			return -1;
	}
	wolfSSL_CTX_set_verify(ctx, verify, NULL);
	if (!opts->common.psk)
		return 0;
	psk_set(opts->common.psk);
	wolfSSL_CTX_set_psk_client_callback(ctx, client_psk);
	wolfSSL_CTX_set_psk_server_callback(ctx, server_psk);
	*step = "cipher list";
	return wolfSSL_CTX_set_cipher_list(ctx,
			"TLS13-AES128-GCM-SHA256:PSK-AES128-GCM-SHA256") == WOLFSSL_SUCCESS ? 0 : -1;
}

/* What the two versions have in common goes before what only 1.3 knows. */
static int setup_session(WOLFSSL *ssl, const struct options *opts, const char **step)
{
	bool may_be_1_3 = strcmp(opts->version, "1.2");

	*step = "mtu";
	if (opts->common.mtu && wolfSSL_dtls_set_mtu(ssl, opts->common.mtu) != WOLFSSL_SUCCESS)
		return -1;
	*step = "connection id";
	if (opts->common.cid && (wolfSSL_dtls_cid_use(ssl) != WOLFSSL_SUCCESS ||
			  wolfSSL_dtls_cid_set(ssl, (unsigned char *)CID, strlen(CID)) !=
				  WOLFSSL_SUCCESS))
		return -1;
	if (!may_be_1_3)
		return 0;
	*step = "key share";
	if (opts->no_share && wolfSSL_NoKeyShares(ssl) != WOLFSSL_SUCCESS)
		return -1;
	if (opts->group && !opts->common.listen.len &&
	    wolfSSL_UseKeyShare(ssl, opts->group) != WOLFSSL_SUCCESS)
		return -1;
	*step = "cookie";
	if (opts->no_cookie && opts->common.listen.len &&
	    wolfSSL_disable_hrr_cookie(ssl) != WOLFSSL_SUCCESS)
		return -1;
	*step = "fragments of a ClientHello";
	if (opts->common.listen.len && wolfSSL_dtls13_allow_ch_frag(ssl, 1) != WOLFSSL_SUCCESS)
		return -1;
	return 0;
}

/* Sleeps until there is something to read, or fires the DTLS timer; -1: it gave up. */
static int wait_or_fire(WOLFSSL *ssl, const struct options *opts, uint64_t end_ms)
{
	const struct peer_link *link = wolfSSL_GetIOReadCtx(ssl);
	struct pollfd pfd = { .fd = link->fd, .events = POLLIN };
	uint64_t now = lab_now_ms();
	uint64_t left_ms = end_ms > now ? end_ms - now : 0;
	uint64_t timer_ms = wolfSSL_dtls_get_current_timeout(ssl) * 1000ULL;
	int ret;

	/* A quarter of it where only an ACK is due (RFC 9147 s7.1). */
	if (wolfSSL_dtls13_use_quick_timeout(ssl))
		timer_ms /= 4;
	if (opts->common.no_timer || timer_ms > left_ms)
		timer_ms = left_ms;
	ret = lab_poll(&pfd, 1, timer_ms);
	if (ret != 0 || opts->common.no_timer || lab_now_ms() >= end_ms || lab_stopped())
		return 0;
	return wolfSSL_dtls_got_timeout(ssl) == WOLFSSL_SUCCESS ? 0 : -1;
}

static int io_recv(WOLFSSL *ssl, char *buf, int len, void *arg)
{
	ssize_t got = link_recv(arg, buf, len);

	(void)ssl;
	if (got == -EAGAIN)
		return WOLFSSL_CBIO_ERR_WANT_READ;
	return got < 0 ? WOLFSSL_CBIO_ERR_CONN_CLOSE : (int)got;
}

static int io_send(WOLFSSL *ssl, char *data, int len, void *arg)
{
	(void)ssl;
	link_send(arg, data, len);
	return len;
}

static enum outcome tell(WOLFSSL *ssl, enum outcome outcome, const char *step)
{
	char reason[WOLFSSL_MAX_ERROR_SZ] = "";

	if (outcome == OUTCOME_OK)
		printf("handshake ok%s\n", wolfSSL_session_reused(ssl) ? ", resumed" : "");
	else if (outcome == OUTCOME_TIMED_OUT)
		printf("handshake timed out\n");
	else
		printf("handshake failed: %s\n",
		       step ? step : wolfSSL_ERR_error_string(wolfSSL_get_error(ssl, 0), reason));
	fflush(stdout);
	return outcome;
}

static enum outcome do_handshake(WOLFSSL *ssl, const struct options *opts, uint64_t end_ms)
{
	int ret, error;

	while (!lab_stopped()) {
		ret = opts->common.listen.len ? wolfSSL_accept(ssl) : wolfSSL_connect(ssl);
		if (ret == WOLFSSL_SUCCESS)
			return tell(ssl, OUTCOME_OK, NULL);
		error = wolfSSL_get_error(ssl, ret);
		if (error != WOLFSSL_ERROR_WANT_READ && error != WOLFSSL_ERROR_WANT_WRITE)
			return tell(ssl, OUTCOME_FAILED, NULL);
		if (lab_now_ms() >= end_ms)
			return tell(ssl, OUTCOME_TIMED_OUT, NULL);
		if (wait_or_fire(ssl, opts, end_ms))
			return tell(ssl, OUTCOME_FAILED, "retransmitted too often");
	}
	return tell(ssl, OUTCOME_FAILED, "stopped by a signal");
}

/* Reading is what takes ACKs and tickets, and answers a repeated last flight. */
static void read_on(WOLFSSL *ssl, const struct options *opts, uint64_t end_ms)
{
	char buf[2048];
	int ret;

	while (!lab_stopped() && lab_now_ms() < end_ms) {
		ret = wolfSSL_read(ssl, buf, sizeof(buf));
		if (ret > 0)
			continue;
		if (wolfSSL_get_error(ssl, ret) != WOLFSSL_ERROR_WANT_READ ||
		    wait_or_fire(ssl, opts, end_ms))
			return;
	}
}

static void use(WOLFSSL *ssl, const struct options *opts, uint64_t end_ms)
{
	uint64_t linger_end_ms = lab_now_ms() + opts->common.linger_ms;

	if (opts->common.send)
		wolfSSL_write(ssl, opts->common.send, strlen(opts->common.send));
	if (opts->update_keys)
		wolfSSL_update_keys(ssl);
	read_on(ssl, opts, opts->common.listen.len || linger_end_ms > end_ms ? end_ms : linger_end_ms);
	wolfSSL_shutdown(ssl);
}

/* One connection. */
static enum outcome run_once(WOLFSSL_CTX *ctx, const struct options *opts, struct peer_link *link,
			     WOLFSSL_SESSION *session, WOLFSSL_SESSION **out_session,
			     uint64_t end_ms)
{
	WOLFSSL *ssl = wolfSSL_new(ctx);
	enum outcome outcome = OUTCOME_FAILED;
	const char *step = "session";

	if (!ssl || setup_session(ssl, opts, &step)) {
		tell(ssl, OUTCOME_FAILED, step);
		wolfSSL_free(ssl);
		return outcome;
	}
	wolfSSL_SSLSetIORecv(ssl, io_recv);
	wolfSSL_SSLSetIOSend(ssl, io_send);
	wolfSSL_SetIOReadCtx(ssl, link);
	wolfSSL_SetIOWriteCtx(ssl, link);
	if (link->client.len) /* goes into the cookie */
		wolfSSL_dtls_set_peer(ssl, &link->client.ss, link->client.len);
	wolfSSL_dtls_set_using_nonblock(ssl, 1);
	if (session)
		wolfSSL_set_session(ssl, session);
	outcome = do_handshake(ssl, opts, end_ms);
	if (outcome == OUTCOME_OK)
		use(ssl, opts, end_ms);
	if (outcome == OUTCOME_OK && out_session)
		*out_session = wolfSSL_get1_session(ssl);
	wolfSSL_free(ssl);
	return outcome;
}

static enum outcome run_client(WOLFSSL_CTX *ctx, const struct options *opts, uint64_t end_ms)
{
	WOLFSSL_SESSION *session = NULL;
	enum outcome outcome = OUTCOME_FAILED;
	struct peer_link link;

	for (int i = 0; i <= opts->common.resume; i++) {
		int ret = link_connect(&link, &opts->common.connect, opts->common.bind.len ? &opts->common.bind : NULL);

		if (ret)
			return tell(NULL, OUTCOME_FAILED, strerror(-ret));
		outcome = run_once(ctx, opts, &link, session,
				   opts->common.resume && !session ? &session : NULL, end_ms);
		close(link.fd);
		if (outcome != OUTCOME_OK)
			break;
	}
	wolfSSL_SESSION_free(session);
	return outcome;
}

static enum outcome run_server(WOLFSSL_CTX *ctx, const struct options *opts, uint64_t end_ms)
{
	enum outcome outcome = OUTCOME_TIMED_OUT;
	struct peer_link link = { .follows = opts->follow };
	int ret = link_listen(&link, &opts->common.listen);

	if (ret)
		return tell(NULL, OUTCOME_FAILED, strerror(-ret));
	while (link_accept(&link, end_ms))
		outcome = run_once(ctx, opts, &link, NULL, NULL, end_ms);
	close(link.fd);
	return outcome;
}

static enum outcome run(const struct options *opts)
{
	uint64_t end_ms = lab_now_ms() + opts->common.duration_ms;
	WOLFSSL_CTX *ctx = wolfSSL_CTX_new(choose_method(opts));
	enum outcome outcome = OUTCOME_FAILED;
	const char *step = "context";

	if (!ctx || setup_context(ctx, opts, &step))
		tell(NULL, OUTCOME_FAILED, step);
	else
		outcome = opts->common.listen.len ? run_server(ctx, opts, end_ms) :
					     run_client(ctx, opts, end_ms);
	wolfSSL_CTX_free(ctx);
	return outcome;
}

enum {
	OPT_GROUP = 256,
	OPT_NO_SHARE,
	OPT_NO_COOKIE,
	OPT_UPDATE_KEYS,
	OPT_FOLLOW
};

static const struct argp_option option_table[] = {
	{ "version", 'v', "VERSION", 0, "1.2, 1.3 or any (default)", 0 },
	{ "group", OPT_GROUP, "NAME", 0, "Key share of the client: p256, x25519 or mlkem (with x25519)", 0 },
	{ "no-share", OPT_NO_SHARE, NULL, 0, "A ClientHello without a key share", 0 },
	{ "no-cookie", OPT_NO_COOKIE, NULL, 0, "A server that needs no cookie in 1.3", 0 },
	{ "update-keys", OPT_UPDATE_KEYS, NULL, 0, "KeyUpdate, once connected (1.3)", 0 },
	{ "follow", OPT_FOLLOW, NULL, 0, "A server that goes on with a client at another address", 0 },
	{ 0 },
};

static void parse_group(struct options *opts, const char *arg, struct argp_state *state)
{
	if (!strcmp(arg, "p256"))
		opts->group = WOLFSSL_ECC_SECP256R1;
	else if (!strcmp(arg, "x25519"))
		opts->group = WOLFSSL_ECC_X25519;
	else if (!strcmp(arg, "mlkem"))
		opts->group = WOLFSSL_X25519MLKEM768;
	else
		argp_error(state, "unknown group '%s'", arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'v': opts->version = arg; return 0;
	case OPT_GROUP: parse_group(opts, arg, state); return 0;
	case OPT_NO_SHARE: opts->no_share = true; return 0;
	case OPT_NO_COOKIE: opts->no_cookie = true; return 0;
	case OPT_UPDATE_KEYS: opts->update_keys = true; return 0;
	case OPT_FOLLOW: opts->follow = true; return 0;
	case ARGP_KEY_INIT: state->child_inputs[0] = &opts->common; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &peer_options_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { option_table, parse_option, NULL,
					  "A DTLS client or server on wolfSSL, for tests.",
					  children, NULL, NULL };
	struct options opts = { .common = PEER_DEFAULTS, .version = "any" };
	enum outcome outcome;

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &opts);
	lab_stop_init();
	wolfSSL_Init();
	outcome = run(&opts);
	wolfSSL_Cleanup();
	return outcome;
}
