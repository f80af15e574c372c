/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the two files that read recordings share; nobody else includes this. */
#ifndef DTLSNOOP_RECORDING_INSIDE_H
#define DTLSNOOP_RECORDING_INSIDE_H

#include "recording.h"

/* Say what is wrong with the chunk that is read. Returns RECORDING_BROKEN. */
__attribute__((format(printf, 2, 3)))
enum recording_result recording_broken(struct recording_reader *r, const char *format, ...);

/* From `len` bytes of r->content to the event as it was: RECORDING_ENTRY, or why not. */
enum recording_result recording_take_event(struct recording_reader *r, uint32_t len,
					   struct recording_entry *entry);

static inline uint16_t recording_swap16(const struct recording_reader *r, uint16_t number)
{
	return r->swap ? __builtin_bswap16(number) : number;
}

static inline uint32_t recording_swap32(const struct recording_reader *r, uint32_t number)
{
	return r->swap ? __builtin_bswap32(number) : number;
}

static inline uint64_t recording_swap64(const struct recording_reader *r, uint64_t number)
{
	return r->swap ? __builtin_bswap64(number) : number;
}

/* Turn a number of the file into one of this machine, in its place. */
#define SWAP(r, field) \
	((field) = _Generic((field), uint16_t: recording_swap16, uint32_t: recording_swap32, default: recording_swap64)(r, field))

#endif
