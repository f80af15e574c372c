// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The hellos of a handshake as one table: a row for each field, a column for each message. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "names.h"
#include "sink_html.h"
#include "text.h"

#define CELL_LEN 4096
#define MAX_COLUMNS 3

/* What is written into a cell so far. */
struct cell {
	char text[CELL_LEN];
	size_t len;
};

__attribute__((format(printf, 2, 3)))
static void say(struct cell *c, const char *format, ...)
{
	size_t room = CELL_LEN - c->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(c->text + c->len, room, format, args);
	va_end(args);
	c->len += (size_t)len < room ? (size_t)len : room - 1;
}

/* What stands between two entries of a list. */
static void say_comma(struct cell *c)
{
	if (c->len)
		say(c, ", ");
}

typedef const char *(*name_fn)(uint16_t number);

static void say_name(struct cell *c, uint16_t number, name_fn name_of)
{
	const char *name = name_of ? name_of(number) : NULL;

	say_comma(c);
	if (name)
		say(c, "%s", name);
	else
		say(c, name_of ? "0x%04x" : "%u", number);
}

static void say_list(struct cell *c, const uint16_t *list, uint32_t num, uint32_t total, name_fn name_of)
{
	for (uint32_t i = 0; i < num; i++)
		say_name(c, list[i], name_of);
	if (total > num)
		say(c, " and %" PRIu32 " more", total - num);
}

static void say_numbers(struct cell *c, const struct hello_numbers *numbers, name_fn name_of)
{
	say_list(c, numbers->list, numbers->num, numbers->total, name_of);
}

static void say_bytes(struct cell *c, const char *bytes, size_t len)
{
	char text[4 * HELLO_SERVER_NAME_MAX + 1];

	text_escape(text, sizeof(text), bytes, len);
	say_comma(c);
	say(c, "%s", text);
}

/* --- the fields --- */

static void say_version(struct cell *c, const struct hello *hello)
{
	if (hello->has_selected_version)
		say_name(c, hello->selected_version, dtls_version_name);
	else if (hello->versions.total)
		say_numbers(c, &hello->versions, dtls_version_name);
	else if (hello->has_version)
		say_name(c, hello->version, dtls_version_name);
}

static void say_server_name(struct cell *c, const struct hello *hello)
{
	if (hello->server_name_len)
		say_bytes(c, hello->server_name, hello->server_name_len);
	else if (hello->extensions & HELLO_SERVER_NAME)
		say(c, "acknowledged");
}

static void say_cipher_suites(struct cell *c, const struct hello *hello)
{
	uint32_t num = hello->num_cipher_suites;

	if (hello->has_cipher_suite)
		say_name(c, hello->cipher_suite, cipher_suite_name);
	else
		say_list(c, hello->cipher_suites, num < HELLO_CIPHER_SUITES_MAX ? num : HELLO_CIPHER_SUITES_MAX, num,
			 cipher_suite_name);
}

static void say_groups(struct cell *c, const struct hello *hello)
{
	if (hello->has_selected_group)
		say_name(c, hello->selected_group, named_group_name);
	else
		say_numbers(c, &hello->groups, named_group_name);
}

static void say_key_shares(struct cell *c, const struct hello *hello)
{
	uint32_t num = hello->num_key_shares;

	for (uint32_t i = 0; i < num && i < HELLO_KEY_SHARES_MAX; i++) {
		say_name(c, hello->key_shares[i].group, named_group_name);
		say(c, " (%u bytes)", hello->key_shares[i].length);
	}
	if (num > HELLO_KEY_SHARES_MAX)
		say(c, " and %" PRIu32 " more", num - HELLO_KEY_SHARES_MAX);
}

static void say_alpn(struct cell *c, const struct hello *hello)
{
	const char *name;
	uint32_t len;

	for (uint32_t i = 0; (len = hello_alpn_name(&hello->alpn, i, &name)); i++)
		say_bytes(c, name, len);
	if (hello->alpn.total > hello->alpn.num)
		say(c, " and %u more", hello->alpn.total - hello->alpn.num);
}

static void say_srtp(struct cell *c, const struct hello *hello)
{
	if (hello->srtp_profiles.total)
		say_numbers(c, &hello->srtp_profiles, srtp_profile_name);
	else if (hello->has_use_srtp)
		say(c, "yes");
}

static void say_cookie(struct cell *c, const struct hello *hello)
{
	if (hello->has_cookie_extension || hello->has_cookie)
		say(c, "%u bytes", hello->has_cookie_extension ? hello->cookie_extension_len : hello->cookie_len);
}

static void say_connection_id(struct cell *c, const struct hello *hello)
{
	if (hello->has_connection_id)
		say(c, hello->connection_id_len ? "%u bytes" : "for the peer only", hello->connection_id_len);
}

