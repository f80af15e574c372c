/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * mbed_peer: a DTLS 1.2 client or server on Mbed TLS, which has what others do
 * not: ECJPAKE, smaller datagrams from its second timeout on, and an answer to
 * each repeated flight of its peer. mbed_peer_shared is the same on the shared
 * library of this system, which may have been built without some of that.
 *
 * Usage: mbed_peer --connect 127.0.0.1:4444 [--cafile ca.pem] [--resume]
 *	  mbed_peer --listen 127.0.0.1:0 --cert server.pem --key server.key
 *	with [--cookie] [--cid] [--psk KEY] [--ecjpake PASSWORD] [--mtu N]
 *	     [--accept-again] [--no-ticket] [--no-timer] [--renegotiate] [--step] [--send TEXT]
 *	     [--linger SECONDS] [--duration SECONDS]
 *
 * A server has one client at a time, and prints "ready ADDR:PORT" first. Lines
 * and exit status are those of dtls_client: "handshake ok" (0), "handshake
 * failed: REASON" (1), "handshake timed out" (3).
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cookie.h>
#include <mbedtls/ssl_ticket.h>

#include "lab_net.h"
#include "mbed_lacks.h"
#include "peer_link.h"
#include "peer_options.h"
#include "psk.h"

#define CID "labcid"
#define TICKET_LIFETIME 3600

enum outcome { OUTCOME_OK = 0, OUTCOME_FAILED = 1, OUTCOME_TIMED_OUT = 3 };

struct options {
	struct peer_options common;
	const char *ecjpake;
	bool accept_again, cookie, no_ticket, renegotiate, step;
};

/* The two delays that Mbed TLS asks its application to watch. */
struct timer {
	uint64_t start_ms;
	uint32_t middle_ms, final_ms; /* 0: not running */
	bool is_ignored;
};

struct peer {
	struct options opts;
	uint64_t end_ms;
	struct peer_link link;
	struct timer timer;
	mbedtls_ssl_config conf;
	mbedtls_ssl_context ssl;
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
	mbedtls_x509_crt cert, ca;
	mbedtls_pk_context key;
	mbedtls_ssl_cookie_ctx cookies;
	mbedtls_ssl_ticket_context tickets;
	mbedtls_ssl_session session;
};

static void timer_set(void *arg, uint32_t middle_ms, uint32_t final_ms)
{
	struct timer *timer = arg;

	timer->start_ms = lab_now_ms();
	timer->middle_ms = middle_ms;
	timer->final_ms = final_ms;
}

static int timer_get(void *arg)
{
	const struct timer *timer = arg;
	uint64_t passed_ms = lab_now_ms() - timer->start_ms;

	if (!timer->final_ms)
		return -1;
	if (timer->is_ignored)
		return 0;
	return passed_ms >= timer->final_ms ? 2 : passed_ms >= timer->middle_ms ? 1 : 0;
}

static int net_send(void *arg, const unsigned char *data, size_t len)
{
	struct peer *peer = arg;

	link_send(&peer->link, data, len);
	return len;
}

static int net_recv(void *arg, unsigned char *buf, size_t len)
{
	struct peer *peer = arg;
	ssize_t got = link_recv(&peer->link, buf, len);

	if (got == -EAGAIN)
		return MBEDTLS_ERR_SSL_WANT_READ;
	return got < 0 ? MBEDTLS_ERR_SSL_CONN_EOF : (int)got;
}

/* Until there is something to read, or the timer is due. */
static void peer_wait(struct peer *peer, uint64_t end_ms)
{
	struct pollfd pfd = { .fd = peer->link.fd, .events = POLLIN };
	const struct timer *timer = &peer->timer;
	uint64_t now = lab_now_ms(), until_ms = end_ms;

	if (timer->final_ms && !timer->is_ignored && timer->start_ms + timer->final_ms < end_ms)
		until_ms = timer->start_ms + timer->final_ms;
	lab_poll(&pfd, 1, until_ms > now ? until_ms - now : 0);
}

static enum outcome tell(enum outcome outcome, const char *step, int error)
{
	char reason[128];

