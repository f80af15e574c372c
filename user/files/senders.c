// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "senders.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "keyed_hash.h"

/* In each function here, `s` is the set. */
#define HASH_FUNCTION(key, len, hash) ((hash) = keyed_hash(s->seed, key, len))
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(sender) (sender)->is_unhashed = true
#include <uthash.h>

struct sender {
	struct event_endpoint address;
	bool is_unhashed;	/* out of memory */
	UT_hash_handle hh;
};

struct senders {
	struct sender *all;	/* a hash table */
	uint32_t num;
	uint64_t seed;		/* whoever chooses the addresses does not know it, and cannot make the set slow */
};

struct senders *senders_new(void)
{
	struct senders *s = calloc(1, sizeof(*s));

	if (s && getrandom(&s->seed, sizeof(s->seed), GRND_NONBLOCK) != sizeof(s->seed))
		s->seed = (uintptr_t)s;
	return s;
}

void senders_free(struct senders *s)
{
	struct sender *sender, *next;

	if (!s)
		return;
	HASH_ITER(hh, s->all, sender, next) {
		HASH_DEL(s->all, sender);
		free(sender);
	}
	free(s);
}

bool senders_has(const struct senders *s, const struct event_endpoint *address)
{
	struct sender *found;

	HASH_FIND(hh, s->all, address, sizeof(*address), found);
	return found;
}

bool senders_add(struct senders *s, const struct event_endpoint *address)
{
	struct sender *sender;

	if (senders_has(s, address))
		return true;
	sender = s->num < SENDERS_MAX ? calloc(1, sizeof(*sender)) : NULL;
	if (!sender)
		return false;
	sender->address = *address;
	HASH_ADD(hh, s->all, address, sizeof(sender->address), sender);
	if (!sender->is_unhashed) {
		s->num++;
		return true;
	}
	free(sender);
	return false;
}
