// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "senders.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "keyed_hash.h"

#define MIN_PLACES 64

/*
 * A hash table without chains: each packet of a capture is looked for, and a chain or a tree of many senders costs a cache
 * miss a step. Whoever chooses the addresses does not know the seed, and cannot make it slow.
 */
struct senders {
	struct event_endpoint *places;	/* a power of two; .reserved: the place is used */
	uint32_t num_places, num;	/* at most half of them are used */
	uint64_t seed;
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
	if (s)
		free(s->places);
	free(s);
}

/* The place of this address, whose `reserved` is set, or the free one where it belongs. */
static struct event_endpoint *place_of(const struct senders *s, const struct event_endpoint *key)
{
	uint32_t at = keyed_hash(s->seed, key, sizeof(*key));

	for (;; at++) {
		struct event_endpoint *place = &s->places[at & (s->num_places - 1)];

		if (!place->reserved || !memcmp(place, key, sizeof(*key)))
			return place;
	}
}

static struct event_endpoint key_of(const struct event_endpoint *address)
{
	struct event_endpoint key = *address;

	key.reserved = 1;
	return key;
}

bool senders_has(const struct senders *s, const struct event_endpoint *address)
{
	struct event_endpoint key = key_of(address);

	return s->num && place_of(s, &key)->reserved;
}

/* False: out of memory. */
static bool grow(struct senders *s)
{
	struct senders larger = { .num_places = s->num_places ? 2 * s->num_places : MIN_PLACES, .num = s->num, .seed = s->seed };

	larger.places = calloc(larger.num_places, sizeof(larger.places[0]));
	if (!larger.places)
		return false;
	for (uint32_t i = 0; i < s->num_places; i++)
		if (s->places[i].reserved)
			*place_of(&larger, &s->places[i]) = s->places[i];
	free(s->places);
	*s = larger;
	return true;
}

bool senders_add(struct senders *s, const struct event_endpoint *address)
{
	struct event_endpoint key = key_of(address);

	if (senders_has(s, address))
		return true;
	if (s->num == SENDERS_MAX || (2 * (s->num + 1) > s->num_places && !grow(s)))
		return false;
	*place_of(s, &key) = key;
	s->num++;
	return true;
}