static void say_session(struct cell *c, const struct hello *hello)
{
	if (hello->session_id_len)
		say(c, "id of %u bytes", hello->session_id_len);
	if (hello->has_ticket) {
		say_comma(c);
		say(c, "ticket");
	}
	if (hello->has_selected_psk || hello->extensions & HELLO_PRE_SHARED_KEY) {
		say_comma(c);
		say(c, "pre-shared key");
	}
}

static void say_client_certificate(struct cell *c, const struct hello *hello)
{
	say_numbers(c, &hello->client_certificate_types, NULL);
}

static void say_server_certificate(struct cell *c, const struct hello *hello)
{
	say_numbers(c, &hello->server_certificate_types, NULL);
}

static void say_extensions(struct cell *c, const struct hello *hello)
{
	static const struct {
		uint32_t bit;	/* enum hello_extension */
		const char *name;
	} rows[] = {
		{ HELLO_EXTENDED_MASTER_SECRET, "extended master secret" }, { HELLO_STATUS_REQUEST, "certificate status" },
		{ HELLO_SESSION_TICKET, "session tickets" }, { HELLO_EARLY_DATA, "early data" },
		{ HELLO_RENEGOTIATION_INFO, "renegotiation info" },
	};

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (hello->extensions & rows[i].bit) {
			say_comma(c);
			say(c, "%s", rows[i].name);
		}
}

static const struct {
	const char *title;
	void (*say)(struct cell *c, const struct hello *hello);
} fields[] = {
	{ "Version", say_version }, { "Server name", say_server_name }, { "Cipher suites", say_cipher_suites },
	{ "Groups", say_groups }, { "Key shares", say_key_shares }, { "ALPN", say_alpn }, { "SRTP", say_srtp },
	{ "Cookie", say_cookie }, { "Connection ID", say_connection_id }, { "Session", say_session },
	{ "Client certificate types", say_client_certificate }, { "Server certificate types", say_server_certificate },
	{ "Also", say_extensions },
};

/* --- the table --- */

struct column {
	const char *title;
	const struct hello_said *said;
};

/* On a narrow page the cells are below each other, each with its title. */
static void open_cell(struct html_writer *w, const struct column *column)
{
	html_open(w, "td");
	html_attribute(w, "data-of", "%s", column->title);
}

static void put_size(struct html_writer *w, const struct column *columns, uint32_t num)
{
	html_open(w, "tr");
	html_put(w, "th", NULL, "Length");
	for (uint32_t i = 0; i < num; i++) {
		const struct hello_said *said = columns[i].said;

		open_cell(w, &columns[i]);
		html_text(w, "%" PRIu32 " bytes", said->length);
		if (said->known < said->length)
			html_text(w, ", %" PRIu32 " of them seen", said->known);
		html_close(w);
	}
	html_close(w);
}

static void put_field(struct html_writer *w, uint32_t field, const struct column *columns, uint32_t num)
{
	struct cell cells[MAX_COLUMNS];
	bool any = false;

	for (uint32_t i = 0; i < num; i++) {
		cells[i].text[0] = cells[i].len = 0;
		fields[field].say(&cells[i], &columns[i].said->hello);
		any |= cells[i].len;
	}
	if (!any)
		return;
	html_open(w, "tr");
	html_put(w, "th", NULL, "%s", fields[field].title);
	for (uint32_t i = 0; i < num; i++) {
		open_cell(w, &columns[i]);
		html_text(w, "%s", cells[i].text);
		html_close(w);
	}
	html_close(w);
}

static void put_table(struct html_writer *w, const struct column *columns, uint32_t num)
{
	html_open(w, "table");
	html_open(w, "tr");
	html_put(w, "th", NULL, "%s", "");
	for (uint32_t i = 0; i < num; i++)
		html_put(w, "th", NULL, "%s", columns[i].title);
	html_close(w);
	put_size(w, columns, num);
	for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		put_field(w, i, columns, num);
	html_close(w);
}

void html_write_hellos(struct html_writer *w, const struct handshake *h)
{
	const struct column all[MAX_COLUMNS] = {
		{ "ClientHello", &h->client_hello },
		{ h->retry_request.hello.is_hello_retry_request ? "HelloRetryRequest" : "HelloVerifyRequest", &h->retry_request },
		{ "ServerHello", &h->server_hello },
	};
	struct column columns[MAX_COLUMNS];
	uint32_t num = 0;

	for (uint32_t i = 0; i < MAX_COLUMNS; i++)
		if (all[i].said->known)
			columns[num++] = all[i];
	if (!num)
		return;
	html_open(w, "details");
	html_attribute(w, "class", "hellos");
	html_put(w, "summary", NULL, "Hellos: what was offered%s", h->server_hello.known ? ", and what was chosen" : "");
	put_table(w, columns, num);
	html_close(w);
}
