// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "option_values.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "otlp_post.h"

#define MAX_SECONDS (100.0 * 365 * 86400)

unsigned long option_number(const struct call *call, const char *text, char **end, unsigned long min, unsigned long max)
{
	unsigned long number;

	errno = 0;
	number = strtoul(text, end, 10);
	if (*end == text || *text == '-' || *text == '+' || errno || number < min || number > max)
		argp_error(call->state, "--%s '%s': invalid value: expected a whole number from %lu to %lu",
			   call->row->name, text, min, max);
	return number;
}

unsigned long option_size(const char *value, char **end, unsigned long max)
{
	static const char units[] = "kmg";
	unsigned long size = strtoul(value, end, 10);
	const char *unit = **end ? strchr(units, tolower(**end)) : NULL;
	int shift = unit ? 10 * (unit - units + 1) : 0;

	*end += unit != NULL;
	/* strtoul() takes a sign. */
	return isdigit(*value) && size <= max >> shift ? size << shift : 0;
}

bool option_list(const struct call *call, char **text, unsigned long max, uint32_t num, unsigned long *number)
{
	const char *name = call->row->name;

	if (!*text)
		return false;
	if (!**text || **text == ',')
		argp_error(call->state, "--%s: a number is missing before or after a comma", name);
	if (num == LIVE_MAX_FILTER)
		argp_error(call->state, "at most %u values are allowed for --%s", LIVE_MAX_FILTER, name);
	*number = option_number(call, *text, text, 1, max);
	if (**text && **text != ',')
		argp_error(call->state, "--%s: '%s' is not a comma-separated list of numbers", name, *text);
	*text = **text ? *text + 1 : NULL;
	return true;
}

/* Services that speak DTLS (IANA), which not every host has in /etc/services; then what it has. 0: there is none. */
static unsigned service_port(const char *name)
{
	static const struct {
		const char *name;
		unsigned port;
	} services[] = {
		{ "capwap-control", 5246 }, { "capwap-data", 5247 }, { "coaps", 5684 }, { "domain-s", 853 },
		{ "ipfixs", 4740 }, { "radsec", 2083 }, { "snmptls", 10161 }, { "snmptls-trap", 10162 },
		{ "stuns", 5349 }, { "syslog-tls", 6514 }, { "turns", 5349 },
	};
	const struct servent *service;

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (!strcmp(services[i].name, name))
			return services[i].port;
	service = getservbyname(name, "udp");
	return service ? ntohs(service->s_port) : 0;
}

bool option_ports(const struct call *call, char **text, uint32_t num, unsigned long *port)
{
	char name[64], number[8];
	char *at = number;
	size_t len = *text ? strcspn(*text, ",") : 0;

	if (!len || !(*text)[strspn(*text, "0123456789")] || (*text)[strspn(*text, "0123456789")] == ',')
		return option_list(call, text, UINT16_MAX, num, port);
	snprintf(name, sizeof(name), "%.*s", (int)len, *text);
	if (!service_port(name))
		argp_error(call->state, "--%s '%s': expected a whole number from 1 to %d, or the name of a UDP service such as coaps",
			   call->row->name, name, UINT16_MAX);
	snprintf(number, sizeof(number), "%u", service_port(name));
	*text = (*text)[len] ? *text + len + 1 : NULL;
	return option_list(call, &at, UINT16_MAX, num, port);
}

/* "auto, always or never" */
static const char *list_words(char *out, size_t size, const struct word *words)
{
	size_t len = 0;

	for (int i = 0; words[i].word && len < size; i++)
		len += snprintf(out + len, size - len, "%s%s", !i ? "" : words[i + 1].word ? ", " : " or ", words[i].word);
	return out;
}

/* --- values of every kind --- */

static void *member_of(const struct call *call)
{
	return (char *)call->opts + call->row->member;
}

static void store(const struct call *call, uint64_t value)
{
	if (call->row->size == sizeof(uint64_t))
		*(uint64_t *)member_of(call) = value;
	else
		*(uint32_t *)member_of(call) = value;
}

