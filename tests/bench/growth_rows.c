// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Streams that could make the analysis slow: many handshakes, or many events of one. */
#include "growth.h"

#include <errno.h>

#define ROOMY 0			/* a table that this row does not fill */
#define DEFAULT_TABLE 4096	/* default of --max-handshakes */
#define LONGER_THAN_ANY_TIMER (600 * SECOND)

/* --- many clients of one server socket --- */

static void queue_hellos(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		feed_hello_queued(f, i, i);
}

static void read_all(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		feed_read(f, i, i + 1);
}

/* The server hangs. Each handshake is reported as unread, and then the server reads them all. */
static void unread_hellos(struct feed *f, uint32_t n)
{
	queue_hellos(f, n);
	feed_wait(f, 20 * SECOND);
	read_all(f, n);
	feed_wait(f, LONGER_THAN_ANY_TIMER);
}

/* Each client sends its ClientHello three times. */
static void unread_copies(struct feed *f, uint32_t n)
{
	for (int copy = 0; copy < 3; copy++) {
		for (uint32_t i = 0; i < n; i++) {
			feed_at_server(f, EVENT_QUEUED, i);
			feed_client_hello(f, copy, i);
			f->ev.datagram = ++f->arrived;
			feed_send(f, US);
		}
		feed_wait(f, (1 << copy) * SECOND);
	}
	feed_wait(f, 20 * SECOND);
	for (uint32_t i = 0; i < 3 * n; i++)
		feed_read(f, i % n, i + 1);
}

/* One client is read again and again while the others wait. */
static void unread_behind(struct feed *f, uint32_t n)
{
	uint64_t last = 0;

	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_QUEUED, 1 + i);
		feed_client_hello(f, 0, i);
		f->ev.datagram = 10 * n + i;
		feed_send(f, US);
	}
	feed_wait(f, 20 * SECOND);
	for (uint32_t i = 0; i < n; i++)
		feed_read(f, 0, ++last);
}

static void complete(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		feed_handshake(f, i, i);
}

static void never_complete(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		feed_read(f, i, feed_hello_queued(f, i, i));
	feed_wait(f, LONGER_THAN_ANY_TIMER);
	analysis_finish(f->analysis, f->now);
}

static void close_shared_socket(struct feed *f, uint32_t n)
{
	queue_hellos(f, n);
	feed_close(f, SERVER_SOCKET);
}

/* All have the same deadline. */
static void same_deadline(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_QUEUED, i);
		feed_client_hello(f, 0, i);
		f->ev.datagram = ++f->arrived;
		feed_send(f, 0);
	}
	feed_wait(f, LONGER_THAN_ANY_TIMER);
}

static void fail_send(struct feed *f, bool remote_known, uint32_t client)
{
	feed_at_server(f, EVENT_SEND_FAILED, client);
	f->ev.local = (struct event_endpoint){ .port = 4433 };
	if (!remote_known)
		f->ev.remote = (struct event_endpoint){ .port = 0 };
	f->ev.error = EPERM;
	f->ev.length = 500;
	feed_send(f, 10 * US);
}

/* The local address is a wildcard, so only socket and peer tell the handshake. */
static void failed_sends(struct feed *f, uint32_t n)
{
	queue_hellos(f, n);
	for (uint32_t i = 0; i < n; i++)
		fail_send(f, true, i);
}

static void failed_sends_to_nobody(struct feed *f, uint32_t n)
{
	queue_hellos(f, n);
	for (uint32_t i = 0; i < n; i++)
		fail_send(f, i % 2, n + i);
}

static void icmp_errors(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		feed_at_client(f, EVENT_SENT, i, 100 + i);
		feed_client_hello(f, 0, i);
		feed_send(f, 10 * US);
	}
	for (uint32_t i = 0; i < n; i++) {
		feed_at_client(f, EVENT_ICMP_ERROR, i, 0);
		f->ev.error = ECONNREFUSED;
		feed_send(f, 10 * US);
	}
}

static void drops(struct feed *f, uint32_t n)
{
	queue_hellos(f, n);
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_DROPPED, i);
		feed_client_hello(f, 0, i);
		f->ev.datagram = i + 1;
		feed_send(f, 10 * US);
	}
}

/* The tracer loses events again and again while n handshakes are open. */
static void lost_notices(struct feed *f, uint32_t n)
{
	queue_hellos(f, n);
	for (uint32_t i = 0; i < n; i++) {
		analysis_lost(f->analysis, 0, 1);
		analysis_missing(f->analysis, 0, MISSING_LOST | MISSING_LIMITED, f->now);
		f->events++;
		feed_read(f, i, i + 1);
	}
}

/* The rate limit skips one address pair after the other. */
static void limited(struct feed *f, uint32_t n)
{
	queue_hellos(f, n);
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_LIMITED, i);
		feed_send(f, 10 * US);
	}
}

/* --- one address pair again and again --- */

