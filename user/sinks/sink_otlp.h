/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shared by the parts of the OTLP sink: the JSON mapping of OTLP, in which ids are hexadecimal, enumerations are
 * numbers, and 64-bit numbers are strings. Only sink_otlp*.c include this.
 */
#ifndef DTLSNOOP_SINK_OTLP_H
#define DTLSNOOP_SINK_OTLP_H

#include "sink_json.h"

/* Bytes, from the protocol. */
#define OTLP_TRACE_ID_LEN 16
#define OTLP_SPAN_ID_LEN 8

/* --- values --- */

/* A time of the events as nanoseconds since 1970. */
void otlp_put_time(const struct sink *s, const char *key, uint64_t ns);
/* At most OTLP_TRACE_ID_LEN bytes. */
void otlp_put_id(struct json_writer *w, const char *key, const uint8_t *bytes, size_t len);

/* --- attributes --- */

/* Around a value of any type. */
void otlp_attribute_open(struct json_writer *w, const char *key);
void otlp_attribute_close(struct json_writer *w);

void otlp_string(struct json_writer *w, const char *key, const char *value);	/* trusted; NULL or "": no attribute */
void otlp_text(struct json_writer *w, const char *key, const char *bytes, size_t len);	/* hostile bytes; none: no attribute */
void otlp_number(struct json_writer *w, const char *key, uint64_t number);
void otlp_bool(struct json_writer *w, const char *key, bool value);

/* --- a line --- */

/*
 * Everything down to the only item of the list `items`: "resourceSpans", "scopeSpans", "spans", or "resourceLogs",
 * "scopeLogs", "logRecords". It is the same in all lines of a trace.
 */
struct json_writer *otlp_request_open(const struct sink *s, const char *resources, const char *scopes, const char *items);
void otlp_request_close(struct json_writer *w);

#endif
