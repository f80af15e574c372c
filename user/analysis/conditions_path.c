// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* When does a verdict about fragments, sizes and what of a flight gets there hold? */
#include "conditions.h"

#include <errno.h>

#include "acks.h"
#include "flights.h"
#include "dtls13.h"
#include "holes.h"
#include "progress.h"

#include "core.h"

#define HEADERS_LEN (DTLS_RECORD_HEADER_LEN + DTLS_MESSAGE_HEADER_LEN)
/*
 * UDP payload that every path takes, bytes: IPv6 guarantees 1280 (RFC 8200 s5),
 * less 48 of headers and some for a tunnel. What is smaller is not lost for its size.
 */
#define SAFE_LEN 1200
/* No path takes less: IPv4 guarantees 576 (RFC 791 s3.1), less headers. */
#define LEAST_LEN 500
/* Of a peer that repeats itself elsewhere this many copies were not just lost. */
#define MANY_UNSEEN_COPIES 5

/* From when on has the latest flight of `role` been sent often enough, and its third copy got time? */
static uint64_t many_copies_from(const struct handshake *h, const struct verdict_options *opts,
				 enum party_role role)
{
	const struct flight *flight = &h->flights[h->party[role].flight];

	if (flight->copies < PARTY_MANY_COPIES)
		return NEVER;
	return max_u64(flight->copy_ns[PARTY_MANY_COPIES - 1] + SECOND,
		       flight->first_ns + opts->floor_ns);
}

/* Can be seen here what gets to the host of `role`, or to where a capture was taken? */
static bool is_seen_arriving(const struct handshake *h, enum party_role role)
{
	return (h->party[role].local || (h->captured && !h->party[role].uncaptured)) &&
	       h->party[party_peer(role)].view[POINT_ARRIVED].any;
}

/* --- missing-fragment --- */

bool path_is_unsent(const struct handshake *h, enum party_role from)
{
	const struct party *party = &h->party[from];
	struct hole hole;

	if (!party->view[POINT_SENT].any || party->num_messages == HANDSHAKE_MAX_MESSAGES || h->events_lost ||
	    !party->flight || flight_rule(h, party->flight)->encrypted)
		return false;
	hole = hole_find(h, party->flight, POINT_SENT);
	return hole.kind == HOLE_BYTES || hole.kind == HOLE_MESSAGE;
}

bool path_find_hole(const struct handshake *h, enum party_role from, struct hole *out)
{
	const struct party *party = &h->party[from];
	const struct party *peer = &h->party[party_peer(from)];
	uint8_t number = party->flight;

	if (!number || flight_rule(h, number)->encrypted || peer->flight > number)
		return false;
	if (path_is_unsent(h, from)) {
		*out = hole_find(h, number, POINT_SENT);
		return true;
	}
	if (party->flight_at[POINT_ARRIVED] != number || !is_seen_arriving(h, party_peer(from)))
		return false;
	*out = hole_find(h, number, POINT_ARRIVED);
	if (out->kind == HOLE_END && party->may_have_finished)
		return false;
	/* An end that was not seen to be sent either may be none. */
	return out->kind != HOLE_NONE && (!party->view[POINT_SENT].any || h->flights[number].complete);
}

uint64_t condition_missing_fragment(const struct handshake *h, const struct verdict_options *opts,
				    enum party_role role)
{
	struct hole hole;

	return path_find_hole(h, role, &hole) ? many_copies_from(h, opts, role) : NEVER;
}

/* --- mtu-blackhole --- */

/* Both ends are here: does one size separate what arrives from what does not? */
static bool separates_arriving(const struct handshake *h, enum party_role from, struct path_mtu *out)
{
	const struct sizes *sizes = &h->party[from].sizes;

	if (!h->party[from].view[POINT_SENT].any || !is_seen_arriving(h, party_peer(from)))
		return false;
	/* Something of this very flight gets there: the path is open, and the peer is there. */
	if (h->party[from].flight_at[POINT_ARRIVED] != h->party[from].flight)
		return false;
	*out = (struct path_mtu){ .basis = MTU_BY_ARRIVAL, .passed = sizes->largest_arrived };
	for (uint32_t i = 0; i < sizes->num; i++) {
		if (sizes->each[i].arrived || sizes->each[i].sent < PARTY_MANY_COPIES)
			continue;
		if (sizes->each[i].length < out->passed || sizes->each[i].length < LEAST_LEN)
			return false;
		if (!out->lost || sizes->each[i].length < out->lost)
			out->lost = sizes->each[i].length;
	}
	/* If it uses smaller ones by now it will get through. */
	return out->passed && out->lost && sizes->largest_in_copy >= out->lost;
}

/*
 * Until when does the peer of `from` have to repeat itself to show that it has got
 * none of the copies that were sent while the verdict was waited for? One of these
 * may have got there, and the answer to it been lost.
 */
