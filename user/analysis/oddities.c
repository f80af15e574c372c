// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oddities.h"

#include "flights.h"
#include "handshake_hello.h"
#include "progress.h"
#include "sighting.h"

#include "core.h"

/* Has it the record numbers of before, and its sender sent it again? Where both are on this host, its copies arrive so. */
static bool is_renumbered(const struct sighting *s)
{
	return s->resent || (s->items[0].duplicate && !s->counts && sighting_sender(s)->odd.renumbered);
}

/* Duplicates and reordering, which only the receiving end shows. */
static void note_order(const struct sighting *s)
{
	const struct view *view = sighting_view(s);
	const struct event *ev = s->ev;
	const struct dtls_record *first = &ev->items[0].record;
	const struct seq_window *win;
	uint64_t last;

	if (!ev->num_items || first->kind != DTLS_ITEM_RECORD || first->flags & DTLS_RECORD_UNIFIED)
		return;
	win = first->epoch ? &view->encrypted : &view->plain;
	last = first->sequence;
	for (uint32_t i = 1; i < ev->num_items; i++) {
		const struct dtls_record *rec = &ev->items[i].record;

		if (rec->kind == DTLS_ITEM_RECORD && !rec->epoch == !first->epoch && rec->sequence > last)
			last = rec->sequence;
	}
	if (is_renumbered(s))
		return;
	/* A stateless server copies its record numbers from the ClientHello (s4.2.1), or always uses the same. */
	if (s->from == PARTY_SERVER && s->flights == 1 << FLIGHT_RETRY_REQUEST)
		return;
	if (s->items[0].duplicate)
		sighting_sender(s)->odd.duplicates++;
	else if (win->highest > last && (s->from == PARTY_CLIENT || first->epoch ||
					 !s->h->flights[FLIGHT_RETRY_REQUEST].copies))
		sighting_sender(s)->odd.reordered++;
}

static bool was_offered(const struct cookies *cookies, uint64_t cookie_hash)
{
	for (uint32_t i = 0; i < cookies->num_offered && i < COOKIES_KEPT; i++)
		if (cookies->offered[i] == cookie_hash)
			return true;
	return false;
}

bool oddities_has_made_up_cookie(const struct handshake *h)
{
	const struct cookies *cookies = &h->cookies;
	uint64_t cookie_hash = h->client_hello.hello.cookie_hash;

	return cookie_hash && cookies->num_offered && cookies->num_offered <= COOKIES_KEPT && !cookies->returned &&
	       !h->late && !h->events_lost && !was_offered(cookies, cookie_hash);
}

/* The server gives the cookie of this HelloVerifyRequest. */
static void note_offered(const struct sighting *s, uint32_t item)
{
	struct cookies *cookies = &s->h->cookies;
	struct hello_fragment request;
	struct hello hello;

	if (!handshake_hello_fragment(s->ev, item, PARTY_SERVER, &request))
		return;
	hello_parse(request.msg->msg_type, request.bytes, request.len, &hello);
	if (!hello.cookie_hash || was_offered(cookies, hello.cookie_hash))
		return;
	if (cookies->num_offered < COOKIES_KEPT)
		cookies->offered[cookies->num_offered] = hello.cookie_hash;
	cookies->num_offered++;
}

/* Is this ClientHello known to have no cookie of its server? A HelloRetryRequest need not give one (RFC 8446 s4.2.2). */
static bool lacks_cookie(const struct handshake *h, const struct dtls_message *msg)
{
	const struct hello_said *said = &h->client_hello;

	if (h->retry_seqs || !said->known || said->message_seq != msg->message_seq)
		return false;
	/* A client that was asked again may have its cookie from another server of this address: see cookie-loop. */
	if (msg->message_seq == h->cookies.given_seq && oddities_has_made_up_cookie(h))
		return true;
	return said->hello.has_cookie_len && !said->hello.has_cookie;
}

