/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * dtls_client: a DTLS 1.2 client on OpenSSL that can misbehave on purpose.
 *
 * Usage: dtls_client --connect 127.0.0.1:4444 [--cafile ca.pem]
 *		[--cert client.pem --key client.key] [--servername localhost]
 *		[--no-timer] [--resume] [--send TEXT [--every SECONDS]] [--linger SECONDS]
 *		[--bind ADDR:PORT] [--fd N] [--thread] [--mtu N] [--duration SECONDS]
 *		[--psk KEY] ... (tls_options.c)
 *		[--via MODE] [--recv MODE] ... (udp_options.c)
 *
 * One line of outcome per handshake, and the exit status of the last one:
 *	0	handshake ok[, session reused|, session not reused]
 *	1	handshake failed: REASON; also if --resume did not resume
 *	3	handshake timed out
 *	77	this host refuses --via io_uring
 *
 * An error of the socket is told on stderr, and the datagram is lost, as the
 * network may lose it: a server that comes up later is found by the timer.
 * --mtu is kept whatever the socket says of it, unless --mtu-fallback: then
 * OpenSSL goes down to 548 (IPv6: 1232) bytes at the third timeout, after 7 s.
 *
 * --no-timer is the application that forgets the DTLS timer.
 */
#include <argp.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "lab_net.h"
#include "tls_help.h"
#include "tls_options.h"
#include "udp_bio.h"

enum outcome { OUTCOME_OK = 0, OUTCOME_FAILED = 1, OUTCOME_TIMED_OUT = 3 };

struct options {
	struct lab_addr connect, bind;
	const char *cafile, *cert, *key, *send, *servername;
	uint64_t duration_ms, linger_ms, every_ms, mtu, fd;
	bool no_timer, slow_timer, resume, thread;
	struct tls_options tls;
	struct udp_options udp;
};

struct conn {
	const struct options *opts;
	SSL *ssl;
	struct udp_io io;
	struct udp_bio link;
	uint64_t end_ms;
	char reason[256];
};

static SSL_CTX *new_context(const struct options *opts)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_client_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION);
	if (opts->mtu && !opts->udp.mtu_fallback)
		SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU);
	if (tls_options_setup(ctx, &opts->tls))
		goto err;
	if (opts->cafile) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		if (SSL_CTX_load_verify_locations(ctx, opts->cafile, NULL) != 1)
			goto err;
	}
	if (opts->cert &&
	    (SSL_CTX_use_certificate_chain_file(ctx, opts->cert) != 1 ||
	     SSL_CTX_use_PrivateKey_file(ctx, opts->key, SSL_FILETYPE_PEM) != 1))
		goto err;
	return ctx;
err:
	SSL_CTX_free(ctx);
	return NULL;
}

static int conn_setup_tls(struct conn *conn, SSL_CTX *ctx, SSL_SESSION *session)
{
	const struct options *opts = conn->opts;
	BIO *bio = udp_bio_new(&conn->link, &conn->io, &opts->connect, opts->mtu);

	conn->ssl = SSL_new(ctx);
	if (!bio || !conn->ssl) {
		BIO_free(bio);
		return -1;
	}
	SSL_set_bio(conn->ssl, bio, bio);
	if (opts->mtu)
		SSL_set_mtu(conn->ssl, opts->mtu);
	if (opts->no_timer)
		tls_timer_stop(conn->ssl);
	if (opts->slow_timer)
		tls_timer_slow(conn->ssl);
	if (opts->servername &&
	    (SSL_set_tlsext_host_name(conn->ssl, opts->servername) != 1 ||
	     SSL_set1_host(conn->ssl, opts->servername) != 1))
		return -1;
	return session && SSL_set_session(conn->ssl, session) != 1 ? -1 : 0;
}

static int conn_open(struct conn *conn, SSL_CTX *ctx, SSL_SESSION *session)
{
	const struct options *opts = conn->opts;
	int ret = opts->fd ? lab_udp_adopt(opts->fd) :
		lab_udp_connect(&opts->connect, opts->bind.len ? &opts->bind : NULL);

	if (ret >= 0)
		ret = udp_io_init(&conn->io, &opts->udp, ret, true);
	if (ret < 0) {
		snprintf(conn->reason, sizeof(conn->reason), "socket: %s",
			 strerror(-ret));
		return -1;
	}
	if (conn_setup_tls(conn, ctx, session)) {
		snprintf(conn->reason, sizeof(conn->reason), "cannot set up");
		return -1;
	}
	return 0;
}

