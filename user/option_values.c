// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "option_values.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	if (end == value || *end || !isfinite(seconds) || seconds <= 0 || seconds > MAX_SECONDS)
		argp_error(call->state, "--%s '%s': invalid value: expected a number of seconds above 0, at most %.0f",
			   call->row->name, value, MAX_SECONDS);
	ns = seconds * NS_PER_SECOND;
	store(call, ns ? ns : 1);
}
