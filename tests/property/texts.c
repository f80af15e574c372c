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

/* Does a sentence of the verdict contradict this one? */
static void check_against(struct observed *out, const struct verdict *words, const char *text)
{
	const char *other = sentences_contradict(words->summary, text) ? words->summary :
			    sentences_contradict(words->hint, text) ? words->hint : NULL;

	for (uint32_t i = 0; !other && i < words->num_evidence; i++)
		if (sentences_contradict(words->evidence[i], text))
			other = words->evidence[i];
	if (other && !out->text_fault[0])
		snprintf(out->text_fault, sizeof(out->text_fault), "\"%.200s\" contradicts \"%.200s\"", other, text);
}

void texts_check(const struct handshake *h, const struct verdict *words, struct observed *out)
{
	char text[VERDICT_TEXT_LEN];

	check(out, words->summary);
	check(out, words->hint);
	for (uint32_t i = 0; i < words->num_evidence; i++)
		check(out, words->evidence[i]);
	check_twice(out, words);
	check_against(out, words, words->summary);
	check_against(out, words, words->hint);
	for (uint32_t i = 0; i < words->num_evidence; i++)
		check_against(out, words, words->evidence[i]);
	for (int code = 0; code < NOTE_MAX; code++)
		if (note_write(h, code, text)) {
			check(out, text);
			check_against(out, words, text);
		}
}
