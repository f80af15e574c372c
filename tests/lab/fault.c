/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fault: parsing and matching of fault specifications. Usage: fault.h */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "lab_net.h"
#include "records.h"

#define BIT(n) (1U << (n))

static const char *const action_names[FAULT_NUM_ACTIONS] = {
	[FAULT_DROP] = "drop",	     [FAULT_DUPLICATE] = "duplicate",
	[FAULT_DELAY] = "delay",     [FAULT_REORDER] = "reorder",
	[FAULT_TRUNCATE] = "truncate", [FAULT_CORRUPT] = "corrupt",
};

static const char *const dir_names[FAULT_NUM_DIRS] = {
	[FAULT_DIR_C2S] = "c2s",
	[FAULT_DIR_S2C] = "s2c",
};

static const struct key_rule {
	const char *name;
	uint64_t min, max, fallback;
	uint32_t actions; /* those that may have it; 0 means all */
	uint32_t required_by;
} key_rules[FAULT_NUM_KEYS] = {
	[FAULT_KEY_DIR] = { .name = "dir" }, /* a word, not a number */
	[FAULT_KEY_MSG] = { .name = "msg", .max = 255 },
	[FAULT_KEY_MIN_OFFSET] = { .name = "min-offset", .max = 0xffffff },
	[FAULT_KEY_TYPE] = { .name = "type", .max = 255 },
	[FAULT_KEY_EPOCH] = { .name = "epoch", .max = 65535 },
	[FAULT_KEY_MIN_SIZE] = { .name = "min-size", .max = LAB_DATAGRAM_MAX },
	[FAULT_KEY_MAX_SIZE] = { .name = "max-size",
				 .max = LAB_DATAGRAM_MAX,
				 .fallback = LAB_DATAGRAM_MAX },
	[FAULT_KEY_NTH] = { .name = "nth",
			    .min = 1,
			    .max = UINT32_MAX,
			    .fallback = 1 },
	[FAULT_KEY_COUNT] = { .name = "count",
			      .max = UINT32_MAX,
			      .fallback = 1 },
	[FAULT_KEY_MS] = { .name = "ms",
			   .max = 600000,
			   .fallback = 500,
			   .actions = BIT(FAULT_DELAY) | BIT(FAULT_REORDER),
			   .required_by = BIT(FAULT_DELAY) },
	[FAULT_KEY_BYTES] = { .name = "bytes",
			      .max = LAB_DATAGRAM_MAX,
			      .actions = BIT(FAULT_TRUNCATE),
			      .required_by = BIT(FAULT_TRUNCATE) },
};

const char *fault_action_name(enum fault_action action)
{
	return action_names[action];
}

const char *fault_dir_name(enum fault_dir dir)
{
	return dir_names[dir];
}

static int find_name(const char *const *names, int num_names, const char *text)
{
	for (int i = 0; i < num_names; i++)
		if (!strcmp(names[i], text))
			return i;
	return -1;
}

static int find_key(const char *text)
{
	for (int i = 0; i < FAULT_NUM_KEYS; i++)
		if (!strcmp(key_rules[i].name, text))
			return i;
	return -1;
}

