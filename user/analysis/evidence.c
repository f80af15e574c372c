// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Evidence that several or all verdicts share. */
#include "conditions.h"

#include <stdio.h>
#include <string.h>

#include "beside.h"
#include "flights.h"
#include "hosts.h"
#include "late.h"
#include "names.h"
#include "others.h"
#include "outcome.h"
#include "storm.h"

#include "core.h"

#define PHRASE_FATE_LEN 200

/* What reached its receiver. If no copy is known to have come whole, the parts may come from several. */
static const char *fate_of(char out[PHRASE_FATE_LEN], const struct handshake *h, const struct flight *flight)
{
	uint64_t second_ns = flight->copies > 1 ? flight->copy_ns[1] : UINT64_MAX;
	const char *what = "each part of it", *where = "";

	if (!flight->arrived)
		return "";
	if (flight->copies < 2)
		what = "all of it";
	else if ((flight->read ? flight->read_ns : flight->arrived_ns) < second_ns)
		what = "all of the first copy";
	else
		where = " in some copy";
	snprintf(out, PHRASE_FATE_LEN, "; %s reached %s%s%s", what, hosts_name(h, party_peer(flight->from)),
		 where, flight->read ? " and was read" : "");
	return out;
}

void evidence_copies(struct verdict *v, const struct handshake *h, enum party_role role)
{
	uint8_t number = h->party[role].flight;
	const struct flight *flight = &h->flights[number];
	char sent[PHRASE_LEN], copies[PHRASE_LEN], fate[PHRASE_FATE_LEN];

	if (!number)
		return;
	EVIDENCE(v, "the %s sent %s (at %s)%s", party_role_name(role), phrase_flight_copies(sent, number, flight->copies),
		 phrase_copies(copies, h, flight), fate_of(fate, h, flight));
}

void evidence_no_errors(struct verdict *v, const struct handshake *h, enum party_role role)
{
	if (h->flights[FLIGHT_SERVER_HELLO].copies > 1 && flight_sent_type(&h->party[role], DTLS_MT_CERTIFICATE))
		EVIDENCE(v, "the repeated Certificate fragments are retransmissions, not errors");
}

void evidence_large_answer(struct verdict *v, const struct handshake *h, enum party_role role)
{
	if (role == PARTY_CLIENT && !h->party[role].local && h->party[role].flight < FLIGHT_CLIENT_FINISHED &&
	    flight_sent_type(&h->party[PARTY_SERVER], DTLS_MT_CERTIFICATE_REQUEST))
		EVIDENCE(v, "the server asked for a certificate: the flight with it may be too large for the path, which only the client's "
			 "host would be told (ICMP)");
}

void evidence_ip_fragments(struct verdict *v)
{
	EVIDENCE(v, "datagrams of more than %u bytes are sent as IP fragments where the MTU is 1500, as it is on most devices",
		 ETHERNET_LEN);
}

void hint_namespace(struct verdict *v, const struct party *party)
{
	size_t len = strlen(v->hint);

	if (party->has_owner)
		snprintf(v->hint + len, sizeof(v->hint) - len, "; the rules are in the network namespace of the process "
			 "(nsenter -t %u -n nft list ruleset)", party->pid);
}

/* "180 STUN, 20 RTP" */
static const char *phrase_others(char out[PHRASE_LEN], const uint32_t num[EVENT_OTHER_KINDS])
{
	int len = 0;

	for (int kind = 0; kind < EVENT_OTHER_KINDS; kind++)
		if (num[kind])
			len += snprintf(out + len, PHRASE_LEN - len, "%s%u %s", len ? ", " : "", num[kind],
					event_other_title(kind));
	return out;
}

/* What answers a ClientHello is neither DTLS nor what WebRTC sends beside it: another protocol has this port. */
static bool is_another_protocol(const struct others_seen *seen, enum party_role role,
				const uint32_t num[EVENT_OTHER_KINDS])
{
	return role == PARTY_SERVER && !seen->any_dtls && !num[EVENT_OTHER_STUN] && !num[EVENT_OTHER_RTP];
}

static void sentence_another_protocol(struct verdict *v, uint64_t sum, const char *least)
{
	EVIDENCE(v, "the server answered with %s%llu datagram%s of another protocol: this port probably does not speak DTLS", least,
		 (unsigned long long)sum, sum == 1 ? "" : "s");
	HINT(v, "check the port number: the server sends what is neither DTLS nor STUN nor RTP, so the client probably asks "
	     "the port of another service (for CoAP, coaps is on port 5684, not 5683)");
}

