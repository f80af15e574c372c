// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the TLS library of a side said, as evidence for verdicts about it. */
#include "conditions.h"

#include <stdio.h>
#include <string.h>

#include "application_evidence.h"

#include "core.h"

/* So long before an alert or a close, an error may be why. */
#define REASON_NS (2 * SECOND)

const struct application *application_heard(const struct handshake *h, enum party_role role)
{
	const struct application *app = application_of(h, role);

	if (!app || app->may_lack_calls || h->events_lost || h->missing & (MISSING_LOST | MISSING_PART))
		return NULL;
	return app;
}

static const char *name_of(const struct application *app)
{
	return application_library_name(app->library);
}

/* --- errors --- */

#define OPENSSL_LIB_SSL 20
#define OPENSSL_PEERS_ALERT 1000	/* from here on: 1000 plus the alert */
#define OPENSSL_READ_TIMEOUT_EXPIRED 312

#define GNUTLS_PEERS_ALERT -12		/* GNUTLS_E_FATAL_ALERT_RECEIVED */
#define MBEDTLS_PEERS_ALERT -0x7780	/* MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE */
#define WOLFSSL_PEERS_ALERT -313	/* FATAL_ERROR */

/* Can the handshake not go on after this error, for a reason of its own side? */
static bool is_reason(const struct application *app, const struct application_error *error)
{
	int32_t result = error->reason;

	if (app->library == LIBRARY_GNUTLS)
		return result != GNUTLS_PEERS_ALERT;
	if (app->library == LIBRARY_MBEDTLS)
		return result != MBEDTLS_PEERS_ALERT;
	if (app->library == LIBRARY_WOLFSSL)
		return result != WOLFSSL_PEERS_ALERT;
	if (app->library != LIBRARY_OPENSSL)
		return true;
	return error->area == OPENSSL_LIB_SSL && error->reason < OPENSSL_PEERS_ALERT && error->reason != OPENSSL_READ_TIMEOUT_EXPIRED;
}

/* The latest error since `since_ns`, and until `until_ns`, that ends the handshake for this side. */
static const struct application_error *reason_of(const struct application *app, uint64_t since_ns, uint64_t until_ns)
{
	const struct application_error *latest = NULL;

	for (uint32_t i = 0; i < app->errors_held; i++) {
		const struct application_error *error = &app->errors[i];

		if (is_reason(app, error) && error->last_ns >= since_ns && error->last_ns <= until_ns &&
		    (!latest || error->last_ns >= latest->last_ns))
			latest = error;
	}
	return latest;
}

/* Has a call since then gone on, or finished? An application may clear an error and go on. */
static bool is_overcome(const struct application *app, const struct application_error *error)
{
	bool is_success = app->library == LIBRARY_OPENSSL || app->library == LIBRARY_WOLFSSL ? app->result > 0 : !app->result;

	return app->result_ns > error->last_ns && is_success;
}

const struct application_error *application_reason_of_silence(const struct handshake *h, enum party_role role)
{
	const struct application *app = application_heard(h, role);
	const struct application_error *error = app ? reason_of(app, h->party[role].last_sent_ns + 1, UINT64_MAX) : NULL;

	return error && !is_overcome(app, error) ? error : NULL;
}

/* --- why it does not retransmit --- */

enum cause {
	CAUSE_UNKNOWN,
	CAUSE_IN_CALL,		/* a call has not returned, although nothing blocks it */
	CAUSE_NEVER_ASKED,	/* it has never asked for its timer */
	CAUSE_CALLED_IN_VAIN,	/* the same; it has called the handshake, and OpenSSL, which looks at its timer then, did not take that for due */
	CAUSE_NOT_ASKED,	/* not since it sent its flight */
	CAUSE_LONG_TIMER,	/* it asked, and that is not over yet */
	CAUSE_NOT_CALLED,	/* it asked, that is over, and it has not called the library since */
};

/* Can it ask for its timer, as the hooks would see? With the others, that is a callback, or done by the handshake call. */
static bool can_ask(const struct application *app)
{
	return app->library == LIBRARY_OPENSSL || app->library == LIBRARY_GNUTLS || app->library == LIBRARY_WOLFSSL;
}

static bool never_blocks(const struct application *app)
{
	return app->is_nonblocking || application_bio(app) == APPLICATION_BIO_MEMORY;
}

/* A blocking socket waits in the library, which has the timer in its hands. And the hooks have to see this session's calls. */
static bool drives_its_timer(const struct application *app, const struct party *party)
{
	return can_ask(app) && app->calls && app->first_ns <= party->last_sent_ns && never_blocks(app);
}

/* When its timer expires, as it was told since it sent its flight at `sent_ns`. wolfSSL does not tell the rest, but how long it runs in all. */
static uint64_t expires_ns(const struct application *app, uint64_t sent_ns)
{
	uint64_t from = app->library == LIBRARY_WOLFSSL ? sent_ns : app->timer_at_ns;

	return app->timer_ns < UINT64_MAX - from ? from + app->timer_ns : UINT64_MAX;
}

