// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* When does a verdict hold? One function for each row of the table in verdict.c. */
#include "conditions.h"

#include <string.h>

#include "acks.h"
#include "errors.h"
#include "fate.h"
#include "dtls13.h"
#include "flights.h"
#include "hello_again.h"
#include "progress.h"

#include "core.h"

#define MS 1000000ULL
/* To verify and to sign takes time, on small machines more. */
#define CRYPTO_NS (200 * MS)

/* To send again what was sent before takes no time, but the application has to come to it. */
#define MIN_ANSWER_NS (500 * MS)

/* Copies of an encrypted flight of which one surely got there as a whole. */
#define ENCRYPTED_COPIES 5

/* Its sends fail, and its flight has not got out as a whole since. */
uint64_t condition_send_failed(const struct handshake *h, const struct verdict_options *opts,
			       enum party_role role)
{
	const struct send_failures *f = &h->party[role].failures;

	return errors_has_pending(f) ? f->first_ns + opts->floor_ns : NEVER;
}

/*
 * The port of `role` is unreachable, says ICMP, and nothing has been heard from
 * it since. A copy sent since may still be answered so; a second one in silence
 * would say that somebody listens by now, and so does one that was queued.
 */
uint64_t condition_port_unreachable(const struct handshake *h, const struct verdict_options *opts,
				    enum party_role role)
{
	const struct party *peer = &h->party[party_peer(role)];
	const struct flight *flight = &h->flights[peer->flight];

	if (!peer->flight || !peer->icmp.pending || flight->copies - peer->icmp.copies > 1 ||
	    flight->queued_ns > peer->icmp.last_ns)
		return NEVER;
	return peer->icmp.first_ns + opts->floor_ns;
}

/* It cut the flight it has to answer on reading, and has not read it whole in any copy. */
uint64_t condition_truncated_read(const struct handshake *h, const struct verdict_options *opts,
				  enum party_role role)
{
	uint8_t number = h->party[party_peer(role)].flight;
	const struct flight *flight = &h->flights[number];

	if (!flight->cut_ns || flight->read || h->party[role].flight > number)
		return NEVER;
	return flight->cut_ns + opts->floor_ns;
}

/* Was it dropped for want of room in the queue that the peer of `role` does not read? */
static bool is_queue_full(const struct handshake *h, enum party_role role, uint8_t drop)
{
	const char *name = drop ? h->drops[drop - 1].name : "";
	uint32_t unread;

	if (strcmp(name, "SOCKET_RCVBUFF") && strcmp(name, "PROTO_MEM"))
		return false;
	return h->sees_reads && fate_oldest_unread(h, party_peer(role), &unread);
}

/* Most copies of the flight that `role` has sent last lost something to this host's kernel. */
uint64_t condition_kernel_drop(const struct handshake *h, const struct verdict_options *opts,
			       enum party_role role)
{
	const struct party *peer = &h->party[party_peer(role)];
	uint8_t number = h->party[role].flight;
	const struct flight *flight = &h->flights[number];

	if (!flight->copies || 2 * flight->copies_dropped <= flight->copies)
		return NEVER;
	/* It got there all the same, or was answered. */
	if (flight->arrived || peer->flight > number || is_queue_full(h, role, flight->drop))
		return NEVER;
	return flight->first_ns + opts->floor_ns;
}

/* What it has to read lies in its queue, and it reads nothing. */
uint64_t condition_not_reading(const struct handshake *h, const struct verdict_options *opts,
			       enum party_role role)
{
	const struct arrival *oldest;
	uint32_t num;

	if (!h->sees_reads)
		return NEVER;
	oldest = fate_oldest_unread(h, role, &num);
	if (!oldest)
		return NEVER;
	return max_u64(oldest->since_ns, h->party[role].last_read_ns) +
	       max_u64(UNREAD_NS, opts->floor_ns);
}

/* It has read all of the flight that it has to answer, and has sent nothing since. */
uint64_t condition_silent_after_read(const struct handshake *h, const struct verdict_options *opts,
				     enum party_role role)
{
	const struct party *party = &h->party[role], *peer = &h->party[party_peer(role)];
	uint8_t number = peer->flight;
	const struct flight *flight = &h->flights[number];
	uint64_t from;

