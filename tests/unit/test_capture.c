// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From captured datagrams to events: the same records as the kernel's walk, and what is worth telling. */
#include "packets.h"

#include <errno.h>

#include "dtls_has.h"

#include "associations.h"
#include "capture.h"
#include "recording.h"

static struct packet packet_of(const struct bytes *payload)
{
	struct bytes b = { .len = 0 };
	static uint8_t copy[BYTES_MAX];
	struct packet p;

	packet_plain(&b, FROM_CLIENT, payload);
	memcpy(copy, b.data, b.len);
	assert_int_equal(packet_parse(DLT_RAW, copy, b.len, b.len, &p), PACKET_UDP);
	return p;
}

/* --- events --- */

static void a_client_hello(void **state)
{
	struct bytes b = { .len = 0 };
	struct capture_event e;
	struct packet p;

	packet_client_hello(&b, 0x11, 5);
	p = packet_of(&b);
	assert_true(capture_is_dtls(&p));
	assert_int_equal(capture_event(&p, 12345, &e), WALK_OTHER | WALK_MESSAGE | WALK_CLIENT_HELLO);
	assert_int_equal(e.ev.abi, EVENT_ABI);
	assert_int_equal(e.ev.kind, EVENT_CAPTURED);
	assert_int_equal(e.ev.flags, EVENT_IPV4);
	assert_int_equal(e.ev.time_ns, 12345);
	assert_int_equal(e.ev.length, b.len);
	assert_int_equal(e.ev.local.port, CLIENT_PORT);
	assert_int_equal(e.ev.remote.port, SERVER_PORT);
	assert_int_equal(e.ev.malformed, DTLS_OK);
	assert_int_equal(e.ev.socket | e.ev.datagram | e.ev.pid | e.ev.netns, 0);
	assert_int_equal(e.ev.num_items, 2);
	assert_int_equal(e.ev.items[0].record.sequence, 5);
	assert_int_equal(e.ev.hello_item, 1);
	assert_int_equal(e.ev.hello_len, b.len - 25);
	assert_memory_equal(e.bytes + e.ev.hello_off, b.data + 25, e.ev.hello_len);
	assert_int_equal(e.ev.size % 8, 0);
	assert_true(recording_event_is_valid(&e.ev, e.ev.size));
}

/* At every length that a capture may cut it to, the event tells what is there, and that the rest is not. */
static void a_client_hello_cut(void **state)
{
	struct bytes b = { .len = 0 };
	struct capture_event e;
	struct packet p;

	packet_client_hello(&b, 0x11, 5);
	p = packet_of(&b);
	for (p.captured = 0; p.captured <= b.len; p.captured++) {
		assert_int_equal(capture_is_dtls(&p), p.captured >= 3);
		capture_event(&p, 1, &e);
		assert_int_equal(e.ev.length, b.len);
		assert_int_equal(e.ev.num_items, p.captured < 13 ? 0 : p.captured < 25 ? 1 : 2);
		assert_int_equal(e.ev.malformed, p.captured < 25 ? DTLS_MALFORMED_UNREADABLE : DTLS_OK);
		assert_int_equal(e.ev.hello_len, p.captured < 25 ? 0 : p.captured - 25);
		assert_int_equal(!!(e.ev.flags & EVENT_HELLO_CUT), p.captured > 25 && p.captured < b.len);
		assert_true(recording_event_is_valid(&e.ev, e.ev.size));
	}
}

static void a_hello_longer_than_an_event_holds(void **state)
{
	struct bytes b = { .len = 0 };
	struct capture_event e;
	struct packet p;

	bytes_record(&b, DTLS_CT_HANDSHAKE, DTLS_VERSION_1_2, 0, 0, 12 + 2000);
	bytes_message(&b, DTLS_MT_CLIENT_HELLO, 2000, 0, 0, 2000);
	bytes_fill(&b, 7, 2000);
	p = packet_of(&b);
	capture_event(&p, 1, &e);
	assert_int_equal(e.ev.hello_len, EVENT_HELLO_MAX);
	assert_true(e.ev.flags & EVENT_HELLO_CUT);
	assert_true(recording_event_is_valid(&e.ev, e.ev.size));
}

