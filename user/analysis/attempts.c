// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "attempts.h"

#include <string.h>

#include "flights.h"
#include "handshake_hello.h"
#include "outcome.h"

#include "core.h"

/* Is it no more than one ClientHello, after which the client has gone on with the other handshake? */
static bool is_doubtful(const struct handshake *h, const struct handshake *other)
{
	return outcome_is_unproven(h) && other->party[PARTY_CLIENT].last_sent_ns > h->started_ns;
}

int attempts_compare_random(const struct handshake *h, const struct event *ev, enum party_role from)
{
	struct hello_fragment first;
	struct hello hello;

	if (!handshake_hello_fragment(ev, ev->hello_item, from, &first) ||
	    first.msg->msg_type != DTLS_MT_SERVER_HELLO || first.msg->fragment_offset)
		return 0;
	hello_parse(DTLS_MT_SERVER_HELLO, first.bytes, first.len, &hello);
	if (!hello.has_random || !h->server_hello.hello.has_random)
		return 0;
	return memcmp(hello.random, h->server_hello.hello.random, sizeof(hello.random)) ? -1 : 1;
}

static bool is_client_hello_part(const struct event *ev, enum party_role from)
{
	struct hello_fragment fragment;

	return from == PARTY_CLIENT && handshake_hello_fragment(ev, ev->hello_item, from, &fragment) &&
	       fragment.msg->msg_type == DTLS_MT_CLIENT_HELLO;
}

static bool is_plaintext(const struct event *ev)
{
	const struct dtls_record *rec = &ev->items[0].record;

	return ev->num_items && !(rec->flags & DTLS_RECORD_UNIFIED) && !rec->epoch;
}

static bool has_message(const struct event *ev)
{
	return is_plaintext(ev) && ev->num_items > 1 && ev->items[1].kind == DTLS_ITEM_MESSAGE;
}

static bool is_verify_request(const struct event *ev)
{
	return has_message(ev) && ev->items[1].message.msg_type == DTLS_MT_HELLO_VERIFY_REQUEST;
}

static bool is_server_hello(const struct event *ev)
{
	return has_message(ev) && ev->items[1].message.msg_type == DTLS_MT_SERVER_HELLO;
}

static bool is_change_cipher_spec(const struct event *ev)
{
	return is_plaintext(ev) && ev->items[0].record.content_type == DTLS_CT_CHANGE_CIPHER_SPEC;
}

static bool is_data(const struct event *ev)
{
	const struct dtls_record *rec = &ev->items[0].record;

	return ev->num_items && !(rec->flags & DTLS_RECORD_UNIFIED) && rec->content_type == DTLS_CT_APPLICATION_DATA;
}

/* Has its server begun to answer it, cookie requests apart? Even if its client still waits for the rest: see unheeded.h. */
static bool is_taken_up(const struct handshake *h)
{
	const struct party *server = &h->party[PARTY_SERVER];

	return server->flight >= FLIGHT_SERVER_HELLO || server->unheeded_flight;
}

/* The datagrams of one copy come closer together than this. */
#define BURST_NS 100000000ULL

/*
 * Does it continue the record numbers of the server in this handshake, which it has answered? Those of a HelloRetryRequest
 * count until the client answers one in the later attempt.
 */
static bool is_continued(const struct handshake *h, const struct handshake *later, const struct event *ev, enum point point,
			 uint64_t now)
{
	const struct party *server = &h->party[PARTY_SERVER];
	const struct seq_window *win = &server->view[point].plain;
	const struct dtls_record *rec = &ev->items[0].record;
	bool is_recent = now - server->last_sent_ns < BURST_NS, ccs = is_change_cipher_spec(ev);

	/* Parts of its answer, without the ServerHello, are for `h` as well; a ServerHello may be for either. */
	if (!h->server_hello.known && (is_server_hello(ev) || !is_taken_up(h)) && (!h->retry_seqs || later->party[PARTY_CLIENT].flight > FLIGHT_CLIENT_HELLO))
		return false;
	if (!(ccs || has_message(ev)) || is_verify_request(ev) || !win->any)
		return false;
	if (rec->sequence > win->highest)
		return true;
	/* It may have been overtaken; a message that comes twice tells whose it is by itself. */
	return is_recent && (!seq_window_has(win, rec->sequence) || (ccs && rec->sequence == win->highest));
}

