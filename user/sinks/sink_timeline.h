/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the parts of the timeline. Only sink_timeline*.c include this. */
#ifndef DTLSNOOP_SINK_TIMELINE_H
#define DTLSNOOP_SINK_TIMELINE_H

#include "sink.h"

#define RED "31;1"
#define GREEN "32;1"
#define YELLOW "33"
#define DIM "2"

/* Print in a colour (SGR parameters, ECMA-48 s8.3.117) if the sink has colours. */
__attribute__((format(printf, 3, 4)))
void colored(struct sink *s, const char *sgr, const char *format, ...);

/* When it was, as --time asks for it, in stamp_width() columns. */
void print_stamp(struct sink *s, uint64_t ns);
int stamp_width(const struct sink *s);

void print_party(struct sink *s, const struct handshake *h, enum party_role role);

/* Print the line of an event. */
void timeline_datagram(struct sink *s, const struct datagram_facts *facts);

/*
 * Print the line below it, which tells what a ClientHello or a ServerHello offers or chooses, if this
 * datagram contains the hello or completes it. Not for a retransmission, nor for the same ClientHello
 * with a cookie.
 */
void timeline_hello(struct sink *s, const struct datagram_facts *facts);

#endif
