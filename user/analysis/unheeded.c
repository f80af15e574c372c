// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "unheeded.h"

#include <string.h>

#include "fate.h"
#include "flights.h"
#include "progress.h"
#include "sighting.h"
#include "unheard.h"

#include "core.h"

/*
 * Has the receiver of this answer all that came of it, and repeats its own flight? In a capture that is
 * not known: the answer may have been lost after it was captured.
 */
static bool is_repeated_after(const struct handshake *h, const struct party *receiver, const struct flight *answer)
{
	const struct flight *own = &h->flights[receiver->flight];

	return receiver->local && answer->last_heard_ns >= answer->last_ns && flight_copies_after(own, answer->last_heard_ns + CROSSING_NS) &&
	       !(h->sees_reads && fate_has_unread(receiver, h->party[answer->from].flight));
}

/*
 * Has its receiver sent data since the last flight came? Only the keys that this flight confirms let it do so: it is done.
 * Who is on another host does not prove that before its peer sends data, too.
 */
static bool has_gone_on(const struct handshake *h, enum party_role from)
{
	enum party_role peer = party_peer(from);
	const struct flight *last = &h->flights[h->party[from].flight];
	uint64_t data_ns = progress_latest_data_ns(h, peer);
	uint64_t came_ns = h->captured ? last->last_ns : h->sees_reads ? last->heard_ns : last->queued_ns;

	if (!flight_rule(h, h->party[from].flight)->closes || !came_ns || data_ns <= came_ns)
		return false;
	return h->party[peer].local || (h->captured && h->repeats.exchanged_ns > came_ns);
}

/*
 * May its sender have sent these copies of an earlier flight itself? A HelloVerifyRequest comes for a ClientHello only
 * (RFC 6347 s4.2.1). Other flights have a timer; but if the last flight is numbered as the next one after the copies that came before
 * it, and no copy has a number that its ChangeCipherSpec should have had, then who sends the copies knows the last flight.
 */
static bool may_be_its_own(const struct handshake *h, enum party_role from, uint8_t earlier)
{
	const struct party *sender = &h->party[from];
	uint64_t latest_ns = h->flights[sender->flight].last_ns;

	if (earlier == FLIGHT_RETRY_REQUEST && !h->retry_seqs)
		return h->flights[FLIGHT_CLIENT_HELLO].latest_copy_ns > latest_ns ||
		       h->flights[FLIGHT_SECOND_HELLO].latest_copy_ns > latest_ns;
	return !sender->is_ccs_next || sender->is_contradicted;
}

/* Does its sender repeat an earlier flight, as if it had not come so far? */
static bool is_gone_back(const struct handshake *h, enum party_role from)
{
	const struct flight *flight = &h->flights[h->party[from].flight];
	/* Who sends data has sent its last flight, so an earlier copy was not its own. */
	uint64_t followed_ns = h->started_ns + h->repeats.followed_ms * MILLISECOND;
	uint64_t since = !h->is_dtls13 && flight->last_ns < followed_ns && flight_rule(h, h->party[from].flight)->closes ? followed_ns :
			 flight->last_ns;

	/* Another server may repeat that. */
	if (from == PARTY_SERVER && other_server_is_known(&h->other_server))
		return false;
	for (uint8_t n = FLIGHT_CLIENT_HELLO; n < h->party[from].flight; n++)
		if (h->flights[n].copies && h->flights[n].from == from && may_be_its_own(h, from, n) &&
		    (flight_copies_after(&h->flights[n], since + CROSSING_NS) >= 2 ||
		     flight_copies_after(&h->flights[n], since + DELAYED_NS)))
			return true;
	return false;
}

/*
 * A side that is here and has a timer repeats its flight until the last one comes, which it can verify. So what it does shows whether it has
 * accepted that, and copies of an earlier flight of its peer, which anybody may have recorded, show nothing.
 */
static bool shows_acceptance(const struct handshake *h, enum party_role from)
{
	const struct flight_rule *rule = flight_rule(h, h->party[from].flight);
	const struct party *receiver = &h->party[party_peer(from)];

	return rule->closes && receiver->local && receiver->flight == rule->answers &&
	       (receiver->timer_ns || h->flights[rule->answers].copies > 1);
}

