// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink_json.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "names.h"
#include "text.h"

#define NS_PER_SECOND UINT64_C(1000000000)
/* Each byte of a name may become U+FFFD, which has three bytes. */
#define SAFE_LEN(bytes) (3 * (bytes) + 1)

const char *sink_json_library(void)
{
	static char library[32];

	snprintf(library, sizeof(library), "json-c %s", json_c_version());
	return library;
}

void put(struct json_object *obj, const char *key, struct json_object *value)
{
	json_object_object_add(obj, key, value);
}

void put_string(struct json_object *obj, const char *key, const char *text)
{
	if (text)
		put(obj, key, json_object_new_string(text));
}

struct json_object *json_bytes(const char *bytes, size_t len)
{
	char safe[SAFE_LEN(PUT_BYTES_MAX)];

	return json_object_new_string_len(safe, text_utf8(safe, sizeof(safe), bytes, len));
}

void put_bytes(struct json_object *obj, const char *key, const char *bytes, size_t len)
{
	put(obj, key, json_bytes(bytes, len));
}

void put_number(struct json_object *obj, const char *key, uint64_t number)
{
	put(obj, key, json_object_new_uint64(number));
}

void put_bool(struct json_object *obj, const char *key, bool value)
{
	put(obj, key, json_object_new_boolean(value));
}

void put_known(struct json_object *obj, const char *key, uint64_t number)
{
	if (number)
		put_number(obj, key, number);
}

void put_true(struct json_object *obj, const char *key, bool value)
{
	if (value)
		put_bool(obj, key, true);
}

void put_process(struct json_object *obj, uint32_t pid, uint32_t ns_pid, uint32_t tid, uint32_t uid, const char *comm)
{
	put_number(obj, "pid", pid);
	if (ns_pid != pid)
		put_known(obj, "ns_pid", ns_pid);
	put_number(obj, "tid", tid);
	put_number(obj, "uid", uid);
	put_bytes(obj, "comm", comm, strnlen(comm, EVENT_COMM_LEN));
}

void put_endpoint(struct json_object *obj, const char *key, const struct event_endpoint *ep,
		  bool ipv4)
{
	char text[TEXT_ENDPOINT_LEN];

	text_endpoint(text, ep, ipv4);
	put_string(obj, key, text);
}

void put_owner(struct json_object *obj, const struct event *ev)
{
	if (ev->flags & EVENT_OWNER)
		put_process(obj, ev->pid, ev->ns_pid, ev->tid, ev->uid, ev->comm);
	put_known(obj, "netns", ev->netns);
}

void put_others(struct json_object *obj, const char *key, const uint32_t num[EVENT_OTHER_KINDS])
{
	struct json_object *others;
	uint32_t any = 0;

	for (int kind = 0; kind < EVENT_OTHER_KINDS; kind++)
		any |= num[kind];
	if (!any)
		return;
	others = json_object_new_object();
	for (int kind = 0; kind < EVENT_OTHER_KINDS; kind++)
		put_number(others, event_other_name(kind), num[kind]);
	put(obj, key, others);
}

/* RFC 3339 with nanoseconds, UTC */
void put_time(struct json_object *obj, const char *key, const struct sink *s, uint64_t ns)
{
	uint64_t wall = s->info->start_wall_ns + (ns - s->info->start_ns);
	time_t whole = wall / NS_PER_SECOND;
	char text[64];
	struct tm tm;
	size_t len;

	gmtime_r(&whole, &tm);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%09" PRIu64 "Z", wall % NS_PER_SECOND);
	put_string(obj, key, text);
}

/* An event may be older than the trace, by at most the time that attaching took. */
uint64_t since_start(const struct sink *s, uint64_t ns)
{
	return ns > s->info->start_ns ? ns - s->info->start_ns : 0;
}

struct json_object *line_new(const char *type)
{
	struct json_object *obj = json_object_new_object();

	put_string(obj, "type", type);
	return obj;
}

void line_write(struct sink *s, struct json_object *obj)
{
	int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	fputs(json_object_to_json_string_ext(obj, flags), s->out);
	fputc('\n', s->out);
	json_object_put(obj);
}
