// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A pcap becomes a pcapng: what its head says is an interface, and so is what the head of a concatenated one says. */
#include "annotate_inside.h"

#include <string.h>

#define HEAD_LEN 24
#define RECORD_LEN 16
#define MICROSECONDS 0xa1b2c3d4
#define NANOSECONDS 0xa1b23c4d
#define OPTION_TSRESOL 9
#define OPTION_FCSLEN 13
/* Of the link type: whether the four bits above it are the length of the frame check sequence, in units of 16 bits. */
#define FCS_IS_GIVEN (1U << 26)
#define FCS_SHIFT 28

struct pcap_copying {
	struct copying *c;
	bool is_swapped;	/* the numbers in the pcap; what is written has the order of this host */
	uint32_t units;		/* of a second, in a time stamp */
	uint32_t num_interfaces;
	uint32_t snaplen;	/* of the latest interface; 0: no limit ... */
	off_t snaplen_at;	/* ... and where it stands in the copy */
};

static uint32_t number(const struct pcap_copying *p, const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return p->is_swapped ? __builtin_bswap32(value) : value;
}

static void put_section(struct copying *c)
{
	put32(c, BLOCK_SECTION);
	put32(c, 28);
	put32(c, BYTE_ORDER_MAGIC);
	put16(c, 1);
	put16(c, 0);
	/* Its length is not given. */
	put32(c, UINT32_MAX);
	put32(c, UINT32_MAX);
	put32(c, 28);
}

static void put_option8(struct copying *c, uint16_t code, uint8_t value)
{
	const uint8_t bytes[4] = { value };

	put16(c, code);
	put16(c, 1);
	fwrite(bytes, 1, sizeof(bytes), c->out);
}

static void put_interface(struct pcap_copying *p, const uint8_t head[HEAD_LEN])
{
	uint32_t link = number(p, head + 20), len = 20 + 8 + 4 + (link & FCS_IS_GIVEN ? 8 : 0);
	struct copying *c = p->c;

	put32(c, BLOCK_INTERFACE);
	put32(c, len);
	put16(c, link);
	put16(c, 0);
	p->snaplen = number(p, head + 16);
	p->snaplen_at = ftello(c->out);
	put32(c, p->snaplen);
	put_option8(c, OPTION_TSRESOL, p->units == 1000000 ? 6 : 9);
	if (link & FCS_IS_GIVEN)
		put_option8(c, OPTION_FCSLEN, 2 * (link >> FCS_SHIFT));
	put32(c, OPTION_END);
	put32(c, len);
	p->num_interfaces++;
}

/* Are these the first bytes of a pcap? Then `p` has its byte order and units. */
static bool take_magic(struct pcap_copying *p, const uint8_t bytes[4])
{
	uint32_t magic;
	bool is_swapped;

	memcpy(&magic, bytes, sizeof(magic));
	is_swapped = magic != MICROSECONDS && magic != NANOSECONDS;
	magic = is_swapped ? __builtin_bswap32(magic) : magic;
	if (magic != MICROSECONDS && magic != NANOSECONDS)
		return false;
	p->is_swapped = is_swapped;
	p->units = magic == MICROSECONDS ? 1000000 : 1000000000;
	return true;
}

/*
 * Some programs write packets that are longer than they said. libpcap reads these from a pcap, but not from a pcapng. In
 * that, 0 means no limit.
 */
static void lift_limit(struct pcap_copying *p)
{
	FILE *out = p->c->out;
	off_t end = ftello(out);

	if (p->snaplen_at < 0 || end < 0 || fseeko(out, p->snaplen_at, SEEK_SET))
		return;
	put32(p->c, 0);
	fseeko(out, end, SEEK_SET);
	p->snaplen = 0;
}

/* A packet whose data are in c->block. */
static void put_packet(struct pcap_copying *p, const uint8_t record[RECORD_LEN])
{
	uint32_t captured = number(p, record + 8), num, len;
	uint64_t time = (uint64_t)number(p, record) * p->units + number(p, record + 4);
	struct copying *c = p->c;
	const struct annotation *list = annotate_take(c, &num);

	if (num && 32 + PADDED(captured) + annotate_options_len(list, num) + 4 > BLOCK_MAX) {
		c->unplaced += num;
		num = 0;
	}
	if (p->snaplen && captured > p->snaplen)
		lift_limit(p);
	len = 32 + PADDED(captured) + (num ? annotate_options_len(list, num) + 4 : 0);
	put32(c, BLOCK_ENHANCED);
	put32(c, len);
	put32(c, p->num_interfaces - 1);
	put32(c, time >> 32);
	put32(c, time);
	put32(c, captured);
	put32(c, number(p, record + 12));
	fwrite(c->block, 1, captured, c->out);
	fwrite("\0\0\0", 1, PADDED(captured) - captured, c->out);
	annotate_put_options(c, list, num);
	if (num)
		put32(c, OPTION_END);
	put32(c, len);
}

/* Version 2.4, in either byte order. In older ones, the two lengths of a packet may have changed places. */
static bool is_version_2_4(const uint8_t version[4])
{
	static const uint8_t little[] = { 2, 0, 4, 0 }, big[] = { 0, 2, 0, 4 };

	return !memcmp(version, little, sizeof(little)) || !memcmp(version, big, sizeof(big));
}

/* Another pcap begins where a packet should: see source_pcap_file.c. */
static bool is_head(const struct pcap_copying *p, const uint8_t record[RECORD_LEN])
{
	static const uint8_t zeros[8];
	struct pcap_copying other = *p;

	return take_magic(&other, record) && is_version_2_4(record + 4) && !memcmp(record + 8, zeros, sizeof(zeros));
}

/* The head of a pcap, of which `got` bytes were read. False: the file ends within it. */
static bool copy_head(struct pcap_copying *p, uint8_t head[HEAD_LEN], size_t got)
{
	if (annotate_read(p->c, head + got, HEAD_LEN - got) != HEAD_LEN - got)
		return false;
	take_magic(p, head);
	put_interface(p, head);
	return true;
}

bool annotate_pcap(struct copying *c)
{
	struct pcap_copying p = { .c = c };
	uint8_t head[HEAD_LEN];
	size_t got;

	memcpy(head, c->block, 4);
	got = 4 + annotate_read(c, head + 4, 4);
	if (!take_magic(&p, head) || (got == 8 && !is_version_2_4(head + 4)))
		return annotate_malformed(c, 0, "this kind of pcap is not supported: run editcap -F pcap FILE NEW");
	put_section(c);
	if (!copy_head(&p, head, got))
		return annotate_truncated(c, 0);
	while ((got = annotate_read(c, head, RECORD_LEN))) {
		uint64_t begin = c->offset - got;
		uint32_t captured;

		if (got < RECORD_LEN)
			return annotate_truncated(c, begin);
		if (is_head(&p, head)) {
			if (!copy_head(&p, head, got))
				return annotate_truncated(c, begin);
			continue;
		}
		captured = number(&p, head + 8);
		if (captured > BLOCK_MAX - 32)
			return annotate_malformed(c, begin, "invalid length of a packet");
		if (annotate_read(c, c->block, captured) != captured)
			return annotate_truncated(c, begin);
		c->packets++;
		put_packet(&p, head);
	}
	return !ferror(c->in) || annotate_truncated(c, c->offset);
}
