// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What may be said of the fault of a scenario, and what must, from where it is looked at. */
#include "truth_inside.h"

uint32_t truth_copies_after_fault(const struct world *w, enum party_role role)
{
	uint32_t num = 0, last = 0;

	for (uint32_t i = 0; i < w->num_log; i++) {
		const struct log_entry *entry = &w->log[i];
		const struct sim_datagram *dg = &w->datagrams[entry->datagram];

		if (entry->kind != LOG_SENT || entry->at != role || !dg->copy || entry->time < w->fault_ns ||
		    dg->copy == last || dg->num_fragments == 0 ||
		    dg->fragments[0].flight != w->ep[role].sent)
			continue;
		last = dg->copy;
		num++;
	}
	return num;
}

/*
 * Where this flight ends nobody can see (DTLS 1.3), nor hence that all of it came:
 * more copies have to say so, and what follows an ACK is no copy, but the rest.
 */
static bool is_hidden(const struct world *w, int flight)
{
	return w->sc->dtls13 && flight >= 0 && w->script->flights[flight].number >= 4;
}

/* Does its peer wait for the faulty side on a timer of its own, and repeat itself often enough to see it? */
static bool is_peer_repeating(const struct world *w)
{
	enum party_role peer = party_peer(w->sc->fault_side);
	/* A stack that has timers for each message counts its copies so. */
	uint32_t many = w->sc->stack[peer].timer_per_message ? MANY_COPIES * SCRIPT_MAX_MESSAGES :
			is_hidden(w, w->ep[peer].sent) ? HIDDEN_COPIES + 1 : MANY_COPIES + 1;

	/* Records of other lengths are no copies, as far as anybody can see. */
	if (is_hidden(w, w->ep[peer].sent) && peer_is(w->sc, peer, PEER_BORDERS))
		return false;
	return !w->ep[peer].completed && truth_copies_after_fault(w, peer) >= many;
}

/* It is known what it got, so its silence can be seen: unless it is hidden whether that was all. */
static bool expect_silent(const struct world *w, const struct observed *seen)
{
	enum party_role peer = party_peer(w->sc->fault_side);
	int flight = w->ep[peer].sent;

	if (is_hidden(w, flight))
		return observer_is_at(seen->observer, peer) && is_peer_repeating(w);
	/* If the first copy came in disorder, the others are replays, or go to the port before: not all stacks have it by then. */
	if ((peer_is(w->sc, peer, PEER_SAME_NUMBERS) || (w->moved_ns && peer == PARTY_SERVER)) && (w->sc->jitter_ns || w->sc->late))
		return false;
	/* Which record is a Finished a connection ID hides, and so if it came behind what is before it. */
	return w->sc->sees_reads && !(w->sc->cid[peer] && w->script->flights[flight].number >= 4);
}

/*
 * After the faulty client sent its second ClientHello came a plaintext ACK of the
 * first, late: of which it is, its record numbers say, which nobody looks at.
 */
static bool is_acked_late(const struct world *w)
{
	const struct endpoint *guilty = &w->ep[w->sc->fault_side];
	bool sent = false;

	for (uint32_t i = 0; i < w->num_log; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind == LOG_SENT && dg->from == guilty->role && dg->num_fragments &&
		    dg->fragments[0].flight == guilty->sent)
			sent = true;
		if (sent && w->log[i].kind == LOG_QUEUED && dg->from != guilty->role && dg->num_acked &&
		    dg->acked[0].flight < guilty->sent && w->script->flights[guilty->sent].number == 3)
			return true;
	}
	return false;
}

/* Of what comes so soon before a copy nobody can tell if it was read before. */
#define CROSSING_NS (600 * MS)