static void conn_close(struct conn *conn)
{
	SSL_free(conn->ssl);
	dgram_port_clear(&conn->link.port);
	udp_io_fini(&conn->io);
}

/* Sleeps until there is something to read or the DTLS timer is due. */
static int conn_wait(struct conn *conn, uint64_t end_ms)
{
	uint64_t now = lab_now_ms();
	uint64_t wait_ms = end_ms > now ? end_ms - now : 0;
	int ret;

	if (!conn->opts->no_timer)
		wait_ms = tls_timer_wait_ms(conn->ssl, wait_ms);
	udp_io_wait(&conn->io, wait_ms);
	if (conn->opts->no_timer)
		return 0;
	ret = tls_timer_fire(conn->ssl);
	udp_io_flush(&conn->io);
	return ret;
}

/* Gives OpenSSL one datagram, or sleeps; -1 once OpenSSL gives up. */
static int conn_feed(struct conn *conn, uint64_t end_ms)
{
	struct lab_addr from;
	const void *data;
	ssize_t len = udp_io_recv(&conn->io, &data, &from);

	if (len < 0)
		return conn_wait(conn, end_ms);
	dgram_port_put(&conn->link.port, data, len);
	return 0;
}

static enum outcome conn_fail(struct conn *conn, int ret)
{
	int saved_errno = errno;

	tls_failure(conn->reason, sizeof(conn->reason), conn->ssl,
		    SSL_get_error(conn->ssl, ret), saved_errno);
	return OUTCOME_FAILED;
}

/* What ends a handshake from outside of OpenSSL; OUTCOME_OK: nothing. */
static enum outcome conn_check(struct conn *conn)
{
	if (udp_io_is_dead(&conn->io))
		udp_io_play_dead(&conn->io, conn->end_ms);
	if (lab_stopped()) {
		strcpy(conn->reason, "stopped by a signal");
		return OUTCOME_FAILED;
	}
	if (conn->io.error) {
		strcpy(conn->reason, strerror(conn->io.error));
		return OUTCOME_FAILED;
	}
	return lab_now_ms() >= conn->end_ms ? OUTCOME_TIMED_OUT : OUTCOME_OK;
}

static enum outcome conn_handshake(struct conn *conn)
{
	enum outcome outcome;
	int ret, err;

	for (;;) {
		ERR_clear_error();
		errno = 0;
		ret = SSL_connect(conn->ssl);
		err = SSL_get_error(conn->ssl, ret);
		outcome = err == SSL_ERROR_NONE || err == SSL_ERROR_WANT_READ ?
				  OUTCOME_OK : conn_fail(conn, ret);
		udp_io_flush(&conn->io);
		if (ret == 1)
			return OUTCOME_OK;
		if (outcome == OUTCOME_OK)
			outcome = conn_check(conn);
		if (outcome != OUTCOME_OK)
			return outcome;
		ERR_clear_error();
		if (conn_feed(conn, conn->end_ms))
			return conn_fail(conn, -1);
	}
}

static void conn_send(struct conn *conn)
{
	if (!udp_io_is_dead(&conn->io))
		SSL_write(conn->ssl, conn->opts->send, strlen(conn->opts->send));
	udp_io_flush(&conn->io);
}

/*
 * Reading is what answers a repeated last flight of the peer (RFC 6347
 * s4.2.4: in FINISHED it must be answered), and what sees its close_notify.
 */
