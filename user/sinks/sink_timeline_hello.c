// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink_timeline.h"

#include <inttypes.h>
#include <stdarg.h>

#include "handshake_hello.h"
#include "names.h"
#include "text.h"

/* Columns between the time and the datagram: " ID FROM > TO FLIGHT BYTES". */
#define INDENT 36
/* A cipher suite fits into what a narrow terminal has left. */
#define NARROW_INDENT (ID_WIDTH + 2)
/* Longest text of an ALPN name: each byte as \xNN. */
#define ESCAPED_LEN(bytes) (4 * (bytes) + 1)

/* A line whose parts are separated by commas. */
struct line {
	FILE *out;
	int indent;
	bool any;
};

__attribute__((format(printf, 2, 3)))
static void part(struct line *line, const char *format, ...)
{
	va_list args;

	if (line->any)
		fputs(", ", line->out);
	else
		fprintf(line->out, "%*s", line->indent, "");
	line->any = true;
	va_start(args, format);
	vfprintf(line->out, format, args);
	va_end(args);
}

/* Name of a registry's number; otherwise, the number. */
static void print_name(FILE *out, const char *name, uint16_t number)
{
	if (name)
		fputs(name, out);
	else
		fprintf(out, "0x%04x", number);
}

static void part_names(struct line *line, const char *title, const uint16_t *list, uint32_t num,
		       uint32_t total, const char *(*name_of)(uint16_t))
{
	if (!total)
		return;
	part(line, "%s", title);
	for (uint32_t i = 0; i < num; i++) {
		fputc(' ', line->out);
		print_name(line->out, name_of(list[i]), list[i]);
	}
	if (total > num)
		fprintf(line->out, " and %" PRIu32 " more", total - num);
}

static void part_alpn(struct line *line, const struct hello_alpn *alpn)
{
	char text[ESCAPED_LEN(HELLO_ALPN_MAX)];
	const char *name;
	uint32_t len;

	if (!alpn->total)
		return;
	part(line, "ALPN");
	for (uint32_t i = 0; (len = hello_alpn_name(alpn, i, &name)); i++) {
		text_escape(text, sizeof(text), name, len);
		fprintf(line->out, " %s", text);
	}
	if (alpn->total > alpn->num)
		fprintf(line->out, " and %u more", alpn->total - alpn->num);
}

/* supported_versions lists all versions. Without it, the version in the message is the highest. */
static void part_versions(struct line *line, const struct hello *hello)
{
	const char *name = dtls_version_name(hello->version);
	const char *separator = "";

	if (!hello->versions.total) {
		if (hello->has_version)
			part(line, "%s", name ? name : "unknown version");
		return;
	}
	part(line, "%s", "");
	for (uint32_t i = 0; i < hello->versions.num; i++) {
		name = dtls_version_name(hello->versions.list[i]);
		if (!name)	/* GREASE (RFC 8701), TLS */
			continue;
		fprintf(line->out, "%s%s", separator, name);
		separator = " or ";
	}
	if (!*separator)
		fputs("no version of DTLS", line->out);
}

static void part_key_shares(struct line *line, const struct hello *hello)
{
	uint32_t num = hello->num_key_shares;
	const char *separator = "key share ";

	if (!num)
		return;
	part(line, "%s", "");
	for (uint32_t i = 0; i < num && i < HELLO_KEY_SHARES_MAX; i++) {
		const struct hello_key_share *share = &hello->key_shares[i];

		fputs(separator, line->out);
		print_name(line->out, named_group_name(share->group), share->group);
		fprintf(line->out, " (%u bytes)", share->length);
		separator = " and ";
	}
}

static void part_connection_id(struct line *line, const struct hello *hello)
{
	if (!hello->has_connection_id)
		return;
	if (hello->connection_id_len)
		part(line, "connection ID of %u bytes", hello->connection_id_len);
	else
		part(line, "connection IDs for the peer only");
}

static void part_server_name(struct line *line, const struct hello *hello)
{
	char name[ESCAPED_LEN(HELLO_SERVER_NAME_MAX)];

	if (!hello->server_name_len)
		return;
	text_escape(name, sizeof(name), hello->server_name, hello->server_name_len);
	part(line, "server name %s", name);
}

