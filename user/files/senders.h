/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The set of addresses that send in a capture, of bounded size. */
#ifndef DTLSNOOP_SENDERS_H
#define DTLSNOOP_SENDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/* No more are kept. Nothing is concluded about the others. */
#define SENDERS_MAX (1U << 20)

struct senders;

/* NULL if out of memory. Free it with senders_free(). */
struct senders *senders_new(void);
void senders_free(struct senders *s);

/* False if the address is not kept: out of memory, or there are SENDERS_MAX. */
bool senders_add(struct senders *s, const struct event_endpoint *address);

bool senders_has(const struct senders *s, const struct event_endpoint *address);

#endif
