// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What may be said of a healthy handshake on its way, since it is true until it moves again. */
#include "truth_inside.h"

#include <string.h>

/* Has this flight of the script been sent, or got by its receiver, by then? */
bool truth_has_happened(const struct world *w, enum log_kind kind, int flight, uint64_t until)
{
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= until; i++) {
		const struct log_entry *entry = &w->log[i];
		const struct sim_datagram *dg = &w->datagrams[entry->datagram];

		if (entry->kind != kind)
			continue;
		if (kind == LOG_GOT_FLIGHT ? entry->datagram == flight :
		    dg->num_fragments && dg->fragments[dg->num_fragments - 1].flight >= flight)
			return true;
	}
	return false;
}

/*
 * Of which role is the flight that is not answered, if `side` owes the answer? What
 * was seen of it counts, not what was lost: an answer that is lost once is enough, if
 * its sender ignores repeats and follows a longer timer of its own, as OpenSSL does.
 * Who is elsewhere sees the copies, and cannot tell.
 */
static bool is_unanswered(const struct said *said)
{
	if (said->side == VERDICT_SIDE_CLIENT)
		return said->copies[PARTY_SERVER] >= MANY_COPIES;
	if (said->side == VERDICT_SIDE_SERVER)
		return said->copies[PARTY_CLIENT] >= MANY_COPIES;
	if (said->side == VERDICT_SIDE_NETWORK)
		return said->copies[PARTY_CLIENT] >= MANY_COPIES || said->copies[PARTY_SERVER] >= MANY_COPIES;
	return false;
}

/* The client has another port by then, and this came for the one before: that is another handshake, as far as is seen. */
static bool is_at_port_before(const struct world *w, const struct sim_datagram *dg, uint64_t until)
{
	return w->moved_ns && until >= w->moved_ns && dg->from == PARTY_SERVER && !dg->port;
}

/*
 * In how many copies was this message sent by then, if some of its bytes are in
 * none that was seen, where `seen` is LOG_QUEUED or LOG_TAPPED? LOG_GOT_FLIGHT:
 * never mind which were.
 */
static uint32_t lost_copies(const struct world *w, int flight, uint32_t message, uint64_t until,
			    enum log_kind seen)
{
	static uint8_t there[SCRIPT_MAX_MESSAGE];
	const struct script_message *m = &w->script->flights[flight].messages[message];
	uint32_t num = 0, last = 0;
	bool any = false;

	memset(there, 0, m->len);
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= until; i++) {
		const struct log_entry *entry = &w->log[i];
		const struct sim_datagram *dg = &w->datagrams[entry->datagram];

		if (entry->kind == LOG_GOT_FLIGHT || (entry->kind != LOG_SENT && (entry->kind != seen || is_at_port_before(w, dg, until))))
			continue;
		for (uint32_t j = 0; j < dg->num_fragments; j++) {
			const struct sim_fragment *f = &dg->fragments[j];

			if (f->flight != flight || f->message != message)
				continue;
			if (entry->kind == seen) {
				memset(there + f->off, 1, f->len);
				any = true;
			} else if (dg->copy != last) {
				last = dg->copy;
				num++;
			}
		}
	}
	return any && (!m->len || !memchr(there, 0, m->len)) ? 0 : num;
}

static bool has_lost_message(const struct world *w, int flight, uint64_t until, enum log_kind seen)
{
	for (uint32_t i = 0; flight >= 0 && i < w->script->flights[flight].num; i++)
		if (lost_copies(w, flight, i, until, seen) >= MANY_COPIES)
			return true;
	return false;
}

/* When was sent what came latest of this side, by then? What it got since then nobody knows elsewhere. */
static uint64_t news_of(const struct world *w, enum party_role role, uint64_t until, bool tap)
{
	uint64_t sent = 0, latest = 0;

	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= until; i++) {
		const struct log_entry *entry = &w->log[i];

		if (w->datagrams[entry->datagram].from == role && entry->kind == (tap ? LOG_TAPPED : LOG_QUEUED))
			latest = entry->datagram;
	}
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= until; i++)
		if (w->log[i].kind == LOG_SENT && w->log[i].datagram == latest)
			sent = w->log[i].time;
	return sent;
}

