/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shared by the parts of the JSON sink. A line is one object, and these functions put fields into
 * it, in their order. Untrusted strings go through put_text(). Only sink_json*.c and sink_otlp*.c include this.
 */
#ifndef DTLSNOOP_SINK_JSON_H
#define DTLSNOOP_SINK_JSON_H

#include "json_writer.h"
#include "sink.h"

/* "2026-11-27T10:00:00" */
#define DATE_LEN 20

struct json_state {
	struct json_writer writer;
	/* The whole second since 1970 that was last written, and its text; 0: none. */
	uint64_t second;
	char date[DATE_LEN];
};

static inline struct json_writer *writer_of(const struct sink *s)
{
	return &((struct json_state *)s->state)->writer;
}

/* --- fields --- */

void put_string(struct json_writer *w, const char *key, const char *text);	/* NULL: no field */
void put_known(struct json_writer *w, const char *key, uint64_t number);	/* 0: no field */
void put_true(struct json_writer *w, const char *key, bool value);		/* false: no field */

/* Untrusted bytes, at most PUT_TEXT_MAX. Invalid UTF-8 becomes U+FFFD. */
#define PUT_TEXT_MAX 512
void put_text(struct json_writer *w, const char *key, const char *bytes, size_t len);

void put_endpoint(struct json_writer *w, const char *key, const struct event_endpoint *ep, bool ipv4);

/* The process of a socket; `comm` has at most EVENT_COMM_LEN bytes. */
void put_process(struct json_writer *w, uint32_t pid, uint32_t ns_pid, uint32_t tid, uint32_t uid, const char *comm);

/* The process of an event's socket, and its network namespace. */
void put_owner(struct json_writer *w, const struct event *ev);

/* The name of a host of merged traces (event.host), as "host"; 0: no field. */
void put_host_label(const struct sink *s, uint16_t host);

/* Number of datagrams that are not DTLS, by kind; no field if there are none. */
void put_others(struct json_writer *w, const char *key, const uint32_t num[EVENT_OTHER_KINDS]);

/* A CLOCK_MONOTONIC time, both as wall clock (RFC 3339, nanoseconds, UTC) and since the trace began. */
void put_time(const struct sink *s, const char *key, uint64_t ns);
/* The same in whole seconds since 1970, as the field "unix". */
void put_unix(const struct sink *s, uint64_t ns);
uint64_t since_start(const struct sink *s, uint64_t ns);

/* --- lines --- */

struct json_writer *line_begin(const struct sink *s, const char *type);
/* With the time of the line, in each form. */
struct json_writer *line_begin_at(const struct sink *s, const char *type, uint64_t ns);
void line_end(struct json_writer *w);

/*
 * The event whole, as base64 of its used bytes and its hello, and the names of the numbers in it: what --read needs of
 * it. Only with verbosity, and not of merged traces, whose numbers are made here.
 */
void put_raw(const struct sink *s, const struct event *ev);

/* Write the first line. */
void sink_json_trace(struct sink *s);

/* With verbosity: the line of what the source said of events that are missing. */
void sink_json_gap(struct sink *s, const struct gap *gap, uint64_t now);

/* Write the line of an event. */
void sink_json_datagram(struct sink *s, const struct datagram_facts *facts);

/* Put the object of a side, as it is at `now`. */
void sink_json_party(const struct sink *s, const struct handshake *h, enum party_role role, uint64_t now);

/* Put what its TLS library said, if that is known. */
void sink_json_application(const struct sink *s, const struct handshake *h, enum party_role role, uint64_t now);

/* Write the line of an error of a library; with verbosity, that of an event of it. */
void sink_json_library_error(struct sink *s, const struct library_error_facts *facts);
void sink_json_library(struct sink *s, const struct event *ev);

/* Put what the hellos of a handshake tell: what was agreed on, and an object for each message. */
void sink_json_hellos(struct json_writer *w, const struct handshake *h);

#endif