/* How many copies of its latest flight did this side send after answers, most of them a while after? */
static uint32_t copies_after_answers(const struct world *w, enum party_role role)
{
	uint64_t heard = 0;
	uint32_t num = 0, crossing = 0, last = 0;

	for (uint32_t i = 0; i < w->num_log; i++) {
		const struct log_entry *entry = &w->log[i];
		const struct sim_datagram *dg = &w->datagrams[entry->datagram];

		if (entry->kind == LOG_QUEUED && entry->at == role && entry->time + SECOND >= w->fault_ns)
			heard = entry->time;
		if (entry->kind != LOG_SENT || entry->at != role || !dg->copy || dg->copy == last || !dg->num_fragments ||
		    dg->fragments[0].flight != w->ep[role].sent)
			continue;
		last = dg->copy;
		if (heard && entry->time <= heard + CROSSING_NS)
			crossing++;
		else
			num += heard > 0;
	}
	return num > 2 * crossing ? num : 0;
}

/*
 * Does this side repeat itself often enough to see it, and each time in vain after an answer?
 * Which copy an answer belongs to, if the next is sent before it can come, nobody knows; nor if
 * a flight that never comes in order is of use.
 */
static bool is_repeating(const struct world *w, enum party_role role)
{
	uint64_t trip = w->sc->delay_ns[PARTY_CLIENT] + w->sc->delay_ns[PARTY_SERVER];

	return !w->ep[role].completed && copies_after_answers(w, role) > MANY_COPIES && trip < SECOND &&
	       !w->sc->jitter_ns && !w->sc->late && !w->sc->stack[role].timer_per_message &&
	       !is_hidden(w, w->ep[role].sent);
}

/*
 * One side discards what the other sends, and goes on repeating its own flight. Where the sender
 * breaks a rule, as all can see, it is to blame; of two keys that differ either may be wrong.
 */
static struct expected expect_refusal(const struct world *w, const struct observed *seen)
{
	enum party_role guilty = w->sc->fault_side, refuser = guilty;
	struct expected e = { .sides = BIT(SIDE(guilty)) };

	if (w->sc->fault == FAULT_SEQ_AGAIN || w->sc->fault == FAULT_NO_CID)
		refuser = party_peer(guilty);
	else if (w->sc->fault == FAULT_WRONG_KEY || w->sc->fault == FAULT_SAME_NUMBERS)
		e.sides |= BIT(VERDICT_SIDE_CLIENT) | BIT(VERDICT_SIDE_SERVER);
	/* It may discard all that comes, and wait. */
	if (refuser != guilty && (w->sc->stack[refuser].stops_at_first || w->sc->stack[refuser].timer_per_message))
		e.sides |= BIT(SIDE(refuser));
	if (!observer_is_at(seen->observer, refuser))
		e.sides |= NOBODY;
	/* A replay may be anybody's, unless its sender is seen to send it. */
	if (w->sc->fault == FAULT_SAME_NUMBERS)
		e.must = seen->observer == OBSERVER_BOTH && is_repeating(w, guilty);
	else if (observer_is_at(seen->observer, refuser))
		e.must = w->sc->sees_reads && is_repeating(w, refuser) && !is_hidden(w, w->ep[party_peer(refuser)].sent);
	return e;
}

/* The server asks for a cookie, and gets it, and asks again. */
static struct expected expect_cookie_loop(const struct world *w, const struct observed *seen)
{
	struct expected e = { .sides = BIT(VERDICT_SIDE_SERVER) | NOBODY };

	e.must = !observer_is_tap(seen->observer) && truth_copies_after_fault(w, PARTY_CLIENT) > MANY_COPIES + 1 &&
		 !w->sc->stack[PARTY_CLIENT].timer_per_message && !w->sc->jitter_ns && !w->sc->late;
	return e;
}

/* A goodbye that is encrypted looks like another copy (RFC 9147 s4), and nobody waits for an answer to it. */
static uint32_t num_goodbyes(const struct world *w, enum party_role role)
{
	for (uint32_t i = 0; i < w->num_log; i++)
		if (w->log[i].kind == LOG_SENT && w->log[i].at == role && w->datagrams[w->log[i].datagram].goodbye)
			return 1;
	return 0;
}

/* A later copy of the client's first flight overtook the first one: it looks as if the trace began later. */
static bool is_overtaken(const struct world *w)
{
	for (uint32_t i = 0; i < w->num_log; i++)
		if (w->log[i].kind == LOG_QUEUED && w->log[i].at == PARTY_SERVER)
			return w->datagrams[w->log[i].datagram].copy > 1;
	return false;
}

