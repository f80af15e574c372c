// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "json_trace.h"

#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "recording_inside.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define SCHEMA_VERSION 2

/* --- fields --- */

const char *json_trace_text(struct json_object *object, const char *key)
{
	struct json_object *field;
	const char *text;

	if (!json_object_object_get_ex(object, key, &field) || !json_object_is_type(field, json_type_string))
		return NULL;
	text = json_object_get_string(field);
	return strlen(text) == (size_t)json_object_get_string_len(field) ? text : NULL;
}

uint64_t json_trace_number(struct json_object *object, const char *key)
{
	struct json_object *field;

	if (!json_object_object_get_ex(object, key, &field) || !json_object_is_type(field, json_type_int))
		return 0;
	return json_object_get_int64(field) < 0 ? 0 : json_object_get_uint64(field);
}

static struct json_object *array_of(struct json_object *object, const char *key)
{
	struct json_object *field;

	return json_object_object_get_ex(object, key, &field) && json_object_is_type(field, json_type_array) ? field : NULL;
}

static bool names(struct json_object *array, const char *word)
{
	size_t num = array ? json_object_array_length(array) : 0;

	for (size_t i = 0; i < num; i++) {
		struct json_object *text = json_object_array_get_idx(array, i);

		if (json_object_is_type(text, json_type_string) && !strcmp(json_object_get_string(text), word))
			return true;
	}
	return false;
}

bool json_trace_decode(const char *text, uint8_t *bytes, size_t size, size_t *len)
{
	size_t text_len = strlen(text);
	struct base64_decode_ctx ctx;

	if (BASE64_DECODE_LENGTH(text_len) > size)
		return false;
	base64_decode_init(&ctx);
	*len = size;
	return base64_decode_update(&ctx, len, bytes, text_len, text) && base64_decode_final(&ctx);
}

/* RFC 3339 in UTC with nanoseconds, as sink_json_put.c writes it. 0: it is something else. */
static uint64_t time_of(const char *text)
{
	struct tm tm = {};
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	char *end;
	uint64_t part;
	time_t second;

	if (!rest || *rest != '.' || strspn(rest + 1, "0123456789") != 9 || strcmp(rest + 10, "Z"))
		return 0;
	part = strtoull(rest + 1, &end, 10);
	second = timegm(&tm);
	return second < 0 || (uint64_t)second > RECORDING_MAX_TIME / NS_PER_SECOND ? 0 : second * NS_PER_SECOND + part;
}

/* --- of the trace --- */

/* What a trace_info points to. */
struct described {
	struct trace_info info;
	const char *unseen[RECORDING_MAX_UNSEEN + 1];
	uint32_t pids[RECORDING_MAX_FILTER];
	uint16_t ports[RECORDING_MAX_FILTER];
};

static uint32_t numbers_of(struct json_object *array, uint32_t *numbers)
{
	size_t num = array ? json_object_array_length(array) : 0, filled = 0;

	for (; filled < num && filled < RECORDING_MAX_FILTER; filled++)
		numbers[filled] = json_object_get_int64(json_object_array_get_idx(array, filled));
	return filled;
}

static void describe_filter(struct described *d, struct json_object *line)
{
	uint32_t ports[RECORDING_MAX_FILTER];
	struct json_object *filter, *follows;

	if (!json_object_object_get_ex(line, "filter", &filter) || !json_object_is_type(filter, json_type_object))
		return;
	d->info.num_pids = numbers_of(array_of(filter, "pid"), d->pids);
	d->info.num_ports = numbers_of(array_of(filter, "port"), ports);
	for (uint32_t i = 0; i < d->info.num_ports; i++)
		d->ports[i] = ports[i];
	d->info.comm = json_trace_text(filter, "comm");
	d->info.cgroup = json_trace_text(filter, "cgroup");
	d->info.netns = json_trace_number(filter, "netns");
	d->info.follow_forks = json_object_object_get_ex(filter, "follow_forks", &follows) && json_object_get_boolean(follows);
}

static void describe_unseen(struct described *d, struct json_object *array)
{
	size_t num = array ? json_object_array_length(array) : 0, filled = 0;

	for (size_t i = 0; i < num && filled < RECORDING_MAX_UNSEEN; i++) {
		struct json_object *text = json_object_array_get_idx(array, i);

		if (json_object_is_type(text, json_type_string))
			d->unseen[filled++] = json_object_get_string(text);
	}
}

