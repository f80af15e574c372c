/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A copy of a capture with comments on packets, as pcapng (draft-ietf-opsawg-pcapng). A pcapng is copied block by
 * block: only blocks of packets with a comment change, and section lengths, which become "not given". The packets of
 * a pcap become Enhanced Packet Blocks with the resolution of their time stamps.
 */
#ifndef DTLSNOOP_ANNOTATE_H
#define DTLSNOOP_ANNOTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "annotation.h"

/*
 * Copy the file `path` to `out`; `list` is sorted by packet. False if it cannot be read or is malformed, with a
 * message that says where; all before that is copied. A file that ends within a packet is copied up to there, with a
 * message. Whether all was written, ferror(out) tells.
 */
bool annotate_copy(const char *path, FILE *out, const struct annotation *list, size_t num);

/* The same, of a stream; `name` is for messages. */
bool annotate_stream(const char *name, FILE *in, FILE *out, const struct annotation *list, size_t num);

#endif
