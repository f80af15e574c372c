// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a verdict says of fragments, sizes, and what of a flight gets there. */
#include "verdict_rows.h"

#include <stdio.h>

#include "names.h"

#include "core.h"

/* "bytes 231 to 468 of its Certificate (message_seq 2, 469 bytes)" */
static const char *phrase_hole(char out[PHRASE_LEN], const struct hole *hole, uint8_t flight)
{
	const struct message *msg = hole->message;
	const char *title;

	switch (hole->kind) {
	case HOLE_BYTES:
		title = dtls_msg_type_title(msg->msg_type);
		if (hole->end - hole->begin == msg->length)
			snprintf(out, PHRASE_LEN, "all of its %s (message_seq %u, %u bytes)",
				 title ? title : "message", msg->message_seq, msg->length);
		else
			snprintf(out, PHRASE_LEN, "bytes %u to %u of its %s (message_seq %u, %u bytes)",
				 hole->begin, hole->end - 1, title ? title : "message",
				 msg->message_seq, msg->length);
		break;
	case HOLE_MESSAGE:
		snprintf(out, PHRASE_LEN, "its message_seq %u, all of it", hole->message_seq);
		break;
	case HOLE_BEGIN:
		snprintf(out, PHRASE_LEN, "the beginning of its flight %u", flight);
		break;
	default:
		snprintf(out, PHRASE_LEN, "the end of its flight %u", flight);
	}
	return out;
}

void sentence_missing_fragment(struct verdict *v, const struct handshake *h, enum party_role role,
			       uint64_t now)
{
	const struct party *party = &h->party[role];
	const struct flight *flight = &h->flights[party->flight];
	char text[VERDICT_PARTY_LEN], what[PHRASE_LEN] = "";
	struct hole hole = { .kind = HOLE_NONE };

	if (path_find_hole(h, role, &hole))
		phrase_hole(what, &hole, party->flight);
	if (path_is_unsent(h, role)) {
		phrase_say(v->summary, "%s does not send all of its flight %u: it lacks %s",
			   verdict_party(text, h, role), party->flight, what);
		evidence_copies(v, h, role);
		evidence_copies(v, h, party_peer(role));
		v->hint = "a part of the flight is in no copy that its socket sent: what stands between the DTLS "
			  "library and the socket, and does its own MTU refuse it?";
		return;
	}
	phrase_say(v->summary, "a part of what %s sends never %s: %s", verdict_party(text, h, role),
		   h->captured ? "passes" : "arrives", what);
	evidence_copies(v, h, role);
	EVIDENCE(v, "flight %u began %.1f s ago, its latest datagram %.1f s ago, and in none of its "
		 "copies was %s", party->flight, phrase_seconds(now - flight->first_ns),
		 phrase_seconds(now - flight->last_ns), what);
	if (hole.message)
		EVIDENCE(v, "%s datagrams with a part of that message had up to %u bytes; "
			 "the largest datagram that arrived had %u",
			 party->view[POINT_SENT].any ? "the" : "those", hole.message->carried,
			 party->sizes.largest_arrived);
	if (!party->view[POINT_SENT].any)
		EVIDENCE(v, "whether it was not sent or lost on the way cannot be seen from %s",
			 phrase_here(h));
	evidence_copies(v, h, party_peer(role));
}

void sentence_mtu_blackhole(struct verdict *v, const struct handshake *h, enum party_role role,
			    uint64_t now)
{
	char text[VERDICT_PARTY_LEN];
	struct path_mtu mtu = { .basis = MTU_BY_ICMP };
	const char *peer = party_role_name(party_peer(role));

	(void)now;
	path_find_mtu(h, role, &mtu);
	phrase_say(v->summary, "large datagrams of %s do not get to the %s: the path's MTU is smaller",
		   verdict_party(text, h, role), peer);
	evidence_copies(v, h, role);
	switch (mtu.basis) {
	case MTU_BY_ICMP:
		EVIDENCE(v, "an ICMP error said that a datagram is too big for the path; the latest copy still has "
			 "datagrams of up to %u bytes", mtu.lost);
		break;
	case MTU_BY_ARRIVAL:
		EVIDENCE(v, "datagrams of up to %u bytes arrived, of those of %u bytes and more none",
			 mtu.passed, mtu.lost);
		break;
	case MTU_BY_ANSWER:
		EVIDENCE(v, "datagrams of up to %u bytes were answered, those of %u bytes and more never", mtu.passed,
			 mtu.lost);
		EVIDENCE(v, "the %s is there: it repeats flight %u; whether it gets the large ones and ignores them "
			 "cannot be seen from %s", peer, h->party[party_peer(role)].flight, phrase_here(h));
		break;
	case MTU_BY_HOLE:
		EVIDENCE(v, "the largest datagram that arrived had %u bytes; what is missing in all copies would fill "
			 "one of %u", mtu.passed, mtu.lost);
		break;
	}
	evidence_copies(v, h, party_peer(role));
}

void sentence_hello_fragments_ignored(struct verdict *v, const struct handshake *h,
				      enum party_role role, uint64_t now)
{
	const struct flight *flight = &h->flights[h->party[PARTY_CLIENT].flight];
	const struct message *hello = path_find_fragmented_hello(h);
	const struct party *server = &h->party[PARTY_SERVER];
	char text[VERDICT_PARTY_LEN];

	verdict_party(text, h, role);
	if (server->local)
		phrase_say(v->summary, "%s ignores a ClientHello that comes in fragments", text);
	else
		phrase_say(v->summary, "%s does not answer a ClientHello in fragments: it ignores those, "
			   "or nothing gets there or back", text);
	evidence_copies(v, h, PARTY_CLIENT);
	if (hello)
		EVIDENCE(v, "the ClientHello has %u bytes, in fragments, in datagrams of up to %u bytes",
			 hello->length, hello->carried);
	if (flight->read)
		EVIDENCE(v, "all of it was read %.1f s ago; the server sent nothing since",
			 phrase_seconds(now - flight->read_ns));
}

void sentence_cannot_decrypt(struct verdict *v, const struct handshake *h, enum party_role role,
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
		phrase_say(v->summary, "%s repeats flight %u: it cannot decrypt flight %u, or does not get all of it",
			   text, party->flight, number);
	evidence_copies(v, h, party_peer(role));
	evidence_copies(v, h, role);
	if (party->local && flight->read)
		EVIDENCE(v, "all of flight %u, with its Finished, was read %.1f s ago", number,
			 phrase_seconds(now - flight->read_ns));
}