/*
 * Two fragments of a hello in one datagram, in records of their own: both bodies leave,
 * and what is between; a hello behind a message that is none does not.
 */
static void two_fragments_of_a_hello(void **state)
{
	struct bytes b = { .len = 0 };
	struct capture_event e;
	struct packet p;

	for (int near = 0; near < 2; near++) {
		b.len = 0;
		bytes_record(&b, DTLS_CT_HANDSHAKE, DTLS_VERSION_1_2, 0, 0, 12 + 40);
		bytes_message(&b, DTLS_MT_CLIENT_HELLO, 100, 0, 0, 40);
		bytes_fill(&b, 7, 40);
		if (!near) {
			bytes_record(&b, DTLS_CT_HANDSHAKE, DTLS_VERSION_1_2, 0, 1, 12);
			bytes_message(&b, DTLS_MT_SERVER_HELLO_DONE, 0, 1, 0, 0);
		}
		bytes_record(&b, DTLS_CT_HANDSHAKE, DTLS_VERSION_1_2, 0, 1, 12 + 60);
		bytes_message(&b, DTLS_MT_CLIENT_HELLO, 100, 0, 40, 60);
		bytes_fill(&b, 8, 60);
		p = packet_of(&b);
		capture_event(&p, 1, &e);
		assert_int_equal(e.ev.hello_item, 1);
		assert_int_equal(e.ev.hello_len, near ? 40 + 25 + 60 : 40);
		assert_memory_equal(e.bytes + e.ev.hello_off, b.data + 25, e.ev.hello_len);
		assert_true(recording_event_is_valid(&e.ev, e.ev.size));
	}
}

/* As many items as there may be, and one more. */
static void as_many_records_as_there_may_be(void **state)
{
	struct capture_event e;
	struct packet p;

	for (int num = 15; num <= 18; num++) {
		struct bytes b = { .len = 0 };

		for (int i = 0; i < num; i++) {
			bytes_record(&b, DTLS_CT_HANDSHAKE, DTLS_VERSION_1_2, 0, i, 12);
			bytes_message(&b, DTLS_MT_SERVER_HELLO_DONE, 0, i, 0, 0);
		}
		p = packet_of(&b);
		capture_event(&p, 1, &e);
		assert_int_equal(e.ev.num_items, num < 16 ? 2 * num : 32);
		assert_int_equal(e.ev.malformed, num <= 16 ? DTLS_OK : DTLS_MALFORMED_TOO_MANY);
		assert_true(recording_event_is_valid(&e.ev, e.ev.size));
	}
}

static void what_is_not_dtls(void **state)
{
	/* STUN, ZRTP, TURN, RTP, QUIC; DTLS of a version that there is not */
	static const uint8_t firsts[][3] = { { 0, 1, 0 }, { 16, 0xfe, 0xfd }, { 64, 0, 0 }, { 128, 0, 0 }, { 0xc0, 0, 0 },
					     { 22, 3, 3 }, { 22, 0xfe, 0xfc } };
	struct bytes b = { .len = 0 };
	struct packet p;

	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		b.len = 0;
		bytes_add(&b, firsts[i], 3);
		bytes_fill(&b, 0, 40);
		p = packet_of(&b);
		assert_false(capture_is_dtls(&p));
	}
	b.len = 0;
	p = packet_of(&b);
	assert_false(capture_is_dtls(&p));
}

/* --- which of them say something of a handshake --- */

static struct event datagram(uint16_t from, uint16_t to, uint8_t num_items)
{
	return (struct event){ .kind = EVENT_CAPTURED, .local = { .port = from }, .remote = { .port = to },
			       .num_items = num_items };
}

static void expect_wants(struct associations *as, uint16_t from, uint16_t to, uint32_t has,
			 enum association_wants want)
{
	struct event ev = datagram(from, to, has ? 1 : 0);

	assert_int_equal(associations_take(as, &ev, has), want);
}

#define HELLO (WALK_OTHER | WALK_MESSAGE | WALK_CLIENT_HELLO)