static bool is_unheeded(const struct handshake *h, enum party_role from)
{
	const struct party *sender = &h->party[from], *receiver = &h->party[party_peer(from)];
	const struct flight *flight = &h->flights[sender->flight];

	/* A cookie request has no timer: it may come once, and be lost when it has to come again (RFC 6347 s4.2.4). */
	if (sender->flight <= FLIGHT_SECOND_HELLO || sender->view[POINT_SENT].any || sender->unheeded_flight ||
	    receiver->flight > sender->flight || flight->copies != 1)
		return false;
	/* DTLS 1.3: its receiver has acknowledged a part of it (RFC 9147 s7). */
	if (receiver->acks.last_ns > flight->first_ns)
		return false;
	return !has_gone_on(h, from) && (is_repeated_after(h, receiver, flight) || (!shows_acceptance(h, from) && is_gone_back(h, from)));
}

static uint8_t flight_before(const struct handshake *h, enum party_role from, uint8_t number)
{
	while (--number > FLIGHT_NONE)
		if (h->flights[number].copies && h->flights[number].from == from)
			break;
	return number;
}

/* The end of a handshake rests on these, so they are worth no more than the flight. */
static void set_endings_apart(struct party *sender)
{
	for (int point = 0; point < POINT_MAX; point++) {
		struct view *view = &sender->view[point];

		sender->unheeded_endings[point] = (struct view_endings){
			view->finished_ns, view->data_ns, view->answer_ns,
		};
		view->finished_ns = view->data_ns = view->answer_ns = 0;
	}
}

static void restore(uint64_t *ns, uint64_t apart)
{
	if (apart)
		*ns = apart;
}

static void restore_endings(struct party *sender)
{
	for (int point = 0; point < POINT_MAX; point++) {
		const struct view_endings *apart = &sender->unheeded_endings[point];
		struct view *view = &sender->view[point];

		restore(&view->finished_ns, apart->finished_ns);
		restore(&view->data_ns, apart->data_ns);
		restore(&view->answer_ns, apart->answer_ns);
	}
}

static void take_back(struct handshake *h, enum party_role from)
{
	struct party *sender = &h->party[from];
	uint8_t number = sender->flight, before = flight_before(h, from, number);

	h->party[party_peer(from)].undo.datagram = 0;
	/* What its receiver could not use may be its sender's own, who is not silent then. */
	if (flight_rule(h, number)->closes && h->flights[number].usable_ns)
		unheard_give_back(&h->party[party_peer(from)], h->flights[number].first_ns);
	if (number >= flight_of_closing(h, from))
		set_endings_apart(sender);
	sender->is_ccs_next = sender->is_contradicted = false;
	sender->ccs_seq = 0;
	sender->unheeded = h->flights[number];
	sender->unheeded_flight = number;
	memset(&h->flights[number], 0, sizeof(h->flights[number]));
	sender->flight = before;
	for (int point = 0; point < POINT_MAX; point++)
		if (sender->flight_at[point] > before)
			sender->flight_at[point] = before;
}

static void bring_back(struct handshake *h, struct party *sender)
{
	h->flights[sender->unheeded_flight] = sender->unheeded;
	sender->unheeded.copies = 0;
	if (sender->flight < sender->unheeded_flight)
		sender->flight = sender->unheeded_flight;
	restore_endings(sender);
}

void unheeded_restore(struct handshake *h, enum party_role from)
{
	if (h->party[from].unheeded.copies)
		bring_back(h, &h->party[from]);
}

/* Did its latest flight come before this one, which it answers or follows? Nobody sends that. */
static bool is_premature(const struct handshake *h, enum party_role from, uint8_t number)
{
	const struct party *sender = &h->party[from];

	return sender->flight > number && sender->flight > FLIGHT_SECOND_HELLO && !sender->view[POINT_SENT].any &&
	       h->flights[sender->flight].copies == 1 && !sender->unheeded_flight && !h->late && !h->midway &&
	       !h->events_lost;
}

void unheeded_came(struct handshake *h, enum party_role from, uint8_t number)
{
	struct party *sender = &h->party[from];

	if (h->flights[number].copies)
		return;
	if (number >= FLIGHT_SECOND_HELLO && is_premature(h, party_peer(from), number))
		take_back(h, party_peer(from));
	if (sender->unheeded.copies && sender->unheeded_flight == number)
		bring_back(h, sender);
}

bool unheeded_take_back(struct handshake *h)
{
	/* What was not seen may explain why the receiver goes on as it does. */
	if (h->events_lost || h->midway)
		return false;
	for (int role = 0; role < PARTY_MAX; role++)
		if (is_unheeded(h, role)) {
			take_back(h, role);
			return true;
		}
	return false;
}