/* The cookie of DTLS 1.3 is compared by its length. */
static bool is_returned(const struct handshake *h)
{
	const struct hello *hello = &h->client_hello.hello, *request = &h->retry_request.hello;

	if (h->retry_seqs)
		return hello->has_cookie_extension && request->has_cookie_extension &&
		       hello->cookie_extension_len == request->cookie_extension_len;
	return hello->cookie_hash && was_offered(&h->cookies, hello->cookie_hash);
}

static void note_cookie(const struct sighting *s, uint32_t item, uint8_t flight)
{
	const struct dtls_message *msg = &s->ev->items[item].message;
	struct cookies *cookies = &s->h->cookies;
	enum party_role from = s->from;

	if (msg->fragment_offset)
		return;
	if (from == PARTY_CLIENT && flight == FLIGHT_SECOND_HELLO)
		cookies->returned |= is_returned(s->h);
	if (from == PARTY_SERVER && flight == FLIGHT_RETRY_REQUEST) {
		note_offered(s, item);
		cookies->asked++;
		if (!cookies->given)
			return;
		cookies->given = false;
		if (cookies->is_new)
			cookies->refused++;
		else
			cookies->refused_copies++;
		cookies->refused_ns = s->now;
	} else if (from == PARTY_CLIENT && flight == FLIGHT_CLIENT_HELLO) {
		cookies->without++;
	} else if (from == PARTY_CLIENT && flight == FLIGHT_SECOND_HELLO && lacks_cookie(s->h, msg)) {
		cookies->without++;
	} else if (from == PARTY_CLIENT && flight == FLIGHT_SECOND_HELLO) {
		cookies->is_new = msg->message_seq != cookies->given_seq;
		if (cookies->is_new)
			cookies->refused_copies = 0;
		cookies->given_seq = msg->message_seq;
		cookies->given = true;
	}
}

/* In a repeated flight, the Finished asks for the last flight; in DTLS 1.3 it may be any record. */
static bool is_request(const struct handshake *h, const struct dtls_item *item)
{
	return h->is_dtls13 || (item->kind == DTLS_ITEM_RECORD && item->record.epoch);
}

/*
 * GnuTLS does not send its last flight again before a window has passed since it last did, which begins
 * with a second and doubles each time.
 */
static uint64_t resend_window_ns(const struct flight *flight)
{
	uint64_t window = SECOND << (flight->copies < 7 ? flight->copies - 1 : 6);

	return window < HANDSHAKE_LONGEST_TIMER_NS ? window : HANDSHAKE_LONGEST_TIMER_NS;
}

static void note_repeats(const struct sighting *s, bool reaches)
{
	const struct handshake *h = s->h;
	const struct event *ev = s->ev;
	enum party_role from = s->from;
	uint8_t last = flight_last(h), asking = flight_rule(h, last)->answers;
	const struct flight *flight = &h->flights[last], *before = &h->flights[asking];
	struct repeats *repeats = &s->h->repeats;
	uint64_t data_ns = progress_latest_data_ns(h, from), since = flight->last_ns;
	uint8_t requests = 0;
	/* A datagram that the network doubled does not ask for an answer; one that was seen to be sent again does. */
	bool renumbered = is_renumbered(s) && sighting_sender(s)->view[POINT_SENT].any;

	for (uint32_t i = 0; i < ev->num_items; i++)
		if (is_request(h, &ev->items[i]) && (renumbered || !(s->items[i].duplicate || s->resent)))
			requests |= 1 << s->items[i].flight;
	if (flight->copies && flight->from == from && s->flights >> last & 1)
		repeats->num = 0;
	if (!reaches || before->from != from || !(requests >> asking & 1) || repeats->copies == before->copies)
		return;
	repeats->copies = before->copies;
	/*
	 * Data shows that the last flight arrived; or the data was early, and the repeats will
	 * go on. Lost events may hide the answer to the earlier repeats. Count from here.
	 */
	if (repeats->num && (data_ns > repeats->ns[0] || h->lost_ns >= repeats->ns[0]))
		repeats->num = 0;
	if (data_ns > since)
		since = data_ns;
	if (!flight->copies || s->now <= since + flight_round_trip_ns(h, flight->from) ||
	    (repeats->num && s->now <= since + resend_window_ns(flight)))
		return;
	if (!repeats->num) {
		repeats->may_be_replays = false;
		repeats->have_old_numbers = true;
	}
	repeats->have_old_numbers &= renumbered;
	repeats->may_be_replays |= ev->items[0].record.flags & DTLS_RECORD_UNIFIED &&
				   ev->items[0].record.flags & DTLS_RECORD_CID;
	/* Its data came before: that was early, or somebody else's, and nothing that its peer sent was an answer. */
	repeats->heard_ns = 0;
	if (repeats->num < 2)
		repeats->ns[repeats->num] = s->now;
	repeats->num++;
}