static void without_a_handshake(void **state)
{
	struct associations *as = associations_new();

	assert_non_null(as);
	for (int i = 0; i < 2; i++) {
		/* What looks like DTLS 1.3 is more likely to be another protocol. */
		expect_wants(as, 1, 2, WALK_UNIFIED | WALK_OTHER, ASSOCIATION_NOT_DTLS);
		expect_wants(as, 1, 2, WALK_UNIFIED | WALK_HIDDEN, ASSOCIATION_NOT_DTLS);
		expect_wants(as, 1, 2, 0, ASSOCIATION_NOT_DTLS);
		/* There is no handshake that it could complete. */
		expect_wants(as, 1, 2, WALK_DATA, ASSOCIATION_DATA);
		expect_wants(as, 1, 2, WALK_HIDDEN, ASSOCIATION_DATA);
		expect_wants(as, 1, 2, WALK_OTHER, ASSOCIATION_WANTED);
	}
	associations_free(as);
}

/* And once again after each datagram of a handshake, whichever way that goes: it costs no more than one in each direction. */
static void data_once_in_each_direction(void **state)
{
	struct associations *as = associations_new();

	for (int round = 0; round < 2; round++) {
		expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);	/* the second is of a new handshake */
		expect_wants(as, 1, 2, WALK_DATA, ASSOCIATION_WANTED);
		expect_wants(as, 1, 2, WALK_DATA, ASSOCIATION_DATA);
		expect_wants(as, 2, 1, WALK_DATA, ASSOCIATION_WANTED);
		expect_wants(as, 2, 1, WALK_DATA, ASSOCIATION_DATA);
		for (int i = 0; i < 3; i++) {
			expect_wants(as, 1 + (i & 1), 2 - (i & 1), WALK_MESSAGE | WALK_OTHER, ASSOCIATION_WANTED);
			expect_wants(as, 1, 2, WALK_DATA, ASSOCIATION_WANTED);
			expect_wants(as, 1, 2, WALK_DATA, ASSOCIATION_DATA);
		}
		expect_wants(as, 2, 1, WALK_DATA, ASSOCIATION_WANTED);
		expect_wants(as, 2, 1, WALK_DATA, ASSOCIATION_DATA);
		expect_wants(as, 1, 2, WALK_DATA | WALK_OTHER, ASSOCIATION_WANTED);
		expect_wants(as, 1, 2, 0, ASSOCIATION_WANTED);	/* malformed */
		for (int i = 0; i < HIDDEN_MAX; i++) {
			expect_wants(as, 1, 2, WALK_UNIFIED | WALK_HIDDEN, ASSOCIATION_WANTED);
			expect_wants(as, 2, 1, WALK_HIDDEN, ASSOCIATION_WANTED);
		}
		expect_wants(as, 1, 2, WALK_UNIFIED | WALK_HIDDEN, ASSOCIATION_DATA);
		expect_wants(as, 2, 1, WALK_HIDDEN, ASSOCIATION_DATA);
		expect_wants(as, 1, 2, WALK_UNIFIED | WALK_OTHER, ASSOCIATION_WANTED);
		expect_wants(as, 1, 3, WALK_DATA, ASSOCIATION_DATA);	/* another pair */
	}
	associations_free(as);
}

/* A server may send much before the client's last flight, which only what comes then completes. */
static void hidden_again_after_the_handshake_moved(void **state)
{
	struct associations *as = associations_new();

	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < HIDDEN_MAX; i++)
			expect_wants(as, 2, 1, WALK_UNIFIED | WALK_HIDDEN, ASSOCIATION_WANTED);
		expect_wants(as, 2, 1, WALK_UNIFIED | WALK_HIDDEN, ASSOCIATION_DATA);
		expect_wants(as, 1, 2, WALK_UNIFIED | WALK_OTHER, ASSOCIATION_WANTED);
	}
	associations_free(as);
}

#define SEALED (WALK_UNIFIED | WALK_OTHER)

