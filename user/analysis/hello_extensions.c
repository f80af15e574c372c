// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hello_extensions.h"

#include <string.h>

#include "dtls_wire.h"

#include "core.h"

/* Extension numbers, with the sections that define their content. */
#define EXTENSION_SERVER_NAME 0			/* RFC 6066 s3 */
#define EXTENSION_STATUS_REQUEST 5		/* RFC 6066 s8 */
#define EXTENSION_SUPPORTED_GROUPS 10		/* RFC 8422 s5.1.1 */
#define EXTENSION_USE_SRTP 14			/* RFC 5764 s4.1.1 */
#define EXTENSION_ALPN 16			/* RFC 7301 s3.1 */
#define EXTENSION_CLIENT_CERTIFICATE_TYPE 19	/* RFC 7250 s3 */
#define EXTENSION_SERVER_CERTIFICATE_TYPE 20	/* RFC 7250 s3 */
#define EXTENSION_EXTENDED_MASTER_SECRET 23	/* RFC 7627 s5.1 */
#define EXTENSION_SESSION_TICKET 35		/* RFC 5077 s3.2 */
#define EXTENSION_PRE_SHARED_KEY 41		/* RFC 8446 s4.2.11 */
#define EXTENSION_EARLY_DATA 42			/* RFC 8446 s4.2.10 */
#define EXTENSION_SUPPORTED_VERSIONS 43		/* RFC 8446 s4.2.1 */
#define EXTENSION_COOKIE 44			/* RFC 8446 s4.2.2 */
#define EXTENSION_PSK_KEY_EXCHANGE_MODES 45	/* RFC 8446 s4.2.9 */
#define EXTENSION_KEY_SHARE 51			/* RFC 8446 s4.2.8 */
#define EXTENSION_CONNECTION_ID 54		/* RFC 9146 s3 */
#define EXTENSION_RENEGOTIATION_INFO 0xff01	/* RFC 5746 s3.2 */

#define NAME_TYPE_HOST 0			/* RFC 6066 s3 */
#define PSK_KE 0				/* RFC 8446 s4.2.9 */
#define PSK_DHE_KE 1

/*
 * Each function parses the whole content of an extension, in the form of a ClientHello
 * or of a ServerHello.
 */
typedef void (*parse_fn)(struct cursor ext, bool client, struct hello *out);

static void numbers_add(struct hello_numbers *numbers, uint16_t number)
{
	if (numbers->num < HELLO_NUMBERS_MAX)
		numbers->list[numbers->num++] = number;
	numbers->total++;
}

/* A list that fills the rest, with entries of `width` bytes (1 or 2). A malformed list is ignored. */
static void parse_numbers(struct cursor list, uint32_t width, struct hello_numbers *out)
{
	uint32_t number;

	if (list.left % width)
		return;
	while (width == 1 ? cursor_u8(&list, &number) : cursor_u16(&list, &number))
		numbers_add(out, number);
}

/* RFC 6066 s3: a list of (type u8, name<1..2^16-1>); only one host_name is allowed. */
static void parse_server_name(struct cursor ext, bool client, struct hello *out)
{
	uint32_t list_len, type, len;
	const uint8_t *name;
	struct cursor list;

	if (!client || !cursor_u16(&ext, &list_len))
		return;
	list = cursor_split(&ext, list_len);
	if (!cursor_u8(&list, &type) || !cursor_u16(&list, &len))
		return;
	name = cursor_take(&list, len);
	if (type != NAME_TYPE_HOST || !name || len > HELLO_SERVER_NAME_MAX)
		return;
	memcpy(out->server_name, name, len);
	out->server_name_len = len;
}

static void parse_supported_groups(struct cursor ext, bool client, struct hello *out)
{
	uint32_t len;

	if (client && cursor_u16(&ext, &len) && len == ext.left)
		parse_numbers(ext, 2, &out->groups);
}

/* RFC 5764 s4.1.1: profiles<2..2^16-1>, srtp_mki<0..255>. A server selects one. */
static void parse_use_srtp(struct cursor ext, bool client, struct hello *out)
{
	uint32_t len, mki_len;
	struct cursor list;

	if (!cursor_u16(&ext, &len) || len > ext.left || (!client && len != 2))
		return;
	list = cursor_split(&ext, len);
	if (cursor_u8(&ext, &mki_len) && mki_len == ext.left)
		parse_numbers(list, 2, &out->srtp_profiles);
}