static void new_sockets(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		feed_handshake_of_client(f, 0, 100 + i, i);
		feed_close(f, 100 + i);
		feed_wait(f, MS);
	}
}

static void new_sockets_unanswered(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		feed_at_client(f, EVENT_SENT, 0, 100 + i);
		feed_client_hello(f, 0, i);
		feed_send(f, 10 * US);
		feed_close(f, 100 + i);
	}
}

/* No socket is closed, and each causes an ICMP error whose socket is unknown. */
static void new_sockets_open(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		feed_at_client(f, EVENT_SENT, 0, 100 + i);
		feed_client_hello(f, 0, i);
		feed_send(f, 10 * US);
		feed_at_client(f, EVENT_ICMP_ERROR, 0, 0);
		f->ev.error = EHOSTUNREACH;
		feed_send(f, 10 * US);
	}
}

/* The same addresses in one network namespace after the other, with fragments that arrive there. */
static void new_namespaces(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		feed_at_client(f, EVENT_SENT, 0, 100 + i);
		f->ev.netns = NETNS + i;
		feed_client_hello(f, 0, i);
		feed_send(f, 10 * US);
		feed_at_server(f, EVENT_QUEUED, 0);
		f->ev.socket = 1000000 + i;
		f->ev.netns = NETNS + i;
		feed_record(f, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 5, 1);
		feed_send(f, 10 * US);
	}
}

/* The same ClientHello comes from a new socket each time, while later handshakes are known. */
static void hello_moves(struct feed *f, uint32_t n)
{
	new_sockets_unanswered(f, n);
	for (uint32_t i = 0; i < n; i++) {
		feed_at_client(f, EVENT_SENT, 0, 10000000 + i);
		feed_client_hello(f, 1, 0);
		feed_send(f, 10 * US);
	}
}

/* Everything is on one socket, with a new random each time. */
static void one_flow(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		feed_hello_queued(f, 0, i);
	for (uint32_t i = 0; i < n; i++)
		fail_send(f, true, 0);
}

static void one_pair_limited(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		feed_at_client(f, EVENT_SENT, 0, 100 + i);
		feed_client_hello(f, 0, i);
		feed_send(f, 10 * US);
	}
	feed_at_client(f, EVENT_LIMITED, 0, 99);
	feed_send(f, 10 * US);
}

/* One handshake at a time: the table is empty again after each. */
static void limited_at_once(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		feed_hello_queued(f, i, i);
		feed_at_server(f, EVENT_LIMITED, i);
		feed_send(f, 10 * US);
	}
}

/* --- without a handshake, or before it --- */

static void strays(struct feed *f, uint32_t n)
{
	queue_hellos(f, n);
	feed_wait(f, 100 * SECOND);
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_SENT, i);
		f->ev.local.port = 5000 + i % 50000;
		feed_whole(f, 0, DTLS_MT_SERVER_HELLO, 0, 70);
		feed_send(f, 10 * US);
	}
}

static void early_fragments(struct feed *f, uint32_t n)
{
	const uint8_t body[50] = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_QUEUED, i);
		feed_fragment(f, 1, DTLS_MT_CLIENT_HELLO, 0, 200, 100, sizeof(body));
		feed_body(f, body, sizeof(body));
		f->ev.datagram = ++f->arrived;
		feed_send(f, 10 * US);
		feed_read(f, i, f->arrived);
	}
}

/* --- an attacker who knows the hash functions --- */

/* n sockets in one bucket of a multiplicative hash whose seed is known. */
static void colliding_sockets(struct feed *f, uint32_t n)
{
	/* The inverse of 0x9e3779b97f4a7c15 modulo 2^64. */
	const uint64_t inverse = 0xf1de83e19937733dULL;

	for (uint32_t i = 0; i < n; i++) {
		feed_at_client(f, EVENT_SENT, i, ((uint64_t)(i + 1) * inverse) ^ f->seed);
		feed_client_hello(f, 0, i);
		feed_send(f, 10 * US);
	}
}

/* --- much of one handshake --- */

static void fragments_of_one_byte(struct feed *f, uint32_t n)
{
	feed_hello_queued(f, 0, 0);
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_SENT, 0);
		feed_fragment(f, i, DTLS_MT_CERTIFICATE, 1, 16000, i % 16000, 1);
		feed_send(f, 10 * US);
	}
}

static void hello_of_one_byte_each(struct feed *f, uint32_t n)
{
	const uint8_t byte = 0;

	feed_hello_queued(f, 0, 0);
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_QUEUED, 0);
		feed_fragment(f, i, DTLS_MT_CLIENT_HELLO, 1, 16000, i % 16000, 1);
		feed_body(f, &byte, 1);
		f->ev.datagram = ++f->arrived;
		feed_send(f, 10 * US);
		feed_read(f, 0, f->arrived);
	}
}

static void overlapping_fragments(struct feed *f, uint32_t n)
{
	feed_hello_queued(f, 0, 0);
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_SENT, 0);
		feed_fragment(f, i, DTLS_MT_CERTIFICATE, 1, 16000, i * 7 % 15000, 1000);
		feed_send(f, 10 * US);
	}
}