/* A NAT gives the client at 1 the port 3: its flight is reported, and what the server answers there. */
static void a_client_of_dtls13_moves(void **state)
{
	struct associations *as = associations_new();

	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	/* Near: the server has not encrypted anything. */
	expect_wants(as, 3, 2, SEALED, ASSOCIATION_NOT_DTLS);
	expect_wants(as, 2, 1, SEALED | WALK_MESSAGE, ASSOCIATION_WANTED);
	/* Near: data, data from the server, and the server's own port at another host. */
	expect_wants(as, 3, 2, WALK_UNIFIED | WALK_HIDDEN, ASSOCIATION_NOT_DTLS);
	expect_wants(as, 2, 3, WALK_UNIFIED | WALK_HIDDEN, ASSOCIATION_NOT_DTLS);
	expect_wants(as, 3, 4, SEALED, ASSOCIATION_NOT_DTLS);
	expect_wants(as, 3, 2, SEALED, ASSOCIATION_WANTED);
	expect_wants(as, 2, 3, WALK_UNIFIED | WALK_HIDDEN, ASSOCIATION_WANTED);
	/* A capture may be a flood: each of these has an address of its own. */
	for (int i = 1; i < MOVERS_LEFT; i++)
		expect_wants(as, 10 + i, 2, SEALED, ASSOCIATION_WANTED);
	expect_wants(as, 9, 2, SEALED, ASSOCIATION_NOT_DTLS);
	expect_wants(as, 3, 2, SEALED, ASSOCIATION_WANTED);
	expect_wants(as, 2, 3, SEALED, ASSOCIATION_WANTED);
	expect_wants(as, 9, 2, SEALED, ASSOCIATION_WANTED);
	associations_free(as);
}

/* Data of epoch 6, 10 ... has the two bits of epoch 2 (RFC 9147 s4). */
static void what_looks_like_epoch_2_is_bounded(void **state)
{
	struct associations *as = associations_new();

	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	for (int i = 0; i < SEALED_MAX; i++)
		expect_wants(as, 1, 2, WALK_UNIFIED | WALK_OTHER, ASSOCIATION_WANTED);
	expect_wants(as, 1, 2, WALK_UNIFIED | WALK_OTHER, ASSOCIATION_DATA);
	expect_wants(as, 2, 1, WALK_UNIFIED | WALK_OTHER, ASSOCIATION_WANTED);
	expect_wants(as, 1, 2, WALK_MESSAGE | WALK_UNIFIED | WALK_OTHER, ASSOCIATION_WANTED);
	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	expect_wants(as, 1, 2, WALK_UNIFIED | WALK_OTHER, ASSOCIATION_WANTED);
	associations_free(as);
}

/* --- what is not DTLS, beside a handshake --- */

/* RFC 7983 s7 */
static void by_its_first_byte(void **state)
{
	struct bytes b = { .len = 0 };
	struct capture_event e;
	struct packet p;

	for (int first = 0; first < 256; first++) {
		b.len = 0;
		bytes_fill(&b, first, 3);
		p = packet_of(&b);
		assert_int_equal(capture_other(&p, 12345, &e), first < 4 ? EVENT_OTHER_STUN :
				 first >= 128 && first < 192 ? EVENT_OTHER_RTP : EVENT_OTHER_ELSE);
	}
	b.len = 0;
	p = packet_of(&b);
	assert_int_equal(capture_other(&p, 12345, &e), EVENT_OTHER_ELSE);
	assert_int_equal(e.ev.kind, EVENT_OTHER);
	assert_int_equal(e.ev.flags, EVENT_IPV4);
	assert_int_equal(e.ev.time_ns, 12345);
	assert_int_equal(e.ev.local.port, CLIENT_PORT);
	assert_int_equal(e.ev.remote.port, SERVER_PORT);
	assert_int_equal(e.ev.socket, 0);
	assert_true(recording_event_is_valid(&e.ev, e.ev.size));
	for (size_t i = 0; i < sizeof(struct event_other); i++)
		assert_int_equal(((uint8_t *)e.ev.items)[i], 0);
}

/* Is one told at this time? `other` is only changed if it is. */
static bool take_other(struct associations *as, uint16_t from, uint16_t to, enum event_other_kind kind,
		       uint64_t ms, struct event_other *other)
{
	struct event ev = datagram(from, to, 0);

	ev.time_ns = ms * 1000000;
	return associations_other(as, &ev, kind, other);
}

