/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* flood_shape: the payloads of udp_flood. Usage: flood_shape.h */
#include <string.h>

#include "flood_shape.h"

#define RECORD_HEADER_LEN 13
#define CUT_HEADER_LEN 7
#define PLAIN_BYTE 'p' /* 0x70: above TURN channels, below RTP */
#define TAG_OFFSET 16 /* just behind a record header */
#define TAG_MAGIC 0x64746c73

/* Both ends are on one host: no byte order to agree on. */
struct tag {
	uint32_t magic;
	uint32_t wants_ack;
	uint64_t number;
	uint64_t len;
};

_Static_assert(TAG_OFFSET + sizeof(struct tag) + CUT_HEADER_LEN <=
		       FLOOD_MIN_SIZE,
	       "tag and cut header must not overlap");

static void put_record_header(uint8_t *buf, uint64_t number, size_t claimed_len)
{
	buf[0] = 23; /* application data */
	buf[1] = 0xfe;
	buf[2] = 0xfd;
	buf[3] = 0;
	buf[4] = 1; /* epoch */
	for (int i = 0; i < 6; i++)
		buf[5 + i] = number >> (40 - 8 * i);
	buf[11] = claimed_len >> 8;
	buf[12] = claimed_len;
}

static void put_malformed(uint8_t *buf, size_t body_len, uint64_t number)
{
	/* Not in step with the turns of --mix, or one kind only would come. */
	uint64_t turn = number / FLOOD_NUM_SHAPES;

	put_record_header(buf, number, turn % 3 ? body_len + 1 : 0xffff);
	buf[0] = 20 + turn % 7;
	if (turn % 3 == 2)
		memcpy(buf + 1, "\x03\x03", 2); /* TLS 1.2, never on UDP */
}

void flood_fill(uint8_t *buf, size_t len, enum flood_shape shape,
		uint64_t number, bool wants_ack)
{
	struct tag tag = { TAG_MAGIC, wants_ack, number, len };
	size_t body_len = len - RECORD_HEADER_LEN;

	memset(buf, PLAIN_BYTE, len);
	switch (shape) {
	case FLOOD_DTLS:
		put_record_header(buf, number, body_len);
		break;
	case FLOOD_MALFORMED:
		put_malformed(buf, body_len, number);
		break;
	case FLOOD_TRUNCATED:
		put_record_header(buf, number, body_len - CUT_HEADER_LEN);
		memcpy(buf + len - CUT_HEADER_LEN, buf, CUT_HEADER_LEN);
		break;
	case FLOOD_UNIFIED:
		buf[0] = 0x20 | (number & 0x1f);
		break;
	case FLOOD_PLAIN:
	case FLOOD_NUM_SHAPES:
		break;
	}
	memcpy(buf + TAG_OFFSET, &tag, sizeof(tag));
}

bool flood_read(uint64_t *out_number, bool *out_wants_ack, const uint8_t *buf,
		size_t len)
{
	struct tag tag;

	if (len < TAG_OFFSET + sizeof(tag))
		return false;
	memcpy(&tag, buf + TAG_OFFSET, sizeof(tag));
	*out_number = tag.number;
	*out_wants_ack = tag.wants_ack;
	return tag.magic == TAG_MAGIC && tag.len == len;
}
