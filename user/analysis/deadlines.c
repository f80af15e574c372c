// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "deadlines.h"

#include "core.h"

static void put(struct deadlines *all, uint32_t place, struct deadline *d)
{
	all->heap[place] = d;
	d->place = place;
}

static void move_up(struct deadlines *all, uint32_t place, struct deadline *d)
{
	while (place > 1 && all->heap[place / 2]->at_ns > d->at_ns) {
		put(all, place, all->heap[place / 2]);
		place /= 2;
	}
	put(all, place, d);
}

static void move_down(struct deadlines *all, uint32_t place, struct deadline *d)
{
	uint32_t child;

	while ((child = 2 * place) <= all->num) {
		if (child < all->num && all->heap[child + 1]->at_ns < all->heap[child]->at_ns)
			child++;
		if (all->heap[child]->at_ns >= d->at_ns)
			break;
		put(all, place, all->heap[child]);
		place = child;
	}
	put(all, place, d);
}

static void settle(struct deadlines *all, uint32_t place, struct deadline *d)
{
	if (place > 1 && all->heap[place / 2]->at_ns > d->at_ns)
		move_up(all, place, d);
	else
		move_down(all, place, d);
}

static void take_out(struct deadlines *all, struct deadline *d)
{
	uint32_t place = d->place;
	struct deadline *last = all->heap[all->num--];

	d->place = 0;
	if (last != d)
		settle(all, place, last);
}

void deadlines_set(struct deadlines *all, struct deadline *d, uint64_t at_ns)
{
	if (at_ns == DEADLINE_NEVER) {
		if (d->place)
			take_out(all, d);
		return;
	}
	d->at_ns = at_ns;
	settle(all, d->place ? d->place : ++all->num, d);
}
