/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * flood_shape: the payloads of udp_flood. Each carries its number and length
 * behind the place of a record header, whatever the rest looks like.
 *
 * Usage: flood_fill(buf, len, FLOOD_DTLS, number, wants_ack);
 *	  flood_read(&number, &wants_ack, buf, len)
 */
#ifndef LAB_FLOOD_SHAPE_H
#define LAB_FLOOD_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOOD_MIN_SIZE 64
#define FLOOD_MAX_SIZE 65507 /* 65535 less IPv4 and UDP headers */

enum flood_shape {
	FLOOD_PLAIN, /* first byte is none of RFC 7983 */
	FLOOD_DTLS, /* one application data record of epoch 1 */
	FLOOD_MALFORMED, /* a record header with a length or version that lies */
	FLOOD_TRUNCATED, /* a good record, then a header cut short */
	FLOOD_UNIFIED, /* RFC 9147 s4: 001CSLEE */
	FLOOD_NUM_SHAPES
};

void flood_fill(uint8_t *buf, size_t len, enum flood_shape shape,
		uint64_t number, bool wants_ack);
/* False if it is none of ours, or was altered on the way. */
bool flood_read(uint64_t *out_number, bool *out_wants_ack, const uint8_t *buf,
		size_t len);

#endif
