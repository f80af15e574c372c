/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the record walker yields: record headers and handshake headers. Events contain these structs
 * unchanged, so their layout is part of the event ABI.
 */
#ifndef DTLSNOOP_DTLS_ITEM_H
#define DTLSNOOP_DTLS_ITEM_H

#include <linux/types.h>

/* A datagram with more records or items ends the walk: DTLS_MALFORMED_TOO_MANY. */
#define DTLS_WALK_MAX_RECORDS 16
#define DTLS_WALK_MAX_ITEMS 32

enum dtls_item_kind {
	DTLS_ITEM_RECORD = 1,
	DTLS_ITEM_MESSAGE = 2,	/* belongs to the record that precedes it */
};

/* Why a walk ended early. dtls_malformed_name() has their names. */
enum dtls_malformed {
	DTLS_OK = 0,
	DTLS_MALFORMED_TRAILING_BYTES,	/* the bytes after a record are not a record header */
	DTLS_MALFORMED_RECORD_LENGTH,	/* the record ends after the end of the datagram */
	DTLS_MALFORMED_MESSAGE_HEADER,	/* the handshake record ends inside a message header */
	DTLS_MALFORMED_FRAGMENT_LENGTH,	/* the fragment ends after the end of its record */
	DTLS_MALFORMED_FRAGMENT_RANGE,	/* fragment_offset + fragment_length > length */
	DTLS_MALFORMED_TOO_MANY,	/* more than DTLS_WALK_MAX_RECORDS or _ITEMS */
	DTLS_MALFORMED_UNREADABLE,	/* the reader could not supply the bytes */
};
#define DTLS_MALFORMED_LAST DTLS_MALFORMED_UNREADABLE

enum dtls_record_flags {
	DTLS_RECORD_UNIFIED = 1 << 0,	/* DTLS 1.3 ciphertext: no content_type, version, sequence */
	DTLS_RECORD_CID = 1 << 1,	/* has a connection ID of unknown length, so no length */
	DTLS_RECORD_ALERT = 1 << 2,	/* plaintext alert: alert_level and alert_description are valid */
	DTLS_RECORD_CAPWAP = 1 << 3,	/* first record of a datagram that begins with a CAPWAP preamble */
};

/* A record header (s4.1). Numbers in host order. */
struct dtls_record {
	__u8 kind;		/* DTLS_ITEM_RECORD */
	__u8 content_type;	/* enum dtls_content_type; 0 if unified */
	__u8 flags;		/* enum dtls_record_flags */
	__u8 alert_level;
	__u16 version;		/* as on the wire; 0 if unified */
	__u16 epoch;		/* unified: only the two low bits */
	__u16 length;		/* of the fragment, bytes; 0 if the header does not contain it */
	__u16 offset;		/* of the header in the datagram, bytes */
	__u8 alert_description;
	__u8 unified;		/* first byte of a unified header, 001CSLEE; 0 for a legacy header */
	__u8 reserved[2];
	__u64 sequence;		/* 48 bits; unified: the 1 or 2 encrypted bytes on the wire; 0 after a CID */
};

/* A handshake header (s4.2.2) of a plaintext record. Numbers in host order. */
struct dtls_message {
	__u8 kind;		/* DTLS_ITEM_MESSAGE */
	__u8 msg_type;		/* enum dtls_msg_type */
	__u16 message_seq;
	__u32 length;		/* of the whole message, bytes, 24 bits */
	__u32 fragment_offset;	/* 24 bits */
	__u32 fragment_length;	/* 24 bits */
	__u16 offset;		/* of the fragment's first byte in the datagram */
	__u16 reserved[3];
};

struct dtls_item {
	union {
		__u8 kind;	/* enum dtls_item_kind */
		struct dtls_record record;
		struct dtls_message message;
	};
};

_Static_assert(sizeof(struct dtls_record) == 24, "part of the event ABI");
_Static_assert(sizeof(struct dtls_message) == 24, "part of the event ABI");
_Static_assert(sizeof(struct dtls_item) == 24, "part of the event ABI");

#endif
