/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * udp_flood: sends numbered datagrams and counts what arrives, to show that
 * the tracer never costs a packet.
 *
 * Usage: udp_flood --listen 127.0.0.1:0 --expect 100000 [--duration S]
 *	  udp_flood --to 127.0.0.1:PORT --count 100000 --size 200
 *		[--dtls-like | --mix] [--connect] [--window N] [--duration S]
 *
 * The sender waits for the receiver's acknowledgement every --window
 * datagrams (default 64; 0: never), so that no receive buffer overflows and
 * every loss is somebody's fault. Both say what happened in one line:
 *	sent 100000 of 100000, errors 0, unacknowledged 0
 *	received 99998 of 100000, missing 2: 17, 300; repeated 0, foreign 0
 * Exit status: 0 nothing is amiss, 1 something is.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flood_shape.h"
#include "lab_net.h"

#define ACK_WAIT_MS 1000
#define RCVBUF_BYTES (16 << 20)
#define MAX_GAPS_SHOWN 16

struct options {
	struct lab_addr listen, to;
	uint64_t expect, count, size, window, duration_ms;
	bool dtls_like, mix, connect;
};

struct sender {
	const struct options *opts;
	int fd;
	uint64_t end_ms, num_sent, num_errors, num_unacked;
	uint8_t buf[FLOOD_MAX_SIZE];
};

struct receiver {
	uint64_t num_received, num_repeated, num_foreign, expect;
	uint8_t *seen; /* one bit per number */
	uint8_t buf[LAB_DATAGRAM_MAX];
};

static enum flood_shape shape_of(const struct options *opts, uint64_t number)
{
	if (opts->mix)
		return number % FLOOD_NUM_SHAPES;
	return opts->dtls_like ? FLOOD_DTLS : FLOOD_PLAIN;
}

/* 0 or the errno of the last attempt. */
static int send_one(struct sender *sender)
{
	const struct options *opts = sender->opts;
	struct pollfd pfd = { .fd = sender->fd, .events = POLLOUT };
	ssize_t sent;

	for (;;) {
		if (opts->connect)
			sent = send(sender->fd, sender->buf, opts->size, 0);
		else
			sent = sendto(sender->fd, sender->buf, opts->size, 0,
				      (const struct sockaddr *)&opts->to.ss,
				      opts->to.len);
		if (sent >= 0)
			return 0;
		if (errno != EAGAIN || lab_stopped())
			return errno;
		lab_poll(&pfd, 1, 100);
	}
}

static void wait_ack(struct sender *sender, uint64_t number)
{
	struct pollfd pfd = { .fd = sender->fd, .events = POLLIN };
	uint64_t give_up_ms = lab_now_ms() + ACK_WAIT_MS, now, acked;

	while (!lab_stopped() && (now = lab_now_ms()) < give_up_ms) {
		if (recv(sender->fd, &acked, sizeof(acked), 0) ==
			    sizeof(acked) &&
		    acked == number)
			return;
		lab_poll(&pfd, 1, give_up_ms - now);
	}
	sender->num_unacked++;
}

static int send_all(struct sender *sender)
{
	const struct options *opts = sender->opts;
	uint64_t number;
	int err;

	for (number = 0; number < opts->count && !lab_stopped() &&
			 lab_now_ms() < sender->end_ms;
	     number++) {
		bool is_last = number + 1 == opts->count;
		bool wants_ack = opts->window &&
				 (is_last || (number + 1) % opts->window == 0);

		flood_fill(sender->buf, opts->size, shape_of(opts, number),
			   number, wants_ack);
		err = send_one(sender);
		if (err && !sender->num_errors++)
			fprintf(stderr, "udp_flood: send: %s\n", strerror(err));
		sender->num_sent += !err;
		if (!err && wants_ack)
			wait_ack(sender, number);
	}
	printf("sent %llu of %llu, errors %llu, unacknowledged %llu\n",
	       (unsigned long long)sender->num_sent,
	       (unsigned long long)opts->count,
	       (unsigned long long)sender->num_errors,
	       (unsigned long long)sender->num_unacked);
	return sender->num_sent != opts->count || sender->num_unacked;
}

static int run_sender(const struct options *opts)
{
	static struct sender sender;
	struct lab_addr any = { .ss.ss_family = opts->to.ss.ss_family,
				.len = opts->to.len };

	sender.opts = opts;
	sender.end_ms = lab_now_ms() + opts->duration_ms;
	sender.fd = opts->connect ? lab_udp_connect(&opts->to, NULL) :
				    lab_udp_bind(&any);
	if (sender.fd < 0) {
		fprintf(stderr, "udp_flood: socket: %s\n", strerror(-sender.fd));
		return 1;
	}
	return send_all(&sender);
}

static bool is_seen(const struct receiver *receiver, uint64_t number)
{
	return receiver->seen[number / 8] & 1 << number % 8;
}

static void receive_one(struct receiver *receiver, int fd, size_t len,
			const struct lab_addr *from)
{
	uint64_t number;
	bool wants_ack;

	if (!flood_read(&number, &wants_ack, receiver->buf, len) ||
	    number >= receiver->expect) {
		receiver->num_foreign++;
		return;
	}
	if (is_seen(receiver, number))
		receiver->num_repeated++;
	else
		receiver->num_received++;
	receiver->seen[number / 8] |= 1 << number % 8;
	if (wants_ack)
		sendto(fd, &number, sizeof(number), 0,
		       (const struct sockaddr *)&from->ss, from->len);
}

