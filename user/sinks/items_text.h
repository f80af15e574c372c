/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a datagram has, in words: "ServerHello, Certificate bytes 0-116 of 771". */
#ifndef DTLSNOOP_ITEMS_TEXT_H
#define DTLSNOOP_ITEMS_TEXT_H

#include "analysis.h"

#define ITEM_TEXT_LEN 80
/* Room for each item, and how often it comes. */
#define ITEMS_TEXT_LEN ((ITEM_TEXT_LEN + 16) * EVENT_MAX_ITEMS)

/* Returns `out`: printable ASCII. `facts` has a handshake. */
const char *items_text(char out[ITEMS_TEXT_LEN], const struct datagram_facts *facts);

/* Was it shown already when its sender's socket sent it? */
bool items_were_sent_here(const struct datagram_facts *facts);

/* Did a read lose the end of it? */
bool items_are_cut(const struct event *ev);

/* The flight of its first item that has one; 0: none has. */
uint8_t items_flight(const struct datagram_facts *facts);

/* The flight that all of it belongs to; 0: there is none. *is_copy: all of it was sent before. */
uint8_t items_only_flight(const struct datagram_facts *facts, bool *is_copy);

#endif
