// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "handshake_hello.h"

#include "dtls13.h"

#include "core.h"

bool handshake_hello_fragment(const struct event *ev, enum party_role from,
			      struct hello_fragment *out)
{
	const struct dtls_message *msg = &ev->items[ev->hello_item].message;

	if (!ev->hello_len || msg->kind != DTLS_ITEM_MESSAGE)
		return false;
	out->msg = msg;
	out->from = from;
	out->bytes = (const uint8_t *)ev + ev->hello_off;
	out->len = ev->hello_len < msg->fragment_length ? ev->hello_len : msg->fragment_length;
	return true;
}

/* A later message, or more of the same one than before. */
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

static void take_server_hello(struct handshake *h, const struct hello *hello)
{
	if (hello->has_version) {
		h->version = hello->version;
		h->version_negotiated = true;
	}
	if (hello->has_selected_version) {
		h->version = hello->selected_version;
		h->is_dtls13 |= hello->selected_version == DTLS_VERSION_1_3;
	}
}

void handshake_hello(struct handshake *h, const struct event *ev, enum party_role from)
{
	struct hello_fragment fragment;
	struct hello_said *said;
	const uint8_t *bytes;
	struct hello hello;
	uint32_t len;

	if (!handshake_hello_fragment(ev, from, &fragment))
		return;
	bytes = fragment.bytes;
	len = fragment.len;
	/* One that is here as a whole needs no memory. */
	if (len < fragment.msg->length)
		len = hello_assembly_add(h->assemblies, h->id, &fragment, &bytes);
	if (!len)
		return;
	hello_parse(fragment.msg->msg_type, bytes, len, &hello);
	switch (fragment.msg->msg_type) {
	case DTLS_MT_CLIENT_HELLO:
		said = &h->client_hello;
		break;
	case DTLS_MT_SERVER_HELLO:
		if (hello.is_hello_retry_request && from == PARTY_SERVER)
			dtls13_note_retry(h, fragment.msg->message_seq);
		said = hello.is_hello_retry_request ? &h->retry_request : &h->server_hello;
		break;
	case DTLS_MT_HELLO_VERIFY_REQUEST:
		said = &h->retry_request;
		break;
	default:
		return;
	}
	if ((said == &h->client_hello) != (from == PARTY_CLIENT) || !says_more(said, fragment.msg, len))
		return;
	keep(said, fragment.msg, len, &hello);
	if (from == PARTY_CLIENT)
		take_client_hello(h, &hello);
	else if (fragment.msg->msg_type == DTLS_MT_SERVER_HELLO)
		take_server_hello(h, &hello);
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
