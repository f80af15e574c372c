// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the kernel did or said: kernel-drop, send-failed, port-unreachable, rejected. */
#include "stream_verdict.h"

#include <errno.h>

#include "icmp.h"
#include "names.h"

static bool has_evidence(const struct stream *s, uint32_t change, const char *part)
{
	const struct verdict *v = &stream_change(s, change)->verdict;

	for (uint32_t i = 0; i < v->num_evidence; i++)
		if (strstr(v->evidence[i], part))
			return true;
	return false;
}

/* --- kernel-drop --- */

static void check_drop(enum fate fate, uint32_t reason, const char *name, const char *hint)
{
	FOR_EACH_OBSERVER(at) {
		if (!(at & (fate == DROPPED_OUT || fate == UNSENT ? AT_CLIENT : AT_SERVER)))
			continue;
		STORY(s, p, at);
		p.fate = fate;
		p.drop_reason = reason;
		repeat(&p, dtls_flight1, 3);
		expect_exactly(&p, START + FLOOR, VERDICT_KERNEL_DROP, VERDICT_SIDE_KERNEL);
		expect_stuck_at(&s, &p, START + FLOOR, VERDICT_KERNEL_DROP, VERDICT_SIDE_KERNEL);
		assert_non_null(strstr(s.changes[0].verdict.summary, name));
		assert_non_null(strstr(s.changes[0].verdict.hint, hint));
		assert_true(has_evidence(&s, 0, "the kernel dropped 3 of its 3 datagrams"));
		assert_true(verdict_side_is_local(p.h));
		stream_until(&s, START + 7 * SEC);
		dtls_flight1(&p);	/* as those before: it changes nothing */
		stream_wait(&s, SEC);
		assert_int_equal(s.num_changes, 1);
		p.fate = ARRIVES;
		dtls_flight1(&p);
		if (at == AT_CLIENT)	/* from there only the answer says that it got through */
			dtls_flight4(&p);
		stream_wait(&s, 100 * MS);	/* a drop might have followed */
		expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
		assert_true(has_note(&p, NOTE_KERNEL_DROP, "dropped 4 datagrams of this handshake"));
		expect_silence(&s);
	}
}

static void drops_on_the_way_in(void **state)
{
	check_drop(DROPPED_IN, REASON_RCVBUFF, "drops datagrams of client 10.0.0.5:30041", "SO_RCVBUF");
	check_drop(REFUSED, REASON_FILTER, ": SOCKET_FILTER", "SO_ATTACH_FILTER");
	check_drop(REFUSED, REASON_NAMELESS, "the kernel gave no reason", "nstat");
	check_drop(REFUSED, 0, "the kernel gave no reason", "nstat");
}

static void drops_on_the_way_out(void **state)
{
	check_drop(DROPPED_OUT, REASON_NETFILTER, ": NETFILTER_DROP", "firewall");
	check_drop(UNSENT, REASON_NETFILTER, ": NETFILTER_DROP", "firewall");
}

/* A library that keeps what was refused sends it again in front of the next copy. Each datagram is a copy. */
static void refused_copies_that_pile_up(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = UNSENT;
	p.drop_reason = REASON_NETFILTER;
	for (int i = 0; i < 3; i++) {
		p.seq[PARTY_CLIENT][0] = 0;
		for (int n = 0; n <= i; n++)
			dtls_client_hello(&p, 0);
		pair_flush(&p);
		stream_wait(&s, SEC);
	}
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_KERNEL_DROP, VERDICT_SIDE_KERNEL);
	assert_true(has_evidence(&s, 0, "the client sent flight 1 three times (at 0.0, 1.0, 2.0 s); "
				 "the kernel dropped 3 of its 3 datagrams"));
}

