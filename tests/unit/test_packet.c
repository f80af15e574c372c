// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From captured packets to UDP datagrams: link types, IP headers, and what is cut or lies. */
#include "packets.h"

#include "packet.h"

#define DLT_RAW_OF_BSD 14

static const uint8_t client4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
static const uint8_t server4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 2 };
static const uint8_t client6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
static const uint8_t server6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };
static const uint8_t router4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 9 };
static const uint8_t router6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 };

static struct bytes hello(void)
{
	struct bytes b = { .len = 0 };

	packet_client_hello(&b, 0x11, 0);
	return b;
}

/* Parses a copy that ends where the captured bytes end, for the sanitizers to see. */
static enum packet_kind parse_cut(int link_type, const struct bytes *b, uint32_t captured, struct packet *out,
				  uint8_t payload[BYTES_MAX])
{
	uint8_t *copy = malloc(captured ? captured : 1);
	enum packet_kind kind;

	assert_non_null(copy);
	memcpy(copy, b->data, captured);
	kind = packet_parse(link_type, copy, captured, b->len, out);
	if (kind == PACKET_UDP || kind == PACKET_FRAGMENT) {
		assert_true(out->payload >= copy && out->payload + out->captured <= copy + captured);
		assert_true(out->captured <= out->length);
		if (payload)
			memcpy(payload, out->payload, out->captured);
	}
	free(copy);
	return kind;
}

static enum packet_kind parse(int link_type, const struct bytes *b, struct packet *out)
{
	return parse_cut(link_type, b, b->len, out, NULL);
}

/* The whole datagram comes out, and at every cut either what there is of it or that it is unknown. */
static void expect_datagram(int link_type, const struct bytes *b, bool ipv6, const struct bytes *want)
{
	uint8_t payload[BYTES_MAX];
	struct packet p;

	assert_true(packet_knows_link(link_type));
	assert_int_equal(parse_cut(link_type, b, b->len, &p, payload), PACKET_UDP);
	assert_int_equal(p.ipv4, !ipv6);
	assert_memory_equal(p.source.ip, ipv6 ? client6 : client4, 16);
	assert_memory_equal(p.destination.ip, ipv6 ? server6 : server4, 16);
	assert_int_equal(p.source.port, CLIENT_PORT);
	assert_int_equal(p.destination.port, SERVER_PORT);
	assert_int_equal(p.source.reserved, 0);
	assert_int_equal(p.length, want->len);
	assert_int_equal(p.captured, want->len);
	assert_memory_equal(payload, want->data, want->len);
	for (uint32_t cut = 0; cut < b->len; cut++) {
		enum packet_kind kind = parse_cut(link_type, b, cut, &p, payload);

		if (kind == PACKET_UDP) {
			assert_int_equal(p.length, want->len);
			assert_memory_equal(payload, want->data, p.captured);
		} else {
			assert_int_equal(kind, PACKET_UNKNOWN);
		}
	}
}

/* --- link types --- */

static void ethernet(void **state)
{
	struct bytes b = { .len = 0 }, want = hello();

	packet_ethernet(&b, 0x0800);
	packet_plain(&b, FROM_CLIENT, &want);
	expect_datagram(DLT_EN10MB, &b, false, &want);
}

/* The smallest Ethernet frame has 60 bytes: what is behind the IP datagram is padding. */
static void ethernet_padding_is_no_payload(void **state)
{
	struct bytes b = { .len = 0 }, want = { .len = 0 };
	struct packet p;

	bytes_fill(&want, 22, 3);
	packet_ethernet(&b, 0x0800);
	packet_plain(&b, FROM_CLIENT, &want);
	bytes_fill(&b, 0xee, 60 - b.len);
	assert_int_equal(parse(DLT_EN10MB, &b, &p), PACKET_UDP);
	assert_int_equal(p.length, 3);
	assert_int_equal(p.captured, 3);
}

