/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Application data that came before the handshake was complete, DTLS 1.0 and 1.2. That no Finished was seen proves
 * nothing where its sender's socket is not on this host: it may have been lost, or be missing in a capture. Then the
 * data came first only if the Finished comes after it.
 */
#ifndef DTLSNOOP_EARLY_DATA_H
#define DTLSNOOP_EARLY_DATA_H

#include <stdbool.h>
#include <stdint.h>

struct sighting;

/* Of one side. */
struct early_data {
	bool came;		/* its data came before one of the two Finished messages */
	bool is_unsure;		/* there was data, but not its own Finished: */
	uint64_t number;	/* the lowest record number of that data */
	bool lacks_peers;	/* there was data, but not the Finished of its peer */
};

/* A datagram was processed. */
void early_data_datagram(const struct sighting *s);

#endif