static void alpn_add(struct hello_alpn *alpn, const uint8_t *name, uint32_t len)
{
	/* After the first name without room no other is stored: the list stays in the client's order. */
	if (alpn->num == alpn->total && alpn->len + 1 + len <= sizeof(alpn->names)) {
		alpn->names[alpn->len] = len;
		memcpy(alpn->names + alpn->len + 1, name, len);
		alpn->len += 1 + len;
		alpn->num++;
	}
	alpn->total++;
}

/* RFC 7301 s3.1: a list of name<1..255>; a server's has exactly one. */
static void parse_alpn(struct cursor ext, bool client, struct hello *out)
{
	struct hello_alpn alpn = { 0 };
	const uint8_t *name;
	uint32_t len;

	if (!cursor_u16(&ext, &len) || len != ext.left)
		return;
	while (ext.left) {
		if (!cursor_u8(&ext, &len) || !len)
			return;
		name = cursor_take(&ext, len);
		if (!name)
			return;
		alpn_add(&alpn, name, len);
	}
	if (client || alpn.total == 1)
		out->alpn = alpn;
}

/* RFC 7250 s3: a client offers a list, a server selects one. */
static void parse_certificate_types(struct cursor ext, bool client, struct hello_numbers *out)
{
	uint32_t len = ext.left;

	if (client ? cursor_u8(&ext, &len) && len == ext.left : len == 1)
		parse_numbers(ext, 1, out);
}

static void parse_client_certificate_type(struct cursor ext, bool client, struct hello *out)
{
	parse_certificate_types(ext, client, &out->client_certificate_types);
}

static void parse_server_certificate_type(struct cursor ext, bool client, struct hello *out)
{
	parse_certificate_types(ext, client, &out->server_certificate_types);
}

/* RFC 5077 s3.2: the ticket fills the extension; empty: the client accepts tickets. */
static void parse_session_ticket(struct cursor ext, bool client, struct hello *out)
{
	out->has_ticket = client && ext.left;
}

/* RFC 8446 s4.2.11: a server selects one by its index. */
static void parse_pre_shared_key(struct cursor ext, bool client, struct hello *out)
{
	uint32_t index;

	if (client || ext.left != 2 || !cursor_u16(&ext, &index))
		return;
	out->selected_psk = index;
	out->has_selected_psk = true;
}

/* RFC 8446 s4.2.1: in a ServerHello one version, in a ClientHello a list. */
static void parse_supported_versions(struct cursor ext, bool client, struct hello *out)
{
	uint32_t len, version;

	if (client) {
		if (cursor_u8(&ext, &len) && len == ext.left)
			parse_numbers(ext, 2, &out->versions);
		for (uint32_t i = 0; i < out->versions.num; i++)
			out->offers_dtls13 |= DTLS_VERSION_IS_1_3(out->versions.list[i]);
	} else if (ext.left == 2 && cursor_u16(&ext, &version)) {
		out->selected_version = version;
		out->has_selected_version = true;
	}
}

/* RFC 8446 s4.2.2 */
static void parse_cookie(struct cursor ext, bool client, struct hello *out)
{
	uint32_t len;

	if (!cursor_u16(&ext, &len) || len != ext.left)
		return;
	out->cookie_extension_len = len;
	out->has_cookie_extension = true;
}

static void parse_psk_key_exchange_modes(struct cursor ext, bool client, struct hello *out)
{
	uint32_t len, mode;

	if (!client || !cursor_u8(&ext, &len) || len != ext.left)
		return;
	while (cursor_u8(&ext, &mode)) {
		out->has_psk_ke |= mode == PSK_KE;
		out->has_psk_dhe_ke |= mode == PSK_DHE_KE;
	}
}

/* RFC 8446 s4.2.8: group u16, key<1..2^16-1> */
static bool take_key_share(struct cursor *c, struct hello *out)
{
	uint32_t group, len;

	if (!cursor_u16(c, &group) || !cursor_u16(c, &len) || !cursor_take(c, len))
		return false;
	if (out->num_key_shares < HELLO_KEY_SHARES_MAX)
		out->key_shares[out->num_key_shares] = (struct hello_key_share){ group, len };
	out->num_key_shares++;
	return true;
}

