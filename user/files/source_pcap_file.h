/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The captures in an input, with libpcap: one capture, or concatenated pcaps. */
#ifndef DTLSNOOP_SOURCE_PCAP_FILE_H
#define DTLSNOOP_SOURCE_PCAP_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include <pcap/pcap.h>

#include "input.h"

struct pcap_file {
	struct input *input;
	pcap_t *pcap;		/* NULL: not open */
	int link_type;
	bool quiet;		/* print no errors: the input will be read again */
	bool pcapng_begins;	/* where the last packet should have been */
};

/* Are these the first bytes of a pcap or a pcapng? */
bool pcap_file_is_capture(const uint8_t magic[4]);

/* Open a capture at the input's current position. False on failure, with a message. */
bool pcap_file_open(struct pcap_file *f);
void pcap_file_close(struct pcap_file *f);

/* Like pcap_next_ex(). pcap_file_error() has its errors, and those of concatenated files. */
int pcap_file_next(struct pcap_file *f, struct pcap_pkthdr **header, const u_char **data);
const char *pcap_file_error(const struct pcap_file *f, int result);

/* What to do about that error; "" if nothing is known. */
const char *pcap_file_remedy(const struct pcap_file *f, const char *error);

/* Time since 1970, ns. */
uint64_t pcap_file_time(const struct pcap_pkthdr *header);

#endif
