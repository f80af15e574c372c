/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * dtls_interleave: two real DTLS 1.2 handshakes, A and B, interleaved flight
 * by flight on one pair of addresses, with certificates on both sides. The
 * founding case of the tracer looked like this.
 *
 *	client A --+                              +-- server A
 *	           +-- UDP socket <--> UDP socket +
 *	client B --+                              +-- server B
 *
 * A peer of B cannot tell B's datagrams from A's by address, so each datagram
 * is received right after it was sent and handed to the end it was meant for.
 *
 * Usage: dtls_interleave [--port N] [--stall-b] [--mtu N] [--duration SECONDS]
 *
 * --stall-b: client B takes flight 4 and never sends a thing again; its
 * server repeats flight 4 by its timer until --duration (default 10) is over.
 *
 * Prints "ports client N server N", then one line per handshake as it ends:
 *	handshake A|B ok, failed: REASON, stalled (as asked) or timed out
 * Exit status: 0 all as asked, 1 failed, 3 timed out.
 */
#include <argp.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dgram_bio.h"
#include "lab_net.h"
#include "tls_help.h"

/* Loopback delivers before sendto() returns; this is for a busy machine. */
#define DELIVERY_MS 1000

enum state { RUNNING, DONE, FAILED };

struct end {
	int index; /* of its handshake: 0 is A, 1 is B */
	struct dgram_port port;
	struct end *peer;
	SSL *ssl;
	int fd; /* shared by both clients, or both servers */
	enum state state;
	bool is_mute; /* neither reads nor sends any more */
	bool has_sent;
};

struct lab {
	uint64_t port, mtu, duration_ms, end_ms;
	bool stall_b;
	SSL_CTX *client_ctx, *server_ctx;
	int client_fd, server_fd;
	/* In the order of their turns. */
	struct end client[2], server[2];
	bool is_reported[2];
};

static void end_send(void *arg, const void *data, size_t len)
{
	struct end *from = arg;
	struct pollfd pfd = { .fd = from->peer->fd, .events = POLLIN };
	uint8_t buf[LAB_DATAGRAM_MAX];
	ssize_t got;

	from->has_sent = true;
	if (send(from->fd, data, len, 0) < 0) {
		fprintf(stderr, "dtls_interleave: send: %s\n", strerror(errno));
		return;
	}
	if (lab_poll(&pfd, 1, DELIVERY_MS) <= 0)
		return;
	got = recv(from->peer->fd, buf, sizeof(buf), 0);
	if (got > 0)
		dgram_port_put(&from->peer->port, buf, got);
}

static int accept_any_certificate(int preverify_ok, X509_STORE_CTX *store)
{
	(void)preverify_ok;
	(void)store;
	return 1;
}

/* As WebRTC does: self-signed on both sides, and both ask for it. */
static SSL_CTX *new_context(const SSL_METHOD *method, const char *common_name)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx || tls_use_new_identity(ctx, common_name)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any_certificate);
	return ctx;
}

static int end_setup(struct end *end, SSL_CTX *ctx, uint64_t mtu)
{
	BIO *bio;

	end->port.send = end_send;
	end->port.arg = end;
	bio = dgram_bio_new(&end->port);
	end->ssl = SSL_new(ctx);
	if (!bio || !end->ssl) {
		BIO_free(bio);
		return -1;
	}
	SSL_set_bio(end->ssl, bio, bio);
	SSL_set_mtu(end->ssl, mtu);
	return 0;
}

static int lab_setup_tls(struct lab *lab)
{
	lab->client_ctx = new_context(DTLS_client_method(), "interleaved client");
	lab->server_ctx = new_context(DTLS_server_method(), "interleaved server");
	if (!lab->client_ctx || !lab->server_ctx)
		return -1;
	for (int i = 0; i < 2; i++) {
		struct end *client = &lab->client[i], *server = &lab->server[i];

		*client = (struct end){ .index = i,
					.peer = server,
					.fd = lab->client_fd };
		*server = (struct end){ .index = i,
					.peer = client,
					.fd = lab->server_fd };
		if (end_setup(client, lab->client_ctx, lab->mtu) ||
		    end_setup(server, lab->server_ctx, lab->mtu))
			return -1;
		SSL_set_connect_state(client->ssl);
		SSL_set_accept_state(server->ssl);
	}
	return 0;
}

/* One server socket and one client socket, connected to each other. */
static int lab_setup_sockets(struct lab *lab)
{
	struct lab_addr server, client;
	char text[LAB_ADDR_STRLEN];
	int ret;

	snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned int)lab->port);
	lab_addr_parse(&server, text);
	lab->server_fd = ret = lab_udp_bind(&server);
	if (ret < 0)
		return ret;
	lab_udp_local(&server, lab->server_fd);
	lab->client_fd = ret = lab_udp_connect(&server, NULL);
	if (ret < 0)
		return ret;
	lab_udp_local(&client, lab->client_fd);
	if (connect(lab->server_fd, (struct sockaddr *)&client.ss, client.len))
		return -errno;
	printf("ports client %u server %u\n", lab_addr_port(&client),
	       lab_addr_port(&server));
	fflush(stdout);
	return 0;
}

static void report(struct lab *lab, int i, const char *outcome)
{
	if (lab->is_reported[i])
		return;
	lab->is_reported[i] = true;
	printf("handshake %c %s\n", 'A' + i, outcome);
	fflush(stdout);
}

