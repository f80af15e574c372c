/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * dtls_server: a DTLS 1.2 server on OpenSSL, many clients on one socket, with
 * or without HelloVerifyRequest (openssl s_server always sends one).
 *
 * Usage: dtls_server --listen 127.0.0.1:0 --cert server.pem --key server.key
 *		[--cookie] [--cafile ca.pem] [--no-timer] [--mtu N]
 *		[--duration SECONDS]
 *
 * --cafile asks for a client certificate and fails without a good one.
 * --no-timer never retransmits (see dtls_client).
 *
 * Prints "ready ADDR:PORT", then a line per handshake that ends:
 *	handshake ok CLIENT[, session reused]
 *	handshake failed CLIENT: REASON
 * Application data is read and thrown away. Ends at --duration or SIGTERM.
 */
#include <argp.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dgram_bio.h"
#include "lab_net.h"
#include "tls_help.h"

#define MAX_PEERS 64
#define NO_TIMER_US 600000000U
#define COOKIE_LEN 16

struct options {
	struct lab_addr listen;
	const char *cert, *key, *cafile;
	uint64_t duration_ms, mtu;
	bool cookie, no_timer;
};

struct server;

struct peer {
	struct server *server;
	struct lab_addr addr;
	struct dgram_port port;
	SSL *ssl; /* NULL: free slot */
	bool is_done;
};

struct server {
	struct options opts;
	SSL_CTX *ctx;
	int fd;
	struct peer peers[MAX_PEERS];
};

/* Not bound to the client's address: enough where nobody attacks. */
static uint8_t cookie_bytes[COOKIE_LEN];

static int make_cookie(SSL *ssl, unsigned char *cookie, unsigned int *len)
{
	(void)ssl;
	memcpy(cookie, cookie_bytes, COOKIE_LEN);
	*len = COOKIE_LEN;
	return 1;
}

static int check_cookie(SSL *ssl, const unsigned char *cookie, unsigned int len)
{
	(void)ssl;
	return len == COOKIE_LEN && !memcmp(cookie, cookie_bytes, COOKIE_LEN);
}

static unsigned int never_due(SSL *ssl, unsigned int timer_us)
{
	(void)ssl;
	(void)timer_us;
	return NO_TIMER_US;
}

static int setup_verify(SSL_CTX *ctx, const char *cafile)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   NULL);
	SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(cafile));
	return SSL_CTX_load_verify_locations(ctx, cafile, NULL) == 1 ? 0 : -1;
}

static SSL_CTX *new_context(const struct options *opts)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_server_method());

	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, opts->cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, opts->key, SSL_FILETYPE_PEM) != 1 ||
	    (opts->cafile && setup_verify(ctx, opts->cafile)) ||
	    RAND_bytes(cookie_bytes, COOKIE_LEN) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU);
	/* Without it a session with a client certificate cannot be resumed. */
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"lab", 3);
	if (opts->cookie)
		SSL_CTX_set_options(ctx, SSL_OP_COOKIE_EXCHANGE);
	SSL_CTX_set_cookie_generate_cb(ctx, make_cookie);
	SSL_CTX_set_cookie_verify_cb(ctx, check_cookie);
	return ctx;
}

static void peer_send(void *arg, const void *data, size_t len)
{
	struct peer *peer = arg;

	if (sendto(peer->server->fd, data, len, 0,
		   (const struct sockaddr *)&peer->addr.ss, peer->addr.len) < 0)
		fprintf(stderr, "dtls_server: send: %s\n", strerror(errno));
}

static void peer_close(struct peer *peer)
{
	SSL_free(peer->ssl);
	peer->ssl = NULL;
	dgram_port_clear(&peer->port);
}

static int peer_open(struct server *server, struct peer *peer,
		     const struct lab_addr *addr)
{
	SSL *ssl = SSL_new(server->ctx);
	BIO *bio;

	*peer = (struct peer){ .server = server, .addr = *addr };
	peer->port.send = peer_send;
	peer->port.arg = peer;
	bio = dgram_bio_new(&peer->port);
	if (!ssl || !bio) {
		SSL_free(ssl);
		BIO_free(bio);
		return -1;
	}
	SSL_set_bio(ssl, bio, bio);
	SSL_set_mtu(ssl, server->opts.mtu);
	if (server->opts.no_timer)
		DTLS_set_timer_cb(ssl, never_due);
	SSL_set_accept_state(ssl);
	peer->ssl = ssl;
	return 0;
}

static struct peer *find_peer(struct server *server, const struct lab_addr *addr)
{
	struct peer *free_slot = NULL;

	for (int i = 0; i < MAX_PEERS; i++) {
		struct peer *peer = &server->peers[i];

		if (peer->ssl && lab_addr_equal(&peer->addr, addr))
			return peer;
		if (!peer->ssl && !free_slot)
			free_slot = peer;
	}
	if (!free_slot || peer_open(server, free_slot, addr))
		return NULL;
	return free_slot;
}

static void report(const struct peer *peer, const char *failure)
{
	char text[LAB_ADDR_STRLEN];

	lab_addr_format(text, &peer->addr);
	if (failure)
		printf("handshake failed %s: %s\n", text, failure);
	else
		printf("handshake ok %s%s\n", text,
		       SSL_session_reused(peer->ssl) ? ", session reused" : "");
	fflush(stdout);
}