static void expect_others(const struct event_other *got, uint32_t sent, uint32_t received,
			  enum event_other_kind kind)
{
	assert_int_equal(got->sent[kind], sent);
	assert_int_equal(got->received[kind], received);
}

static void others_by_who_sent_them(void **state)
{
	struct associations *as = associations_new();
	struct event_other other;

	assert_false(take_other(as, 1, 2, EVENT_OTHER_STUN, 0, &other));	/* nothing is known there */
	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	assert_true(take_other(as, 1, 2, EVENT_OTHER_STUN, 0, &other));
	expect_others(&other, 1, 0, EVENT_OTHER_STUN);
	assert_true(take_other(as, 1, 2, EVENT_OTHER_RTP, 0, &other));
	assert_true(take_other(as, 2, 1, EVENT_OTHER_STUN, 0, &other));
	expect_others(&other, 1, 1, EVENT_OTHER_STUN);
	expect_others(&other, 0, 1, EVENT_OTHER_RTP);
	expect_others(&other, 0, 0, EVENT_OTHER_ELSE);
	assert_false(take_other(as, 1, 3, EVENT_OTHER_STUN, 0, &other));	/* another pair */
	/* A ClientHello counts anew. */
	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	assert_true(take_other(as, 2, 1, EVENT_OTHER_STUN, 0, &other));
	expect_others(&other, 1, 0, EVENT_OTHER_STUN);
	associations_free(as);
}

static void others_until_data_went_both_ways(void **state)
{
	struct associations *as = associations_new();
	struct event_other other;

	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	expect_wants(as, 1, 2, WALK_DATA, ASSOCIATION_WANTED);
	assert_true(take_other(as, 1, 2, EVENT_OTHER_STUN, 0, &other));
	expect_wants(as, 2, 1, WALK_DATA, ASSOCIATION_WANTED);
	assert_false(take_other(as, 1, 2, EVENT_OTHER_STUN, 0, &other));
	/* Only a ClientHello begins anew. */
	expect_wants(as, 1, 2, WALK_OTHER, ASSOCIATION_WANTED);
	assert_false(take_other(as, 1, 2, EVENT_OTHER_STUN, 0, &other));
	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	for (int i = 0; i < HIDDEN_MAX; i++) {
		assert_true(take_other(as, 1, 2, EVENT_OTHER_STUN, 0, &other));
		expect_wants(as, 1, 2, WALK_UNIFIED | WALK_HIDDEN, ASSOCIATION_WANTED);
		expect_wants(as, 2, 1, WALK_UNIFIED | WALK_HIDDEN, ASSOCIATION_WANTED);
	}
	assert_false(take_other(as, 1, 2, EVENT_OTHER_STUN, 0, &other));
	associations_free(as);
}

/* The first ones all, then one in 100 ms, with what came in between; and none is missed in the count. */
static void many_others(void **state)
{
	struct associations *as = associations_new();
	struct event_other other = { .sent = { 0 } };
	uint32_t told = 0;

	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	for (uint32_t i = 1; i <= EVENT_OTHER_FIRST; i++) {
		assert_true(take_other(as, 1, 2, EVENT_OTHER_RTP, 1000, &other));
		expect_others(&other, i, 0, EVENT_OTHER_RTP);
	}
	for (uint64_t ms = 1001; ms <= 2000; ms++)
		told += take_other(as, 1, 2, EVENT_OTHER_RTP, ms, &other);
	assert_int_equal(told, 10);
	expect_others(&other, EVENT_OTHER_FIRST + 1000, 0, EVENT_OTHER_RTP);
	assert_false(take_other(as, 1, 2, EVENT_OTHER_RTP, 2099, &other));
	assert_false(take_other(as, 1, 2, EVENT_OTHER_RTP, 1, &other));	/* a clock that steps back */
	assert_true(take_other(as, 2, 1, EVENT_OTHER_RTP, 2100, &other));
	expect_others(&other, 1, EVENT_OTHER_FIRST + 1002, EVENT_OTHER_RTP);
	assert_false(take_other(as, 2, 1, EVENT_OTHER_RTP, 2100, &other));
	/* After 1 s of quiet ten are told one by one again. */
	for (uint32_t i = 0; i < 10; i++) {
		assert_true(take_other(as, 2, 1, EVENT_OTHER_RTP, 3100, &other));
		expect_others(&other, 3 + i, EVENT_OTHER_FIRST + 1002, EVENT_OTHER_RTP);
	}
	assert_false(take_other(as, 2, 1, EVENT_OTHER_RTP, 3100, &other));
	associations_free(as);
}

