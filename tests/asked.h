/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For the property test and the fuzz targets: no condition of a verdict would hold that is not asked (facts.h). */
#ifndef DTLSNOOP_TESTS_ASKED_H
#define DTLSNOOP_TESTS_ASKED_H

#include "conditions.h"

static inline bool asked_is_needless(const struct verdict_row *row, enum verdict_code code, const struct handshake *h)
{
	const uint64_t floors[] = { 0, 5 * SECOND };

	for (int role = 0; role < PARTY_MAX; role++) {
		for (int i = 0; i < 2; i++) {
			struct standing s = standing_of(h, role, floors[i]);
			struct claim claim = { .code = code, .role = role, .until_ns = NEVER };

			if (row->holds_from(&s, &claim) != NEVER)
				return false;
		}
	}
	return true;
}

/* Is each condition that is not asked of this handshake one that does not hold for it? A row that needs nothing has none. */
static inline bool asked_is_enough(const struct handshake *h)
{
	static const struct verdict_row *const rows[VERDICT_MAX] = {
#define PLACE(code, row, ...) [VERDICT_##code] = &row_##row,
		VERDICTS(PLACE)
#undef PLACE
	};
	const uint32_t facts = facts_of(h);

	for (enum verdict_code code = VERDICT_NONE + 1; code < VERDICT_MAX; code++) {
		const struct verdict_row *row = rows[code];

		if (!row->needs != !row->holds_from)
			return false;
		/* Its condition may take for granted that the ClientHello was seen. */
		if (!row->needs || row->needs & facts || (h->midway && !row->needs_no_hello))
			continue;
		if (!asked_is_needless(row, code, h))
			return false;
	}
	return true;
}

#endif