/* Handshake, then reading: that also answers a repeated last flight. */
static void peer_step(struct peer *peer)
{
	char buf[2048], reason[256];
	int ret, err, saved_errno;

	ERR_clear_error();
	errno = 0;
	while ((ret = SSL_read(peer->ssl, buf, sizeof(buf))) > 0)
		;
	saved_errno = errno;
	err = SSL_get_error(peer->ssl, ret);
	if (!peer->is_done && SSL_is_init_finished(peer->ssl)) {
		peer->is_done = true;
		report(peer, NULL);
	}
	if (err == SSL_ERROR_WANT_READ)
		return;
	if (!peer->is_done)
		report(peer, tls_failure(reason, sizeof(reason), peer->ssl, err,
					 saved_errno));
	if (err == SSL_ERROR_ZERO_RETURN)
		SSL_shutdown(peer->ssl);
	peer_close(peer);
}

static void server_read(struct server *server)
{
	uint8_t buf[LAB_DATAGRAM_MAX];
	struct peer *peer;

	for (;;) {
		struct lab_addr from = { .len = sizeof(from.ss) };
		ssize_t len = recvfrom(server->fd, buf, sizeof(buf), 0,
				       (struct sockaddr *)&from.ss, &from.len);

		if (len < 0)
			return;
		peer = find_peer(server, &from);
		if (!peer || dgram_port_put(&peer->port, buf, len))
			continue;
		peer_step(peer);
	}
}

static void server_wait(struct server *server, uint64_t wait_ms)
{
	struct pollfd pfd = { .fd = server->fd, .events = POLLIN };

	for (int i = 0; i < MAX_PEERS && !server->opts.no_timer; i++)
		if (server->peers[i].ssl)
			wait_ms = tls_timer_wait_ms(server->peers[i].ssl,
						    wait_ms);
	lab_poll(&pfd, 1, wait_ms);
	for (int i = 0; i < MAX_PEERS && !server->opts.no_timer; i++) {
		struct peer *peer = &server->peers[i];

		ERR_clear_error();
		if (peer->ssl && tls_timer_fire(peer->ssl)) {
			report(peer, "retransmitted too often");
			peer_close(peer);
		}
	}
}

static int server_start(struct server *server)
{
	char text[LAB_ADDR_STRLEN];
	struct lab_addr local;

	server->ctx = new_context(&server->opts);
	if (!server->ctx) {
		ERR_print_errors_fp(stderr);
		return -1;
	}
	server->fd = lab_udp_bind(&server->opts.listen);
	if (server->fd < 0) {
		fprintf(stderr, "dtls_server: cannot listen: %s\n",
			strerror(-server->fd));
		return -1;
	}
	lab_udp_local(&local, server->fd);
	printf("ready %s\n", lab_addr_format(text, &local));
	fflush(stdout);
	return 0;
}

static void server_run(struct server *server)
{
	uint64_t end_ms = lab_now_ms() + server->opts.duration_ms, now;

	while (!lab_stopped() && (now = lab_now_ms()) < end_ms) {
		server_wait(server, end_ms - now);
		server_read(server);
	}
	for (int i = 0; i < MAX_PEERS; i++)
		if (server->peers[i].ssl)
			peer_close(&server->peers[i]);
}

enum { OPT_CERT = 256, OPT_KEY, OPT_CAFILE, OPT_NO_TIMER, OPT_MTU };

static const struct argp_option option_table[] = {
	{ "listen", 'l', "ADDR:PORT", 0, "Where clients come in; port 0: any", 0 },
	{ "cert", OPT_CERT, "FILE", 0, "Server certificate", 0 },
	{ "key", OPT_KEY, "FILE", 0, "Its key", 0 },
	{ "cafile", OPT_CAFILE, "FILE", 0, "Demand a certificate of this CA", 0 },
	{ "cookie", 'c', NULL, 0, "Send HelloVerifyRequest", 0 },
	{ "no-timer", OPT_NO_TIMER, NULL, 0, "Never retransmit", 0 },
	{ "mtu", OPT_MTU, "BYTES", 0, "Largest datagram (default 1400)", 0 },
	{ "duration", 'd', "SECONDS", 0, "End after this time (default 30)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'l':
		if (lab_addr_parse(&opts->listen, arg))
			argp_error(state, "bad address '%s'", arg);
		return 0;
	case 'd':
		if (lab_parse_seconds(&opts->duration_ms, arg))
			argp_error(state, "bad duration '%s'", arg);
		return 0;
	case OPT_MTU:
		if (lab_parse_uint(&opts->mtu, arg, 228, 16384))
			argp_error(state, "mtu must be 228 to 16384");
		return 0;
	case OPT_CERT: opts->cert = arg; return 0;
	case OPT_KEY: opts->key = arg; return 0;
	case OPT_CAFILE: opts->cafile = arg; return 0;
	case OPT_NO_TIMER: opts->no_timer = true; return 0;
	case 'c': opts->cookie = true; return 0;
	case ARGP_KEY_END:
		if (!opts->listen.len || !opts->cert || !opts->key)
			argp_error(state, "--listen, --cert and --key are needed");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		option_table, parse_option, NULL, "A DTLS 1.2 server for tests.",
		NULL,	      NULL,	    NULL
	};
	static struct server server = { .fd = -1,
					.opts = { .duration_ms = 30000,
						  .mtu = 1400 } };
	int ret;

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &server.opts);
	lab_stop_init();
	ret = server_start(&server);
	if (!ret)
		server_run(&server);
	SSL_CTX_free(server.ctx);
	if (server.fd >= 0)
		close(server.fd);
	return ret ? 1 : 0;
}