/*
 * Three copies of a message were sent, and still it is not there: a hole "after a
 * full timer" (verdicts: missing-fragment, mtu-blackhole), whichever parts of its
 * flight were seen how often. Who is at its sender alone knows no more than that
 * the flight is of no use to its receiver, which may not keep what comes ahead.
 */
static bool is_incomplete(const struct world *w, const struct said *said, bool tap)
{
	for (int role = 0; role < PARTY_MAX; role++) {
		int flight = said->flight[role];
		bool far = !said->here[party_peer(role)];

		if (!far && has_lost_message(w, flight, said->time, LOG_QUEUED))
			return true;
		if (tap && has_lost_message(w, flight, said->time, LOG_TAPPED))
			return true;
		if (far && said->code == VERDICT_MTU_BLACKHOLE &&
		    !truth_has_happened(w, LOG_GOT_FLIGHT, flight, news_of(w, party_peer(role), said->time, tap)) &&
		    has_lost_message(w, flight, said->time, LOG_GOT_FLIGHT))
			return true;
	}
	return false;
}

static bool is_one_of_two(enum verdict_side side)
{
	return side == VERDICT_SIDE_CLIENT || side == VERDICT_SIDE_SERVER;
}

static enum party_role role_of(enum verdict_side side)
{
	return side == VERDICT_SIDE_SERVER ? PARTY_SERVER : PARTY_CLIENT;
}

/* The accused side has not got its peer's latest flight. */
static bool is_not_got(const struct world *w, const struct said *said)
{
	return !truth_has_happened(w, LOG_GOT_FLIGHT, said->flight[party_peer(role_of(said->side))], said->time);
}

/* Whether an encrypted flight of DTLS 1.3 came as a whole nobody can see; five copies of it did not. */
static bool is_hidden_loss(const struct world *w, const struct said *said)
{
	enum party_role from = party_peer(role_of(said->side));

	return w->sc->dtls13 && said->total[from] >= HIDDEN_COPIES &&
	       w->script->flights[said->flight[from]].number >= 4 && is_not_got(w, said);
}

/* Many copies of one side's latest flight were sent, and its peer has not got it. */
static bool is_answer_lost(const struct world *w, const struct said *said)
{
	for (int role = 0; role < PARTY_MAX; role++)
		if (said->total[role] >= MANY_COPIES &&
		    !truth_has_happened(w, LOG_GOT_FLIGHT, said->flight[role], said->time))
			return true;
	return false;
}

/*
 * How many datagrams passed the tap that look like the last ACK of DTLS 1.3? Data does: a
 * client that repeats its flight after these has not got them, or waits for an ACK among them.
 */
static uint32_t num_like_acks(const struct world *w, uint64_t until)
{
	uint32_t num = 0;

	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= until; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		num += w->sc->dtls13 && w->log[i].kind == LOG_TAPPED && dg->from == PARTY_SERVER &&
		       (dg->data || (dg->num_fragments && w->script->flights[dg->fragments[0].flight].is_ack));
	}
	return num;
}

/* An ICMP error said so, and nobody from there contradicts it for the moment. Anybody can send one. */
static bool is_refused(const struct world *w, const struct said *said)
{
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= said->time; i++)
		if (w->log[i].kind == LOG_ICMP)
			return true;
	return false;
}

/*
 * The accused side breaks a rule that its peer has to check, and many copies of that flight brought
 * no progress. That its peer does not mind, and the network has lost them, nobody can see from there.
 */
static bool is_rule_broken(const struct world *w, const struct said *said)
{
	enum party_role role = role_of(said->side);
	const struct script_flight *flight = &w->script->flights[said->flight[role] < 0 ? 0 : said->flight[role]];
	bool encrypted = flight->messages[flight->num - 1].epoch;

	if (said->here[party_peer(role)] || said->confidence != CONFIDENCE_LIKELY || said->total[role] < MANY_COPIES)
		return false;
	return (peer_is(w->sc, role, PEER_SEQ_AGAIN) && flight->number == 4) ||
	       (peer_is(w->sc, role, PEER_NO_CID) && encrypted);
}

static int answer_index(const struct world *w)
{
	for (int flight = 0; flight < w->script->num_flights; flight++)
		if (w->script->flights[flight].number == 4)
			return flight;
	return w->script->num_flights;
}

/*
 * The client has started again, and of the answer came all but the ServerHello: the rest may just as well be of the
 * server's answer before, as far as anybody can see.
 */
