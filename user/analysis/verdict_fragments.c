// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The verdict about a server that ignores fragments of a ClientHello: hello-fragments-ignored. */
#include "doubts.h"

#include "late.h"
#include "phrases.h"

#include "core.h"

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
static uint64_t condition_hello_fragments_ignored(const struct standing *s, struct claim *claim)
{
	const struct handshake *h = s->h;
	const struct party *server = s->self;
	const struct flight *flight = s->asked;
	const struct message *hello = path_find_fragmented_hello(h);
	uint64_t silent;

	if (s->role != PARTY_SERVER || !hello || !flight->complete || s->has_answered)
		return NEVER;
	silent = condition_silence(s, claim);
	if (!server->local)	/* a larger datagram may be lost because of its size */
		return hello->carried <= SAFE_LEN ? silent : NEVER;
	if (!h->sees_reads)
		return flight->arrived ? silent : NEVER;
	if (!flight->usable_ns || flight->copies < 2 || may_still_compute(s, flight->usable_ns))
		return NEVER;
	/* A repeated HelloRetryRequest is no answer: it answers an earlier, unfragmented ClientHello. */
	if (server->last_sent_ns > flight->usable_ns &&
	    (!h->retry_seqs || server->flight != FLIGHT_RETRY_REQUEST ||
	     server->last_sent_ns > h->flights[FLIGHT_RETRY_REQUEST].last_ns))
		return NEVER;
	return max_u64(max_u64(flight->copy_ns[1] + SECOND, flight->usable_ns + s->floor_ns), late_silent_from(s));
}

static void sentence_hello_fragments_ignored(struct verdict *v, const struct handshake *h, const struct claim *claim,
					     uint64_t now)
{
	enum party_role role = claim->role;
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
	.holds_from = condition_hello_fragments_ignored,
	.needs = FACT_REPEATS,
	.write = sentence_hello_fragments_ignored,
	.hint =
		"make the ClientHello smaller (no post-quantum key share, fewer extensions), raise the client's MTU, "
		"or update the server's DTLS library: many cannot reassemble a ClientHello",
	.filter = "{flow} && (dtls.handshake.type == 1 || {server})",
	.doubt = doubt_read, .claims_silence = true,
	.doubts_flight = true,
};
