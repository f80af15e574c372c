// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host_column.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static size_t common_len(const char *a, const char *b)
{
	size_t len = 0;

	while (a[len] && a[len] == b[len])
		len++;
	return len;
}

/* "web-" of web-01 and web-02: up to the last character that is neither a letter nor a digit. */
static size_t prefix_len(const struct trace_info *info)
{
	char first[TRACE_HOST_LABEL_LEN], other[TRACE_HOST_LABEL_LEN];
	size_t len = strlen(trace_host_label(first, info, 1));

	for (uint32_t i = 2; i <= info->num_hosts; i++) {
		size_t common = common_len(first, trace_host_label(other, info, i));

		len = common < len ? common : len;
	}
	while (len && isalnum((unsigned char)first[len - 1]))
		len--;
	return len;
}

static bool are_unique(const struct host_column *c)
{
	for (uint32_t i = 0; i < c->num; i++)
		for (uint32_t k = 0; k < i; k++)
			if (!*c->names[i] || !strcmp(c->names[i], c->names[k]))
				return false;
	return true;
}

void host_column_init(struct host_column *c, const struct trace_info *info)
{
	char label[TRACE_HOST_LABEL_LEN];
	bool is_clear;
	size_t prefix;

	memset(c, 0, sizeof(*c));
	if (info->num_hosts < 2 || info->num_hosts > TRACE_HOSTS_MAX)
		return;
	c->num = info->num_hosts;
	prefix = prefix_len(info);
	for (uint32_t i = 0; i < c->num; i++)
		snprintf(c->names[i], sizeof(c->names[i]), "%.*s", HOST_COLUMN_MAX, trace_host_label(label, info, i + 1) + prefix);
	is_clear = are_unique(c);
	for (uint32_t i = 0; i < c->num; i++) {
		if (!is_clear)
			snprintf(c->names[i], sizeof(c->names[i]), "#%u", (i + 1) % 1000);
		c->width = strlen(c->names[i]) > c->width ? strlen(c->names[i]) : c->width;
	}
}

const char *host_column_name(const struct host_column *c, uint32_t host)
{
	return host && host <= c->num ? c->names[host - 1] : "";
}