	if (!h->sees_reads || !flight->usable_ns || party->flight > number)
		return NEVER;
	/* What it sent since may not have been seen. */
	if (party->last_sent_ns > flight->usable_ns ||
	    (h->events_lost && flight->usable_ns <= h->lost_ns))
		return NEVER;
	if (number != FLIGHT_RETRY_REQUEST && !progress_expects_answer(h, number))
		return NEVER;
	/*
	 * A peer on this host that is on a timer and did not send it again owes that
	 * first: what was read here may have been lost behind, as in a proxy.
	 */
	if (number != FLIGHT_RETRY_REQUEST && peer->view[POINT_SENT].any && flight->copies < 2)
		return NEVER;
	from = flight->usable_ns + max_u64(CRYPTO_NS, opts->floor_ns);
	/* Until its own timer is due it owes nothing. */
	if (progress_expects_answer(h, party->flight))
		from = max_u64(from, party->last_sent_ns + handshake_timer_ns(h, role) + SECOND);
	return from;
}

/*
 * It sent the last flight; its peer repeats the one before, twice and more since it
 * can have got it, and the first of these repeats was read and not answered. That
 * is a MUST (RFC 6347 s4.2.4, RFC 9147 s7.1), so no timer has to be waited for.
 */
uint64_t condition_last_flight_not_resent(const struct handshake *h,
					  const struct verdict_options *opts, enum party_role role)
{
	const struct party *party = &h->party[role], *peer = &h->party[party_peer(role)];
	uint8_t last = flight_last(h);

	(void)opts;
	if (party->flight != last || peer->flight != flight_rule(h, last)->answers ||
	    !party->view[POINT_SENT].any || (!h->flights[last].complete && !flight_rule(h, last)->encrypted))
		return NEVER;
	/* It has got there, whatever else is seen: its peer has sent data after all that, or is just slow. */
	if (party->flight_at[POINT_QUEUED] == last || h->repeats.num < 2 ||
	    peer->view[handshake_counting_point(h, party_peer(role))].data_ns > h->repeats.ns[0])
		return NEVER;
	if (h->sees_reads && party->last_read_ns < h->repeats.ns[0])
		return NEVER;
	/* Or it did send it again, unseen. */
	if (h->events_lost && h->repeats.ns[0] <= h->lost_ns)
		return NEVER;
	/* One may be a replay, which nobody answers (RFC 9147 s4.5.1): then the other has to be left at that, too. */
	if (h->repeats.may_be_replays)
		return h->repeats.ns[1] + MIN_ANSWER_NS;
	return max_u64(h->repeats.ns[1], h->repeats.ns[0] + MIN_ANSWER_NS);
}

/* Has a part of its peer's next flight got to this side? */
static bool party_has_begun_answer(const struct handshake *h, enum party_role role)
{
	const struct party *peer = &h->party[party_peer(role)];

	/* A DTLS 1.3 server may send data before it has the client's flight (RFC 8446 s4.4.4): no answer. */
	if (h->is_dtls13 && h->party[role].flight == FLIGHT_CLIENT_FINISHED)
		return false;
	return peer->flight_at[handshake_receiving_point(h, party_peer(role))] > h->party[role].flight;
}

/* It sent its flight, got no answer and lets its timer pass. Seen at its own socket only. */
uint64_t condition_not_retransmitting(const struct handshake *h,
				      const struct verdict_options *opts, enum party_role role)
{
	const struct party *party = &h->party[role];
	const struct flight *flight = &h->flights[party->flight];

	if (!progress_is_waiting(h, role) || flight->copies >= PARTY_MANY_COPIES ||
	    !party->view[POINT_SENT].any)
		return NEVER;
	/* Its flight got there if it is being answered. Some stop their timer then; the rest is for its peer to repeat. */
	if (party_has_begun_answer(h, role))
		return NEVER;
	return progress_idle_since(h, role) +
	       max_u64(2 * handshake_timer_ns(h, role), opts->floor_ns);
}

/*
 * Is the answer of `role` still to come? That one has passed where a capture was
 * taken does not mean that it arrived: its peer goes on repeating itself.
 */
static bool is_awaited(const struct handshake *h, enum party_role role)
{
	enum party_role peer = party_peer(role);

	if (progress_is_waiting(h, peer))
		return true;
	/* What it said to the ClientHello was lost, or that would not come again. */
	if (role == PARTY_SERVER && h->party[role].flight == FLIGHT_RETRY_REQUEST && hello_again_ns(h))
		return true;
	return h->captured && progress_expects_answer(h, h->party[peer].flight) &&
	       !acks_are_latest(h, peer);
}

