/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * secret_send: sends a secret on loopback, both ends its own, in every shape
 * (send_shape.h) and every kind of datagram (secret_kinds.h), over IPv4 and IPv6,
 * both ways, between addresses that have seen a ClientHello and that have not.
 *
 * Usage: secret_send --port PORT --secret FILE --name FILE [--hello-only] [--shape NAME]
 *
 * FILE: 16 bytes; and a text, the server name of its ClientHellos, which is no
 * secret. It prints "ready"; then for each byte on standard input it sends the next
 * kind and prints "sent KIND", after the last one "done N, refused SHAPE...", and
 * lives on until SIGTERM. With --hello-only, only hellos and "done 0".
 * Nothing of the secret is in its arguments or its output.
 */
#include <argp.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dtls_bytes.h"
#include "lab_net.h"
#include "secret_kinds.h"
#include "send_shape.h"

#define SIZE 1200
#define BATCH 4
#define NAME_LEN 64

struct options {
	uint64_t port;
	int shape; /* -1: all */
	const char *secret_file, *name_file;
	bool hello_only;
};

struct secret {
	const struct options *opts;
	uint8_t bytes[SECRET_LEN];
	char name[NAME_LEN];
	uint64_t num_sent, num_hellos;
	bool is_refused[SHAPE_NUM];
};

/* Two sockets connected to each other; the second has the port that was given. */
static int open_pair(int fd[2], uint64_t port, int family)
{
	char text[LAB_ADDR_STRLEN];
	struct lab_addr addr;
	int on = 1;

	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), family == AF_INET ? "127.0.0.1:%llu" : "[::1]:%llu",
			 (unsigned long long)(i ? port : 0));
		fd[i] = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd[i] < 0 || lab_addr_parse(&addr, text) ||
		    setsockopt(fd[i], SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		    bind(fd[i], (struct sockaddr *)&addr.ss, addr.len))
			return -errno;
	}
	for (int i = 0; i < 2; i++)
		if (lab_udp_local(&addr, fd[!i]) || connect(fd[i], (struct sockaddr *)&addr.ss, addr.len))
			return -errno;
	return 0;
}

static void read_all(int fd)
{
	static uint8_t buf[LAB_DATAGRAM_MAX];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		;
	memset(buf, 0, sizeof(buf));
}

static void send_hellos(struct secret *secret, const int fd[2])
{
	uint8_t buf[DTLS_FLIGHT_MAX], random[32] = { 3 };

	secret->num_hellos++;
	memcpy(random + 8, &secret->num_hellos, sizeof(secret->num_hellos));
	if (send(fd[0], buf, dtls_put_client_hello(buf, random, secret->name), 0) < 0)
		perror("secret_send: ClientHello");
	read_all(fd[1]);
	if (send(fd[1], buf, dtls_put_server_hello(buf, random), 0) < 0)
		perror("secret_send: ServerHello");
	read_all(fd[0]);
}

/* From one of the two sockets to the other. */
static void send_kind(struct secret *secret, const int fd[2], int from, enum send_shape shape, int kind)
{
	static uint8_t buf[BATCH * SIZE] __attribute__((aligned(4096)));
	struct shape_sender sender;
	int err = send_shape_init(&sender, fd[from], shape);

	for (int i = 0; i < BATCH && !err; i++)
		secret_fill(buf + i * SIZE, SIZE, kind, 1 + i, secret->bytes, secret->name);
	if (!err)
		err = send_shape_send(&sender, buf, SIZE, BATCH);
	if (err && !secret->is_refused[shape])
		fprintf(stderr, "secret_send: %s: %s\n", send_shape_name(shape), strerror(-err));
	secret->is_refused[shape] |= err != 0;
	secret->num_sent += err ? 0 : BATCH;
	read_all(fd[!from]);
	send_shape_fini(&sender);
}