struct complaint {
	char *buf;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static int
complain(const struct complaint *to, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(to->buf, to->len, fmt, args);
	va_end(args);
	return -EINVAL;
}

static int parse_value(struct fault *fault, int key, const char *text,
		       const struct complaint *to)
{
	const struct key_rule *rule = &key_rules[key];
	int dir;

	if (key == FAULT_KEY_DIR) {
		dir = find_name(dir_names, FAULT_NUM_DIRS, text);
		if (dir < 0)
			return complain(to, "dir must be c2s or s2c, not '%s'",
					text);
		fault->value[key] = dir;
		return 0;
	}
	if (lab_parse_uint(&fault->value[key], text, rule->min, rule->max))
		return complain(to,
				"%s must be a number from %llu to %llu, not '%s'",
				rule->name, (unsigned long long)rule->min,
				(unsigned long long)rule->max, text);
	return 0;
}

static int parse_pair(struct fault *fault, char *pair,
		      const struct complaint *to)
{
	char *equals = strchr(pair, '=');
	int key;

	if (!equals)
		return complain(to, "expected key=value, not '%s'", pair);
	*equals = '\0';
	key = find_key(pair);
	if (key < 0)
		return complain(to, "there is no key '%s'", pair);
	if (fault->given & BIT(key))
		return complain(to, "%s is given twice", pair);
	if (key_rules[key].actions &&
	    !(key_rules[key].actions & BIT(fault->action)))
		return complain(to, "%s does not go with %s", pair,
				action_names[fault->action]);
	fault->given |= BIT(key);
	return parse_value(fault, key, equals + 1, to);
}

static int check_whole(const struct fault *fault, const struct complaint *to)
{
	for (int i = 0; i < FAULT_NUM_KEYS; i++)
		if ((key_rules[i].required_by & BIT(fault->action)) &&
		    !(fault->given & BIT(i)))
			return complain(to, "%s needs %s=N",
					action_names[fault->action],
					key_rules[i].name);
	if (fault->value[FAULT_KEY_MIN_SIZE] > fault->value[FAULT_KEY_MAX_SIZE])
		return complain(to, "min-size is above max-size");
	return 0;
}

int fault_parse(struct fault *out_fault, const char *spec, char *err,
		size_t err_len)
{
	struct complaint to = { err, err_len };
	char copy[256], *rest = copy, *word;
	int action, ret;

	if (strlen(spec) >= sizeof(copy))
		return complain(&to, "longer than %zu characters",
				sizeof(copy) - 1);
	strcpy(copy, spec);
	word = strsep(&rest, ":");
	action = find_name(action_names, FAULT_NUM_ACTIONS, word);
	if (action < 0)
		return complain(
			&to,
			"action must be drop, duplicate, delay, reorder, truncate or corrupt, not '%s'",
			word);
	*out_fault = (struct fault){ .action = action };
	for (int i = 0; i < FAULT_NUM_KEYS; i++)
		out_fault->value[i] = key_rules[i].fallback;
	while ((word = strsep(&rest, ","))) {
		ret = parse_pair(out_fault, word, &to);
		if (ret)
			return ret;
	}
	return check_whole(out_fault, &to);
}

static bool wants(const struct fault *fault, enum fault_key key)
{
	return fault->given & BIT(key);
}

static bool record_has_message(const struct fault *fault,
			       const struct record *rec)
{
	const uint64_t *value = fault->value;
	struct record_cursor cursor;
	struct record_message msg;

	record_messages_init(&cursor, rec);
	while (record_messages_next(&msg, &cursor))
		if ((!wants(fault, FAULT_KEY_MSG) ||
		     msg.type == value[FAULT_KEY_MSG]) &&
		    msg.frag_offset >= value[FAULT_KEY_MIN_OFFSET])
			return true;
	return false;
}

static bool record_matches(const struct fault *fault, const struct record *rec)
{
	const uint64_t *value = fault->value;
	uint64_t epoch = value[FAULT_KEY_EPOCH];

	if (rec->is_unified)
		epoch &= 3;
	/* The content type of a DTLS 1.3 ciphertext is encrypted. */
	if (wants(fault, FAULT_KEY_TYPE) &&
	    (rec->is_unified || rec->type != value[FAULT_KEY_TYPE]))
		return false;
	if (wants(fault, FAULT_KEY_EPOCH) && rec->epoch != epoch)
		return false;
	return (!wants(fault, FAULT_KEY_MSG) &&
		!wants(fault, FAULT_KEY_MIN_OFFSET)) ||
	       record_has_message(fault, rec);
}

static bool fault_matches(const struct fault *fault, enum fault_dir dir,
			  const uint8_t *data, size_t len)
{
	struct record_cursor cursor;
	struct record rec;

	if (wants(fault, FAULT_KEY_DIR) && fault->value[FAULT_KEY_DIR] != dir)
		return false;
	if (len < fault->value[FAULT_KEY_MIN_SIZE] ||
	    len > fault->value[FAULT_KEY_MAX_SIZE])
		return false;
	if (!wants(fault, FAULT_KEY_MSG) && !wants(fault, FAULT_KEY_TYPE) &&
	    !wants(fault, FAULT_KEY_MIN_OFFSET) &&
	    !wants(fault, FAULT_KEY_EPOCH))
		return true;
	records_init(&cursor, data, len);
	while (records_next(&rec, &cursor))
		if (record_matches(fault, &rec))
			return true;
	return false;
}

const struct fault *fault_pick(struct fault *faults, size_t num_faults,
			       enum fault_dir dir, const uint8_t *data,
			       size_t len)
{
	const struct fault *picked = NULL;

	for (size_t i = 0; i < num_faults; i++) {
		struct fault *fault = &faults[i];
		uint64_t first = fault->value[FAULT_KEY_NTH];
		uint64_t count = fault->value[FAULT_KEY_COUNT];

		if (!fault_matches(fault, dir, data, len))
			continue;
		fault->num_matches++;
		if (!picked && fault->num_matches >= first &&
		    (!count || fault->num_matches < first + count))
			picked = fault;
	}
	return picked;
}
