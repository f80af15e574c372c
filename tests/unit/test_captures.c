// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The record walker over public captures, where they lie next to the
 * repository. The numbers are those of Wireshark's dissector (tshark 4.0);
 * those of DTLS 1.3 ciphertext, which it does not know, were counted in the hex.
 */
#include "bytes.h"

#define CAPTURES "../shared/captures"

#define PCAP_HEADER_LEN 24
#define PCAP_PACKET_HEADER_LEN 16
#define PCAP_MAGIC 0xa1b2c3d4	/* in the byte order of the file: little */
#define PCAP_LINK_ETHERNET 1
#define ETHERNET_HEADER_LEN 14
#define UDP_HEADER_LEN 8

/* --- a reader of what these captures are: Ethernet, IPv4, UDP --- */

static uint32_t little32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

struct pcap {
	uint8_t data[32768];
	uint32_t len, off;
};

static void pcap_open(struct pcap *p, const char *name)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", CAPTURES, name);
	f = fopen(path, "rb");
	if (!f) {
		print_message("%s: not there, nothing to compare with\n", path);
		skip();
	}
	p->len = fread(p->data, 1, sizeof(p->data), f);
	fclose(f);
	assert_in_range(p->len, PCAP_HEADER_LEN, sizeof(p->data) - 1);
	assert_int_equal(little32(p->data), PCAP_MAGIC);
	assert_int_equal(little32(p->data + 20), PCAP_LINK_ETHERNET);
	p->off = PCAP_HEADER_LEN;
}

/* The next UDP payload, or NULL at the end. */
static const uint8_t *pcap_next(struct pcap *p, uint32_t *out_len)
{
	const uint8_t *ip, *udp;
	uint32_t captured, ip_len;

	if (p->off == p->len)
		return NULL;
	assert_true(p->len - p->off >= PCAP_PACKET_HEADER_LEN);
	captured = little32(p->data + p->off + 8);
	assert_int_equal(little32(p->data + p->off + 12), captured);
	p->off += PCAP_PACKET_HEADER_LEN;
	assert_true(captured <= p->len - p->off && captured > ETHERNET_HEADER_LEN + 20);
	ip = p->data + p->off + ETHERNET_HEADER_LEN;
	p->off += captured;
	assert_int_equal(dtls_get16(ip - 2), 0x0800);
	assert_int_equal(ip[0], 0x45);
	assert_int_equal(ip[9], 17);
	assert_int_equal(dtls_get16(ip + 6) & 0x3fff, 0);	/* no fragment */
	ip_len = dtls_get16(ip + 2);
	assert_true(ip_len <= captured - ETHERNET_HEADER_LEN && ip_len >= 20 + UDP_HEADER_LEN);
	udp = ip + 20;
	assert_int_equal(dtls_get16(udp + 4), ip_len - 20);
	*out_len = ip_len - 20 - UDP_HEADER_LEN;
	return udp + UDP_HEADER_LEN;
}

/* --- counting --- */

#define NUM_CONTENT_TYPES (DTLS_CT_LAST + 1)
#define NUM_MSG_TYPES 256

struct counts {
	uint32_t datagrams;
	uint32_t foreign;	/* datagrams of another protocol */
	uint32_t records, unified, with_cid, encrypted_handshake;
	uint32_t messages;
	uint32_t by_content_type[NUM_CONTENT_TYPES];
	uint32_t by_msg_type[NUM_MSG_TYPES];
};

/* Returns the bytes that the record says it has, header and body. */
static uint32_t count_record(struct counts *c, const struct dtls_record *rec, const uint8_t *data,
			     uint32_t len)
{
	c->records++;
	if (rec->flags & DTLS_RECORD_CID) {
		c->with_cid++;
		return len - rec->offset;
	}
	if (rec->flags & DTLS_RECORD_UNIFIED) {
		c->unified++;
		return 2 + (data[rec->offset] & 0x08 ? 1 : 0) + (data[rec->offset] & 0x04 ? 2 : 0) +
		       rec->length;
	}
	assert_in_range(rec->content_type, DTLS_CT_FIRST, DTLS_CT_LAST);
	c->by_content_type[rec->content_type]++;
	if (rec->content_type == DTLS_CT_HANDSHAKE && rec->epoch)
		c->encrypted_handshake++;
	return 13 + rec->length;
}