/* A flood of others pushes an association out only where they share a row; those just used stay. */
static void more_than_there_is_room_for(void **state)
{
	struct associations *as = associations_new();
	struct event ev;
	uint32_t forgotten = 0;

	for (uint32_t i = 0; i < 300000; i++) {
		ev = datagram(i & 0xffff, 7, 1);
		ev.local.ip[0] = i >> 16;
		assert_int_equal(associations_take(as, &ev, HELLO), ASSOCIATION_WANTED);
		expect_wants(as, 1, 2, i ? WALK_MESSAGE : HELLO, ASSOCIATION_WANTED);
	}
	expect_wants(as, 1, 2, WALK_DATA, ASSOCIATION_WANTED);
	for (uint32_t i = 0; i < 300000; i++) {
		ev = datagram(i & 0xffff, 7, 1);
		ev.local.ip[0] = i >> 16;
		forgotten += associations_take(as, &ev, WALK_DATA) == ASSOCIATION_DATA;
	}
	assert_true(forgotten >= 300000 - 65536 && forgotten < 300000);
	associations_free(as);
}

/* --- ICMP errors --- */

static struct capture_event icmp_event(bool ipv6, uint8_t type, uint8_t code, uint32_t rest)
{
	struct bytes quote = { .len = 0 }, b = { .len = 0 }, payload = { .len = 0 };
	struct capture_event e;
	struct packet p;

	if (ipv6)
		packet_ipv6(&quote, FROM_CLIENT, 17, 8);
	else
		packet_ipv4(&quote, FROM_CLIENT, 17, 0, 0, 8);
	packet_udp(&quote, FROM_CLIENT, &payload);
	packet_icmp(&b, ipv6, type, code, rest, &quote);
	assert_int_equal(packet_parse(DLT_RAW, b.data, b.len, b.len, &p), PACKET_ICMP);
	memset(&e, 0xff, sizeof(e));
	capture_icmp(&p, 12345, &e);
	assert_true(recording_event_is_valid(&e.ev, e.ev.size));
	assert_int_equal(e.ev.icmp_type, type);
	assert_int_equal(e.ev.icmp_code, code);
	return e;
}

static void an_icmp_error(void **state)
{
	static const uint8_t router[16] = { [10] = 0xff, 0xff, 192, 0, 2, 9 };
	struct capture_event e = icmp_event(false, 3, 4, 1280);
	struct event_reporter from;

	assert_int_equal(e.ev.kind, EVENT_ICMP_ERROR);
	assert_int_equal(e.ev.abi, EVENT_ABI);
	assert_int_equal(e.ev.flags, EVENT_IPV4 | EVENT_FROM_CAPTURE | EVENT_REPORTER);
	assert_int_equal(e.ev.size, EVENT_SIZE_REPORTER);
	assert_int_equal(e.ev.time_ns, 12345);
	assert_int_equal(e.ev.local.port, CLIENT_PORT);
	assert_int_equal(e.ev.remote.port, SERVER_PORT);
	assert_int_equal(e.ev.socket | e.ev.datagram | e.ev.pid | e.ev.netns | e.ev.length, 0);
	assert_int_equal(e.ev.num_items | e.ev.hello_len, 0);
	memcpy(&from, e.ev.items, sizeof(from));
	assert_memory_equal(from.ip, router, 16);
	assert_int_equal(from.mtu, 1280);
	assert_int_equal(from.reserved, 0);
	e = icmp_event(true, 2, 0, 1400);
	memcpy(&from, e.ev.items, sizeof(from));
	assert_int_equal(e.ev.flags, EVENT_FROM_CAPTURE | EVENT_REPORTER);
	assert_int_equal(from.mtu, 1400);
}