static bool has_whole_hello(const struct handshake *h)
{
	uint8_t flight = h->party[PARTY_CLIENT].flight;

	return flight > FLIGHT_SECOND_HELLO || h->flights[flight].complete || h->events_lost || h->late;
}

/*
 * To a part of a ClientHello a server sends no ServerHello: is there all of that of `h` alone? A part of the later one
 * that overtook its beginning may have been taken for one of `h`.
 */
static bool is_later_partial(const struct handshake *h, const struct handshake *later)
{
	return has_whole_hello(h) && !has_whole_hello(later) &&
	       h->party[PARTY_CLIENT].last_sent_ns + BURST_NS <= later->started_ns;
}

/* A server numbers its hello like the ClientHello that it answers (RFC 6347 s4.2.2), or lower: is that too high for `later`? */
static bool is_numbered_for(const struct handshake *h, const struct handshake *later, const struct event *ev)
{
	const struct dtls_message *msg = &ev->items[1].message;
	uint32_t seq = h->client_hello.message_seq;

	return is_server_hello(ev) && msg->message_seq == seq &&
	       later->client_hello.message_seq < seq;
}

/* The server encrypts nothing for `later` before its ServerHello, and has not sent that from its socket on this host. */
static bool is_encrypted_before(const struct handshake *later, const struct event *ev)
{
	return ev->num_items && ev->items[0].record.flags & DTLS_RECORD_UNIFIED && later->party[PARTY_SERVER].view[POINT_SENT].any;
}

/* The server has not answered `later`: does this belong to `h`? */
static bool is_for_earlier(const struct handshake *h, const struct handshake *later, const struct event *ev, enum point point,
			   uint64_t now)
{
	return is_later_partial(h, later) || is_numbered_for(h, later, ev) || is_continued(h, later, ev, point, now) ||
	       (h->server_hello.known && is_encrypted_before(later, ev));
}

/* The server gives each copy new record numbers, and has used this one in `h` a while ago: a new association begins at 0. */
static bool is_numbered_anew(const struct handshake *h, const struct event *ev, enum point point, uint64_t now)
{
	const struct party *server = &h->party[PARTY_SERVER];

	return h->flights[FLIGHT_SERVER_HELLO].copies > 1 && !server->odd.renumbered && (has_message(ev) || is_change_cipher_spec(ev)) && now - server->last_sent_ns >= BURST_NS &&
	       seq_window_has(&server->view[point].plain, ev->items[0].record.sequence);
}

/* Has its server answered it with a ServerHello? Beside a later attempt that may be a stranger's, any part of an answer tells. */
static bool has_answer(const struct handshake *h, const struct handshake *later, const struct event *ev)
{
	return h->server_hello.known || (is_taken_up(h) && outcome_is_unproven(later) && !is_server_hello(ev));
}

/* What the server sends before it has answered `later`: is it for that, all the same? A cookie request always is. */
static bool is_for_later(const struct handshake *h, const struct handshake *later, const struct event *ev, enum point point,
			 uint64_t now)
{
	return is_verify_request(ev) || is_numbered_anew(h, ev, point, now) ||
	       (!has_answer(h, later, ev) && !is_for_earlier(h, later, ev, point, now));
}

/* Nobody starts again so soon: two ClientHellos are two clients then, of a proxy. */
#define RESTART_NS 100000000ULL

/*
 * Has its client begun `later`, another attempt on the same flow? A server keeps one association for an address
 * (RFC 6347 s4.2.8): what follows its ServerHello belongs to that, and so does what a client sends after its own
 * socket sent the later ClientHello. Until then, any ClientHello and the answer to it are of the later attempt.
 */
