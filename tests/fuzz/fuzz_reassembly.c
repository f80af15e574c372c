// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * IP fragments in any order, of several datagrams, cut by the capture, some of
 * them lies. Each byte of a datagram follows from whose it is and where it
 * stands: what comes out as whole must be that datagram's, in full.
 */
#include "fuzz.h"

#include "reassembly.h"

#define MAX_FRAGMENTS 400
#define SECOND 1000000000ULL

struct key {
	uint8_t id, from;
	uint16_t length;	/* of the UDP datagram with its header */
};

/* The second half of the ids have longer datagrams. */
static struct key key_of(uint8_t choice)
{
	struct key key = { .id = choice & 0x3f, .from = choice >> 6 & 1 };

	key.length = 8 + key.id * (key.id & 0x20 ? 1000 : 16);
	return key;
}

/* The UDP header is at its begin (RFC 768); all else is one number. */
static uint8_t byte_of(const struct key *key, uint32_t at)
{
	const uint8_t header[8] = { 0x11, 0x51, 0x11, 0x52, key->length >> 8, key->length };

	return at < 8 ? header[at] : (uint8_t)(key->id * 5 + key->from * 77 + at * 11 + (at >> 8));
}

static void check_whole(const struct packet *whole, const struct key *key)
{
	struct key of;

	fuzz_check(whole->captured <= whole->length);
	of = key_of(whole->source.ip[15] << 6 | whole->fragment_id);
	fuzz_check(of.id == key->id && of.from == key->from);
	fuzz_check(whole->length == key->length - 8u);
	fuzz_check(whole->source.port == 0x1151 && whole->destination.port == 0x1152);
	for (uint32_t i = 0; i < whole->captured; i++)
		fuzz_check(whole->payload[i] == byte_of(key, 8 + i));
}

/* How a fragment is cut is the fuzzer's; its bytes are those of the datagram. */
static void take(struct reassembly *r, struct fuzz_cursor *c, uint64_t *now)
{
	uint8_t choice = fuzz_u8(c), how = fuzz_u8(c);
	struct key key = key_of(choice);
	uint32_t begin = fuzz_u16(c) % (key.length + 1), end = begin + fuzz_u16(c), lost;
	struct packet fragment = { .ipv4 = true, .fragment_id = key.id }, whole;
	uint8_t *bytes;

	begin = how & 1 ? 0 : begin & ~7u;
	end = how & 2 || end > key.length ? key.length : begin + ((end - begin) & ~7u);
	fragment.source.ip[15] = key.from;
	fragment.fragment_offset = begin;
	fragment.more_fragments = end < key.length;
	fragment.length = end > begin ? end - begin : 0;
	fragment.captured = how & 4 ? fragment.length / 2 : fragment.length;
	if (how & 8)	/* a lie */
		fragment.more_fragments = !fragment.more_fragments;
	*now += (how >> 4) * SECOND;
	bytes = malloc(fragment.captured + !fragment.captured);
	fuzz_check(bytes);
	for (uint32_t i = 0; i < fragment.captured; i++)
		bytes[i] = byte_of(&key, begin + i);
	fragment.payload = bytes;
	if (reassembly_take(r, &fragment, *now, &whole, &lost) == REASSEMBLY_WHOLE)
		check_whole(&whole, &key);
	fuzz_check(reassembly_waiting(r) <= 1000 && lost <= 1000);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_cursor c = { data, size };
	struct reassembly *r = reassembly_new();
	uint64_t now = SECOND;

	fuzz_check(r);
	for (int i = 0; i < MAX_FRAGMENTS && c.left; i++)
		take(r, &c, &now);
	reassembly_free(r);
	return 0;
}
