// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes a capture of many handshakes: each is a copy of the one in IN, from a client of its own, and begins
 * 0.1 ms after the one before. IN: Ethernet, IPv4 and UDP without options, as tests/golden has it.
 *
 *	multiply IN OUT HANDSHAKES
 */
#include <err.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#define ETHERNET_LEN 14
#define HEADERS_LEN (ETHERNET_LEN + sizeof(struct iphdr) + sizeof(struct udphdr))
#define MAX_PACKETS 64
#define MAX_LEN 2048
#define BETWEEN_US 100
#define US_PER_SECOND 1000000
#define MAX_HANDSHAKES (1 << 24)

struct packet {
	struct pcap_pkthdr header;
	uint8_t bytes[MAX_LEN];
};

static struct packet packets[MAX_PACKETS];
static uint32_t num_packets;

/* Packet `packet` of handshake `handshake`. */
struct copy {
	uint64_t us;
	uint32_t handshake, packet;
};

static void read_packets(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *in = pcap_open_offline(path, error);
	struct pcap_pkthdr *header;
	const uint8_t *bytes;

	if (!in)
		errx(1, "%s", error);
	while (num_packets < MAX_PACKETS && pcap_next_ex(in, &header, &bytes) == 1) {
		if (header->caplen < HEADERS_LEN || header->caplen > MAX_LEN || bytes[ETHERNET_LEN] != 0x45)
			errx(1, "%s: packet %u is not IPv4 and UDP, or too long", path, num_packets + 1);
		packets[num_packets].header = *header;
		memcpy(packets[num_packets++].bytes, bytes, header->caplen);
	}
	pcap_close(in);
	if (!num_packets)
		errx(1, "%s: no packets", path);
}

static uint64_t time_of(uint32_t packet)
{
	const struct timeval *tv = &packets[packet].header.ts;

	return (uint64_t)tv->tv_sec * US_PER_SECOND + tv->tv_usec;
}

static struct udphdr *udp_of(struct packet *packet)
{
	return (struct udphdr *)(packet->bytes + ETHERNET_LEN + sizeof(struct iphdr));
}

static uint16_t checksum(const struct iphdr *ip)
{
	const uint16_t *words = (const void *)ip;
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(*ip) / sizeof(*words); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

static void write_copy(pcap_dumper_t *out, const struct copy *copy, uint16_t client_port)
{
	struct packet packet = packets[copy->packet];
	struct iphdr *ip = (struct iphdr *)(packet.bytes + ETHERNET_LEN);
	struct udphdr *udp = udp_of(&packet);
	uint32_t client = htonl(0x0a000001 + copy->handshake);

	if (udp->source == client_port)
		ip->saddr = client;
	else
		ip->daddr = client;
	ip->check = 0;
	ip->check = checksum(ip);
	udp->check = 0;
	packet.header.ts = (struct timeval){ copy->us / US_PER_SECOND, copy->us % US_PER_SECOND };
	pcap_dump((uint8_t *)out, &packet.header, packet.bytes);
}

static int by_time(const void *a, const void *b)
{
	const struct copy *x = a, *y = b;

	if (x->us != y->us)
		return x->us < y->us ? -1 : 1;
	return x->handshake != y->handshake ? (x->handshake < y->handshake ? -1 : 1) : (int)x->packet - (int)y->packet;
}

int main(int argc, char **argv)
{
	unsigned long handshakes = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	pcap_t *link = pcap_open_dead(DLT_EN10MB, MAX_LEN);
	pcap_dumper_t *out;
	struct copy *copies;
	size_t num = 0;

	if (!handshakes || handshakes > MAX_HANDSHAKES)
		errx(2, "usage: multiply IN OUT HANDSHAKES");
	read_packets(argv[1]);
	copies = calloc(handshakes * num_packets, sizeof(*copies));
	out = pcap_dump_open(link, argv[2]);
	if (!copies || !out)
		errx(1, "%s: %s", argv[2], copies ? pcap_geterr(link) : "not enough memory");
	for (uint32_t i = 0; i < handshakes; i++)
		for (uint32_t k = 0; k < num_packets; k++)
			copies[num++] = (struct copy){ time_of(k) + (uint64_t)i * BETWEEN_US, i, k };
	qsort(copies, num, sizeof(*copies), by_time);
	for (size_t i = 0; i < num; i++)
		write_copy(out, &copies[i], udp_of(&packets[0])->source);
	pcap_dump_close(out);
	pcap_close(link);
	free(copies);
	return 0;
}