/* Calls of a thread are seen for so long after it has sent or read a datagram of a handshake: see bpf/library.bpf.h. */
#define SEEN_NS (10 * SECOND)

static uint64_t calls_seen_until(const struct party *party, uint64_t now)
{
	uint64_t until = max_u64(party->last_sent_ns, party->last_read_ns) + SEEN_NS;

	return until < now ? until : now;
}

static enum cause cause_of(const struct handshake *h, enum party_role role, uint64_t now)
{
	const struct application *app = application_heard(h, role);
	const struct party *party = &h->party[role];
	uint64_t sent_ns = party->last_sent_ns, due_ns = sent_ns + handshake_timer_ns(h, role);

	if (!app || !drives_its_timer(app, party))
		return CAUSE_UNKNOWN;
	if (app->entered_ns)
		return CAUSE_IN_CALL;
	/* Whatever it called since: the library waits for as long as that. */
	if (app->asked_ns > sent_ns && app->timer_at_ns > sent_ns && app->timer_ns != LIBRARY_NO_TIMER && expires_ns(app, sent_ns) > now)
		return CAUSE_LONG_TIMER;
	/* The flight is sent again in these calls, too. */
	if (app->handled_ns > sent_ns)
		return CAUSE_UNKNOWN;
	/* What it did before the trace began is not known. */
	if (app->called_ns >= due_ns)
		return app->library == LIBRARY_OPENSSL && !app->asked && !app->handled && !h->late ? CAUSE_CALLED_IN_VAIN : CAUSE_UNKNOWN;
	if (app->asked_ns <= sent_ns)
		return app->asked || app->handled || h->late ? CAUSE_NOT_ASKED : CAUSE_NEVER_ASKED;
	if (app->timer_at_ns <= sent_ns || app->timer_ns == LIBRARY_NO_TIMER)
		return CAUSE_UNKNOWN;
	return app->last_ns < expires_ns(app, sent_ns) && expires_ns(app, sent_ns) + MILLISECOND < calls_seen_until(party, now) ? CAUSE_NOT_CALLED : CAUSE_UNKNOWN;
}

#define THREAD_HINT "find out what its thread waits for, which is not the library (gdb -p PID, /proc/PID/stack): it has to call the library " \
	"again when its timer expires"

static void hint_timer(struct verdict *v, const struct application *app)
{
	if (app->library == LIBRARY_OPENSSL)
		HINT(v, "after each call of OpenSSL, ask DTLSv1_get_timeout(), wait for the socket no longer than that, and then call "
		     "DTLSv1_handle_timeout()");
	else if (app->library == LIBRARY_GNUTLS)
		HINT(v, "after each call of gnutls_handshake(), ask gnutls_dtls_get_timeout(), wait for the socket no longer than that, and then "
		     "call gnutls_handshake() again");
	else
		HINT(v, "after each call of wolfSSL, ask wolfSSL_dtls_get_current_timeout(), wait for the socket no longer than that, and then "
		     "call wolfSSL_dtls_got_timeout()");
}

void application_tell_timer(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now)
{
	const struct application *app = application_heard(h, role);
	uint64_t sent_ns = h->party[role].last_sent_ns, until = calls_seen_until(&h->party[role], now);
	uint8_t number = h->party[role].flight;
	char summary[VERDICT_TEXT_LEN];

	memcpy(summary, v->summary, sizeof(summary));
	switch (cause_of(h, role, now)) {
	case CAUSE_UNKNOWN: case CAUSE_IN_CALL:
		/* Copies of what it has answered are not why. */
		if (app && (app->entered_ns || h->party[party_peer(role)].flight > number))
			application_tell_calls(v, h, role, now);
		break;
	case CAUSE_NEVER_ASKED:
		phrase_say(v->summary, "%.180s: its thread never asked its DTLS timer", summary);
		EVIDENCE(v, "its thread never asked %s for its DTLS timer (0 calls in %.1f s), nor called its handshake since the timer was due",
			 name_of(app), phrase_seconds(until - app->first_ns));
		hint_timer(v, app);
		break;
	case CAUSE_CALLED_IN_VAIN:
		phrase_say(v->summary, "%.180s: its thread never asked its DTLS timer", summary);
		EVIDENCE(v, "its thread never asked %s for its DTLS timer (0 calls in %.1f s); it called the handshake, most recently %.1f s ago, "
			 "and that sent nothing again", name_of(app), phrase_seconds(until - app->first_ns), phrase_seconds(now - app->called_ns));
		hint_timer(v, app);
		break;
	case CAUSE_NOT_ASKED:
		phrase_say(v->summary, "%.180s: its thread does not ask its DTLS timer", summary);
		EVIDENCE(v, "its thread has not asked %s for its DTLS timer since it sent flight %u (0 calls in %.1f s), nor called its handshake "
			 "since the timer was due", name_of(app), number, phrase_seconds(until - sent_ns));
		hint_timer(v, app);
		break;
	case CAUSE_LONG_TIMER:
		phrase_say(v->summary, "%.180s: its DTLS timer is %.0f s", summary, phrase_seconds(expires_ns(app, sent_ns) - sent_ns));
		EVIDENCE(v, "it asked %s for its DTLS timer, which expires %.1f s after flight %u, in %.1f s from now", name_of(app),
			 phrase_seconds(expires_ns(app, sent_ns) - sent_ns), number, phrase_seconds(expires_ns(app, sent_ns) - now));
		HINT(v, "let the timer begin with 1 s (RFC 6347 s4.2.4.1)%s", app->library == LIBRARY_OPENSSL ?
		     ": the application has set another one by DTLS_set_timer_cb()" : "");
		break;
	case CAUSE_NOT_CALLED:
		phrase_say(v->summary, "%.150s: its thread does not call %s when its DTLS timer expires", summary, name_of(app));
		EVIDENCE(v, "it asked %s for its DTLS timer, and in the %.1f s after that had expired, its thread called neither that nor the handshake",
			 name_of(app), phrase_seconds(until - expires_ns(app, sent_ns)));
		HINT(v, THREAD_HINT);
		break;
	}
}

