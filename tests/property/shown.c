// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "shown.h"

#include "dtls_has.h"

static bool takes_handshake(struct shown *shown, uint32_t has, int dir)
{
	if (has & WALK_UNIFIED && !(has & WALK_MESSAGE) && shown->num_sealed[dir]++ >= SEALED_MAX)
		return false;
	shown->num_hidden[0] = shown->num_hidden[1] = 0;
	data_is_wanted_again(shown->data);
	if (has & WALK_CLIENT_HELLO)
		*shown = (struct shown){ .known = true, .movers = { shown->movers[0], shown->movers[1] } };
	return true;
}

/* A handshake record of DTLS 1.3 between addresses that are not known. */
static bool takes_mover(struct shown *shown, struct shown *other, const struct event *ev, uint32_t has, int dir)
{
	if (ev->kind == EVENT_SENT || ev->malformed || !(has & WALK_OTHER) || !other->movers[!dir])
		return false;
	other->movers[!dir]--;
	shown->known = true;
	return true;
}

bool shown_takes(struct shown *shown, struct shown *other, const struct event *ev, int dir)
{
	uint32_t has = 0;

	for (uint32_t i = 0; i < ev->num_items; i++)
		has |= walk_has(&ev->items[i]);
	if (!shown->known && !ev->num_items)
		return false;
	if (!shown->known && has & WALK_UNIFIED && !(has & WALK_MESSAGE) && !takes_mover(shown, other, ev, has, dir))
		return false;
	if (ev->kind != EVENT_QUEUED && has & WALK_UNIFIED && has & WALK_OTHER)
		shown->movers[dir] = MOVERS_LEFT;
	shown->known |= !!(has & WALK_MESSAGE);
	if (has & (WALK_MESSAGE | WALK_OTHER))
		return !shown->known || takes_handshake(shown, has, dir);
	if (shown->known && has & WALK_DATA && shown->data[dir] != DATA_SHOWN) {
		shown->data[dir] = DATA_SHOWN;
		return true;
	}
	if (shown->known && has & WALK_HIDDEN)
		return shown->num_hidden[dir]++ < HIDDEN_MAX;
	return !ev->num_items;
}
