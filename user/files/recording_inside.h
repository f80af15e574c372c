/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the files that read recordings. Nothing else includes this. */
#ifndef DTLSNOOP_RECORDING_INSIDE_H
#define DTLSNOOP_RECORDING_INSIDE_H

#include "recording.h"

/* Note what is wrong with the current chunk. Returns RECORDING_BROKEN. */
__attribute__((format(printf, 2, 3)))
enum recording_result recording_broken(struct recording_reader *r, const char *format, ...);

/* Make the event from `len` bytes of r->content. Returns RECORDING_ENTRY, or why not. */
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

/* Convert a number of the file to this machine's byte order, in place. */
#define SWAP(r, field) \
	((field) = _Generic((field), uint16_t: recording_swap16, uint32_t: recording_swap32, int32_t: recording_swap32, default: recording_swap64)(r, field))

#endif
