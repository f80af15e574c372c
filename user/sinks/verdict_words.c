// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "verdict_words.h"

#include <stdio.h>

#include "hosts.h"

const char *verdict_words(char text[VERDICT_WORDS_LEN], const struct handshake *h, const struct verdict *v)
{
	bool has_side = v->side != VERDICT_SIDE_UNKNOWN;
	char where[80] = " (on this host)";

	if (hosts_are_known(h) && v->side == VERDICT_SIDE_KERNEL)
		where[0] = 0;	/* the summary names it */
	else if (hosts_are_known(h))
		snprintf(where, sizeof(where), " (on %.63s)", hosts_name(h, v->side == VERDICT_SIDE_SERVER ? PARTY_SERVER : PARTY_CLIENT));
	snprintf(text, VERDICT_WORDS_LEN, "%s%s%s%s, %s%s%s%s", verdict_code_name(v->code), has_side ? ", side " : "",
		 has_side ? verdict_side_name(v->side) : "", has_side && verdict_side_is_local(h) ? where : "",
		 verdict_confidence_name(v->confidence), v->doubt ? ": " : "", v->doubt ? v->doubt : "",
		 h->verdict.is_early ? "; a warning: the handshake ended early" : "");
	return text;
}