/* The errno is the one that Linux would give the socket: net/ipv4/icmp.c and net/ipv6/icmp.c. */
static void errnos_are_the_kernels(void **state)
{
	static const uint16_t unreachable[] = {
		ENETUNREACH, EHOSTUNREACH, ENOPROTOOPT, ECONNREFUSED, EMSGSIZE, EOPNOTSUPP, ENETUNREACH, EHOSTDOWN,
		ENONET, ENETUNREACH, EHOSTUNREACH, ENETUNREACH, EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH, 0,
	};
	static const uint16_t unreachable6[] = {
		ENETUNREACH, EACCES, EHOSTUNREACH, EHOSTUNREACH, ECONNREFUSED, EACCES, EACCES, 0,
	};

	for (uint8_t code = 0; code < sizeof(unreachable) / 2; code++)
		assert_int_equal(icmp_event(false, 3, code, 0).ev.error, unreachable[code]);
	for (uint8_t code = 0; code < sizeof(unreachable6) / 2; code++)
		assert_int_equal(icmp_event(true, 1, code, 0).ev.error, unreachable6[code]);
	assert_int_equal(icmp_event(false, 11, 0, 0).ev.error, EHOSTUNREACH);
	assert_int_equal(icmp_event(false, 12, 0, 0).ev.error, EPROTO);
	assert_int_equal(icmp_event(true, 2, 0, 0).ev.error, EMSGSIZE);
	assert_int_equal(icmp_event(true, 3, 0, 0).ev.error, EHOSTUNREACH);
	assert_int_equal(icmp_event(true, 4, 0, 0).ev.error, EPROTO);
}

static bool take_icmp(struct associations *as, uint16_t from, uint16_t to)
{
	struct event ev = datagram(from, to, 0);

	return associations_icmp(as, &ev);
}

/* Between the addresses of a handshake, either way; once this side has sent data, it is about that. */
static void icmp_beside_a_handshake(void **state)
{
	struct associations *as = associations_new();

	assert_false(take_icmp(as, 1, 2));
	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	assert_true(take_icmp(as, 1, 2) && take_icmp(as, 2, 1));
	assert_false(take_icmp(as, 1, 3) || take_icmp(as, 3, 1));
	expect_wants(as, 2, 1, WALK_DATA, ASSOCIATION_WANTED);
	assert_true(take_icmp(as, 1, 2));
	assert_false(take_icmp(as, 2, 1));
	expect_wants(as, 1, 2, WALK_OTHER, ASSOCIATION_WANTED);
	assert_false(take_icmp(as, 2, 1));
	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	assert_true(take_icmp(as, 2, 1));
	for (int i = 1; i < 64; i++)
		assert_true(take_icmp(as, 1, 2));
	assert_false(take_icmp(as, 1, 2) || take_icmp(as, 2, 1));
	expect_wants(as, 1, 2, HELLO, ASSOCIATION_WANTED);
	assert_true(take_icmp(as, 1, 2));
	associations_free(as);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_hello),
		cmocka_unit_test(a_client_hello_cut),
		cmocka_unit_test(a_hello_longer_than_an_event_holds),
		cmocka_unit_test(two_fragments_of_a_hello),
		cmocka_unit_test(as_many_records_as_there_may_be),
		cmocka_unit_test(what_is_not_dtls),
		cmocka_unit_test(without_a_handshake),
		cmocka_unit_test(data_once_in_each_direction),
		cmocka_unit_test(hidden_again_after_the_handshake_moved),
		cmocka_unit_test(a_client_of_dtls13_moves),
		cmocka_unit_test(what_looks_like_epoch_2_is_bounded),
		cmocka_unit_test(by_its_first_byte),
		cmocka_unit_test(others_by_who_sent_them),
		cmocka_unit_test(others_until_data_went_both_ways),
		cmocka_unit_test(many_others),
		cmocka_unit_test(more_than_there_is_room_for),
		cmocka_unit_test(an_icmp_error),
		cmocka_unit_test(errnos_are_the_kernels),
		cmocka_unit_test(icmp_beside_a_handshake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