/* --- what it did with what it read --- */

/* Would an error of it be seen? */
static bool tells_errors(const struct application *app)
{
	return app->library == LIBRARY_OPENSSL || app->library == LIBRARY_GNUTLS || app->library == LIBRARY_MBEDTLS;
}

/* Each datagram of the flight that it read went to the library, which found no fault with it. */
static bool has_passed_all(const struct handshake *h, const struct application *app, const struct party *peer)
{
	return tells_errors(app) && app->reads && app->reads == app->reads_passed && app->reads_flight == peer->flight &&
	       app->error_ns < h->flights[peer->flight].first_ns;
}

void application_tell_calls(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now)
{
	const struct application *app = application_heard(h, role);
	const struct party *peer = &h->party[party_peer(role)];

	if (!app || !app->calls)
		return;
	if (app->entered_ns && never_blocks(app)) {
		EVIDENCE(v, "its call of %s has not returned for %.1f s, although its socket does not block it", name_of(app),
			 phrase_seconds(now - app->entered_ns));
		HINT(v, "find out where its thread is (gdb -p PID): in a callback of the application, or in the library");
	}
	if (app->entered_ns || !app->reads || app->reads_flight != peer->flight)
		return;
	if (has_passed_all(h, app, peer) && app->reads == 1)
		EVIDENCE(v, "%s was called with what it last read of flight %u, and reported no error", name_of(app), peer->flight);
	else if (has_passed_all(h, app, peer))
		EVIDENCE(v, "%s was called after each of the last %u reads of flight %u and reported no error: a library discards in silence what it cannot use", name_of(app),
			 app->reads, peer->flight);
	else if (!app->reads_passed && app->last_ns < app->reads_ns)
		EVIDENCE(v, "its thread called neither the handshake nor the timer of %s after it had read flight %u", name_of(app), peer->flight);
}

void application_tell_last_call(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now)
{
	const struct application *app = application_heard(h, role);

	if (!app || !app->calls)
		return;
	if (app->entered_ns)
		EVIDENCE(v, "its call of %s has not returned for %.1f s", name_of(app), phrase_seconds(now - app->entered_ns));
	else
		EVIDENCE(v, "its thread last called the handshake or the timer of %s %.1f s %s", name_of(app), phrase_seconds(now - app->last_ns),
			 now < calls_seen_until(&h->party[role], UINT64_MAX) ? "ago" : "ago, or later");
}

/* --- why it ended the handshake --- */

/*
 * The latest call sent it at `ns`, and returned with an error: NULL, or that one. Libraries whose errors are told by results send
 * the alert first.
 */
static const struct application_error *error_of_call(const struct application *app, uint64_t ns)
{
	return app->called_ns && app->called_ns <= ns && ns <= app->result_ns ? reason_of(app, ns, app->result_ns) : NULL;
}

static void tell_before(struct verdict *v, const struct application *app, const struct application_error *error, uint64_t until_ns)
{
	char text[APPLICATION_ERROR_LEN], before[32] = "just";

	if (until_ns - error->last_ns >= MILLISECOND)
		snprintf(before, sizeof(before), "%.3f s", phrase_seconds(until_ns - error->last_ns));
	EVIDENCE(v, "its %s reported %s, %s before that", name_of(app), application_error_write(text, app, error), before);
}

void application_tell_reason(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t until_ns)
{
	const struct application *app = application_heard(h, role);
	const struct application_error *error;
	char text[APPLICATION_ERROR_LEN];

	/* The error comes before what the application makes of it. */
	error = app ? reason_of(app, until_ns > REASON_NS ? until_ns - REASON_NS : 0, until_ns) : NULL;
	if (!error && app && (error = error_of_call(app, until_ns)))
		EVIDENCE(v, "its %s reported %s, in the call that sent that", name_of(app), application_error_write(text, app, error));
	else if (error)
		tell_before(v, app, error, until_ns);
}
