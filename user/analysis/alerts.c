// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "alerts.h"

#include "dtls13.h"
#include "flights.h"
#include "handshake.h"
#include "sighting.h"

#include "core.h"

/* RFC 5246 s7.2.1 and s7.2.2 */
#define CLOSE_NOTIFY 0
#define INTERNAL_ERROR 80
#define USER_CANCELED 90

static bool is_goodbye(uint8_t description)
{
	return description == CLOSE_NOTIFY || description == USER_CANCELED;
}

bool alert_is_farewell(const struct alert *alert)
{
	return !alert->level || is_goodbye(alert->description);
}

bool alert_is_internal(const struct alert *alert)
{
	return alert->level && alert->description == INTERNAL_ERROR;
}

/*
 * Before a side's ChangeCipherSpec, its encrypted records belong to the previous
 * association (RFC 6347 s4.2.8). A record number above 0 shows that its sender sent its
 * Finished before, even if that was not seen: then this is close_notify of a complete handshake
 * if nothing answers that Finished.
 */
static bool ends_encrypted(const struct sighting *s, const struct dtls_record *rec)
{
	const struct view *view = sighting_view(s);
	const struct handshake *h = s->h;
	bool owns_last = flight_rule(h, flight_of_closing(h, s->from))->closes;

	/* The peer has begun the last flight, so it took this side's Finished; its own may be seen nowhere. */
	if (!owns_last && h->party[party_peer(s->from)].flight > sighting_sender(s)->flight)
		return false;
	/* Whether its peer is done is not known if what that sends is not in the capture. */
	return !h->midway && !h->party[party_peer(s->from)].uncaptured && view->ccs_ns &&
	       !sighting_sender(s)->view[handshake_counting_point(h, s->from)].data_ns && !(owns_last && (view->finished_ns || rec->sequence));
}

/*
 * Does a plaintext alert end the handshake? Other warnings do not. After its ChangeCipherSpec, a side
 * encrypts its alerts, and its peer discards those that are not.
 */
static bool ends_plaintext(const struct sighting *s, const struct dtls_record *rec)
{
	/* If a socket of this host sent it, it is true all the same. */
	if (s->point != POINT_SENT && (sighting_view(s)->ccs_ns || sighting_sender(s)->cipher[s->point].num))
		return false;
	return rec->alert_level == DTLS_ALERT_FATAL ||
	       (rec->alert_level == DTLS_ALERT_WARNING && is_goodbye(rec->alert_description));
}

static uint64_t datagram_to_read(const struct sighting *s)
{
	return s->h->sees_reads && s->point != POINT_SENT ? s->ev->datagram : 0;
}

/*
 * DTLS 1.3: does it end the handshake, if it is an alert? After its Finished, the client is done, and may close. The server
 * may answer that with close_notify, and its answer to the Finished may have been lost.
 */
static bool ends_hidden(const struct sighting *s)
{
	const struct handshake *h = s->h;
	const struct party *client = &h->party[PARTY_CLIENT];

	if ((h->midway && !h->relations.is_whole) || h->party[party_peer(s->from)].uncaptured || dtls13_is_completed(h))
		return false;
	return s->from == PARTY_CLIENT ? client->flight < FLIGHT_CLIENT_FINISHED :
					 h->party[PARTY_SERVER].flight < FLIGHT_CONFIRM && !client->short_records;
}

static void take_hidden(const struct sighting *s, const struct dtls_record *rec)
{
	struct handshake *h = s->h;

	if (h->ended_ns || h->alert.ns || !ends_hidden(s))
		return;
	h->alert = (struct alert){
		.ns = s->now, .from = s->from, .is_local = s->point == POINT_SENT, .is_hidden = true, .epoch = rec->epoch,
		.length = dtls13_identity(s->ev, rec).length,
		.wait_ms = 2 * handshake_timer_ns(h, party_peer(s->from)) / MILLISECOND,
	};
}

/* After the handshake an alert is most likely close_notify. */
static void take_late(const struct sighting *s)
{
	struct handshake *h = s->h;

	if (!h->closed_by_alert && !sighting_sender(s)->view[handshake_counting_point(h, s->from)].data_ns) {
		h->left.ns = s->now;
		h->left.from = s->from;
	}
	h->closed_by_alert = true;
}

static void take_alert(const struct sighting *s, const struct dtls_record *rec)
{
	struct handshake *h = s->h;

	if (rec->content_type != DTLS_CT_ALERT)
		return;
	if (rec->epoch && h->ended_ns)
		take_late(s);
	if (h->ended_ns || (h->alert.ns && !h->alert.is_hidden) || !(rec->epoch ? ends_encrypted(s, rec) : ends_plaintext(s, rec)))
		return;
	h->alert = (struct alert){
		.ns = s->now, .from = s->from, .is_local = s->point == POINT_SENT, .epoch = rec->epoch,
		.length = rec->length, .datagram = datagram_to_read(s),
	};
	if (!rec->epoch) {
		h->alert.level = rec->alert_level;
		h->alert.description = rec->alert_description;
	}
}

