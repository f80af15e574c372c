// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "reassembly.h"

#include <stdlib.h>
#include <string.h>

/* Datagrams at a time; one more replaces the oldest. The fuzz targets have fewer. */
#ifndef REASSEMBLY_PLACES
#define REASSEMBLY_PLACES 32
#endif
#define MAX_FRAGMENTS 64	/* a datagram of 64 KB needs 54 with the smallest IPv6 MTU */
#define MAX_LENGTH 65535
/* The time for which Linux keeps fragments (net.ipv4.ipfrag_time). */
#define KEEP_NS UINT64_C(30000000000)

struct piece {
	uint32_t begin, end;
};

struct place {
	bool used;
	struct packet first;	/* has source, destination and id */
	uint64_t since;
	uint32_t length;	/* of the datagram; 0: not known yet */
	uint32_t received;	/* bytes of all pieces */
	uint32_t captured;	/* all bytes before this offset were captured */
	uint32_t num_pieces;
	struct piece pieces[MAX_FRAGMENTS];
	uint8_t data[MAX_LENGTH];
};

struct reassembly {
	struct place places[REASSEMBLY_PLACES];
};

struct reassembly *reassembly_new(void)
{
	return calloc(1, sizeof(struct reassembly));
}

void reassembly_free(struct reassembly *r)
{
	free(r);
}

uint32_t reassembly_waiting(const struct reassembly *r)
{
	uint32_t num = 0;

	for (int i = 0; i < REASSEMBLY_PLACES; i++)
		num += r->places[i].used;
	return num;
}

static bool is_of(const struct place *place, const struct packet *fragment)
{
	const struct packet *first = &place->first;

	return place->used && first->ipv4 == fragment->ipv4 && first->fragment_id == fragment->fragment_id &&
	       !memcmp(first->source.ip, fragment->source.ip, sizeof(first->source.ip)) &&
	       !memcmp(first->destination.ip, fragment->destination.ip, sizeof(first->destination.ip));
}

static uint32_t expire(struct reassembly *r, uint64_t now)
{
	uint32_t num = 0;

	for (int i = 0; i < REASSEMBLY_PLACES; i++) {
		struct place *place = &r->places[i];

		if (place->used && now > place->since && now - place->since > KEEP_NS) {
			place->used = false;
			num++;
		}
	}
	return num;
}

/*
 * Find the place that waits for this fragment, or begin a new one. The oldest place is reused if
 * all are taken.
 */
static struct place *find(struct reassembly *r, const struct packet *fragment, uint64_t now,
			  uint32_t *num_lost)
{
	struct place *place = NULL;

	for (int i = 0; i < REASSEMBLY_PLACES; i++)
		if (is_of(&r->places[i], fragment))
			return &r->places[i];
	for (int i = 0; i < REASSEMBLY_PLACES; i++) {
		if (!r->places[i].used) {
			place = &r->places[i];
			break;
		}
		if (!place || r->places[i].since < place->since)
			place = &r->places[i];
	}
	*num_lost += place->used;
	place->used = true;
	place->first = *fragment;
	place->since = now;
	place->length = place->received = place->num_pieces = 0;
	place->captured = MAX_LENGTH;
	return place;
}

/* Did exactly this piece arrive before, so that the fragment is a duplicate? */
static bool is_repeated(const struct place *place, uint32_t begin, uint32_t end)
{
	for (uint32_t i = 0; i < place->num_pieces; i++)
		if (place->pieces[i].begin == begin && place->pieces[i].end == end)
			return true;
	return false;
}

/* Overlapping fragments can be read in two ways: an attack (RFC 5722, RFC 1858). */
static bool contradicts(const struct place *place, const struct packet *fragment)
{
	uint32_t begin = fragment->fragment_offset, end = begin + fragment->length;

	if (end > MAX_LENGTH || place->num_pieces == MAX_FRAGMENTS || begin == end)
		return true;
	/*
	 * Only the last one may have a length that is no multiple of 8 (RFC 791 s3.2). None may lie
	 * after the last.
	 */
	if (fragment->more_fragments ? fragment->length % 8 || (place->length && end > place->length) :
				       place->length && end != place->length)
		return true;
	for (uint32_t i = 0; i < place->num_pieces; i++) {
		if (begin < place->pieces[i].end && place->pieces[i].begin < end)
			return true;
		if (!fragment->more_fragments && place->pieces[i].end > end)
			return true;
	}
	return false;
}

static void add(struct place *place, const struct packet *fragment)
{
	uint32_t begin = fragment->fragment_offset, end = begin + fragment->length;

	place->pieces[place->num_pieces++] = (struct piece){ begin, end };
	place->received += fragment->length;
	memcpy(place->data + begin, fragment->payload, fragment->captured);
	if (fragment->captured < fragment->length && begin + fragment->captured < place->captured)
		place->captured = begin + fragment->captured;
	if (!fragment->more_fragments)
		place->length = end;
}

enum reassembly_result reassembly_take(struct reassembly *r, const struct packet *fragment,
				       uint64_t now, struct packet *whole, uint32_t *num_lost)
{
	struct place *place;

	*num_lost = expire(r, now);
	place = find(r, fragment, now, num_lost);
	if (is_repeated(place, fragment->fragment_offset, fragment->fragment_offset + fragment->length))
		return REASSEMBLY_WAITS;
	if (contradicts(place, fragment)) {
		place->used = false;
		return REASSEMBLY_MALFORMED;
	}
	add(place, fragment);
	if (!place->length || place->received != place->length)
		return REASSEMBLY_WAITS;
	place->used = false;
	*whole = place->first;
	whole->payload = place->data;
	whole->length = place->length;
	whole->captured = place->captured < place->length ? place->captured : place->length;
	return packet_parse_whole(whole) == PACKET_UDP ? REASSEMBLY_WHOLE : REASSEMBLY_MALFORMED;
}