static uint64_t refuted_from(const struct handshake *h, const struct verdict_options *opts,
			     enum party_role from)
{
	const struct flight *flight = &h->flights[h->party[from].flight];
	uint64_t until = flight->first_ns + opts->floor_ns, latest = flight->first_ns;

	/* Of those beyond it is not known when they were begun. */
	if (flight->copies > FLIGHT_MAX_COPY_TIMES && flight->copy_ns[FLIGHT_MAX_COPY_TIMES - 1] < until)
		latest = until;
	for (uint32_t i = 0; latest < until && i < flight->copies && i < FLIGHT_MAX_COPY_TIMES; i++)
		if (flight->copy_ns[i] < until)
			latest = flight->copy_ns[i];
	return latest + handshake_round_trip_ns(h, from) + UNREAD_NS;
}

/* When was sent what `role` repeats? Of a copy some datagrams come late: they say no more than its first. */
static uint64_t repeated_ns(const struct handshake *h, enum party_role role)
{
	const struct flight *flight = &h->flights[h->party[role].flight];

	return flight_rule(h, h->party[role].flight)->encrypted ? flight->burst_ns : flight->latest_copy_ns;
}

/*
 * How large is what `from` goes on to send? The latest copy may have just begun; but
 * what was acknowledged since the one before (RFC 9147 s7) may be what was large in it.
 */
static uint32_t largest_of_late(const struct handshake *h, enum party_role from)
{
	const struct sizes *sizes = &h->party[from].sizes;
	uint64_t acked_ns = h->party[party_peer(from)].acks.last_ns;

	if (acks_are_latest(h, from))
		return 0;
	if (acked_ns > h->flights[h->party[from].flight].first_ns)
		return sizes->largest_in_copy;
	return max_u64(sizes->largest_in_copy, sizes->largest_before);
}

/*
 * The receiver is elsewhere: does one size separate what it answered from what it
 * does not, while it repeats itself? Of what nearly every path takes that says
 * little: it is said if nothing else could be the reason but a peer that ignores
 * plaintext. Of what is encrypted the keys may be wrong.
 */
static bool separates_answered(const struct handshake *h, enum party_role from, struct path_mtu *out)
{
	const struct party *party = &h->party[from], *peer = &h->party[party_peer(from)];
	const struct flight *flight = &h->flights[party->flight];
	const struct sizes *sizes = &party->sizes;
	uint32_t least = party->view[POINT_SENT].finished_ns || h->is_dtls13 ? SAFE_LEN : LEAST_LEN;

	if (!party->view[POINT_SENT].any || peer->local || flight->copies < PARTY_MANY_COPIES ||
	    !peer->flight || repeated_ns(h, party_peer(from)) < flight->copy_ns[PARTY_MANY_COPIES - 1] +
								handshake_round_trip_ns(h, from) + UNREAD_NS)
		return false;
	*out = (struct path_mtu){ .basis = MTU_BY_ANSWER };
	for (uint32_t i = 0; i < sizes->num; i++) {
		uint8_t answered = sizes->each[i].flights & ((1u << peer->flight) - 1);
		uint32_t length = sizes->each[i].length;

		if (answered && length > out->passed)
			out->passed = length;
		if (!answered && length > least && sizes->each[i].sent >= PARTY_MANY_COPIES &&
		    (!out->lost || length < out->lost))
			out->lost = length;
	}
	/* A copy in smaller datagrams was not answered either: it is not their size. */
	return out->passed && out->lost > out->passed && largest_of_late(h, from) >= out->lost;
}

/* The sender is elsewhere: what never comes would fill a datagram larger than any that came. */
static bool separates_holes(const struct handshake *h, enum party_role from, struct path_mtu *out)
{
	struct hole hole;

	if (h->party[from].view[POINT_SENT].any || !path_find_hole(h, from, &hole) ||
	    hole.kind != HOLE_BYTES)
		return false;
	*out = (struct path_mtu){
		.basis = MTU_BY_HOLE, .passed = h->party[from].sizes.largest_arrived,
		.lost = hole.end - hole.begin + HEADERS_LEN,
	};
	return out->lost > SAFE_LEN && out->lost > out->passed;
}

/* A router said so (RFC 1191, RFC 8201), and what was sent since was not answered either. */
static bool was_told(const struct handshake *h, enum party_role from, struct path_mtu *out)
{
	const struct party *party = &h->party[from];

	*out = (struct path_mtu){ .basis = MTU_BY_ICMP, .lost = party->sizes.largest_in_copy };
	return party->icmp.others && party->icmp.other_error == EMSGSIZE &&
	       progress_is_waiting(h, from) && h->flights[party->flight].copies > 1;
}

bool path_find_mtu(const struct handshake *h, enum party_role from, struct path_mtu *out)
{
	const struct party *party = &h->party[from];

	if (!party->flight || h->party[party_peer(from)].flight > party->flight ||
	    (h->party[party_peer(from)].local && h->flights[party->flight].arrived))
		return false;
	return was_told(h, from, out) || separates_arriving(h, from, out) ||
	       separates_answered(h, from, out) || separates_holes(h, from, out);
}