static struct expected expect_endpoint(const struct world *w, const struct observed *seen)
{
	enum party_role guilty = w->sc->fault_side;
	bool there = observer_is_at(seen->observer, guilty);
	struct expected e = { .sides = BIT(SIDE(guilty)) | (there ? 0 : NOBODY) };

	/* That its peer repeats stored bytes may be why it does not repeat the last flight. */
	if (peer_is(w->sc, party_peer(guilty), PEER_SAME_NUMBERS))
		e.sides |= BIT(SIDE(party_peer(guilty)));
	/* Which of the two ClientHellos a server has answered nobody can see, if both came before. */
	if (w->sc->fault == FAULT_RESTART && (!w->answered_ns || w->answered_ns + w->sc->delay_ns[PARTY_SERVER] >= w->restarted_ns)) {
		e.sides |= BIT(VERDICT_SIDE_CLIENT) | NOBODY;
		return e;
	}
	/* What DTLS 1.3 encrypts in the earlier association looks like an answer: of its epoch two bits are seen. */
	if (w->sc->fault == FAULT_RESTART && w->sc->key_update) {
		e.sides |= BIT(VERDICT_SIDE_CLIENT) | NOBODY;
		return e;
	}
	if (!there) {
		e.must = observer_is_at(seen->observer, party_peer(guilty)) && is_peer_repeating(w);
		/*
		 * It took a ClientHello in one piece, and repeats its HelloRetryRequest to one in many:
		 * that all of these get there nobody knows who is elsewhere.
		 */
		if (w->sc->fault == FAULT_HELLO_IGNORED && truth_copies_after_fault(w, guilty))
			e.must = false;
		/* What a DTLS 1.3 server sends after the handshake looks like its ACK, and as long as it comes it is not silent. */
		if (w->sc->dtls13 && seen->last.copies[party_peer(guilty)] < MANY_COPIES + num_goodbyes(w, party_peer(guilty)))
			e.must = false;
		return e;
	}
	switch (w->sc->fault) {
	case FAULT_NO_TIMER:
		/* Data that a DTLS 1.3 server sends too early looks like its answer. */
		e.must = !(w->sc->dtls13 && w->sc->false_start[PARTY_SERVER]) && !is_acked_late(w) &&
			 !(guilty == PARTY_CLIENT ? truth_may_be_acked(w) : is_overtaken(w));
		break;
	case FAULT_STOPS_READING: case FAULT_HELLO_IGNORED:
		e.must = w->sc->sees_reads;
		break;
	case FAULT_SILENT:
		e.must = expect_silent(w, seen);
		break;
	case FAULT_LAST_FLIGHT:
		/* Which record is a Finished a connection ID hides. */
		e.must = is_peer_repeating(w) && !w->sc->cid[PARTY_CLIENT] && !w->sc->cid[PARTY_SERVER];
		break;
	default:
		break;
	}
	return e;
}

/*
 * Of the faulty side's latest flight nothing gets through but what a connection ID
 * hides the type of (RFC 9146 s3). Then nobody there can tell if its Finished is sent
 * again, or data follows it: it is not silent, and of its flight no second copy is seen.
 */
static bool is_only_cid_heard(const struct world *w)
{
	bool any = false;

	if (w->sc->dtls13 || !w->sc->cid[w->sc->fault_side])
		return false;
	for (uint32_t i = 0; i < w->num_log; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind != LOG_QUEUED || dg->from != w->sc->fault_side)
			continue;
		for (uint32_t j = 0; j < dg->num_fragments; j++) {
			const struct sim_fragment *f = &dg->fragments[j];

			if (f->flight != w->ep[dg->from].sent)
				continue;
			if (!w->script->flights[f->flight].messages[f->message].epoch)
				return false;
			any = true;
		}
	}
	return any;
}

/* Seen from one end, the other's silence and the path's losses look alike. */
static struct expected expect_path(const struct world *w, const struct observed *seen)
{
	struct expected e = { .sides = NOBODY };

