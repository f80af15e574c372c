// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The verdict of a handshake that an alert ended, and for which there is no other cause. */
#include "conditions.h"

#include <stdio.h>
#include <string.h>

#include "application_evidence.h"
#include "flights.h"
#include "names.h"
#include "odd_flight.h"
#include "phrases.h"
#include "text.h"

#include "core.h"

/* RFC 5246 s7.2.2, RFC 8446 s6.2 */
enum alert_description {
	ALERT_BAD_RECORD_MAC = 20,
	ALERT_HANDSHAKE_FAILURE = 40,
	ALERT_NO_CERTIFICATE = 41,	/* of SSL 3.0, and still in use */
	ALERT_BAD_CERTIFICATE = 42,
	ALERT_UNSUPPORTED_CERTIFICATE = 43,
	ALERT_CERTIFICATE_REVOKED = 44,
	ALERT_CERTIFICATE_EXPIRED = 45,
	ALERT_CERTIFICATE_UNKNOWN = 46,
	ALERT_UNKNOWN_CA = 48,
	ALERT_DECRYPT_ERROR = 51,
	ALERT_PROTOCOL_VERSION = 70,
	ALERT_INSUFFICIENT_SECURITY = 71,
	ALERT_UNKNOWN_PSK_IDENTITY = 115,
	ALERT_CERTIFICATE_REQUIRED = 116,
	ALERT_NO_APPLICATION_PROTOCOL = 120,
};

/* Is the alert about the certificate that the client lacks? If it does not say so itself, it answers the empty message. */
static bool is_certificate_missing(const struct handshake *h)
{
	switch (h->alert.description) {
	case ALERT_NO_CERTIFICATE: case ALERT_CERTIFICATE_REQUIRED:
		return true;
	case ALERT_HANDSHAKE_FAILURE: case ALERT_BAD_CERTIFICATE: case ALERT_UNSUPPORTED_CERTIFICATE:
	case ALERT_CERTIFICATE_UNKNOWN:
		return h->alert.from == PARTY_SERVER && odd_flight_lacks_certificate(h);
	}
	return false;
}

/* Does the server refuse a ClientHello with a cookie, before it has chosen anything? OpenSSL says no more if the cookie is wrong. */
static bool may_be_cookie(const struct handshake *h)
{
	return h->alert.from == PARTY_SERVER && h->alert.description == ALERT_HANDSHAKE_FAILURE &&
	       h->party[PARTY_CLIENT].flight == FLIGHT_SECOND_HELLO && !h->retry_seqs && !h->server_hello.hello.has_cipher_suite;
}

static const char *hint_of_refusal(const struct handshake *h)
{
	if (h->server_hello.hello.has_cipher_suite)
		return "the cipher suite is not the reason, since the server chose one; the log of the side that sent the alert "
		       "shows what it misses: look at certificates, signature algorithms and groups";
	if (may_be_cookie(h))
		return "the server's log shows the reason: a cookie mismatch (the secret of the cookies changed or is not shared by all servers, "
		       "or the client's address changed), or no shared cipher suite, group or signature algorithm";
	return "allow a cipher suite, a group and a signature algorithm on both sides that fit the server's certificate or PSK: the log of "
	       "the side that sent the alert shows what it misses";
}

/* The side that sends such an alert has looked at the certificate of the other one. */
static const char *hint_of_certificate(const struct alert *alert)
{
	bool client = alert->from == PARTY_CLIENT;

	switch (alert->description) {
	case ALERT_CERTIFICATE_EXPIRED:
		return client ? "renew the server's certificate, or set the clock of the client right" :
				"renew the client's certificate, or set the clock of the server right";
	case ALERT_CERTIFICATE_REVOKED:
		return client ? "replace the server's certificate, which is revoked" : "replace the client's certificate, which is revoked";
	}
	return client ? "the client refuses the server's certificate: compare its host names, key usage and signature with what the client "
			"expects; the client's log shows the reason" :
			"the server refuses the client's certificate: compare its names, key usage and signature with what the server "
			"expects; the server's log shows the reason";
}

/*
 * Does the server refuse a client that offers DTLS 1.0 at most, before it has chosen anything? The description says little:
 * OpenSSL 3, which does not speak that at its default security level, sends internal_error.
 */
static bool is_old_client(const struct handshake *h)
{
	const struct hello *hello = &h->client_hello.hello;

	return h->alert.from == PARTY_SERVER && h->client_hello.known && !h->version_negotiated && !hello->versions.num &&
	       hello->has_version && hello->version == DTLS_VERSION_1_0;
}

/*
 * May its sender have compared the certificate with a fingerprint? In WebRTC, no CA vouches for a certificate, only the
 * fingerprint in the SDP (RFC 5763 s5).
 */
