/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The source of a file, and what source_file.c chooses from once it has looked into it. */
#ifndef DTLSNOOP_SOURCE_FILE_H
#define DTLSNOOP_SOURCE_FILE_H

#include "input.h"
#include "source.h"

/*
 * A recording, a pcap or a pcapng, whichever it is; "-" is standard input. Reads as it comes
 * what is no file. NULL: it cannot be done, said why on standard error.
 */
struct source *source_file_new(const char *path);

/* The source owns the input, which is at its beginning, even if NULL is returned. */
struct source *source_pcap_new(struct input *in);
/* Name and version of the library that reads captures. */
const char *source_pcap_library(void);

struct source *source_recording_new(struct input *in);

/*
 * What poll() begins with. False: nothing is there yet, and nothing is lost by
 * returning 0, for what was told so far may be shown.
 */
static inline bool source_file_wait(struct input *in, int timeout_ms)
{
	return !input_is_stream(in) || input_wait(in, timeout_ms);
}

/* What poll() ends with: 0 where the next one may have to wait. */
static inline int source_file_more(const struct input *in)
{
	return input_is_stream(in) && input_has_more(in) ? SOURCE_MORE : 0;
}

#endif
