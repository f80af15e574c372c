/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by annotate*.c. */
#ifndef DTLSNOOP_ANNOTATE_INSIDE_H
#define DTLSNOOP_ANNOTATE_INSIDE_H

#include "annotate.h"

/* Larger blocks and packets are refused, as libpcap does. */
#ifndef BLOCK_MAX
#define BLOCK_MAX (16U << 20)
#endif

#define BLOCK_SECTION 0x0a0d0d0a
#define BLOCK_INTERFACE 1
#define BLOCK_PACKET 2		/* obsolete */
#define BLOCK_SIMPLE 3
#define BLOCK_ENHANCED 6
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define OPTION_END 0
#define OPTION_COMMENT 1

#define PADDED(len) (((len) + 3) & ~3U)

struct copying {
	const char *path;
	FILE *in, *out;
	uint64_t offset;	/* bytes of `in` read so far */
	uint64_t packets;	/* copied, or the one that is being copied */
	uint64_t unplaced;	/* comments that their packet's block has no room for */
	bool is_swapped;	/* numbers of `in` have the other byte order */
	const struct annotation *next, *end;
	uint8_t *block;		/* BLOCK_MAX bytes */
};

/* The comments of the packet c->packets: the first of them, and how many. They are taken. */
const struct annotation *annotate_take(struct copying *c, uint32_t *num);

/* Bytes that these comments have as options. */
uint32_t annotate_options_len(const struct annotation *list, uint32_t num);

/* Write them as options. */
void annotate_put_options(struct copying *c, const struct annotation *list, uint32_t num);

/* Read `len` bytes; fewer at the end of the file. Returns how many. */
size_t annotate_read(struct copying *c, void *bytes, size_t len);

/* A message that the file is truncated or malformed at `offset`, where `what` begins. */
bool annotate_truncated(const struct copying *c, uint64_t offset);
bool annotate_malformed(const struct copying *c, uint64_t offset, const char *what);

static inline uint32_t number32(const struct copying *c, const uint8_t *bytes)
{
	uint32_t number;

	__builtin_memcpy(&number, bytes, sizeof(number));
	return c->is_swapped ? __builtin_bswap32(number) : number;
}

static inline uint16_t number16(const struct copying *c, const uint8_t *bytes)
{
	uint16_t number;

	__builtin_memcpy(&number, bytes, sizeof(number));
	return c->is_swapped ? __builtin_bswap16(number) : number;
}

static inline void put32(struct copying *c, uint32_t number)
{
	number = c->is_swapped ? __builtin_bswap32(number) : number;
	fwrite(&number, sizeof(number), 1, c->out);
}

static inline void put16(struct copying *c, uint16_t number)
{
	number = c->is_swapped ? __builtin_bswap16(number) : number;
	fwrite(&number, sizeof(number), 1, c->out);
}

/* After the first 4 bytes of the file, which are in c->block: the rest of it. */
bool annotate_pcapng(struct copying *c);
bool annotate_pcap(struct copying *c);

#endif