	if (outcome == OUTCOME_OK) {
		printf("handshake ok\n");
	} else if (outcome == OUTCOME_TIMED_OUT) {
		printf("handshake timed out\n");
	} else {
		mbedtls_strerror(error, reason, sizeof(reason));
		printf("handshake failed: %s: %s\n", step, reason);
	}
	fflush(stdout);
	return outcome;
}

/* Of the server: whose cookie it is. One client at a time needs no more. */
static int begin(struct peer *peer)
{
	int ret = mbedtls_ssl_session_reset(&peer->ssl);

	if (!ret && peer->opts.common.listen.len)
		ret = mbedtls_ssl_set_client_transport_id(&peer->ssl, (unsigned char *)"lab", 3);
	if (!ret && peer->opts.ecjpake)
		ret = mbedtls_ssl_set_hs_ecjpake_password(&peer->ssl,
				(const unsigned char *)peer->opts.ecjpake, strlen(peer->opts.ecjpake));
	if (!ret && peer->opts.common.cid)
		ret = mbedtls_ssl_set_cid(&peer->ssl, MBEDTLS_SSL_CID_ENABLED,
					  (const unsigned char *)CID, strlen(CID));
	return ret;
}

/* Wait for the client by another socket, as servers do that call mbedtls_net_accept() once more. */
static int accept_again(struct peer *peer)
{
	int ret;

	close(peer->link.fd);
	ret = link_listen(&peer->link, &peer->opts.common.listen);
	if (!ret && !link_accept(&peer->link, peer->end_ms))
		ret = MBEDTLS_ERR_SSL_TIMEOUT;
	return ret;
}

/* One message after the other, as a loop of events may drive the handshake. */
static int step_by_step(struct peer *peer)
{
	int ret = 0;

	while (!ret && !mbedtls_ssl_is_handshake_over(&peer->ssl))
		ret = mbedtls_ssl_handshake_step(&peer->ssl);
	return ret;
}

static enum outcome do_handshake(struct peer *peer)
{
	int ret = 0;

	while (!lab_stopped()) {
		ret = peer->opts.step ? step_by_step(peer) : mbedtls_ssl_handshake(&peer->ssl);
		if (!ret)
			return tell(OUTCOME_OK, NULL, 0);
		if (ret == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED)
			ret = (peer->opts.accept_again ? accept_again(peer) : 0) ?: begin(peer);
		else if (ret == MBEDTLS_ERR_SSL_WANT_READ)
			ret = 0;
		if (ret)
			return tell(OUTCOME_FAILED, "handshake", ret);
		if (lab_now_ms() >= peer->end_ms)
			return tell(OUTCOME_TIMED_OUT, NULL, 0);
		peer_wait(peer, peer->end_ms);
	}
	return tell(OUTCOME_FAILED, "stopped by a signal", 0);
}

/* Reading is what answers a repeated last flight, and a renegotiation. */
static void read_on(struct peer *peer, uint64_t end_ms)
{
	unsigned char buf[2048];
	int ret;

	while (!lab_stopped() && lab_now_ms() < end_ms) {
		ret = mbedtls_ssl_read(&peer->ssl, buf, sizeof(buf));
		if (ret == MBEDTLS_ERR_SSL_WANT_READ)
			peer_wait(peer, end_ms);
		else if (ret <= 0)
			return;
	}
}

static void use(struct peer *peer)
{
	const struct options *opts = &peer->opts;
	uint64_t end_ms = lab_now_ms() + opts->common.linger_ms;

	if (opts->common.send)
		mbedtls_ssl_write(&peer->ssl, (const unsigned char *)opts->common.send, strlen(opts->common.send));
	if (opts->renegotiate)
		mbedtls_ssl_renegotiate(&peer->ssl);
	if (opts->common.resume)
		mbedtls_ssl_get_session(&peer->ssl, &peer->session);
	read_on(peer, opts->common.listen.len || end_ms > peer->end_ms ? peer->end_ms : end_ms);
	mbedtls_ssl_close_notify(&peer->ssl);
}

static enum outcome run_once(struct peer *peer, bool is_resumption)
{
	int ret = begin(peer);
	enum outcome outcome;

	if (!ret && is_resumption)
		ret = mbedtls_ssl_set_session(&peer->ssl, &peer->session);
	if (ret)
		return tell(OUTCOME_FAILED, "session", ret);
	outcome = do_handshake(peer);
	if (outcome == OUTCOME_OK)
		use(peer);
	return outcome;
}