/* Between two addresses that nobody has used before. */
static void send_between(struct secret *secret, int family, enum send_shape shape, int kind, bool with_hello)
{
	int fd[2], err = open_pair(fd, secret->opts->port, family);

	if (err) {
		fprintf(stderr, "secret_send: sockets: %s\n", strerror(-err));
		exit(1);
	}
	if (with_hello)
		send_hellos(secret, fd);
	for (int from = 0; from < 2 && !secret->opts->hello_only; from++)
		send_kind(secret, fd, from, shape, kind);
	close(fd[0]);
	close(fd[1]);
}

static void send_one_kind(struct secret *secret, int kind)
{
	for (int shape = 0; shape < SHAPE_NUM; shape++)
		for (int with_hello = 0; with_hello < 2; with_hello++) {
			if (secret->opts->shape >= 0 && secret->opts->shape != shape)
				continue;
			send_between(secret, AF_INET, shape, kind, with_hello);
			send_between(secret, AF_INET6, shape, kind, with_hello);
		}
}

/* False: SIGTERM came instead. */
static bool wait_for_byte(void)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	while (!lab_stopped())
		if (lab_poll(&pfd, 1, 1000) > 0)
			return read(STDIN_FILENO, &byte, 1) == 1;
	return false;
}

static void send_all(struct secret *secret)
{
	if (secret->opts->hello_only) {
		if (wait_for_byte())
			send_one_kind(secret, 0);
		return;
	}
	for (int kind = 0; kind < secret_num_kinds() && wait_for_byte(); kind++) {
		send_one_kind(secret, kind);
		printf("sent %s\n", secret_kind_name(kind));
		fflush(stdout);
	}
}

static bool load(struct secret *secret)
{
	FILE *file = fopen(secret->opts->secret_file, "r");
	bool is_read = file && fread(secret->bytes, 1, SECRET_LEN, file) == SECRET_LEN;

	if (file)
		fclose(file);
	file = fopen(secret->opts->name_file, "r");
	is_read = is_read && file && fgets(secret->name, NAME_LEN, file);
	if (file)
		fclose(file);
	secret->name[strcspn(secret->name, "\n")] = 0;
	return is_read;
}

static int run(const struct options *opts)
{
	static struct secret secret;

	secret.opts = opts;
	if (!load(&secret)) {
		fprintf(stderr, "secret_send: --secret is a file of %d bytes, --name one of a line\n", SECRET_LEN);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	send_all(&secret);
	printf("done %llu, refused", (unsigned long long)secret.num_sent);
	for (int i = 0; i < SHAPE_NUM; i++)
		if (secret.is_refused[i])
			printf(" %s", send_shape_name(i));
	puts("");
	fflush(stdout);
	while (!lab_stopped())
		lab_poll(NULL, 0, 1000);
	return 0;
}

static const struct argp_option option_table[] = {
	{ "port", 'P', "PORT", 0, "Of one of its two sockets", 0 },
	{ "secret", 's', "FILE", 0, "16 bytes", 0 },
	{ "name", 'n', "FILE", 0, "A line: the server name of its hellos", 0 },
	{ "hello-only", 'H', NULL, 0, "Some ClientHellos and ServerHellos, no secret", 0 },
	{ "shape", 'S', "NAME", 0, "Only in this shape", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'P':
		if (lab_parse_uint(&opts->port, arg, 1, 65535))
			argp_error(state, "bad port '%s'", arg);
		break;
	case 's': opts->secret_file = arg; break;
	case 'n': opts->name_file = arg; break;
	case 'H': opts->hello_only = true; break;
	case 'S':
		opts->shape = send_shape_parse(arg);
		if (opts->shape < 0)
			argp_error(state, "there is no shape '%s'", arg);
		break;
	case ARGP_KEY_END:
		if (!opts->port || !opts->secret_file || !opts->name_file)
			argp_error(state, "--port, --secret and --name are needed");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { option_table, parse_option, NULL,
					  "Sends a secret in every way.", NULL, NULL, NULL };
	struct options opts = { .shape = -1 };

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &opts);
	lab_stop_init();
	return run(&opts);
}
