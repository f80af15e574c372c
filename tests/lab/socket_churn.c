/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * socket_churn: opens UDP sockets, sends a ClientHello of its own by each, and
 * closes it at once: what a busy resolver does to a tracer.
 *
 * Usage: socket_churn --to 127.0.0.1:PORT [--rate 10000] [--duration SECONDS]
 *
 * Prints "churned N sockets in MS ms, errors N"; fewer than --rate a second if
 * the machine is slow. Exit status 1 if no socket at all could be opened.
 */
#include <argp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab_net.h"

#define RANDOM_OFFSET (13 + 12 + 2)

/* One record with one whole message: no cookie, one cipher suite, no extension. */
static const uint8_t hello[] = {
	22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54,
	1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42,
	0xfe, 0xfd,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 2, 0xc0, 0x2b, 1, 0,
};

struct churn {
	struct lab_addr to;
	uint64_t rate, duration_ms, num, num_errors;
};

static void one_socket(struct churn *churn)
{
	int fd = lab_udp_connect(&churn->to, NULL);
	uint8_t buf[sizeof(hello)];

	memcpy(buf, hello, sizeof(buf));
	memcpy(buf + RANDOM_OFFSET, &churn->num, sizeof(churn->num));
	if (fd < 0 || send(fd, buf, sizeof(buf), 0) != (ssize_t)sizeof(buf))
		churn->num_errors++;
	else
		churn->num++;
	if (fd >= 0)
		close(fd);
}

static int run(struct churn *churn)
{
	uint64_t begin_ms = lab_now_ms(), now_ms;

	while (!lab_stopped() && (now_ms = lab_now_ms() - begin_ms) < churn->duration_ms) {
		uint64_t due = (now_ms + 1) * churn->rate / 1000;

		while (churn->num + churn->num_errors < due)
			one_socket(churn);
		lab_poll(NULL, 0, 1);
	}
	printf("churned %lu sockets in %lu ms, errors %lu\n", churn->num,
	       lab_now_ms() - begin_ms, churn->num_errors);
	return churn->num ? 0 : 1;
}

static const struct argp_option option_table[] = {
	{ "to", 't', "ADDR:PORT", 0, "Where to", 0 },
	{ "rate", 'r', "N", 0, "Sockets a second (default 10000)", 0 },
	{ "duration", 'd', "SECONDS", 0, "For so long (default 3)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct churn *churn = state->input;

	switch (key) {
	case 't':
		if (lab_addr_parse(&churn->to, arg))
			argp_error(state, "bad address '%s'", arg);
		return 0;
	case 'r':
		if (lab_parse_uint(&churn->rate, arg, 1, 1000000))
			argp_error(state, "bad number '%s'", arg);
		return 0;
	case 'd':
		if (lab_parse_seconds(&churn->duration_ms, arg))
			argp_error(state, "bad duration '%s'", arg);
		return 0;
	case ARGP_KEY_END:
		if (!churn->to.len)
			argp_error(state, "--to is needed");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = { option_table, parse_option, NULL,
		"Opens and closes sockets, a ClientHello in each.", NULL, NULL, NULL };
	struct churn churn = { .rate = 10000, .duration_ms = 3000 };

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &churn);
	lab_stop_init();
	return run(&churn);
}
