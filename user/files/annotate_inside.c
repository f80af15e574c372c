// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "annotate_inside.h"

#include <errno.h>
#include <string.h>

#include "message.h"

const struct annotation *annotate_take(struct copying *c, uint32_t *num)
{
	const struct annotation *first;

	while (c->next < c->end && c->next->packet < c->packets)
		c->next++;
	first = c->next;
	while (c->next < c->end && c->next->packet == c->packets)
		c->next++;
	*num = c->next - first;
	return first;
}

uint32_t annotate_options_len(const struct annotation *list, uint32_t num)
{
	uint32_t len = 0;

	for (uint32_t i = 0; i < num; i++)
		len += 4 + PADDED(strlen(list[i].text));
	return len;
}

void annotate_put_options(struct copying *c, const struct annotation *list, uint32_t num)
{
	for (uint32_t i = 0; i < num; i++) {
		uint32_t len = strlen(list[i].text);

		put16(c, OPTION_COMMENT);
		put16(c, len);
		fwrite(list[i].text, 1, len, c->out);
		fwrite("\0\0\0", 1, PADDED(len) - len, c->out);
	}
}

size_t annotate_read(struct copying *c, void *bytes, size_t len)
{
	size_t got = fread(bytes, 1, len, c->in);

	c->offset += got;
	return got;
}

bool annotate_truncated(const struct copying *c, uint64_t offset)
{
	if (ferror(c->in)) {
		message_error("%s: %s", c->path, strerror(errno));
		return false;
	}
	message_error("%s: the file is truncated in what begins at byte %llu: the copy ends there, after %llu packets", c->path,
		      (unsigned long long)offset, (unsigned long long)c->packets);
	return true;
}

bool annotate_malformed(const struct copying *c, uint64_t offset, const char *what)
{
	message_error("%s: at byte %llu, after %llu packets: %s: the copy ends there", c->path, (unsigned long long)offset,
		      (unsigned long long)c->packets, what);
	return false;
}
