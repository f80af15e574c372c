/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The captures in an input, by libpcap: one, or pcaps one behind the other. */
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
	bool quiet;		/* nothing is said of what is wrong: it is read again */
	bool pcapng_begins;	/* where the packet that was read last should be */
};

/* Of what was read first of an input: does a pcap or a pcapng begin so? */
bool pcap_file_is_capture(const uint8_t magic[4]);

/* From where the input is. False: said why. */
bool pcap_file_open(struct pcap_file *f);
void pcap_file_close(struct pcap_file *f);

/* As pcap_next_ex(); its errors, and those of a file behind the first, are of pcap_file_error(). */
int pcap_file_next(struct pcap_file *f, struct pcap_pkthdr **header, const u_char **data);
const char *pcap_file_error(const struct pcap_file *f, int result);

/* What to do about that error; "": nothing is known. */
const char *pcap_file_remedy(const struct pcap_file *f, const char *error);

/* Since 1970, ns. */
uint64_t pcap_file_time(const struct pcap_pkthdr *header);

#endif
