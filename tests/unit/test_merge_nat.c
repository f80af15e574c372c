// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Address translation between two hosts: what is one handshake, and what must not be taken for it. */
#include "merging.h"

#define CLIENT at(1, 4000)
#define SERVER at(2, 4433)
/* What the client sends to, and what the server gets it from. */
#define FRONT at(101, 443)
#define OUTSIDE at(102, 61000)
#define STRANGER at(200, 5353)

static struct traced a, b;
static struct source *source;

static void begin(void)
{
	traced_begin(&a, "alpha", 500 * SECOND, 0);
	traced_begin(&b, "beta", 7 * SECOND, DAY);
	traced_write(&a);
	traced_write(&b);
}

/* Also the clocks: through one pair of addresses that is not translated, both ways. */
static void merge(void)
{
	traced_event(&a, 20 * SECOND, make_event(EVENT_SENT, at(1, 9), at(2, 9), 0, 77));
	traced_event(&b, 20 * SECOND + MS, make_event(EVENT_QUEUED, at(2, 9), at(1, 9), 0, 77));
	traced_event(&b, 20 * SECOND + 2 * MS, make_event(EVENT_SENT, at(2, 9), at(1, 9), 0, 0));
	traced_event(&a, 20 * SECOND + 3 * MS, make_event(EVENT_QUEUED, at(1, 9), at(2, 9), 0, 0));
	traced_end(&a, 30 * SECOND);
	traced_end(&b, 30 * SECOND);
	source = merge_of_files(&a, &b, NULL);
	read_merged(source);
}

static void end(void)
{
	source->ops->free(source);
	traced_free(&a);
	traced_free(&b);
}

static bool is_same(struct event_endpoint one, struct event_endpoint two)
{
	return one.port == two.port && !memcmp(one.ip, two.ip, sizeof(one.ip));
}

/* The n-th event of the second host, from 0. */
static const struct event *second(uint32_t n)
{
	for (uint32_t i = 0; i < got.num; i++)
		if (got.told[i].kind == 'e' && got.told[i].ev.host == 2 && !n--)
			return &got.told[i].ev;
	fail();
	return NULL;
}

static void expect(uint32_t n, struct event_endpoint local, struct event_endpoint remote, bool is_translated)
{
	const struct event *ev = second(n);

	assert_true(is_same(ev->local, local));
	assert_true(is_same(ev->remote, remote));
	assert_int_equal(!!(ev->flags & EVENT_TRANSLATED), is_translated);
}

/* A ClientHello through the translation, and the answer. */
static void through(int64_t from, uint8_t random, struct event_endpoint client, struct event_endpoint outside)
{
	traced_event(&a, from, make_event(EVENT_SENT, client, FRONT, 0, random));
	traced_event(&b, from + MS, make_event(EVENT_QUEUED, SERVER, outside, 0, random));
	traced_event(&b, from + 2 * MS, make_event(EVENT_SENT, SERVER, outside, 5, 0));
	traced_event(&a, from + 3 * MS, make_event(EVENT_QUEUED, client, FRONT, 5, 0));
}

static bool asks(struct event_endpoint client, struct event_endpoint server, struct event_endpoint *seen_client,
		 struct event_endpoint *seen_server)
{
	return source->info.translated(source->info.translated_ctx, &client, &server, seen_client, seen_server);
}

static void both_addresses_are_translated(void **state)
{
	struct event_endpoint client, server;
	(void)state;

	begin();
	through(SECOND, 1, CLIENT, OUTSIDE);
	/* Its other events, too; another flow of the same socket not. */
	traced_event(&b, 2 * SECOND, make_event(EVENT_READ, SERVER, OUTSIDE, 0, 0));
	traced_event(&b, 2 * SECOND, make_event(EVENT_ICMP_ERROR, SERVER, OUTSIDE, 0, 0));
	traced_event(&b, 3 * SECOND, make_event(EVENT_QUEUED, SERVER, STRANGER, 0, 2));
	merge();
	for (uint32_t n = 0; n < 4; n++)
		expect(n, FRONT, CLIENT, true);
	expect(4, SERVER, STRANGER, false);
	assert_true(asks(CLIENT, FRONT, &client, &server));
	assert_true(is_same(client, OUTSIDE));
	assert_true(is_same(server, SERVER));
	assert_false(asks(at(1, 9), at(2, 9), &client, &server));
	end();
}