	if (seen->observer == OBSERVER_BOTH)
		return e;
	e.sides |= BIT(VERDICT_SIDE_CLIENT) | BIT(VERDICT_SIDE_SERVER);
	if (observer_is_at(seen->observer, PARTY_CLIENT))
		e.sides &= ~BIT(VERDICT_SIDE_CLIENT);
	if (observer_is_at(seen->observer, PARTY_SERVER))
		e.sides &= ~BIT(VERDICT_SIDE_SERVER);
	/* Who no longer hears anything, and repeats itself. */
	e.must = observer_is_at(seen->observer, party_peer(w->sc->fault_side)) && is_peer_repeating(w);
	/* Who hears a part of a flight that is encrypted: whether all of it came nobody can see, nor if its keys fit. */
	if (w->sc->fault == FAULT_SIZE && is_hidden(w, w->ep[w->sc->fault_side].sent))
		e.must = false;
	if (w->sc->fault == FAULT_SIZE && is_only_cid_heard(w))
		e.must = false;
	return e;
}

/* The server sends to the port before, from which nothing comes any more; behind the NAT, the client cannot see that. */
static struct expected expect_moved(const struct world *w, const struct observed *seen)
{
	struct expected e = { .sides = BIT(VERDICT_SIDE_SERVER) | NOBODY };

	if (observer_is_at(seen->observer, PARTY_CLIENT))
		/* What holds up a client that has a part of the server's flight may be the rest of that. */
		e.must = is_peer_repeating(w) && !w->ep[PARTY_CLIENT].num_received;
	else
		e.sides |= BIT(VERDICT_SIDE_CLIENT);
	return e;
}

/*
 * What is known of the port before is not known at the client's new port: how long the server's timer is by now, while the
 * client repeats its ClientHello there; and, where its hellos are missing, what is odd about its flight.
 */
static bool is_hidden_by_move(const struct world *w, const struct observed *seen)
{
	if (observer_is_at(seen->observer, PARTY_CLIENT))
		return false;
	return w->sc->fault_side == PARTY_SERVER ? w->sc->fault == FAULT_NO_TIMER && w->ep[PARTY_CLIENT].sent == 0 :
						  w->sc->fault == FAULT_NO_CID;
}

static struct expected expect_fault(const struct world *w, const struct observed *seen)
{
	struct expected none = { .sides = ~0u };

	switch (w->sc->fault) {
	case FAULT_ONE_WAY: case FAULT_PATH_DEAD: case FAULT_SIZE:
		return expect_path(w, seen);
	case FAULT_DIES:
		/* Its host is gone, and the tracer there with it. */
		if (observer_is_at(seen->observer, w->sc->fault_side))
			return none;
		return expect_endpoint(w, seen);
	case FAULT_ALERT:
		/* Where it is sent, an encrypted one is seen, too. After data of its length, it may answer close_notify. */
		none.must = w->sc->dtls13 && observer_is_at(seen->observer, w->sc->fault_side) &&
			    !peer_is(w->sc, PARTY_CLIENT, PEER_SHORT_RECORDS);
		/* fall through */
	case FAULT_CLOSES:
		none.sides = BIT(SIDE(w->sc->fault_side)) | NOBODY;
		return none;
	case FAULT_MOVED:
		return expect_moved(w, seen);
	case FAULT_COOKIE:
		return expect_cookie_loop(w, seen);
	case FAULT_IGNORES: case FAULT_WRONG_KEY: case FAULT_SEQ_AGAIN: case FAULT_NO_CID: case FAULT_SAME_NUMBERS:
	case FAULT_BORDERS:
		return expect_refusal(w, seen);
	default:
		return expect_endpoint(w, seen);
	}
}

struct expected truth_expect(const struct world *w, const struct observed *seen)
{
	struct expected e = expect_fault(w, seen);

	if (w->moved_ns && is_hidden_by_move(w, seen))
		e.must = false;
	return e;
}

uint32_t truth_sides(const struct world *w, const struct observed *seen)
{
	return truth_expect(w, seen).sides;
}
