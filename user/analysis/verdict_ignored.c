// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts about a flight that arrives but is ignored. */
#include "conditions.h"

#include "dtls13.h"
#include "flights.h"
#include "phrases.h"

#include "core.h"

/* For a receiver on another host: so many copies were not just lost. */
#define MANY_UNSEEN_COPIES 5

/* --- hello-fragments-ignored --- */

static const struct message *path_find_fragmented_hello(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT];

	for (uint32_t i = 0; i < client->num_messages; i++) {
		const struct message *msg = &client->messages[i];

		if (msg->msg_type == DTLS_MT_CLIENT_HELLO && msg->flight == client->flight &&
		    msg->fragmented)
			return msg;
	}
	return NULL;
}

/* All fragments of the ClientHello arrived, the client repeated it, and the server does not answer. */
static uint64_t condition_hello_fragments_ignored(const struct standing *s, const struct verdict_options *opts)
{
	const struct handshake *h = s->h;
	const struct party *server = s->self;
	const struct flight *flight = s->asked;
	const struct message *hello = path_find_fragmented_hello(h);
	uint64_t silent;

	if (s->role != PARTY_SERVER || !hello || !flight->complete || s->has_answered)
		return NEVER;
	silent = condition_silence(s, opts);
	if (!server->local)	/* a larger datagram may be lost because of its size */
		return hello->carried <= SAFE_LEN ? silent : NEVER;
	if (!h->sees_reads)
		return flight->arrived ? silent : NEVER;
	if (!flight->usable_ns || flight->copies < 2)
		return NEVER;
	/* A repeated HelloRetryRequest is no answer: it answers an earlier, unfragmented ClientHello. */
	if (server->last_sent_ns > flight->usable_ns &&
	    (!h->retry_seqs || server->flight != FLIGHT_RETRY_REQUEST ||
	     server->last_sent_ns > h->flights[FLIGHT_RETRY_REQUEST].last_ns))
		return NEVER;
	return max_u64(flight->copy_ns[1] + SECOND, flight->usable_ns + opts->floor_ns);
}

static void sentence_hello_fragments_ignored(struct verdict *v, const struct handshake *h,
					     enum party_role role, uint64_t now)
{
	const struct flight *flight = &h->flights[h->party[PARTY_CLIENT].flight];
	const struct message *hello = path_find_fragmented_hello(h);
	const struct party *server = &h->party[PARTY_SERVER];
	char text[VERDICT_PARTY_LEN];

	verdict_party(text, h, role);
	if (server->local)
		phrase_say(v->summary, "%s ignores a fragmented ClientHello", text);
	else
		phrase_say(v->summary, "%s does not answer a fragmented ClientHello: it ignores fragments, "
			   "or the path loses datagrams", text);
	evidence_copies(v, h, PARTY_CLIENT);
	if (hello)
		EVIDENCE(v, "the ClientHello has %u bytes; its fragments came in datagrams of up to %u bytes",
			 hello->length, hello->carried);
	if (flight->read)
		EVIDENCE(v, "the server read all of it %.1f s ago and has sent nothing since",
			 phrase_seconds(now - flight->read_ns));
}

const struct verdict_row row_hello_fragments_ignored = {
	.name = "hello-fragments-ignored",
	.state = HANDSHAKE_STUCK,
	.severity = SEVERITY_FAULT,
	.holds_from = condition_hello_fragments_ignored,
	.write = sentence_hello_fragments_ignored,
	.hint =
		"make the ClientHello smaller (no post-quantum key share, fewer extensions), raise the client's MTU, "
		"or update the server's DTLS library: many cannot reassemble a ClientHello",
	.filter = "{flow} && (dtls.handshake.type == 1 || {server})",
	.is_doubtful = is_unread, .claims_silence = true,
};

/* --- cannot-decrypt --- */