static void vlan_tags(void **state)
{
	static const uint16_t tags[] = { 0x8100, 0x88a8, 0x9100 };
	struct bytes want = hello();

	for (int outer = 0; outer < 3; outer++) {
		struct bytes single = { .len = 0 }, two = { .len = 0 };

		packet_ethernet(&single, tags[outer]);
		bytes_number(&single, 7, 2);
		bytes_number(&single, 0x0800, 2);
		packet_plain(&single, FROM_CLIENT, &want);
		expect_datagram(DLT_EN10MB, &single, false, &want);
		packet_ethernet(&two, tags[outer]);
		bytes_number(&two, 7, 2);
		bytes_number(&two, 0x8100, 2);
		bytes_number(&two, 8, 2);
		bytes_number(&two, 0x86dd, 2);
		packet_ipv6(&two, FROM_CLIENT, 17, 8 + want.len);
		packet_udp(&two, FROM_CLIENT, &want);
		expect_datagram(DLT_EN10MB, &two, true, &want);
	}
}

/* Tags without end are none that anybody looks behind. */
static void vlan_tags_without_end(void **state)
{
	struct bytes b = { .len = 0 };
	struct packet p;

	packet_ethernet(&b, 0x8100);
	for (int i = 0; i < 500; i++)
		bytes_number(&b, 0x00018100, 4);
	assert_int_equal(parse(DLT_EN10MB, &b, &p), PACKET_OTHER);
}

static void linux_cooked(void **state)
{
	struct bytes v1 = { .len = 0 }, v2 = { .len = 0 }, want = hello();

	bytes_fill(&v1, 0, 14);
	bytes_number(&v1, 0x0800, 2);
	packet_plain(&v1, FROM_CLIENT, &want);
	expect_datagram(DLT_LINUX_SLL, &v1, false, &want);
	bytes_number(&v2, 0x0800, 2);
	bytes_fill(&v2, 0, 18);
	packet_plain(&v2, FROM_CLIENT, &want);
	expect_datagram(DLT_LINUX_SLL2, &v2, false, &want);
}

static void raw_ip(void **state)
{
	struct bytes v4 = { .len = 0 }, v6 = { .len = 0 }, want = hello();
	struct packet p;

	packet_plain(&v4, FROM_CLIENT, &want);
	packet_ipv6(&v6, FROM_CLIENT, 17, 8 + want.len);
	packet_udp(&v6, FROM_CLIENT, &want);
	expect_datagram(DLT_RAW, &v4, false, &want);
	expect_datagram(DLT_RAW, &v6, true, &want);
	expect_datagram(DLT_RAW_OF_BSD, &v4, false, &want);
	expect_datagram(DLT_IPV4, &v4, false, &want);
	expect_datagram(DLT_IPV6, &v6, true, &want);
	assert_int_equal(parse(DLT_IPV4, &v6, &p), PACKET_MALFORMED);
	assert_int_equal(parse(DLT_IPV6, &v4, &p), PACKET_MALFORMED);
}

/* The family is in the byte order of the machine that captured; its number for IPv6 differs. */
static void loopback(void **state)
{
	static const uint8_t families6[] = { 10, 24, 28, 30 };
	struct bytes want = hello();
	struct packet p;

	for (int order = 0; order < 2; order++) {
		struct bytes v4 = { .len = 0 }, odd = { .len = 0 };

		bytes_number(&v4, order ? 2 : 2 << 24, 4);
		packet_plain(&v4, FROM_CLIENT, &want);
		expect_datagram(DLT_NULL, &v4, false, &want);
		for (int i = 0; i < 4; i++) {
			struct bytes v6 = { .len = 0 };

			bytes_number(&v6, order ? families6[i] : (uint32_t)families6[i] << 24, 4);
			packet_ipv6(&v6, FROM_CLIENT, 17, 8 + want.len);
			packet_udp(&v6, FROM_CLIENT, &want);
			expect_datagram(DLT_NULL, &v6, true, &want);
			if (order)
				expect_datagram(DLT_LOOP, &v6, true, &want);
		}
		bytes_number(&odd, order ? 99 : 99 << 24, 4);
		packet_plain(&odd, FROM_CLIENT, &want);
		assert_int_equal(parse(DLT_NULL, &odd, &p), PACKET_OTHER);
	}
}