static bool may_be_fingerprint(const struct handshake *h)
{
	if (!h->client_hello.hello.has_use_srtp || is_certificate_missing(h))
		return false;
	switch (h->alert.description) {
	case ALERT_BAD_CERTIFICATE: case ALERT_UNSUPPORTED_CERTIFICATE: case ALERT_CERTIFICATE_UNKNOWN: case ALERT_UNKNOWN_CA:
		return true;
	}
	return false;
}

static const char *hint_of_alert(const struct handshake *h)
{
	const struct alert *alert = &h->alert;
	bool client = alert->from == PARTY_CLIENT;

	if (alert_is_farewell(alert))
		return "find out why this side gave up: its log and its timeout; it may have waited for something "
		       "that dtlsnoop cannot see";
	if (is_certificate_missing(h))
		return "give the client a certificate and its private key, or make the server accept clients without one";
	switch (alert->description) {
	case ALERT_BAD_RECORD_MAC: case ALERT_DECRYPT_ERROR:
		return "compare the keys on both sides: PSK and its identity, or certificate and private key";
	case ALERT_HANDSHAKE_FAILURE: case ALERT_INSUFFICIENT_SECURITY:
		return hint_of_refusal(h);
	case ALERT_BAD_CERTIFICATE: case ALERT_UNSUPPORTED_CERTIFICATE: case ALERT_CERTIFICATE_UNKNOWN:
	case ALERT_CERTIFICATE_EXPIRED: case ALERT_CERTIFICATE_REVOKED:
		return hint_of_certificate(alert);
	case ALERT_NO_APPLICATION_PROTOCOL:
		return "configure an application protocol (ALPN) on the server that the client offers, or the other way round";
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
	return is_old_client(h) ? "let the client offer DTLS 1.2: many servers refuse DTLS 1.0 (RFC 8996)" : NULL;
}

static const char *phrase_version(char out[PHRASE_LEN], uint16_t version)
{
	const char *name = dtls_version_name(version);

	snprintf(out, PHRASE_LEN, "%s", name ? name : "a version without a name");
	return out;
}

/* A ClientHello without the list tells the highest version only (RFC 5246 appendix E.1). */
static void evidence_versions(struct verdict *v, const struct handshake *h)
{
	const struct hello *hello = &h->client_hello.hello;
	char list[VERDICT_TEXT_LEN / 2] = "", name[PHRASE_LEN];
	int len = 0;

	for (uint32_t i = 0; i < hello->versions.num && len < (int)sizeof(list) - PHRASE_LEN; i++)
		if (dtls_version_name(hello->versions.list[i]))
			len += snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "",
					dtls_version_name(hello->versions.list[i]));
	if (len)
		EVIDENCE(v, "the client offers %s", list);
	else if (hello->has_version)
		EVIDENCE(v, "the client offers %s; its ClientHello does not tell whether it accepts older versions, too",
			 phrase_version(name, hello->version));
	if (h->version_negotiated)
		EVIDENCE(v, "the server chose %s", phrase_version(name, h->version));
}

static void evidence_suites(struct verdict *v, const struct handshake *h)
{
	const struct hello *hello = &h->client_hello.hello;
	const char *chosen = cipher_suite_name(h->server_hello.hello.cipher_suite);
	char list[VERDICT_TEXT_LEN / 2] = "";
	int len = 0;

	if (h->server_hello.hello.has_cipher_suite) {
		EVIDENCE(v, "the server chose the cipher suite %s before that", chosen ? chosen : "without a name");
		return;
	}
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

/* The names are a peer's own bytes. */
static void evidence_alpn(struct verdict *v, const struct handshake *h)
{
	const struct hello_alpn *alpn = &h->client_hello.hello.alpn;
	char list[VERDICT_TEXT_LEN / 2] = "", text[PHRASE_LEN];
	const char *name;
	uint32_t name_len;
	int len = 0;

	for (uint32_t i = 0; (name_len = hello_alpn_name(alpn, i, &name)) && len < (int)(sizeof(list) - PHRASE_LEN); i++) {
		text_escape(text, sizeof(text), name, name_len);
		len += snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "", text);
	}
	if (len)
		EVIDENCE(v, "the client offers the application protocol%s %s", alpn->total == 1 ? "" : "s", list);
}

/* What the handshake shows of the reason for the alert. */
static void evidence_reason(struct verdict *v, const struct handshake *h)
{
	if (is_certificate_missing(h)) {
		if (odd_flight_lacks_certificate(h))
			EVIDENCE(v, "%s", odd_flight_no_certificate);
		else
			EVIDENCE(v, "the alert itself says that the server wants a certificate, and that the client sent none");
		return;
	}
	if (!h->client_hello.known)
		return;
	if (h->alert.description == ALERT_PROTOCOL_VERSION)
		evidence_versions(v, h);
	else if (h->alert.description == ALERT_NO_APPLICATION_PROTOCOL)
		evidence_alpn(v, h);
	else if (h->alert.description == ALERT_HANDSHAKE_FAILURE || h->alert.description == ALERT_INSUFFICIENT_SECURITY)
		evidence_suites(v, h);
	else if (is_old_client(h))
		evidence_versions(v, h);
}