/* Two clients behind one address; later the port of one is another client's. */
static void ports_are_used_again(void **state)
{
	struct event_endpoint other = at(3, 4000), outside = at(102, 61001);
	(void)state;

	begin();
	through(SECOND, 1, CLIENT, OUTSIDE);
	through(2 * SECOND, 2, other, outside);
	through(3 * SECOND, 3, other, OUTSIDE);
	/* That client is not traced. */
	traced_event(&b, 4 * SECOND, make_event(EVENT_QUEUED, SERVER, OUTSIDE, 0, 4));
	traced_event(&b, 5 * SECOND, make_event(EVENT_SENT, SERVER, OUTSIDE, 8, 0));
	merge();
	expect(0, FRONT, CLIENT, true);
	expect(2, FRONT, other, true);
	expect(5, FRONT, other, true);
	expect(6, SERVER, OUTSIDE, false);
	expect(7, SERVER, OUTSIDE, false);
	end();
}

/* Somebody sends the client's ClientHello again from another address. */
static void a_copy_by_a_stranger(void **state)
{
	(void)state;

	/* The server's host saw the client's own addresses. */
	begin();
	traced_event(&a, SECOND, make_event(EVENT_SENT, CLIENT, SERVER, 0, 1));
	traced_event(&b, SECOND + MS, make_event(EVENT_QUEUED, SERVER, CLIENT, 0, 1));
	traced_event(&b, SECOND + 2 * MS, make_event(EVENT_QUEUED, SERVER, STRANGER, 0, 1));
	merge();
	expect(0, SERVER, CLIENT, false);
	expect(1, SERVER, STRANGER, false);
	end();
	/* It did not, and which of the two is the client's cannot be known. */
	begin();
	through(SECOND, 1, CLIENT, OUTSIDE);
	traced_event(&b, 2 * SECOND, make_event(EVENT_QUEUED, SERVER, STRANGER, 0, 1));
	merge();
	expect(0, SERVER, OUTSIDE, false);
	expect(2, SERVER, STRANGER, false);
	end();
	/* Two clients with one random: copies of a virtual machine. */
	begin();
	through(SECOND, 1, CLIENT, OUTSIDE);
	traced_event(&a, 2 * SECOND, make_event(EVENT_SENT, at(3, 4000), FRONT, 0, 1));
	merge();
	expect(0, SERVER, OUTSIDE, false);
	end();
}

/* A relay on the client's own host is no translation. */
static void a_relay_on_one_host(void **state)
{
	(void)state;

	begin();
	traced_event(&b, SECOND, make_event(EVENT_QUEUED, SERVER, STRANGER, 0, 1));
	traced_event(&b, SECOND + MS, make_event(EVENT_SENT, at(2, 9999), at(9, 4433), 0, 1));
	merge();
	expect(0, SERVER, STRANGER, false);
	expect(1, at(2, 9999), at(9, 4433), false);
	end();
}

