// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines: one object each, what is not known absent, and nothing hostile in it. */
#include "sinks.h"

#include <errno.h>
#include <json-c/json.h>

#include "hello_bodies.h"
#include "stream_dtls13.h"

#define MAX_LINES 256

static struct {
	struct shown shown;
	struct json_object *lines[MAX_LINES];
	uint32_t num;
} json;

static void begin(struct stream *s, struct pair *p, unsigned at)
{
	memset(&json, 0, sizeof(json));
	shown_begin(&json.shown, &sink_json, s, p, at);
}

/* Ends the trace and parses what was written: every byte of it printable, every line an object. */
static void end(struct stream *s)
{
	char *line, *rest;

	shown_end(&json.shown, s);
	for (size_t i = 0; i < json.shown.len; i++) {
		unsigned char c = json.shown.text[i];

		if (c != '\n' && (c < 0x20 || c == 0x7f))
			fail_msg("byte %02x at %zu", c, i);
	}
	assert_int_equal(json.shown.text[json.shown.len - 1], '\n');
	for (line = strtok_r(json.shown.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		assert_true(json.num < MAX_LINES);
		json.lines[json.num] = json_tokener_parse(line);
		assert_true(json_object_is_type(json.lines[json.num], json_type_object));
		json.num++;
	}
	free(json.shown.text);
}

static void done(void)
{
	for (uint32_t i = 0; i < json.num; i++)
		json_object_put(json.lines[i]);
}

/* The field at this path ("client_hello.alpn"), NULL: it is absent. */
static struct json_object *field(struct json_object *obj, const char *path)
{
	char copy[128], *key, *rest;

	assert_true(strlen(path) < sizeof(copy));
	strcpy(copy, path);
	for (key = strtok_r(copy, ".", &rest); key && obj; key = strtok_r(NULL, ".", &rest)) {
		if (json_object_is_type(obj, json_type_array))
			obj = json_object_array_get_idx(obj, atoi(key));
		else if (!json_object_object_get_ex(obj, key, &obj))
			obj = NULL;
	}
	return obj;
}

static void expect(struct json_object *obj, const char *path, const char *value)
{
	struct json_object *found = field(obj, path);

	if (!found != !value || (found && strcmp(json_object_to_json_string_ext(found, JSON_C_TO_STRING_PLAIN |
							JSON_C_TO_STRING_NOSLASHESCAPE), value)))
		fail_msg("%s is %s, not %s", path, found ? json_object_to_json_string(found) : "absent",
			 value ? value : "absent");
}

/* The n-th line of a type, from 0; from the end if negative. */
static struct json_object *line(const char *type, int n)
{
	for (uint32_t k = 0; k < json.num; k++) {
		uint32_t i = n < 0 ? json.num - 1 - k : k;

		if (strcmp(json_object_get_string(field(json.lines[i], "type")), type))
			continue;
		if (n == 0 || n == -1)
			return json.lines[i];
		n += n < 0 ? 1 : -1;
	}
	fail_msg("no such line: %s", type);
	return NULL;
}

/* --- what happens --- */

static void a_handshake(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_CLIENT);
	dtls_full(&p);
	end(&s);
	expect(json.lines[0], "type", "\"trace\"");
	expect(json.lines[0], "schema", "2");
	expect(json.lines[json.num - 1], "type", "\"stats\"");
	expect(json.lines[json.num - 1], "handshakes.completed", "1");
	expect(line("datagram", 0), "event", "\"sent\"");
	expect(line("datagram", 0), "direction", "\"tx\"");
	expect(line("datagram", 0), "local", "\"10.0.0.5:30041\"");
	expect(line("datagram", 0), "records.0.messages.0.msg_type", "\"client_hello\"");
	expect(line("datagram", 0), "records.0.messages.0.hello_retry_request", NULL);
	expect(line("datagram", 0), "records.0.messages.0.flight", "1");
	expect(line("datagram", 0), "time", "\"2026-09-21T14:13:20.000000000Z\"");
	expect(line("handshake", -1), "state", "\"completed\"");
	expect(line("handshake", -1), "version", "\"DTLS 1.2\"");
	expect(line("handshake", -1), "cipher_suite", "\"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\"");
	expect(line("handshake", -1), "cipher_suite_number", "49195");
	expect(line("handshake", -1), "server_name", "\"" SERVER_NAME "\"");
	expect(line("handshake", -1), "client_hello.srtp_profiles", "[\"SRTP_AES128_CM_HMAC_SHA1_80\"]");
	expect(line("handshake", -1), "client_hello.cookie_length", "0");
	expect(line("handshake", -1), "client_hello.seen", NULL);
	expect(line("handshake", -1), "server_hello.session_id_length", "0");
	expect(line("handshake", -1), "hello_verify_request", NULL);
	expect(line("handshake", -1), "srtp", NULL);
	expect(line("handshake", -1), "alpn", NULL);
	expect(line("handshake", -1), "group", NULL);
	expect(line("handshake", -1), "client.comm", "\"licode\"");
	expect(line("handshake", -1), "client.pid", "812");
	expect(line("handshake", -1), "client.ns_pid", NULL);
	expect(line("datagram", 0), "ns_pid", NULL);
	expect(line("handshake", -1), "verdict.code", "\"completed\"");
	done();
}