uint64_t condition_mtu_blackhole(const struct handshake *h, const struct verdict_options *opts,
				 enum party_role role)
{
	const struct flight *flight = &h->flights[h->party[role].flight];
	struct path_mtu mtu;

	if (!path_find_mtu(h, role, &mtu))
		return NEVER;
	if (mtu.basis == MTU_BY_ICMP)
		return flight->first_ns + opts->floor_ns;
	if (mtu.basis == MTU_BY_ANSWER && repeated_ns(h, party_peer(role)) < refuted_from(h, opts, role))
		return NEVER;
	return many_copies_from(h, opts, role);
}

/* --- hello-fragments-ignored --- */

const struct message *path_find_fragmented_hello(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT];

	for (uint32_t i = 0; i < client->num_messages; i++) {
		const struct message *msg = &client->messages[i];

		if (msg->msg_type == DTLS_MT_CLIENT_HELLO && msg->flight == client->flight &&
		    msg->fragmented)
			return msg;
	}
	return NULL;
}

/* The ClientHello came in fragments, all of them, was repeated, and is not answered. */
uint64_t condition_hello_fragments_ignored(const struct handshake *h,
					   const struct verdict_options *opts,
					   enum party_role role)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	const struct flight *flight = &h->flights[client->flight];
	const struct message *hello = path_find_fragmented_hello(h);
	uint64_t silent;

	if (role != PARTY_SERVER || !hello || !flight->complete || server->flight > client->flight)
		return NEVER;
	silent = condition_silence(h, opts, PARTY_SERVER);
	if (!server->local)	/* what is lost for its size is another matter */
		return hello->carried <= SAFE_LEN ? silent : NEVER;
	if (!h->sees_reads)
		return flight->arrived ? silent : NEVER;
	if (!flight->usable_ns || flight->copies < 2)
		return NEVER;
	/* It may well repeat the HelloRetryRequest that it has answered a ClientHello in one piece with. */
	if (server->last_sent_ns > flight->usable_ns &&
	    (!h->retry_seqs || server->flight != FLIGHT_RETRY_REQUEST ||
	     server->last_sent_ns > h->flights[FLIGHT_RETRY_REQUEST].last_ns))
		return NEVER;
	return max_u64(flight->copy_ns[1] + SECOND, flight->usable_ns + opts->floor_ns);
}

/* --- cannot-decrypt --- */

/* When did `role` begin to send its flight again for the second time after `since`? */
static uint64_t second_repeat_after(const struct handshake *h, enum party_role role, uint64_t since)
{
	const struct flight *flight = &h->flights[h->party[role].flight];
	uint32_t num = 0;

	for (uint32_t i = 1; i < flight->copies && i < FLIGHT_MAX_COPY_TIMES; i++)
		if (flight->copy_ns[i] > since && ++num == 2)
			return flight->copy_ns[i];
	/* Of those beyond only the latest is known. */
	return flight->copies >= FLIGHT_MAX_COPY_TIMES + 2 &&
	       flight->copy_ns[FLIGHT_MAX_COPY_TIMES - 1] > since ? flight->last_ns : NEVER;
}

/* Its peer's flight with the Finished is sent and sent again, and all it says is what it said before. */
uint64_t condition_cannot_decrypt(const struct handshake *h, const struct verdict_options *opts,
				  enum party_role role)
{
	enum party_role peer = party_peer(role);
	uint8_t number = h->party[peer].flight;
	const struct flight *flight = &h->flights[number];
	bool encrypted = flight_rule(h, number)->encrypted;	/* DTLS 1.3 */
	uint32_t copies = h->party[role].local ? PARTY_MANY_COPIES : MANY_UNSEEN_COPIES;
	uint64_t since;

	if (number < FLIGHT_SERVER_HELLO || h->party[role].flight > number)
		return NEVER;
	/*
	 * Where the server's flight ends is not known, nor thus that the client got all of it;
	 * what confirms may be lost behind where it passed each time.
	 */
	if (encrypted && (number != FLIGHT_CLIENT_FINISHED || dtls13_may_be_lost(h, peer)))
		return NEVER;
	if (!encrypted && (!flight->complete ||
			   !h->party[peer].view[handshake_counting_point(h, peer)].finished_ns))
		return NEVER;
	if (!encrypted && h->party[role].local && !flight->usable_ns)
		return NEVER;
	if (flight->copies < copies)
		return NEVER;
	since = max_u64(flight->first_ns, flight->lengths_arrived_ns);
	if (!encrypted && h->party[role].local)
		since = flight->usable_ns;
	/* What it repeats may have crossed the flight on its way. */
	since += handshake_round_trip_ns(h, peer);
	/*
	 * Its peer must have sent it again, too: what was read may have been lost behind,
	 * as in a proxy.
	 */
	return max_u64(second_repeat_after(h, role, since),
		       max_u64(many_copies_from(h, opts, peer), since + opts->floor_ns));
}
