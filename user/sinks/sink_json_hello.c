// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the hellos of a handshake tell: first what was agreed on, then each message. Untrusted names
 * are never copied unchanged.
 */
#include "sink_json.h"

#include <string.h>

#include "names.h"
#include "text.h"

typedef const char *(*name_fn)(uint16_t number);

/* Name of a registry's number; otherwise, "0x0a0a". */
static void put_name(struct json_writer *w, const char *key, uint16_t number, name_fn name_of)
{
	const char *name = name_of(number);
	char hex[8];

	if (!name)
		snprintf(hex, sizeof(hex), "0x%04x", number);
	put_string(w, key, name ? name : hex);
}

/* The first `num` of `total` received numbers. `total` is added if it is larger. */
static void put_list(struct json_writer *w, const char *key, const uint16_t *list, uint32_t num,
		     uint32_t total, name_fn name_of)
{
	char key_total[64];

	if (!total)
		return;
	json_open_array(w, key);
	for (uint32_t i = 0; i < num; i++)
		put_name(w, NULL, list[i], name_of);
	json_close_array(w);
	if (total <= num)
		return;
	snprintf(key_total, sizeof(key_total), "%s_total", key);
	json_put_number(w, key_total, total);
}

static void put_numbers(struct json_writer *w, const char *key,
			const struct hello_numbers *numbers, name_fn name_of)
{
	put_list(w, key, numbers->list, numbers->num, numbers->total, name_of);
}

static void put_certificate_types(struct json_writer *w, const char *key,
				  const struct hello_numbers *types)
{
	if (!types->total)
		return;
	json_open_array(w, key);
	for (uint32_t i = 0; i < types->num; i++)
		json_put_number(w, NULL, types->list[i]);
	json_close_array(w);
}

static void put_alpn(struct json_writer *w, const struct hello_alpn *alpn)
{
	const char *name;
	uint32_t len;

	if (!alpn->total)
		return;
	json_open_array(w, "alpn");
	for (uint32_t i = 0; (len = hello_alpn_name(alpn, i, &name)); i++)
		put_text(w, NULL, name, len);
	json_close_array(w);
	if (alpn->total > alpn->num)
		json_put_number(w, "alpn_total", alpn->total);
}

static void put_key_shares(struct json_writer *w, const struct hello *hello)
{
	uint32_t num = hello->num_key_shares;

	if (!num)
		return;
	json_open_array(w, "key_shares");
	for (uint32_t i = 0; i < num && i < HELLO_KEY_SHARES_MAX; i++) {
		json_open_object(w, NULL);
		put_name(w, "group", hello->key_shares[i].group, named_group_name);
		json_put_number(w, "length", hello->key_shares[i].length);
		json_close_object(w);
	}
	json_close_array(w);
	if (num > HELLO_KEY_SHARES_MAX)
		json_put_number(w, "key_shares_total", num);
}

/* Extensions of which only the presence is reported. */
static void put_presence(struct json_writer *w, const struct hello *hello)
{
	static const struct {
		uint32_t bit;	/* enum hello_extension */
		const char *key;
	} extensions[] = {
		{ HELLO_STATUS_REQUEST, "status_request" },
		{ HELLO_EXTENDED_MASTER_SECRET, "extended_master_secret" },
		{ HELLO_SESSION_TICKET, "session_ticket" },
		{ HELLO_PRE_SHARED_KEY, "pre_shared_key" },
		{ HELLO_EARLY_DATA, "early_data" },
	};

	for (uint32_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (hello->extensions & extensions[i].bit)
			json_put_bool(w, extensions[i].key, true);
	put_true(w, "renegotiation", hello->is_renegotiation);
	put_true(w, "psk_ke", hello->has_psk_ke);
	put_true(w, "psk_dhe_ke", hello->has_psk_dhe_ke);
}

static void put_lengths(struct json_writer *w, const struct hello *hello)
{
	if (hello->has_session_id)
		json_put_number(w, "session_id_length", hello->session_id_len);
	if (hello->has_cookie_len)
		json_put_number(w, "cookie_length", hello->cookie_len);
	if (hello->has_cookie_extension)
		json_put_number(w, "cookie_extension_length", hello->cookie_extension_len);
	if (hello->has_connection_id)
		json_put_number(w, "connection_id_length", hello->connection_id_len);
}

static void put_hello(struct json_writer *w, const char *key, const struct hello_said *said)
{
	const struct hello *hello = &said->hello;

	json_open_object(w, key);
	json_put_number(w, "length", said->length);
	if (said->known < said->length)
		json_put_number(w, "seen", said->known);
	if (hello->has_version)
		put_name(w, "version", hello->version, dtls_version_name);
	put_numbers(w, "supported_versions", &hello->versions, dtls_version_name);
	if (hello->has_selected_version)
		put_name(w, "selected_version", hello->selected_version, dtls_version_name);
	put_lengths(w, hello);
	put_list(w, "cipher_suites", hello->cipher_suites,
		 hello->num_cipher_suites < HELLO_CIPHER_SUITES_MAX ? hello->num_cipher_suites :
								      HELLO_CIPHER_SUITES_MAX,
		 hello->num_cipher_suites, cipher_suite_name);
	put_numbers(w, "supported_groups", &hello->groups, named_group_name);
	put_key_shares(w, hello);
	if (hello->has_selected_group)
		put_name(w, "selected_group", hello->selected_group, named_group_name);
	put_alpn(w, &hello->alpn);
	put_numbers(w, "srtp_profiles", &hello->srtp_profiles, srtp_profile_name);
	put_certificate_types(w, "client_certificate_types", &hello->client_certificate_types);
	put_certificate_types(w, "server_certificate_types", &hello->server_certificate_types);
	put_presence(w, hello);
	json_close_object(w);
}

/* What the server chose, as far as it is not encrypted. */
static void put_agreed(struct json_writer *w, const struct hello *chosen)
{
	const char *name;
	uint32_t len = hello_alpn_name(&chosen->alpn, 0, &name);

	if (chosen->has_cipher_suite) {
		put_string(w, "cipher_suite", cipher_suite_name(chosen->cipher_suite));
		json_put_number(w, "cipher_suite_number", chosen->cipher_suite);
	}
	if (chosen->has_selected_group)
		put_name(w, "group", chosen->selected_group, named_group_name);
	if (len)
		put_text(w, "alpn", name, len);
	put_true(w, "srtp", chosen->has_use_srtp);
	if (chosen->srtp_profiles.num)
		put_name(w, "srtp_profile", chosen->srtp_profiles.list[0], srtp_profile_name);
}

/* It names the handshake on every host. */
static void put_client_random(struct json_writer *w, const struct handshake *h)
{
	char text[2 * HELLO_RANDOM_LEN + 1];

	if (!handshake_knows_random(h))
		return;
	text_hex(text, h->client_random, HELLO_RANDOM_LEN);
	put_string(w, "client_random", text);
}

void sink_json_hellos(struct json_writer *w, const struct handshake *h)
{
	const struct hello *offered = &h->client_hello.hello;

	put_client_random(w, h);
	put_agreed(w, &h->server_hello.hello);
	if (offered->server_name_len)
		put_text(w, "server_name", offered->server_name, offered->server_name_len);
	if (h->client_hello.known)
		put_hello(w, "client_hello", &h->client_hello);
	if (h->retry_request.known)
		put_hello(w, h->retry_request.hello.is_hello_retry_request ? "hello_retry_request" : "hello_verify_request",
			  &h->retry_request);
	if (h->server_hello.known)
		put_hello(w, "server_hello", &h->server_hello);
}
