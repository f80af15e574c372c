/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The source for a file, and the sources that source_file.c chooses from. */
#ifndef DTLSNOOP_SOURCE_FILE_H
#define DTLSNOOP_SOURCE_FILE_H

#include "input.h"
#include "source.h"

/*
 * Open a recording, JSON lines, a pcap or a pcapng; "-" is standard input. What is not a file is read as it
 * comes. NULL on failure, with a message on standard error.
 */
struct source *source_file_new(const char *path);

/* The source owns the input, even if this returns NULL. The input must be at its beginning. */
struct source *source_pcap_new(struct input *in);
/* Name and version of libpcap. */
const char *source_pcap_library(void);

struct source *source_recording_new(struct input *in);

/* JSON lines of schema 2 that hold all of each datagram (--output json -v). */
struct source *source_json_new(struct input *in);

/*
 * poll() begins with this. False: nothing can be read yet. poll() then returns 0, so that
 * everything reported so far is shown.
 */
static inline bool source_file_wait(struct input *in, int timeout_ms)
{
	return !input_is_stream(in) || input_wait(in, timeout_ms);
}

/* poll() ends with this. Returns 0 if the next call may have to wait. */
static inline int source_file_more(const struct input *in)
{
	return input_is_stream(in) && input_has_more(in) ? SOURCE_MORE : 0;
}

#endif
