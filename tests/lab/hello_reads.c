/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * hello_reads: a socket that gets ClientHellos and answers none, and reads them in ways
 * that are hard to follow. It says how many it has read: a tracer is to say the same.
 *
 * Usage: hello_reads --listen 127.0.0.1:PORT MODE
 *	threads	two threads read one socket, at the same moments
 *	drops	a small receive buffer overflows, then it is read as usual
 *	behind	each ClientHello is the second datagram of a GSO send, after one of RTP
 *	merged	each read takes three ClientHellos that arrived as one packet (UDP_GRO)
 *	stops	what it reads is RTP as long as the ClientHello behind it, and then nothing
 *	shared	two made-up handshakes whose ports and addresses give one hash in the
 *		tracer: the second ends, with data both ways, before the data of the first
 *	tiny	the server sends datagrams of 0, 1 and 2 bytes instead of an answer
 * Prints: read 600 of 600
 */
#include <argp.h>
#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dtls_bytes.h"
#include "lab_net.h"

#define NUM_CLIENTS 200
#define NUM_ROUNDS 3
#define ROUND_MS 300
#define DRAIN_MS 20
#define NUM_DROPPED 60
#define SMALL_BUFFER 2304
#define BIG_BUFFER (16 << 20)
#define NUM_TINY 10
#define NUM_MERGED 3
#define MERGED_ROUNDS 30

struct options {
	struct lab_addr listen;
	const char *mode;
};

struct server {
	int fd;
	atomic_uint num_read;
	atomic_bool over;
	struct lab_addr peer; /* who sent what was read last */
};

static size_t put_hello(uint8_t *p, unsigned int client, unsigned int round)
{
	uint8_t random[32] = { 0x5a };

	memcpy(random + 1, &client, sizeof(client));
	/* The record's number tells a copy from a duplicate. */
	size_t len = dtls_put_client_hello(p, random, "reads.example");

	p[10] = round;
	return len;
}

static void send_hello(int fd, unsigned int client, unsigned int round)
{
	uint8_t hello[1024];

	if (send(fd, hello, put_hello(hello, client, round), 0) < 0)
		perror("send");
}

/* Read what there is; how many datagrams. */
static unsigned int drain(struct server *server)
{
	uint8_t buf[2048];
	unsigned int num = 0;

	for (;; num++) {
		server->peer.len = sizeof(server->peer.ss);
		if (recvfrom(server->fd, buf, sizeof(buf), MSG_DONTWAIT,
			     (struct sockaddr *)&server->peer.ss, &server->peer.len) < 0)
			break;
	}
	server->num_read += num;
	return num;
}

static void *read_at_beats(void *arg)
{
	struct server *server = arg;
	uint8_t buf[2048];

	while (!server->over) {
		/* Both threads wake up at the same moment. */
		lab_poll(NULL, 0, DRAIN_MS - lab_now_ms() % DRAIN_MS);
		while (recv(server->fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
			server->num_read++;
	}
	return NULL;
}

static unsigned int by_threads(struct server *server, const struct lab_addr *to)
{
	pthread_t threads[2];
	int fds[NUM_CLIENTS];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, read_at_beats, server);
	for (unsigned int i = 0; i < NUM_CLIENTS; i++)
		fds[i] = lab_udp_connect(to, NULL);
	for (unsigned int round = 0; round < NUM_ROUNDS; round++) {
		for (unsigned int i = 0; i < NUM_CLIENTS; i++)
			send_hello(fds[i], i, round);
		lab_poll(NULL, 0, ROUND_MS);
	}
	lab_poll(NULL, 0, 4 * ROUND_MS);
	/* On a busy machine the threads may take longer. */
	for (int i = 0; i < 100 && server->num_read < NUM_CLIENTS * NUM_ROUNDS; i++)
		lab_poll(NULL, 0, ROUND_MS);
	server->over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return NUM_CLIENTS * NUM_ROUNDS;
}

static unsigned int after_drops(struct server *server, const struct lab_addr *to)
{
	int size = SMALL_BUFFER, fd;

	setsockopt(server->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (unsigned int i = 0; i < NUM_DROPPED; i++)
		send_hello(lab_udp_connect(to, NULL), i, 0);
	drain(server);
	fd = lab_udp_connect(to, NULL);
	server->num_read = 0;
	for (unsigned int round = 0; round < NUM_ROUNDS; round++) {
		send_hello(fd, NUM_DROPPED, round);
		lab_poll(NULL, 0, ROUND_MS);
		drain(server);
	}
	return NUM_ROUNDS;
}

static unsigned int behind_rtp(struct server *server, const struct lab_addr *to)
{
	uint8_t both[2048] = { 0x80 };
	int fd = lab_udp_connect(to, NULL), segment;

	for (unsigned int round = 0; round < NUM_ROUNDS; round++) {
		segment = put_hello(both, 0, round);
		memset(both, 0, segment);
		both[0] = 0x80;
		put_hello(both + segment, 0, round);
		if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)) ||
		    send(fd, both, 2 * segment, 0) < 0)
			perror("UDP_SEGMENT");
		lab_poll(NULL, 0, ROUND_MS);
		drain(server);
	}
	return 2 * NUM_ROUNDS;
}

