// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "application.h"

#include <stdio.h>
#include <string.h>

#include "handshake.h"

#include "core.h"

const struct application *application_at(const struct application_ref *ref)
{
	return ref->at && ref->at->serial == ref->serial ? ref->at : NULL;
}

bool application_is_sure(const struct application *app)
{
	return !app->is_mixed && (app->num_inside || app->num_beside > 1);
}

const struct application *application_of(const struct handshake *h, enum party_role role)
{
	const struct application *app = application_at(&h->party[role].application);

	return app && application_is_sure(app) ? app : NULL;
}

enum application_bio application_bio(const struct application *app)
{
	if (app->num_inside)
		return APPLICATION_BIO_SOCKET;
	return app->calls && app->sent_outside ? APPLICATION_BIO_MEMORY : APPLICATION_BIO_UNKNOWN;
}

/* --- errors --- */

static bool is_same(const struct application_error *a, const struct application_error *b)
{
	return a->area == b->area && a->reason == b->reason && a->line == b->line &&
	       !memcmp(a->function, b->function, sizeof(a->function)) && !memcmp(a->file, b->file, sizeof(a->file));
}

/* If there is no room, the one that came first makes some. */
static void take_error(struct application *app, struct application_error error, uint64_t now)
{
	struct application_error *at = NULL;

	app->num_errors++;
	app->error_ns = now;
	for (uint32_t i = 0; i < app->errors_held; i++)
		if (is_same(&app->errors[i], &error))
			at = &app->errors[i];
	if (!at && app->errors_held == APPLICATION_MAX_ERRORS) {
		memmove(app->errors, app->errors + 1, (APPLICATION_MAX_ERRORS - 1) * sizeof(app->errors[0]));
		app->errors_held--;
	}
	if (!at) {
		error.first_ns = now;
		at = &app->errors[app->errors_held++];
		*at = error;
	}
	at->last_ns = now;
	at->count++;
}

void application_take_over(struct application *app, const struct application *before)
{
	if (app->num_errors)
		return;
	memcpy(app->errors, before->errors, sizeof(app->errors));
	app->errors_held = before->errors_held;
	app->num_errors = before->num_errors;
	app->error_ns = before->error_ns;
}

const struct application_error *application_error_since(const struct application *app, uint64_t ns)
{
	const struct application_error *latest = NULL;

	for (uint32_t i = 0; i < app->errors_held; i++)
		if (app->errors[i].last_ns >= ns && (!latest || app->errors[i].last_ns >= latest->last_ns))
			latest = &app->errors[i];
	return latest;
}

bool application_result_is_error(uint8_t library, int32_t result)
{
	/*
	 * What asks to call again, is no matter of this handshake, or says that nothing came for too long: GNUTLS_E_AGAIN, INTERRUPTED,
	 * WARNING_ALERT_RECEIVED, GOT_APPLICATION_DATA, REHANDSHAKE, LARGE_PACKET, TIMEDOUT; MBEDTLS_ERR_SSL_WANT_READ, WANT_WRITE,
	 * HELLO_VERIFY_REQUIRED, ASYNC_IN_PROGRESS, CRYPTO_IN_PROGRESS, TIMEOUT, CLIENT_RECONNECT.
	 */
	static const int32_t gnutls[] = { -28, -52, -16, -38, -37, -7, -319 };
	static const int32_t mbedtls[] = { -0x6900, -0x6880, -0x6A80, -0x6500, -0x7000, -0x6800, -0x6780 };
	const int32_t *harmless = library == LIBRARY_GNUTLS ? gnutls : mbedtls;
	size_t num = library == LIBRARY_GNUTLS ? sizeof(gnutls) / sizeof(gnutls[0]) : sizeof(mbedtls) / sizeof(mbedtls[0]);

	if (result >= 0 || (library != LIBRARY_GNUTLS && library != LIBRARY_MBEDTLS))
		return false;
	for (size_t i = 0; i < num; i++)
		if (harmless[i] == result)
			return false;
	return true;
}

/* --- calls --- */

static void take_entered(struct application *app, const struct event_library *said, bool is_nested, uint64_t now)
{
	switch (said->call) {
	case LIBRARY_HANDSHAKE:
		if (is_nested)
			break;
		app->calls++;
		app->reads_passed += app->reads_pending;
		app->reads_pending = 0;
		app->called_ns = app->entered_ns = now;
		break;
	case LIBRARY_LISTEN:
		app->listened++;
		break;
	case LIBRARY_TIMER_ASKED:
		app->asked++;
		app->asked_ns = now;
		break;
	case LIBRARY_TIMER_HANDLED:
		app->handled++;
		app->handled_ns = now;
		break;
	}
}

static void take_returned(struct application *app, const struct event_library *said, bool is_nested, uint64_t now)
{
	if (said->call == LIBRARY_TIMER_ASKED) {
		app->timer_ns = said->timer_ns;
		app->timer_at_ns = now;
	}
	if (said->call != LIBRARY_HANDSHAKE || is_nested)
		return;
	app->entered_ns = 0;
	app->result = said->result;
	app->result_ns = now;
	if (application_result_is_error(said->library, said->result))
		take_error(app, (struct application_error){ .reason = said->result }, now);
}

static void take_once(struct application *app, const struct event_library *said, uint64_t now)
{
	struct application_error error = { .area = said->area, .reason = said->reason, .line = said->line };
	const char *function = application_function_name(said);

	switch (said->call) {
	case LIBRARY_ERROR:
		memcpy(error.file, said->file, sizeof(error.file));
		memcpy(error.function, said->function, sizeof(error.function));
		if (function)
			snprintf(error.function, sizeof(error.function), "%s", function);
		take_error(app, error, now);
		break;
	case LIBRARY_ALERT_SENT:
		app->alert = said->reason;
		app->alert_ns = now;
		break;
	case LIBRARY_FREED:
		app->is_freed = true;
		app->entered_ns = 0;
		break;
	}
}

void application_take(struct application *app, const struct event_library *said, bool is_nested, uint64_t now)
{
	app->library = said->library;
	if (said->version)
		app->version = said->version;
	if (!app->first_ns)
		app->first_ns = now;
	/* That its memory is given back is no call that goes on with the handshake. */
	if (said->call != LIBRARY_FREED)
		app->last_ns = now;
	if (said->step == LIBRARY_ENTERED)
		take_entered(app, said, is_nested, now);
	else if (said->step == LIBRARY_RETURNED)
		take_returned(app, said, is_nested, now);
	else
		take_once(app, said, now);
}
