// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Whether the sentences about a handshake agree with themselves. */
#include "../unit/sentences.h"
#include "observe.h"

static void check(struct observed *out, const char *text)
{
	const char *fault = out->text_fault[0] ? NULL : sentence_fault(text);

	if (fault)
		snprintf(out->text_fault, sizeof(out->text_fault), "%s in \"%s\"", fault, text);
}

static void check_twice(struct observed *out, const struct verdict *words)
{
	for (uint32_t i = 0; i < words->num_evidence; i++)
		for (uint32_t k = 0; k < i && !out->text_fault[0]; k++)
			if (!strcmp(words->evidence[i], words->evidence[k]))
				snprintf(out->text_fault, sizeof(out->text_fault), "said twice: \"%s\"",
					 words->evidence[i]);
}

void texts_check(const struct handshake *h, const struct verdict *words, struct observed *out)
{
	char text[VERDICT_TEXT_LEN];

	check(out, words->summary);
	check(out, words->hint);
	for (uint32_t i = 0; i < words->num_evidence; i++)
		check(out, words->evidence[i]);
	check_twice(out, words);
	for (int code = 0; code < NOTE_MAX; code++)
		if (note_write(h, code, text))
			check(out, text);
}
