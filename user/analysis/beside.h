/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ClientHellos between the ends of an association, from another host. Anybody can send those (RFC 6347 s4.1.2.7), and the
 * server need not believe them (s4.2.8). A client that has lost the association waits for an answer: the record numbers
 * of its copies go on from 0 (s4.1), and its timer doubles (s4.2.4.1).
 */
#ifndef DTLSNOOP_BESIDE_H
#define DTLSNOOP_BESIDE_H

#include <stdbool.h>

struct handshake;

/*
 * Is all that is known of `h` a series of ClientHellos beside an association, which no socket of this host has sent, and which
 * do not look like those of a client that waits? Then nothing shows that anybody waits for an answer.
 */
bool beside_is_unproven(const struct handshake *h);

#endif