void alerts_unsent(const struct sighting *s)
{
	for (uint32_t i = 0; i < s->ev->num_items; i++) {
		const struct dtls_record *rec = &s->ev->items[i].record;

		if (s->ev->items[i].kind != DTLS_ITEM_RECORD || rec->content_type != DTLS_CT_ALERT || rec->epoch ||
		    !ends_plaintext(s, rec))
			continue;
		s->h->unsent_alert = (struct alert){
			.ns = s->now, .from = s->from, .length = rec->length,
			.level = rec->alert_level, .description = rec->alert_description, .datagram = datagram_to_read(s),
		};
	}
}

static void note_read(struct alert *alert, enum party_role reader, uint64_t datagram, uint64_t now)
{
	if (alert->from != reader && alert->datagram == datagram)
		alert->read_ns = now;
}

void alerts_read(struct handshake *h, enum party_role reader, uint64_t datagram, uint64_t now)
{
	note_read(&h->alert, reader, datagram, now);
	note_read(&h->unsent_alert, reader, datagram, now);
}

uint64_t alert_taken_ns(const struct handshake *h, const struct alert *alert)
{
	if (!alert->ns)
		return UINT64_MAX;
	/* The read may be among the events that were lost. */
	if (!alert->datagram || h->events_lost)
		return alert->ns;
	return alert->read_ns ? alert->read_ns : UINT64_MAX;
}

bool alerts_gave_up(const struct handshake *h, enum party_role role, uint64_t ns)
{
	const struct alert *alert = &h->unsent_alert;
	uint64_t taken_ns = alert_taken_ns(h, alert);

	return alert->from != role && taken_ns <= ns && ns <= taken_ns + HANDSHAKE_ACTS_NS && h->party[role].last_sent_ns < taken_ns;
}

void alerts_refute(struct handshake *h)
{
	/* If it was no alert, nobody has ignored it. */
	if (h->alert.is_hidden)
		h->alert.ns = 0;
	if (!h->alert.ns)
		return;
	h->ignored_alerts.num++;
	h->ignored_alerts.ns = h->alert.ns;
	h->ignored_alerts.from = h->alert.from;
	h->ignored_alerts.level = h->alert.level;
	h->ignored_alerts.description = h->alert.description;
	h->ignored_alerts.is_local = h->alert.is_local;
	h->alert.ns = 0;
}

/* Is a record in it encrypted? */
static bool is_encrypted(const struct sighting *s)
{
	for (uint32_t i = 0; i < s->ev->num_items; i++)
		if (s->ev->items[i].kind == DTLS_ITEM_RECORD &&
		    (s->ev->items[i].record.epoch || s->ev->items[i].record.flags & DTLS_RECORD_UNIFIED))
			return true;
	return false;
}

/* Does the first copy of a flight begin in it? */
static bool begins_flight(const struct sighting *s)
{
	FOR_EACH_FLIGHT(n)
		if (s->begun >> n & 1 && s->h->flights[n].copies == 1)
			return true;
	return false;
}

/* The alert takes as long to its receiver as the copies that cross it take from there: a round trip in all. */
static bool may_have_crossed(const struct sighting *s)
{
	/* A socket of this host has got it. */
	uint64_t round_trip = s->point == POINT_SENT ? 0 : flight_round_trip_ns(s->h, s->h->alert.from);

	return s->now <= s->h->alert.ns + (round_trip > CROSSING_NS ? round_trip : CROSSING_NS);
}

/*
 * Does its receiver go on, as its socket shows? In a capture, copies of its flight may only show that the alert did not
 * arrive: it is sent once (RFC 6347 s4.1.2.7). Then only its sender can show that it did not mean it. Nor do copies
 * of a side that cannot decrypt the alert show anything: it discards that (RFC 6347 s4.1.2.7).
 */
static bool receiver_goes_on(const struct sighting *s)
{
	struct alert *alert = &s->h->alert;
	uint64_t taken_ns = alert_taken_ns(s->h, alert);

	if (alert->epoch && !begins_flight(s))
		return false;
	/* A receiver may ignore a warning, too. */
	if (s->point == POINT_SENT)
		return alert->level != DTLS_ALERT_WARNING && !alert->is_confirmed && taken_ns < s->now && s->now > taken_ns + CROSSING_NS;
	alert->is_repeated_after |= !may_have_crossed(s);
	return false;
}

