/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For tests of captures: packets built from their headers, and capture files of
 * them, written by libpcap or, as pcapng, block by block.
 *
 * Nothing here but the test programs may include this; it includes cmocka.
 */
#ifndef DTLSNOOP_TEST_PACKETS_H
#define DTLSNOOP_TEST_PACKETS_H

#include <unistd.h>

#include <pcap/pcap.h>

#include "bytes.h"

#define CLIENT_PORT 40000
#define SERVER_PORT 4433

enum side { FROM_CLIENT, FROM_SERVER };

/* 192.0.2.1 is the client, 192.0.2.2 the server; 2001:db8::1 and ::2. */
static inline void packet_address(struct bytes *b, bool ipv6, uint8_t last)
{
	if (ipv6) {
		bytes_number(b, 0x20010db8, 4);
		bytes_fill(b, 0, 11);
	} else {
		bytes_number(b, 0xc00002, 3);
	}
	bytes_number(b, last, 1);
}

static inline void packet_addresses(struct bytes *b, bool ipv6, enum side from)
{
	packet_address(b, ipv6, from == FROM_CLIENT ? 1 : 2);
	packet_address(b, ipv6, from == FROM_CLIENT ? 2 : 1);
}

/* An IPv4 header; `options` is a multiple of 4, `fragment` the field of flags and offset. */
static inline void packet_ipv4(struct bytes *b, enum side from, uint8_t protocol, uint32_t options,
			       uint16_t fragment, uint32_t payload_len)
{
	bytes_number(b, 0x40 | (20 + options) / 4, 1);
	bytes_number(b, 0, 1);
	bytes_number(b, 20 + options + payload_len, 2);
	bytes_number(b, 0x1234, 2);
	bytes_number(b, fragment, 2);
	bytes_number(b, 64, 1);
	bytes_number(b, protocol, 1);
	bytes_number(b, 0, 2);
	packet_addresses(b, false, from);
	bytes_fill(b, 1, options);
}

static inline void packet_ipv6(struct bytes *b, enum side from, uint8_t next, uint32_t payload_len)
{
	bytes_number(b, 0x60000000, 4);
	bytes_number(b, payload_len, 2);
	bytes_number(b, next, 1);
	bytes_number(b, 64, 1);
	packet_addresses(b, true, from);
}

static inline void packet_udp(struct bytes *b, enum side from, const struct bytes *payload)
{
	bytes_number(b, from == FROM_CLIENT ? CLIENT_PORT : SERVER_PORT, 2);
	bytes_number(b, from == FROM_CLIENT ? SERVER_PORT : CLIENT_PORT, 2);
	bytes_number(b, 8 + payload->len, 2);
	bytes_number(b, 0, 2);
	bytes_add(b, payload->data, payload->len);
}

/* An ICMP error that 192.0.2.9 or 2001:db8::9 sends to the client; `quote` begins with an IP header. */
static inline void packet_icmp(struct bytes *b, bool ipv6, uint8_t type, uint8_t code, uint32_t rest,
			       const struct bytes *quote)
{
	if (ipv6)
		packet_ipv6(b, FROM_SERVER, 58, 8 + quote->len);
	else
		packet_ipv4(b, FROM_SERVER, 1, 0, 0, 8 + quote->len);
	b->data[b->len - (ipv6 ? 17 : 5)] = 9;
	bytes_number(b, type, 1);
	bytes_number(b, code, 1);
	bytes_number(b, 0, 2);
	bytes_number(b, rest, 4);
	bytes_add(b, quote->data, quote->len);
}

/* IPv4 and UDP, without a link header. */
static inline void packet_plain(struct bytes *b, enum side from, const struct bytes *payload)
{
	packet_ipv4(b, from, 17, 0, 0, 8 + payload->len);
	packet_udp(b, from, payload);
}

static inline void packet_ethernet(struct bytes *b, uint16_t type)
{
	bytes_fill(b, 0x02, 12);
	bytes_number(b, type, 2);
}

/* A ClientHello whose random is made of this byte. */
static inline void packet_client_hello(struct bytes *b, uint8_t random, uint64_t sequence)
{
	uint32_t body = 2 + 32 + 1 + 1 + 2 + 2 + 2;

	bytes_record(b, DTLS_CT_HANDSHAKE, DTLS_VERSION_1_0, 0, sequence, 12 + body);
	bytes_message(b, DTLS_MT_CLIENT_HELLO, body, 0, 0, body);
	bytes_number(b, DTLS_VERSION_1_2, 2);
	bytes_fill(b, random, 32);
	bytes_number(b, 0, 2);		/* no session, no cookie */
	bytes_number(b, 0x0002c02b, 4);	/* one suite */
	bytes_number(b, 0x0100, 2);	/* no compression */
}

/* --- files --- */

static inline void packet_path(char path[64])
{
	int fd;

	strcpy(path, "/tmp/dtlsnoop-test.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
}

struct packet_file {
	char path[64];
	pcap_t *pcap;
	pcap_dumper_t *dump;
	uint32_t snaplen;
};

static inline void packet_file_open(struct packet_file *f, int link_type, bool nanoseconds)
{
	packet_path(f->path);
	f->snaplen = 65535;
	f->pcap = pcap_open_dead_with_tstamp_precision(link_type, 65535,
		nanoseconds ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO);
	assert_non_null(f->pcap);
	f->dump = pcap_dump_open(f->pcap, f->path);
	assert_non_null(f->dump);
}

/* `fraction`: of the second, in the file's unit. */
static inline void packet_file_add(struct packet_file *f, const struct bytes *packet, uint32_t seconds,
				   uint32_t fraction)
{
	struct pcap_pkthdr header = { .len = packet->len, .caplen = packet->len };

	if (header.caplen > f->snaplen)
		header.caplen = f->snaplen;
	header.ts.tv_sec = seconds;
	header.ts.tv_usec = fraction;
	pcap_dump((u_char *)f->dump, &header, packet->data);
}

static inline void packet_file_close(struct packet_file *f)
{
	pcap_dump_close(f->dump);
	pcap_close(f->pcap);
}

#endif
