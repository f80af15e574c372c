// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is learned of a handshake: timers, counts, completeness, hellos, owners. */
#include "stream_dtls.h"

/* A client has flight 4 in front of it; one point only, so that callbacks are easy to count. */
static void begin(struct stream *s, struct pair *p, unsigned at)
{
	stream_begin(s, p, at);
	p->unread = true;
	dtls_flight1(p);
	stream_wait(s, MS);
}

static const struct flight *flight(const struct pair *p, int number)
{
	return &p->h->flights[number];
}

/* --- timers --- */

static void check_timer(uint64_t timer)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		stream_wait(&s, timer);
		dtls_flight1(&p);
		stream_wait(&s, 2 * timer);
		dtls_flight1(&p);
		assert_int_equal(p.h->party[PARTY_CLIENT].timer_ns, timer);
		assert_int_equal(p.h->party[PARTY_SERVER].timer_ns, 0);
		assert_int_equal(handshake_waited_ns(p.h), 3 * timer);
		dtls_flight4(&p);
		stream_wait(&s, 10 * timer);
		dtls_flight4(&p);
		assert_int_equal(p.h->party[PARTY_CLIENT].timer_ns, timer);
		assert_int_equal(p.h->party[PARTY_SERVER].timer_ns, 10 * timer);
	}
}

static void timers_are_learned(void **state)
{
	check_timer(SEC);
	check_timer(400 * MS);
	check_timer(50 * MS);
}

static void no_timer_is_learned_from_hello_verify_request(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		p.cookie = true;
		dtls_flight1(&p);
		dtls_flight2(&p);
		stream_wait(&s, 300 * MS);
		dtls_flight1(&p);
		dtls_flight2(&p);
		assert_int_equal(flight(&p, 2)->copies, 2);
		assert_int_equal(p.h->party[PARTY_SERVER].timer_ns, 0);
		dtls_flight3(&p);
		dtls_flight4(&p);
		stream_wait(&s, SEC);
		dtls_flight4(&p);
		assert_int_equal(p.h->party[PARTY_SERVER].timer_ns, SEC);
	}
}

static void note_retransmissions(void **state)
{
	char text[VERDICT_TEXT_LEN];

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		assert_false(note_write(p.h, NOTE_RETRANSMISSIONS, text));
		stream_wait(&s, SEC);
		dtls_flight1(&p);
		stream_wait(&s, 2 * SEC);
		dtls_flight1(&p);
		stream_wait(&s, 200 * MS);
		dtls_flight4(&p);
		stream_wait(&s, 500 * MS);
		dtls_flight4(&p);
		dtls_flight5(&p);
		stream_wait(&s, 300 * MS);
		dtls_flight6(&p);
		assert_true(note_write(p.h, NOTE_RETRANSMISSIONS, text));
		assert_string_equal(text, "retransmitted flights: client 2, server 1; "
				    "3.5 s of the handshake's 4.0 s were spent waiting for retransmission timers");
		assert_false(note_write(p.h, NOTE_INTERLEAVED, text));
		assert_int_equal(handshake_waited_ns(p.h), 3500 * MS);
		expect_completed_only(&s, &p);
	}
}

/* --- facts --- */

static void flights_are_counted(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY_WITH(begin, s, p, at);
		p.mtu = 256;
		dtls_flight4(&p);
		assert_int_equal(flight(&p, 4)->from, PARTY_SERVER);
		assert_int_equal(flight(&p, 4)->copies, 1);
		assert_int_equal(flight(&p, 4)->datagrams, 5);
		assert_true(flight(&p, 4)->bytes > CERTIFICATE_LEN + 333 + 5 * 25);
		assert_true(flight(&p, 4)->complete);
		assert_int_equal(flight(&p, 4)->arrived, at != AT_SERVER);
		assert_int_equal(p.h->party[PARTY_SERVER].flight, 4);
		assert_int_equal(p.h->party[PARTY_CLIENT].flight, 1);
	}
}

static void a_hole_is_not_complete(void **state)
{
	STORY_WITH(begin, s, p, AT_BOTH);

	p.mtu = 600;
	p.fate = HELD;
	dtls_flight4(&p);
	assert_true(flight(&p, 4)->complete);
	assert_false(flight(&p, 4)->arrived);
	pair_release(&p, 1);
	assert_false(flight(&p, 4)->arrived);
	pair_release(&p, 0);
	assert_true(flight(&p, 4)->arrived);
}

static void hellos_and_owners(void **state)
{
	const struct handshake *h;
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	h = p.h;
	assert_int_equal(h->client_hello.hello.server_name_len, strlen(SERVER_NAME));
	assert_memory_equal(h->client_hello.hello.server_name, SERVER_NAME, strlen(SERVER_NAME));
	assert_true(h->client_hello.hello.has_use_srtp);
	assert_false(h->version_negotiated);
	assert_int_equal(h->server_hello.known, 0);
	dtls_flight4(&p);
	assert_true(h->version_negotiated);
	assert_false(h->server_hello.hello.has_use_srtp);
	assert_int_equal(h->server_hello.hello.cipher_suite, 0xc02b);
	assert_true(h->party[PARTY_CLIENT].has_owner);
	assert_int_equal(h->party[PARTY_CLIENT].pid, 812);
	assert_int_equal(h->party[PARTY_CLIENT].tid, 813);
	assert_int_equal(h->party[PARTY_CLIENT].netns, 4026531840u);
	assert_int_equal(h->party[PARTY_CLIENT].cgroup_id, 70);
	assert_string_equal(h->party[PARTY_CLIENT].comm, "licode");
	assert_int_equal(h->party[PARTY_CLIENT].socket, p.socket[PARTY_CLIENT]);
	assert_false(h->party[PARTY_SERVER].has_owner);
	assert_int_equal(h->party[PARTY_SERVER].address.port, 4433);
	assert_true(h->party[PARTY_SERVER].ipv4);
}

/* The number that its own PID namespace gives the process is told where it is another. */
static void numbers_of_a_process(void **state)
{
	struct party *client;
	struct stream s STREAM_ENDS;
	struct pair p;
	char text[VERDICT_PARTY_LEN];

	stream_init(&s, AT_CLIENT);
	pair_init(&p, &s, 30042, 0x12);
	dtls_flight1(&p);
	client = (struct party *)&p.h->party[PARTY_CLIENT];
	assert_int_equal(client->ns_pid, 812);
	assert_null(strstr(verdict_party(text, p.h, PARTY_CLIENT), "namespace"));
	client->ns_pid = 7;
	assert_non_null(strstr(verdict_party(text, p.h, PARTY_CLIENT), ":30042 (licode pid 812, 7 in its PID namespace)"));
	/* Near miss: it is not known. */
	client->ns_pid = 0;
	assert_non_null(strstr(verdict_party(text, p.h, PARTY_CLIENT), ":30042 (licode pid 812)"));
	/* The longest there is: nothing is cut. */
	memset(client->comm, '\x1b', EVENT_COMM_LEN);
	memset(client->address.ip, 0xff, sizeof(client->address.ip));
	client->ipv4 = false;
	client->pid = 4194303;
	client->ns_pid = 4194302;
	assert_non_null(strstr(verdict_party(text, p.h, PARTY_CLIENT), " pid 4194303, 4194302 in its PID namespace)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_are_learned),
		cmocka_unit_test(no_timer_is_learned_from_hello_verify_request),
		cmocka_unit_test(note_retransmissions),
		cmocka_unit_test(flights_are_counted),
		cmocka_unit_test(a_hole_is_not_complete),
		cmocka_unit_test(hellos_and_owners),
		cmocka_unit_test(numbers_of_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
