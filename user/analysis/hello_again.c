// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hello_again.h"

#include "core.h"

/* Index of the client's latest ClientHello among its messages; num_messages: none. */
static uint32_t find_hello(const struct party *client)
{
	uint32_t n = 0;

	while (n < client->num_messages && (client->messages[n].msg_type != DTLS_MT_CLIENT_HELLO ||
					    client->messages[n].flight != client->flight))
		n++;
	return n;
}

void hello_again_take(struct handshake *h, struct hello_again *again, const struct arrival *content,
		      uint64_t since, uint64_t now)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	uint32_t hello = find_hello(client);

	/* Receivers discard a replay (s4.1.2.6). */
	if (content->duplicate || hello == client->num_messages || since <= server->last_sent_ns)
		return;
	if (again->message != hello)
		*again = (struct hello_again){ .message = hello };
	for (uint32_t i = 0; i < content->num_fragments; i++) {
		uint32_t number = content->first_fragment + i;
		const struct fragment *f = &server->fragments[number % PARTY_MAX_FRAGMENTS];

		if (f->message == hello && server->num_fragments - number <= PARTY_MAX_FRAGMENTS)
			coverage_add(&again->seen, f->begin, f->len);
	}
	if (!again->whole_ns && coverage_has(&again->seen, 0, client->messages[hello].length))
		again->whole_ns = now;
}

void hello_again_answered(struct party *party)
{
	party->queued_again = party->read_again = (struct hello_again){ .whole_ns = 0 };
}

uint64_t hello_again_ns(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	uint32_t hello = find_hello(client);

	if (server->queued_again.whole_ns && server->queued_again.message == hello)
		return server->queued_again.whole_ns;
	return server->read_again.message == hello ? server->read_again.whole_ns : 0;
}
