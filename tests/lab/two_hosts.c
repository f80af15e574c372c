/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * two_hosts: the network between two hosts, which are network namespaces, and
 * somebody off the path, who sends in the name of either.
 *
 *	client's namespace                              server's namespace
 *	10.77.N.1 [TUN device] <--> two_hosts <--> [TUN device] 10.77.N.2
 *
 * It loses or delays what a fault chooses, as the network does: neither host's kernel sees why.
 * What it forges begins to count when the first datagram was lost, and arrives at one
 * host only; the addresses and ports are those of the client's last datagram.
 *
 * Usage: two_hosts --client /proc/PID/ns/net --server /proc/PID/ns/net --number N
 *		--fault drop:dir=c2s,msg=16 --forge change-cipher-spec:from=server --duration 30 -v
 *
 * Prints "ready 10.77.N.1 10.77.N.2", then a line for each datagram lost or forged:
 *	lost c2s size 92 [hs 16 seq 2 ...]
 *	forged change-cipher-spec s2c size 14 [...]
 * The grammars are in fault.h (of its actions drop and delay are taken) and forge.h.
 */
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fault.h"
#include "forge.h"
#include "lab_net.h"
#include "records.h"

#define MAX_FAULTS 8
#define MAX_FORGERIES 8
#define MAX_HELD 256
#define PACKET_MAX 2048
#define TTL 64

struct packet {
	struct iphdr ip;
	union {
		struct udphdr udp;
		struct icmphdr icmp;
	};
	uint8_t payload[PACKET_MAX];
};

/* One that is on its way for longer. */
struct held {
	uint64_t due_ms, order; /* of two that are due, the one that came first */
	size_t len; /* 0: free */
	enum fault_dir dir;
	struct packet pkt;
};

struct network {
	const char *netns[FAULT_NUM_DIRS]; /* of who sends in this direction */
	int tun[FAULT_NUM_DIRS];
	uint64_t number, duration_ms, lost_ms;
	struct fault faults[MAX_FAULTS];
	struct forgery forgeries[MAX_FORGERIES];
	size_t num_faults, num_forgeries, num_forged;
	struct in_addr address[FAULT_NUM_DIRS];
	uint16_t port[FAULT_NUM_DIRS]; /* as on the wire; 0: none yet */
	struct held held[MAX_HELD];
	uint64_t num_held;
	bool verbose;
};

static void tell(const char *what, enum fault_dir dir, const uint8_t *data, size_t len)
{
	char records[512];

	records_describe(records, sizeof(records), data, len);
	printf("%s %s size %zu [%s]\n", what, fault_dir_name(dir), len, records);
	fflush(stdout);
}

static enum fault_dir other(enum fault_dir dir)
{
	return dir == FAULT_DIR_C2S ? FAULT_DIR_S2C : FAULT_DIR_C2S;
}

/* --- the devices ------------------------------------------------------------ */

static int set_address(int fd, struct ifreq *request, struct in_addr address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&request->ifr_addr;

	*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = address };
	if (ioctl(fd, SIOCSIFADDR, request))
		return -errno;
	in->sin_addr.s_addr = htonl(0xffffff00);
	if (ioctl(fd, SIOCSIFNETMASK, request))
		return -errno;
	request->ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(fd, SIOCSIFFLAGS, request) ? -errno : 0;
}

/* A device belongs to the namespace in which it is opened; this process stays there. */
static int open_device(struct network *net, enum fault_dir dir)
{
	int netns = open(net->netns[dir], O_RDONLY | O_CLOEXEC), fd, ret;
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	ret = netns < 0 || setns(netns, CLONE_NEWNET) ? -errno : 0;
	if (netns >= 0)
		close(netns);
	if (ret)
		return ret;
	net->tun[dir] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(request.ifr_name, IFNAMSIZ, "host%u", (unsigned int)net->number);
	if (net->tun[dir] < 0 || ioctl(net->tun[dir], TUNSETIFF, &request))
		return -errno;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = set_address(fd, &request, net->address[dir]);
	close(fd);
	return ret;
}

static int network_start(struct network *net)
{
	uint32_t subnet = 0x0a4d0000 | net->number << 8;

	net->address[FAULT_DIR_C2S].s_addr = htonl(subnet | 1);
	net->address[FAULT_DIR_S2C].s_addr = htonl(subnet | 2);
	for (int dir = 0; dir < FAULT_NUM_DIRS; dir++) {
		int ret = open_device(net, dir);

		if (ret) {
			fprintf(stderr, "two_hosts: device in %s: %s\n", net->netns[dir], strerror(-ret));
			return -1;
		}
	}
	printf("ready 10.77.%u.1 10.77.%u.2\n", (unsigned int)net->number, (unsigned int)net->number);
	fflush(stdout);
	return 0;
}

/* --- what is forged --------------------------------------------------------- */

static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum & 0xffff);
}

