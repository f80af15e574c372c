/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of a JSON line from which a trace is read again. Untrusted: what does not fit is as if it were absent. */
#ifndef DTLSNOOP_JSON_TRACE_H
#define DTLSNOOP_JSON_TRACE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recording.h"

/* The text of a field, without bytes of 0 in it; NULL if there is none. It lives as long as `object`. */
const char *json_trace_text(struct json_object *object, const char *key);

/* A number, 0 or more; 0 if there is none. */
uint64_t json_trace_number(struct json_object *object, const char *key);

/* Base64 (RFC 4648 s4) to at most `size` bytes. False: it is none, or there are more. */
bool json_trace_decode(const char *text, uint8_t *bytes, size_t size, size_t *len);

/*
 * Makes `r` a reader of the events of this trace, whose line this is: for recording_decode_event(). False: r->why has
 * the reason, safe to print. r->info is complete then; the reader owns its strings.
 */
bool json_trace_open(struct json_object *line, struct recording_reader *r);

/* What may be missing, of a line "gap": enum missing. */
uint32_t json_trace_missing(struct json_object *line);

/* The counters in a line "loss" or "stats"; those that it does not have stay as they are. */
void json_trace_counters(struct json_object *line, uint64_t counters[COUNTER_MAX]);

#endif
