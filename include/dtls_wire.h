/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DTLS on the wire: constants and header offsets, each with the section that defines it. Includes
 * nothing; compiled for BPF and for user space.
 *
 * Unless another RFC is named, sections are those of RFC 6347 (DTLS 1.2).
 */
#ifndef DTLSNOOP_DTLS_WIRE_H
#define DTLSNOOP_DTLS_WIRE_H

/* Content types: RFC 5246 s6.2.1; 25: RFC 9146 s3; 26: RFC 9147 s4. */
enum dtls_content_type {
	DTLS_CT_CHANGE_CIPHER_SPEC = 20,
	DTLS_CT_ALERT = 21,
	DTLS_CT_HANDSHAKE = 22,
	DTLS_CT_APPLICATION_DATA = 23,
	DTLS_CT_HEARTBEAT = 24,	/* RFC 6520 s3 */
	DTLS_CT_CID = 25,
	DTLS_CT_ACK = 26,
};
#define DTLS_CT_FIRST DTLS_CT_CHANGE_CIPHER_SPEC
#define DTLS_CT_LAST DTLS_CT_ACK

/* Record versions (s4.1). DTLS 1.3 keeps 0xfefd in its records (RFC 9147 s4). */
#define DTLS_VERSION_1_0 0xfeff
#define DTLS_VERSION_1_2 0xfefd
#define DTLS_VERSION_1_3 0xfefc
/* In supported_versions: draft NN of DTLS 1.3 is 0x7fNN, as in TLS (RFC 8446, draft-ietf-tls-tls13-28 s4.2.1.1). */
#define DTLS_VERSION_DRAFT 0x7f00
#define DTLS_VERSION_IS_1_3(version) \
	((version) == DTLS_VERSION_1_3 || ((version) & 0xff00) == DTLS_VERSION_DRAFT)
/* What OpenSSL before 0.9.8f sent, and AnyConnect's DTLS still sends. */
#define DTLS_VERSION_BAD 0x0100

/*
 * Record header (s4.1): type u8, version u16, epoch u16, sequence u48,
 * length u16. With a connection ID (RFC 9146 s3) the CID lies between
 * sequence and length.
 */
#define DTLS_RECORD_HEADER_LEN 13
#define DTLS_RECORD_VERSION_OFF 1
#define DTLS_RECORD_EPOCH_OFF 3
#define DTLS_RECORD_SEQUENCE_OFF 5
#define DTLS_RECORD_LENGTH_OFF 11

/* Unified header of DTLS 1.3 ciphertext: 001CSLEE (RFC 9147 s4). */
#define DTLS_UNIFIED_MASK 0xe0
#define DTLS_UNIFIED_BITS 0x20
#define DTLS_UNIFIED_CID 0x10
#define DTLS_UNIFIED_SEQUENCE_16 0x08
#define DTLS_UNIFIED_LENGTH 0x04
#define DTLS_UNIFIED_EPOCH_MASK 0x03

/* CAPWAP puts a preamble before the record (RFC 5415 s4.2): version 0, type 1, 24 reserved bits. */
#define DTLS_CAPWAP_PREAMBLE_LEN 4
#define DTLS_CAPWAP_FIRST 0x01

/*
 * Handshake header (s4.2.2): msg_type u8, length u24, message_seq u16,
 * fragment_offset u24, fragment_length u24.
 */
#define DTLS_MESSAGE_HEADER_LEN 12

/* Handshake types: RFC 5246 s7.4, s4.3.2 for 3, RFC 9147 s5.2 and RFC 8446. */
enum dtls_msg_type {
	DTLS_MT_HELLO_REQUEST = 0,
	DTLS_MT_CLIENT_HELLO = 1,
	DTLS_MT_SERVER_HELLO = 2,
	DTLS_MT_HELLO_VERIFY_REQUEST = 3,
	DTLS_MT_NEW_SESSION_TICKET = 4,
	DTLS_MT_END_OF_EARLY_DATA = 5,
	DTLS_MT_ENCRYPTED_EXTENSIONS = 8,
	DTLS_MT_REQUEST_CONNECTION_ID = 9,
	DTLS_MT_NEW_CONNECTION_ID = 10,
	DTLS_MT_CERTIFICATE = 11,
	DTLS_MT_SERVER_KEY_EXCHANGE = 12,
	DTLS_MT_CERTIFICATE_REQUEST = 13,
	DTLS_MT_SERVER_HELLO_DONE = 14,
	DTLS_MT_CERTIFICATE_VERIFY = 15,
	DTLS_MT_CLIENT_KEY_EXCHANGE = 16,
	DTLS_MT_FINISHED = 20,
	DTLS_MT_CERTIFICATE_URL = 21,
	DTLS_MT_CERTIFICATE_STATUS = 22,
	DTLS_MT_SUPPLEMENTAL_DATA = 23,
	DTLS_MT_KEY_UPDATE = 24,
	DTLS_MT_COMPRESSED_CERTIFICATE = 25,
};

/* Alert levels: RFC 5246 s7.2. */
#define DTLS_ALERT_LEN 2
#define DTLS_ALERT_WARNING 1
#define DTLS_ALERT_FATAL 2

#endif
