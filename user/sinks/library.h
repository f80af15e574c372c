/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A library that only some options need. It is loaded when one of them is used: a link to it, and to the dozens of
 * libraries that it needs itself, would slow down every start, and dtlsnoop also runs where it is not installed.
 *
 *	#define FUNCTIONS(F) F(easy_init) F(easy_perform)
 *	#define POINTER(name) __typeof__(curl_##name) *name;
 *	static struct { FUNCTIONS(POINTER) } curl;
 *
 * Then curl.easy_init() is curl_easy_init(), with the types of the library's own header.
 */
#ifndef DTLSNOOP_LIBRARY_H
#define DTLSNOOP_LIBRARY_H

#include <stdbool.h>

struct library {
	const char *title;
	const char *package;	/* of Debian */
	const char *const *files;	/* it has one of these names; NULL at the end */
	const char *const *functions;	/* their names; NULL at the end */
	void *pointers;		/* to the functions, in the same order: library_load() sets them */
	bool is_loaded;
};

/*
 * Load it, if that was not done yet. False if it cannot be loaded. A message then says that `option` needs it; `option`
 * NULL: no message.
 */
bool library_load(struct library *lib, const char *option);

#endif