/* A remote client, no server: one ClientHello is enough, nobody will answer it. */
static void no_socket_at_all(void **state)
{
	STORY(s, p, AT_SERVER);

	p.fate = NO_SOCKET;
	p.drop_reason = REASON_NO_SOCKET;
	dtls_flight1(&p);
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	expect_exactly(&p, START + FLOOR, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER);
	stream_wait(&s, 2 * FLOOR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(s.changes[0].verdict.summary, "this host's kernel has no socket for the datagrams to "
			    "server 10.0.0.9:4433");
	assert_non_null(strstr(s.changes[0].verdict.hint, "ss -lunp"));
	assert_false(p.h->party[PARTY_SERVER].local);
	assert_false(p.h->party[PARTY_SERVER].has_owner);
	/* Then the server is started. */
	p.fate = ARRIVES;
	dtls_full(&p);
	assert_int_equal(s.wrong, 0);
	assert_string_equal(handshake_state_name(p.h->state), "completed");
	assert_true(p.h->party[PARTY_SERVER].local);
}

/* Healthy for all their drops: every flight loses its first copy to the kernel. */
static void drops_that_a_timer_makes_good_are_a_note(void **state)
{
	static void (*const flights[])(struct pair *p) = { dtls_flight1, dtls_flight4, dtls_flight5 };
	const enum fate fates[] = { DROPPED_IN, REFUSED, DROPPED_OUT, UNSENT };

	for (int i = 0; i < 4; i++) {
		FOR_EACH_OBSERVER(at) {
			STORY(s, p, at);
			p.drop_reason = REASON_RCVBUFF;
			for (int n = 0; n < 3; n++) {
				p.fate = fates[i];
				flights[n](&p);
				stream_wait(&s, SEC);
				p.fate = ARRIVES;
				flights[n](&p);
				stream_wait(&s, MS);
			}
			dtls_flight6(&p);
			assert_true(has_note(&p, NOTE_KERNEL_DROP, "SOCKET_RCVBUFF"));
			expect_completed_only(&s, &p);
		}
	}
}

/* One copy of three was dropped here, the others went out: the path or the peer it is. */
static void one_drop_of_three_is_not_the_cause(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.drop_reason = REASON_NETFILTER;
	for (int i = 0; i < 3; i++) {
		p.fate = i == 0 ? DROPPED_OUT : LOST;
		dtls_flight1(&p);
		stream_wait(&s, SEC);
	}
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
	assert_true(has_note(&p, NOTE_KERNEL_DROP, "NETFILTER_DROP"));
}

/* Its buffer is full because it does not read: that is the cause. */
static void a_full_buffer_that_nobody_reads_is_not_the_kernels(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.mtu = 600;
	dtls_flight1(&p);
	stream_wait(&s, MS);
	p.unread = true;
	for (int i = 0; i < 3; i++) {
		dtls_server_hello(&p);
		pair_flush(&p);
		p.fate = DROPPED_IN;
		p.drop_reason = REASON_RCVBUFF;
		dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 1, 0, NULL);
		pair_flush(&p);
		p.fate = i == 0 ? ARRIVES : DROPPED_IN;
		stream_wait(&s, SEC);
	}
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NOT_READING, VERDICT_SIDE_CLIENT);
	assert_true(has_note(&p, NOTE_KERNEL_DROP, "SOCKET_RCVBUFF"));
}

/* The last flight leaves the application, and not the host: it is not complete. */
static void completion_is_taken_back(void **state)
{
	const enum fate fates[] = { DROPPED_IN, DROPPED_OUT, REFUSED, UNSENT };

	for (int i = 0; i < 4; i++) {
		FOR_EACH_OBSERVER(at) {
			bool seen = at & (i % 2 ? AT_SERVER : AT_CLIENT);

			if (!seen)	/* then it looks complete from there, or not at all */
				continue;
			STORY(s, p, at);
			dtls_flight1(&p);
			dtls_flight4(&p);
			dtls_flight5(&p);
			p.fate = fates[i];
			dtls_flight6(&p);
			assert_true(handshake_is_open(p.h));
			assert_string_equal(handshake_state_name(p.h->state), "in-progress");
			stream_wait(&s, SEC);
			p.fate = ARRIVES;
			dtls_flight5(&p);
			dtls_flight6(&p);
			assert_string_equal(handshake_state_name(p.h->state), "completed");
			assert_int_equal(s.faults, 0);
			assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_COMPLETED], 1);
			expect_silence(&s);
		}
	}
}

/* --- send-failed --- */

static void sends_that_keep_failing(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	stream_wait(&s, MS);
	dtls_flight4(&p);
	for (int i = 0; i < 3; i++) {
		pair_send_failed(&p, PARTY_CLIENT, EPERM, 1100 + i);
		stream_wait(&s, SEC);
	}
	stream_until(&s, START + MS + FLOOR - 1);
	assert_int_equal(s.num_changes, 0);
	stream_wait(&s, 100 * MS);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_SEND_FAILED, VERDICT_SIDE_CLIENT);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(s.changes[0].verdict.summary,
			    "client 10.0.0.5:30041 (licode pid 812) cannot send: EPERM");
	assert_true(has_evidence(&s, 0, "a send of 1100 to 1102 bytes failed three times"));
	assert_non_null(strstr(s.changes[0].verdict.hint, "firewall"));
	assert_true(handshake_is_open(p.h));
	/* It may still get better. */
	dtls_flight5(&p);
	stream_wait(&s, 100 * MS);	/* a refusal might have followed */
	expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	dtls_flight6(&p);
	expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	assert_true(has_note(&p, NOTE_SEND_FAILED, "sends of the client failed three times, the latest with EPERM"));
	assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_FAILED], 0);
}

/* Some hooks know no length. What was refused was tried, not sent. */
static void refused_with_a_length_now_and_then(void **state)
{
	static const uint32_t lengths[][2] = { { 0, 48 }, { 48, 0 }, { 0, 0 } };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		STORY(s, p, AT_CLIENT);
		dtls_flight1(&p);
		for (int n = 0; n < 2; n++)
			pair_send_failed(&p, PARTY_CLIENT, EPERM, lengths[i][n]);
		stream_wait(&s, HOUR);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_SEND_FAILED, VERDICT_SIDE_CLIENT);
		assert_true(has_evidence(&s, 0, i < 2 ? "a send of 48 bytes failed twice" : "a send failed twice"));
		assert_true(has_evidence(&s, 0, "the client tried to send flight 1, first at 0.0 s"));
		assert_false(has_evidence(&s, 0, "the client sent flight 1"));
	}
}