/*
 * To a ClientHello again a HelloVerifyRequest or HelloRetryRequest is due again
 * (s4.2.1); of a server that keeps state when its timer says so.
 */
static uint64_t cookie_owed_since(const struct handshake *h, const struct verdict_options *opts)
{
	uint64_t again = hello_again_ns(h);
	uint64_t timer = h->retry_seqs ? 2 * handshake_timer_ns(h, PARTY_SERVER) : 0;

	return again ? max_u64(again + opts->floor_ns, h->party[PARTY_SERVER].last_sent_ns + timer) : NEVER;
}

/*
 * Of a side on this host it is known what it got, and what it sent: it owes nothing
 * until the whole flight is there, and if it waits itself it may leave its peer's
 * repeats alone and follow its own timer, as OpenSSL and BoringSSL do.
 */
static uint64_t owed_since(const struct handshake *h, const struct verdict_options *opts,
			   enum party_role role)
{
	const struct party *party = &h->party[role], *peer = &h->party[party_peer(role)];
	const struct flight *flight = &h->flights[peer->flight];

	if (!party->local || h->events_lost)
		return 0;
	if (progress_is_waiting(h, role))
		return party->last_sent_ns + max_u64(2 * handshake_timer_ns(h, role), opts->floor_ns);
	/* Whose last flight was it: see last-flight-not-resent. */
	if (peer->flight < party->flight)
		return party->flight == FLIGHT_RETRY_REQUEST ? cookie_owed_since(h, opts) : NEVER;
	/* Whether all of it is there cannot be seen: more copies have to say so, and its own timer. */
	if (flight_rule(h, peer->flight)->encrypted)
		return peer->unheard_copies < ENCRYPTED_COPIES ? NEVER :
		       party->last_sent_ns + max_u64(2 * handshake_timer_ns(h, role), opts->floor_ns);
	return flight->usable_ns ? flight->usable_ns + opts->floor_ns : NEVER;
}

bool path_loses(const struct handshake *h, enum party_role from)
{
	const struct party *party = &h->party[from], *peer = &h->party[party_peer(from)];
	const struct flight *flight = &h->flights[party->flight];

	if (!peer->local)
		return false;
	return (!flight->arrived && !flight_rule(h, party->flight)->encrypted) || dtls13_is_lost(h, from) ||
	       flight->queued_ns <= peer->last_sent_ns;
}

uint64_t condition_silence(const struct handshake *h, const struct verdict_options *opts,
			   enum party_role role)
{
	const struct party *peer = &h->party[party_peer(role)];
	const struct flight *flight = &h->flights[peer->flight];
	uint64_t from;

	if (!is_awaited(h, role) || peer->unheard_copies < PARTY_MANY_COPIES ||
	    flight->copies < PARTY_MANY_COPIES ||
	    h->party[role].uncaptured || (h->captured && !peer->many_unheard_ns))
		return NEVER;
	/* The last of them is given a second to be answered; who has only just got it, the whole time. */
	from = max_u64(max_u64(peer->unheard_ns[0], flight->first_ns) + opts->floor_ns,
		       max_u64(peer->unheard_ns[PARTY_MANY_COPIES - 1],
			       flight->copy_ns[PARTY_MANY_COPIES - 1]) + SECOND);
	/* Of some of these but parts may have passed where a capture was taken. */
	if (h->captured)
		from = max_u64(from, peer->many_unheard_ns + SECOND);
	/* What the path loses is not owed: then it is the path that is called to account. */
	if (!path_loses(h, party_peer(role)))
		from = max_u64(from, owed_since(h, opts, role));
	if (from == NEVER)
		return NEVER;
	if (h->sees_reads && flight->read)
		return max_u64(from, flight->read_ns + opts->floor_ns);
	return flight->arrived ? max_u64(from, flight->arrived_ns + opts->floor_ns) : from;
}

uint64_t condition_peer_silent(const struct handshake *h, const struct verdict_options *opts,
			       enum party_role role)
{
	return h->party[role].last_sent_ns ? condition_silence(h, opts, role) : NEVER;
}

uint64_t condition_no_response(const struct handshake *h, const struct verdict_options *opts,
			       enum party_role role)
{
	return h->party[role].last_sent_ns ? NEVER : condition_silence(h, opts, role);
}