/* Does more than records of its length come? */
static bool is_longer(const struct sighting *s)
{
	for (uint32_t i = 0; i < s->ev->num_items; i++)
		if (s->ev->items[i].kind == DTLS_ITEM_RECORD && !s->items[i].duplicate && !s->items[i].may_be_alert)
			return true;
	return false;
}

/*
 * Was what looked like an encrypted alert none? Then its sender goes on. So does its receiver, which may take it for the answer
 * to its Finished; that it repeats its flight proves nothing if a socket of this host sent the alert: that may be lost.
 */
static bool is_no_alert(const struct sighting *s)
{
	const struct alert *alert = &s->h->alert;

	if (!s->counts || !is_longer(s))
		return false;
	if (s->from == alert->from)
		return !s->flights || begins_flight(s) || s->now > alert->ns + CROSSING_NS;
	if (may_have_crossed(s))
		return false;
	if (s->flights)
		return !alert->is_local;
	return s->from == PARTY_CLIENT && s->content.data && s->now > alert->ns + alert->wait_ms * MILLISECOND &&
	       s->h->flights[FLIGHT_CLIENT_FINISHED].latest_copy_ns <= alert->ns;
}

/*
 * The sender of an alert is done with the handshake, and so is the side that takes it. If
 * one of them goes on, the alert was not its own, or it did not take it. A receiver that
 * goes on after an alert that was sent here proves nothing about its sender.
 */
static bool goes_on(const struct sighting *s)
{
	const struct alert *alert = &s->h->alert;

	/* Who encrypts sends no alert in plaintext any more. */
	if (!alert->is_local && !alert->epoch && s->counts && s->from == alert->from && is_encrypted(s))
		return true;
	if (alert->is_hidden)
		return is_no_alert(s);
	if (!s->counts || !s->begun)
		return false;
	if (alert->is_local)
		return s->from == alert->from;
	if (s->from != alert->from)
		return receiver_goes_on(s);
	/* Its sender's next flight is never late: that is sent after an answer. */
	return begins_flight(s) || s->now > alert->ns + CROSSING_NS;
}

/* A handshake without losses goes on sooner than this. */
#define PROBATION_NS 500000000ULL
/* Whoever leaves it in the queue for so long does not act on it soon. */
#define UNREAD_ALERT_NS (2 * SECOND)

uint64_t alert_ends_from(const struct handshake *h, uint64_t floor_ns)
{
	uint64_t wait_ns = h->alert.wait_ms * MILLISECOND;

	if (!h->alert.ns || (h->alert.is_hidden && h->events_lost))
		return UINT64_MAX;
	if (h->alert.is_hidden)
		return h->alert.ns + (wait_ns > floor_ns ? wait_ns : floor_ns);
	/* user_canceled is only a warning, and close_notify has to follow (RFC 5246 s7.2.2). */
	if (h->alert.is_local && !(h->alert.level == DTLS_ALERT_WARNING && h->alert.description == USER_CANCELED))
		return h->alert.ns;
	/* Who says goodbye is gone, whether that is read or not. A reason counts when it is read. */
	if (alert_is_farewell(&h->alert))
		return h->alert.ns + PROBATION_NS;
	if (alert_taken_ns(h, &h->alert) > h->alert.ns + UNREAD_ALERT_NS)
		return h->alert.ns + UNREAD_ALERT_NS;
	return alert_taken_ns(h, &h->alert) + PROBATION_NS;
}

bool alerts_deny_completion(const struct handshake *h)
{
	const struct alert *alert = &h->alert;

	return alert->ns && alert->is_local && !alert->level && h->party[alert->from].last_sent_ns <= alert->ns;
}

void alerts_datagram(const struct sighting *s)
{
	if (s->h->alert.ns && goes_on(s)) {
		/* Its receiver may have given up at it all the same. */
		if (s->from == s->h->alert.from && !s->h->alert.epoch && !s->h->alert.is_local)
			s->h->unsent_alert = s->h->alert;
		if (s->h->alert.is_hidden && s->from != s->h->alert.from && s->content.data)
			dtls13_note_answer(s->h, s->h->alert.ns);
		alerts_refute(s->h);
	}
	for (uint32_t i = 0; s->counts && i < s->ev->num_items; i++)
		if (s->ev->items[i].kind != DTLS_ITEM_RECORD)
			continue;
		else if (!(s->ev->items[i].record.flags & DTLS_RECORD_UNIFIED))
			take_alert(s, &s->ev->items[i].record);
		else if (s->items[i].may_be_alert && !s->items[i].duplicate)
			take_hidden(s, &s->ev->items[i].record);
}