static void a_cookie_exchange(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_SERVER);
	p.cookie = true;
	dtls_full(&p);
	end(&s);
	expect(line("handshake", -1), "hello_verify_request.cookie_length", "20");
	expect(line("handshake", -1), "hello_verify_request.version", NULL);
	expect(line("handshake", -1), "client_hello.cookie_length", "20");
	expect(line("handshake", -1), "hello_retry_request", NULL);
	done();
}

static void dtls13(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_CLIENT);
	p.cookie = true;
	p.cid_len[PARTY_CLIENT] = 5;
	p.cid_len[PARTY_SERVER] = 3;
	dtls13_full(&p);
	end(&s);
	expect(line("handshake", -1), "version", "\"DTLS 1.3\"");
	expect(line("handshake", -1), "cipher_suite", "\"TLS_AES_128_GCM_SHA256\"");
	expect(line("handshake", -1), "client_hello.version", "\"DTLS 1.2\"");
	expect(line("handshake", -1), "client_hello.supported_versions", "[\"DTLS 1.3\"]");
	expect(line("handshake", -1), "client_hello.connection_id_length", "3");
	expect(line("handshake", -1), "server_hello.connection_id_length", "5");
	expect(line("handshake", -1), "server_hello.selected_version", "\"DTLS 1.3\"");
	expect(line("handshake", -1), "hello_retry_request.selected_version", "\"DTLS 1.3\"");
	expect(line("datagram", 1), "event", "\"queued\"");
	expect(line("datagram", 1), "records.0.messages.0.msg_type", "\"server_hello\"");
	expect(line("datagram", 1), "records.0.messages.0.hello_retry_request", "true");
	done();
}

/* In a capture neither end is local, and the packet says who sent it. */
static void captured_icmp_error(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p, ON_WIRE);
	dtls_flight1(&p);
	pair_icmp_from(&p, PARTY_CLIENT, EHOSTUNREACH, 3, 13, 77);
	end(&s);
	expect(line("datagram", 1), "event", "\"icmp_error\"");
	expect(line("datagram", 1), "source", "\"10.0.0.5:30041\"");
	expect(line("datagram", 1), "destination", "\"10.0.0.9:4433\"");
	expect(line("datagram", 1), "local", NULL);
	expect(line("datagram", 1), "direction", NULL);
	expect(line("datagram", 1), "icmp_name", "\"communication administratively prohibited\"");
	expect(line("datagram", 1), "icmp_from", "\"10.0.0.77\"");
	expect(line("datagram", 1), "icmp_mtu", NULL);
	done();
}

static void hidden_records(void **state)
{
	struct stream s;
	struct pair p;
	bool hidden = false, cid = false;

	begin(&s, &p, AT_CLIENT);
	p.cid_len[PARTY_CLIENT] = 5;
	p.cid_len[PARTY_SERVER] = 3;
	dtls13_full(&p);
	end(&s);
	for (uint32_t i = 0; i < json.num; i++) {
		struct json_object *rec = field(json.lines[i], "records.0");

		if (!rec || !field(rec, "epoch_bits"))
			continue;
		hidden = true;
		cid |= field(rec, "connection_id") != NULL;
		expect(rec, "content_type", "\"dtls13_ciphertext\"");
		expect(rec, "version", NULL);
		expect(rec, "epoch", NULL);
		expect(rec, "seq", NULL);
		if (field(rec, "connection_id"))
			expect(rec, "connection_id", "true");
	}
	assert_true(hidden && cid);
	done();
}

