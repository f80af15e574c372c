/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shared by the parts of the JSON sink. A line is one object, and these functions put fields into
 * it. Untrusted strings go through put_bytes(). Only sink_json*.c include this.
 */
#ifndef DTLSNOOP_SINK_JSON_H
#define DTLSNOOP_SINK_JSON_H

#include <json-c/json.h>

#include "sink.h"

/* --- fields; `obj` takes ownership of what is put into it --- */

void put(struct json_object *obj, const char *key, struct json_object *value);
void put_string(struct json_object *obj, const char *key, const char *text);	/* NULL: no field */
void put_number(struct json_object *obj, const char *key, uint64_t number);
void put_bool(struct json_object *obj, const char *key, bool value);
void put_known(struct json_object *obj, const char *key, uint64_t number);	/* 0: no field */
void put_true(struct json_object *obj, const char *key, bool value);		/* false: no field */

/* Untrusted bytes, at most PUT_BYTES_MAX. Invalid UTF-8 becomes U+FFFD. */
#define PUT_BYTES_MAX 512
void put_bytes(struct json_object *obj, const char *key, const char *bytes, size_t len);

/* The same as a separate string, for a list. */
struct json_object *json_bytes(const char *bytes, size_t len);

void put_endpoint(struct json_object *obj, const char *key, const struct event_endpoint *ep,
		  bool ipv4);

/* The process of a socket; `comm` has at most EVENT_COMM_LEN bytes. */
void put_process(struct json_object *obj, uint32_t pid, uint32_t ns_pid, uint32_t tid, uint32_t uid, const char *comm);

/* The process of an event's socket, and its network namespace. */
void put_owner(struct json_object *obj, const struct event *ev);

/* Number of datagrams that are not DTLS, by kind; no field if there are none. */
void put_others(struct json_object *obj, const char *key, const uint32_t num[EVENT_OTHER_KINDS]);

/* A CLOCK_MONOTONIC time, both as wall clock (RFC 3339, nanoseconds, UTC) and since the trace began. */
void put_time(struct json_object *obj, const char *key, const struct sink *s, uint64_t ns);
uint64_t since_start(const struct sink *s, uint64_t ns);

/* --- lines --- */

struct json_object *line_new(const char *type);

/* Write it and release it. */
void line_write(struct sink *s, struct json_object *obj);

/* Write the line of an event. */
void sink_json_datagram(struct sink *s, const struct datagram_facts *facts);

/* Put what the hellos of a handshake tell: what was agreed on, and an object for each message. */
void sink_json_hellos(struct json_object *obj, const struct handshake *h);

#endif
