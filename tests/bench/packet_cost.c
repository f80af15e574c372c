// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What one datagram costs on loopback. This process sends and receives in turn, pinned to one CPU.
 * Its CPU time (user and system) is divided by the number of datagrams. For the loopback device,
 * the kernel handles a packet within the sender's system call, so the figure includes both hooks
 * and the read. Wall time is not used, because others may use this CPU meanwhile.
 *
 *	packet_cost [--num N] ROW...	prints "ROW NANOSECONDS" for each
 *
 * See row_table below for the rows. "established" begins with a whole handshake and some data both
 * ways, which an attached tracer has seen.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lab/dtls_bytes.h"

#define MAX_LEN 1400
#define RTP_LEN 172   /* 20 ms of G.711 */
#define STUN_LEN 108
#define DATA_LEN 1200
#define TEXT_LEN 160
#define SETTLE 200    /* datagrams before measuring begins; strangers: more than the rate limit lets in at once */
#define SETTLE_STRANGERS 5000
#define WORST_RECORDS 16

struct pair {
	int fd[2];
	uint64_t num; /* datagrams so far */
};

struct row {
	const char *name;
	bool (*open)(struct pair *pair);
	/* Make the next datagram; returns its length. */
	size_t (*fill)(uint8_t *buf, uint64_t number);
	bool handshake; /* send a handshake first */
	bool strangers; /* all go one way, each between other addresses */
};

static void fail(const char *what)
{
	fprintf(stderr, "packet_cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int bind_loopback(int type)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		fail("bind to 127.0.0.1");
	return fd;
}

static bool connect_to(int fd, int other)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);

	return !getsockname(other, (struct sockaddr *)&addr, &len) &&
	       !connect(fd, (struct sockaddr *)&addr, len);
}

static bool open_udp(struct pair *pair)
{
	pair->fd[0] = bind_loopback(SOCK_DGRAM);
	pair->fd[1] = bind_loopback(SOCK_DGRAM);
	return connect_to(pair->fd[0], pair->fd[1]) && connect_to(pair->fd[1], pair->fd[0]);
}

/* Bound to no address, so that each datagram can have two of its own: see send_between(). */
static bool open_flood(struct pair *pair)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };

	for (int i = 0; i < 2; i++) {
		pair->fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (pair->fd[i] < 0 || bind(pair->fd[i], (struct sockaddr *)&addr, sizeof(addr)))
			return false;
	}
	return true;
}

static bool open_tcp(struct pair *pair)
{
	int listener = bind_loopback(SOCK_STREAM);

	pair->fd[0] = bind_loopback(SOCK_STREAM);
	if (listen(listener, 1) || !connect_to(pair->fd[0], listener))
		return false;
	pair->fd[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return pair->fd[1] >= 0;
}

static bool open_unix(struct pair *pair)
{
	return !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair->fd);
}

static size_t fill_rtp(uint8_t *buf, uint64_t number)
{
	buf[0] = 0x80; /* RFC 3550 s5.1 */
	buf[1] = 0;
	buf[2] = number >> 8;
	buf[3] = number;
	return RTP_LEN;
}

static size_t fill_stun(uint8_t *buf, uint64_t number)
{
	memcpy(buf, "\0\1\0\x58\x21\x12\xa4\x42", 8); /* RFC 8489 s5: Binding request */
	memcpy(buf + 8, &number, sizeof(number));
	return STUN_LEN;
}

/* Datagrams go both ways in turn, so the record number of each side grows by one. */
static size_t fill_data(uint8_t *buf, uint64_t number)
{
	dtls_put_record(buf, DTLS_DATA, 1, 1 + number / 2, DATA_LEN - DTLS_RECORD_LEN);
	return DATA_LEN;
}

/* Its first byte, '<', is that of a DTLS 1.3 record with connection ID. */
static size_t fill_syslog(uint8_t *buf, uint64_t number)
{
	static const char text[] = "<34>1 2026-11-27T02:59:03Z host app - ID47 - what happened there";

	(void)number;
	memcpy(buf, text, sizeof(text));
	return TEXT_LEN;
}

/* Its first byte, '$', is that of a DTLS 1.3 record without connection ID. */
static size_t fill_nmea(uint8_t *buf, uint64_t number)
{
	static const char text[] = "$GPGGA,123519.00,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n";

	(void)number;
	memcpy(buf, text, sizeof(text));
	return TEXT_LEN;
}

/* What a flood consists of: a ClientHello from an address that was never seen. */
static size_t fill_hello(uint8_t *buf, uint64_t number)
{
	uint8_t random[32] = {};

	memcpy(random, &number, sizeof(number));
	return dtls_put_client_hello(buf, random, "flood.example");
}

/* As many records as the walk allows, each with one byte of another handshake message. */
static size_t fill_worst(uint8_t *buf, uint64_t number)
{
	size_t at = 0;

	for (unsigned int i = 0; i < WORST_RECORDS; i++) {
		at += dtls_put_record(buf + at, DTLS_HANDSHAKE, 0, number * WORST_RECORDS + i,
				      DTLS_MESSAGE_LEN + 1);
		at += dtls_put_message(buf + at, DTLS_CLIENT_HELLO, i, 90, i, 1);
		buf[at++] = i;
	}
	return at;
}

