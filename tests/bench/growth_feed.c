// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "growth_feed.h"

#include <stdlib.h>
#include <string.h>

#define RANDOM_OFF 2
#define HELLO_LEN 42

static void on_datagram(void *ctx, const struct datagram_facts *facts)
{
	(void)ctx;
	(void)facts;
}

static void on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	struct feed *f = ctx;

	(void)h;
	(void)now;
	f->reported++;
}

bool feed_init(struct feed *f, uint32_t max_handshakes, uint64_t seed)
{
	struct analysis_options opts = {
		.verdict = { .floor_ns = 5 * SECOND }, .max_handshakes = max_handshakes,
		.max_ready = ANALYSIS_MAX_READY, .hash_seed = seed, .sees_reads = true, .sees_drops = true, .sees_send_failures = true,
		.allocate = malloc, .release = free,
	};
	struct analysis_callbacks callbacks = { .ctx = f, .datagram = on_datagram, .handshake = on_handshake };

	memset(f, 0, sizeof(*f));
	f->now = 1000 * SECOND;
	f->seed = seed;
	f->analysis = analysis_new(&opts, &callbacks);
	return f->analysis;
}

void feed_fini(struct feed *f)
{
	analysis_free(f->analysis);
}

/* --- addresses --- */

static struct event_endpoint address(uint32_t host, uint16_t port)
{
	struct event_endpoint e = { .port = port };
	const uint8_t ip[16] = { [10] = 0xff, [11] = 0xff, 10, host >> 16, host >> 8, host };

	memcpy(e.ip, ip, sizeof(ip));
	return e;
}

struct event_endpoint feed_client(uint32_t n)
{
	return address(0x10000 + n / 50000, 10000 + n % 50000);
}

struct event_endpoint feed_server(void)
{
	return address(9, 4433);
}

static void begin(struct feed *f, uint8_t kind)
{
	memset(f->bytes, 0, sizeof(f->bytes));
	f->ev.abi = EVENT_ABI;
	f->ev.kind = kind;
	f->ev.flags = EVENT_IPV4 | EVENT_OWNER;
	f->ev.netns = NETNS;
	f->ev.pid = f->ev.tid = 900;
	f->ev.size = sizeof(f->ev);
}

void feed_at_server(struct feed *f, uint8_t kind, uint32_t client)
{
	begin(f, kind);
	f->ev.socket = SERVER_SOCKET;
	f->ev.local = feed_server();
	f->ev.remote = feed_client(client);
}

void feed_at_client(struct feed *f, uint8_t kind, uint32_t client, uint64_t socket)
{
	begin(f, kind);
	f->ev.socket = socket;
	f->ev.local = feed_client(client);
	f->ev.remote = feed_server();
}

/* --- content --- */

void feed_record(struct feed *f, uint8_t content_type, uint16_t epoch, uint64_t sequence, uint16_t length)
{
	f->ev.items[f->ev.num_items++].record = (struct dtls_record){
		.kind = DTLS_ITEM_RECORD, .content_type = content_type, .version = DTLS_VERSION_1_2,
		.epoch = epoch, .length = length, .offset = f->ev.length, .sequence = sequence,
	};
	f->ev.length += 13 + length;
	f->ev.size = EVENT_SIZE(f->ev.num_items, 0);
}

void feed_unified(struct feed *f, uint16_t epoch, uint16_t sequence, uint16_t length)
{
	f->ev.items[f->ev.num_items++].record = (struct dtls_record){
		.kind = DTLS_ITEM_RECORD, .flags = DTLS_RECORD_UNIFIED, .epoch = epoch, .length = length,
		.offset = f->ev.length, .unified = 0x2c | epoch, .sequence = sequence,
	};
	f->ev.length += 5 + length;
	f->ev.size = EVENT_SIZE(f->ev.num_items, 0);
}

void feed_message(struct feed *f, uint8_t msg_type, uint16_t message_seq, uint32_t length,
		  uint32_t offset, uint32_t fragment_length)
{
	f->ev.items[f->ev.num_items++].message = (struct dtls_message){
		.kind = DTLS_ITEM_MESSAGE, .msg_type = msg_type, .message_seq = message_seq,
		.length = length, .fragment_offset = offset, .fragment_length = fragment_length,
		.offset = f->ev.length + 12,
	};
	f->ev.length += 12 + fragment_length;
	f->ev.size = EVENT_SIZE(f->ev.num_items, 0);
}

void feed_fragment(struct feed *f, uint64_t sequence, uint8_t msg_type, uint16_t message_seq,
		   uint32_t length, uint32_t offset, uint32_t fragment_length)
{
	feed_record(f, DTLS_CT_HANDSHAKE, 0, sequence, 0);
	f->ev.items[f->ev.num_items - 1].record.length = 12 + fragment_length;
	feed_message(f, msg_type, message_seq, length, offset, fragment_length);
}

