/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Display filters for Wireshark: each verdict's row has a template for the filter that
 * shows its evidence. Names in braces are replaced with values of the handshake.
 */
#ifndef DTLSNOOP_DISPLAY_FILTER_H
#define DTLSNOOP_DISPLAY_FILTER_H

#include <stddef.h>

#include "state.h"

struct claim;
struct handshake;

/*
 * Fill in `pattern` for `h` and `role`, the side that its verdict is about. If the filter
 * does not fit in `size` bytes, nothing is written: half a filter would show other datagrams.
 *
 *	{flow}		all datagrams between the two addresses
 *	{client} {server} {role} {peer}		all datagrams of that side
 *	{stray}		all datagrams to the client from the unexpected address that answered
 *	{hole}		the message with a missing part
 *	{split}		the message with parts at two sockets
 *	{passed}	the UDP length of the largest datagram that arrives
 *	{buffer}	the UDP length of the largest datagram that fits in the reader's buffer
 */
void display_filter_write(char *out, size_t size, const char *pattern, const struct handshake *h,
		  const struct claim *claim);

#endif
