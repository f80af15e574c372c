/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * dtls_server: a DTLS 1.2 server on OpenSSL, many clients on one socket, with
 * or without HelloVerifyRequest (openssl s_server always sends one).
 *
 * Usage: dtls_server --listen 127.0.0.1:0 --cert server.pem --key server.key
 *		[--cookie] [--stateless] [--cafile ca.pem] [--no-timer] [--mtu N]
 *		[--cookie-loop] [--ignore-hello-fragments] [--renegotiate]
 *		[--psk KEY] ... (tls_options.c)
 *		[--fd N] [--duration SECONDS] [--via MODE] [--recv MODE] ... (udp_options.c)
 *
 * --cafile asks for a client certificate and fails without a good one.
 * --no-timer never retransmits (see dtls_client).
 * --stateless keeps nothing of a client until it has returned its cookie (RFC 6347
 * s4.2.1). Without it, in a flood, a client that takes long to do that is forgotten.
 *
 * Prints "ready ADDR:PORT", then a line per handshake that ends:
 *	handshake ok CLIENT[, session reused]
 *	handshake failed CLIENT: REASON
 * Application data is read and thrown away. Ends at --duration or SIGTERM.
 * An error of the socket is told on stderr, and the datagram is lost. Exits
 * with 77 if this host refuses --via io_uring. --mtu-fallback: see dtls_client.
 */
#include <argp.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "hello_tricks.h"
#include "lab_net.h"
#include "tls_help.h"
#include "tls_options.h"
#include "udp_bio.h"

#define MAX_PEERS 64
#define COOKIE_LEN 16

struct options {
	struct lab_addr listen;
	const char *cert, *key, *cafile;
	uint64_t duration_ms, mtu, fd;
	bool cookie, stateless, no_timer, cookie_loop, ignore_fragments, renegotiate;
	struct tls_options tls;
	struct udp_options udp;
};

struct server;

struct peer {
	struct server *server;
	struct lab_addr addr;
	struct udp_bio link;
	SSL *ssl; /* NULL: free slot */
	uint64_t number; /* in the order in which they came */
	bool is_done, is_deaf, returned_cookie;
};

struct server {
	struct options opts;
	SSL_CTX *ctx;
	struct udp_io io;
	struct peer peers[MAX_PEERS];
	uint64_t num_peers;
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

	if (!ctx || tls_options_setup(ctx, &opts->tls) ||
	    SSL_CTX_use_certificate_chain_file(ctx, opts->cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, opts->key, SSL_FILETYPE_PEM) != 1 ||
	    (opts->cafile && setup_verify(ctx, opts->cafile)) ||
	    RAND_bytes(cookie_bytes, COOKIE_LEN) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION);
	if (!opts->udp.mtu_fallback)
		SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU);
	/* Without it a session with a client certificate cannot be resumed. */
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"lab", 3);
	if (opts->cookie)
		SSL_CTX_set_options(ctx, SSL_OP_COOKIE_EXCHANGE);
	SSL_CTX_set_cookie_generate_cb(ctx, make_cookie);
	SSL_CTX_set_cookie_verify_cb(ctx, check_cookie);
	return ctx;
}

static void peer_close(struct peer *peer)
{
	SSL_free(peer->ssl);
	peer->ssl = NULL;
	dgram_port_clear(&peer->link.port);
}

static int peer_open(struct server *server, struct peer *peer,
		     const struct lab_addr *addr)
{
	SSL *ssl = SSL_new(server->ctx);
	BIO *bio;

	*peer = (struct peer){ .server = server, .addr = *addr,
			       .number = ++server->num_peers };
	bio = udp_bio_new(&peer->link, &server->io, &peer->addr,
			  server->opts.mtu);
	if (!ssl || !bio) {
		SSL_free(ssl);
		BIO_free(bio);
		return -1;
	}
	SSL_set_bio(ssl, bio, bio);
	SSL_set_mtu(ssl, server->opts.mtu);
	if (server->opts.no_timer)
		tls_timer_stop(ssl);
	SSL_set_accept_state(ssl);
	peer->ssl = ssl;
	return 0;
}

/* Was it asked for a cookie, and has not returned it? Its address may be made up. */
static bool peer_is_unverified(const struct peer *peer)
{
	OSSL_HANDSHAKE_STATE state = SSL_get_state(peer->ssl);

	return peer->server->opts.cookie &&
	       (state == TLS_ST_BEFORE || state == DTLS_ST_SW_HELLO_VERIFY_REQUEST);
}