void feed_body(struct feed *f, const uint8_t *bytes, uint32_t len)
{
	f->ev.hello_item = f->ev.num_items - 1;
	f->ev.hello_off = EVENT_SIZE(f->ev.num_items, 0);
	f->ev.hello_len = len;
	memcpy(f->bytes + f->ev.hello_off, bytes, len);
	f->ev.size = (f->ev.hello_off + len + 7) & ~7u;
}

void feed_client_hello(struct feed *f, uint64_t sequence, uint64_t random)
{
	/* Version, random, no session ID, no cookie, one cipher suite, no compression. */
	uint8_t body[HELLO_LEN] = { 0xfe, 0xfd, [36] = 0, 2, 0xc0, 0x2b, 1, 0 };

	memset(body + RANDOM_OFF, 0x5a, HELLO_RANDOM_LEN);
	memcpy(body + RANDOM_OFF, &random, sizeof(random));
	feed_whole(f, sequence, DTLS_MT_CLIENT_HELLO, 0, HELLO_LEN);
	feed_body(f, body, HELLO_LEN);
}

/* --- time --- */

/* Same as pass_time() in user/trace.c. */
static void pass_time(struct feed *f)
{
	uint64_t due;

	while ((due = analysis_deadline(f->analysis)) <= f->now)
		analysis_advance(f->analysis, due);
}

void feed_send(struct feed *f, uint64_t later)
{
	f->now += later;
	f->ev.time_ns = f->now;
	pass_time(f);
	analysis_event(f->analysis, &f->ev, f->ev.size);
	f->events++;
}

void feed_wait(struct feed *f, uint64_t ns)
{
	f->now += ns;
	pass_time(f);
}

/* --- parts of many rows --- */

uint64_t feed_hello_queued(struct feed *f, uint32_t client, uint64_t random)
{
	feed_at_server(f, EVENT_QUEUED, client);
	feed_client_hello(f, 0, random);
	f->ev.datagram = ++f->arrived;
	feed_send(f, 10 * US);
	return f->arrived;
}

void feed_read(struct feed *f, uint32_t client, uint64_t number)
{
	feed_at_server(f, EVENT_READ, client);
	f->ev.datagram = number;
	f->ev.length = f->ev.copied = 13 + 12 + HELLO_LEN;
	feed_send(f, 10 * US);
}

static void add_flight4(struct feed *f)
{
	feed_whole(f, 0, DTLS_MT_SERVER_HELLO, 0, 70);
	feed_whole(f, 1, DTLS_MT_CERTIFICATE, 1, 700);
	feed_whole(f, 2, DTLS_MT_SERVER_KEY_EXCHANGE, 2, 200);
	feed_whole(f, 3, DTLS_MT_SERVER_HELLO_DONE, 3, 0);
}

static void add_flight5(struct feed *f)
{
	feed_whole(f, 1, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66);
	feed_record(f, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 2, 1);
	feed_record(f, DTLS_CT_HANDSHAKE, 1, 0, 48);
}

static void add_flight6(struct feed *f)
{
	feed_record(f, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 4, 1);
	feed_record(f, DTLS_CT_HANDSHAKE, 1, 0, 48);
}

void feed_handshake(struct feed *f, uint32_t client, uint64_t random)
{
	feed_read(f, client, feed_hello_queued(f, client, random));
	feed_at_server(f, EVENT_SENT, client);
	add_flight4(f);
	feed_send(f, 10 * US);
	feed_at_server(f, EVENT_QUEUED, client);
	add_flight5(f);
	f->ev.datagram = ++f->arrived;
	feed_send(f, 10 * US);
	feed_read(f, client, f->arrived);
	feed_at_server(f, EVENT_SENT, client);
	add_flight6(f);
	feed_send(f, 10 * US);
}

void feed_handshake_of_client(struct feed *f, uint32_t client, uint64_t socket, uint64_t random)
{
	feed_at_client(f, EVENT_SENT, client, socket);
	feed_client_hello(f, 0, random);
	feed_send(f, 10 * US);
	feed_at_client(f, EVENT_QUEUED, client, socket);
	add_flight4(f);
	f->ev.datagram = 1;
	feed_send(f, 10 * US);
	feed_at_client(f, EVENT_SENT, client, socket);
	add_flight5(f);
	feed_send(f, 10 * US);
	feed_at_client(f, EVENT_QUEUED, client, socket);
	add_flight6(f);
	f->ev.datagram = 2;
	feed_send(f, 10 * US);
}

void feed_close(struct feed *f, uint64_t socket)
{
	begin(f, EVENT_CLOSED);
	f->ev.socket = socket;
	feed_send(f, 10 * US);
}