static unsigned int merged(struct server *server, const struct lab_addr *to)
{
	uint8_t hellos[NUM_MERGED * 512];
	int fd = lab_udp_connect(to, NULL), one = 1, segment = 0;

	if (setsockopt(server->fd, IPPROTO_UDP, UDP_GRO, &one, sizeof(one)))
		perror("UDP_GRO");
	for (unsigned int round = 0; round < MERGED_ROUNDS; round++) {
		for (int i = 0; i < NUM_MERGED; i++)
			segment = put_hello(hellos + i * segment, 0, round * NUM_MERGED + i);
		if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)) ||
		    send(fd, hellos, NUM_MERGED * segment, 0) < 0)
			perror("UDP_SEGMENT");
		lab_poll(NULL, 0, DRAIN_MS);
		drain(server);
	}
	return MERGED_ROUNDS;
}

static unsigned int beside_tiny(struct server *server, const struct lab_addr *to)
{
	int fd = lab_udp_connect(to, NULL);

	for (unsigned int round = 0; round < NUM_ROUNDS; round++) {
		send_hello(fd, 0, round);
		lab_poll(NULL, 0, ROUND_MS);
		drain(server);
		for (int i = 0; !round && i < 3 * NUM_TINY; i++)
			sendto(server->fd, "\xff\xff", i % 3, 0, (struct sockaddr *)&server->peer.ss,
			       server->peer.len);
	}
	return NUM_ROUNDS;
}

static unsigned int stops(struct server *server, const struct lab_addr *to)
{
	uint8_t rtp[1024] = { 0x80 }, buf[2048];
	int fd = lab_udp_connect(to, NULL);
	size_t len = put_hello(rtp, 0, 0);

	memset(rtp, 0, len);
	rtp[0] = 0x80;
	if (send(fd, rtp, len, 0) < 0)
		perror("send");
	for (unsigned int round = 0; round < NUM_ROUNDS; round++) {
		send_hello(fd, 0, round);
		lab_poll(NULL, 0, ROUND_MS);
		if (!round && recv(server->fd, buf, sizeof(buf), 0) >= 0)
			server->num_read++;
	}
	return 1;
}

/* A record of application data, or a flight of a handshake. */
static size_t put_step(uint8_t *p, int step, const uint8_t random[32])
{
	if (step < DTLS_NUM_FLIGHTS)
		return dtls_put_flight(p, step, random);
	return dtls_put_record(p, DTLS_DATA, 1, 10 + step, 40) + 40;
}

/* Steps [@first, @end) between the client at @fd and the server, which is asked first. */
static void take_steps(struct server *server, int fd, int first, int end)
{
	uint8_t random[32] = { fd }, out[2048] = { 0 }, in[2048];

	for (int step = first; step < end; step++) {
		size_t len = put_step(out, step, random);

		if (step % 2 == 0) {
			if (send(fd, out, len, 0) < 0)
				perror("send");
			lab_poll(NULL, 0, DRAIN_MS);
			drain(server);
		} else if (sendto(server->fd, out, len, 0, (struct sockaddr *)&server->peer.ss,
				  server->peer.len) < 0 || recv(fd, in, sizeof(in), 0) < 0) {
			perror("sendto");
		}
	}
}

/*
 * The remote ends differ in the second byte of the address and the last of the port, by
 * the same bit.
 */
static unsigned int shared(struct server *server, const struct lab_addr *to)
{
	struct lab_addr from[2];
	char text[LAB_ADDR_STRLEN];
	int fds[2], port = lab_addr_port(to) + 2;

	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "127.%d.0.1:%d", i, (port & ~1) | i);
		lab_addr_parse(&from[i], text);
		fds[i] = lab_udp_connect(to, &from[i]);
		if (fds[i] < 0) {
			fprintf(stderr, "hello_reads: %s: %s\n", text, strerror(-fds[i]));
			return 0;
		}
	}
	take_steps(server, fds[0], 0, DTLS_NUM_FLIGHTS);
	take_steps(server, fds[1], 0, DTLS_NUM_FLIGHTS + 2);
	take_steps(server, fds[0], DTLS_NUM_FLIGHTS, DTLS_NUM_FLIGHTS + 2);
	return 6;
}

static const struct {
	const char *name;
	unsigned int (*run)(struct server *server, const struct lab_addr *to);
} modes[] = {
	{ "threads", by_threads },
	{ "drops", after_drops },
	{ "behind", behind_rtp },
	{ "merged", merged },
	{ "stops", stops },
	{ "shared", shared },
	{ "tiny", beside_tiny },
};

static const struct argp_option option_table[] = {
	{ "listen", 'l', "ADDR:PORT", 0, "Where the socket is bound", 0 },
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
	case ARGP_KEY_ARG: opts->mode = arg; return 0;
	case ARGP_KEY_END:
		if (!opts->mode || !opts->listen.len)
			argp_error(state, "--listen and a mode are wanted");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = { option_table, parse_option, "MODE", NULL, NULL, NULL, NULL };
	struct options opts = { .mode = NULL };
	struct server server = { .fd = -1 };
	unsigned int wanted = 0;
	int size = BIG_BUFFER;

	argp_parse(&argp, argc, argv, 0, NULL, &opts);
	server.fd = lab_udp_bind(&opts.listen);
	if (server.fd < 0) {
		fprintf(stderr, "hello_reads: bind: %s\n", strerror(-server.fd));
		return 1;
	}
	setsockopt(server.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i].name, opts.mode))
			wanted = modes[i].run(&server, &opts.listen);
	printf("read %u of %u\n", server.num_read, wanted);
	fflush(stdout);
	/* Open until the tracer has said what it makes of it. */
	lab_poll(NULL, 0, 3000);
	return server.num_read != wanted;
}
