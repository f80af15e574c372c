/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is wrong with a sentence that anybody can see: counts that contradict each other, a count of
 * nothing, "1 datagrams", times that are not as many as they are said to be, odd spaces and parentheses;
 * and two sentences about one handshake that contradict each other.
 */
#ifndef SENTENCES_H
#define SENTENCES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What sentences count: one, and more than one. */
static const char *const sentence_nouns[][2] = {
	{ "answer", "answers" }, { "byte", "bytes" },	     { "ClientHello", "ClientHellos" },
	{ "copy", "copies" },	 { "datagram", "datagrams" }, { "error", "errors" },
	{ "event", "events" },	 { "fragment", "fragments" }, { "handshake", "handshakes" },
	{ "part", "parts" },	 { "record", "records" },     { "time", "times" },
};

/* Is the next word of the text one of these, in the plural or the singular? */
static inline bool sentence_counts(const char *text, bool plural)
{
	size_t len = *text == ' ' ? strcspn(++text, " ,.;:)") : 0;

	for (size_t i = 0; i < sizeof(sentence_nouns) / sizeof(sentence_nouns[0]); i++)
		if (len == strlen(sentence_nouns[i][plural]) && !strncmp(text, sentence_nouns[i][plural], len))
			return true;
	return false;
}

/* A number without a fraction at the beginning of a word; how long it is, 0: there is none. */
static inline size_t sentence_number(const char *text, unsigned long long *number)
{
	size_t len = strspn(text, "0123456789");

	if (!len || len > 19 || (text[len] == '.' && text[len + 1]) || (text[len] && !strchr(" ,.;:)", text[len])))
		return 0;
	return sscanf(text, "%19llu", number) == 1 ? len : 0;
}

/* "6 of these 2": does the text after the 6 go on so? */
static inline bool sentence_takes_too_many(const char *text, unsigned long long number)
{
	static const char *const articles[] = { "these ", "its ", "the ", "all " };
	unsigned long long all;

	if (strncmp(text, " of ", 4))
		return false;
	text += 4;
	for (size_t i = 0; i < sizeof(articles) / sizeof(articles[0]); i++)
		if (!strncmp(text, articles[i], strlen(articles[i])))
			text += strlen(articles[i]);
	return sentence_number(text, &all) && number > all;
}

/* "twice (at 0.0, 1.0, 3.0 s)" */
static inline bool sentence_times_differ(const char *text)
{
	static const char *const words[] = { "once", "twice", "three times", "four times" };
	const char *times = strstr(text, " (at "), *p, *end;
	double before = 0, now;
	size_t num = 0;

	if (!times || !(end = strstr(times, " s)")) || memchr(times, ';', end - times))
		return false;
	for (p = times + 5; p < end && sscanf(p, "%lf", &now) == 1; p += strcspn(p, " ") + 1, num++) {
		if (now < before)
			return true;
		before = now;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(times - text) >= len && !strncmp(times - len, words[i], len))
			return num != i + 1;
	}
	return num != 4 || strncmp(end - 3, "...", 3);
}

static inline const char *sentence_form_fault(const char *text)
{
	int open = 0;

	for (const char *p = text; *p; p++) {
		open += (*p == '(') - (*p == ')');
		if (open < 0)
			return "parentheses";
		if (*p == ' ' && (p == text || !p[1] || strchr(" ,;:)", p[1])))
			return "a space where none belongs";
		if (*p == ' ' && p[1] == '-' && p[2] >= '0' && p[2] <= '9')
			return "a negative number";
	}
	return open ? "parentheses" : NULL;
}

/* Returns what is wrong with this text, NULL if nothing is. */
static inline const char *sentence_fault(const char *text)
{
	unsigned long long number;
	size_t len;

	for (const char *p = text; *p; p++) {
		if ((p > text && p[-1] != ' ' && p[-1] != '(') || !(len = sentence_number(p, &number)))
			continue;
		if (number == 1 && sentence_counts(p + len, true))
			return "one of what is more than one";
		if (!number && (sentence_counts(p + len, true) || sentence_counts(p + len, false)))
			return "a count of nothing";
		if (sentence_takes_too_many(p + len, number))
			return "more than there are";
	}
	if (sentence_times_differ(text))
		return "as many times as are not listed";
	return sentence_form_fault(text);
}

/* What cannot both be said of one handshake. "#" is a number, the same in both. */
static const char *const sentence_contradictions[][2] = {
	{ "repeats flight #,", "sent flight # once" },
	{ "repeats flight #:", "sent flight # once" },
	{ "gave up at the alert", "no side acted on an alert" },
	{ "are on this host", "trace at the other end" },
	{ "are on this host", "capture at the other end" },
	{ "no response from", " answered before" },
	{ "nothing listens at", "goes on with" },
	{ "nothing listens at", "goes on all" },
	{ "has sent nothing since", "sent flight # after that" },
	{ "no DTLS came from the server, but", "nothing from the server was seen in" },
	{ "no DTLS came from the server, but", "check that the peer runs" },
};

/* Is the pattern in the text, with this number for its "#", or with any if that is -1? Then *number is the one found. */
static inline bool sentence_has(const char *text, const char *pattern, long *number)
{
	size_t before = strcspn(pattern, "#");

	for (; *text; text++) {
		char *end;
		long found;

		if (strncmp(text, pattern, before))
			continue;
		if (!pattern[before])
			return true;
		found = strtol(text + before, &end, 10);
		if (end == text + before || (*number >= 0 && found != *number) ||
		    strncmp(end, pattern + before + 1, strlen(pattern + before + 1)))
			continue;
		*number = found;
		return true;
	}
	return false;
}

static inline bool sentences_contradict(const char *one, const char *other)
{
	for (size_t i = 0; i < sizeof(sentence_contradictions) / sizeof(sentence_contradictions[0]); i++) {
		long number = -1;

		if (sentence_has(one, sentence_contradictions[i][0], &number) &&
		    sentence_has(other, sentence_contradictions[i][1], &number))
			return true;
	}
	return false;
}

#endif
