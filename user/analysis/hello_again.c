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

/* The first that came after datagram number `after`, and was not dropped; NULL: none. */
static const struct arrival *next_arrival(const struct party *server, uint64_t after)
{
	const struct arrival *next = NULL;

	for (uint32_t i = 0; i < PARTY_MAX_ARRIVALS; i++) {
		const struct arrival *a = &server->arrivals[i];

		if ((a->state == ARRIVAL_QUEUED || a->state == ARRIVAL_READ) && a->datagram > after &&
		    (!next || a->datagram < next->datagram))
			next = a;
	}
	return next;
}

/* Add what of this message is in it. */
static void add_fragments(const struct party *server, const struct arrival *a, uint32_t message,
			  struct coverage *out)
{
	for (uint32_t i = 0; i < a->num_fragments; i++) {
		uint32_t number = a->first_fragment + i;
		const struct fragment *f = &server->fragments[number % PARTY_MAX_FRAGMENTS];

		if (f->message == message && server->num_fragments - number <= PARTY_MAX_FRAGMENTS)
			coverage_add(out, f->begin, f->len);
	}
}

uint64_t hello_again_ns(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	uint32_t hello = find_hello(client);
	struct coverage again = { .num_ranges = 0 };
	const struct arrival *a;

	if (hello == client->num_messages)
		return 0;
	for (uint64_t after = 0; (a = next_arrival(server, after)); after = a->datagram) {
		if (a->duplicate || a->since_ns <= server->last_sent_ns)
			continue;
		add_fragments(server, a, hello, &again);
		if (coverage_has(&again, 0, client->messages[hello].length))
			return a->since_ns;
	}
	return 0;
}
