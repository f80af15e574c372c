/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Parses ClientHello, ServerHello, HelloRetryRequest and HelloVerifyRequest, as far as
 * their bytes are available. The bytes are not trusted: every read is checked, and a
 * truncated or malformed field counts as absent.
 *
 * A list holds the first entries, up to a bound; `total` counts them all. A
 * truncated extension counts as present, but without content.
 */
#ifndef DTLSNOOP_HELLO_H
#define DTLSNOOP_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#define HELLO_RANDOM_LEN 32
#define HELLO_SESSION_ID_MAX 32	/* RFC 5246 s7.4.1.2 */
/* A DNS name has at most 253 characters (RFC 1035 s2.3.4). */
#define HELLO_SERVER_NAME_MAX 255
#define HELLO_NUMBERS_MAX 32
#define HELLO_CIPHER_SUITES_MAX 64
#define HELLO_KEY_SHARES_MAX 8
#define HELLO_ALPN_MAX 128

/* Certificate types of RFC 7250 s3 (and RFC 6091): RawPublicKey. */
#define HELLO_CERTIFICATE_RAW_PUBLIC_KEY 2

/* IANA registry numbers, in the order of the message. */
struct hello_numbers {
	uint16_t total;		/* entries that came; 0: the list is not there */
	uint16_t num;		/* entries held here */
	uint16_t list[HELLO_NUMBERS_MAX];
};

/* A key share: group and key length (RFC 8446 s4.2.8). */
struct hello_key_share {
	uint16_t group;
	uint16_t length;	/* bytes of the key */
};

/* Protocol names (RFC 7301 s3.1), each after a byte with its length. */
struct hello_alpn {
	uint16_t total;		/* names that came; 0: the list is not there */
	uint16_t num;		/* entries held here */
	uint16_t len;		/* bytes used of `names` */
	char names[HELLO_ALPN_MAX];	/* hostile bytes */
};

/* Extensions that are present, truncated ones included. */
enum hello_extension {
	HELLO_SERVER_NAME = 1 << 0,		/* RFC 6066 s3; a server acknowledges the name with it */
	HELLO_STATUS_REQUEST = 1 << 1,		/* RFC 6066 s8 */
	HELLO_SUPPORTED_GROUPS = 1 << 2,	/* RFC 8422 s5.1.1, RFC 8446 s4.2.7 */
	HELLO_USE_SRTP = 1 << 3,		/* RFC 5764 s4.1.1 */
	HELLO_ALPN = 1 << 4,			/* RFC 7301 s3.1 */
	HELLO_CLIENT_CERTIFICATE_TYPE = 1 << 5,	/* RFC 7250 s3 */
	HELLO_SERVER_CERTIFICATE_TYPE = 1 << 6,	/* RFC 7250 s3 */
	HELLO_EXTENDED_MASTER_SECRET = 1 << 7,	/* RFC 7627 s5.1 */
	HELLO_SESSION_TICKET = 1 << 8,		/* RFC 5077 s3.2 */
	HELLO_PRE_SHARED_KEY = 1 << 9,		/* RFC 8446 s4.2.11 */
	HELLO_EARLY_DATA = 1 << 10,		/* RFC 8446 s4.2.10 */
	HELLO_SUPPORTED_VERSIONS = 1 << 11,	/* RFC 8446 s4.2.1 */
	HELLO_COOKIE = 1 << 12,			/* RFC 8446 s4.2.2 */
	HELLO_PSK_KEY_EXCHANGE_MODES = 1 << 13,	/* RFC 8446 s4.2.9 */
	HELLO_KEY_SHARE = 1 << 14,		/* RFC 8446 s4.2.8 */
	HELLO_CONNECTION_ID = 1 << 15,		/* RFC 9146 s3 */
	HELLO_RENEGOTIATION_INFO = 1 << 16,	/* RFC 5746 s3.2 */
};

