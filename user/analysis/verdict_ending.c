// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts that say how a handshake ended. */
#include "conditions.h"

#include <stdio.h>

#include "flights.h"
#include "names.h"
#include "phrases.h"

#include "core.h"

/* --- completed --- */

static void sentence_completed(struct verdict *v, const struct handshake *h, const struct claim *claim,
			       uint64_t now)
{
	if (h->midway) {
		phrase_say(v->summary, "completed; its beginning was not seen");
		return;
	}
	phrase_say(v->summary, "completed in %.3f s%s", phrase_seconds(now - h->started_ns),
		   h->resumed ? ", session resumed" : "");
}

const struct verdict_row row_completed = {
	.write = sentence_completed,
	.filter = "{flow} && dtls.record.content_type == 22",
	.blames_nobody = true,
};

/* --- alert --- */

/* RFC 5246 s7.2.2, RFC 8446 s6.2 */
enum alert_description {
	ALERT_BAD_RECORD_MAC = 20,
	ALERT_HANDSHAKE_FAILURE = 40,
	ALERT_UNKNOWN_CA = 48,
	ALERT_DECRYPT_ERROR = 51,
	ALERT_PROTOCOL_VERSION = 70,
	ALERT_INSUFFICIENT_SECURITY = 71,
	ALERT_UNKNOWN_PSK_IDENTITY = 115,
};

static const char *hint_of_alert(const struct alert *alert)
{
	bool client = alert->from == PARTY_CLIENT;

	if (alert_is_farewell(alert))
		return "find out why this side gave up: its log and its timeout; it may have waited for something "
		       "that dtlsnoop cannot see";
	switch (alert->description) {
	case ALERT_BAD_RECORD_MAC: case ALERT_DECRYPT_ERROR:
		return "compare the keys on both sides: PSK and its identity, or certificate and private key";
	case ALERT_HANDSHAKE_FAILURE: case ALERT_INSUFFICIENT_SECURITY:
		return "allow a cipher suite and a group on both sides that fit the server's certificate or PSK: the log of "
		       "the side that sent the alert shows what it misses";
	case ALERT_UNKNOWN_CA:
		return client ? "add the CA of the server's certificate to the trust store of the client, and make the server "
				"send all intermediate certificates" :
				"add the CA of the client's certificate to the trust store of the server, and make the client "
				"send all intermediate certificates";
	case ALERT_PROTOCOL_VERSION:
		return "allow the same DTLS version on both sides";
	case ALERT_UNKNOWN_PSK_IDENTITY:
		return "add the client's PSK identity to the server";
	}
	return NULL;
}

/* What the client offered, if the alert says that nothing of it fits. */
static void evidence_offer(struct verdict *v, const struct handshake *h)
{
	const struct hello *hello = &h->client_hello.hello;
	char list[VERDICT_TEXT_LEN / 2] = "";
	int len = 0;

	if (!h->client_hello.known)
		return;
	if (h->alert.description == ALERT_PROTOCOL_VERSION) {
		EVIDENCE(v, "the client offers %s%s", hello->offers_dtls13 ? "DTLS 1.3 and " : "",
			 hello->version == DTLS_VERSION_1_0 ? "DTLS 1.0" : "DTLS 1.2 or older");
		return;
	}
	if (h->alert.description != ALERT_HANDSHAKE_FAILURE && h->alert.description != ALERT_INSUFFICIENT_SECURITY)
		return;
	for (uint32_t i = 0, said = 0; i < hello->num_cipher_suites && i < HELLO_CIPHER_SUITES_MAX && said < 2; i++) {
		const char *name = cipher_suite_name(hello->cipher_suites[i]);

		if (!name)
			continue;
		len += snprintf(list + len, sizeof(list) - len, "%s%s", said ? ", " : "", name);
		said++;
	}
	EVIDENCE(v, "the client offers %u cipher suite%s: %s%s", hello->num_cipher_suites,
		 hello->num_cipher_suites == 1 ? "" : "s", list, hello->num_cipher_suites > 2 ? ", ..." : "");
}

/* If nothing of its peer was captured, that may have finished the handshake. */
static bool is_one_sided(const struct handshake *h, enum party_role role)
{
	return h->party[party_peer(role)].uncaptured && h->party[role].flight >= flight_of_closing(h, role);
}

