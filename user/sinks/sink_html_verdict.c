// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink_html.h"

#include <string.h>

#include "verdict_words.h"

static void put_notes(struct html_writer *w, const struct handshake *h)
{
	char text[VERDICT_TEXT_LEN];

	for (int code = 0; code < NOTE_MAX; code++)
		if (note_write(h, code, text))
			html_put(w, "p", "note", "Note: %s", text);
}

static void put_claim(struct html_writer *w, const struct handshake *h, const struct verdict *v)
{
	char text[VERDICT_WORDS_LEN];
	const char *code = verdict_code_name(v->code);

	html_open(w, "p");
	html_put(w, "b", NULL, "Verdict: %s", code);
	html_text(w, "%s", verdict_words(text, h, v) + strlen(code));
	html_close(w);
}

static void put_evidence(struct html_writer *w, const struct verdict *v)
{
	if (!v->num_evidence)
		return;
	html_open(w, "ul");
	for (uint32_t i = 0; i < v->num_evidence; i++)
		html_put(w, "li", NULL, "%s", v->evidence[i]);
	html_close(w);
}

static void put_verdict(struct html_writer *w, const struct handshake *h, uint64_t now)
{
	struct verdict v;

	verdict_describe(h, now, &v);
	put_claim(w, h, &v);
	html_put(w, "p", NULL, "%s", v.summary);
	put_evidence(w, &v);
	if (v.hint[0])
		html_put(w, "p", "hint", "Hint: %s", v.hint);
	if (!v.filter[0])
		return;
	html_open(w, "p");
	html_text(w, "Wireshark: ");
	html_put(w, "code", NULL, "%s", v.filter);
	html_close(w);
}

void html_write_verdict(struct html_writer *w, const struct handshake *h, uint64_t now)
{
	if (h->verdict.code != VERDICT_NONE)
		put_verdict(w, h, now);
	put_notes(w, h);
}