static bool is_answer_anonymous(const struct world *w, const struct said *said)
{
	return w->restarted_ns && said->side == VERDICT_SIDE_SERVER &&
	       said->confidence == CONFIDENCE_LIKELY && lost_copies(w, answer_index(w), 0, said->time, LOG_QUEUED);
}

/* Likewise, and the ServerHello came later: what came before it is missing, and its copies may be replays. */
static bool is_answer_overtaken(const struct world *w, const struct said *said, bool tap)
{
	bool discards = said->code == VERDICT_SILENT_AFTER_READ && peer_is(w->sc, PARTY_SERVER, PEER_SAME_NUMBERS);

	for (uint32_t i = 0; i < w->num_log && w->restarted_ns && (discards || said->code == VERDICT_MISSING_FRAGMENT); i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind == (tap ? LOG_TAPPED : LOG_QUEUED) && dg->num_fragments && dg->fragments[0].flight == answer_index(w))
			return dg->fragments[0].message;
	}
	return false;
}

/*
 * The client has started again, and then came, in several copies, the server's answer to the earlier attempt: it looks
 * like the answer to this one, which the client does not take, or which is not whole.
 */
static bool is_answer_of_earlier(const struct world *w, const struct said *said, bool tap)
{
	uint32_t copies = 0, last = 0;

	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= said->time; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (!w->restarted_ns || w->log[i].kind != (tap ? LOG_TAPPED : LOG_QUEUED) || w->log[i].time < w->restarted_ns ||
		    dg->from != PARTY_SERVER || dg->attempt || dg->data || dg->earlier_copy == last)
			continue;
		last = dg->earlier_copy;
		copies++;
	}
	return copies > 1 && (said->side == VERDICT_SIDE_CLIENT || said->code == VERDICT_MISSING_FRAGMENT) &&
	       said->confidence == CONFIDENCE_LIKELY;
}

/*
 * Many copies were sent to the port that the client has left, and none to its new one: in the port before, it is silent;
 * and the server has not followed it.
 */
static bool is_silent_there(const struct world *w, const struct said *said, bool tap)
{
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= said->time; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind == (tap ? LOG_TAPPED : LOG_SENT) && dg->from == PARTY_SERVER && dg->port)
			return false;
	}
	if (!w->moved_ns || said->confidence != CONFIDENCE_LIKELY)
		return false;
	return said->code == VERDICT_WRONG_ADDRESS || (said->code == VERDICT_PEER_SILENT && said->side == VERDICT_SIDE_CLIENT &&
						       said->total[PARTY_SERVER] >= MANY_COPIES);
}

/* What this side sent is as long as an alert, and the network has lost what it sent besides, from that flight on. */
static bool is_like_alert(const struct world *w, const struct said *said)
{
	enum party_role role = role_of(said->side);

	if (!peer_is(w->sc, role, PEER_SHORT_RECORDS) || said->confidence != CONFIDENCE_LIKELY)
		return false;
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= said->time; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind == LOG_LOST && dg->from == role &&
		    (!dg->num_fragments || dg->fragments[dg->num_fragments - 1].flight >= said->flight[role]))
			return true;
	}
	return false;
}

bool truth_is_own_alert(const struct world *w, const struct said *said)
{
	if (said->code != VERDICT_ALERT || !is_one_of_two(said->side))
		return false;
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= said->time; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind == LOG_SENT && dg->from == role_of(said->side) && (dg->alert || dg->goodbye))
			return true;
	}
	return is_like_alert(w, said);
}

/* Does it follow from whose copies of a flight were seen, and which of these were answered? */
static bool is_of_copies(enum verdict_code code)
{
	switch (code) {
	case VERDICT_NO_RESPONSE: case VERDICT_PEER_SILENT: case VERDICT_CANNOT_DECRYPT: case VERDICT_ANSWER_IGNORED:
	case VERDICT_ANSWER_UNACKNOWLEDGED: case VERDICT_NOT_RETRANSMITTING: case VERDICT_LAST_FLIGHT_NOT_RESENT:
	case VERDICT_SILENT_AFTER_READ: case VERDICT_HELLO_FRAGMENTS_IGNORED: case VERDICT_MISSING_FRAGMENT: case VERDICT_MTU_BLACKHOLE:
		return true;
	default:
		return false;
	}
}