/* In a flood: whoever waits the longest for a peer that may not exist. NULL: nobody. */
static struct peer *make_room(struct server *server)
{
	struct peer *oldest = NULL;

	for (int i = 0; i < MAX_PEERS; i++) {
		struct peer *peer = &server->peers[i];

		if (peer->ssl && peer_is_unverified(peer) &&
		    (!oldest || peer->number < oldest->number))
			oldest = peer;
	}
	if (oldest)
		peer_close(oldest);
	return oldest;
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
	if (!free_slot)
		free_slot = make_room(server);
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

/* With --give-up-on-error, what became of the datagrams just sent. */
static void peer_check(struct peer *peer)
{
	struct udp_io *io = &peer->server->io;

	udp_io_flush(io);
	if (!io->error)
		return;
	if (peer->ssl && !peer->is_done)
		report(peer, strerror(io->error));
	if (peer->ssl)
		peer_close(peer);
	io->error = 0;
}

static void peer_connected(struct peer *peer)
{
	const struct options *opts = &peer->server->opts;

	peer->is_deaf = opts->tls.deaf_when_done;
	/* A HelloRequest, under the keys of the first handshake. */
	if (opts->renegotiate && SSL_renegotiate(peer->ssl) == 1)
		SSL_do_handshake(peer->ssl);
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
		peer_connected(peer);
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

/* Answers a ClientHello without a cookie and keeps nothing of it; true if the peer stays. */
static bool peer_listen(struct peer *peer)
{
	BIO_ADDR *unused = BIO_ADDR_new();

	ERR_clear_error();
	peer->returned_cookie = unused && DTLSv1_listen(peer->ssl, unused) > 0;
	BIO_ADDR_free(unused);
	if (!peer->returned_cookie) {
		udp_io_flush(&peer->server->io);
		peer_close(peer);
	}
	return peer->returned_cookie;
}

/* The misbehaviour that libssl does not see; true if it has dealt with it. */
static bool server_plays_tricks(struct server *server, const void *data,
				size_t len, const struct lab_addr *from)
{
	uint8_t request[HELLO_VERIFY_LEN];
	struct record_message hello;

	if (!(server->opts.cookie_loop || server->opts.ignore_fragments) ||
	    !hello_find(&hello, data, len))
		return false;
	if (server->opts.ignore_fragments)
		return hello.frag_len != hello.len;
	hello_verify_write(request, hello.seq);
	udp_io_send(&server->io, from, request, sizeof(request));
	udp_io_flush(&server->io);
	return true;
}

static void server_read(struct server *server)
{
	struct lab_addr from;
	struct peer *peer;
	const void *data;
	ssize_t len;

	while ((len = udp_io_recv(&server->io, &data, &from)) >= 0) {
		if (server_plays_tricks(server, data, len, &from))
			continue;
		peer = find_peer(server, &from);
		if (!peer || peer->is_deaf || dgram_port_put(&peer->link.port, data, len))
			continue;
		if (server->opts.stateless && !peer->returned_cookie && !peer_listen(peer))
			continue;
		peer_step(peer);
		peer_check(peer);
	}
}

static void server_wait(struct server *server, uint64_t wait_ms)
{
	for (int i = 0; i < MAX_PEERS && !server->opts.no_timer; i++)
		if (server->peers[i].ssl)
			wait_ms = tls_timer_wait_ms(server->peers[i].ssl,
						    wait_ms);
	udp_io_wait(&server->io, wait_ms);
	for (int i = 0; i < MAX_PEERS && !server->opts.no_timer; i++) {
		struct peer *peer = &server->peers[i];

		if (!peer->ssl)
			continue;
		ERR_clear_error();
		if (tls_timer_fire(peer->ssl)) {
			report(peer, "retransmitted too often");
			peer_close(peer);
		}
		peer_check(peer);
	}
}

static int server_socket(const struct options *opts)
{
	if (opts->fd)
		return lab_udp_adopt(opts->fd);
	return opts->udp.split ? lab_udp_bind_split(&opts->listen) : lab_udp_bind(&opts->listen);
}

static int server_start(struct server *server)
{
	char text[LAB_ADDR_STRLEN];
	struct lab_addr local;
	int ret;

	server->ctx = new_context(&server->opts);
	if (!server->ctx) {
		ERR_print_errors_fp(stderr);
		return -1;
	}
	ret = server_socket(&server->opts);
	if (ret >= 0)
		ret = udp_io_init(&server->io, &server->opts.udp, ret, false);
	if (ret < 0) {
		fprintf(stderr, "dtls_server: cannot listen: %s\n",
			strerror(-ret));
		return -1;
	}
	lab_udp_local(&local, server->io.fd);
	printf("ready %s\n", lab_addr_format(text, &local));
	fflush(stdout);
	return 0;
}

static void server_run(struct server *server)
{
	uint64_t end_ms = lab_now_ms() + server->opts.duration_ms, now;

	while (!lab_stopped() && (now = lab_now_ms()) < end_ms) {
		if (udp_io_is_dead(&server->io)) {
			udp_io_play_dead(&server->io, end_ms);
			break;
		}
		server_wait(server, end_ms - now);
		server_read(server);
	}
	for (int i = 0; i < MAX_PEERS; i++)
		if (server->peers[i].ssl)
			peer_close(&server->peers[i]);
}

enum {
	OPT_CERT = 256,
	OPT_KEY,
	OPT_CAFILE,
	OPT_STATELESS,
	OPT_NO_TIMER,
	OPT_MTU,
	OPT_COOKIE_LOOP,
	OPT_IGNORE_FRAGMENTS,
	OPT_RENEGOTIATE,
	OPT_FD
};

static const struct argp_option option_table[] = {
	{ "listen", 'l', "ADDR:PORT", 0, "Where clients come in; port 0: any", 0 },
	{ "cert", OPT_CERT, "FILE", 0, "Server certificate", 0 },
	{ "key", OPT_KEY, "FILE", 0, "Its key", 0 },
	{ "cafile", OPT_CAFILE, "FILE", 0, "Demand a certificate of this CA", 0 },
	{ "cookie", 'c', NULL, 0, "Send HelloVerifyRequest", 0 },
	{ "stateless", OPT_STATELESS, NULL, 0,
	  "Send it too, and keep nothing of a client until it has returned the cookie", 0 },
	{ "cookie-loop", OPT_COOKIE_LOOP, NULL, 0,
	  "Send HelloVerifyRequest for ever, each time with another cookie", 0 },
	{ "ignore-hello-fragments", OPT_IGNORE_FRAGMENTS, NULL, 0,
	  "Take no ClientHello that is not in one piece", 0 },
	{ "renegotiate", OPT_RENEGOTIATE, NULL, 0,
	  "Once connected, ask for another handshake", 0 },
	{ "no-timer", OPT_NO_TIMER, NULL, 0, "Never retransmit", 0 },
	{ "fd", OPT_FD, "N", 0, "Take the bound socket that is open there", 0 },
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
	case OPT_FD:
		if (lab_parse_uint(&opts->fd, arg, 3, 1023))
			argp_error(state, "bad descriptor '%s'", arg);
		return 0;
	case OPT_CERT: opts->cert = arg; return 0;
	case OPT_KEY: opts->key = arg; return 0;
	case OPT_CAFILE: opts->cafile = arg; return 0;
	case OPT_NO_TIMER: opts->no_timer = true; return 0;
	case 'c': opts->cookie = true; return 0;
	case OPT_STATELESS: opts->cookie = opts->stateless = true; return 0;
	case OPT_COOKIE_LOOP: opts->cookie_loop = true; return 0;
	case OPT_RENEGOTIATE: opts->renegotiate = true; return 0;
	case OPT_IGNORE_FRAGMENTS: opts->ignore_fragments = true; return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->tls;
		state->child_inputs[1] = &opts->udp;
		return 0;
	case ARGP_KEY_END:
		if (!(opts->listen.len || opts->fd) || !opts->cert || !opts->key)
			argp_error(state, "--listen or --fd, --cert and --key are needed");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &tls_options_argp, 0, "The handshake:", 0 },
		{ &udp_io_argp, 0, "The socket:", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		option_table, parse_option, NULL, "A DTLS 1.2 server for tests.",
		children,     NULL,	    NULL
	};
	static struct server server = { .opts = { .duration_ms = 30000,
						  .mtu = 1400 } };
	int ret;

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &server.opts);
	if (!udp_io_is_supported(&server.opts.udp))
		return LAB_EXIT_SKIP;
	lab_stop_init();
	ret = server_start(&server);
	if (!ret)
		server_run(&server);
	SSL_CTX_free(server.ctx);
	udp_io_fini(&server.io);
	return ret ? 1 : 0;
}
