// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "otlp_answer.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

/* An ExportTraceServiceResponse, and a Status, have three levels. */
#define MAX_DEPTH 8

void otlp_answer_begin(struct otlp_answer *answer)
{
	answer->len = answer->total = 0;
}

bool otlp_answer_take(struct otlp_answer *answer, const char *bytes, size_t len)
{
	size_t room = sizeof(answer->bytes) - answer->len, kept = len < room ? len : room;

	memcpy(answer->bytes + answer->len, bytes, kept);
	answer->len += kept;
	answer->total += len;
	return answer->total <= OTLP_ANSWER_MAX;
}

/* NULL: it is no JSON. */
static struct json_object *parse(const struct otlp_answer *answer)
{
	struct json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);
	struct json_object *object = NULL;

	if (tokener && answer->len)
		object = json_tokener_parse_ex(tokener, answer->bytes, answer->len);
	if (tokener)
		json_tokener_free(tokener);
	return object;
}

static const char *text_of(const struct json_object *object, const char *key)
{
	struct json_object *text;

	return json_object_object_get_ex(object, key, &text) && json_object_is_type(text, json_type_string) ?
	       json_object_get_string(text) : "";
}

/* A 64-bit number is a string in the JSON mapping, and some write a number: json-c reads both. */
static void read_success(const struct json_object *object, bool is_logs, struct otlp_reply *reply)
{
	struct json_object *partial, *rejected;
	int64_t num = 0;

	if (!json_object_object_get_ex(object, "partialSuccess", &partial))
		return;
	if (json_object_object_get_ex(partial, is_logs ? "rejectedLogRecords" : "rejectedSpans", &rejected))
		num = json_object_get_int64(rejected);
	reply->rejected = num > 0 ? num : 0;
	/* Without a number, it is a warning. */
	snprintf(reply->why, sizeof(reply->why), "the receiver says: %s", text_of(partial, "errorMessage"));
	if (!reply->rejected && !*text_of(partial, "errorMessage"))
		*reply->why = 0;
}

static void read_failure(const struct json_object *object, long status, struct otlp_reply *reply)
{
	const char *text = text_of(object, "message");

	reply->outcome = status == 429 || status == 502 || status == 503 || status == 504 ? OTLP_AGAIN : OTLP_REFUSED;
	snprintf(reply->why, sizeof(reply->why), "the receiver answers with HTTP status %ld%s%s", status, *text ? ": " : "", text);
}

void otlp_answer_read(const struct otlp_answer *answer, long status, bool is_logs, struct otlp_reply *reply)
{
	struct json_object *object = parse(answer);

	*reply = (struct otlp_reply){ .outcome = OTLP_DELIVERED };
	if (status >= 200 && status < 300)
		read_success(object, is_logs, reply);
	else
		read_failure(object, status, reply);
	json_object_put(object);
}
