// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The values of labels. Those from outside are cleaned first, then numbered: two that print the same are one. */
#include "metrics_series.h"

#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "hash.h"
#include "text.h"
#include "verdict.h"

#define OTHER "other"

struct value {
	char text[METRIC_VALUE_LEN];
	uint8_t number;
	UT_hash_handle hh;
};

struct metric_values {
	struct set {
		struct value list[METRIC_VALUES];	/* number n is at n - 1 */
		struct value *by_text;
		uint32_t num;
		uint64_t limited;
	} sets[LABEL_OUTSIDE];
};

struct metric_values *metric_values_new(void)
{
	return calloc(1, sizeof(struct metric_values));
}

void metric_values_free(struct metric_values *values)
{
	for (int label = 0; values && label < LABEL_OUTSIDE; label++)
		HASH_CLEAR(hh, values->sets[label].by_text);
	free(values);
}

/*
 * Valid UTF-8 without what a terminal obeys: text_utf8() leaves the controls below U+0020, of which the format of
 * Prometheus can write only the newline.
 */
static void clean(char out[METRIC_VALUE_LEN], const char *bytes, size_t len)
{
	char copy[METRIC_VALUE_LEN];

	len = len < sizeof(copy) ? len : sizeof(copy);
	for (size_t i = 0; i < len; i++)
		copy[i] = (unsigned char)bytes[i] < ' ' && bytes[i] != '\n' ? '\xff' : bytes[i];
	text_utf8(out, METRIC_VALUE_LEN, copy, len);
}

uint8_t metric_value(struct metric_values *values, enum metric_label label, const char *bytes, size_t len)
{
	struct set *set = &values->sets[label];
	char text[METRIC_VALUE_LEN];
	struct value *found;

	clean(text, bytes, len);
	if (!*text)
		return METRIC_VALUE_NONE;
	if (!strcmp(text, OTHER))
		return METRIC_VALUE_OTHER;
	HASH_FIND_STR(set->by_text, text, found);
	if (found)
		return found->number;
	if (set->num < METRIC_VALUES) {
		found = &set->list[set->num];
		strcpy(found->text, text);
		found->number = set->num + 1;
		HASH_ADD_STR(set->by_text, text, found);
		if (found->hh.tbl) {
			set->num++;
			return found->number;
		}
	}
	set->limited++;
	return METRIC_VALUE_OTHER;
}

uint64_t metric_values_limited(const struct metric_values *values, enum metric_label label)
{
	return values->sets[label].limited;
}

const char *metric_label_name(enum metric_label label)
{
	static const char *const names[] = {
		[LABEL_NONE] = "", [LABEL_VERSION] = "version", [LABEL_COMM] = "comm", [LABEL_UNIT] = "unit", [LABEL_REASON] = "reason",
		[LABEL_BUILD] = "version", [LABEL_TIER] = "tier", [LABEL_STATE] = "state", [LABEL_VERDICT] = "verdict",
		[LABEL_SIDE] = "side", [LABEL_ROLE] = "role", [LABEL_RESUMED] = "resumed", [LABEL_CAUSE] = "cause",
		[LABEL_WANTED] = "wanted", [LABEL_LABEL] = "label",
	};

	return names[label];
}

/* By enum event_counter, from COUNTER_LOST_RING_FULL on. */
static const char *cause_text(uint8_t counter)
{
	switch (counter) {
	case COUNTER_LOST_RING_FULL: return "ring_full";
	case COUNTER_LOST_UNREADABLE: return "unreadable";
	case COUNTER_LOST_NO_STATE: return "no_state";
	case COUNTER_LOST_MISSED: return "missed";
	case COUNTER_FOREIGN_UNREADABLE: return "foreign_unreadable";
	case COUNTER_DROPS_UNREADABLE: return "drops_unreadable";
	case COUNTER_DROPS_MISSED: return "drops_missed";
	}
	return "";
}

const char *metric_label_text(const struct metric_values *values, enum metric_label label, uint8_t value)
{
	/* Bit n of the number: the side n is on this host. */
	static const char *const roles[] = { "", "client", "server", "both" };

	switch (label) {
	case LABEL_STATE: return handshake_state_name(value);
	case LABEL_VERDICT: return value == VERDICT_NONE ? "" : verdict_code_name(value);
	case LABEL_SIDE: return value == VERDICT_SIDE_UNKNOWN ? "" : verdict_side_name(value);
	case LABEL_ROLE: return roles[value];
	case LABEL_RESUMED: case LABEL_WANTED: return value ? "true" : "false";
	case LABEL_CAUSE: return cause_text(value);
	case LABEL_LABEL: return metric_label_name(value);
	default:
		if (value == METRIC_VALUE_NONE)
			return "";
		return value == METRIC_VALUE_OTHER ? OTHER : values->sets[label].list[value - 1].text;
	}
}