/* Netfilter refuses what was seen to be sent: it did not get out, whatever it looked like. */
static void refused_after_it_was_seen_to_be_sent(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = DROPPED_OUT;
	p.drop_reason = REASON_NETFILTER;
	for (int i = 0; i < 4; i++) {
		dtls_flight1(&p);
		pair_send_failed(&p, PARTY_CLIENT, EPERM, 200);
		stream_wait(&s, SEC << i);
	}
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_SEND_FAILED, VERDICT_SIDE_CLIENT);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_CERTAIN);
}

/* Too large, then smaller: what OpenSSL does after EMSGSIZE. */
static void a_failed_send_that_is_made_good_is_a_note(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_flight4(&p);
	pair_send_failed(&p, PARTY_CLIENT, EMSGSIZE, 1472);
	pair_send_failed(&p, PARTY_CLIENT, EMSGSIZE, 1472);
	stream_wait(&s, 3 * SEC);
	dtls_flight5(&p);
	stream_wait(&s, SEC);
	dtls_flight6(&p);
	assert_true(has_note(&p, NOTE_SEND_FAILED, "failed twice, the latest with EMSGSIZE"));
	expect_completed_only(&s, &p);
}

static void errors_that_ask_to_try_again_are_never_faults(void **state)
{
	const uint16_t errors[] = { EAGAIN, EWOULDBLOCK, ENOBUFS, EINTR, 0 };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		STORY(s, p, AT_CLIENT);
		dtls_flight1(&p);
		dtls_flight4(&p);
		for (int j = 0; j < 100; j++)
			pair_send_failed(&p, PARTY_CLIENT, errors[i], 200);
		stream_wait(&s, 4 * SEC);
		dtls_flight5(&p);
		dtls_flight6(&p);
		assert_true(has_note(&p, NOTE_SEND_FAILED, "sends of the client failed 100 times"));
		expect_completed_only(&s, &p);
	}
}

static void closing_after_a_failed_send_is_no_giving_up(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_flight4(&p);
	pair_send_failed(&p, PARTY_CLIENT, ENETUNREACH, 200);
	pair_close(&p, PARTY_CLIENT, 0);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_SEND_FAILED, VERDICT_SIDE_CLIENT);
	assert_false(handshake_is_open(p.h));
	expect_silence(&s);
}

/* Without the remote address it is a handshake's only if the socket has no other. */
static void failed_sends_without_an_address(void **state)
{
	struct pair q;
	struct event ev;
	STORY(s, p, AT_SERVER);

	dtls_flight1(&p);
	ev = pair_bare(&p, PARTY_SERVER, EVENT_SEND_FAILED);
	memset(&ev.local.ip, 0, sizeof(ev.local.ip));
	memset(&ev.remote, 0, sizeof(ev.remote));
	ev.error = EPERM;
	analysis_event(s.analysis, &ev, sizeof(ev));
	assert_int_equal(p.h->party[PARTY_SERVER].failures.hard, 1);
	pair_init(&q, &s, 30042, 0x22);
	dtls_flight1(&q);
	analysis_event(s.analysis, &ev, sizeof(ev));
	assert_int_equal(p.h->party[PARTY_SERVER].failures.hard, 1);
	assert_int_equal(q.h->party[PARTY_SERVER].failures.hard, 0);
	assert_int_equal(analysis_stats(s.analysis)->no_handshake, 1);
	/* With it, it is one of them, whatever the local address is said to be. */
	ev.remote = q.address[PARTY_CLIENT];
	analysis_event(s.analysis, &ev, sizeof(ev));
	assert_int_equal(q.h->party[PARTY_SERVER].failures.hard, 1);
	assert_int_equal(q.h->party[PARTY_CLIENT].failures.hard, 0);
}

/* --- port-unreachable --- */

static void port_unreachable(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	for (int i = 0; i < 3; i++) {
		dtls_flight1(&p);
		pair_icmp(&p, PARTY_CLIENT, ECONNREFUSED, 3, 3);
		pair_send_failed(&p, PARTY_CLIENT, ECONNREFUSED, 200);	/* the same one again */
		stream_wait(&s, SEC);
	}
	expect_exactly(&p, START + FLOOR, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER);
	stream_until(&s, START + FLOOR + 100 * MS);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER);
	assert_string_equal(s.changes[0].verdict.summary,
			    "the port of server 10.0.0.9:4433 is refused (ICMP): nothing listens there, or a firewall rejects the datagrams");
	assert_true(has_evidence(&s, 0, "came back three times"));
	expect_silence(&s);
}

static void closing_after_port_unreachable_is_no_giving_up(void **state)
{
	const struct { uint16_t error; uint8_t type, code; } errors[] = {
		{ ECONNREFUSED, 3, 3 }, { ECONNREFUSED, 0, 0 }, { 0, 3, 3 }, { ECONNREFUSED, 1, 4 },
		{ 0, 1, 4 },
	};

	for (size_t i = 0; i <= sizeof(errors) / sizeof(errors[0]); i++) {
		STORY(s, p, AT_CLIENT);
		p.fate = LOST;
		dtls_flight1(&p);
		if (i < sizeof(errors) / sizeof(errors[0]))
			pair_icmp(&p, PARTY_CLIENT, errors[i].error, errors[i].type, errors[i].code);
		else
			pair_send_failed(&p, PARTY_CLIENT, ECONNREFUSED, 200);
		pair_close(&p, PARTY_CLIENT, 0);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_PORT_UNREACHABLE,
			      VERDICT_SIDE_SERVER);
		assert_false(handshake_is_open(p.h));
	}
}