/* When did the second copy of this flight after `since` begin? */
static uint64_t second_repeat_after(const struct flight *flight, uint64_t since)
{
	uint32_t num = 0;

	for (uint32_t i = 1; i < flight->copies && i < FLIGHT_MAX_COPY_TIMES; i++)
		if (flight->copy_ns[i] > since && ++num == 2)
			return flight->copy_ns[i];
	/* Of the later copies, only the time of the latest is known. */
	return flight->copies >= FLIGHT_MAX_COPY_TIMES + 2 &&
	       flight->copy_ns[FLIGHT_MAX_COPY_TIMES - 1] > since ? flight->last_ns : NEVER;
}

/* The peer repeats its flight with the Finished, and `role` only repeats its own previous flight. */
static uint64_t condition_cannot_decrypt(const struct standing *s, const struct verdict_options *opts)
{
	const struct handshake *h = s->h;
	enum party_role peer = party_peer(s->role);
	uint8_t number = s->peer->flight;
	const struct flight *flight = s->asked;
	bool encrypted = s->asked_rule->encrypted;	/* DTLS 1.3 */
	bool local = s->self->local;
	uint64_t since;

	if (number < FLIGHT_SERVER_HELLO || s->has_answered)
		return NEVER;
	/*
	 * The end of the server's flight is not known, so the client may not have all of it.
	 * FLIGHT_CONFIRM may be seen here each time, but lost later on the path.
	 */
	if (encrypted && (number != FLIGHT_CLIENT_FINISHED || dtls13_may_be_lost(h, peer)))
		return NEVER;
	if (!encrypted && (!flight->complete ||
			   !s->peer->view[handshake_counting_point(h, peer)].finished_ns))
		return NEVER;
	if (!encrypted && local && s->receipt != RECEIPT_USABLE)
		return NEVER;
	if (flight->copies < (local ? PARTY_MANY_COPIES : MANY_UNSEEN_COPIES))
		return NEVER;
	since = max_u64(flight->first_ns, flight->lengths_arrived_ns);
	if (!encrypted && local)
		since = flight->usable_ns;
	/* A copy from `role` may have crossed the peer's flight on the path. */
	since += handshake_round_trip_ns(h, peer);
	/*
	 * The peer must have repeated its flight, too: a reader such as a proxy may have
	 * lost it after the read.
	 */
	return max_u64(second_repeat_after(s->own, since),
		       max_u64(many_copies_from(flight, opts), since + opts->floor_ns));
}

static void sentence_cannot_decrypt(struct verdict *v, const struct handshake *h, enum party_role role,
				    uint64_t now)
{
	const struct party *party = &h->party[role];
	uint8_t number = h->party[party_peer(role)].flight;
	const struct flight *flight = &h->flights[number];
	char text[VERDICT_PARTY_LEN];

	verdict_party(text, h, role);
	if (flight->read || (party->local && flight->arrived))
		phrase_say(v->summary, "%s does not accept the encrypted flight %u and repeats flight %u",
			   text, number, party->flight);
	else
		phrase_say(v->summary, "%s repeats flight %u: it cannot decrypt flight %u, or does not receive all of it",
			   text, party->flight, number);
	evidence_copies(v, h, party_peer(role));
	evidence_copies(v, h, role);
	if (party->local && flight->read)
		EVIDENCE(v, "all of flight %u, including its Finished, was read %.1f s ago", number,
			 phrase_seconds(now - flight->read_ns));
}

const struct verdict_row row_cannot_decrypt = {
	.name = "cannot-decrypt",
	.state = HANDSHAKE_STUCK,
	.severity = SEVERITY_FAULT,
	.holds_from = condition_cannot_decrypt,
	.write = sentence_cannot_decrypt,
	.hint =
		"check that both ends derive the same keys (PSK, extended master secret, cipher suite), and that this "
		"side accepts the peer's certificate; its debug log shows why it discards records",
	.filter = "{flow} && dtls",
	.is_doubtful = is_unread,
};
