// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a TLS library said, as a line of the timeline. */
#include "sink_timeline.h"

#include "application.h"

void timeline_library_error(struct sink *s, const struct library_error_facts *facts)
{
	const struct application *app = facts->application;
	char text[APPLICATION_ERROR_LEN];

	copies_flush(s);
	repeats_due(s, facts->error->last_ns);
	print_id(s, facts->error->last_ns, facts->handshake->id);
	fprintf(text_of(s), "%s's %s: %s\n", party_role_name(facts->role), application_library_name(app->library),
		application_error_write(text, app, facts->error));
}
