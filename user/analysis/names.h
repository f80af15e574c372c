/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of protocol values, as in Wireshark and the IANA registries of TLS parameters
 * (tls_names.gen makes the long lists from Wireshark). NULL for a value without a
 * name here.
 */
#ifndef DTLSNOOP_NAMES_H
#define DTLSNOOP_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

const char *dtls_version_name(uint16_t version);		/* "DTLS 1.2", "DTLS 1.3 draft 38" */
const char *dtls_content_type_name(uint8_t content_type);	/* "handshake" */
const char *dtls_msg_type_name(uint8_t msg_type);		/* "client_hello" */
const char *dtls_msg_type_title(uint8_t msg_type);		/* "ClientHello" */
const char *dtls_alert_name(uint8_t description);		/* "unknown_ca" */
const char *dtls_malformed_name(uint8_t malformed);		/* "record-length"; enum dtls_malformed */
const char *cipher_suite_name(uint16_t cipher_suite);		/* "TLS_AES_128_GCM_SHA256" */
const char *named_group_name(uint16_t group);			/* "x25519" */
const char *srtp_profile_name(uint16_t profile);		/* "SRTP_AEAD_AES_128_GCM" */
const char *icmp_error_name(bool ipv4, uint8_t type, uint8_t code);	/* "host unreachable" */
const char *event_kind_name(uint8_t kind);			/* "sent"; enum event_kind */
const char *event_other_name(enum event_other_kind kind);	/* "stun" */
const char *event_other_title(enum event_other_kind kind);	/* "STUN" */

const char *errno_name(int error);				/* "EMSGSIZE" */

/* What the errno of an ICMP error says without its type and code. Both NULL: not known. */
struct icmp_meaning {
	const char *name;	/* "protocol unreachable" */
	const char *causes;	/* if there are several: "a firewall ..., or the host ..." */
};
struct icmp_meaning icmp_errno_meaning(bool ipv4, uint16_t error);

/* "openssl", "handshake", "entered": see struct event_library. */
const char *library_name(uint8_t library);
const char *library_call_name(uint8_t call);
const char *library_step_name(uint8_t step);

#endif