static size_t fill_stream(uint8_t *buf, uint64_t number)
{
	buf[0] = number;
	return 64;
}

static const struct row row_table[] = {
	{ "rtp", open_udp, fill_rtp, .handshake = false },
	{ "stun", open_udp, fill_stun, .handshake = false },
	{ "syslog", open_udp, fill_syslog, .handshake = false },
	{ "nmea", open_udp, fill_nmea, .handshake = false },
	{ "established", open_udp, fill_data, .handshake = true },
	{ "stranger-data", open_udp, fill_data, .handshake = false },
	{ "hello-flood", open_flood, fill_hello, .strangers = true },
	{ "worst", open_udp, fill_worst, .handshake = false },
	{ "tcp", open_tcp, fill_stream, .handshake = false },
	{ "unix", open_unix, fill_stream, .handshake = false },
};
#define NUM_ROWS (sizeof(row_table) / sizeof(row_table[0]))

static void take(int fd, size_t len)
{
	static uint8_t got[MAX_LEN];

	if (recv(fd, got, sizeof(got), 0) != (ssize_t)len)
		fail("receive");
}

static void pass(const struct pair *pair, int from, const uint8_t *buf, size_t len)
{
	if (send(pair->fd[from], buf, len, 0) != (ssize_t)len)
		fail("send");
	take(pair->fd[!from], len);
}

/* The `number`th address of 127.0.0.0/8: all of it is this host's. */
static struct in_addr loopback(uint64_t number)
{
	return (struct in_addr){ htonl(0x7f000000 | (number % 0xfffffd + 2)) };
}

/* Send between two addresses that saw no datagram before. */
static void send_between(const struct pair *pair, uint64_t number, const uint8_t *buf, size_t len)
{
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = {};
	struct in_pktinfo info = { .ipi_spec_dst = loopback(2 * number) };
	struct iovec part = { (void *)buf, len };
	struct sockaddr_in to;
	struct msghdr msg = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &part, .msg_iovlen = 1,
			      .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	if (getsockname(pair->fd[1], (struct sockaddr *)&to, &msg.msg_namelen))
		fail("getsockname");
	to.sin_addr = loopback(2 * number + 1);
	cmsg->cmsg_level = IPPROTO_IP;
	cmsg->cmsg_type = IP_PKTINFO;
	cmsg->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
	if (sendmsg(pair->fd[0], &msg, 0) != (ssize_t)len)
		fail("send");
}

static void shake_hands(const struct pair *pair)
{
	uint8_t buf[DTLS_FLIGHT_MAX], random[32];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		fail("getrandom");
	for (int flight = 0; flight < DTLS_NUM_FLIGHTS; flight++)
		pass(pair, flight & 1, buf, dtls_put_flight(buf, flight, random));
}

static void pass_many(struct pair *pair, const struct row *row, uint64_t num)
{
	static uint8_t buf[MAX_LEN];
	size_t len;

	for (uint64_t end = pair->num + num; pair->num < end; pair->num++) {
		len = row->fill(buf, pair->num);
		if (row->strangers) {
			send_between(pair, pair->num, buf, len);
			take(pair->fd[1], len);
		} else {
			pass(pair, pair->num & 1, buf, len);
		}
	}
}

static double cpu_ns(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e9 +
	       (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e3;
}

/* Nanoseconds per datagram. */
static double measure(const struct row *row, uint64_t num)
{
	struct pair pair = {};
	double begin, ns;

	if (!row->open(&pair))
		fail("connect");
	if (row->handshake)
		shake_hands(&pair);
	pass_many(&pair, row, row->strangers ? SETTLE_STRANGERS : SETTLE);
	begin = cpu_ns();
	pass_many(&pair, row, num);
	ns = (cpu_ns() - begin) / num;
	close(pair.fd[0]);
	close(pair.fd[1]);
	return ns;
}

/* Pin to the last CPU that this process may use. Everything else in the benchmark avoids that CPU. */
static void pin(void)
{
	cpu_set_t all, one;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(all), &all))
		fail("sched_getaffinity");
	while (cpu && !CPU_ISSET(cpu, &all))
		cpu--;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		fail("sched_setaffinity");
}

static const struct row *row_find(const char *name)
{
	for (size_t i = 0; i < NUM_ROWS; i++)
		if (!strcmp(row_table[i].name, name))
			return &row_table[i];
	fprintf(stderr, "packet_cost: there is no row '%s'; there are:", name);
	for (size_t i = 0; i < NUM_ROWS; i++)
		fprintf(stderr, " %s", row_table[i].name);
	fputc('\n', stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	uint64_t num = 50000;
	int arg = 1;

	if (argc > 2 && !strcmp(argv[1], "--num")) {
		num = strtoull(argv[2], NULL, 10);
		arg = 3;
	}
	if (arg == argc || !num) {
		fprintf(stderr, "usage: packet_cost [--num N] ROW...\n");
		return 2;
	}
	alarm(120);
	pin();
	/* Otherwise the first row would pay for cold caches and a sleeping CPU. */
	if (argc - arg > 1)
		measure(row_find(argv[arg]), num / 3);
	for (; arg < argc; arg++)
		printf("%s %.1f\n", argv[arg], measure(row_find(argv[arg]), num));
	return 0;
}