/* The NAT gives the client another port: so that it is seen to move, it keeps its own address. */
static void a_client_that_moves(void **state)
{
	struct event_endpoint moved = at(102, 61007), own = CLIENT;
	(void)state;

	own.port = moved.port;
	begin();
	through(SECOND, 1, CLIENT, OUTSIDE);
	/* Its next datagram comes from there, and so does an answer to it; the same ClientHello again, too. */
	traced_event(&a, 2 * SECOND, make_event(EVENT_SENT, CLIENT, FRONT, 7, 0));
	traced_event(&b, 2 * SECOND + 5 * MS, make_event(EVENT_QUEUED, SERVER, moved, 7, 0));
	traced_event(&b, 3 * SECOND, make_event(EVENT_SENT, SERVER, moved, 9, 0));
	traced_event(&b, 4 * SECOND, make_event(EVENT_QUEUED, SERVER, moved, 0, 1));
	merge();
	expect(0, FRONT, CLIENT, true);
	expect(2, FRONT, own, true);
	expect(3, FRONT, own, true);
	expect(4, FRONT, own, true);
	end();
	/* Near: nobody that is known has sent that, or several clients are behind that address. */
	for (int near = 0; near < 2; near++) {
		begin();
		through(SECOND, 1, CLIENT, OUTSIDE);
		if (near)
			through(1500 * MS, 2, at(3, 4000), at(102, 61001));
		traced_event(&a, 2 * SECOND, make_event(EVENT_SENT, CLIENT, FRONT, 7, 0));
		traced_event(&b, 2 * SECOND + 5 * MS, make_event(EVENT_QUEUED, SERVER, moved, near ? 7 : 8, 0));
		merge();
		expect(near ? 4 : 2, SERVER, moved, false);
		end();
	}
}

/* An event with a HelloVerifyRequest, or a ClientHello, with this cookie. */
static struct made with_cookie(struct made m, uint8_t msg_type, uint8_t cookie)
{
	uint8_t *body = m.bytes + m.ev.hello_off;

	m.ev.items[1].message.msg_type = msg_type;
	if (msg_type == DTLS_MT_HELLO_VERIFY_REQUEST) {
		body[2] = 8;
		memset(body + 3, cookie, 8);
	} else {
		body[34] = 0;
		body[35] = 8;
		memset(body + 36, cookie, 8);
	}
	return m;
}

/* The client changes its random after the cookie, and one host's events of the first ClientHello, or the second one, were lost. */
static void the_cookie_joins_where_the_random_changes(void **state)
{
	(void)state;

	for (int lost = 0; lost < 2; lost++) {
		begin();
		if (lost)
			traced_event(&a, SECOND, make_event(EVENT_SENT, CLIENT, FRONT, 0, 1));
		traced_event(&b, SECOND + MS, make_event(EVENT_QUEUED, SERVER, OUTSIDE, 0, 1));
		traced_event(&b, SECOND + 2 * MS, with_cookie(make_event(EVENT_SENT, SERVER, OUTSIDE, 0, 9),
							      DTLS_MT_HELLO_VERIFY_REQUEST, 50));
		traced_event(&a, SECOND + 3 * MS, with_cookie(make_event(EVENT_QUEUED, CLIENT, FRONT, 0, 9),
							      DTLS_MT_HELLO_VERIFY_REQUEST, 50));
		if (!lost)
			traced_event(&a, SECOND + 4 * MS, with_cookie(make_event(EVENT_SENT, CLIENT, FRONT, 1, 2),
								      DTLS_MT_CLIENT_HELLO, 50));
		traced_event(&b, SECOND + 5 * MS, with_cookie(make_event(EVENT_QUEUED, SERVER, OUTSIDE, 1, 2),
							      DTLS_MT_CLIENT_HELLO, 50));
		traced_event(&b, SECOND + 6 * MS, make_event(EVENT_SENT, SERVER, OUTSIDE, 5, 0));
		merge();
		for (uint32_t n = 1; n < 4; n++)
			expect(n, FRONT, CLIENT, true);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_addresses_are_translated),
		cmocka_unit_test(ports_are_used_again),
		cmocka_unit_test(a_copy_by_a_stranger),
		cmocka_unit_test(a_relay_on_one_host),
		cmocka_unit_test(a_client_that_moves),
		cmocka_unit_test(the_cookie_joins_where_the_random_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
