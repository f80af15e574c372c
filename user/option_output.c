// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "option_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

		if (!wanted->path && !other->path)
			argp_error(call->state, "--output: standard output gets one format, %s or %s: give the other a file, %s=FILE",
				   other->ops->name, wanted->ops->name, wanted->ops->name);
		if (wanted->path && other->path && !strcmp(wanted->path, other->path))
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

void option_output_default(struct options *opts)
{
	/* What goes to files is not on standard output. */
	for (uint32_t i = 0; i < opts->num_outputs; i++)
		if (!opts->outputs[i].path)
			return;
	opts->outputs[opts->num_outputs++] = (struct output_option){ .ops = sinks[0] };
}