static void conn_linger(struct conn *conn)
{
	uint64_t end_ms = lab_now_ms() + conn->opts->linger_ms, every_ms = conn->opts->every_ms;
	uint64_t next_ms = every_ms ? lab_now_ms() + every_ms : UINT64_MAX;
	char buf[2048];
	int ret;

	if (end_ms > conn->end_ms)
		end_ms = conn->end_ms;
	while (!lab_stopped() && !udp_io_is_dead(&conn->io) &&
	       !conn->io.error && lab_now_ms() < end_ms) {
		if (lab_now_ms() >= next_ms) {
			conn_send(conn);
			next_ms += every_ms;
		}
		if (conn->opts->tls.deaf_when_done) {
			conn_feed(conn, end_ms);
			continue;
		}
		ret = SSL_read(conn->ssl, buf, sizeof(buf));
		if (ret <= 0 &&
		    SSL_get_error(conn->ssl, ret) != SSL_ERROR_WANT_READ)
			return;
		if (ret <= 0)
			conn_feed(conn, next_ms < end_ms ? next_ms : end_ms);
	}
}

/* What is asked for after the handshake goes for the last of --resume only. */
static void conn_use(struct conn *conn, bool is_last)
{
	const struct options *opts = conn->opts;

	if (is_last && opts->send)
		conn_send(conn);
	udp_io_flush(&conn->io);
	if (is_last)
		conn_linger(conn);
	if (udp_io_is_dead(&conn->io)) {
		udp_io_play_dead(&conn->io, conn->end_ms);
		return;
	}
	if (!opts->tls.no_close_notify)
		SSL_shutdown(conn->ssl); /* without it the session cannot be resumed */
	udp_io_flush(&conn->io);
}

static void print_outcome(const struct conn *conn, enum outcome outcome,
			  const char *remark)
{
	if (outcome == OUTCOME_OK)
		printf("handshake ok%s\n", remark);
	else if (outcome == OUTCOME_TIMED_OUT)
		printf("handshake timed out\n");
	else
		printf("handshake failed: %s\n", conn->reason);
	fflush(stdout);
}

/* One connection from socket to close; with @session the second of --resume. */
static enum outcome run_once(const struct options *opts, SSL_CTX *ctx,
			     uint64_t end_ms, SSL_SESSION *session,
			     SSL_SESSION **out_session)
{
	struct conn conn = { .opts = opts, .end_ms = end_ms };
	enum outcome outcome = OUTCOME_FAILED;
	const char *remark = "";
	bool reused = false;

	if (!conn_open(&conn, ctx, session))
		outcome = conn_handshake(&conn);
	if (outcome == OUTCOME_OK && session) {
		reused = SSL_session_reused(conn.ssl);
		remark = reused ? ", session reused" : ", session not reused";
	}
	print_outcome(&conn, outcome, remark);
	if (outcome == OUTCOME_OK) {
		conn_use(&conn, !out_session);
		if (out_session)
			*out_session = SSL_get1_session(conn.ssl);
		if (session && !reused)
			outcome = OUTCOME_FAILED;
	}
	conn_close(&conn);
	return outcome;
}

static enum outcome run(const struct options *opts)
{
	uint64_t end_ms = lab_now_ms() + opts->duration_ms;
	SSL_CTX *ctx = new_context(opts);
	SSL_SESSION *session = NULL;
	enum outcome outcome;

	if (!ctx) {
		fprintf(stderr, "dtls_client: ");
		ERR_print_errors_fp(stderr);
		return OUTCOME_FAILED;
	}
	outcome = run_once(opts, ctx, end_ms, NULL,
			   opts->resume ? &session : NULL);
	if (session)
		outcome = run_once(opts, ctx, end_ms, session, NULL);
	SSL_SESSION_free(session);
	SSL_CTX_free(ctx);
	return outcome;
}

static void *run_in_thread(void *opts)
{
	prctl(PR_SET_NAME, "worker");
	return (void *)(intptr_t)run(opts);
}

/* The first thread waits. */
static int run_beside(struct options *opts)
{
	pthread_t thread;
	void *outcome;

	if (pthread_create(&thread, NULL, run_in_thread, opts) || pthread_join(thread, &outcome))
		return OUTCOME_FAILED;
	return (intptr_t)outcome;
}

enum { OPT_NO_TIMER, OPT_SLOW_TIMER = 256, OPT_CAFILE, OPT_CERT, OPT_KEY, OPT_LINGER, OPT_MTU,
       OPT_FD, OPT_THREAD, OPT_EVERY };

