// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hello_assembly.h"

#include <stddef.h>
#include <string.h>

#include "core.h"

/* Ids are consecutive, so the slots are those of the latest handshakes. */
static uint32_t slot_of(uint64_t handshake, enum party_role from)
{
	return (handshake * PARTY_MAX + from) & (HELLO_ASSEMBLIES - 1);
}

static bool is_of(const struct hello_assembly *a, uint64_t handshake,
		  const struct hello_fragment *fragment)
{
	const struct dtls_message *msg = fragment->msg;

	return a->handshake == handshake && a->from == fragment->from &&
	       a->msg_type == msg->msg_type && a->message_seq == msg->message_seq &&
	       a->length == msg->length;
}

/*
 * The slot keeps its content if that belongs to a later handshake, or to a later
 * message of this one: then the fragment is a retransmission of a known message.
 */
static bool is_newer(const struct hello_assembly *a, uint64_t handshake,
		     const struct dtls_message *msg)
{
	return a->handshake < handshake ||
	       (a->handshake == handshake && a->message_seq <= msg->message_seq);
}

static void assembly_begin(struct hello_assembly *a, uint64_t handshake,
			   const struct hello_fragment *fragment)
{
	a->handshake = handshake;
	a->from = fragment->from;
	a->msg_type = fragment->msg->msg_type;
	a->message_seq = fragment->msg->message_seq;
	a->length = fragment->msg->length;
	memset(&a->have, 0, sizeof(a->have));
}

/* How many bytes of the fragment are within the bound? */
static uint32_t bounded_len(const struct hello_fragment *fragment)
{
	uint32_t begin = fragment->msg->fragment_offset;

	if (begin >= HELLO_ASSEMBLY_MAX)
		return 0;
	return fragment->len < HELLO_ASSEMBLY_MAX - begin ? fragment->len : HELLO_ASSEMBLY_MAX - begin;
}

/* Copy the bytes that are new. */
static void assembly_fill(struct hello_assembly *a, const struct hello_fragment *fragment)
{
	uint32_t begin = fragment->msg->fragment_offset, len = bounded_len(fragment), at = begin;

	for (uint32_t i = 0; i < a->have.num_ranges && at < begin + len; i++) {
		const struct coverage_range *range = &a->have.ranges[i];

		if (range->begin > at) {
			uint32_t end = range->begin < begin + len ? range->begin : begin + len;

			memcpy(a->bytes + at, fragment->bytes + at - begin, end - at);
		}
		if (range->end > at)
			at = range->end;
	}
	if (at < begin + len)
		memcpy(a->bytes + at, fragment->bytes + at - begin, begin + len - at);
	if (len)
		coverage_add(&a->have, begin, len);
}

static uint32_t prefix_len(const struct hello_assembly *a)
{
	return a->have.num_ranges && !a->have.ranges[0].begin ? a->have.ranges[0].end : 0;
}

uint32_t hello_assembly_add(struct hello_assemblies *all, uint64_t handshake,
			    const struct hello_fragment *fragment, const uint8_t **out_bytes)
{
	const struct dtls_message *msg = fragment->msg;
	struct hello_assembly *a = all ? &all->slots[slot_of(handshake, fragment->from)] : NULL;

	if (a && !is_of(a, handshake, fragment)) {
		if (is_newer(a, handshake, msg))
			assembly_begin(a, handshake, fragment);
		else
			a = NULL;
	}
	if (a) {
		assembly_fill(a, fragment);
		*out_bytes = a->bytes;
		return prefix_len(a);
	}
	*out_bytes = fragment->bytes;
	return msg->fragment_offset ? 0 : fragment->len;
}

bool hello_assembly_contradicts(const struct hello_assemblies *all, uint64_t handshake,
				const struct hello_fragment *fragment)
{
	uint32_t first = fragment->msg->fragment_offset, end = first + bounded_len(fragment);
	const struct hello_assembly *a;

	if (!all)
		return false;
	a = &all->slots[slot_of(handshake, fragment->from)];
	if (!is_of(a, handshake, fragment))
		return false;
	/* One datagram has all of it, and nobody knows who sent the pieces. */
	if (fragment->len == fragment->msg->length && prefix_len(a) < a->length)
		return false;
	for (uint32_t i = 0; i < a->have.num_ranges; i++) {
		uint32_t from = a->have.ranges[i].begin > first ? a->have.ranges[i].begin : first;
		uint32_t to = a->have.ranges[i].end < end ? a->have.ranges[i].end : end;

		if (from < to && memcmp(a->bytes + from, fragment->bytes + from - first, to - from))
			return true;
	}
	return false;
}

void hello_assembly_forget(struct hello_assemblies *all, uint64_t handshake, enum party_role from)
{
	struct hello_assembly *a = all ? &all->slots[slot_of(handshake, from)] : NULL;

	if (a && a->handshake == handshake && a->from == from)
		memset(a, 0, sizeof(*a));
}
