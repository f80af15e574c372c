/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hash tables of uthash that outlive a lack of memory: what HASH_ADD() could not add has `hh.tbl` NULL, and is in no table. */
#ifndef DTLSNOOP_HASH_H
#define DTLSNOOP_HASH_H

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* An element with this value of its member `key`, which no other has, and all else 0, added to a table; NULL: out of memory. */
#define HASH_NEW(table, key, value) ({ \
	__auto_type new_element = (table); \
	new_element = calloc(1, sizeof(*new_element)); \
	if (new_element) { \
		new_element->key = (value); \
		HASH_ADD(hh, table, key, sizeof(new_element->key), new_element); \
		if (!new_element->hh.tbl) { \
			free(new_element); \
			new_element = NULL; \
		} \
	} \
	new_element; \
})

#endif