void parse_flag(const struct call *call, char *value)
{
	*(bool *)member_of(call) = true;
}

void parse_string(const struct call *call, char *value)
{
	*(const char **)member_of(call) = value;
}

void parse_word(const struct call *call, char *value)
{
	const struct word *words = call->row->words;
	char list[128];

	while (words->word && strcmp(words->word, value))
		words++;
	if (!words->word)
		argp_error(call->state, "--%s '%s': invalid value: expected %s", call->row->name, value,
			   list_words(list, sizeof(list), call->row->words));
	store(call, words->value);
}

void parse_number(const struct call *call, char *value)
{
	char *end;

	store(call, option_number(call, value, &end, call->row->min, call->row->max));
	if (*end)
		argp_error(call->state, "--%s '%s': invalid value: expected a whole number", call->row->name, value);
}

/* Of what follows a number, in seconds; 0: no unit. */
static double unit_of(const char *text)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "ms", 0.001 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(text, units[i].name))
			return units[i].seconds;
	return 0;
}

void parse_seconds(const struct call *call, char *value)
{
	uint64_t ns;
	double seconds;
	char *end;

	errno = 0;
	seconds = strtod(value, &end);
	/* Too small for a double, but greater than 0. */
	if (!seconds && errno == ERANGE && !signbit(seconds))
		seconds = DBL_MIN;
	seconds *= end == value ? 0 : unit_of(end);
	if (!isfinite(seconds) || seconds <= 0 || seconds > MAX_SECONDS)
		argp_error(call->state, "--%s '%s': invalid value: expected a number of seconds above 0, at most %.0f, or one "
			   "with a unit: 250ms, 90s, 5m, 2h", call->row->name, value, MAX_SECONDS);
	ns = seconds * NS_PER_SECOND;
	store(call, ns ? ns : 1);
}

/* --- outputs --- */

/* The names of all formats, and what each prints. */
#define HELP_FORMATS_LEN 1024

static const struct sink_ops *sink_named(const char *name, size_t len)
{
	for (size_t i = 0; sinks[i]; i++)
		if (strlen(sinks[i]->name) == len && !memcmp(sinks[i]->name, name, len))
			return sinks[i];
	return NULL;
}

/* Neither standard output nor a file can get two formats. */
static void refuse_second_format(const struct call *call, const struct output_option *wanted)
{
	const struct options *opts = call->opts;

	for (uint32_t i = 0; i < opts->num_outputs; i++) {
		const struct output_option *other = &opts->outputs[i];
		bool is_same = other->path && wanted->path && !strcmp(wanted->path, other->path);

		if (is_same && other->ops == wanted->ops)
			argp_error(call->state, "--output: %s=%s is given twice", wanted->ops->name, wanted->path);
		if (!wanted->path && !other->path)
			argp_error(call->state, "--output: standard output gets one format, %s or %s: give the other a file, %s=FILE",
				   other->ops->name, wanted->ops->name, wanted->ops->name);
		if (is_same)
			argp_error(call->state, "--output: '%s' gets one format, %s or %s", wanted->path, other->ops->name,
				   wanted->ops->name);
	}
}

static void add_output(const struct call *call, const struct sink_ops *ops, const char *path)
{
	const struct output_option wanted = { ops, path };
	struct options *opts = call->opts;

	for (uint32_t i = 0; i < opts->num_outputs; i++)
		if (opts->outputs[i].ops == ops && !path && !opts->outputs[i].path)
			return;
	refuse_second_format(call, &wanted);
	/* One place is for the default. */
	if (opts->num_outputs == OPTIONS_MAX_OUTPUTS - 1)
		argp_error(call->state, "--output: at most %d outputs are allowed", OPTIONS_MAX_OUTPUTS - 1);
	opts->outputs[opts->num_outputs++] = wanted;
}