static enum outcome run_client(struct peer *peer)
{
	const struct options *opts = &peer->opts;
	enum outcome outcome = OUTCOME_FAILED;
	int ret;

	for (int i = 0; i <= opts->common.resume; i++) {
		ret = link_connect(&peer->link, &opts->common.connect, opts->common.bind.len ? &opts->common.bind : NULL);
		if (ret)
			return tell(OUTCOME_FAILED, strerror(-ret), 0);
		outcome = run_once(peer, i > 0);
		close(peer->link.fd);
		if (outcome != OUTCOME_OK)
			break;
	}
	return outcome;
}

static enum outcome run_server(struct peer *peer)
{
	enum outcome outcome = OUTCOME_TIMED_OUT;
	int ret = link_listen(&peer->link, &peer->opts.common.listen);

	if (ret)
		return tell(OUTCOME_FAILED, strerror(-ret), 0);
	while (link_accept(&peer->link, peer->end_ms))
		outcome = run_once(peer, false);
	close(peer->link.fd);
	return outcome;
}

/* The suites of only one kind. */
static void setup_suites(struct peer *peer)
{
	static const int psk[] = { MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, 0 };
	static const int ecjpake[] = { MBEDTLS_TLS_ECJPAKE_WITH_AES_128_CCM_8, 0 };

	if (peer->opts.common.psk)
		mbedtls_ssl_conf_ciphersuites(&peer->conf, psk);
	if (peer->opts.ecjpake)
		mbedtls_ssl_conf_ciphersuites(&peer->conf, ecjpake);
}

static int setup_identity(struct peer *peer)
{
	const struct options *opts = &peer->opts;
	int ret = 0;

	if (opts->common.cafile)
		ret = mbedtls_x509_crt_parse_file(&peer->ca, opts->common.cafile);
	if (!ret && opts->common.cafile)
		mbedtls_ssl_conf_ca_chain(&peer->conf, &peer->ca, NULL);
	mbedtls_ssl_conf_authmode(&peer->conf, opts->common.cafile ? MBEDTLS_SSL_VERIFY_REQUIRED :
							      MBEDTLS_SSL_VERIFY_NONE);
	if (!ret && opts->common.cert)
		ret = mbedtls_x509_crt_parse_file(&peer->cert, opts->common.cert);
	if (!ret && opts->common.cert)
		ret = mbedtls_pk_parse_keyfile(&peer->key, opts->common.key, NULL, mbedtls_ctr_drbg_random,
					       &peer->random);
	if (!ret && opts->common.cert)
		ret = mbedtls_ssl_conf_own_cert(&peer->conf, &peer->cert, &peer->key);
	if (!ret && opts->common.psk)
		ret = mbedtls_ssl_conf_psk(&peer->conf, (const unsigned char *)opts->common.psk,
					   strlen(opts->common.psk), (const unsigned char *)PSK_IDENTITY,
					   strlen(PSK_IDENTITY));
	return ret;
}

static int setup_server(struct peer *peer)
{
	int ret = mbedtls_ssl_cookie_setup(&peer->cookies, mbedtls_ctr_drbg_random, &peer->random);

	if (!ret)
		ret = mbedtls_ssl_ticket_setup(&peer->tickets, mbedtls_ctr_drbg_random, &peer->random,
					       MBEDTLS_CIPHER_AES_256_GCM, TICKET_LIFETIME);
	if (!ret && !peer->opts.no_ticket)
		mbedtls_ssl_conf_session_tickets_cb(&peer->conf, mbedtls_ssl_ticket_write,
						    mbedtls_ssl_ticket_parse, &peer->tickets);
	/* NULL: no HelloVerifyRequest. */
	mbedtls_ssl_conf_dtls_cookies(&peer->conf,
				      peer->opts.cookie ? mbedtls_ssl_cookie_write : NULL,
				      peer->opts.cookie ? mbedtls_ssl_cookie_check : NULL,
				      &peer->cookies);
	return ret;
}

