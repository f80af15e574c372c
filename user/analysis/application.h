/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a TLS library said of one of its sessions: the facts of EVENT_LIBRARY, in the process of one side of a handshake.
 * application_of() has those of a side, if it is known that they are of this side; see attribution.h for how.
 *
 * The hooks see the calls that begin or go on with a handshake, and its timer. They do not see SSL_read() and the like, which
 * may go on with it, too.
 */
#ifndef DTLSNOOP_APPLICATION_H
#define DTLSNOOP_APPLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "recent.h"
#include "state.h"

struct handshake;

#define APPLICATION_MAX_ERRORS 4	/* the latest different ones */

/* An error that the library raised, or a result of its handshake call that says so. */
struct application_error {
	uint64_t first_ns, last_ns;
	uint32_t area, reason, line;	/* as in struct event_library */
	uint32_t count;
	bool was_told;		/* see analysis_callbacks.library_error */
	char file[LIBRARY_TEXT_LEN], function[LIBRARY_TEXT_LEN];	/* hostile bytes, may lack a final 0 */
};

/* Of whom a session is. */
struct application_key {
	uint64_t object;	/* as in struct event_library, not 0 */
	uint32_t pid;
	uint32_t host;		/* as event.host */
};

struct application {
	struct recent_link link;
	struct application_key key;
	uint64_t serial;	/* no other session has it; never 0 */
	uint8_t library;	/* enum event_library_name */
	uint32_t version;	/* as in struct event_library; 0 unknown */

	/* Which side of which handshake it is. */
	uint64_t handshake;	/* its id; 0: not known */
	uint8_t role;		/* enum party_role */
	bool is_mixed;		/* it was seen with two sides: nothing is known of it */
	bool is_freed;
	bool may_lack_calls;	/* so many came that some may have been left out */
	uint32_t num_inside;	/* datagrams of that side while this session was called */
	uint32_t num_beside;	/* likewise, just before or after a call */
	uint32_t sent_outside;	/* datagrams that it sent while this session was not called */
	uint32_t reads, reads_passed;	/* of a flight of its peer: datagrams, and those of them that a call followed, or was under way */
	uint32_t reads_pending;		/* and those that none followed yet */
	uint8_t reads_flight;		/* which one */
	uint64_t reads_ns;		/* the first of them */
	bool is_nonblocking;	/* its socket, when the latest datagram was sent or read */

	uint64_t first_ns;	/* the first call or error */
	uint64_t last_ns;	/* the latest call or return, or error */
	uint32_t calls;		/* that go on with the handshake */
	uint64_t called_ns;	/* the latest of these began */
	uint64_t entered_ns;	/* one of them is under way since then; 0: none is */
	uint64_t result_ns;	/* the latest result of these; 0: none returned */
	int32_t result;
	uint32_t listened;	/* calls that wait for a ClientHello */
	uint32_t asked, handled;	/* calls for the retransmission timer */
	uint64_t asked_ns, handled_ns;	/* the latest of each */
	uint64_t timer_ns;	/* the timer when it was asked last, as in struct event_library */
	uint64_t timer_at_ns;	/* when that was; 0: it is not known */
	uint64_t alert_ns;	/* the application sent an alert; 0: it did not */
	uint32_t alert;		/* its description */
	uint32_t num_errors;	/* in total */
	uint64_t error_ns;	/* the latest; 0: none was raised */
	uint32_t errors_held;	/* of these here, in the order in which they came first */
	struct application_error errors[APPLICATION_MAX_ERRORS];
};

/* Refers to a session; no longer, once it had to make room for another. */
struct application_ref {
	const struct application *at;	/* NULL: to none */
	uint64_t serial;
};

enum application_bio {
	APPLICATION_BIO_UNKNOWN,
	APPLICATION_BIO_SOCKET,	/* the library itself sends and reads */
	APPLICATION_BIO_MEMORY,	/* the application does, and hands on what it read */
};

/* The session of this side; NULL: none is known, or not surely. */
const struct application *application_of(const struct handshake *h, enum party_role role);

/* The session to which it refers, even if it is not sure that it is of that side; NULL: it is gone. */
const struct application *application_at(const struct application_ref *ref);

/* Is it known, by more than one observation, that it is of that side? */
bool application_is_sure(const struct application *app);

enum application_bio application_bio(const struct application *app);

/* Take note of what the library said at `now`. `is_nested`: within a call of the same kind of this session. */
void application_take(struct application *app, const struct event_library *said, bool is_nested, uint64_t now);

/* What was known of a session by its errors alone is of this one. */
void application_take_over(struct application *app, const struct application *before);

/* The latest error since `ns`, NULL if there is none. */
const struct application_error *application_error_since(const struct application *app, uint64_t ns);

/* Is it a result of a handshake call that ends the handshake? */
bool application_result_is_error(uint8_t library, int32_t result);

/* "OpenSSL" */
const char *application_library_name(uint8_t library);

/* "certificate verify failed"; NULL: it is not known. */
const char *application_reason_name(uint8_t library, uint32_t version, uint32_t area, uint32_t reason);

/* "tls_post_process_client_hello", where OpenSSL 1.1.1 gives a number for it; NULL otherwise. */
const char *application_function_name(const struct event_library *said);

/* "certificate verify failed (20:134, tls_post_process_server_certificate)", "GNUTLS_E_UNEXPECTED_PACKET (-15)"; escaped. */
#define APPLICATION_ERROR_LEN 160
const char *application_error_write(char out[APPLICATION_ERROR_LEN], const struct application *app, const struct application_error *error);

/* "3.0.15"; "" if it is not known. */
#define APPLICATION_VERSION_LEN 16
const char *application_version_write(char out[APPLICATION_VERSION_LEN], uint32_t version);

#endif