/* The sockets that were open at the start are in no line. */
static void describe(struct described *d, struct json_object *line)
{
	struct json_object *sees = array_of(line, "sees"), *host;

	*d = (struct described){ .info = {
		.source = json_trace_text(line, "hooks") ? "live" : "capture",
		.hooks = json_trace_text(line, "hooks"),
		.kernel = json_trace_text(line, "kernel"),
		.trace_id = json_trace_text(line, "trace_id"),
		.start_wall_ns = time_of(json_trace_text(line, "started")),
		.start_ns = json_trace_number(line, "start_ns"),
		.sees_reads = names(sees, "reads"),
		.sees_drops = names(sees, "drops"),
		.sees_send_failures = names(sees, "send_failures"),
	} };
	if (json_object_object_get_ex(line, "host", &host) && json_object_is_type(host, json_type_object)) {
		d->info.host = json_trace_text(host, "name");
		d->info.boot_id = json_trace_text(host, "boot_id");
		d->info.machine_id = json_trace_text(host, "machine_id");
	}
	d->info.unseen = d->unseen;
	d->info.pids = d->pids;
	d->info.ports = d->ports;
	describe_unseen(d, array_of(line, "not_seen"));
	describe_filter(d, line);
}

/* The beginning of a recording of the same trace, which the reader of recordings then checks. */
static bool open_as_recording(const struct trace_info *info, struct recording_reader *r)
{
	struct recording_writer *w = malloc(sizeof(*w));
	char *bytes = NULL;
	size_t len;
	FILE *file = open_memstream(&bytes, &len);
	enum recording_result result = RECORDING_BROKEN;

	if (w && file)
		recording_begin(w, file, info);
	if (file && !fclose(file) && w && !w->error && (file = fmemopen(bytes, len, "r"))) {
		result = recording_open(r, file);
		fclose(file);
		r->file = NULL;
	}
	free(bytes);
	free(w);
	return result == RECORDING_ENTRY;
}

bool json_trace_open(struct json_object *line, struct recording_reader *r)
{
	const char *byte_order = json_trace_text(line, "byte_order");
	uint64_t schema = json_trace_number(line, "schema"), abi = json_trace_number(line, "event_abi");
	bool is_little = byte_order && !strcmp(byte_order, "little");
	struct described d;

	if (schema != SCHEMA_VERSION) {
		recording_broken(r, "the schema is %u, and only %u can be read", (unsigned)schema, SCHEMA_VERSION);
		return false;
	}
	if (!abi || !byte_order || (!is_little && strcmp(byte_order, "big"))) {
		recording_broken(r, "only the lines of --output json -v can be read: others do not hold all of a datagram");
		return false;
	}
	if (abi < EVENT_ABI_OLDEST || abi > EVENT_ABI) {
		recording_broken(r, "the lines have event ABI %u, and this dtlsnoop reads ABI %u to %u", (unsigned)abi,
				 EVENT_ABI_OLDEST, EVENT_ABI);
		return false;
	}
	describe(&d, line);
	if (!open_as_recording(&d.info, r)) {
		if (!*r->why)
			recording_broken(r, "the description of the trace is damaged");
		return false;
	}
	r->event_abi = abi;
	r->swap = is_little != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
	return true;
}

uint32_t json_trace_missing(struct json_object *line)
{
	struct json_object *missing = array_of(line, "missing");

	return (names(missing, "lost") ? MISSING_LOST : 0) | (names(missing, "rate_limited") ? MISSING_LIMITED : 0) |
	       (names(missing, "part") ? MISSING_PART : 0);
}

void json_trace_counters(struct json_object *line, uint64_t counters[COUNTER_MAX])
{
	static const struct { const char *key; enum event_counter counter; } fields[] = {
		{ "lost_ring_full", COUNTER_LOST_RING_FULL },
		{ "lost_unreadable", COUNTER_LOST_UNREADABLE },
		{ "lost_no_state", COUNTER_LOST_NO_STATE },
		{ "lost_missed", COUNTER_LOST_MISSED },
		{ "rate_limited", COUNTER_RATE_LIMITED },
		{ "foreign_unreadable", COUNTER_FOREIGN_UNREADABLE },
		{ "drops_unreadable", COUNTER_DROPS_UNREADABLE },
		{ "drops_missed", COUNTER_DROPS_MISSED },
		{ "not_dtls", COUNTER_NOT_DTLS },
		{ "application_data", COUNTER_APPLICATION_DATA },
		{ "filtered", COUNTER_FILTERED },
		{ "owner_unknown", COUNTER_OWNER_UNKNOWN },
		{ "library_limited", COUNTER_LIBRARY_LIMITED },
	};
	struct json_object *field;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (json_object_object_get_ex(line, fields[i].key, &field))
			counters[fields[i].counter] = json_trace_number(line, fields[i].key);
}
