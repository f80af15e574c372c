// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The reports of the analysis about a handshake, and the final one. */
#include "intake.h"

#include "outcome.h"
#include "table.h"
#include "verdict.h"

#include "core.h"

/* --- states --- */

void analysis_report(struct analysis *a, struct handshake *h)
{
	a->callbacks.handshake(a->callbacks.ctx, h, a->now);
}

void analysis_forget(struct analysis *a, struct handshake *h)
{
	/* After the final report there are no others. */
	if (handshake_is_open(h) && !h->is_final) {
		a->stats.evicted++;
		h->ending.how = ENDING_EVICTED;
		h->ended_ns = a->now;
		/* That it is no longer followed is not why it is stuck. */
		if (!handshake_is_faulty(h))
			verdict_write(h, verdict_claim(h, VERDICT_EVICTED, PARTY_CLIENT));
		analysis_report(a, h);
	}
	table_remove(a->table, h);
}