/* A server that comes up after 1.5 s: healthy, whatever timers the client has. */
static void server_that_comes_up_late(void **state)
{
	for (uint64_t timer = 50 * MS; timer <= 2 * SEC; timer *= 2) {
		STORY(s, p, AT_BOTH);
		p.fate = NO_SOCKET;
		p.drop_reason = REASON_NO_SOCKET;
		for (uint64_t wait = timer; s.now < START + 1500 * MS; wait *= 2) {
			dtls_flight1(&p);
			pair_icmp(&p, PARTY_CLIENT, ECONNREFUSED, 3, 3);
			stream_wait(&s, wait);
		}
		assert_int_equal(s.num_changes, 0);
		p.fate = ARRIVES;
		dtls_full(&p);
		assert_true(has_note(&p, NOTE_PORT_UNREACHABLE, "the port of the server cannot be reached"));
		expect_completed_only(&s, &p);
	}
}

/* With and without the ICMP error, which a firewall may keep back, seen at either end: one verdict. */
static void a_closed_port_is_one_verdict(void **state)
{
	for (int way = 0; way < 8; way++) {
		bool dropped = way & 1, told = way & 2, closes = way & 4;

		if (!dropped && !told)
			continue;
		STORY(s, p, dropped ? AT_BOTH : AT_CLIENT);
		for (int i = 0; i < 3; i++) {
			p.fate = dropped ? NO_SOCKET : LOST;
			p.drop_reason = REASON_NO_SOCKET;
			dtls_flight1(&p);
			if (told)
				pair_icmp(&p, PARTY_CLIENT, ECONNREFUSED, 3, 3);
			stream_wait(&s, SEC << i);
		}
		if (closes)
			pair_close(&p, PARTY_CLIENT, 0);
		stream_wait(&s, HOUR);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER);
		assert_int_equal(p.h->verdict.code, VERDICT_PORT_UNREACHABLE);
		/* Anybody can send an ICMP error, but this kernel has no socket. */
		assert_int_equal(s.changes[0].verdict.confidence, dropped ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		assert_int_equal(verdict_side_is_local(p.h), dropped);
		assert_false(has_note(&p, NOTE_KERNEL_DROP, "NO_SOCKET"));
	}
}

/* Near: no socket had the port at first, and then one has it, and what it gets is not answered. */
static void a_port_that_opens_and_keeps_silent(void **state)
{
	for (int dropped = 1; dropped < 4; dropped++) {
		STORY(s, p, AT_BOTH);
		p.drop_reason = REASON_NO_SOCKET;
		for (int i = 0; i < 6; i++) {
			p.fate = i < dropped ? NO_SOCKET : ARRIVES;
			dtls_flight1(&p);
			stream_wait(&s, SEC / 2 << i);
		}
		assert_int_equal(p.h->verdict.code, VERDICT_SILENT_AFTER_READ);
		assert_int_equal(s.num_changes, 1);
	}
}

/* Near: a socket of another network namespace, where somebody uses the same addresses. */
static void a_closed_port_of_another_namespace(void **state)
{
	struct pair other;
	STORY(s, p, AT_BOTH);

	pair_init(&other, &s, 30041, 0x22);
	p.netns = 7;
	other.netns = 8;
	other.fate = NO_SOCKET;
	other.drop_reason = REASON_NO_SOCKET;
	for (int i = 0; i < 3; i++) {
		dtls_flight1(&p);
		dtls_flight1(&other);
		stream_wait(&s, SEC << i);
	}
	stream_wait(&s, 10 * SEC);
	assert_int_equal(p.h->verdict.code, VERDICT_SILENT_AFTER_READ);
	assert_int_equal(other.h->verdict.code, VERDICT_PORT_UNREACHABLE);
}

/* By now something listens: the later copies were not refused, only not answered. */
static void port_that_opened_and_keeps_silent(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	dtls_flight1(&p);
	pair_icmp(&p, PARTY_CLIENT, ECONNREFUSED, 3, 3);
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	stream_wait(&s, 2 * SEC);
	dtls_flight1(&p);
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
	assert_true(has_note(&p, NOTE_PORT_UNREACHABLE, "said once"));
}

/* A client that gives up closes its socket. The silence before that stays the cause, but not a shorter one. */
static void a_port_that_closes_after_a_silence(void **state)
{
	for (int silent = 0; silent < 2; silent++) {
		STORY(s, p, AT_SERVER);
		dtls_flight1(&p);
		for (uint64_t wait = SEC; wait <= 8 * SEC; wait *= 2) {
			dtls_flight4(&p);
			if (!silent)
				break;
			stream_wait(&s, wait);
		}
		pair_icmp(&p, PARTY_SERVER, ECONNREFUSED, 3, 3);
		stream_wait(&s, 16 * SEC);
		dtls_flight4(&p);
		pair_icmp(&p, PARTY_SERVER, ECONNREFUSED, 3, 3);
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, 1);
		if (silent)
			expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT);
		else
			expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_CLIENT);
		assert_true(has_note(&p, NOTE_PORT_UNREACHABLE, "the port of the client") == (silent == 1));
	}
}

