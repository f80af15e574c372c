// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "names.h"

#include <stddef.h>
#include <string.h>

#include "event.h"

const char *dtls_version_name(uint16_t version)
{
	switch (version) {
	case DTLS_VERSION_1_0: return "DTLS 1.0";
	case DTLS_VERSION_1_2: return "DTLS 1.2";
	case DTLS_VERSION_1_3: return "DTLS 1.3";
	case DTLS_VERSION_BAD: return "DTLS 1.0 (OpenSSL pre 0.9.8f)";
	}
	return NULL;
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

/* RFC 5246 s7.2, RFC 6066 s9, RFC 4279 s6, RFC 7301 s3.2, RFC 8446 s6 */
const char *dtls_alert_name(uint8_t description)
{
	switch (description) {
	case 0: return "close_notify";
	case 10: return "unexpected_message";
	case 20: return "bad_record_mac";
	case 21: return "decryption_failed";
	case 22: return "record_overflow";
	case 30: return "decompression_failure";
	case 40: return "handshake_failure";
	case 41: return "no_certificate";
	case 42: return "bad_certificate";
	case 43: return "unsupported_certificate";
	case 44: return "certificate_revoked";
	case 45: return "certificate_expired";
	case 46: return "certificate_unknown";
	case 47: return "illegal_parameter";
	case 48: return "unknown_ca";
	case 49: return "access_denied";
	case 50: return "decode_error";
	case 51: return "decrypt_error";
	case 60: return "export_restriction";
	case 70: return "protocol_version";
	case 71: return "insufficient_security";
	case 80: return "internal_error";
	case 86: return "inappropriate_fallback";
	case 90: return "user_canceled";
	case 100: return "no_renegotiation";
	case 109: return "missing_extension";
	case 110: return "unsupported_extension";
	case 111: return "certificate_unobtainable";
	case 112: return "unrecognized_name";
	case 113: return "bad_certificate_status_response";
	case 114: return "bad_certificate_hash_value";
	case 115: return "unknown_psk_identity";
	case 116: return "certificate_required";
	case 120: return "no_application_protocol";
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
#include "cipher_suites.h"
#undef CIPHER_SUITE
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
	case EVENT_DROPPED: return "dropped";
	case EVENT_SEND_FAILED: return "send_failed";
	case EVENT_ICMP_ERROR: return "icmp_error";
	case EVENT_CAPTURED: return "captured";
	}
	return NULL;
}

const char *errno_name(int error)
{
	/* GNU libc has the names; 0 is no error to it, but has one. */
	return error > 0 ? strerrorname_np(error) : NULL;
}