static void other_link_types(void **state)
{
	struct bytes b = { .len = 0 }, want = hello();
	struct packet p;

	packet_plain(&b, FROM_CLIENT, &want);
	assert_false(packet_knows_link(DLT_IEEE802_11));
	assert_false(packet_knows_link(-1));
	assert_int_equal(parse(DLT_IEEE802_11, &b, &p), PACKET_OTHER);
}

static void other_protocols(void **state)
{
	struct bytes arp = { .len = 0 }, tcp = { .len = 0 }, icmp6 = { .len = 0 }, esp = { .len = 0 };
	struct bytes want = hello();
	struct packet p;

	packet_ethernet(&arp, 0x0806);
	bytes_fill(&arp, 0, 46);
	assert_int_equal(parse(DLT_EN10MB, &arp, &p), PACKET_OTHER);
	packet_ipv4(&tcp, FROM_CLIENT, 6, 0, 0, 8 + want.len);
	packet_udp(&tcp, FROM_CLIENT, &want);
	assert_int_equal(parse(DLT_RAW, &tcp, &p), PACKET_OTHER);
	packet_ipv6(&icmp6, FROM_CLIENT, 58, 8 + want.len);
	packet_udp(&icmp6, FROM_CLIENT, &want);
	assert_int_equal(parse(DLT_RAW, &icmp6, &p), PACKET_OTHER);
	packet_ipv6(&esp, FROM_CLIENT, 50, 8 + want.len);
	packet_udp(&esp, FROM_CLIENT, &want);
	assert_int_equal(parse(DLT_RAW, &esp, &p), PACKET_OTHER);
}

/* --- IP --- */

static void ipv4_options(void **state)
{
	struct bytes want = hello();

	for (uint32_t options = 4; options <= 40; options += 4) {
		struct bytes b = { .len = 0 };

		packet_ipv4(&b, FROM_CLIENT, 17, options, 0x4000 /* don't fragment */, 8 + want.len);
		packet_udp(&b, FROM_CLIENT, &want);
		expect_datagram(DLT_RAW, &b, false, &want);
	}
}

/* Each extension header, alone and all in a row. */
static void ipv6_extension_headers(void **state)
{
	/* type, its length in bytes */
	static const uint8_t headers[][2] = { { 0, 8 }, { 60, 16 }, { 43, 24 }, { 51, 12 }, { 135, 8 }, { 139, 40 }, { 140, 8 } };
	struct bytes want = hello(), all = { .len = 0 };
	uint32_t total = 8 + want.len;

	for (int i = 0; i < 7; i++) {
		struct bytes b = { .len = 0 };
		uint8_t type = headers[i][0], len = headers[i][1];

		packet_ipv6(&b, FROM_CLIENT, type, len + 8 + want.len);
		bytes_number(&b, 17, 1);
		bytes_number(&b, type == 51 ? len / 4 - 2 : len / 8 - 1, 1);
		bytes_fill(&b, 0, len - 2);
		packet_udp(&b, FROM_CLIENT, &want);
		expect_datagram(DLT_RAW, &b, true, &want);
		total += len;
	}
	packet_ipv6(&all, FROM_CLIENT, headers[0][0], total);
	for (int i = 0; i < 7; i++) {
		bytes_number(&all, i < 6 ? headers[i + 1][0] : 17, 1);
		bytes_number(&all, headers[i][0] == 51 ? headers[i][1] / 4 - 2 : headers[i][1] / 8 - 1, 1);
		bytes_fill(&all, 0, headers[i][1] - 2);
	}
	packet_udp(&all, FROM_CLIENT, &want);
	expect_datagram(DLT_RAW, &all, true, &want);
}

