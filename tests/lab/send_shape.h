/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * send_shape: equal datagrams, sent so that the kernel keeps their payload in
 * every way it can: in linear memory, in page fragments of its own, in pages of
 * the sender, in pages of a pipe or a file.
 *
 * Usage: send_shape_init(&sender, fd, SHAPE_GSO); then send_shape_send() as often
 * as is wanted; send_shape_fini(). The socket is connected and blocks.
 */
#ifndef LAB_SEND_SHAPE_H
#define LAB_SEND_SHAPE_H

#include <stddef.h>
#include <stdint.h>

#define SHAPE_MAX_BATCH 32     /* datagrams of one call */
#define SHAPE_MAX_BYTES 60000  /* of one call, in all */

enum send_shape {
	SHAPE_LINEAR,
	SHAPE_SENDMMSG,
	SHAPE_MORE,	    /* in pieces, with MSG_MORE */
	SHAPE_GSO,	    /* one send of many datagrams (UDP_SEGMENT) */
	SHAPE_ZEROCOPY,
	SHAPE_ZEROCOPY_GSO,
	SHAPE_SPLICE,	    /* by vmsplice() and splice() */
	SHAPE_SENDFILE,
	SHAPE_NUM
};

struct shape_sender {
	int fd;
	enum send_shape shape;
	int pipe[2], file;
	uint64_t num_zerocopy, num_completed;
};

/* -1 if there is no such name. */
int send_shape_parse(const char *name);
const char *send_shape_name(enum send_shape shape);

/* 0 or -errno. */
int send_shape_init(struct shape_sender *sender, int fd, enum send_shape shape);
void send_shape_fini(struct shape_sender *sender);
/* @num datagrams of @len bytes, one behind the other at @data; 0 or -errno. */
int send_shape_send(struct shape_sender *sender, const uint8_t *data, size_t len, unsigned int num);

#endif
