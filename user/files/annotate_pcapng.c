// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A pcapng is copied block by block. */
#include "annotate_inside.h"

#include <string.h>

/* Type and length before, length behind. */
#define BLOCK_MIN 12
#define SECTION_MIN 28
/* Of an Enhanced Packet Block, and of its predecessor: where these stand. */
#define AT_CAPTURED 20
#define AT_DATA 28

/* A block of `len` bytes that is as it was. */
static void put_block(struct copying *c, uint32_t len)
{
	fwrite(c->block, 1, len, c->out);
}

/* What is inserted makes the section longer: -1 is "not given". */
static void put_section(struct copying *c, uint32_t len)
{
	memset(c->block + 16, 0xff, 8);
	put_block(c, len);
}

/*
 * Where new options go: before the option that ends them, else at the end. `len` is that of the block. 0: the options
 * are malformed.
 */
static uint32_t end_of_options(const struct copying *c, uint32_t at, uint32_t len)
{
	while (at + 4 <= len - 4) {
		uint32_t next = at + 4 + PADDED(number16(c, c->block + at + 2));

		if (number16(c, c->block + at) == OPTION_END)
			return at;
		if (next > len - 4)
			return 0;
		at = next;
	}
	return at == len - 4 ? at : 0;
}

/* The comments go to the end of the block's options. False: the block contradicts itself. */
static bool put_packet(struct copying *c, uint32_t len)
{
	uint32_t num, captured = len < AT_DATA + 4 ? UINT32_MAX : number32(c, c->block + AT_CAPTURED), at, total;
	const struct annotation *list = annotate_take(c, &num);
	bool has_end;

	if (captured > len - AT_DATA - 4 || AT_DATA + PADDED(captured) > len - 4)
		return false;
	at = num ? end_of_options(c, AT_DATA + PADDED(captured), len) : 0;
	if (!at || len + annotate_options_len(list, num) + 4 > BLOCK_MAX) {
		c->unplaced += num;
		put_block(c, len);
		return true;
	}
	has_end = at < len - 4;
	total = len + annotate_options_len(list, num) + (has_end ? 0 : 4);
	fwrite(c->block, 1, 4, c->out);
	put32(c, total);
	fwrite(c->block + 8, 1, at - 8, c->out);
	annotate_put_options(c, list, num);
	if (has_end)
		fwrite(c->block + at, 1, len - 4 - at, c->out);
	else
		put32(c, OPTION_END);
	put32(c, total);
	return true;
}

/* It has no options. */
static void put_simple(struct copying *c, uint32_t len)
{
	uint32_t num;

	annotate_take(c, &num);
	c->unplaced += num;
	put_block(c, len);
}

static bool put(struct copying *c, uint32_t type, uint32_t len)
{
	switch (type) {
	case BLOCK_SECTION:
		put_section(c, len);
		return true;
	case BLOCK_ENHANCED: case BLOCK_PACKET:
		c->packets++;
		return put_packet(c, len);
	case BLOCK_SIMPLE:
		c->packets++;
		put_simple(c, len);
		return true;
	default:
		put_block(c, len);
		return true;
	}
}

/* A section says in which order its bytes are, by a number behind its length. False: it does not. */
static bool take_order(struct copying *c)
{
	c->is_swapped = false;
	c->is_swapped = number32(c, c->block + 8) != BYTE_ORDER_MAGIC;
	return number32(c, c->block + 8) == BYTE_ORDER_MAGIC;
}

/* The rest of the block whose first `got` bytes were read at `begin`. *out_len: 0 if the file ends before. */
static const char *read_block(struct copying *c, uint32_t got, uint32_t *out_len)
{
	uint32_t type, len;

	type = number32(c, c->block);
	if (type == BLOCK_SECTION && !take_order(c))
		return "the section has no byte order";
	len = number32(c, c->block + 4);
	*out_len = 0;
	if (len < (type == BLOCK_SECTION ? SECTION_MIN : BLOCK_MIN) || len % 4 || len > BLOCK_MAX)
		return "invalid length of a block";
	if (annotate_read(c, c->block + got, len - got) != len - got)
		return NULL;
	if (number32(c, c->block + len - 4) != len)
		return "the two lengths of a block differ";
	*out_len = len;
	return NULL;
}

bool annotate_pcapng(struct copying *c)
{
	uint32_t got = 4 + annotate_read(c, c->block + 4, BLOCK_MIN - 4), len;

	for (; got; got = annotate_read(c, c->block, BLOCK_MIN)) {
		uint64_t begin = c->offset - got;
		const char *error;

		if (got < BLOCK_MIN)
			return annotate_truncated(c, begin);
		error = read_block(c, got, &len);
		if (error)
			return annotate_malformed(c, begin, error);
		if (!len)
			return annotate_truncated(c, begin);
		if (!put(c, number32(c, c->block), len)) {
			c->packets--;
			return annotate_malformed(c, begin, "the captured length is larger than the block");
		}
	}
	return !ferror(c->in) || annotate_truncated(c, c->offset);
}
