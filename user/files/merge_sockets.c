// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_sockets.h"

#include <stdlib.h>
#include <string.h>

#include "fnv.h"
#include "message.h"
#include "trace_info.h"

struct place {
	uint64_t hash;	/* of a socket; 0: none */
	uint64_t first_ns, last_ns;
};

struct merge_sockets {
	uint32_t num;
	struct {
		const char *boot_id, *path;
		struct place *places;	/* by hash */
	} traces[TRACE_HOSTS_MAX];
};

struct merge_sockets *merge_sockets_new(void)
{
	return calloc(1, sizeof(struct merge_sockets));
}

void merge_sockets_free(struct merge_sockets *s)
{
	for (uint32_t i = 0; s && i < s->num; i++)
		free(s->traces[i].places);
	free(s);
}

bool merge_sockets_begin(struct merge_sockets *s, const char *boot_id, const char *path)
{
	struct place *places = calloc(MERGE_SOCKETS, sizeof(*places));

	if (!places) {
		message_error("out of memory");
		return false;
	}
	s->traces[s->num].boot_id = boot_id;
	s->traces[s->num].path = path;
	s->traces[s->num++].places = places;
	return true;
}

void merge_sockets_learn(struct merge_sockets *s, const struct event *ev)
{
	struct { struct event_endpoint local; uint32_t netns; } key = { .local = ev->local, .netns = ev->netns };
	uint64_t hash = fnv_hash(&key, sizeof(key));
	struct place *place = &s->traces[s->num - 1].places[hash & (MERGE_SOCKETS - 1)];

	if (!ev->netns || !ev->local.port || !ev->num_items)
		return;
	if (place->hash != hash)
		*place = (struct place){ .hash = hash, .first_ns = ev->time_ns };
	place->last_ns = ev->time_ns;
}

static bool overlap(const struct place *a, const struct place *b)
{
	for (size_t i = 0; i < MERGE_SOCKETS; i++)
		if (a[i].hash && a[i].hash == b[i].hash && a[i].first_ns <= b[i].last_ns && b[i].first_ns <= a[i].last_ns)
			return true;
	return false;
}

bool merge_sockets_end(const struct merge_sockets *s)
{
	uint32_t last = s->num - 1;

	for (uint32_t i = 0; i < last; i++) {
		if (!*s->traces[i].boot_id || strcmp(s->traces[i].boot_id, s->traces[last].boot_id) ||
		    !overlap(s->traces[i].places, s->traces[last].places))
			continue;
		message_error("%s and %s are traces of the same sockets at the same time: give one of them", s->traces[i].path,
			      s->traces[last].path);
		return false;
	}
	return true;
}