/* With segments left in a routing header the destination is not where it goes. */
static void ipv6_on_its_way(void **state)
{
	struct bytes b = { .len = 0 }, want = hello();
	struct packet p;

	packet_ipv6(&b, FROM_CLIENT, 43, 24 + 8 + want.len);
	bytes_number(&b, 0x11020001, 4);	/* UDP, 24 bytes, type 0, one segment left */
	bytes_fill(&b, 0, 20);
	packet_udp(&b, FROM_CLIENT, &want);
	assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_OTHER);
}

static void extension_headers_without_end(void **state)
{
	struct bytes b = { .len = 0 };
	struct packet p;

	packet_ipv6(&b, FROM_CLIENT, 0, 200 * 8);
	for (int i = 0; i < 200; i++)
		bytes_number(&b, 0, 8);
	assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_OTHER);
}

static void fragments(void **state)
{
	struct bytes v4 = { .len = 0 }, v6 = { .len = 0 }, atomic = { .len = 0 }, want = hello();
	struct packet p;

	packet_ipv4(&v4, FROM_CLIENT, 17, 0, 0x2000 | 0, 8 + want.len);
	packet_udp(&v4, FROM_CLIENT, &want);
	assert_int_equal(parse(DLT_RAW, &v4, &p), PACKET_FRAGMENT);
	assert_int_equal(p.fragment_id, 0x1234);
	assert_int_equal(p.fragment_offset, 0);
	assert_true(p.more_fragments);
	assert_int_equal(p.length, 8 + want.len);
	assert_int_equal(p.source.port, CLIENT_PORT);
	assert_int_equal(p.destination.port, SERVER_PORT);
	bytes_set16(&v4, 6, 185);	/* the last one, at 1480 */
	assert_int_equal(parse(DLT_RAW, &v4, &p), PACKET_FRAGMENT);
	assert_int_equal(p.fragment_offset, 1480);
	assert_false(p.more_fragments);
	assert_int_equal(p.source.port, 0);

	packet_ipv6(&v6, FROM_CLIENT, 44, 8 + 8 + want.len);
	bytes_number(&v6, 0x1100, 2);
	bytes_number(&v6, 1448 | 1, 2);
	bytes_number(&v6, 0xdeadbeef, 4);
	packet_udp(&v6, FROM_CLIENT, &want);
	assert_int_equal(parse(DLT_RAW, &v6, &p), PACKET_FRAGMENT);
	assert_int_equal(p.fragment_id, 0xdeadbeef);
	assert_int_equal(p.fragment_offset, 1448);
	assert_true(p.more_fragments);
	assert_int_equal(p.length, 8 + want.len);

	/* One that is all of it (RFC 6946) */
	packet_ipv6(&atomic, FROM_CLIENT, 44, 8 + 8 + want.len);
	bytes_number(&atomic, 0x11000000, 4);
	bytes_number(&atomic, 0xdeadbeef, 4);
	packet_udp(&atomic, FROM_CLIENT, &want);
	expect_datagram(DLT_RAW, &atomic, true, &want);
}

/* --- lengths that lie --- */

static void expect_kind(const struct bytes *b, enum packet_kind want)
{
	struct packet p;

	assert_int_equal(parse(DLT_RAW, b, &p), want);
}