/* At the new port nobody sees how the server's timer had grown: it is longer than RFC 6347 recommends (s4.2.4.1: 60 s at most). */
static bool is_timer_grown(const struct world *w, const struct said *said)
{
	uint64_t before = 0;

	for (uint32_t i = 0; i < w->num_log; i++) {
		const struct log_entry *entry = &w->log[i];

		if (entry->kind != LOG_TIMER || entry->at != PARTY_SERVER)
			continue;
		if (entry->time > said->time)
			return w->moved_ns && said->side == VERDICT_SIDE_SERVER && said->confidence == CONFIDENCE_LIKELY &&
			       entry->time - before > 64 * SECOND;
		before = entry->time;
	}
	return false;
}

/*
 * The handshake is healthy, and it was said not to be. True at that moment, and
 * no more, is what follows from three copies in a row that the network lost:
 * nobody has answered them. Who sees the accused side's own sends knows better.
 */
bool truth_is_excusable(const struct world *w, const struct said *said, bool tap)
{
	if (is_silent_there(w, said, tap))
		return true;
	if (is_of_copies(said->code) &&
	    ((is_one_of_two(said->side) && is_rule_broken(w, said)) || is_answer_anonymous(w, said) || is_answer_of_earlier(w, said, tap) ||
	     is_answer_overtaken(w, said, tap) || truth_is_second_server(w, said, tap)))
		return true;
	switch (said->code) {
	case VERDICT_ALERT:
		return is_one_of_two(said->side) && is_like_alert(w, said);
	case VERDICT_COOKIE_LOOP:	/* as long as it is the wrong one of two servers each time */
		return peer_is(w->sc, PARTY_SERVER, PEER_TWO_SERVERS);
	case VERDICT_PORT_UNREACHABLE: case VERDICT_REJECTED:
		return is_refused(w, said);
	case VERDICT_NO_RESPONSE: case VERDICT_PEER_SILENT: case VERDICT_REHANDSHAKE_IGNORED:
		/* That the path loses them is no less true. */
		if (said->side == VERDICT_SIDE_NETWORK)
			return said->copies[PARTY_CLIENT] >= MANY_COPIES || said->copies[PARTY_SERVER] >= MANY_COPIES;
		if (is_hidden_loss(w, said))
			return true;
		return is_unanswered(said) &&
		       (said->side == VERDICT_SIDE_NETWORK || !said->here[role_of(said->side)]);
	case VERDICT_CANNOT_DECRYPT:	/* "or does not receive all of it" */
		if (w->sc->dtls13 && said->confidence == CONFIDENCE_LIKELY && is_not_got(w, said))
			return true;
		/* The ChangeCipherSpec came in none of many copies. */
		if (said->side == VERDICT_SIDE_NETWORK)
			return is_incomplete(w, said, tap);
		return said->total[party_peer(role_of(said->side))] >= MANY_COPIES &&
		       !said->here[role_of(said->side)];
	case VERDICT_ANSWER_IGNORED: case VERDICT_ANSWER_UNACKNOWLEDGED:	/* "or they do not reach it" */
		if (tap && said->side == VERDICT_SIDE_CLIENT && num_like_acks(w, said->time) >= MANY_COPIES)
			return true;
		if (said->side == VERDICT_SIDE_NETWORK)
			return is_answer_lost(w, said);
		return !said->here[role_of(said->side)] &&
		       said->total[party_peer(role_of(said->side))] >= MANY_COPIES;
	case VERDICT_NOT_RETRANSMITTING:
		return is_timer_grown(w, said);
	case VERDICT_LAST_FLIGHT_NOT_RESENT:	/* the repeats passed the tap, and were lost behind it */
		return tap && said->confidence == CONFIDENCE_LIKELY &&
		       said->total[party_peer(role_of(said->side))] > MANY_COPIES;
	case VERDICT_HELLO_FRAGMENTS_IGNORED:
		return is_unanswered(said) && said->confidence == CONFIDENCE_LIKELY;
	case VERDICT_MISSING_FRAGMENT: case VERDICT_MTU_BLACKHOLE:
		return is_incomplete(w, said, tap);
	case VERDICT_LOST_ON_PATH:	/* truth_both.c knows whether they were */
		return said->total[said->role] >= MANY_COPIES;
	default:
		return false;
	}
}