/* If nothing of its peer was captured, that may have finished the handshake. */
static bool is_one_sided(const struct handshake *h, enum party_role role)
{
	return h->party[party_peer(role)].uncaptured && h->party[role].flight >= flight_of_closing(h, role);
}

/* The socket of the side that it seems to come from did not send it. */
static void evidence_forged(struct verdict *v, const struct handshake *h, const struct alert *alert)
{
	enum party_role role = alert->from;
	char text[VERDICT_PARTY_LEN], name[PHRASE_LEN];

	phrase_alert(name, alert->description);
	phrase_say(v->summary, "%s gave up at the alert %s (%u), which the %s did not send",
		   verdict_party(text, h, party_peer(role)), name, alert->description, party_role_name(role));
	if (h->party[role].local)
		EVIDENCE(v, "the alert has the address of the %s, but the socket of the %s did not send it: somebody else did",
			 party_role_name(role), party_role_name(role));
	else
		EVIDENCE(v, "the alert has the address of the %s, but the %s goes on with the handshake: somebody else sent it",
			 party_role_name(role), party_role_name(role));
	HINT(v, "find out who else sends to this address: an alert in plaintext is not authenticated, and not every "
	     "DTLS library ignores it");
}

/* DTLS 1.3: what it is shows its length, and that its sender sends nothing more. */
static void sentence_hidden(struct verdict *v, const struct handshake *h, const struct alert *alert)
{
	const char *role = party_role_name(alert->from), *peer = party_role_name(party_peer(alert->from));
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "%s sent an encrypted alert before the handshake was complete", verdict_party(text, h, alert->from));
	EVIDENCE(v, "a record that is as short as an alert (epoch %u, %u bytes) came from the %s %.3f s %s, and no other record since",
		 alert->epoch, alert->length, role, phrase_seconds(alert->ns - h->started_ns), phrase_origin(h));
	EVIDENCE(v, "only an ACK that acknowledges nothing is as short, and its sender would go on; only the two ends can read whether "
		 "the alert is an error or close_notify");
	if (h->client_hello.hello.has_use_srtp)
		HINT(v, "compare the fingerprint in the SDP (a=fingerprint) with the certificate of the %s: the %s may have refused it, "
		     "and its log shows the reason", peer, role);
	else
		HINT(v, "the %s may have refused the certificate or the PSK of the %s: its log shows the reason", role, peer);
}

/* The alert that the verdict is about: the one at which a side gave up may be a stranger's. */
static const struct alert *alert_of(const struct handshake *h)
{
	return h->alert.ns ? &h->alert : &h->unsent_alert;
}

static void sentence_alert(struct verdict *v, const struct handshake *h, const struct claim *claim,
			   uint64_t now)
{
	enum party_role role = claim->role;
	const struct alert *alert = alert_of(h);
	char text[VERDICT_PARTY_LEN], name[PHRASE_LEN];

	if (!alert->level) {
		if (alert->is_hidden) {
			sentence_hidden(v, h, alert);
			return;
		}
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
	if (!h->alert.ns) {
		evidence_forged(v, h, alert);
		return;
	}
	if (!alert->is_local)
		EVIDENCE(v, "anybody who knows the addresses can send an alert in plaintext: nothing seen here proves that the %s sent it",
			 party_role_name(role));
	if (alert->is_repeated_after)
		EVIDENCE(v, "the %s has sent its flight again since then: the alert did not reach it, or it ignores it; alerts are not sent again",
			 party_role_name(party_peer(role)));
	application_tell_reason(v, h, role, alert->ns);
	evidence_reason(v, h);
	if (may_be_fingerprint(h))
		HINT(v, "SRTP is offered, as in WebRTC: compare the fingerprint in the SDP (a=fingerprint) with the %s's certificate; if that "
		     "is right, %s", party_role_name(party_peer(alert->from)), hint_of_alert(h));
	else if (hint_of_alert(h))
		HINT(v, "%s", hint_of_alert(h));
	if (!alert->is_local && !alert_is_farewell(alert))
		snprintf(v->hint + strlen(v->hint), sizeof(v->hint) - strlen(v->hint), "; if the log of the %s has no such alert, "
			 "somebody else sent it", party_role_name(role));
}

static const char *doubt_alert(const struct handshake *h, const struct claim *claim)
{
	const struct alert *alert = alert_of(h);

	if (!alert->level)
		return "the alert is encrypted";
	return !alert->is_local || !h->alert.ns ? "anybody can send a plaintext alert" : NULL;
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
	.doubt = doubt_alert, .severity_of = severity_of_alert,
};