/* Too large for the path, or no such host: told, but no verdict of its own. */
static void other_icmp_errors_are_notes(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_flight4(&p);
	p.fate = LOST;
	dtls_flight5(&p);
	pair_icmp(&p, PARTY_CLIENT, EMSGSIZE, 3, 4);
	pair_icmp(&p, PARTY_CLIENT, EMSGSIZE, 3, 4);
	stream_wait(&s, SEC);
	p.fate = ARRIVES;
	dtls_flight5(&p);
	dtls_flight6(&p);
	assert_true(has_note(&p, NOTE_ICMP_ERROR, "twice, the latest: EMSGSIZE (type 3, code 4)"));
	assert_false(has_note(&p, NOTE_PORT_UNREACHABLE, ""));
	expect_completed_only(&s, &p);
}

/* An ICMP error may come without its socket: it is found by its addresses. */
static void icmp_error_without_a_socket(void **state)
{
	struct event ev;
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	dtls_flight1(&p);
	ev = pair_bare(&p, PARTY_CLIENT, EVENT_ICMP_ERROR);
	ev.error = ECONNREFUSED;
	ev.socket = 0;
	ev.flags = EVENT_IPV4;
	ev.netns++;	/* the same addresses in another namespace are others */
	analysis_event(s.analysis, &ev, sizeof(ev));
	assert_int_equal(p.h->party[PARTY_CLIENT].icmp.unreachable, 0);
	ev.netns--;
	analysis_event(s.analysis, &ev, sizeof(ev));
	assert_int_equal(p.h->party[PARTY_CLIENT].icmp.unreachable, 1);
	assert_int_equal(p.h->party[PARTY_CLIENT].socket, p.socket[PARTY_CLIENT]);
	assert_int_equal(p.h->party[PARTY_CLIENT].pid, 812);
}

/* --- rejected --- */

/* The codes of destination unreachable, and what they are for a verdict. */
enum meaning { NOTHING, TOO_BIG, CLOSED, NO_WAY, PROHIBITED };

static const struct rejection {
	bool ipv6;
	uint8_t type, code;
	enum meaning meaning;
} rejections[] = {
	{ false, 3, 0, NO_WAY }, { false, 3, 1, NO_WAY }, { false, 3, 2, NO_WAY }, { false, 3, 3, CLOSED },
	{ false, 3, 4, TOO_BIG }, { false, 3, 5, NO_WAY }, { false, 3, 6, NO_WAY }, { false, 3, 7, NO_WAY },
	{ false, 3, 8, NO_WAY }, { false, 3, 9, PROHIBITED }, { false, 3, 10, PROHIBITED }, { false, 3, 11, NO_WAY },
	{ false, 3, 12, NO_WAY }, { false, 3, 13, PROHIBITED }, { false, 3, 14, NO_WAY }, { false, 3, 15, NO_WAY },
	{ false, 3, 16, NOTHING }, { false, 11, 0, NOTHING }, { false, 11, 1, NOTHING }, { false, 12, 0, NOTHING },
	{ false, 5, 1, NOTHING }, { true, 1, 0, NO_WAY }, { true, 1, 1, PROHIBITED }, { true, 1, 2, NO_WAY },
	{ true, 1, 3, NO_WAY }, { true, 1, 4, CLOSED }, { true, 1, 5, PROHIBITED }, { true, 1, 6, PROHIBITED },
	{ true, 1, 7, NOTHING }, { true, 2, 0, TOO_BIG }, { true, 3, 0, NOTHING }, { true, 3, 1, NOTHING },
	{ true, 4, 0, NOTHING },
};
#define NUM_REJECTIONS (sizeof(rejections) / sizeof(rejections[0]))

static uint16_t errno_of(const struct rejection *r)
{
	return r->ipv6 ? icmpv6_errno(r->type, r->code) : icmp_errno(r->type, r->code);
}

/* The code of the verdict at its time. Silence of the others is no-response. */
static enum verdict_code code_of(const struct rejection *r)
{
	static const enum verdict_code codes[] = {
		[NOTHING] = VERDICT_NO_RESPONSE, [TOO_BIG] = VERDICT_MTU_BLACKHOLE,
		[CLOSED] = VERDICT_PORT_UNREACHABLE, [NO_WAY] = VERDICT_REJECTED, [PROHIBITED] = VERDICT_REJECTED,
	};

	return codes[r->meaning];
}

