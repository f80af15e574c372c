// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "annotate_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static bool copy(struct copying *c)
{
	uint32_t magic;

	if (annotate_read(c, c->block, sizeof(magic)) != sizeof(magic))
		return annotate_truncated(c, 0);
	memcpy(&magic, c->block, sizeof(magic));
	return magic == BLOCK_SECTION ? annotate_pcapng(c) : annotate_pcap(c);
}

bool annotate_stream(const char *name, FILE *in, FILE *out, const struct annotation *list, size_t num)
{
	struct copying c = { .path = name, .in = in, .out = out, .next = list, .end = num ? list + num : list };
	bool done = false;

	c.block = malloc(BLOCK_MAX);
	if (c.block)
		done = copy(&c);
	else
		message_error("out of memory");
	if (c.unplaced)
		message_warning("%s: %llu comments are left out: their packets have no room for options", name,
				(unsigned long long)c.unplaced);
	free(c.block);
	return done;
}

bool annotate_copy(const char *path, FILE *out, const struct annotation *list, size_t num)
{
	FILE *in = fopen(path, "re");
	bool done;

	if (!in) {
		message_error("%s: %s", path, strerror(errno));
		return false;
	}
	done = annotate_stream(path, in, out, list, num);
	fclose(in);
	return done;
}