static void end_fail(struct lab *lab, struct end *end, int ret)
{
	int saved_errno = errno;
	char reason[200], line[240];

	tls_failure(reason, sizeof(reason), end->ssl,
		    SSL_get_error(end->ssl, ret), saved_errno);
	snprintf(line, sizeof(line), "failed: %s", reason);
	end->state = FAILED;
	report(lab, end->index, line);
}

/* Reads all that has come and sends what answers it; true if it moved. */
static bool end_step(struct lab *lab, struct end *end)
{
	bool moved = !dgram_port_is_empty(&end->port);
	int ret;

	if (end->is_mute) {
		dgram_port_clear(&end->port);
		return false;
	}
	if (end->state != RUNNING)
		return false;
	end->has_sent = false;
	ERR_clear_error();
	ret = SSL_do_handshake(end->ssl);
	if (ret == 1)
		end->state = DONE;
	else if (SSL_get_error(end->ssl, ret) != SSL_ERROR_WANT_READ)
		end_fail(lab, end, ret);
	return moved || end->has_sent;
}

static bool lab_round(struct lab *lab)
{
	bool moved = false;

	for (int i = 0; i < 2; i++)
		moved |= end_step(lab, &lab->client[i]);
	/* The ClientHello was the last that client B had to say. */
	lab->client[1].is_mute = lab->stall_b;
	for (int i = 0; i < 2; i++)
		moved |= end_step(lab, &lab->server[i]);
	for (int i = 0; i < 2; i++)
		if (lab->client[i].state == DONE && lab->server[i].state == DONE)
			report(lab, i, "ok");
	return moved;
}

static bool needs_timer(const struct end *end)
{
	return end->state == RUNNING && !end->is_mute;
}

static void lab_sleep(struct lab *lab)
{
	struct end *ends[] = { &lab->client[0], &lab->client[1],
			       &lab->server[0], &lab->server[1] };
	uint64_t now = lab_now_ms();
	uint64_t wait_ms = lab->end_ms > now ? lab->end_ms - now : 0;

	for (int i = 0; i < 4; i++)
		if (needs_timer(ends[i]))
			wait_ms = tls_timer_wait_ms(ends[i]->ssl, wait_ms);
	lab_poll(NULL, 0, wait_ms);
	for (int i = 0; i < 4; i++)
		if (needs_timer(ends[i]) && tls_timer_fire(ends[i]->ssl))
			end_fail(lab, ends[i], -1);
}

static bool is_over(const struct lab *lab)
{
	return lab_stopped() || lab_now_ms() >= lab->end_ms ||
	       (lab->is_reported[0] && lab->is_reported[1]);
}

static int lab_run(struct lab *lab)
{
	bool is_failed = false, is_late = false;

	lab->end_ms = lab_now_ms() + lab->duration_ms;
	while (!is_over(lab))
		if (!lab_round(lab))
			lab_sleep(lab);
	for (int i = 0; i < 2; i++) {
		is_failed |= lab->client[i].state == FAILED ||
			     lab->server[i].state == FAILED;
		is_late |= !lab->is_reported[i] && !lab->client[i].is_mute;
		report(lab, i,
		       lab->client[i].is_mute ? "stalled" : "timed out");
	}
	return is_failed ? 1 : is_late ? 3 : 0;
}

static void lab_fini(struct lab *lab)
{
	for (int i = 0; i < 2; i++) {
		SSL_free(lab->client[i].ssl);
		SSL_free(lab->server[i].ssl);
		if (lab->client[i].port.inbox_end)
			dgram_port_clear(&lab->client[i].port);
		if (lab->server[i].port.inbox_end)
			dgram_port_clear(&lab->server[i].port);
	}
	SSL_CTX_free(lab->client_ctx);
	SSL_CTX_free(lab->server_ctx);
	if (lab->client_fd >= 0)
		close(lab->client_fd);
	if (lab->server_fd >= 0)
		close(lab->server_fd);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct lab *lab = state->input;

	switch (key) {
	case 'p':
		if (lab_parse_uint(&lab->port, arg, 0, UINT16_MAX))
			argp_error(state, "bad port '%s'", arg);
		break;
	case 'm':
		if (lab_parse_uint(&lab->mtu, arg, 228, 16384))
			argp_error(state, "mtu must be 228 to 16384");
		break;
	case 'd':
		if (lab_parse_seconds(&lab->duration_ms, arg))
			argp_error(state, "bad duration '%s'", arg);
		break;
	case 's':
		lab->stall_b = true;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s'?", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_option option_table[] = {
	{ "port", 'p', "N", 0, "The server's port (default 0: any)", 0 },
	{ "stall-b", 's', NULL, 0, "Client B never sends flight 5", 0 },
	{ "mtu", 'm', "N", 0, "Largest datagram (default 1400)", 0 },
	{ "duration", 'd', "SECONDS", 0, "End after this time (default 10)", 0 },
	{ 0 },
};

int main(int argc, char **argv)
{
	static const struct argp argp = {
		option_table, parse_option, NULL,
		"Two DTLS handshakes at once on one address pair.", NULL, NULL,
		NULL
	};
	struct lab lab = { .mtu = 1400,
			   .duration_ms = 10000,
			   .client_fd = -1,
			   .server_fd = -1 };
	int ret;

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &lab);
	lab_stop_init();
	ret = lab_setup_sockets(&lab);
	if (ret)
		fprintf(stderr, "dtls_interleave: sockets: %s\n", strerror(-ret));
	else if ((ret = lab_setup_tls(&lab)))
		ERR_print_errors_fp(stderr);
	ret = ret ? 1 : lab_run(&lab);
	lab_fini(&lab);
	return ret;
}
