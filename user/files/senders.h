/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The addresses that send in a capture: a set, of bounded size. */
#ifndef DTLSNOOP_SENDERS_H
#define DTLSNOOP_SENDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/* More are not kept: of them nothing is concluded. */
#define SENDERS_MAX (1U << 20)

struct senders;

/* NULL if memory is short. To be freed with senders_free(). */
struct senders *senders_new(void);
void senders_free(struct senders *s);

/* False if it is not kept: memory is short, or there are SENDERS_MAX. */
bool senders_add(struct senders *s, const struct event_endpoint *address);

bool senders_has(const struct senders *s, const struct event_endpoint *address);

#endif
