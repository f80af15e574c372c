/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Display filters for Wireshark: each verdict's row has a template of the one that
 * shows what it rests on. What stands in braces is filled in from the handshake.
 */
#ifndef DTLSNOOP_DISPLAY_FILTER_H
#define DTLSNOOP_DISPLAY_FILTER_H

#include <stddef.h>

#include "state.h"

struct handshake;

/*
 * Fill in `pattern` about `h` and `role`, the side that its verdict is about. What
 * does not fit in `size` bytes: nothing is written, for half a filter shows something else.
 *
 *	{flow}		all datagrams between the two addresses
 *	{client} {server} {role} {peer}		what that side sends
 *	{stray}		what comes to the client from the address that answered instead
 *	{hole}		the message of which a part is missing
 *	{split}		the message that two sockets have parts of
 *	{passed}	the UDP length of the largest datagram that gets there
 *	{buffer}	that of the largest that fits in the reader's buffer
 */
void display_filter_write(char *out, size_t size, const char *pattern, const struct handshake *h,
		  enum party_role role);

#endif
