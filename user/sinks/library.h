/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A library that only some options need. It is loaded when one of them is used: a link to it, and to the dozens of
 * libraries that it needs itself, would slow down every start, and dtlsnoop also runs where it is not installed.
 * A static dtlsnoop (make static, DTLSNOOP_STATIC) can load nothing: it is linked with the library.
 *
 *	#define FUNCTIONS(F) F(easy_init) F(easy_perform)
 *	#define POINTER(name) __typeof__(curl_##name) *name;
 *	#define LINKED(name) LIBRARY_LINKED(curl_##name)
 *	static struct { FUNCTIONS(POINTER) } curl = { FUNCTIONS(LINKED) };
 *
 * Then curl.easy_init() is curl_easy_init(), with the types of the library's own header: after library_load(), in both.
 */
#ifndef DTLSNOOP_LIBRARY_H
#define DTLSNOOP_LIBRARY_H

#include <stdbool.h>

#ifdef DTLSNOOP_STATIC
#define LIBRARY_LINKED(function) function,
#else
#define LIBRARY_LINKED(function) NULL,
#endif

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
 * NULL: no message. In a static dtlsnoop, nothing is to be done.
 */
bool library_load(struct library *lib, const char *option);

/*
 * Call this before any name of a user, a group, a service or a host is looked up. The C library of a static dtlsnoop
 * then looks into files and asks name servers, and never loads a module that /etc/nsswitch.conf names: this would have
 * been built for another C library. Otherwise, it does nothing.
 */
void library_load_no_names(void);

/* What a static dtlsnoop lacks, as a line of --version; empty for the other one. */
const char *library_limits(void);

#endif
