// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink_otlp.h"

#include <inttypes.h>

#include "text.h"

/* --- values --- */

static void put_count_text(struct json_writer *w, const char *key, uint64_t number)
{
	char text[24];

	json_put_string(w, key, text, snprintf(text, sizeof(text), "%" PRIu64, number));
}

void otlp_put_time(const struct sink *s, const char *key, uint64_t ns)
{
	put_count_text(writer_of(s), key, sink_wall_ns(s, ns));
}

void otlp_put_id(struct json_writer *w, const char *key, const uint8_t *bytes, size_t len)
{
	char text[2 * OTLP_TRACE_ID_LEN + 1];

	text_hex(text, bytes, len);
	json_put_string(w, key, text, 2 * len);
}

/* --- attributes --- */

void otlp_attribute_open(struct json_writer *w, const char *key)
{
	json_open_object(w, NULL);
	put_string(w, "key", key);
	json_open_object(w, "value");
}

void otlp_attribute_close(struct json_writer *w)
{
	json_close_object(w);
	json_close_object(w);
}

void otlp_string(struct json_writer *w, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	otlp_attribute_open(w, key);
	put_string(w, "stringValue", value);
	otlp_attribute_close(w);
}

void otlp_text(struct json_writer *w, const char *key, const char *bytes, size_t len)
{
	if (!len)
		return;
	otlp_attribute_open(w, key);
	put_text(w, "stringValue", bytes, len);
	otlp_attribute_close(w);
}

void otlp_number(struct json_writer *w, const char *key, uint64_t number)
{
	otlp_attribute_open(w, key);
	put_count_text(w, "intValue", number);
	otlp_attribute_close(w);
}

void otlp_bool(struct json_writer *w, const char *key, bool value)
{
	otlp_attribute_open(w, key);
	json_put_bool(w, "boolValue", value);
	otlp_attribute_close(w);
}

/* --- a line --- */

static void put_resource(struct json_writer *w, const struct trace_info *info)
{
	json_open_object(w, "resource");
	json_open_array(w, "attributes");
	otlp_string(w, "service.name", "dtlsnoop");
	otlp_string(w, "service.version", info->version);
	otlp_string(w, "host.name", info->host);
	otlp_string(w, "host.id", info->machine_id);
	json_close_array(w);
	json_close_object(w);
}

struct json_writer *otlp_request_open(const struct sink *s, const char *resources, const char *scopes, const char *items)
{
	struct json_writer *w = writer_of(s);

	json_open_object(w, NULL);
	json_open_array(w, resources);
	json_open_object(w, NULL);
	put_resource(w, s->info);
	json_open_array(w, scopes);
	json_open_object(w, NULL);
	json_open_object(w, "scope");
	put_string(w, "name", "dtlsnoop");
	put_string(w, "version", s->info->version);
	json_close_object(w);
	json_open_array(w, items);
	json_open_object(w, NULL);
	return w;
}

void otlp_request_close(struct json_writer *w)
{
	json_close_object(w);
	json_close_array(w);
	json_close_object(w);
	json_close_array(w);
	json_close_object(w);
	json_close_array(w);
	line_end(w);
}
