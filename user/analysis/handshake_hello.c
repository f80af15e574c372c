// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "handshake_hello.h"

#include "dtls13.h"
#include "dtls_has.h"

#include "core.h"

bool handshake_hello_fragment(const struct event *ev, uint32_t item, enum party_role from,
			      struct hello_fragment *out)
{
	const struct dtls_message *first = &ev->items[ev->hello_item].message;
	const struct dtls_message *msg = &ev->items[item].message;
	uint32_t skipped;

	/* Without hello bytes, hello_item has no meaning. */
	if (!ev->hello_len || first->kind != DTLS_ITEM_MESSAGE || msg->kind != DTLS_ITEM_MESSAGE)
		return false;
	skipped = msg->offset - first->offset;
	if (item < ev->hello_item || msg->offset < first->offset || skipped >= ev->hello_len ||
	    !dtls_is_hello(msg->msg_type))
		return false;
	out->msg = msg;
	out->from = from;
	out->bytes = (const uint8_t *)ev + ev->hello_off + skipped;
	out->len = ev->hello_len - skipped;
	if (out->len > msg->fragment_length)
		out->len = msg->fragment_length;
	return true;
}

/* Is this a later message, or more bytes of the same one? */
static bool says_more(const struct hello_said *said, const struct dtls_message *msg, uint32_t len)
{
	return !said->known || msg->message_seq > said->message_seq ||
	       (msg->message_seq == said->message_seq && len > said->known);
}

static void keep(struct hello_said *said, const struct dtls_message *msg, uint32_t len,
		 const struct hello *hello)
{
	said->known = len;
	said->length = msg->length;
	said->message_seq = msg->message_seq;
	said->hello = *hello;
}

static void take_client_hello(struct handshake *h, const struct hello *hello)
{
	if (hello->has_version && !h->version_negotiated)
		h->version = hello->version;
}

/* Does a socket of this host, or do else both sides, encrypt as DTLS 1.3 does? One such record may be from anybody. */
static bool is_dtls13_spoken(const struct handshake *h)
{
	for (int role = 0; role < PARTY_MAX; role++)
		if (h->party[role].cipher[POINT_SENT].num)
			return true;
	return h->party[PARTY_CLIENT].cipher[POINT_ARRIVED].num && h->party[PARTY_SERVER].cipher[POINT_ARRIVED].num;
}

/* A ServerHello without supported_versions is DTLS 1.2 or older, but only if all of it was seen. */
static void take_server_hello(struct handshake *h, const struct hello *hello, bool whole)
{
	if (!hello->has_version || !(hello->has_selected_version || whole))
		return;
	h->version = hello->has_selected_version ? hello->selected_version : hello->version;
	h->version_negotiated = true;
	h->is_dtls13 |= DTLS_VERSION_IS_1_3(h->version);
	/* What came before it may be from anybody: a message in plaintext, or a record that looks encrypted. */
	if (DTLS_VERSION_IS_1_3(h->version))
		h->is_dtls12 = false;
	else if (!is_dtls13_spoken(h))
		h->is_dtls13 = false;
}

/* Where this hello of `from` is stored; NULL: that side sends no such hello, or its kind is not known. */
static struct hello_said *place_of(struct handshake *h, const struct hello_fragment *fragment,
				   const struct hello *hello)
{
	bool client = fragment->from == PARTY_CLIENT;

	switch (fragment->msg->msg_type) {
	case DTLS_MT_CLIENT_HELLO:
		return client ? &h->client_hello : NULL;
	case DTLS_MT_HELLO_VERIFY_REQUEST:
		return client ? NULL : &h->retry_request;
	case DTLS_MT_SERVER_HELLO:
		/* The random tells a HelloRetryRequest from a ServerHello (RFC 8446 s4.1.3). */
		if (client || !hello->has_random)
			return NULL;
		return hello->is_hello_retry_request ? &h->retry_request : &h->server_hello;
	}
	return NULL;
}

/* The client has answered a ServerHello: another hello of the server is forged, or of another handshake. */
static bool is_settled(const struct handshake *h, const struct hello_fragment *fragment)
{
	const struct hello_said *said = &h->server_hello;

	return fragment->from == PARTY_SERVER && said->known && !h->events_lost &&
	       h->party[PARTY_CLIENT].flight == FLIGHT_CLIENT_FINISHED &&
	       (fragment->msg->message_seq != said->message_seq || fragment->msg->length != said->length);
}

static bool is_whole(const struct hello_said *said, const struct dtls_message *msg)
{
	return handshake_said(said, msg) && said->known == said->length;
}

/* A part of a hello of which all is known: it has nothing new, and may be a stranger's. */
static bool is_known_part(const struct handshake *h, const struct hello_fragment *fragment)
{
	if (fragment->len == fragment->msg->length)
		return false;
	if (fragment->from == PARTY_CLIENT)
		return is_whole(&h->client_hello, fragment->msg);
	return is_whole(&h->server_hello, fragment->msg) || is_whole(&h->retry_request, fragment->msg);
}

void handshake_hello(const struct sighting *s, uint32_t item)
{
	struct handshake *h = s->h;
	const struct dtls_message *msg;
	struct hello_fragment fragment;
	struct hello_said *said;
	const uint8_t *bytes;
	struct hello hello;
	uint32_t len;

	if (!handshake_hello_fragment(s->ev, item, s->from, &fragment) || is_settled(h, &fragment) || is_known_part(h, &fragment))
		return;
	msg = fragment.msg;
	bytes = fragment.bytes;
	len = fragment.len;
	/* An unfragmented hello needs no reassembly. */
	if (len < msg->length)
		len = hello_assembly_add(h->assemblies, h->id, &fragment, &bytes);
	if (!len)
		return;
	hello_parse(msg->msg_type, bytes, len, &hello);
	said = place_of(h, &fragment, &hello);
	if (said && hello.is_hello_retry_request)
		dtls13_note_retry(h, msg->message_seq);
	if (!said || !says_more(said, msg, len))
		return;
	keep(said, msg, len, &hello);
	if (msg->msg_type == DTLS_MT_CLIENT_HELLO)
		take_client_hello(h, &hello);
	else if (msg->msg_type == DTLS_MT_SERVER_HELLO)
		take_server_hello(h, &hello, len == msg->length);
}

bool handshake_said(const struct hello_said *said, const struct dtls_message *msg)
{
	return said->known && said->message_seq == msg->message_seq && said->length == msg->length;
}

bool handshake_is_retry_request(const struct handshake *h, const struct dtls_message *msg)
{
	return msg->msg_type == DTLS_MT_SERVER_HELLO && handshake_said(&h->retry_request, msg) &&
	       h->retry_request.hello.is_hello_retry_request;
}
