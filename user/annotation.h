/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A comment on a packet of a capture. */
#ifndef DTLSNOOP_ANNOTATION_H
#define DTLSNOOP_ANNOTATION_H

#include <stdint.h>

struct annotation {
	uint64_t packet;	/* its number, from 1, in the order of the file */
	uint64_t order;		/* of the comments of one packet */
	char *text;		/* printable ASCII */
};

#endif