static void fates(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_CLIENT);
	dtls_flight1(&p);
	pair_icmp(&p, PARTY_CLIENT, EHOSTUNREACH, 3, 1);
	p.buffer = 100;
	dtls_flight4(&p);
	pair_send_failed(&p, PARTY_CLIENT, EMSGSIZE, 1472);
	pair_send_failed(&p, PARTY_CLIENT, 4000, 1472);
	dtls_alert(&p, PARTY_SERVER, 2, 48);
	pair_close(&p, PARTY_CLIENT, 2);
	end(&s);
	expect(line("datagram", 1), "event", "\"icmp_error\"");
	expect(line("datagram", 1), "errno", "\"EHOSTUNREACH\"");
	expect(line("datagram", 1), "icmp_code", "1");
	expect(line("datagram", 1), "icmp_name", "\"host unreachable\"");
	expect(line("datagram", 1), "icmp_from", NULL);
	expect(line("datagram", 1), "direction", "\"tx\"");
	expect(line("datagram", 1), "length", NULL);
	expect(line("datagram", 3), "event", "\"read\"");
	expect(line("datagram", 3), "buffer", "100");
	expect(line("datagram", 3), "datagram", "1");
	expect(line("datagram", 4), "errno", "\"EMSGSIZE\"");
	expect(line("datagram", 5), "errno", "\"4000\"");
	expect(line("datagram", 6), "records.0.alert", "\"unknown_ca\"");
	expect(line("datagram", 6), "records.0.alert_description", "48");
	expect(line("datagram", -1), "event", "\"closed\"");
	expect(line("datagram", -1), "unread", "2");
	expect(line("datagram", -1), "local", NULL);
	expect(line("handshake", -1), "verdict.code", "\"alert\"");
	done();
}

/* --- what strangers write --- */

/* The client's hello with everything; names as given. */
static void send_rich_hellos(struct pair *p, const char *name, uint16_t name_len, const char *protocol,
			     uint8_t protocol_len)
{
	struct bytes b;
	uint32_t at = body_client(&b, 32, 0);

	body_server_name(&b, at, name, name_len);
	body_alpn(&b, at, protocol, protocol_len);
	BODY_EXTEND(&b, at, 10, "\0\6\x0a\x0a\x11\xec\0\x1d");
	BODY_EXTEND(&b, at, 43, "\6\x7a\x7a\xfe\xfc\xfe\xfd");
	BODY_EXTEND(&b, at, 51, "\0\6\0\x1d\0\2ab");
	BODY_EXTEND(&b, at, 14, "\0\4\0\7\xff\xff\0");
	BODY_EXTEND(&b, at, 19, "\2\2\0");
	BODY_EXTEND(&b, at, 20, "\2\2\0");
	BODY_EXTEND(&b, at, 54, "\0");
	BODY_EXTEND(&b, at, 23, "");
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_HELLO, 0, b.len, b.data);
	pair_flush(p);
	at = body_server(&b);
	body_alpn(&b, at, protocol, protocol_len);
	BODY_EXTEND(&b, at, 14, "\0\2\0\7\0");
	BODY_EXTEND(&b, at, 51, "\0\x1d\0\2ab");
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO, 0, b.len, b.data);
	pair_flush(p);
}

static void hellos_with_everything(void **state)
{
	struct json_object *h;
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_CLIENT);
	send_rich_hellos(&p, "peer", 4, "webrtc", 6);
	end(&s);
	h = line("handshake", -1);
	expect(h, "server_name", "\"peer\"");
	expect(h, "alpn", "\"webrtc\"");
	expect(h, "group", "\"x25519\"");
	expect(h, "srtp", "true");
	expect(h, "srtp_profile", "\"SRTP_AEAD_AES_128_GCM\"");
	expect(h, "client_hello.alpn", "[\"webrtc\"]");
	expect(h, "client_hello.supported_groups", "[\"0x0a0a\",\"X25519MLKEM768\",\"x25519\"]");
	expect(h, "client_hello.supported_versions", "[\"0x7a7a\",\"DTLS 1.3\",\"DTLS 1.2\"]");
	expect(h, "client_hello.key_shares", "[{\"group\":\"x25519\",\"length\":2}]");
	expect(h, "client_hello.srtp_profiles", "[\"SRTP_AEAD_AES_128_GCM\",\"0xffff\"]");
	expect(h, "client_hello.client_certificate_types", "[2,0]");
	expect(h, "client_hello.connection_id_length", "0");
	expect(h, "client_hello.session_id_length", "32");
	expect(h, "client_hello.extended_master_secret", "true");
	expect(h, "client_hello.session_ticket", NULL);
	expect(h, "server_hello.connection_id_length", NULL);
	expect(h, "server_hello.extended_master_secret", NULL);
	done();
}