static void put_ip(struct network *net, struct iphdr *ip, enum fault_dir dir, uint8_t protocol, size_t len)
{
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = TTL, .protocol = protocol,
		.tot_len = htons(sizeof(*ip) + len), .saddr = net->address[dir].s_addr,
		.daddr = net->address[other(dir)].s_addr };
	ip->check = checksum(ip, sizeof(*ip));
}

/* No checksum (RFC 768): IPv4 allows that. */
static size_t put_udp(struct network *net, struct packet *pkt, enum fault_dir dir, size_t len)
{
	put_ip(net, &pkt->ip, dir, IPPROTO_UDP, sizeof(pkt->udp) + len);
	pkt->udp = (struct udphdr){ .source = net->port[dir], .dest = net->port[other(dir)],
		.len = htons(sizeof(pkt->udp) + len) };
	return ntohs(pkt->ip.tot_len);
}

/* RFC 792: the header of what could not be delivered, and 8 bytes of it. */
static size_t put_icmp(struct network *net, struct packet *pkt, enum fault_dir dir)
{
	struct packet lost;
	size_t quoted = sizeof(lost.ip) + sizeof(lost.udp);

	put_udp(net, &lost, other(dir), 100);
	memcpy(pkt->payload, &lost, quoted);
	put_ip(net, &pkt->ip, dir, IPPROTO_ICMP, sizeof(pkt->icmp) + quoted);
	pkt->icmp = (struct icmphdr){ .type = ICMP_DEST_UNREACH, .code = ICMP_PORT_UNREACH };
	pkt->icmp.checksum = checksum(&pkt->icmp, sizeof(pkt->icmp) + quoted);
	return ntohs(pkt->ip.tot_len);
}

static void forge(struct network *net, const struct forgery *f)
{
	static struct packet pkt;
	size_t len = forge_write(pkt.payload, f), packet_len;
	char what[64];

	packet_len = f->kind == FORGE_ICMP_PORT ? put_icmp(net, &pkt, f->dir) : put_udp(net, &pkt, f->dir, len);
	snprintf(what, sizeof(what), "%s %s",
		 write(net->tun[other(f->dir)], &pkt, packet_len) < 0 ? "cannot forge" : "forged", forge_name(f->kind));
	tell(what, f->dir, pkt.payload, len);
}

/* When the next one is due. */
static uint64_t next_forgery(const struct network *net)
{
	return net->lost_ms && net->num_forged < net->num_forgeries ?
		       net->lost_ms + net->forgeries[net->num_forged].ms :
		       UINT64_MAX;
}

/* --- what passes ------------------------------------------------------------ */

/* Its UDP payload; NULL: it is something else. */
static const uint8_t *payload_of(struct network *net, enum fault_dir dir, const struct packet *pkt, size_t len,
				 size_t *out_len)
{
	size_t headers = sizeof(pkt->ip) + sizeof(pkt->udp);

	if (len < headers || pkt->ip.version != 4 || pkt->ip.ihl != 5 || pkt->ip.protocol != IPPROTO_UDP)
		return NULL;
	net->port[dir] = pkt->udp.source;
	net->port[other(dir)] = pkt->udp.dest;
	*out_len = len - headers;
	return pkt->payload;
}

static void lose(struct network *net, enum fault_dir dir, const uint8_t *data, size_t len)
{
	if (!net->lost_ms)
		net->lost_ms = lab_now_ms();
	tell("lost", dir, data, len);
}

static void deliver(struct network *net, enum fault_dir dir, const struct packet *pkt, size_t len)
{
	if (write(net->tun[other(dir)], pkt, len) < 0)
		fprintf(stderr, "two_hosts: %s: %s\n", fault_dir_name(dir), strerror(errno));
}

/* If there is no room, the packet is lost, as in a queue that is full. */
static void hold(struct network *net, enum fault_dir dir, const struct packet *pkt, size_t len, uint64_t ms)
{
	for (size_t i = 0; i < MAX_HELD; i++) {
		if (net->held[i].len)
			continue;
		net->held[i] = (struct held){ .due_ms = lab_now_ms() + ms, .order = net->num_held++, .len = len, .dir = dir };
		memcpy(&net->held[i].pkt, pkt, len);
		return;
	}
	fprintf(stderr, "two_hosts: no room for another packet that is delayed\n");
}

static bool is_before(const struct held *a, const struct held *b)
{
	return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->order < b->order);
}

/* The one that is due first; NULL: none is held. */
static struct held *first_held(struct network *net)
{
	struct held *first = NULL;

	for (size_t i = 0; i < MAX_HELD; i++)
		if (net->held[i].len && (!first || is_before(&net->held[i], first)))
			first = &net->held[i];
	return first;
}

static void release_held(struct network *net, uint64_t now)
{
	struct held *held;

	while ((held = first_held(net)) && held->due_ms <= now) {
		deliver(net, held->dir, &held->pkt, held->len);
		held->len = 0;
	}
}