static int setup(struct peer *peer)
{
	bool is_server = peer->opts.common.listen.len;
	int ret = mbedtls_ctr_drbg_seed(&peer->random, mbedtls_entropy_func, &peer->entropy, NULL, 0);

	if (!ret)
		ret = mbedtls_ssl_config_defaults(&peer->conf,
						  is_server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
						  MBEDTLS_SSL_TRANSPORT_DATAGRAM,
						  MBEDTLS_SSL_PRESET_DEFAULT);
	if (ret)
		return ret;
	mbedtls_ssl_conf_rng(&peer->conf, mbedtls_ctr_drbg_random, &peer->random);
	mbedtls_ssl_conf_renegotiation(&peer->conf, MBEDTLS_SSL_RENEGOTIATION_ENABLED);
	setup_suites(peer);
	ret = setup_identity(peer);
	if (!ret && is_server)
		ret = setup_server(peer);
	if (!ret && peer->opts.common.cid)
		ret = mbedtls_ssl_conf_cid(&peer->conf, strlen(CID), MBEDTLS_SSL_UNEXPECTED_CID_IGNORE);
	if (!ret)
		ret = mbedtls_ssl_setup(&peer->ssl, &peer->conf);
	if (!ret && !is_server)
		ret = mbedtls_ssl_set_hostname(&peer->ssl, "localhost");
	if (peer->opts.common.mtu)
		mbedtls_ssl_set_mtu(&peer->ssl, peer->opts.common.mtu);
	peer->timer.is_ignored = peer->opts.common.no_timer;
	mbedtls_ssl_set_timer_cb(&peer->ssl, &peer->timer, timer_set, timer_get);
	mbedtls_ssl_set_bio(&peer->ssl, peer, net_send, net_recv, NULL);
	return ret;
}

static void peer_init(struct peer *peer)
{
	mbedtls_ssl_init(&peer->ssl);
	mbedtls_ssl_config_init(&peer->conf);
	mbedtls_entropy_init(&peer->entropy);
	mbedtls_ctr_drbg_init(&peer->random);
	mbedtls_x509_crt_init(&peer->cert);
	mbedtls_x509_crt_init(&peer->ca);
	mbedtls_pk_init(&peer->key);
	mbedtls_ssl_cookie_init(&peer->cookies);
	mbedtls_ssl_ticket_init(&peer->tickets);
	mbedtls_ssl_session_init(&peer->session);
}

enum {
	OPT_ACCEPT_AGAIN = 256,
	OPT_COOKIE,
	OPT_ECJPAKE,
	OPT_NO_TICKET,
	OPT_RENEGOTIATE,
	OPT_STEP
};

static const struct argp_option option_table[] = {
	{ "accept-again", OPT_ACCEPT_AGAIN, NULL, 0, "A server: after HelloVerifyRequest, wait by another socket", 0 },
	{ "cookie", OPT_COOKIE, NULL, 0, "A server: send HelloVerifyRequest", 0 },
	{ "ecjpake", OPT_ECJPAKE, "PASSWORD", 0, "ECJPAKE, and no certificate", 0 },
	{ "no-ticket", OPT_NO_TICKET, NULL, 0, "A server without session tickets", 0 },
	{ "renegotiate", OPT_RENEGOTIATE, NULL, 0, "Once connected, ask for another handshake", 0 },
	{ "step", OPT_STEP, NULL, 0, "Call mbedtls_ssl_handshake_step() for each message", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case OPT_ACCEPT_AGAIN: opts->accept_again = true; return 0;
	case OPT_COOKIE: opts->cookie = true; return 0;
	case OPT_ECJPAKE: opts->ecjpake = arg; return 0;
	case OPT_NO_TICKET: opts->no_ticket = true; return 0;
	case OPT_RENEGOTIATE: opts->renegotiate = true; return 0;
	case OPT_STEP: opts->step = true; return 0;
	case ARGP_KEY_INIT: state->child_inputs[0] = &opts->common; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &peer_options_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { option_table, parse_option, NULL,
					  "A DTLS client or server on Mbed TLS, for tests.",
					  children, NULL, NULL };
	static struct peer peer = { .opts.common = PEER_DEFAULTS };
	int ret;

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &peer.opts);
	lab_stop_init();
	peer.end_ms = lab_now_ms() + peer.opts.common.duration_ms;
	peer_init(&peer);
	ret = setup(&peer);
	if (ret)
		return tell(OUTCOME_FAILED, "setup", ret);
	return peer.opts.common.listen.len ? run_server(&peer) : run_client(&peer);
}