static void lengths_that_lie(void **state)
{
	struct bytes good = { .len = 0 }, b, want = hello();

	packet_plain(&good, FROM_CLIENT, &want);
	expect_kind(&good, PACKET_UDP);
	for (uint32_t total = 0; total <= good.len + 2; total++) {
		b = good;
		bytes_set16(&b, 2, total);
		/* Longer than the packet, or the UDP datagram is longer than it. */
		expect_kind(&b, total == good.len ? PACKET_UDP : PACKET_MALFORMED);
	}
	for (uint32_t udp = 0; udp <= 10 + want.len; udp++) {
		b = good;
		bytes_set16(&b, 24, udp);
		expect_kind(&b, udp >= 8 && udp <= 8 + want.len ? PACKET_UDP : PACKET_MALFORMED);
	}
	for (uint8_t words = 0; words < 16; words++) {
		b = good;
		b.data[0] = 0x40 | words;
		if (words < 5)
			expect_kind(&b, PACKET_MALFORMED);
	}
	b = good;
	b.data[0] = 0x55;
	expect_kind(&b, PACKET_OTHER);
	/* What ends within its headers was never whole. */
	for (uint32_t len = 1; len < 28; len++) {
		b = good;
		b.len = len;
		expect_kind(&b, PACKET_MALFORMED);
	}
}

/* More is captured than there was: what was not there is not read. */
static void captured_more_than_there_was(void **state)
{
	struct bytes b = { .len = 0 }, want = hello();
	struct packet p;

	packet_plain(&b, FROM_CLIENT, &want);
	assert_int_equal(packet_parse(DLT_RAW, b.data, b.len, b.len - 1, &p), PACKET_MALFORMED);
	assert_int_equal(packet_parse(DLT_RAW, b.data, b.len, 0, &p), PACKET_MALFORMED);
}

/* --- ICMP errors --- */

static struct bytes quote_of(bool ipv6)
{
	struct bytes b = { .len = 0 }, want = hello();

	if (ipv6)
		packet_ipv6(&b, FROM_CLIENT, 17, 8 + want.len);
	else
		packet_ipv4(&b, FROM_CLIENT, 17, 0, 0, 8 + want.len);
	packet_udp(&b, FROM_CLIENT, &want);
	return b;
}

/* The quoted addresses come out, and at every cut nothing else than that, or that it is unknown. */
static void expect_icmp(const struct bytes *b, bool ipv6, uint8_t type, uint8_t code, uint32_t mtu)
{
	struct packet p;

	for (uint32_t cut = b->len; cut != UINT32_MAX; cut--) {
		enum packet_kind kind = parse_cut(DLT_RAW, b, cut, &p, NULL);

		if (cut < b->len && kind == PACKET_UNKNOWN)
			continue;
		assert_int_equal(kind, PACKET_ICMP);
		assert_int_equal(p.ipv4, !ipv6);
		assert_int_equal(p.icmp_type, type);
		assert_int_equal(p.icmp_code, code);
		assert_memory_equal(p.source.ip, ipv6 ? client6 : client4, 16);
		assert_memory_equal(p.destination.ip, ipv6 ? server6 : server4, 16);
		assert_int_equal(p.source.port, CLIENT_PORT);
		assert_int_equal(p.destination.port, SERVER_PORT);
		assert_int_equal(p.source.reserved | p.destination.reserved, 0);
		assert_memory_equal(p.reporter.ip, ipv6 ? router6 : router4, 16);
		assert_int_equal(p.reporter.mtu, mtu);
		assert_null(p.payload);
	}
}

/* Of every type and code: errors are those of RFC 792 and RFC 4443 that quote a datagram. */
static void icmp_errors(void **state)
{
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		struct bytes quote = quote_of(ipv6);

		for (int type = 0; type < 256; type++) {
			for (int code = 0; code < 20; code++) {
				bool error = ipv6 ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
				bool has_mtu = ipv6 ? type == 2 : type == 3 && code == 4;
				struct bytes b = { .len = 0 };
				struct packet p;

				packet_icmp(&b, ipv6, type, code, 0x00010500, &quote);
				if (code && !has_mtu && error)
					assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_ICMP);
				else if (error)
					expect_icmp(&b, ipv6, type, code, !has_mtu ? 0 : ipv6 ? 0x10500 : 0x500);
				else
					assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_OTHER);
			}
		}
	}
}

