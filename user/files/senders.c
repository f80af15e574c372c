// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "senders.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* A balanced tree, because an attacker who chooses the addresses cannot make it slow. */
struct senders {
	void *root;
	uint32_t num;
};

struct senders *senders_new(void)
{
	return calloc(1, sizeof(struct senders));
}

void senders_free(struct senders *s)
{
	if (s)
		tdestroy(s->root, free);
	free(s);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct event_endpoint));
}

bool senders_has(const struct senders *s, const struct event_endpoint *address)
{
	return tfind(address, &s->root, compare);
}

bool senders_add(struct senders *s, const struct event_endpoint *address)
{
	struct event_endpoint *copy;

	if (senders_has(s, address))
		return true;
	copy = s->num < SENDERS_MAX ? malloc(sizeof(*copy)) : NULL;
	if (!copy)
		return false;
	*copy = *address;
	if (tsearch(copy, &s->root, compare)) {
		s->num++;
		return true;
	}
	free(copy);
	return false;
}
