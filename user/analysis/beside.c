// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "beside.h"

#include "handshake.h"

#include "core.h"

/* The shortest timer of a known stack: that of NSS has 50 ms. */
#define SHORTEST_NS 40000000ULL
/* So many copies may have been lost for each one that came. */
#define LOST_COPIES 4

/* Does its timer grow, and never shrink? Copies that were lost, or a path that delays them, do not hide that for long. */
static bool backs_off(const struct flight *hello)
{
	bool grows = hello->backed_off_ns;

	for (uint32_t i = 2; i < hello->copies && i < FLIGHT_MAX_COPY_TIMES; i++) {
		uint64_t before = hello->copy_ns[i - 1] - hello->copy_ns[i - 2], gap = hello->copy_ns[i] - hello->copy_ns[i - 1];

		if (gap < before / 10 * 9)
			return false;
		grows |= before >= SHORTEST_NS && gap >= before / 2 * 3;
	}
	return grows;
}

static bool is_of_timer(const struct party *client, const struct flight *hello)
{
	return backs_off(hello) && !client->odd.renumbered && hello->copy_first_seq < LOST_COPIES * hello->records;
}

bool beside_is_unproven(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT];

	return h->relations.is_beside && !client->view[POINT_SENT].any && client->flight && client->flight <= FLIGHT_SECOND_HELLO &&
	       !h->party[PARTY_SERVER].flight && !is_of_timer(client, &h->flights[client->flight]);
}