static void count_datagram(struct counts *c, const uint8_t *data, uint32_t len)
{
	struct walked got = walk(data, len);
	uint32_t sum = 0;

	c->datagrams++;
	if (len && data[0] < 20) {
		expect_walked(&got, 0, DTLS_MALFORMED_TRAILING_BYTES);
		c->foreign++;
		return;
	}
	assert_int_equal(got.malformed, DTLS_OK);
	assert_true(got.num_items > 0);
	for (uint32_t i = 0; i < got.num_items; i++) {
		if (got.items[i].kind == DTLS_ITEM_RECORD) {
			assert_int_equal(got.items[i].record.offset, sum);
			sum += count_record(c, &got.items[i].record, data, len);
		} else {
			c->messages++;
			c->by_msg_type[got.items[i].message.msg_type]++;
		}
	}
	assert_int_equal(sum, len);
}

static void expect_counts(const char *name, const struct counts *want)
{
	struct counts got = { .datagrams = 0 };
	struct pcap p;
	const uint8_t *data;
	uint32_t len;

	pcap_open(&p, name);
	while ((data = pcap_next(&p, &len)))
		count_datagram(&got, data, len);
	assert_int_equal(got.datagrams, want->datagrams);
	assert_int_equal(got.foreign, want->foreign);
	assert_int_equal(got.records, want->records);
	assert_int_equal(got.unified, want->unified);
	assert_int_equal(got.with_cid, want->with_cid);
	assert_int_equal(got.encrypted_handshake, want->encrypted_handshake);
	assert_int_equal(got.messages, want->messages);
	assert_memory_equal(got.by_content_type, want->by_content_type, sizeof(got.by_content_type));
	assert_memory_equal(got.by_msg_type, want->by_msg_type, sizeof(got.by_msg_type));
}

/* --- the captures --- */

static void dtls_1_0(void **state)
{
	expect_counts("dtls1_0.pcap", &(struct counts){
		.datagrams = 11, .records = 18, .encrypted_handshake = 2, .messages = 11,
		.by_content_type = { [20] = 2, [21] = 1, [22] = 13, [23] = 2 },
		.by_msg_type = { [1] = 4, [2] = 1, [3] = 1, [4] = 1, [11] = 1, [12] = 1, [14] = 1,
				 [16] = 1 },
	});
}

/* 228-byte datagrams: the Certificate is in 5 fragments, the ServerKeyExchange in 3. */
static void dtls_1_2(void **state)
{
	expect_counts("dtls1_2.pcap", &(struct counts){
		.datagrams = 16, .records = 22, .encrypted_handshake = 2, .messages = 17,
		.by_content_type = { [20] = 2, [21] = 1, [22] = 19 },
		.by_msg_type = { [1] = 4, [2] = 1, [3] = 1, [4] = 1, [11] = 5, [12] = 3, [14] = 1,
				 [16] = 1 },
	});
}

static void webrtc_among_stun(void **state)
{
	expect_counts("webrtc-stun.pcap", &(struct counts){
		.datagrams = 14, .foreign = 10, .records = 13, .encrypted_handshake = 2, .messages = 9,
		.by_content_type = { [20] = 2, [22] = 11 },
		.by_msg_type = { [1] = 1, [2] = 1, [11] = 2, [12] = 1, [13] = 1, [14] = 1, [15] = 1,
				 [16] = 1 },
	});
}

static void dtls_1_3(void **state)
{
	expect_counts("dtls13-wolfssl.pcap", &(struct counts){
		.datagrams = 15, .records = 15, .unified = 11, .messages = 4,
		.by_content_type = { [22] = 4 },
		.by_msg_type = { [1] = 2, [2] = 2 },
	});
}

static void dtls_1_3_with_connection_ids(void **state)
{
	expect_counts("dtls13-cid.pcap", &(struct counts){
		.datagrams = 43, .records = 43, .unified = 14, .with_cid = 11, .messages = 18,
		.by_content_type = { [22] = 18 },
		.by_msg_type = { [1] = 14, [2] = 4 },
	});
}

static void sequence_number_jumps(void **state)
{
	expect_counts("dtls-sequence-number-jumps.pcap", &(struct counts){
		.datagrams = 4, .records = 4, .messages = 4,
		.by_content_type = { [22] = 4 },
		.by_msg_type = { [1] = 3, [2] = 1 },
	});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dtls_1_0),
		cmocka_unit_test(dtls_1_2),
		cmocka_unit_test(webrtc_among_stun),
		cmocka_unit_test(dtls_1_3),
		cmocka_unit_test(dtls_1_3_with_connection_ids),
		cmocka_unit_test(sequence_number_jumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