/* At least 8 bytes of UDP are quoted (RFC 792); with less, nothing is guessed. */
static void icmp_with_a_short_quote(void **state)
{
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		struct bytes quote = quote_of(ipv6);

		for (quote.len = 0; quote.len < 60; quote.len++) {
			struct bytes b = { .len = 0 };
			struct packet p;

			packet_icmp(&b, ipv6, ipv6 ? 1 : 3, 1, 0, &quote);
			if (quote.len >= (ipv6 ? 48 : 28))
				expect_icmp(&b, ipv6, ipv6 ? 1 : 3, 1, 0);
			else
				assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_MALFORMED);
		}
	}
}

/* Some systems change the lengths and the checksum in the quote, or put them in another byte order. */
static void icmp_with_lengths_that_lie(void **state)
{
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		for (uint32_t length = 0; length < 0x10000; length += 0x1111) {
			struct bytes quote = quote_of(ipv6), b = { .len = 0 };

			bytes_set16(&quote, ipv6 ? 4 : 2, length);
			bytes_set16(&quote, ipv6 ? 44 : 24, length);
			packet_icmp(&b, ipv6, ipv6 ? 1 : 3, 0, 0, &quote);
			expect_icmp(&b, ipv6, ipv6 ? 1 : 3, 0, 0);
		}
	}
}

static void icmp_quotes_ip_options(void **state)
{
	struct bytes want = hello();

	for (uint32_t options = 4; options <= 40; options += 4) {
		struct bytes quote = { .len = 0 }, b = { .len = 0 };

		packet_ipv4(&quote, FROM_CLIENT, 17, options, 0, 8 + want.len);
		packet_udp(&quote, FROM_CLIENT, &want);
		quote.len = 20 + options + 8;
		packet_icmp(&b, false, 3, 13, 0, &quote);
		expect_icmp(&b, false, 3, 13, 0);
	}
}

static void icmp_quotes_extension_headers(void **state)
{
	struct bytes quote = { .len = 0 }, b = { .len = 0 }, want = hello();
	struct packet p;

	packet_ipv6(&quote, FROM_CLIENT, 0, 16 + 8 + want.len);
	bytes_number(&quote, 0x3c00, 2);	/* hop-by-hop, then destination options */
	bytes_fill(&quote, 0, 6);
	bytes_number(&quote, 0x1100, 2);
	bytes_fill(&quote, 0, 6);
	packet_udp(&quote, FROM_CLIENT, &want);
	packet_icmp(&b, true, 1, 4, 0, &quote);
	expect_icmp(&b, true, 1, 4, 0);
	quote.data[48] = 58;	/* not of UDP */
	b.len = 0;
	packet_icmp(&b, true, 1, 4, 0, &quote);
	assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_OTHER);
	quote.len = 54;		/* within the second */
	b.len = 0;
	packet_icmp(&b, true, 1, 4, 0, &quote);
	assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_MALFORMED);
}

/* The first fragment has ports, the others do not. */
static void icmp_quotes_a_fragment(void **state)
{
	struct bytes want = hello();
	struct packet p;

	for (uint32_t offset = 0; offset < 2; offset++) {
		struct bytes v4 = { .len = 0 }, v6 = { .len = 0 }, b4 = { .len = 0 }, b6 = { .len = 0 };

		packet_ipv4(&v4, FROM_CLIENT, 17, 0, 0x2000 | offset, 8 + want.len);
		packet_udp(&v4, FROM_CLIENT, &want);
		packet_icmp(&b4, false, 11, 1, 0, &v4);
		packet_ipv6(&v6, FROM_CLIENT, 44, 8 + 8 + want.len);
		bytes_number(&v6, 0x11000001 | offset << 3, 4);
		bytes_number(&v6, 0xdeadbeef, 4);
		packet_udp(&v6, FROM_CLIENT, &want);
		packet_icmp(&b6, true, 3, 1, 0, &v6);
		if (offset) {
			assert_int_equal(parse(DLT_RAW, &b4, &p), PACKET_OTHER);
			assert_int_equal(parse(DLT_RAW, &b6, &p), PACKET_OTHER);
		} else {
			expect_icmp(&b4, false, 11, 1, 0);
			expect_icmp(&b6, true, 3, 1, 0);
		}
	}
}

