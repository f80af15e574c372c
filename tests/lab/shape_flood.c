/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * shape_flood: sends datagrams to itself on loopback as fast as the host can, in
 * one shape, and reads them; for those who should not care what it does.
 *
 * Usage: shape_flood --shape gso --first 22|23|128 [--count 100000] [--duration 30]
 *
 * It prints "ready ADDR:PORT", then goes on until it has sent --count and SIGTERM
 * has come (or --duration is over), and says "sent N, errors N". Datagrams are
 * ClientHellos and fragments of Certificates in turn (22), application data (23)
 * or RTP (128). Exit status: 77 if this host cannot send so, 1 if it sent too few.
 */
#include <argp.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dtls_bytes.h"
#include "lab_net.h"
#include "send_shape.h"

#define SIZE 1200
#define BATCH 32
#define EXIT_SKIP 77

struct options {
	int shape;
	uint64_t first, count, duration_ms;
};

static void fill(uint8_t *p, const struct options *opts, uint64_t number)
{
	uint8_t random[32];
	size_t len;

	memset(p, 0x55, SIZE);
	if (opts->first == DTLS_DATA) {
		dtls_put_record(p, DTLS_DATA, 1, number, SIZE - DTLS_RECORD_LEN);
	} else if (opts->first != DTLS_HANDSHAKE) {
		p[0] = opts->first;
	} else if (number & 1) {
		dtls_put_record(p, DTLS_HANDSHAKE, 0, number, SIZE - DTLS_RECORD_LEN);
		dtls_put_message(p + DTLS_RECORD_LEN, DTLS_CERTIFICATE, 1, 4000, number % 2000,
				 SIZE - DTLS_HEADERS_LEN);
	} else {
		memset(random, 0x11, sizeof(random));
		memcpy(random, &number, sizeof(number));
		/* What follows the hello is a record of application data. */
		len = dtls_put_client_hello(p, random, "flood.example");
		dtls_put_record(p + len, DTLS_DATA, 1, number, SIZE - len - DTLS_RECORD_LEN);
	}
}

static void *drain(void *arg)
{
	static uint8_t buf[LAB_DATAGRAM_MAX];
	int fd = *(int *)arg;

	while (recv(fd, buf, sizeof(buf), 0) >= 0)
		;
	return NULL;
}

/* Two sockets, connected to each other. */
static int open_pair(int fd[2])
{
	struct lab_addr addr;

	if (lab_addr_parse(&addr, "127.0.0.1:0"))
		return -EINVAL;
	for (int i = 0; i < 2; i++) {
		fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd[i] < 0 || bind(fd[i], (struct sockaddr *)&addr.ss, addr.len))
			return -errno;
	}
	for (int i = 0; i < 2; i++)
		if (lab_udp_local(&addr, fd[!i]) || connect(fd[i], (struct sockaddr *)&addr.ss, addr.len))
			return -errno;
	return 0;
}

static int flood(const struct options *opts, struct shape_sender *sender)
{
	static uint8_t buf[BATCH * SIZE] __attribute__((aligned(4096)));
	uint64_t end_ms = lab_now_ms() + opts->duration_ms, num = 0, errors = 0;
	int err;

	while (lab_now_ms() < end_ms && (num < opts->count || !lab_stopped())) {
		for (unsigned int i = 0; i < BATCH; i++)
			fill(buf + i * SIZE, opts, num + i);
		err = send_shape_send(sender, buf, SIZE, BATCH);
		num += err ? 0 : BATCH;
		if (err && !errors++) {
			fprintf(stderr, "shape_flood: send: %s\n", strerror(-err));
			if (!num)
				return EXIT_SKIP;
		}
	}
	printf("sent %llu, errors %llu\n", (unsigned long long)num, (unsigned long long)errors);
	return num < opts->count || errors;
}

static int run(const struct options *opts)
{
	struct shape_sender sender;
	char text[LAB_ADDR_STRLEN];
	struct lab_addr local;
	pthread_t thread;
	int fd[2], err = open_pair(fd), status;

	if (!err)
		err = send_shape_init(&sender, fd[0], opts->shape);
	if (err || pthread_create(&thread, NULL, drain, &fd[1])) {
		fprintf(stderr, "shape_flood: cannot send by %s: %s\n", send_shape_name(opts->shape), strerror(-err));
		return EXIT_SKIP;
	}
	lab_udp_local(&local, fd[1]);
	printf("ready %s\n", lab_addr_format(text, &local));
	fflush(stdout);
	status = flood(opts, &sender);
	fflush(stdout);
	send_shape_fini(&sender);
	_exit(status); /* the thread reads */
}

static const struct argp_option option_table[] = {
	{ "shape", 's', "NAME", 0, "linear, sendmmsg, more, gso, zerocopy, zerocopy-gso, splice or sendfile", 0 },
	{ "first", 'f', "BYTE", 0, "First byte: 22, 23 or what is not DTLS (default 128)", 0 },
	{ "count", 'n', "N", 0, "At least so many (default 100000)", 0 },
	{ "duration", 'd', "SECONDS", 0, "End after this time (default 30)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 's':
		opts->shape = send_shape_parse(arg);
		if (opts->shape < 0)
			argp_error(state, "there is no shape '%s'", arg);
		break;
	case 'f':
		if (lab_parse_uint(&opts->first, arg, 0, 255))
			argp_error(state, "bad byte '%s'", arg);
		break;
	case 'n':
		if (lab_parse_uint(&opts->count, arg, 1, 1 << 30))
			argp_error(state, "bad number '%s'", arg);
		break;
	case 'd':
		if (lab_parse_seconds(&opts->duration_ms, arg))
			argp_error(state, "bad duration '%s'", arg);
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { option_table, parse_option, NULL,
					  "Floods itself with datagrams of one shape.", NULL, NULL, NULL };
	struct options opts = { .first = 128, .count = 100000, .duration_ms = 30000 };

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &opts);
	lab_stop_init();
	return run(&opts);
}
