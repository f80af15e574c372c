// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A side that is silent since its TLS library reported an error. */
#include "conditions.h"

#include <string.h>

#include "application_evidence.h"
#include "text.h"

#include "core.h"

/* It is silent, and would be so without a word of its library; but that gave a reason. */
static uint64_t condition_library_error(const struct standing *s, struct claim *claim)
{
	const struct application_error *error = application_reason_of_silence(s->h, s->role);
	struct claim silence = { .side = claim->side };
	uint64_t from;

	if (!error || !s->is_local)
		return NEVER;
	from = row_silent_after_read.holds_from(s, &silence);
	if (row_not_retransmitting.holds_from(s, &silence) < from)
		from = row_not_retransmitting.holds_from(s, &silence);
	return from == NEVER ? NEVER : max_u64(from, error->first_ns);
}

static void sentence_library_error(struct verdict *v, const struct handshake *h, const struct claim *claim, uint64_t now)
{
	enum party_role role = claim->role;
	const struct application *app = application_heard(h, role);
	const struct application_error *error = application_reason_of_silence(h, role);
	char text[VERDICT_PARTY_LEN], reason[APPLICATION_ERROR_LEN] = "an error", file[2 * LIBRARY_TEXT_LEN];

	if (error)
		application_error_write(reason, app, error);
	phrase_say(v->summary, "%s is silent since its %s reported %s", verdict_party(text, h, role), app ? application_library_name(app->library) : "TLS library",
		   reason);
	evidence_copies(v, h, party_peer(role));
	evidence_copies(v, h, role);
	if (!error)	/* it had to make room since */
		return;
	text_escape(file, sizeof(file), error->file, strnlen(error->file, sizeof(error->file)));
	if (*file)
		EVIDENCE(v, "%s raised the error %.1f s ago in %s, line %u; the %s has sent nothing of the handshake since", application_library_name(app->library),
			 phrase_seconds(now - error->last_ns), file, error->line, party_role_name(role));
	else
		EVIDENCE(v, "a call of %s returned it %.1f s ago; the %s has sent nothing of the handshake since", application_library_name(app->library),
			 phrase_seconds(now - error->last_ns), party_role_name(role));
	if (app->num_errors > error->count)
		EVIDENCE(v, "%s reported %u errors in this session", application_library_name(app->library), app->num_errors);
}

static const char *doubt_session(const struct handshake *h, const struct claim *claim)
{
	const struct application *app = application_heard(h, claim->role);

	if (!h->sees_drops || !h->sees_send_failures)
		return "drops or refused sends cannot be seen";
	return app && app->num_inside ? NULL : "whose session of the library it is was concluded from what its thread did before and after";
}

const struct verdict_row row_library_error = {
	.holds_from = condition_library_error,
	.needs = FACT_LIBRARY,
	.write = sentence_library_error,
	.hint =
		"look that error up in the documentation of the library; so that the peer does not wait, the application has to send the alert "
		"that its library makes of it",
	.doubt = doubt_session, .claims_silence = true,
	.doubts_flight = true,
	.needs_no_hello = true,
};
