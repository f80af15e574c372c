/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the functions to hook are in a file: its symbols, read with libelf. The file is untrusted. */
#ifndef DTLSNOOP_LIBRARY_SYMBOLS_H
#define DTLSNOOP_LIBRARY_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/* Indexes of library_symbols[]. */
enum library_symbol {
#define SYMBOL(function, ...) LIBRARY_SYMBOL_##function,
#include "library_table.h"
	LIBRARY_SYMBOLS,
};

struct library_symbol_row {
	const char *function;
	enum event_library_name library;
	bool returns;			/* its return is hooked, too */
};

extern const struct library_symbol_row library_symbols[LIBRARY_SYMBOLS];

struct library_places {
	uint64_t offsets[LIBRARY_SYMBOLS];	/* in the file, of the function; 0: it has none of that name */
	uint32_t num;				/* how many it has */
	uint32_t libraries;			/* a bit (1 << enum event_library_name) for each library they are of */
	bool tells_mbedtls;			/* it has the function that tells the version of Mbed TLS */
	uint32_t versions[LIBRARY_LAST + 1];	/* of each library, as in struct event_library; 0: unknown */
};

/*
 * Find the functions in an open ELF file, and which version of a library it is of, as its own text for people tells. All 0 if
 * it is none, or has no symbols.
 */
void library_symbols_find(int fd, struct library_places *places);

#endif