static void hostile_names(void **state)
{
	static const struct { const char *bytes; uint16_t len; const char *json; } cases[] = {
		{ "\x1b]0;owned\x07", 10, "\"\\u001b]0;owned\\u0007\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
		{ "\0", 1, "\"\\u0000\"" },
		{ "\xff\xc3z", 3, "\"\xef\xbf\xbd\xef\xbf\xbdz\"" },
		{ "\x9b" "31m", 4, "\"\xef\xbf\xbd" "31m\"" },
		{ "\xc2\x9b" "31m", 5, "\"\xef\xbf\xbd" "31m\"" },
		{ "a\xe2\x80\xae" "b", 5, "\"a\xef\xbf\xbd" "b\"" },
		{ "\"},{\"", 5, "\"\\\"},{\\\"\"" },
		{ "a\nb\\/", 5, "\"a\\nb\\\\/\"" },
		{ "b\xc3\xbc" "cher.example", 15, "\"b\xc3\xbc" "cher.example\"" },
	};
	struct stream s;
	struct pair p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&s, &p, AT_CLIENT);
		send_rich_hellos(&p, cases[i].bytes, cases[i].len, cases[i].bytes, cases[i].len);
		end(&s);
		expect(line("handshake", -1), "server_name", cases[i].json);
		expect(line("handshake", -1), "alpn", cases[i].json);
		done();
	}
}

/* The longest names, each byte of which becomes three. */
static void names_that_grow(void **state)
{
	char name[255], protocol[127];
	struct stream s;
	struct pair p;

	memset(name, 0xff, sizeof(name));
	memset(protocol, 0xff, sizeof(protocol));
	begin(&s, &p, AT_CLIENT);
	send_rich_hellos(&p, name, sizeof(name), protocol, sizeof(protocol));
	end(&s);
	assert_int_equal(json_object_get_string_len(field(line("handshake", -1), "server_name")), 3 * sizeof(name));
	assert_int_equal(json_object_get_string_len(field(line("handshake", -1), "alpn")), 3 * sizeof(protocol));
	done();
}

/* A ClientHello of which the rest never comes says how much of it was seen, and no more. */
static void a_hello_with_a_hole(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_SERVER);
	p.mtu = 60;
	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	pair_release(&p, 0);
	end(&s);
	expect(line("handshake", -1), "client_hello.seen", "35");
	expect(line("handshake", -1), "server_name", NULL);
	done();
}

/* Of each side what came from it; only there if anything did. */
static void what_is_not_dtls(void **state)
{
	struct event_other other = { .received = { 180, 20, 3 } };
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_CLIENT);
	p.fate = LOST;
	dtls_flight1(&p);
	pair_other(&p, PARTY_CLIENT, other);
	end(&s);
	expect(line("datagram", 1), "event", "\"other\"");
	expect(line("datagram", 1), "handshake", "1");
	expect(line("datagram", 1), "local", "\"10.0.0.5:30041\"");
	expect(line("datagram", 1), "direction", NULL);
	expect(line("datagram", 1), "length", NULL);
	expect(line("datagram", 1), "records", NULL);
	expect(line("datagram", 1), "sent", NULL);
	expect(line("datagram", 1), "received", "{\"stun\":180,\"rtp\":20,\"else\":3}");
	expect(line("handshake", -1), "server.other", "{\"stun\":180,\"rtp\":20,\"else\":3}");
	expect(line("handshake", -1), "client.other", NULL);
	done();
	begin(&s, &p, ON_WIRE);
	dtls_flight1(&p);
	pair_other(&p, PARTY_SERVER, other);
	end(&s);
	expect(line("datagram", 1), "source", "\"10.0.0.9:4433\"");
	expect(line("datagram", 1), "destination", "\"10.0.0.5:30041\"");
	expect(line("datagram", 1), "local", NULL);
	expect(line("handshake", -1), "client.other.rtp", "20");
	expect(line("handshake", -1), "server.other", NULL);
	done();
}

/* Whose trace it is; what a recording of before does not say is absent. */
static void whose_trace(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_CLIENT);
	json.shown.info.host = "a\"b\\x1b";
	json.shown.info.boot_id = "01234567-89ab-cdef-0123-456789abcdef";
	json.shown.info.machine_id = "0123456789abcdef";
	json.shown.info.trace_id = "00112233445566778899aabbccddeeff";
	sink_json.begin(&json.shown.sink);
	end(&s);
	expect(line("trace", 0), "host", NULL);
	expect(line("trace", 0), "boot_id", NULL);
	expect(line("trace", 0), "trace_id", NULL);
	expect(line("trace", 1), "host.name", "\"a\\\"b\\\\x1b\"");
	expect(line("trace", 1), "host.boot_id", "\"01234567-89ab-cdef-0123-456789abcdef\"");
	expect(line("trace", 1), "host.machine_id", "\"0123456789abcdef\"");
	expect(line("trace", 1), "boot_id", "\"01234567-89ab-cdef-0123-456789abcdef\"");
	expect(line("trace", 1), "trace_id", "\"00112233445566778899aabbccddeeff\"");
	done();
}