struct hello {
	bool has_version;
	bool has_random;
	bool has_cookie;	/* ClientHello, HelloVerifyRequest: cookie_len > 0 */
	bool has_cookie_len;
	bool has_session_id;	/* session_id_len is valid, even if 0 */
	bool has_cipher_suite;	/* ServerHello only */
	bool has_selected_version;	/* ServerHello of DTLS 1.3, HelloRetryRequest too */
	bool has_use_srtp;	/* HELLO_USE_SRTP */
	bool is_hello_retry_request;	/* a ServerHello with the random of RFC 8446 s4.1.3 */
	bool offers_dtls13;	/* ClientHello: 1.3 is in `versions` */
	bool has_connection_id;	/* connection_id_len is valid, even if 0 (RFC 9146 s3) */
	bool is_renegotiation;	/* renegotiation_info is not empty (RFC 5746 s3.2) */
	bool has_ticket;	/* ClientHello: session_ticket is not empty: it asks to resume (RFC 5077 s3.1) */
	bool has_cookie_extension;	/* DTLS 1.3 (RFC 8446 s4.2.2): cookie_extension_len is valid */
	bool has_psk_ke, has_psk_dhe_ke;	/* ClientHello: psk_key_exchange_modes (RFC 8446 s4.2.9) */
	bool has_selected_psk;	/* ServerHello of DTLS 1.3: selected_psk is valid (RFC 8446 s4.2.11) */
	bool has_selected_group;	/* HelloRetryRequest, ServerHello: selected_group is valid */
	uint32_t extensions;	/* enum hello_extension: which are present */
	uint16_t version;	/* the message's own; RFC 6347 s4.2.1 */
	uint16_t selected_version;	/* supported_versions; RFC 8446 s4.2.1 */
	uint16_t cipher_suite;
	uint16_t selected_group;	/* of key_share */
	uint16_t selected_psk;	/* index in the client's list */
	uint16_t cookie_extension_len;	/* bytes */
	uint8_t cookie_len;	/* bytes; RFC 6347 s4.2.1 */
	uint64_t cookie_hash;	/* of its bytes; 0: none, or truncated */
	uint8_t connection_id_len;	/* bytes, in records that this side receives */
	uint8_t session_id_len;	/* bytes */
	uint8_t session_id[HELLO_SESSION_ID_MAX];
	uint8_t random[HELLO_RANDOM_LEN];
	uint16_t server_name_len;	/* bytes, 0: none */
	char server_name[HELLO_SERVER_NAME_MAX];	/* hostile bytes, no final 0 */
	struct hello_numbers versions;	/* ClientHello: supported_versions */
	struct hello_numbers groups;	/* ClientHello: supported_groups */
	struct hello_numbers srtp_profiles;	/* offered; in a ServerHello: the selected one */
	struct hello_numbers client_certificate_types;	/* RFC 7250 s3; in a ServerHello: the selected one */
	struct hello_numbers server_certificate_types;	/* likewise */
	struct hello_alpn alpn;	/* offered; in a ServerHello: the selected one */
	uint16_t num_key_shares;	/* ClientHello: all, also those beyond HELLO_KEY_SHARES_MAX */
	struct hello_key_share key_shares[HELLO_KEY_SHARES_MAX];	/* in a ServerHello: the selected one */
	uint16_t num_cipher_suites;	/* ClientHello: all, signalling values included */
	uint16_t cipher_suites[HELLO_CIPHER_SUITES_MAX];	/* the first of them */
};

/*
 * Parse `len` bytes at `body`, the beginning of a hello message of type
 * `msg_type` (enum dtls_msg_type). Fills all of `out`.
 */
void hello_parse(uint8_t msg_type, const uint8_t *body, uint32_t len, struct hello *out);

/* Does the ClientHello offer to send or accept a raw public key? (RFC 7250 s4.1) */
bool hello_has_raw_public_key(const struct hello *hello);

/* Sets `*out_name` to the index-th name and returns its length; 0 after the last. */
uint32_t hello_alpn_name(const struct hello_alpn *alpn, uint32_t index, const char **out_name);

#endif