/* Details that seldom matter, shown on request. */
static void client_hello_details(struct line *line, const struct hello *hello)
{
	part_names(line, "groups", hello->groups.list, hello->groups.num, hello->groups.total,
		   named_group_name);
	if (hello->num_cipher_suites)
		part(line, "%u cipher suite%s", hello->num_cipher_suites, hello->num_cipher_suites == 1 ? "" : "s");
	if (hello->session_id_len)
		part(line, "session id of %u bytes", hello->session_id_len);
	if (hello->has_cookie)
		part(line, "cookie of %u bytes", hello->cookie_len);
	if (hello->has_cookie_extension)
		part(line, "cookie of %u bytes", hello->cookie_extension_len);
	if (hello->extensions & HELLO_EXTENDED_MASTER_SECRET)
		part(line, "extended master secret");
	if (hello->extensions & HELLO_STATUS_REQUEST)
		part(line, "certificate status");
}

static void client_hello_line(struct line *line, const struct hello *hello, bool verbose)
{
	part_versions(line, hello);
	part_server_name(line, hello);
	part_alpn(line, &hello->alpn);
	if (hello->has_use_srtp)
		part(line, "SRTP");
	part_key_shares(line, hello);
	part_connection_id(line, hello);
	if (hello->has_ticket)
		part(line, "session ticket");
	if (hello->extensions & HELLO_PRE_SHARED_KEY)
		part(line, "pre-shared key");
	if (hello->extensions & HELLO_EARLY_DATA)
		part(line, "early data");
	if (hello_has_raw_public_key(hello))
		part(line, "raw public keys");
	if (verbose)
		client_hello_details(line, hello);
}

static void part_name(struct line *line, const char *title, uint16_t number, const char *name)
{
	part(line, "%s", title);
	print_name(line->out, name, number);
}

static void server_hello_line(struct line *line, const struct hello *hello)
{
	uint16_t version = hello->has_selected_version ? hello->selected_version : hello->version;
	uint16_t profile = hello->srtp_profiles.list[0];

	if (hello->has_version)
		part_name(line, "", version, dtls_version_name(version));
	if (hello->has_cipher_suite)
		part_name(line, "", hello->cipher_suite, cipher_suite_name(hello->cipher_suite));
	if (hello->has_selected_group)
		part_name(line, "group ", hello->selected_group, named_group_name(hello->selected_group));
	part_alpn(line, &hello->alpn);
	if (hello->srtp_profiles.num)
		part_name(line, "", profile, srtp_profile_name(profile));
	else if (hello->has_use_srtp)
		part(line, "SRTP");
	part_connection_id(line, hello);
	if (hello->has_selected_psk)
		part(line, "pre-shared key");
	if (hello_has_raw_public_key(hello))
		part(line, "raw public keys");
	if (hello->has_cookie_extension)
		part(line, "cookie of %u bytes", hello->cookie_extension_len);
}

/* What to print about the message. NULL if there is nothing, or it was printed before. */
static const struct hello_said *said_of(const struct handshake *h, const struct dtls_message *msg)
{
	if (handshake_is_retry_request(h, msg))
		return &h->retry_request;
	if (msg->msg_type == DTLS_MT_SERVER_HELLO)
		return handshake_said(&h->server_hello, msg) ? &h->server_hello : NULL;
	if (msg->msg_type != DTLS_MT_CLIENT_HELLO || !handshake_said(&h->client_hello, msg))
		return NULL;
	/* A ClientHello after a HelloVerifyRequest differs only in the cookie (RFC 6347 s4.2.1). */
	if (msg->message_seq && h->retry_request.known && !h->retry_request.hello.is_hello_retry_request)
		return NULL;
	return &h->client_hello;
}

void timeline_hello(struct sink *s, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	struct line line = { .out = text_of(s), .indent = stamp_width(s) + host_width(s) + (is_narrow(s) ? NARROW_INDENT : INDENT) };
	const struct dtls_message *msg;
	const struct item_facts *item;
	const struct hello_said *said;

	/* Without a hello, hello_item has no meaning and may be out of range. */
	if (!ev->hello_len)
		return;
	item = &facts->items[ev->hello_item];
	msg = &ev->items[ev->hello_item].message;
	if (msg->kind != DTLS_ITEM_MESSAGE || item->retransmission || item->duplicate)
		return;
	said = said_of(facts->handshake, msg);
	if (!said || (said->known < said->length && msg->fragment_length < msg->length))
		return;
	if (said == &facts->handshake->client_hello)
		client_hello_line(&line, &said->hello, s->verbosity >= 1);
	else
		server_hello_line(&line, &said->hello);
	if (line.any)
		fputc('\n', text_of(s));
}