static void holes(struct feed *f, uint32_t n)
{
	feed_hello_queued(f, 0, 0);
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_SENT, 0);
		feed_fragment(f, i, DTLS_MT_CERTIFICATE + i % 3, 1 + i % 20, 1 << 20, i * 2 % (1 << 20), 1);
		feed_send(f, 10 * US);
	}
}

static void many_records(struct feed *f, uint32_t n)
{
	feed_hello_queued(f, 0, 0);
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_SENT, 0);
		for (uint32_t j = 0; j < EVENT_MAX_ITEMS / 2; j++)
			feed_fragment(f, i * 16 + j, DTLS_MT_CERTIFICATE, 1 + j, 1 << 16, i * 16 + j, 1);
		feed_send(f, 10 * US);
	}
}

static void retransmissions(struct feed *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, EVENT_QUEUED, 0);
		feed_client_hello(f, i, 0);
		f->ev.datagram = ++f->arrived;
		feed_send(f, 300 * MS);
	}
}

static void encrypted_records(struct feed *f, uint32_t n)
{
	feed_handshake(f, 0, 0);
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, i % 2 ? EVENT_SENT : EVENT_QUEUED, 0);
		feed_record(f, DTLS_CT_HANDSHAKE, 1, 1 + i, 60 + i % 100);
		f->ev.datagram = i % 2 ? 0 : ++f->arrived;
		feed_send(f, MS);
	}
}

static void hidden_records(struct feed *f, uint32_t n)
{
	feed_hello_queued(f, 0, 0);
	for (uint32_t i = 0; i < n; i++) {
		feed_at_server(f, i % 2 ? EVENT_SENT : EVENT_QUEUED, 0);
		feed_unified(f, i % 64 < 32 ? 2 : 3, i * 40503, 30 + i % 200);
		f->ev.datagram = i % 2 ? 0 : ++f->arrived;
		feed_send(f, MS);
	}
}

const struct row growth_rows[] = {
	{ "ClientHellos unread at one socket, then read", unread_hellos, 20, ROOMY },
	{ "each in three copies, then read", unread_copies, 20, ROOMY },
	{ "ClientHellos unread, others are read before them", unread_behind, 20, ROOMY },
	{ "handshakes on one server socket", complete, 500, ROOMY },
	{ "handshakes on one server socket, default table", complete, 500, DEFAULT_TABLE },
	{ "handshakes that never complete", never_complete, 500, ROOMY },
	{ "handshakes that never complete, default table", never_complete, 500, DEFAULT_TABLE },
	{ "a socket closes with all its handshakes", close_shared_socket, 100, ROOMY },
	{ "all deadlines at the same moment", same_deadline, 100, ROOMY },
	{ "failed sends, told by socket and peer", failed_sends, 100, ROOMY },
	{ "failed sends of no handshake", failed_sends_to_nobody, 100, ROOMY },
	{ "ICMP errors without a socket", icmp_errors, 100, ROOMY },
	{ "drops", drops, 100, ROOMY },
	{ "notices of lost events", lost_notices, 100, ROOMY },
	{ "notices of the rate limit", limited, 100, ROOMY },
	{ "the same, one handshake at a time", limited_at_once, 100, DEFAULT_TABLE },
	{ "new sockets on one address pair", new_sockets, 100, ROOMY },
	{ "new sockets on one pair, unanswered", new_sockets_unanswered, 100, ROOMY },
	{ "new sockets on one pair, open, ICMP errors", new_sockets_open, 100, ROOMY },
	{ "new network namespaces on one pair", new_namespaces, 100, ROOMY },
	{ "one ClientHello from new sockets", hello_moves, 100, ROOMY },
	{ "new handshakes on one socket and pair", one_flow, 100, ROOMY },
	{ "one pair with many sockets at the rate limit", one_pair_limited, 100, ROOMY },
	{ "answers from elsewhere", strays, 100, ROOMY },
	{ "fragments of no known handshake", early_fragments, 100, ROOMY },
	{ "sockets that collide in a plain hash", colliding_sockets, 100, ROOMY },
	{ "fragments of one byte", fragments_of_one_byte, 500, DEFAULT_TABLE },
	{ "a ClientHello in fragments of one byte", hello_of_one_byte_each, 500, DEFAULT_TABLE },
	{ "fragments that overlap", overlapping_fragments, 500, DEFAULT_TABLE },
	{ "fragments that leave holes", holes, 500, DEFAULT_TABLE },
	{ "16 records in each datagram", many_records, 500, DEFAULT_TABLE },
	{ "one handshake sent again for ever", retransmissions, 5000, DEFAULT_TABLE },
	{ "encrypted records for ever", encrypted_records, 5000, DEFAULT_TABLE },
	{ "DTLS 1.3 records for ever", hidden_records, 5000, DEFAULT_TABLE },
	{ .name = NULL },
};