static const struct argp_option option_table[] = {
	{ "connect", 'c', "ADDR:PORT", 0, "The server", 0 },
	{ "bind", 'b', "ADDR:PORT", 0, "Local address", 0 },
	{ "fd", OPT_FD, "N", 0, "Take the connected socket that is open there", 0 },
	{ "thread", OPT_THREAD, NULL, 0, "Do it in a thread that is not the first", 0 },
	{ "no-timer", OPT_NO_TIMER, NULL, 0, "Never retransmit", 0 },
	{ "slow-timer", OPT_SLOW_TIMER, NULL, 0, "Retransmit after a minute", 0 },
	{ "cafile", OPT_CAFILE, "FILE", 0, "Verify the server by this CA", 0 },
	{ "cert", OPT_CERT, "FILE", 0, "Client certificate", 0 },
	{ "key", OPT_KEY, "FILE", 0, "Key of the client certificate", 0 },
	{ "servername", 'n', "NAME", 0, "SNI, and the name to verify", 0 },
	{ "resume", 'r', NULL, 0, "Once more, with the session resumed", 0 },
	{ "send", 's', "TEXT", 0, "Send this after the handshake", 0 },
	{ "every", OPT_EVERY, "SECONDS", 0, "And again so often, while it lingers", 0 },
	{ "linger", OPT_LINGER, "SECONDS", 0, "Read on before closing", 0 },
	{ "mtu", OPT_MTU, "BYTES", 0, "Largest datagram to send", 0 },
	{ "duration", 'd', "SECONDS", 0, "Longest time in all (default 30)", 0 },
	{ 0 },
};

static error_t parse_address(struct lab_addr *addr, const char *arg,
			     struct argp_state *state)
{
	if (lab_addr_parse(addr, arg))
		argp_error(state, "bad address '%s'", arg);
	return 0;
}

static error_t parse_seconds(uint64_t *ms, const char *arg,
			     struct argp_state *state)
{
	if (lab_parse_seconds(ms, arg))
		argp_error(state, "bad number of seconds '%s'", arg);
	return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'c': return parse_address(&opts->connect, arg, state);
	case 'b': return parse_address(&opts->bind, arg, state);
	case 'd': return parse_seconds(&opts->duration_ms, arg, state);
	case OPT_LINGER: return parse_seconds(&opts->linger_ms, arg, state);
	case OPT_EVERY: return parse_seconds(&opts->every_ms, arg, state);
	case OPT_CAFILE: opts->cafile = arg; return 0;
	case OPT_CERT: opts->cert = arg; return 0;
	case OPT_KEY: opts->key = arg; return 0;
	case OPT_FD:
		if (lab_parse_uint(&opts->fd, arg, 3, 1023))
			argp_error(state, "bad descriptor '%s'", arg);
		return 0;
	case OPT_THREAD: opts->thread = true; return 0;
	case OPT_NO_TIMER: opts->no_timer = true; return 0;
	case OPT_SLOW_TIMER: opts->slow_timer = true; return 0;
	case 'n': opts->servername = arg; return 0;
	case 'r': opts->resume = true; return 0;
	case 's': opts->send = arg; return 0;
	case OPT_MTU:
		/* Below 228 (256 less IP and UDP) dtls1_query_mtu() raises it. */
		if (lab_parse_uint(&opts->mtu, arg, 228, 16384))
			argp_error(state, "mtu must be 228 to 16384");
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->tls;
		state->child_inputs[1] = &opts->udp;
		return 0;
	case ARGP_KEY_END:
		if (!opts->connect.len)
			argp_error(state, "--connect is needed");
		if (!opts->cert != !opts->key)
			argp_error(state, "--cert and --key go together");
		if (opts->every_ms && !opts->send)
			argp_error(state, "--every needs --send");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
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
		option_table, parse_option, NULL, "A DTLS 1.2 client for tests.",
		children,     NULL,	    NULL
	};
	struct options opts = { .duration_ms = 30000 };

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &opts);
	if (!udp_io_is_supported(&opts.udp))
		return LAB_EXIT_SKIP;
	lab_stop_init();
	return opts.thread ? run_beside(&opts) : (int)run(&opts);
}