static void receive_all(struct receiver *receiver, int fd, uint64_t end_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t now;

	while (receiver->num_received < receiver->expect && !lab_stopped() &&
	       (now = lab_now_ms()) < end_ms) {
		struct lab_addr from = { .len = sizeof(from.ss) };
		ssize_t len = recvfrom(fd, receiver->buf, sizeof(receiver->buf),
				       0, (struct sockaddr *)&from.ss, &from.len);

		if (len >= 0)
			receive_one(receiver, fd, len, &from);
		else
			lab_poll(&pfd, 1, end_ms - now);
	}
}

static void print_gaps(const struct receiver *receiver)
{
	const char *before = ": ";
	int num_shown = 0;

	for (uint64_t first = 0; first < receiver->expect; first++) {
		uint64_t last = first;

		if (is_seen(receiver, first))
			continue;
		while (last + 1 < receiver->expect && !is_seen(receiver, last + 1))
			last++;
		if (num_shown++ == MAX_GAPS_SHOWN) {
			printf(", ...");
			return;
		}
		printf("%s%llu", before, (unsigned long long)first);
		if (last > first)
			printf("-%llu", (unsigned long long)last);
		before = ", ";
		first = last;
	}
}

static int report_received(const struct receiver *receiver)
{
	uint64_t num_missing = receiver->expect - receiver->num_received;

	printf("received %llu of %llu, missing %llu",
	       (unsigned long long)receiver->num_received,
	       (unsigned long long)receiver->expect,
	       (unsigned long long)num_missing);
	print_gaps(receiver);
	printf("; repeated %llu, foreign %llu\n",
	       (unsigned long long)receiver->num_repeated,
	       (unsigned long long)receiver->num_foreign);
	return num_missing || receiver->num_repeated || receiver->num_foreign;
}

/* FORCE passes net.core.rmem_max, and needs CAP_NET_ADMIN. */
static void enlarge_rcvbuf(int fd)
{
	int bytes = RCVBUF_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static int run_receiver(const struct options *opts)
{
	static struct receiver receiver;
	char text[LAB_ADDR_STRLEN];
	struct lab_addr local;
	int fd = lab_udp_bind(&opts->listen), ret;

	receiver.expect = opts->expect;
	receiver.seen = calloc(1, opts->expect / 8 + 1);
	if (fd < 0 || !receiver.seen) {
		fprintf(stderr, "udp_flood: cannot listen: %s\n",
			strerror(fd < 0 ? -fd : ENOMEM));
		return 1;
	}
	enlarge_rcvbuf(fd);
	lab_udp_local(&local, fd);
	printf("ready %s\n", lab_addr_format(text, &local));
	fflush(stdout);
	receive_all(&receiver, fd, lab_now_ms() + opts->duration_ms);
	ret = report_received(&receiver);
	free(receiver.seen);
	close(fd);
	return ret;
}

static const struct argp_option option_table[] = {
	{ "listen", 'l', "ADDR:PORT", 0, "Receive here", 0 },
	{ "expect", 'e', "N", 0, "Datagrams to expect", 0 },
	{ "to", 't', "ADDR:PORT", 0, "Send there", 0 },
	{ "count", 'n', "N", 0, "Datagrams to send (default 1000)", 0 },
	{ "size", 's', "BYTES", 0, "Size of each (default 200)", 0 },
	{ "window", 'w', "N", 0, "Wait after every N (default 64, 0: never)", 0 },
	{ "dtls-like", 'D', NULL, 0, "DTLS application data records", 0 },
	{ "mix", 'm', NULL, 0, "Plain, DTLS, malformed, truncated, DTLS 1.3", 0 },
	{ "connect", 'c', NULL, 0, "connect() and send(), not sendto()", 0 },
	{ "duration", 'd', "SECONDS", 0, "End after this time (default 30)", 0 },
	{ 0 },
};

static void parse_number(uint64_t *out, const char *arg, uint64_t min,
			 uint64_t max, struct argp_state *state)
{
	if (lab_parse_uint(out, arg, min, max))
		argp_error(state, "'%s' is not a number from %llu to %llu", arg,
			   (unsigned long long)min, (unsigned long long)max);
}

static void parse_address(struct lab_addr *out, const char *arg,
			  struct argp_state *state)
{
	if (lab_addr_parse(out, arg))
		argp_error(state, "bad address '%s'", arg);
}

static void check_options(const struct options *opts, struct argp_state *state)
{
	if (!opts->listen.len == !opts->to.len)
		argp_error(state, "one of --listen and --to is needed");
	if (opts->listen.len && !opts->expect)
		argp_error(state, "--listen needs --expect");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'l': parse_address(&opts->listen, arg, state); break;
	case 't': parse_address(&opts->to, arg, state); break;
	case 'e': parse_number(&opts->expect, arg, 1, 1 << 30, state); break;
	case 'n': parse_number(&opts->count, arg, 1, 1 << 30, state); break;
	case 'w': parse_number(&opts->window, arg, 0, 1 << 30, state); break;
	case 's':
		parse_number(&opts->size, arg, FLOOD_MIN_SIZE, FLOOD_MAX_SIZE,
			     state);
		break;
	case 'D': opts->dtls_like = true; break;
	case 'm': opts->mix = true; break;
	case 'c': opts->connect = true; break;
	case 'd':
		if (lab_parse_seconds(&opts->duration_ms, arg))
			argp_error(state, "bad duration '%s'", arg);
		break;
	case ARGP_KEY_END: check_options(opts, state); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		option_table, parse_option, NULL,
		"Sends numbered datagrams, or counts them.", NULL, NULL, NULL
	};
	struct options opts = {
		.count = 1000, .size = 200, .window = 64, .duration_ms = 30000
	};

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &opts);
	lab_stop_init();
	return opts.to.len ? run_sender(&opts) : run_receiver(&opts);
}
