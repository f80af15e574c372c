/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What source_file.c chooses from, once it has looked into the file. */
#ifndef DTLSNOOP_SOURCE_FILE_H
#define DTLSNOOP_SOURCE_FILE_H

#include <stdio.h>

#include "source.h"

/*
 * `fd` is open for reading, can be positioned and is at its beginning; the source
 * owns it, even if NULL is returned. `name` is for messages and must outlive it.
 */
struct source *source_pcap_new(int fd, const char *name);
/* Name and version of the library that reads captures. */
const char *source_pcap_library(void);

struct source *source_recording_new(int fd, const char *name);

#endif
