// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a verdict says that rests on other handshakes, sockets or addresses. */
#include "verdict_rows.h"

#include "names.h"
#include "text.h"

#include "core.h"

void sentence_wrong_address(struct verdict *v, const struct handshake *h, enum party_role role,
			    uint64_t now)
{
	const struct relations *r = &h->relations;
	char address[TEXT_ENDPOINT_LEN], text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	text_endpoint(address, &r->stray_address, r->stray_ipv4);
	phrase_say(v->summary, "the answer comes from %s, but the client asked %s", address,
		   verdict_party(text, h, role));
	evidence_copies(v, h, PARTY_CLIENT);
	EVIDENCE(v, "a server's first answer to that client came from %s %s, first %.1f s ago%s", address,
		 phrase_times(times, r->strays), phrase_seconds(now - r->stray_ns),
		 r->stray_from_socket ? ", out of the very socket that was asked" : "");
	EVIDENCE(v, "nothing came from the address that was asked");
}

void sentence_role_conflict(struct verdict *v, const struct handshake *h, enum party_role role,
			    uint64_t now)
{
	const struct relations *r = &h->relations;
	char text[VERDICT_PARTY_LEN], other[VERDICT_PARTY_LEN];

	(void)role;
	phrase_say(v->summary, "both sides are client: %s, and %s too", verdict_party(text, h, PARTY_CLIENT),
		   verdict_party(other, h, PARTY_SERVER));
	evidence_copies(v, h, PARTY_CLIENT);
	EVIDENCE(v, "the other side sent a ClientHello of its own, %u copies; both have been unanswered for %.1f s",
		 r->both_ways_copies, phrase_seconds(now - r->both_ways_ns));
	if (h->alert_level)
		EVIDENCE(v, "the %s refused with the alert %s (%u)", party_role_name(h->alert_from),
			 dtls_alert_name(h->alert_description) ? dtls_alert_name(h->alert_description) :
			 "unassigned", h->alert_description);
}

void sentence_cookie_loop(struct verdict *v, const struct handshake *h, enum party_role role,
			  uint64_t now)
{
	const struct cookies *cookies = &h->cookies;
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "%s asks for a cookie again and again", verdict_party(text, h, role));
	EVIDENCE(v, "%u new ClientHellos with a cookie were answered by asking for one, the latest %.1f s ago",
		 cookies->refused, phrase_seconds(now - cookies->refused_ns));
	EVIDENCE(v, "%u requests for a cookie to %u ClientHellos without one", cookies->asked, cookies->without);
}

void sentence_split_across_sockets(struct verdict *v, const struct handshake *h,
				   enum party_role role, uint64_t now)
{
	enum party_role peer = party_peer(role);
	const struct message *msg = relation_find_split(h, peer);
	const char *title = msg ? dtls_msg_type_title(msg->msg_type) : NULL;
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "%s gets one message through two sockets", verdict_party(text, h, role));
	evidence_copies(v, h, peer);
	if (msg)
		EVIDENCE(v, "parts of the %s (message_seq %u, %u bytes) went to two sockets, first %.1f s ago, "
			 "and no socket got all of it", title ? title : "message", msg->message_seq, msg->length,
			 phrase_seconds(now - msg->split.since_ns));
}

void sentence_rehandshake_ignored(struct verdict *v, const struct handshake *h, enum party_role role,
				  uint64_t now)
{
	const struct flight *flight = &h->flights[h->party[PARTY_CLIENT].flight];
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "%s does not answer a new ClientHello where it had an association",
		   verdict_party(text, h, role));
	EVIDENCE(v, "a handshake between the same addresses was completed %.1f s before this one began",
		 phrase_seconds(h->started_ns - h->relations.established_ns));
	evidence_copies(v, h, PARTY_CLIENT);
	if (flight->read)
		EVIDENCE(v, "the new ClientHello was read %.1f s ago; the server sent nothing since",
			 phrase_seconds(now - flight->read_ns));
	else
		EVIDENCE(v, "whether it gets there cannot be seen from %s", phrase_here(h));
}