/* RFC 8446 s4.2.8: a client's list may be empty; HelloRetryRequest names a group alone. */
static void parse_key_share(struct cursor ext, bool client, struct hello *out)
{
	uint32_t len, group;

	if (client) {
		if (!cursor_u16(&ext, &len) || len != ext.left)
			return;
		while (ext.left)
			if (!take_key_share(&ext, out)) {
				out->num_key_shares = 0;
				return;
			}
	} else if (out->is_hello_retry_request) {
		if (ext.left != 2 || !cursor_u16(&ext, &group))
			return;
		out->selected_group = group;
		out->has_selected_group = true;
	} else if (take_key_share(&ext, out) && !ext.left) {
		out->selected_group = out->key_shares[0].group;
		out->has_selected_group = true;
	} else {
		out->num_key_shares = 0;
	}
}

/* RFC 9146 s3: cid<0..255>: the connection ID that the peer has to use; empty: none. */
static void parse_connection_id(struct cursor ext, bool client, struct hello *out)
{
	uint32_t len;

	if (!cursor_u8(&ext, &len) || len != ext.left)
		return;
	out->connection_id_len = len;
	out->has_connection_id = true;
}

/* RFC 5746 s3.2: not empty in a renegotiation. */
static void parse_renegotiation_info(struct cursor ext, bool client, struct hello *out)
{
	uint32_t len;

	out->is_renegotiation = cursor_u8(&ext, &len) && len && len == ext.left;
}

static const struct {
	uint16_t type;
	uint32_t bit;		/* enum hello_extension */
	parse_fn parse;		/* NULL: only its presence matters */
} known[] = {
	{ EXTENSION_SERVER_NAME, HELLO_SERVER_NAME, parse_server_name },
	{ EXTENSION_STATUS_REQUEST, HELLO_STATUS_REQUEST, NULL },
	{ EXTENSION_SUPPORTED_GROUPS, HELLO_SUPPORTED_GROUPS, parse_supported_groups },
	{ EXTENSION_USE_SRTP, HELLO_USE_SRTP, parse_use_srtp },
	{ EXTENSION_ALPN, HELLO_ALPN, parse_alpn },
	{ EXTENSION_CLIENT_CERTIFICATE_TYPE, HELLO_CLIENT_CERTIFICATE_TYPE, parse_client_certificate_type },
	{ EXTENSION_SERVER_CERTIFICATE_TYPE, HELLO_SERVER_CERTIFICATE_TYPE, parse_server_certificate_type },
	{ EXTENSION_EXTENDED_MASTER_SECRET, HELLO_EXTENDED_MASTER_SECRET, NULL },
	{ EXTENSION_SESSION_TICKET, HELLO_SESSION_TICKET, parse_session_ticket },
	{ EXTENSION_PRE_SHARED_KEY, HELLO_PRE_SHARED_KEY, parse_pre_shared_key },
	{ EXTENSION_EARLY_DATA, HELLO_EARLY_DATA, NULL },
	{ EXTENSION_SUPPORTED_VERSIONS, HELLO_SUPPORTED_VERSIONS, parse_supported_versions },
	{ EXTENSION_COOKIE, HELLO_COOKIE, parse_cookie },
	{ EXTENSION_PSK_KEY_EXCHANGE_MODES, HELLO_PSK_KEY_EXCHANGE_MODES, parse_psk_key_exchange_modes },
	{ EXTENSION_KEY_SHARE, HELLO_KEY_SHARE, parse_key_share },
	{ EXTENSION_CONNECTION_ID, HELLO_CONNECTION_ID, parse_connection_id },
	{ EXTENSION_RENEGOTIATION_INFO, HELLO_RENEGOTIATION_INFO, parse_renegotiation_info },
};

/* RFC 5246 s7.4.1.4: each extension comes once; a second one is ignored. */
static void parse_extension(uint16_t type, struct cursor ext, bool whole, bool client,
			    struct hello *out)
{
	for (uint32_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].type != type || out->extensions & known[i].bit)
			continue;
		out->extensions |= known[i].bit;
		if (whole && known[i].parse)
			known[i].parse(ext, client, out);
	}
}

void hello_extensions_parse(struct cursor *c, uint8_t msg_type, struct hello *out)
{
	bool client = msg_type == DTLS_MT_CLIENT_HELLO;
	uint32_t total, type, len;
	struct cursor all;

	if (!cursor_u16(c, &total))
		return;
	all = cursor_split(c, total);
	while (cursor_u16(&all, &type) && cursor_u16(&all, &len)) {
		bool whole = len <= all.left;

		parse_extension(type, cursor_split(&all, len), whole, client, out);
	}
	out->has_use_srtp = out->extensions & HELLO_USE_SRTP;
}