static bool is_left_for(const struct handshake *h, const struct handshake *later, const struct event *ev,
			enum party_role from, enum point point, uint64_t now)
{
	bool is_sent = later->party[PARTY_CLIENT].view[POINT_SENT].any;

	if (later == h || later->started_ns < h->started_ns + RESTART_NS ||
	    !endpoint_equals(&later->party[PARTY_CLIENT].address, &h->party[PARTY_CLIENT].address))
		return false;
	/* Until the later one has keys, data is of the earlier association (RFC 6347 s4.2.8). */
	if (!handshake_is_open(h) && !later->party[from].view[point].encrypted.any && is_data(ev))
		return false;
	if (is_taken_up(later))
		return true;
	if (from == PARTY_SERVER ? is_for_later(h, later, ev, point, now) : is_client_hello_part(ev, from))
		return is_sent || !is_doubtful(later, h);
	return from == PARTY_CLIENT && is_sent;
}

/* A server that has not answered this attempt goes on with the one that it has answered before. */
static bool is_unanswered_beside(const struct handshake *h, const struct flow *flow, const struct event *ev,
				 enum party_role from, enum point point, uint64_t now)
{
	const struct handshake *other;

	for (uint32_t i = 0; from == PARTY_SERVER && !h->server_hello.known && (other = flow_handshake(flow, i)); i++)
		if (other->started_ns < h->started_ns && is_for_earlier(other, h, ev, point, now) &&
		    attempts_compare_random(other, ev, from) >= 0)
			return true;
	return false;
}

/* Has the client begun a later attempt that its server has asked for a cookie, and has it given that? */
static bool has_cookie_later(const struct handshake *h, const struct flow *flow)
{
	const struct handshake *other;

	for (uint32_t i = 0; (other = flow_handshake(flow, i)); i++)
		if (other->started_ns > h->started_ns && other->party[PARTY_SERVER].flight &&
		    other->party[PARTY_CLIENT].flight > FLIGHT_CLIENT_HELLO)
			return true;
	return false;
}

bool attempts_is_again(const struct handshake *h, const struct flow *flow, const struct event *ev, enum party_role from,
		       enum point point)
{
	/* Of an alert nothing but the number is known. */
	if (!ev->num_items || ev->items[0].record.content_type == DTLS_CT_ALERT)
		return false;
	return h->party[from].flight >= FLIGHT_SERVER_HELLO && !outcome_is_unproven(h) && !has_cookie_later(h, flow) &&
	       handshake_has_seen(h, ev, from, point) && attempts_compare_random(h, ev, from) >= 0;
}

bool attempts_is_beside(const struct handshake *h, const struct handshake *other, const struct flow *flow,
			const struct event *ev, enum party_role from, enum point point)
{
	if (!outcome_is_unproven(h) || !endpoint_equals(&h->party[PARTY_CLIENT].address, &other->party[PARTY_CLIENT].address))
		return false;
	/* Its client has nothing to answer yet. */
	if (from == PARTY_CLIENT && !is_client_hello_part(ev, from) && !h->party[PARTY_SERVER].uncaptured)
		return is_taken_up(other);
	/* Once the other is over, its server may begin another one with the same numbers. */
	if (!handshake_is_open(other))
		return is_doubtful(h, other) && attempts_is_again(other, flow, ev, from, point);
	return is_doubtful(h, other) || attempts_is_again(other, flow, ev, from, point);
}

bool attempts_is_left(const struct handshake *h, const struct flow *flow, const struct event *ev, enum party_role from,
		      enum point point, uint64_t now)
{
	const struct handshake *other;

	for (uint32_t i = 0; (other = flow_handshake(flow, i)); i++)
		if (is_left_for(h, other, ev, from, point, now))
			return true;
	return is_unanswered_beside(h, flow, ev, from, point, now);
}