void sentence_kept(struct verdict *v, const struct handshake *h, uint64_t now)
{
	const struct relations *r = &h->relations;

	if (!r->kept_ns || v->side != VERDICT_SIDE_SERVER)
		return;
	EVIDENCE(v, "the server goes on with handshake #%llu, which the client began before from the same port: its latest datagram came %.1f s ago",
		 (unsigned long long)r->kept_id, phrase_seconds(now - r->kept_ns));
	HINT(v, "let the client use another port, or end its handshake with an alert before it starts again: many servers take no other "
	     "ClientHello from an address while a handshake with it is under way");
}

void sentence_others(struct verdict *v, const struct handshake *h, enum party_role role)
{
	const struct others_seen *seen = others_of(h, role);
	uint32_t num[EVENT_OTHER_KINDS];
	uint64_t sum = others_since(h, role, num);
	char text[PHRASE_LEN];
	const char *since, *least = sum < EVENT_OTHER_FIRST ? "" : "at least ";

	/* DTLS datagrams of another handshake may have come in between. */
	if (!sum || h->interleaved)
		return;
	if (is_another_protocol(seen, role, num)) {
		sentence_another_protocol(v, sum, least);
		return;
	}
	/* It is alive: neither the address nor the way is why. */
	if (v->code == VERDICT_NO_RESPONSE && v->side == VERDICT_SIDE_SERVER)
		HINT(v, "find out why the %s does not start DTLS, although it is alive on this port: its log, and for WebRTC "
		     "a=setup and the fingerprints of both descriptions", party_role_name(role));
	since = seen->any_dtls ? " since" : "";
	phrase_others(text, num);
	if (others_came(h, role))
		EVIDENCE(v, "no DTLS came from the %s%s, but %s%llu other datagram%s did (%s)", party_role_name(role),
			 since, least, (unsigned long long)sum, sum == 1 ? "" : "s", text);
	else
		EVIDENCE(v, "the %s sent no DTLS%s, but %s%llu other datagram%s (%s)", party_role_name(role), since,
			 least, (unsigned long long)sum, sum == 1 ? "" : "s", text);
}

/* "its" for the side that the verdict is about, otherwise the role. */
static const char *whose(const struct verdict *v, enum party_role role)
{
	if (v->side == side_of_role(role))
		return "its";
	return role == PARTY_CLIENT ? "the client's" : "the server's";
}

/* Beside an association: see beside.h. */
static void evidence_beside(struct verdict *v, const struct handshake *h)
{
	if (!handshake_is_faulty(h) || v->severity != SEVERITY_WARNING || !beside_is_unproven(h))
		return;
	EVIDENCE(v, "the two had completed a handshake before, and anybody may have sent these ClientHellos: the copies of a client that "
		 "waits have new record numbers, and its timer doubles");
	HINT(v, "ask the client whether it started again. If not, somebody else sent the ClientHellos with its address, and nothing is "
	     "wrong: the association goes on. If it did, it has to send close_notify first, or use another port, where the server does not "
	     "accept a new handshake (RFC 6347 s4.2.8)");
}

static void evidence_strangers(struct verdict *v, const struct handshake *h)
{
	/* Who goes on from another port has what was sent to this one. */
	if (!h->relations.strangers || h->relations.moved_id || !outcome_is_stranger(h))
		return;
	EVIDENCE(v, "the client's address may be forged: it sent one ClientHello and did not repeat it");
	if (h->relations.strangers > STRANGERS_TOLD_EACH)
		EVIDENCE(v, "so did %u clients of this socket so far: one report stands for all of them", h->relations.strangers);
}

void sentence_circumstances(struct verdict *v, const struct handshake *h)
{
	char ending[VERDICT_TEXT_LEN];

	ending_write(h, ending);
	if (h->ending.how == ENDING_ALERT && v->code != VERDICT_ALERT)
		EVIDENCE(v, "then %s", ending);
	if (v->confidence == CONFIDENCE_LIKELY && (h->midway || late_is_unmoved(h)) && handshake_is_faulty(h) && !h->relations.moved_id)
		EVIDENCE(v, "the trace began later than the handshake: what both sides sent before is not known");
	evidence_strangers(v, h);
	evidence_beside(v, h);
	if ((h->events_lost || h->missing & MISSING_LOST) && v->num_evidence < VERDICT_MAX_EVIDENCE)
		phrase_lost(v->evidence[v->num_evidence++], h);
	if (h->storm_flight)
		storm_tell(v, h);
	else if (h->missing & MISSING_LIMITED)
		EVIDENCE(v, "the rate limit left out datagrams during this handshake");
	for (int role = 0; role < PARTY_MAX; role++)
		if (h->party[role].closed_ns && v->code != VERDICT_CLOSED_BY_APPLICATION)
			EVIDENCE(v, "then %s socket was closed, %.1f s %s", whose(v, role),
				 phrase_seconds(h->party[role].closed_ns - h->started_ns), phrase_origin(h));
	if (h->ending.how == ENDING_EVICTED && v->code != VERDICT_EVICTED)
		EVIDENCE(v, "then %s", ending);
}
