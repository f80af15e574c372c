// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "names.h"

#include <stddef.h>
#include <string.h>

#include "core.h"

#define DRAFT(n) "DTLS 1.3 draft " #n,
#define DRAFTS(tens) \
	DRAFT(tens##0) DRAFT(tens##1) DRAFT(tens##2) DRAFT(tens##3) DRAFT(tens##4) \
	DRAFT(tens##5) DRAFT(tens##6) DRAFT(tens##7) DRAFT(tens##8) DRAFT(tens##9)

static const char *const drafts[256] = {
	DRAFTS() DRAFTS(1) DRAFTS(2) DRAFTS(3) DRAFTS(4) DRAFTS(5) DRAFTS(6) DRAFTS(7) DRAFTS(8)
	DRAFTS(9) DRAFTS(10) DRAFTS(11) DRAFTS(12) DRAFTS(13) DRAFTS(14) DRAFTS(15) DRAFTS(16)
	DRAFTS(17) DRAFTS(18) DRAFTS(19) DRAFTS(20) DRAFTS(21) DRAFTS(22) DRAFTS(23) DRAFTS(24)
	DRAFT(250) DRAFT(251) DRAFT(252) DRAFT(253) DRAFT(254) DRAFT(255)
};

const char *dtls_version_name(uint16_t version)
{
	switch (version) {
	case DTLS_VERSION_1_0: return "DTLS 1.0";
	case DTLS_VERSION_1_2: return "DTLS 1.2";
	case DTLS_VERSION_1_3: return "DTLS 1.3";
	case DTLS_VERSION_BAD: return "DTLS 1.0 (OpenSSL pre 0.9.8f)";
	}
	return DTLS_VERSION_IS_1_3(version) ? drafts[version & 0xff] : NULL;
}

const char *dtls_content_type_name(uint8_t content_type)
{
	switch (content_type) {
	case DTLS_CT_CHANGE_CIPHER_SPEC: return "change_cipher_spec";
	case DTLS_CT_ALERT: return "alert";
	case DTLS_CT_HANDSHAKE: return "handshake";
	case DTLS_CT_APPLICATION_DATA: return "application_data";
	case DTLS_CT_HEARTBEAT: return "heartbeat";
	case DTLS_CT_CID: return "tls12_cid";
	case DTLS_CT_ACK: return "ack";
	}
	return NULL;
}

static const struct {
	const char *name;	/* RFC 5246 s7.4 and successors */
	const char *title;
} msg_types[] = {
	[DTLS_MT_HELLO_REQUEST] = { "hello_request", "HelloRequest" },
	[DTLS_MT_CLIENT_HELLO] = { "client_hello", "ClientHello" },
	[DTLS_MT_SERVER_HELLO] = { "server_hello", "ServerHello" },
	[DTLS_MT_HELLO_VERIFY_REQUEST] = { "hello_verify_request", "HelloVerifyRequest" },
	[DTLS_MT_NEW_SESSION_TICKET] = { "new_session_ticket", "NewSessionTicket" },
	[DTLS_MT_END_OF_EARLY_DATA] = { "end_of_early_data", "EndOfEarlyData" },
	[DTLS_MT_ENCRYPTED_EXTENSIONS] = { "encrypted_extensions", "EncryptedExtensions" },
	[DTLS_MT_REQUEST_CONNECTION_ID] = { "request_connection_id", "RequestConnectionId" },
	[DTLS_MT_NEW_CONNECTION_ID] = { "new_connection_id", "NewConnectionId" },
	[DTLS_MT_CERTIFICATE] = { "certificate", "Certificate" },
	[DTLS_MT_SERVER_KEY_EXCHANGE] = { "server_key_exchange", "ServerKeyExchange" },
	[DTLS_MT_CERTIFICATE_REQUEST] = { "certificate_request", "CertificateRequest" },
	[DTLS_MT_SERVER_HELLO_DONE] = { "server_hello_done", "ServerHelloDone" },
	[DTLS_MT_CERTIFICATE_VERIFY] = { "certificate_verify", "CertificateVerify" },
	[DTLS_MT_CLIENT_KEY_EXCHANGE] = { "client_key_exchange", "ClientKeyExchange" },
	[DTLS_MT_FINISHED] = { "finished", "Finished" },
	[DTLS_MT_CERTIFICATE_URL] = { "certificate_url", "CertificateURL" },
	[DTLS_MT_CERTIFICATE_STATUS] = { "certificate_status", "CertificateStatus" },
	[DTLS_MT_SUPPLEMENTAL_DATA] = { "supplemental_data", "SupplementalData" },
	[DTLS_MT_KEY_UPDATE] = { "key_update", "KeyUpdate" },
	[DTLS_MT_COMPRESSED_CERTIFICATE] = { "compressed_certificate", "CompressedCertificate" },
};

#define NUM_MSG_TYPES (sizeof(msg_types) / sizeof(msg_types[0]))

const char *dtls_msg_type_name(uint8_t msg_type)
{
	return msg_type < NUM_MSG_TYPES ? msg_types[msg_type].name : NULL;
}

const char *dtls_msg_type_title(uint8_t msg_type)
{
	return msg_type < NUM_MSG_TYPES ? msg_types[msg_type].title : NULL;
}

const char *dtls_alert_name(uint8_t description)
{
	switch (description) {
#define ALERT(number, name) case number: return name;
#include "tls_names.h"
#undef ALERT
	case 0x34: return "too_many_cids_requested";	/* RFC 9147 s14; Wireshark has no name for it */
	}
	return NULL;
}

const char *dtls_malformed_name(uint8_t malformed)
{
	switch (malformed) {
	case DTLS_MALFORMED_TRAILING_BYTES: return "trailing-bytes";
	case DTLS_MALFORMED_RECORD_LENGTH: return "record-length";
	case DTLS_MALFORMED_MESSAGE_HEADER: return "message-header";
	case DTLS_MALFORMED_FRAGMENT_LENGTH: return "fragment-length";
	case DTLS_MALFORMED_FRAGMENT_RANGE: return "fragment-range";
	case DTLS_MALFORMED_TOO_MANY: return "too-many";
	case DTLS_MALFORMED_UNREADABLE: return "unreadable";
	}
	return NULL;
}

const char *cipher_suite_name(uint16_t cipher_suite)
{
	switch (cipher_suite) {
#define CIPHER_SUITE(number, name) case number: return name;
#include "tls_names.h"
#undef CIPHER_SUITE
	}
	return NULL;
}

const char *named_group_name(uint16_t group)
{
	switch (group) {
#define NAMED_GROUP(number, name) case number: return name;
#include "tls_names.h"
#undef NAMED_GROUP
	}
	return NULL;
}

const char *srtp_profile_name(uint16_t profile)
{
	switch (profile) {
#define SRTP_PROFILE(number, name) case number: return name;
#include "tls_names.h"
#undef SRTP_PROFILE
	}
	return NULL;
}

const char *event_kind_name(uint8_t kind)
{
	switch (kind) {
	case EVENT_SENT: return "sent";
	case EVENT_QUEUED: return "queued";
	case EVENT_READ: return "read";
	case EVENT_CLOSED: return "closed";
	case EVENT_LIMITED: return "limited";
	case EVENT_DROPPED: return "dropped";
	case EVENT_SEND_FAILED: return "send_failed";
	case EVENT_ICMP_ERROR: return "icmp_error";
	case EVENT_CAPTURED: return "captured";
	case EVENT_OTHER: return "other";
	case EVENT_UNREAD: return "unread";
	case EVENT_LIBRARY: return "library";
	}
	return NULL;
}

static const struct {
	const char *name, *title;
} others[EVENT_OTHER_KINDS + 1] = {
	[EVENT_OTHER_STUN] = { "stun", "STUN" },
	[EVENT_OTHER_RTP] = { "rtp", "RTP" },
	[EVENT_OTHER_ELSE] = { "else", "of another protocol" },
};

const char *event_other_name(enum event_other_kind kind)
{
	return others[kind].name;
}

const char *event_other_title(enum event_other_kind kind)
{
	return others[kind].title;
}

const char *errno_name(int error)
{
	/* GNU libc has the names, even one for 0, which is no error. */
	return error > 0 ? strerrorname_np(error) : NULL;
}

const char *library_name(uint8_t library)
{
	static const char *const names[] = {
		[LIBRARY_OPENSSL] = "openssl", [LIBRARY_GNUTLS] = "gnutls", [LIBRARY_MBEDTLS] = "mbedtls",
		[LIBRARY_WOLFSSL] = "wolfssl", [LIBRARY_NSS] = "nss",
	};

	return library <= LIBRARY_LAST ? names[library] : NULL;
}

const char *library_call_name(uint8_t call)
{
	static const char *const names[] = {
		[LIBRARY_HANDSHAKE] = "handshake", [LIBRARY_LISTEN] = "listen", [LIBRARY_TIMER_ASKED] = "timer-asked",
		[LIBRARY_TIMER_HANDLED] = "timer-handled", [LIBRARY_ERROR] = "error", [LIBRARY_ALERT_SENT] = "alert-sent",
		[LIBRARY_FREED] = "freed",
	};

	return call <= LIBRARY_CALL_LAST ? names[call] : NULL;
}

const char *library_step_name(uint8_t step)
{
	static const char *const names[] = { [LIBRARY_ONCE] = "once", [LIBRARY_ENTERED] = "entered", [LIBRARY_RETURNED] = "returned" };

	return step <= LIBRARY_RETURNED ? names[step] : NULL;
}