static void pass(struct network *net, enum fault_dir dir)
{
	static struct packet pkt;

	for (int i = 0; i < 64; i++) { /* the other's turn comes too */
		ssize_t len = read(net->tun[dir], &pkt, sizeof(pkt));
		size_t payload_len = 0;
		const struct fault *fault = NULL;
		const uint8_t *data;

		if (len <= 0)
			return;
		data = payload_of(net, dir, &pkt, len, &payload_len);
		if (data)
			fault = fault_pick(net->faults, net->num_faults, dir, data, payload_len);
		if (fault && fault->action == FAULT_DROP) {
			lose(net, dir, data, payload_len);
			continue;
		}
		if (data && net->verbose)
			tell("pass", dir, data, payload_len);
		if (fault)
			hold(net, dir, &pkt, len, fault->value[FAULT_KEY_MS]);
		else
			deliver(net, dir, &pkt, len);
	}
}

static void network_loop(struct network *net)
{
	uint64_t end_ms = lab_now_ms() + net->duration_ms, now;

	while (!lab_stopped() && (now = lab_now_ms()) < end_ms) {
		uint64_t due = next_forgery(net), until = due < end_ms ? due : end_ms;
		const struct held *held = first_held(net);
		struct pollfd fds[FAULT_NUM_DIRS] = {
			{ .fd = net->tun[0], .events = POLLIN }, { .fd = net->tun[1], .events = POLLIN }
		};

		if (due <= now) {
			forge(net, &net->forgeries[net->num_forged++]);
			continue;
		}
		if (held && held->due_ms < until)
			until = held->due_ms > now ? held->due_ms : now;
		if (lab_poll(fds, FAULT_NUM_DIRS, until - now) < 0)
			continue;
		release_held(net, lab_now_ms());
		for (int dir = 0; dir < FAULT_NUM_DIRS; dir++)
			if (fds[dir].revents)
				pass(net, dir);
	}
}

/* --- options ---------------------------------------------------------------- */

static const struct argp_option option_table[] = {
	{ "client", 'c', "PATH", 0, "The client's network namespace", 0 },
	{ "server", 's', "PATH", 0, "The server's", 0 },
	{ "number", 'n', "N", 0, "Of this network, 0 to 255: no two have the same", 0 },
	{ "fault", 'f', "SPEC", 0, "drop:key=value,... or delay:ms=N,... (see fault.h)", 0 },
	{ "forge", 'F', "SPEC", 0, "KIND:key=value,... (see forge.h); in the order of their time", 0 },
	{ "duration", 'd', "SECONDS", 0, "End after this time (default 30)", 0 },
	{ "verbose", 'v', NULL, 0, "One line per datagram passed, too", 0 },
	{ 0 },
};

static void parse_fault(struct network *net, const char *arg, struct argp_state *state)
{
	struct fault *fault = &net->faults[net->num_faults];
	char err[160] = "there is no room for it";

	if (net->num_faults == MAX_FAULTS || fault_parse(fault, arg, err, sizeof(err)))
		argp_failure(state, LAB_EXIT_USAGE, 0, "bad fault '%s': %s", arg, err);
	if (fault->action != FAULT_DROP && fault->action != FAULT_DELAY)
		argp_failure(state, LAB_EXIT_USAGE, 0, "bad fault '%s': only drop and delay", arg);
	net->num_faults++;
}

static void parse_forgery(struct network *net, const char *arg, struct argp_state *state)
{
	char err[200] = "there is no room for it";

	if (net->num_forgeries == MAX_FORGERIES ||
	    forge_parse(&net->forgeries[net->num_forgeries], arg, err, sizeof(err)))
		argp_failure(state, LAB_EXIT_USAGE, 0, "bad forgery '%s': %s", arg, err);
	net->num_forgeries++;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct network *net = state->input;

	switch (key) {
	case 'c': net->netns[FAULT_DIR_C2S] = arg; break;
	case 's': net->netns[FAULT_DIR_S2C] = arg; break;
	case 'n':
		if (lab_parse_uint(&net->number, arg, 0, 255))
			argp_error(state, "bad number '%s'", arg);
		break;
	case 'f': parse_fault(net, arg, state); break;
	case 'F': parse_forgery(net, arg, state); break;
	case 'd':
		if (lab_parse_seconds(&net->duration_ms, arg))
			argp_error(state, "bad duration '%s'", arg);
		break;
	case 'v': net->verbose = true; break;
	case ARGP_KEY_END:
		if (!net->netns[FAULT_DIR_C2S] || !net->netns[FAULT_DIR_S2C])
			argp_error(state, "--client and --server are needed");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		option_table, parse_option, NULL, "A network that loses datagrams, and somebody who forges them.",
		NULL, NULL, NULL
	};
	static struct network net = { .duration_ms = 30000 };

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &net);
	lab_stop_init();
	if (network_start(&net))
		return 1;
	network_loop(&net);
	return 0;
}