const char *option_formats(char out[OPTION_FORMATS_LEN], const char *between, const char *last)
{
	size_t len = 0;

	for (size_t i = 0; sinks[i] && len < OPTION_FORMATS_LEN; i++)
		len += snprintf(out + len, OPTION_FORMATS_LEN - len, "%s%s",
				!i ? "" : sinks[i + 1] ? between : last, sinks[i]->name);
	return out;
}

void parse_output(const struct call *call, char *value)
{
	const char *path = strchr(value, '=');
	const struct sink_ops *ops = sink_named(value, path ? (size_t)(path - value) : strlen(value));
	char list[OPTION_FORMATS_LEN];

	if (!ops)
		argp_error(call->state, "--output '%s': invalid value: expected %s, for a file with =FILE behind it",
			   value, option_formats(list, ", ", " or "));
	if (path && (!path[1] || !strcmp(path + 1, "-")))
		argp_error(call->state, "--output '%s': expected a file name after '=': without it, the format is for standard output",
			   value);
	add_output(call, ops, path ? path + 1 : NULL);
}

void parse_json(const struct call *call, char *value)
{
	add_output(call, &sink_json, NULL);
}

/* A URL may contain a password, so it is not printed. */
void parse_otlp_endpoint(const struct call *call, char *value)
{
	const char **url = &call->opts->otlp_endpoint;

	if (*url && strcmp(*url, value))
		argp_error(call->state, "--%s is given twice: it takes one value", call->row->name);
	if (!otlp_post_load())
		exit(EXIT_CANNOT_RUN);
	if (!otlp_url_is_valid(value))
		argp_error(call->state, "--%s: invalid value: expected http://HOST:PORT or https://HOST:PORT, and perhaps a path",
			   call->row->name);
	*url = value;
}

/* argp frees the text. */
char *option_output_help(int key, const char *text, void *input)
{
	char *help, *end;

	if (key != 'o')
		return (char *)text;
	end = help = malloc(strlen(text) + HELP_FORMATS_LEN);
	if (!help)
		return (char *)text;
	end = stpcpy(end, text);
	for (size_t i = 0; sinks[i]; i++)
		end += sprintf(end, "%s%s%s (%s)", i ? "; " : "", sinks[i]->name, i ? "" : ", the default", sinks[i]->help);
	return help;
}

void parse_metrics_listen(const struct call *call, char *value)
{
	if (!metrics_address_parse(&call->opts->metrics_address, value))
		argp_error(call->state, "--metrics-listen '%s': invalid value: expected a port from 1 to %d, or ADDRESS:PORT with the number of "
			   "an address: 192.0.2.1:9100, [::1]:9100", value, UINT16_MAX);
}

void option_check_metrics(const struct options *opts, struct argp_state *state)
{
	const char *path = opts->metrics_file;
	bool is_taken = path && opts->record.path && !strcmp(path, opts->record.path);

	for (uint32_t i = 0; path && i < opts->num_outputs; i++)
		is_taken |= opts->outputs[i].path && !strcmp(path, opts->outputs[i].path);
	if (path && !strcmp(path, "-"))
		argp_error(state, "--metrics '-': expected a file name: standard output is for the timeline or JSON");
	if (is_taken)
		argp_error(state, "--metrics '%s': another output gets this file", path);
	if (opts->metrics_address.len && opts->num_read)
		argp_error(state, "--metrics-listen cannot be used with --read: a file is over before anybody asks: use --metrics FILE");
}

void option_output_default(struct options *opts)
{
	/* What goes to files is not on standard output. */
	for (uint32_t i = 0; i < opts->num_outputs; i++)
		if (!opts->outputs[i].path)
			return;
	opts->outputs[opts->num_outputs++] = (struct output_option){ .ops = sinks[0] };
}

#define MAX_BUFFER (1U << 30)

void parse_buffer(const struct call *call, char *value)
{
	char *end;
	unsigned long size = option_size(value, &end, MAX_BUFFER);

	if (*end || size & (size - 1) || size < 65536)
		argp_error(call->state, "--buffer '%s': invalid value: expected a power of two from 64K to 1024M", value);
	call->opts->live.buffer_size = size;
}
