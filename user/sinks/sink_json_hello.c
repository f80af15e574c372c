// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the hellos of a handshake tell: first what was agreed on, then each message. Untrusted names
 * are never copied unchanged.
 */
#include "sink_json.h"

#include "names.h"

typedef const char *(*name_fn)(uint16_t number);

/* Name of a registry's number; otherwise, "0x0a0a". */
static struct json_object *number_name(uint16_t number, name_fn name_of)
{
	const char *name = name_of(number);
	char hex[8];

	snprintf(hex, sizeof(hex), "0x%04x", number);
	return json_object_new_string(name ? name : hex);
}

static void put_name(struct json_object *obj, const char *key, uint16_t number, name_fn name_of)
{
	put(obj, key, number_name(number, name_of));
}

/* The first `num` of `total` received numbers. `total` is added if it is larger. */
static void put_list(struct json_object *obj, const char *key, const uint16_t *list, uint32_t num,
		     uint32_t total, name_fn name_of)
{
	struct json_object *names;
	char key_total[64];

	if (!total)
		return;
	names = json_object_new_array();
	for (uint32_t i = 0; i < num; i++)
		json_object_array_add(names, number_name(list[i], name_of));
	put(obj, key, names);
	snprintf(key_total, sizeof(key_total), "%s_total", key);
	if (total > num)
		put_number(obj, key_total, total);
}

static void put_numbers(struct json_object *obj, const char *key,
			const struct hello_numbers *numbers, name_fn name_of)
{
	put_list(obj, key, numbers->list, numbers->num, numbers->total, name_of);
}

static void put_certificate_types(struct json_object *obj, const char *key,
				  const struct hello_numbers *types)
{
	struct json_object *list;

	if (!types->total)
		return;
	list = json_object_new_array();
	for (uint32_t i = 0; i < types->num; i++)
		json_object_array_add(list, json_object_new_int64(types->list[i]));
	put(obj, key, list);
}

static void put_alpn(struct json_object *obj, const struct hello_alpn *alpn)
{
	struct json_object *list;
	const char *name;
	uint32_t len;

	if (!alpn->total)
		return;
	list = json_object_new_array();
	for (uint32_t i = 0; (len = hello_alpn_name(alpn, i, &name)); i++)
		json_object_array_add(list, json_bytes(name, len));
	put(obj, "alpn", list);
	if (alpn->total > alpn->num)
		put_number(obj, "alpn_total", alpn->total);
}

static void put_key_shares(struct json_object *obj, const struct hello *hello)
{
	uint32_t num = hello->num_key_shares;
	struct json_object *list, *share;

	if (!num)
		return;
	list = json_object_new_array();
	for (uint32_t i = 0; i < num && i < HELLO_KEY_SHARES_MAX; i++) {
		share = json_object_new_object();
		put_name(share, "group", hello->key_shares[i].group, named_group_name);
		put_number(share, "length", hello->key_shares[i].length);
		json_object_array_add(list, share);
	}
	put(obj, "key_shares", list);
	if (num > HELLO_KEY_SHARES_MAX)
		put_number(obj, "key_shares_total", num);
}

/* Extensions of which only the presence is reported. */
static void put_presence(struct json_object *obj, const struct hello *hello)
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
			put_bool(obj, extensions[i].key, true);
	put_true(obj, "renegotiation", hello->is_renegotiation);
	put_true(obj, "psk_ke", hello->has_psk_ke);
	put_true(obj, "psk_dhe_ke", hello->has_psk_dhe_ke);
}

static void put_lengths(struct json_object *obj, const struct hello *hello)
{
	if (hello->has_session_id)
		put_number(obj, "session_id_length", hello->session_id_len);
	if (hello->has_cookie_len)
		put_number(obj, "cookie_length", hello->cookie_len);
	if (hello->has_cookie_extension)
		put_number(obj, "cookie_extension_length", hello->cookie_extension_len);
	if (hello->has_connection_id)
		put_number(obj, "connection_id_length", hello->connection_id_len);
}

static struct json_object *hello_object(const struct hello_said *said)
{
	const struct hello *hello = &said->hello;
	struct json_object *obj = json_object_new_object();

	put_number(obj, "length", said->length);
	if (said->known < said->length)
		put_number(obj, "seen", said->known);
	if (hello->has_version)
		put_name(obj, "version", hello->version, dtls_version_name);
	put_numbers(obj, "supported_versions", &hello->versions, dtls_version_name);
	if (hello->has_selected_version)
		put_name(obj, "selected_version", hello->selected_version, dtls_version_name);
	put_lengths(obj, hello);
	put_list(obj, "cipher_suites", hello->cipher_suites,
		 hello->num_cipher_suites < HELLO_CIPHER_SUITES_MAX ? hello->num_cipher_suites :
								      HELLO_CIPHER_SUITES_MAX,
		 hello->num_cipher_suites, cipher_suite_name);
	put_numbers(obj, "supported_groups", &hello->groups, named_group_name);
	put_key_shares(obj, hello);
	if (hello->has_selected_group)
		put_name(obj, "selected_group", hello->selected_group, named_group_name);
	put_alpn(obj, &hello->alpn);
	put_numbers(obj, "srtp_profiles", &hello->srtp_profiles, srtp_profile_name);
	put_certificate_types(obj, "client_certificate_types", &hello->client_certificate_types);
	put_certificate_types(obj, "server_certificate_types", &hello->server_certificate_types);
	put_presence(obj, hello);
	return obj;
}

/* What the server chose, as far as it is not encrypted. */
static void put_agreed(struct json_object *obj, const struct hello *chosen)
{
	const char *name;
	uint32_t len = hello_alpn_name(&chosen->alpn, 0, &name);

	if (chosen->has_cipher_suite) {
		put_string(obj, "cipher_suite", cipher_suite_name(chosen->cipher_suite));
		put_number(obj, "cipher_suite_number", chosen->cipher_suite);
	}
	if (chosen->has_selected_group)
		put_name(obj, "group", chosen->selected_group, named_group_name);
	if (len)
		put_bytes(obj, "alpn", name, len);
	put_true(obj, "srtp", chosen->has_use_srtp);
	if (chosen->srtp_profiles.num)
		put_name(obj, "srtp_profile", chosen->srtp_profiles.list[0], srtp_profile_name);
}

void sink_json_hellos(struct json_object *obj, const struct handshake *h)
{
	const struct hello *offered = &h->client_hello.hello;

	put_agreed(obj, &h->server_hello.hello);
	if (offered->server_name_len)
		put_bytes(obj, "server_name", offered->server_name, offered->server_name_len);
	if (h->client_hello.known)
		put(obj, "client_hello", hello_object(&h->client_hello));
	if (h->retry_request.known)
		put(obj, h->retry_request.hello.is_hello_retry_request ? "hello_retry_request" :
									 "hello_verify_request",
		    hello_object(&h->retry_request));
	if (h->server_hello.known)
		put(obj, "server_hello", hello_object(&h->server_hello));
}
