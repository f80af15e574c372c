/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the parts of the timeline. Only sink_timeline*.c include this. */
#ifndef DTLSNOOP_SINK_TIMELINE_H
#define DTLSNOOP_SINK_TIMELINE_H

#include "sink.h"

#include "host_column.h"
#include "lines.h"
#include "verdict_words.h"

#define RED "31;1"
#define GREEN "32;1"
#define YELLOW "33"
#define DIM "2"

/* A copy of a flight whose datagrams are counted, not shown. */
struct copy {
	uint64_t handshake;
	uint8_t flight;
	enum party_role from;
	uint32_t number;	/* 1: how many came before is not known */
	uint16_t host;		/* see struct event */
	uint32_t datagrams, dropped;
	uint64_t bytes;
	uint64_t first_ns, last_ns;
	uint64_t datagram;	/* the latest: see struct event */
	uint32_t drop_reason, drop_flags;	/* EVENT_TX, if it was on its way out */
};

/* Handshakes of a process of which the same was told shortly before. */
struct repeat {
	uint64_t key;		/* of what was told, and of whom; 0: unused */
	uint64_t told_ns, told_id;	/* when it was told in full, and of which handshake */
	uint64_t last_ns;	/* when it was last to be told */
	uint32_t num;		/* handshakes that were not told of yet */
	uint64_t since_ns, first_id, last_id;	/* of these */
	const char *heading;
	char words[VERDICT_WORDS_LEN];	/* what the verdict claims */
	char owner[VERDICT_TEXT_LEN];	/* whose they are */
};

#define NUM_REPEATS 32
/* So many handshakes may send copies at the same time. */
#define MAX_COPIES 32

struct timeline {
	FILE *text;		/* all that is printed: see lines.h */
	struct host_column hosts;
	struct copy copies[MAX_COPIES];	/* that were not told of yet, by first_ns */
	uint32_t num_copies;
	struct repeat repeats[NUM_REPEATS];
	uint32_t num_waiting;	/* of these, with num > 0 */
};

static inline struct timeline *timeline_of(const struct sink *s)
{
	return s->state;
}

static inline FILE *text_of(const struct sink *s)
{
	return timeline_of(s)->text;
}

/* Narrow: what can be shortened, is. */
static inline bool is_narrow(const struct sink *s)
{
	return s->width && s->width < 100;
}

/* Print in a colour (SGR parameters, ECMA-48 s8.3.117) if the sink has colours. */
__attribute__((format(printf, 3, 4)))
void colored(struct sink *s, const char *sgr, const char *format, ...);

/* When it was, as --time asks for it, in stamp_width() columns. */
void print_stamp(struct sink *s, uint64_t ns);
int stamp_width(const struct sink *s);

/* For what is printed with each datagram, without printf(). All return the end of the text. */
/* A number in at least `width` columns, right-aligned. */
char *column_number(char *out, uint64_t number, size_t width);
/* Spaces after what stands between `before` and `end`, up to `width` columns. */
char *column_pad(char *end, const char *before, size_t width);

/* The same within a sentence: not padded, and never since the line before. */
void print_time(struct sink *s, uint64_t ns);

/* When it was and of which handshake: what every line about one begins with. */
#define ID_WIDTH 6
void print_id(struct sink *s, uint64_t ns, uint64_t id);

/* Of merged traces, after that: at which host it was seen, in host_width() columns. */
void print_host(struct sink *s, uint16_t host);
int host_width(const struct sink *s);

/* "client 192.0.2.1:4433 (licode pid 812)"; on a narrow terminal, "client 192.0.2.1:4433 (pid 812)". */
void print_party(struct sink *s, const struct handshake *h, enum party_role role);

/* The summary of a verdict, with these names of the parties. */
void print_summary(struct sink *s, const struct handshake *h, const struct verdict *v);

/* Print the line of an event. */
void timeline_datagram(struct sink *s, const struct datagram_facts *facts);

/* Print the line of an error of a TLS library. */
void timeline_library_error(struct sink *s, const struct library_error_facts *facts);

/* "NETFILTER_DROP", or that the kernel gave no reason. Untrusted bytes are escaped. Returns `text`. */
#define DROP_TEXT_LEN (4 * DROP_NAME_LEN + 1)
const char *drop_text(const struct sink *s, uint32_t reason, char text[DROP_TEXT_LEN]);

/*
 * Does the datagram belong to a copy of a flight? Then it is counted, and the copy is one line: when something else
 * is printed (copies_flush()), or nothing more of it comes (copies_tick()).
 */
bool copies_take(struct sink *s, const struct datagram_facts *facts);
void copies_tick(struct sink *s, uint64_t now);
void copies_flush(struct sink *s);

/*
 * `heading` and `v` are to be told of `h`. Was the same told of another handshake of this process shortly before?
 * Then this one is counted, and repeats_due() tells of it two seconds later, or repeats_flush().
 */
bool repeats_take(struct sink *s, const struct handshake *h, uint64_t now, const char *heading, const struct verdict *v);
void repeats_due(struct sink *s, uint64_t now);
void repeats_flush(struct sink *s, uint64_t now);

/*
 * Print the line below it, which tells what a ClientHello or a ServerHello offers or chooses, if this
 * datagram contains the hello or completes it. Not for a retransmission, nor for the same ClientHello
 * with a cookie.
 */
void timeline_hello(struct sink *s, const struct datagram_facts *facts);

#endif
