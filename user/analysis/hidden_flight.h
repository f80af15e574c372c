/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A flight whose messages DTLS 1.3 encrypts. The lengths of its records tell what was sent again, and what has arrived;
 * dtls13.h tells which records are of a flight.
 */
#ifndef DTLSNOOP_HIDDEN_FLIGHT_H
#define DTLSNOOP_HIDDEN_FLIGHT_H

#include "sighting.h"

/* Did the flight have a record of this length? */
bool hidden_flight_had_length(const struct flight *flight, uint16_t len);

/* Process a record of the flight `number`. */
void hidden_flight_take(struct sighting *t, uint8_t number, struct cipher_record id, struct item_facts *facts);

#endif