/* Each id has one final line, which is its last; statistics and the time in whole seconds. */
static void final_lines(void **state)
{
	struct trace_stats stats = { .end_ns = START + SEC };
	struct stream s;
	struct pair p, q;

	begin(&s, &p, AT_CLIENT);
	pair_init(&q, &s, 30042, 0x22);
	dtls_full(&p);
	dtls_flight1(&q);
	stats.analysis = analysis_stats(s.analysis);
	json.shown.sink.ops->stats(&json.shown.sink, &stats);
	stream_wait(&s, 120 * SEC);
	dtls_flight1(&q);
	end(&s);
	expect(line("handshake", 0), "id", "1");
	expect(line("handshake", 0), "state", "\"completed\"");
	expect(line("handshake", 0), "final", NULL);
	expect(line("handshake", 0), "verdict.witness", "\"network\"");
	expect(line("handshake", 0), "unix", "1790000000");
	expect(line("handshake", 0), "client_random",
	       "\"1111111111111111111111111111111111111111111111111111111111111111\"");
	/* Its client is silent by then. */
	expect(line("handshake", 1), "id", "2");
	expect(line("handshake", 1), "final", NULL);
	expect(line("handshake", 2), "id", "1");
	expect(line("handshake", 2), "state", "\"completed\"");
	expect(line("handshake", 2), "final", "true");
	expect(line("handshake", 2), "unix", "1790000060");
	expect(line("handshake", -1), "id", "2");
	expect(line("handshake", -1), "final", "true");
	expect(line("stats", 0), "handshakes.in-progress", "1");
	expect(line("stats", 0), "verdicts.completed", "1");
	expect(line("stats", 0), "unix", "1790000001");
	expect(line("stats", -1), "unix", "1790000120");
	expect(line("trace", 0), "clock_offset_ns", "1789999000000000000");
	done();
}

/* What could not be read and was not asked for is counted, and is no loss. */
static void what_is_foreign(void **state)
{
	struct trace_stats stats = { .end_ns = START };
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_SERVER);
	stats.analysis = analysis_stats(s.analysis);
	stats.counters[COUNTER_FOREIGN_UNREADABLE] = 9;
	sink_json.end(&json.shown.sink, &stats);
	end(&s);
	expect(line("stats", 0), "foreign_unreadable", "9");
	expect(line("stats", 0), "lost", "0");
	expect(line("stats", 0), "lost_unreadable", "0");
	expect(line("stats", 1), "foreign_unreadable", "0");
	done();
}

/* Lines of losses give all there were, by cause, so that each says as much as the last. */
static void losses(void **state)
{
	struct trace_stats stats = { .end_ns = 0 };
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_SERVER);
	stats.counters[COUNTER_LOST_RING_FULL] = 7;
	stats.counters[COUNTER_LOST_NO_STATE] = 2;
	stats.counters[COUNTER_RATE_LIMITED] = 5;
	sink_json.lost(&json.shown.sink, 9, 5, &stats, START + 2 * SEC);
	end(&s);
	expect(line("loss", 0), "ns", "2000000000");
	expect(line("loss", 0), "lost", "9");
	expect(line("loss", 0), "lost_ring_full", "7");
	expect(line("loss", 0), "lost_no_state", "2");
	expect(line("loss", 0), "lost_missed", "0");
	expect(line("loss", 0), "rate_limited", "5");
	done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake),
		cmocka_unit_test(a_cookie_exchange),
		cmocka_unit_test(dtls13),
		cmocka_unit_test(hidden_records),
		cmocka_unit_test(captured_icmp_error),
		cmocka_unit_test(fates),
		cmocka_unit_test(hellos_with_everything),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(names_that_grow),
		cmocka_unit_test(a_hello_with_a_hole),
		cmocka_unit_test(what_is_not_dtls),
		cmocka_unit_test(whose_trace),
		cmocka_unit_test(final_lines),
		cmocka_unit_test(what_is_foreign),
		cmocka_unit_test(losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