/*
 * Has the receiver of the last flight read what it waits for? Without the Finished it rightly repeats its own flight.
 * Of DTLS 1.3 an encrypted record does not show what it is.
 */
static bool has_read_last(const struct handshake *h)
{
	const struct party *from = &h->party[flight_rule(h, flight_last(h))->from];

	return h->is_dtls13 || from->view[h->sees_reads ? POINT_READ : POINT_QUEUED].finished_ns;
}

/* Does the receiver of the last flight, whose socket is here, repeat its own although it has read a copy of that since? */
static void note_in_vain(const struct sighting *s)
{
	const struct handshake *h = s->h;
	const struct flight *last = &h->flights[flight_last(h)];
	uint8_t asking = flight_rule(h, flight_last(h))->answers;
	uint64_t heard_ns = last->last_heard_ns;
	struct repeats *repeats = &s->h->repeats;

	if (s->point != POINT_SENT || !(s->begun >> asking & 1) || h->flights[asking].from != s->from || !last->copies ||
	    heard_ns <= h->flights[asking].copy_before_ns || s->now <= heard_ns + CROSSING_NS || !has_read_last(h))
		return;
	repeats->in_vain += repeats->in_vain < 2;
	repeats->in_vain_ns = s->now - heard_ns;
}

/* Data of both sides after the last flight, see progress_is_exchanging(). */
static void note_data(const struct sighting *s, bool reaches)
{
	const struct handshake *h = s->h;
	const struct flight *last = &h->flights[flight_last(h)];
	struct repeats *repeats = &s->h->repeats;

	if (!s->content.data || s->content.duplicate || !last->copies)
		return;
	if (s->from != last->from && s->counts)
		repeats->data_ns = s->now;
	else if (s->counts)
		repeats->followed_ms = (s->now - h->started_ns) / MILLISECOND;
	/* fate.c tells of the read. */
	if (s->from != last->from && reaches && !h->sees_reads)
		repeats->heard_ns = s->now;
	else if (s->from == last->from && s->counts && repeats->heard_ns)
		repeats->exchanged_ns = s->now;
}

void oddities_datagram(const struct sighting *s)
{
	const struct handshake *h = s->h;
	/* A repeat that is lost on the path needs no answer. */
	bool reaches = h->party[party_peer(s->from)].local && !h->events_lost ? s->point != POINT_SENT : s->counts;

	if (s->point != POINT_SENT)
		note_order(s);
	if (s->counts || reaches)
		note_repeats(s, reaches);
	note_in_vain(s);
	note_data(s, reaches);
	for (uint32_t i = 0; s->counts && i < s->ev->num_items; i++) {
		const struct dtls_item *item = &s->ev->items[i];

		if (item->kind == DTLS_ITEM_RECORD &&
		    (item->record.content_type == DTLS_CT_CID || item->record.flags & DTLS_RECORD_CID))
			sighting_sender(s)->odd.uses_connection_id = true;
		if (item->kind != DTLS_ITEM_RECORD && !s->items[i].duplicate)
			note_cookie(s, i, s->items[i].flight);
	}
}