static void sentence_alert(struct verdict *v, const struct handshake *h, const struct claim *claim,
			   uint64_t now)
{
	enum party_role role = claim->role;
	const struct alert *alert = &h->alert;
	char text[VERDICT_PARTY_LEN], name[PHRASE_LEN];

	if (!alert->level) {
		phrase_say(v->summary, is_one_sided(h, role) ? "%s sent an encrypted alert; the capture does not show whether the "
			   "handshake was complete by then" : "%s sent an encrypted alert before the handshake was complete",
			   verdict_party(text, h, role));
		EVIDENCE(v, "the alert (epoch %u, %u bytes) came %.3f s %s; only the two ends can "
			 "read whether it is an error or close_notify",
			 alert->epoch, alert->length,
			 phrase_seconds(alert->ns - h->started_ns), phrase_origin(h));
		return;
	}
	phrase_alert(name, alert->description);
	if (alert_is_farewell(alert))
		phrase_say(v->summary, "%s ended the handshake before it was complete (%s)",
			   verdict_party(text, h, role), name);
	else
		phrase_say(v->summary, "%s ended the handshake with the fatal alert %s (%u)",
			   verdict_party(text, h, role), name, alert->description);
	EVIDENCE(v, "the alert (level %u, description %u, plaintext) came %.3f s %s",
		 alert->level, alert->description, phrase_seconds(alert->ns - h->started_ns),
		 phrase_origin(h));
	evidence_offer(v, h);
	if (hint_of_alert(alert))
		HINT(v, "%s", hint_of_alert(alert));
}

/* An encrypted alert hides even whether it is fatal. From elsewhere, anybody may have sent the one in plaintext. */
static bool is_unproven(const struct handshake *h, const struct claim *claim)
{
	return !h->alert.level || !h->alert.is_local;
}

/* A side that only goes away does not refuse; nor is an alert that may have come after the handshake its end. */
static enum verdict_severity severity_of_alert(const struct handshake *h)
{
	if (!h->alert.level)
		return is_one_sided(h, h->alert.from) ? SEVERITY_WARNING : SEVERITY_FAULT;
	return alert_is_farewell(&h->alert) ? SEVERITY_WARNING : SEVERITY_FAULT;
}

const struct verdict_row row_alert = {
	.write = sentence_alert,
	.hint = "check the log of the side that sent the alert: it shows the reason",
	.filter = "{flow} && {role} && dtls.record.content_type == 21",
	.is_doubtful = is_unproven, .severity_of = severity_of_alert,
};

/* --- closed-by-application --- */

static void sentence_closed(struct verdict *v, const struct handshake *h, const struct claim *claim,
			    uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	char text[VERDICT_PARTY_LEN], sent[PHRASE_LEN] = "before it sent anything";

	phrase_say(v->summary, "%s closed its socket or exited before the handshake was complete",
		   verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	evidence_copies(v, h, role);
	if (party->flight)
		snprintf(sent, sizeof(sent), "%.1f s after it last sent flight %u",
			 phrase_seconds(now - h->flights[party->flight].last_ns), party->flight);
	EVIDENCE(v, "it closed the socket %.1f s after the first ClientHello, %s", phrase_seconds(now - h->started_ns),
		 sent);
	if (party->unread)
		EVIDENCE(v, "%u unread datagram%s %s in its receive queue", party->unread,
			 party->unread == 1 ? "" : "s", party->unread == 1 ? "was" : "were");
}

const struct verdict_row row_closed_by_application = {
	.write = sentence_closed,
	.hint = "check the application's log: it may have crashed, or its timeout may be too short",
};

/* --- evicted --- */

static void sentence_evicted(struct verdict *v, const struct handshake *h, const struct claim *claim,
			     uint64_t now)
{
	if (h->flooded)
		phrase_say(v->summary, "no longer followed: more datagrams come between these addresses than one "
			   "handshake needs, and the rate limit leaves them out");
	else
		phrase_say(v->summary, "no longer followed: the table of handshakes is full");
	EVIDENCE(v, "its last datagram was seen %.1f s ago", phrase_seconds(now - h->last_ns));
}

const struct verdict_row row_evicted = {
	.write = sentence_evicted,
	.hint = "raise --max-handshakes (in a flood: --rate-limit), or trace fewer sockets (-p, -P)",
	.blames_nobody = true,
};
