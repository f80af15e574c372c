// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What TLS libraries said: of each side, each error, and with verbosity each event. */
#include "sink_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "application.h"
#include "names.h"

static void put_library(struct json_writer *w, uint8_t library, uint32_t version)
{
	char text[APPLICATION_VERSION_LEN];

	put_string(w, "library", library_name(library));
	if (version)
		put_string(w, "library_version", application_version_write(text, version));
}

static void put_error(struct json_writer *w, const struct application *app, const struct application_error *error)
{
	if (app->library == LIBRARY_OPENSSL) {
		json_put_number(w, "area", error->area);
		json_put_number(w, "reason", error->reason);
	} else {
		json_put_signed(w, "reason", (int32_t)error->reason);
	}
	put_string(w, "name", application_reason_name(app->library, app->version, error->area, error->reason));
	if (*error->function)
		put_text(w, "function", error->function, strnlen(error->function, sizeof(error->function)));
	if (*error->file)
		put_text(w, "file", error->file, strnlen(error->file, sizeof(error->file)));
	put_known(w, "line", error->line);
	json_put_number(w, "count", error->count);
}

static const char *bio_name(const struct application *app)
{
	switch (application_bio(app)) {
	case APPLICATION_BIO_SOCKET: return "socket";
	case APPLICATION_BIO_MEMORY: return "memory";
	case APPLICATION_BIO_UNKNOWN: break;
	}
	return NULL;
}

void sink_json_application(const struct sink *s, const struct handshake *h, enum party_role role, uint64_t now)
{
	const struct application *app = application_of(h, role);
	struct json_writer *w = writer_of(s);
	uint64_t due;

	if (!app)
		return;
	json_open_object(w, "application");
	put_library(w, app->library, app->version);
	json_put_number(w, "calls", app->calls);
	if (app->result_ns)
		json_put_signed(w, "last_result", app->result);
	put_true(w, "in_call", app->entered_ns);
	json_put_number(w, "since_ns", since_start(s, app->entered_ns ? app->entered_ns : app->last_ns));
	json_put_number(w, "timer_asked", app->asked);
	json_put_number(w, "timer_handled", app->handled);
	/* wolfSSL does not tell what is left of it. */
	if (app->timer_at_ns && app->timer_ns != LIBRARY_NO_TIMER && app->library != LIBRARY_WOLFSSL) {
		due = app->timer_ns < UINT64_MAX - app->timer_at_ns ? app->timer_at_ns + app->timer_ns : UINT64_MAX;
		json_put_number(w, "timer_left_ms", due > now ? (due - now) / MILLISECOND : 0);
	}
	put_string(w, "bio", bio_name(app));
	put_true(w, "nonblocking", app->is_nonblocking);
	if (app->alert_ns)
		json_put_number(w, "alert_sent", app->alert);
	json_open_array(w, "errors");
	for (uint32_t i = 0; i < app->errors_held; i++) {
		json_open_object(w, NULL);
		put_error(w, app, &app->errors[i]);
		json_put_number(w, "ns", since_start(s, app->errors[i].last_ns));
		json_close_object(w);
	}
	json_close_array(w);
	json_close_object(w);
}

void sink_json_library_error(struct sink *s, const struct library_error_facts *facts)
{
	struct json_writer *w = line_begin_at(s, "library_error", facts->error->last_ns);

	json_put_number(w, "handshake", facts->handshake->id);
	put_string(w, "side", party_role_name(facts->role));
	put_library(w, facts->application->library, facts->application->version);
	put_error(w, facts->application, facts->error);
	line_end(w);
}

void sink_json_library(struct sink *s, const struct event *ev)
{
	const struct event_library *said = event_library(ev);
	struct json_writer *w;
	char object[20];

	if (!s->verbosity || s->info->num_hosts)
		return;
	w = line_begin_at(s, "library", ev->time_ns);
	put_owner(w, ev);
	put_library(w, said->library, said->version);
	put_string(w, "call", library_call_name(said->call));
	put_string(w, "step", library_step_name(said->step));
	snprintf(object, sizeof(object), "%" PRIx64, (uint64_t)said->object);
	if (said->object)
		put_string(w, "object", object);
	if (said->step == LIBRARY_RETURNED)
		json_put_signed(w, "result", said->result);
	put_raw(s, ev);
	line_end(w);
}