static void rejected(void **state)
{
	for (size_t i = 0; i < NUM_REJECTIONS; i++) {
		const struct rejection *r = &rejections[i];
		const struct verdict *v;

		STORY(s, p, AT_CLIENT);
		p.ipv6 = r->ipv6;
		p.fate = LOST;
		for (int copies = 0; copies < 3; copies++) {
			dtls_flight1(&p);
			pair_icmp(&p, PARTY_CLIENT, errno_of(r), r->type, r->code);
			stream_wait(&s, SEC);
		}
		stream_until(&s, START + FLOOR + 100 * MS);
		v = &stream_change(&s, 0)->verdict;
		assert_string_equal(verdict_code_name(v->code), verdict_code_name(code_of(r)));
		if (r->meaning == NO_WAY || r->meaning == PROHIBITED) {
			expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_REJECTED, VERDICT_SIDE_NETWORK);
			assert_int_equal(v->severity, SEVERITY_FAULT);
			/* Anybody can send an ICMP error. */
			assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
			assert_non_null(strstr(v->summary, icmp_error_name(!r->ipv6, r->type, r->code)));
			assert_int_equal(!!strstr(v->summary, "a firewall rejects"), r->meaning == PROHIBITED);
			assert_non_null(strstr(v->hint, "nft list ruleset"));
			assert_int_equal(!strstr(v->hint, "ip route get"),
					 r->meaning == PROHIBITED || (!r->ipv6 && r->code == 2));
			assert_int_equal(!!strstr(v->hint, "a host that has UDP"), !r->ipv6 && r->code == 2);
			assert_true(has_evidence(&s, 0, "ICMP errors came back three times: "));
			assert_false(has_note(&p, NOTE_ICMP_ERROR, ""));
		} else {
			assert_int_equal(has_note(&p, NOTE_ICMP_ERROR, "three times"), r->meaning != CLOSED);
		}
		assert_int_equal(s.num_changes, 1);
		expect_silence(&s);
	}
}

static void rejected_at_the_floor(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	dtls_flight1(&p);
	pair_icmp_from(&p, PARTY_CLIENT, EHOSTUNREACH, 3, 13, 77);
	expect_exactly(&p, START + FLOOR, VERDICT_REJECTED, VERDICT_SIDE_NETWORK);
	stream_wait(&s, 6 * SEC);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_REJECTED, VERDICT_SIDE_NETWORK);
	assert_string_equal(s.changes[0].verdict.summary,
			    "a firewall rejects the datagrams of client 10.0.0.5:30041 (licode pid 812): "
			    "ICMP communication administratively prohibited");
	assert_true(has_evidence(&s, 0, "came back once, the latest from 10.0.0.77: EHOSTUNREACH (type 3, code 13), "
				 "communication administratively prohibited"));
	assert_false(verdict_side_is_local(p.h));
	/* The firewall lets it through by now. */
	p.fate = ARRIVES;
	dtls_flight1(&p);
	dtls_flight4(&p);
	expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	assert_true(has_note(&p, NOTE_ICMP_ERROR, "the client received ICMP errors once, the latest: "
			     "EHOSTUNREACH (type 3, code 13), communication administratively prohibited"));
}

/* This host's kernel drops a datagram for this reason, and an ICMP error comes back for it. */
static void drop_and_reject(struct pair *p, uint32_t reason, uint16_t error)
{
	p->fate = REFUSED;
	p->drop_reason = reason;
	dtls_flight1(p);
	pair_icmp(p, PARTY_CLIENT, error, 0, 0);
}

/* Both ends are here, and the firewall that rejects is, too: its drop was seen. No other cause is left. */
static void rejected_by_this_host(void **state)
{
	static const struct { uint16_t error; enum verdict_code code; } errors[] = {
		{ EHOSTUNREACH, VERDICT_REJECTED }, { ECONNREFUSED, VERDICT_PORT_UNREACHABLE },
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		for (int gives_up = 0; gives_up < 2; gives_up++) {
			STORY(s, p, AT_BOTH);
			drop_and_reject(&p, REASON_NETFILTER, errors[i].error);
			stream_wait(&s, gives_up ? 500 * MS : 6 * SEC);
			if (gives_up)
				pair_close(&p, PARTY_CLIENT, 0);
			expect_change(&s, 0, &p, HANDSHAKE_FAILED, errors[i].code, VERDICT_SIDE_KERNEL);
			assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_CERTAIN);
			assert_int_equal(s.changes[0].verdict.severity, SEVERITY_FAULT);
			assert_string_equal(s.changes[0].verdict.summary, "a firewall of this host rejects the datagrams of "
					    "client 10.0.0.5:30041 (licode pid 812)");
			assert_true(has_evidence(&s, 0, "this host's kernel dropped datagrams of flight 1 once: NETFILTER_DROP"));
			assert_false(has_evidence(&s, 0, "several causes"));
			assert_non_null(strstr(s.changes[0].verdict.hint, "in the network namespace of the server"));
			assert_int_equal(!!strstr(s.changes[0].verdict.hint, "nsenter -t 900 -n nft list ruleset"),
					 p.h->party[PARTY_SERVER].has_owner);
			assert_true(verdict_side_is_local(p.h));
		}
}