/* An ICMP message that is itself in fragments is not put together. */
static void icmp_in_fragments(void **state)
{
	struct bytes quote = quote_of(false), b = { .len = 0 }, v6 = { .len = 0 };
	struct packet p;

	packet_icmp(&b, false, 3, 3, 0, &quote);
	bytes_set16(&b, 6, 0x4000);	/* don't fragment: it is none */
	assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_ICMP);
	bytes_set16(&b, 6, 0x2000);
	assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_OTHER);
	bytes_set16(&b, 6, 1);
	assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_OTHER);
	packet_ipv6(&v6, FROM_SERVER, 44, 8 + 8 + 48);
	bytes_number(&v6, 0x3a000001, 4);
	bytes_fill(&v6, 0, 4 + 8 + 48);
	assert_int_equal(parse(DLT_RAW, &v6, &p), PACKET_OTHER);
}

static void icmp_quotes_something_else(void **state)
{
	struct packet p;

	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		struct bytes quote = quote_of(ipv6), tcp = quote, no_port = quote, version = quote, other = quote_of(!ipv6);
		struct bytes b = { .len = 0 };

		tcp.data[ipv6 ? 6 : 9] = 6;
		packet_icmp(&b, ipv6, ipv6 ? 1 : 3, 1, 0, &tcp);
		assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_OTHER);
		/* Port 0 is no address of a socket. */
		bytes_set16(&no_port, ipv6 ? 42 : 22, 0);
		b.len = 0;
		packet_icmp(&b, ipv6, ipv6 ? 1 : 3, 1, 0, &no_port);
		assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_OTHER);
		version.data[0] = 0x55;
		b.len = 0;
		packet_icmp(&b, ipv6, ipv6 ? 1 : 3, 1, 0, &version);
		assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_MALFORMED);
		b.len = 0;
		packet_icmp(&b, ipv6, ipv6 ? 1 : 3, 1, 0, &other);
		assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_MALFORMED);
		if (ipv6)
			continue;
		quote.data[0] = 0x44;	/* a header of 16 bytes */
		b.len = 0;
		packet_icmp(&b, ipv6, 3, 1, 0, &quote);
		assert_int_equal(parse(DLT_RAW, &b, &p), PACKET_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ethernet),
		cmocka_unit_test(ethernet_padding_is_no_payload),
		cmocka_unit_test(vlan_tags),
		cmocka_unit_test(vlan_tags_without_end),
		cmocka_unit_test(linux_cooked),
		cmocka_unit_test(raw_ip),
		cmocka_unit_test(loopback),
		cmocka_unit_test(other_link_types),
		cmocka_unit_test(other_protocols),
		cmocka_unit_test(ipv4_options),
		cmocka_unit_test(ipv6_extension_headers),
		cmocka_unit_test(ipv6_on_its_way),
		cmocka_unit_test(extension_headers_without_end),
		cmocka_unit_test(fragments),
		cmocka_unit_test(lengths_that_lie),
		cmocka_unit_test(captured_more_than_there_was),
		cmocka_unit_test(icmp_errors),
		cmocka_unit_test(icmp_with_a_short_quote),
		cmocka_unit_test(icmp_with_lengths_that_lie),
		cmocka_unit_test(icmp_quotes_ip_options),
		cmocka_unit_test(icmp_quotes_extension_headers),
		cmocka_unit_test(icmp_quotes_a_fragment),
		cmocka_unit_test(icmp_in_fragments),
		cmocka_unit_test(icmp_quotes_something_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
