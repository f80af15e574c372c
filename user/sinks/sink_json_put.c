// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink_json.h"

#include <string.h>
#include <time.h>

#include "names.h"
#include "text.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_DIGITS 9
/* Each byte of a name may become U+FFFD, which has three bytes. */
#define SAFE_LEN(bytes) (3 * (bytes) + 1)

void put_string(struct json_writer *w, const char *key, const char *text)
{
	if (text)
		json_put_string(w, key, text, strlen(text));
}

void put_text(struct json_writer *w, const char *key, const char *bytes, size_t len)
{
	char safe[SAFE_LEN(PUT_TEXT_MAX)];

	json_put_string(w, key, safe, text_utf8(safe, sizeof(safe), bytes, len));
}

void put_known(struct json_writer *w, const char *key, uint64_t number)
{
	if (number)
		json_put_number(w, key, number);
}

void put_true(struct json_writer *w, const char *key, bool value)
{
	if (value)
		json_put_bool(w, key, value);
}

void put_process(struct json_writer *w, uint32_t pid, uint32_t ns_pid, uint32_t tid, uint32_t uid, const char *comm)
{
	json_put_number(w, "pid", pid);
	if (ns_pid != pid)
		put_known(w, "ns_pid", ns_pid);
	json_put_number(w, "tid", tid);
	json_put_number(w, "uid", uid);
	put_text(w, "comm", comm, strnlen(comm, EVENT_COMM_LEN));
}

void put_endpoint(struct json_writer *w, const char *key, const struct event_endpoint *ep, bool ipv4)
{
	char text[TEXT_ENDPOINT_LEN];

	text_endpoint(text, ep, ipv4);
	put_string(w, key, text);
}

void put_owner(struct json_writer *w, const struct event *ev)
{
	if (ev->flags & EVENT_OWNER)
		put_process(w, ev->pid, ev->ns_pid, ev->tid, ev->uid, ev->comm);
	put_known(w, "netns", trace_host_netns(ev->host, ev->netns));
}

void put_host_label(const struct sink *s, uint16_t host)
{
	char label[TRACE_HOST_LABEL_LEN];

	if (host)
		put_string(writer_of(s), "host", trace_host_label(label, s->info, host));
}

void put_others(struct json_writer *w, const char *key, const uint32_t num[EVENT_OTHER_KINDS])
{
	uint32_t any = 0;

	for (int kind = 0; kind < EVENT_OTHER_KINDS; kind++)
		any |= num[kind];
	if (!any)
		return;
	json_open_object(w, key);
	for (int kind = 0; kind < EVENT_OTHER_KINDS; kind++)
		json_put_number(w, event_other_name(kind), num[kind]);
	json_close_object(w);
}

/* Most lines are of the same second as the line before. */
static const char *date_of(struct json_state *state, uint64_t second)
{
	time_t whole = second;
	struct tm tm;

	if (state->second != second || !second) {
		gmtime_r(&whole, &tm);
		strftime(state->date, sizeof(state->date), "%Y-%m-%dT%H:%M:%S", &tm);
		state->second = second;
	}
	return state->date;
}

/* RFC 3339 with nanoseconds, UTC */
void put_time(const struct sink *s, const char *key, uint64_t ns)
{
	uint64_t wall = sink_wall_ns(s, ns), part = wall % NS_PER_SECOND;
	char text[64];
	size_t len;

	len = stpcpy(text, date_of(s->state, wall / NS_PER_SECOND)) - text;
	text[len] = '.';
	for (int i = NS_DIGITS; i; part /= 10)
		text[len + i--] = '0' + part % 10;
	text[len + 1 + NS_DIGITS] = 'Z';
	json_put_string(writer_of(s), key, text, len + NS_DIGITS + 2);
}

void put_unix(const struct sink *s, uint64_t ns)
{
	json_put_number(writer_of(s), "unix", sink_wall_ns(s, ns) / NS_PER_SECOND);
}

/* An event may be older than the trace, by at most the time that attaching took. */
uint64_t since_start(const struct sink *s, uint64_t ns)
{
	return ns > s->info->start_ns ? ns - s->info->start_ns : 0;
}

struct json_writer *line_begin(const struct sink *s, const char *type)
{
	struct json_writer *w = writer_of(s);

	json_open_object(w, NULL);
	put_string(w, "type", type);
	return w;
}

struct json_writer *line_begin_at(const struct sink *s, const char *type, uint64_t ns)
{
	struct json_writer *w = line_begin(s, type);

	put_time(s, "time", ns);
	put_unix(s, ns);
	json_put_number(w, "ns", since_start(s, ns));
	return w;
}

void line_end(struct json_writer *w)
{
	json_close_object(w);
	json_end_line(w);
}