/* The drop has another reason, or none: who rejects is not known. */
static void rejected_by_whom(void **state)
{
	struct stream s;
	struct pair p;

	stream_begin(&s, &p, AT_BOTH);
	drop_and_reject(&p, REASON_NAMELESS, EHOSTUNREACH);
	stream_wait(&s, 6 * SEC);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_REJECTED, VERDICT_SIDE_NETWORK);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
	stream_fini(&s);
	stream_begin(&s, &p, AT_BOTH);
	drop_and_reject(&p, REASON_NAMELESS, ECONNREFUSED);
	stream_wait(&s, 6 * SEC);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
	stream_fini(&s);
}

/* One of two copies was dropped here, and the other went on: the ICMP error may be for that one. */
static void rejected_after_one_drop(void **state)
{
	STORY(s, p, AT_BOTH);

	p.fate = REFUSED;
	p.drop_reason = REASON_NETFILTER;
	dtls_flight1(&p);
	stream_wait(&s, SEC);
	p.fate = LOST;
	dtls_flight1(&p);
	pair_icmp(&p, PARTY_CLIENT, EHOSTUNREACH, 0, 0);
	stream_wait(&s, 8 * SEC);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_REJECTED, VERDICT_SIDE_NETWORK);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
}

/* Of a connected socket some hooks see the errno alone. Some errnos have several causes, others one. */
static void rejected_with_an_errno_alone(void **state)
{
	static const struct { bool ipv6; uint16_t error; const char *summary, *causes; } errors[] = {
		{ false, EHOSTUNREACH, "rejected: ICMP error EHOSTUNREACH", "a firewall rejects them (administratively prohibited), "
		  "the host cannot be reached, or routers send them round in a loop (time to live exceeded)" },
		{ false, ENETUNREACH, "rejected: ICMP error ENETUNREACH", "the network cannot be reached or is not known, "
		  "or a firewall rejects them (network administratively prohibited)" },
		{ false, EHOSTDOWN, "cannot be delivered: ICMP destination host unknown", NULL },
		{ false, ENONET, "cannot be delivered: ICMP source host isolated", NULL },
		{ false, ENOPROTOOPT, "cannot be delivered: ICMP protocol unreachable", NULL },
		{ false, EOPNOTSUPP, "cannot be delivered: ICMP source route failed", NULL },
		{ true, ENETUNREACH, "cannot be delivered: ICMP no route to destination", NULL },
		{ true, EHOSTUNREACH, "rejected: ICMP error EHOSTUNREACH", "the host cannot be reached, or routers send them "
		  "round in a loop (hop limit exceeded)" },
		{ true, EACCES, "a firewall rejects the datagrams of ", NULL },
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const struct verdict *v;

		STORY(s, p, AT_CLIENT);
		p.ipv6 = errors[i].ipv6;
		p.fate = LOST;
		dtls_flight1(&p);
		pair_icmp(&p, PARTY_CLIENT, errors[i].error, 0, 0);
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_REJECTED, VERDICT_SIDE_NETWORK);
		v = &s.changes[0].verdict;
		assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
		assert_non_null(strstr(v->summary, errors[i].summary));
		assert_int_equal(has_evidence(&s, 0, "it has several causes: "), !!errors[i].causes);
		assert_true(!errors[i].causes || has_evidence(&s, 0, errors[i].causes));
		assert_int_equal(!!strstr(v->hint, "a host that has UDP"), errors[i].error == ENOPROTOOPT);
	}
}

/* It is of the datagram before, that the send reports it: not the send is refused. */
static void sends_that_report_a_rejection(void **state)
{
	for (int same = 0; same < 2; same++) {
		STORY(s, p, AT_CLIENT);
		p.fate = LOST;
		dtls_flight1(&p);
		pair_icmp(&p, PARTY_CLIENT, EHOSTUNREACH, 0, 0);
		stream_wait(&s, 2 * SEC);
		pair_send_failed(&p, PARTY_CLIENT, same ? EHOSTUNREACH : EPERM, 200);
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, same ? 1 : 2);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_REJECTED, VERDICT_SIDE_NETWORK);
		expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_FAILED, same ? VERDICT_REJECTED : VERDICT_SEND_FAILED,
			      same ? VERDICT_SIDE_NETWORK : VERDICT_SIDE_CLIENT);
		assert_int_equal(p.h->party[PARTY_CLIENT].failures.hard, !same);
	}
}

static void closing_after_a_rejection_is_no_giving_up(void **state)
{
	for (size_t i = 0; i < NUM_REJECTIONS; i++) {
		const struct rejection *r = &rejections[i];

		if (r->meaning == CLOSED)
			continue;
		STORY(s, p, AT_CLIENT);
		p.ipv6 = r->ipv6;
		p.fate = LOST;
		dtls_flight1(&p);
		pair_icmp(&p, PARTY_CLIENT, errno_of(r), r->type, r->code);
		dtls_alert(&p, PARTY_CLIENT, 1, 0);
		pair_close(&p, PARTY_CLIENT, 0);
		assert_int_equal(s.num_changes, 1);
		if (r->meaning == NOTHING)
			expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_CLIENT);
		else if (r->meaning == TOO_BIG)
			expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_MTU_BLACKHOLE, VERDICT_SIDE_CLIENT);
		else
			expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_REJECTED, VERDICT_SIDE_NETWORK);
	}
}

/* One ICMP error, which anybody may have sent, and then copies that get none: only silence is left. */
static void rejected_once_and_then_not(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	dtls_flight1(&p);
	pair_icmp(&p, PARTY_CLIENT, EHOSTUNREACH, 3, 13);
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	stream_wait(&s, 2 * SEC);
	dtls_flight1(&p);
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
	assert_true(has_note(&p, NOTE_ICMP_ERROR, "once, the latest: EHOSTUNREACH (type 3, code 13)"));
}

/* A router asks for its neighbour for three seconds before it says so: that is no copy without an error. */
static void a_host_that_is_not_there(void **state)
{
	for (uint64_t timer = 250 * MS; timer <= 4 * SEC; timer += 250 * MS) {
		uint64_t next = START, asked = 0;

		STORY(s, p, AT_CLIENT);
		p.fate = LOST;
		for (; s.now < START + 40 * SEC; stream_wait(&s, 50 * MS)) {
			if (asked && s.now == asked + 3 * SEC) {
				pair_icmp(&p, PARTY_CLIENT, EHOSTUNREACH, 3, 1);
				asked = 0;
			}
			if (s.now < next)
				continue;
			dtls_flight1(&p);
			asked = asked ? asked : s.now;
			next += timer;
		}
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_REJECTED, VERDICT_SIDE_NETWORK);
		assert_non_null(strstr(s.changes[0].verdict.summary, "cannot be delivered: ICMP host unreachable"));
	}
}

/* On the server's side of the handshake: what it sends is rejected. */
static void what_the_server_sends_is_rejected(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls_flight1(&p);
	p.fate = LOST;
	for (int i = 0; i < 3; i++) {
		dtls_flight4(&p);
		pair_icmp(&p, PARTY_SERVER, EHOSTUNREACH, 3, 10);
		stream_wait(&s, SEC);
	}
	stream_wait(&s, HOUR);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_REJECTED, VERDICT_SIDE_NETWORK);
	assert_non_null(strstr(s.changes[0].verdict.summary, "a firewall rejects the datagrams of server 10.0.0.9:4433"));
}

/* A ClientHello from a forged address: the cookie request is rejected, and that is no fault of anybody here. */
static void a_cookie_request_to_a_forged_address(void **state)
{
	for (int copies = 1; copies <= 2; copies++) {
		STORY(s, p, AT_SERVER);
		p.cookie = true;
		for (int i = 0; i < copies; i++) {
			p.fate = ARRIVES;
			dtls_flight1(&p);
			p.fate = LOST;
			dtls_flight2(&p);
			pair_icmp(&p, PARTY_SERVER, EHOSTUNREACH, 3, 1);
			stream_wait(&s, SEC);
		}
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, copies - 1);
		if (copies > 1)
			expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_REJECTED, VERDICT_SIDE_NETWORK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drops_on_the_way_in),
		cmocka_unit_test(drops_on_the_way_out),
		cmocka_unit_test(refused_copies_that_pile_up),
		cmocka_unit_test(no_socket_at_all),
		cmocka_unit_test(drops_that_a_timer_makes_good_are_a_note),
		cmocka_unit_test(one_drop_of_three_is_not_the_cause),
		cmocka_unit_test(a_full_buffer_that_nobody_reads_is_not_the_kernels),
		cmocka_unit_test(completion_is_taken_back),
		cmocka_unit_test(sends_that_keep_failing),
		cmocka_unit_test(refused_with_a_length_now_and_then),
		cmocka_unit_test(refused_after_it_was_seen_to_be_sent),
		cmocka_unit_test(a_failed_send_that_is_made_good_is_a_note),
		cmocka_unit_test(errors_that_ask_to_try_again_are_never_faults),
		cmocka_unit_test(closing_after_a_failed_send_is_no_giving_up),
		cmocka_unit_test(failed_sends_without_an_address),
		cmocka_unit_test(port_unreachable),
		cmocka_unit_test(closing_after_port_unreachable_is_no_giving_up),
		cmocka_unit_test(server_that_comes_up_late),
		cmocka_unit_test(a_closed_port_is_one_verdict),
		cmocka_unit_test(a_port_that_opens_and_keeps_silent),
		cmocka_unit_test(a_closed_port_of_another_namespace),
		cmocka_unit_test(port_that_opened_and_keeps_silent),
		cmocka_unit_test(a_port_that_closes_after_a_silence),
		cmocka_unit_test(other_icmp_errors_are_notes),
		cmocka_unit_test(icmp_error_without_a_socket),
		cmocka_unit_test(rejected),
		cmocka_unit_test(rejected_at_the_floor),
		cmocka_unit_test(rejected_by_this_host),
		cmocka_unit_test(rejected_by_whom),
		cmocka_unit_test(rejected_after_one_drop),
		cmocka_unit_test(rejected_with_an_errno_alone),
		cmocka_unit_test(sends_that_report_a_rejection),
		cmocka_unit_test(closing_after_a_rejection_is_no_giving_up),
		cmocka_unit_test(rejected_once_and_then_not),
		cmocka_unit_test(a_host_that_is_not_there),
		cmocka_unit_test(what_the_server_sends_is_rejected),
		cmocka_unit_test(a_cookie_request_to_a_forged_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
