// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* missing-fragment, mtu-blackhole, hello-fragments-ignored, cannot-decrypt: what gets there of a flight. */
#include <errno.h>

#include "stream_verdict.h"

#define NOTHING UINT32_MAX

/*
 * A flight 4 in datagrams of at most `mtu` bytes of which those from `lost_from` bytes on get
 * lost, and that with byte `lost_byte` of the Certificate.
 */
static void flight4_with_losses(struct pair *p, uint32_t mtu, uint32_t lost_from, uint32_t lost_byte)
{
	uint16_t seq = p->cookie;
	uint32_t sizes[] = { 1500, 333, 0 };
	uint8_t types[] = { DTLS_MT_CERTIFICATE, DTLS_MT_SERVER_KEY_EXCHANGE, DTLS_MT_SERVER_HELLO_DONE };

	p->mtu = mtu;
	dtls_server_hello(p);
	for (int i = 0; i < 3; i++) {
		struct dtls_message msg = { .msg_type = types[i], .message_seq = ++seq, .length = sizes[i] };

		do {
			uint32_t room = mtu - 25;

			pair_flush(p);
			msg.fragment_length = sizes[i] - msg.fragment_offset < room ?
					      sizes[i] - msg.fragment_offset : room;
			dtls_fragment_add(p, PARTY_SERVER, msg, NULL);
			p->fate = msg.fragment_length + 25 >= lost_from ||
				  (!i && lost_byte - msg.fragment_offset < msg.fragment_length) ?
				  LOST : ARRIVES;
			pair_flush(p);
			p->fate = ARRIVES;
			msg.fragment_offset += msg.fragment_length;
		} while (msg.fragment_offset < sizes[i]);
	}
}

static void flight4_through(struct pair *p, uint32_t mtu, uint32_t lost_from)
{
	flight4_with_losses(p, mtu, lost_from, NOTHING);
}

/* Copies at 0, 1, 3 s of which byte 500 of the Certificate is always lost. */
static void lose_a_part(struct pair *p, unsigned copies)
{
	for (unsigned i = 0; i < copies; i++) {
		stream_until(p->s, START + ((1u << i) - 1) * SEC);
		dtls_flight1(p);
		flight4_with_losses(p, 425, NOTHING, 500);
	}
}

/* Copies at 0, 1, 3 s; the client, which waits for the rest, repeats its ClientHello too. */
static void lose_large_parts(struct pair *p, uint32_t mtu, uint32_t lost_from, unsigned copies)
{
	for (unsigned i = 0; i < copies; i++) {
		stream_until(p->s, START + ((1u << i) - 1) * SEC);
		dtls_flight1(p);
		flight4_through(p, mtu, lost_from);
	}
}

/* --- missing-fragment --- */

/* Of 1500 bytes of Certificate in datagrams of 425 bytes the second is lost, each time. */
static void a_fragment_never_comes(void **state)
{
	const struct verdict *v;
	STORY(s, p, AT_CLIENT);

	lose_a_part(&p, 3);
	expect_exactly(&p, START + FLOOR, VERDICT_MISSING_FRAGMENT, VERDICT_SIDE_NETWORK);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_MISSING_FRAGMENT, VERDICT_SIDE_NETWORK);
	v = &s.changes[0].verdict;
	/* Anybody can have sent what arrived (RFC 6347 s4.1.2.7). */
	assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
	assert_string_equal(v->summary, "a part of what server 10.0.0.9:4433 sends has not arrived in any copy: "
			    "bytes 400 to 799 of its Certificate (message_seq 1, 1500 bytes)");
	assert_non_null(strstr(v->evidence[0], "server sent flight 4 three times (at 0.0, 1.0, 3.0 s)"));
	assert_non_null(strstr(v->evidence[2], "the datagrams that arrived with a part of that message had up to 425 bytes"));
	assert_non_null(strstr(v->evidence[3], "cannot see from this host"));
	assert_non_null(strstr(v->filter, " && (ip.src == 10.0.0.9 && udp.srcport == 4433) && dtls.handshake.message_seq == 1"));
	assert_false(verdict_side_is_local(p.h));
}

/* With both ends here the sender's datagrams are known, and that they were sent. */
static void its_datagram_is_named(void **state)
{
	STORY(s, p, AT_BOTH);

	for (unsigned i = 0; i < 5; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls_flight1(&p);
		dtls_server_hello(&p);
		pair_flush(&p);
		p.fate = LOST;	/* 25 + 40 bytes: its size is not what loses it */
		dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, 40, NULL);
		pair_flush(&p);
		p.fate = ARRIVES;
		dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 2, 0, NULL);
		pair_flush(&p);
	}
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_MISSING_FRAGMENT, VERDICT_SIDE_NETWORK);
	/* Three losses may be chance, five are not. */
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
	analysis_finish(s.analysis, s.now);
	assert_int_equal(s.changes[1].verdict.confidence, CONFIDENCE_CERTAIN);
	assert_non_null(strstr(s.changes[0].verdict.summary, ": its Certificate (message_seq 1, 40 bytes)"));
	assert_non_null(strstr(s.changes[0].verdict.evidence[2], "the datagrams that were sent with a part of that message had up to 65 bytes"));
}

/* A message between two others that is wholly missing, and an end that never comes. */
static void whole_messages_never_come(void **state)
{
	for (int end = 0; end < 2; end++) {
		STORY(s, p, AT_CLIENT);
		for (unsigned i = 0; i < 3; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			dtls_flight1(&p);
			dtls_server_hello(&p);
			pair_flush(&p);
			p.fate = LOST;
			dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, 400, NULL);
			pair_flush(&p);
			p.fate = end ? LOST : ARRIVES;
			dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 2, 0, NULL);
			pair_flush(&p);
			p.fate = ARRIVES;
		}
		expect_stuck_at(&s, &p, START + FLOOR, VERDICT_MISSING_FRAGMENT, VERDICT_SIDE_NETWORK);
		assert_non_null(strstr(s.changes[0].verdict.summary, end ? "the end of flight 4" :
				       ": the message with message_seq 1"));
	}
}

/* It is not the path: its socket never sent that message, in no copy. */
static void a_message_is_never_sent(void **state)
{
	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		STORY(s, p, at);
		for (unsigned i = 0; i < 3; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			dtls_flight1(&p);
			dtls_server_hello(&p);
			p.seq[PARTY_SERVER][0]++;
			dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 2, 0, NULL);
			pair_flush(&p);
		}
		expect_stuck_at(&s, &p, START + FLOOR, VERDICT_MISSING_FRAGMENT, VERDICT_SIDE_SERVER);
		assert_non_null(strstr(s.changes[0].verdict.summary, "does not send all of flight 4: it lacks "
				       "the message with message_seq 1"));
	}
}

/* It comes at last: the fourth copy is whole. */
static void it_is_taken_back(void **state)
{
	STORY(s, p, AT_CLIENT);

	lose_a_part(&p, 3);
	stream_until(&s, START + 7 * SEC);
	assert_int_equal(s.num_changes, 1);
	flight4_through(&p, 425, NOTHING);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
}

/* Near: each copy loses another part; the union has no hole. */
static void another_part_each_time(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	for (unsigned lost = 0; lost < 3; lost++) {
		stream_until(&s, START + ((1u << lost) - 1) * SEC);
		dtls_server_hello(&p);
		pair_flush(&p);
		for (unsigned part = 0; part < 3; part++) {
			struct dtls_message msg = {
				.msg_type = DTLS_MT_CERTIFICATE, .message_seq = 1, .length = 900,
				.fragment_offset = part * 300, .fragment_length = 300,
			};

			p.fate = part == lost ? LOST : ARRIVES;
			dtls_fragment_add(&p, PARTY_SERVER, msg, NULL);
			pair_flush(&p);
		}
		p.fate = ARRIVES;
		dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 2, 0, NULL);
		pair_flush(&p);
	}
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_completed_only(&s, &p);
}

/* Near: two copies with the same hole may be chance; the third is whole. */
static void two_copies_are_not_enough(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		lose_a_part(&p, 2);
		stream_until(&s, START + 3 * SEC);
		dtls_flight1(&p);
		flight4_through(&p, 425, NOTHING);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/* From the sender's host what arrives is not known. */
static void holes_are_not_seen_from_the_sender(void **state)
{
	STORY(s, p, AT_SERVER);

	lose_a_part(&p, 3);
	stream_wait(&s, HOUR);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.code, VERDICT_MISSING_FRAGMENT);
}

/* --- mtu-blackhole --- */

static void one_size_does_not_arrive(void **state)
{
	const struct verdict *v;
	STORY(s, p, AT_BOTH);

	lose_large_parts(&p, 1400, 1300, 3);
	expect_exactly(&p, START + FLOOR, VERDICT_MTU_BLACKHOLE, VERDICT_SIDE_NETWORK);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_MTU_BLACKHOLE, VERDICT_SIDE_NETWORK);
	v = &s.changes[0].verdict;
	assert_int_equal(v->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(v->summary, "large datagrams of server 10.0.0.9:4433 (server pid 900) do not reach "
			    "the client: the path's MTU is smaller");
	assert_string_equal(v->evidence[1], "datagrams of up to 358 bytes arrived; no datagram of 1400 bytes or more arrived");
	assert_non_null(strstr(v->filter, "udp.length > 366"));
}

/* Only the client's host is traced: what is missing would fill a datagram larger than any that came. */
static void the_hole_is_one_large_datagram(void **state)
{
	const struct verdict *v;
	STORY(s, p, AT_CLIENT);

	lose_large_parts(&p, 1400, 1300, 3);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_MTU_BLACKHOLE, VERDICT_SIDE_NETWORK);
	v = &s.changes[0].verdict;
	assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
	assert_string_equal(v->evidence[1], "datagrams of up to 358 bytes arrived; none of them brought the part of 1375 bytes "
			    "that all copies lack");
	assert_non_null(strstr(v->hint, "at most 1200 bytes of UDP payload, or 500 if these are lost too ("));
}

/* Only the client's host is traced and its own Certificate is what is too large. */
static void large_flight5(struct pair *p, uint32_t mtu, unsigned copies)
{
	dtls_flight1(p);
	dtls_flight4(p);
	for (unsigned i = 0; i < copies; i++) {
		stream_until(p->s, START + ((1u << i) - 1) * SEC);
		if (i)
			dtls_flight4(p);
		p->mtu = mtu;
		p->fate = LOST;
		dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CERTIFICATE, 1, 1350, NULL);
		dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 2, 66, NULL);
		dtls_finished(p, PARTY_CLIENT);
		p->fate = ARRIVES;
		p->mtu = 1400;
	}
}

static void one_size_is_not_answered(void **state)
{
	const struct verdict *v;
	STORY(s, p, AT_CLIENT);

	large_flight5(&p, 1400, 3);
	/* The server has had time to read the third copy, had it come. */
	stream_wait(&s, 500 * MS);
	dtls_flight4(&p);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_MTU_BLACKHOLE, VERDICT_SIDE_NETWORK);
	v = &s.changes[0].verdict;
	assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
	assert_non_null(strstr(v->evidence[1], "bytes were answered; no datagram of 1375 bytes or more was answered"));
	assert_non_null(strstr(v->evidence[2], "it repeats flight 4; dtlsnoop cannot see from this host whether it receives the large"));
}

/* Near: it may lie there, and the server go on to repeat itself until it reads. */
static void the_third_copy_may_not_have_been_read(void **state)
{
	STORY(s, p, AT_CLIENT);

	large_flight5(&p, 1400, 3);
	stream_wait(&s, 499 * MS);
	dtls_flight4(&p);
	stream_until(&s, START + FLOOR + SEC);
	assert_int_equal(s.num_changes, 0);
}

/* A plaintext flight 4 that the client, elsewhere, never answers but by repeating itself. */
static void not_even_medium_sizes_are_answered(void **state)
{
	STORY(s, p, AT_SERVER);

	p.cookie = true;
	dtls_hellos(&p);
	for (unsigned i = 0; i < 3; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		if (i)
			dtls_flight3(&p);
		flight4_through(&p, 900, 600);
	}
	stream_wait(&s, 500 * MS);
	dtls_flight3(&p);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_MTU_BLACKHOLE, VERDICT_SIDE_NETWORK);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
}

/*
 * At both ends: the sizes tell why. While a copy begins with what is small, only the part that all
 * copies lack is known of it, but that is no story of its own.
 */
static void sizes_are_told_at_once(void **state)
{
	static const uint32_t sizes[] = { 80, 1100, 300 };
	STORY(s, p, AT_BOTH);

	for (unsigned i = 0; i < 6; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls_flight1(&p);
		for (uint16_t seq = 0; seq < 3; seq++) {
			p.fate = sizes[seq] > 1000 ? LOST : ARRIVES;
			dtls_message_add(&p, PARTY_SERVER, seq ? DTLS_MT_CERTIFICATE + seq - 1 : DTLS_MT_SERVER_HELLO,
					 seq, sizes[seq], NULL);
			pair_flush(&p);
			stream_wait(&s, MS);
		}
		p.fate = ARRIVES;
		dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 3, 0, NULL);
		pair_flush(&p);
	}
	stream_wait(&s, HOUR);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_MTU_BLACKHOLE, VERDICT_SIDE_NETWORK);
	assert_int_equal(s.num_changes, 1);
}

/* Near: small ones are not answered either, or the client is silent altogether. */
static void small_flight4_is_not_answered(void **state)
{
	for (int silent = 0; silent < 2; silent++) {
		STORY(s, p, AT_SERVER);
		p.cookie = true;
		dtls_hellos(&p);
		for (unsigned i = 0; i < 3; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			if (i && !silent)
				dtls_flight3(&p);
			flight4_through(&p, silent ? 900 : 400, 0);
		}
		stream_wait(&s, HOUR);
		for (uint32_t i = 0; i < s.num_changes; i++)
			assert_int_not_equal(s.changes[i].verdict.code, VERDICT_MTU_BLACKHOLE);
	}
}

/* A router says so, or anybody else: it is likely. */
static void icmp_says_too_big(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_flight4(&p);
	p.client_certificate = true;
	for (int i = 0; i < 2; i++) {
		stream_until(&s, START + i * SEC);
		p.fate = LOST;
		dtls_flight5(&p);
		p.fate = ARRIVES;
		pair_icmp(&p, PARTY_CLIENT, EMSGSIZE, 3, 4);
	}
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_MTU_BLACKHOLE, VERDICT_SIDE_NETWORK);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
	assert_non_null(strstr(s.changes[0].verdict.evidence[1], "too big for the path"));
}

/*
 * With its MTU: the datagrams are larger, by a byte. In a capture anybody may have sent it, so it is
 * likely. Near: they fit, so that cannot be why they are not answered.
 */
static void icmp_says_which_mtu(void **state)
{
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		for (int fits = 0; fits < 2; fits++) {
			STORY(s, p, ON_WIRE);
			p.ipv6 = ipv6;
			repeat(&p, dtls_flight1, 2);
			p.path_mtu = p.last.ev.length + (ipv6 ? 48 : 28) - !fits;
			pair_icmp_from(&p, PARTY_CLIENT, EMSGSIZE, ipv6 ? 2 : 3, ipv6 ? 0 : 4, 77);
			stream_wait(&s, SEC);
			dtls_flight1(&p);
			stream_wait(&s, HOUR);
			expect_change(&s, 0, &p, HANDSHAKE_STUCK, fits ? VERDICT_NO_RESPONSE : VERDICT_MTU_BLACKHOLE,
				      fits ? VERDICT_SIDE_SERVER : VERDICT_SIDE_NETWORK);
			assert_int_equal(s.num_changes, 1);
			if (!fits) {
				assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
				assert_non_null(strstr(s.changes[0].verdict.evidence[1], "too big for the path (MTU "));
			}
		}
	}
}

/* Near: the same flight in small datagrams is not answered either. */
static void small_copies_are_lost_too(void **state)
{
	STORY(s, p, AT_CLIENT);

	large_flight5(&p, 600, 3);
	stream_wait(&s, HOUR);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.code, VERDICT_MTU_BLACKHOLE);
}

/* Near: after ICMP said so the sender uses smaller datagrams, and goes on. */
static void smaller_after_icmp(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_flight4(&p);
	p.client_certificate = true;
	p.fate = LOST;
	dtls_flight5(&p);
	pair_icmp(&p, PARTY_CLIENT, EMSGSIZE, 3, 4);
	p.fate = ARRIVES;
	stream_wait(&s, SEC);
	p.mtu = 256;
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_completed_only(&s, &p);
}

/* Near: large ones arrive sometimes. */
static void large_ones_arrive_sometimes(void **state)
{
	STORY(s, p, AT_BOTH);

	lose_large_parts(&p, 1400, 1300, 2);
	stream_until(&s, START + 3 * SEC);
	dtls_flight1(&p);
	flight4_through(&p, 1400, 2000);
	p.fate = LOST;
	for (unsigned i = 0; i < 2; i++) {
		dtls_flight5(&p);
		stream_wait(&s, SEC << i);
	}
	p.fate = ARRIVES;
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_completed_only(&s, &p);
}

/* --- hello-fragments-ignored --- */

static void fragmented_hello(struct pair *p)
{
	p->mtu = 90;
	dtls_flight1(p);
	p->mtu = 1400;
}

static void server_that_ignores_fragments(void **state)
{
	const struct verdict *v;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		repeat(&p, fragmented_hello, 3);
		expect_stuck_at(&s, &p, START + FLOOR, VERDICT_HELLO_FRAGMENTS_IGNORED, VERDICT_SIDE_SERVER);
		v = &s.changes[0].verdict;
		assert_int_equal(v->confidence, at == AT_BOTH ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		assert_non_null(strstr(v->summary, at & AT_SERVER ? "ignores a fragmented ClientHello" :
				       "it ignores fragments, or the path loses datagrams"));
		assert_non_null(strstr(v->evidence[1], "its fragments came in datagrams of up to 90 bytes"));
	}
}

/* Near: a fragment of it never gets there. */
static void a_fragment_of_the_hello_is_missing(void **state)
{
	STORY(s, p, AT_SERVER);

	for (unsigned i = 0; i < 3; i++) {
		struct dtls_message part = {
			.msg_type = DTLS_MT_CLIENT_HELLO, .length = 120, .fragment_offset = 60, .fragment_length = 60,
		};
		struct body body = body_begin(&p, 0x11);

		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls_fragment_add(&p, PARTY_CLIENT, (struct dtls_message){
			.msg_type = DTLS_MT_CLIENT_HELLO, .length = 120, .fragment_length = 60 }, body.bytes);
		pair_flush(&p);
		p.fate = LOST;
		dtls_fragment_add(&p, PARTY_CLIENT, part, NULL);
		pair_flush(&p);
		p.fate = ARRIVES;
	}
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_MISSING_FRAGMENT, VERDICT_SIDE_NETWORK);
	assert_non_null(strstr(s.changes[0].verdict.summary, "bytes 60 to 119 of its ClientHello"));
}

/* Near: one that fits in a datagram; one that is answered. */
static void hellos_that_are_none_of_that(void **state)
{
	struct stream s;
	struct pair p;

	stream_begin(&s, &p, AT_CLIENT);
	p.fate = LOST;
	repeat(&p, dtls_flight1, 3);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
	stream_fini(&s);

	FOR_EACH_OBSERVER(at) {
		stream_begin(&s, &p, at);
		repeat(&p, fragmented_hello, 2);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_completed_only(&s, &p);
		stream_fini(&s);
	}
}

/* --- cannot-decrypt --- */

/* The server reads flight 5 again and again, and says what it said. */
static void it_repeats_what_it_said(struct stream *s, struct pair *p, unsigned at, unsigned copies)
{
	stream_begin(s, p, at);
	dtls_flight1(p);
	dtls_flight4(p);
	for (unsigned i = 0; i < copies; i++) {
		stream_until(s, START + ((1u << i) - 1) * SEC);
		dtls_flight5(p);
		stream_wait(s, 100 * MS);
		dtls_flight4(p);
	}
}

static void server_that_cannot_decrypt(void **state)
{
	const struct verdict *v;

	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		STORY_WITH(it_repeats_what_it_said, s, p, at, 3);
		expect_stuck_at(&s, &p, START + FLOOR, VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_SERVER);
		v = &s.changes[0].verdict;
		/* Where the client's socket was not seen to send it, anybody may have sent flight 5. */
		assert_int_equal(v->confidence, at == AT_BOTH ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		assert_non_null(strstr(v->summary, "does not accept the encrypted flight 5"));
		assert_non_null(strstr(v->evidence[2], "all of flight 5, including its Finished, was read 5."));
	}
}

/* From the client's host it may be that the path loses flight 5: three copies may, by chance, five hardly. */
static void server_elsewhere_that_cannot_decrypt(void **state)
{
	const struct verdict *v;
	struct stream s;
	struct pair p;

	it_repeats_what_it_said(&s, &p, AT_CLIENT, 4);
	assert_int_equal(s.num_changes, 0);
	stream_fini(&s);
	it_repeats_what_it_said(&s, &p, AT_CLIENT, 5);
	stream_settle(&s);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_SERVER);
	v = &s.changes[0].verdict;
	assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
	assert_non_null(strstr(v->summary, "it cannot decrypt flight 5, or does not receive all of it"));
	stream_fini(&s);
}

/* Near: all of it was read, but out of order: some throw away what comes before its turn. */
static void read_out_of_order(void **state)
{
	for (int silent = 0; silent < 2; silent++) {
		STORY(s, p, AT_SERVER);
		dtls_flight1(&p);
		dtls_flight4(&p);
		for (unsigned i = 0; i < 3; i++) {
			p.fate = HELD;
			p.num_held = 0;
			dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
			pair_flush(&p);
			dtls_finished(&p, PARTY_CLIENT);
			p.fate = ARRIVES;
			if (i == 0)
				pair_release(&p, 1);
			pair_release(&p, 0);	/* and of the later copies the Finished is lost */
			stream_wait(&s, 500 * MS);
			if (!silent)
				dtls_flight4(&p);
			stream_wait(&s, SEC << i);
		}
		stream_until(&s, START + 8 * SEC);
		for (uint32_t i = 0; i < s.num_changes; i++) {
			assert_int_not_equal(s.changes[i].verdict.code, VERDICT_CANNOT_DECRYPT);
			assert_int_not_equal(s.changes[i].verdict.code, VERDICT_SILENT_AFTER_READ);
		}
	}
}

/* Resumed, the server's flight 4 is encrypted at its end: it is the client that cannot. */
static void client_that_cannot_decrypt(void **state)
{
	STORY(s, p, AT_CLIENT);

	for (unsigned i = 0; i < 3; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls_flight1(&p);
		dtls_flight4_resumed(&p);
	}
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_CLIENT);
}

/* Near: it goes on after two repeats. */
static void it_decrypts_at_last(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY_WITH(it_repeats_what_it_said, s, p, at, 3);
		dtls_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/* Near: it says nothing at all after reading: that is another verdict. */
static void silence_is_not_repetition(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls_flight1(&p);
	dtls_flight4(&p);
	repeat(&p, dtls_flight5, 3);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
}

/* --- hints --- */

/* The lost part has no large datagram, so its size is not why; and where both ends are here, nobody traces elsewhere. */
static void a_hint_that_fits_what_is_lost(void **state)
{
	struct stream s;
	struct pair p;

	for (unsigned at = AT_CLIENT; at <= AT_BOTH; at += AT_BOTH - AT_CLIENT) {
		const struct verdict *v = &s.changes[0].verdict;

		stream_begin(&s, &p, at);
		lose_a_part(&p, 3);
		stream_wait(&s, FLOOR);
		assert_int_equal(v->code, VERDICT_MISSING_FRAGMENT);
		assert_null(strstr(v->hint, "large datagrams"));
		assert_non_null(strstr(v->hint, "loses datagrams of any size"));
		assert_int_equal(!!strstr(v->hint, "capture at the other end"), at == AT_CLIENT);
		assert_int_equal(!!strstr(v->hint, "both on this host"), at == AT_BOTH);
		stream_fini(&s);
	}
}

/* The size to use is below the smallest that was lost. Nearly all paths carry 1200 bytes. */
static void an_mtu_below_what_is_lost(void **state)
{
	static const struct { uint32_t mtu, lost_from; const char *hint; bool fragments; } plays[] = {
		{ 700, 600, "at most 699 bytes", false }, { 1300, 1250, "at most 1200 bytes", false },
		{ 1400, 1000, "at most 1200 bytes", false }, { 1500, 1490, "at most 1200 bytes", true },
	};
	struct stream s;
	struct pair p;

	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		const struct verdict *v = &s.changes[0].verdict;

		stream_begin(&s, &p, AT_BOTH);
		lose_large_parts(&p, plays[i].mtu, plays[i].lost_from, 3);
		stream_wait(&s, FLOOR);
		assert_int_equal(v->code, VERDICT_MTU_BLACKHOLE);
		assert_non_null(strstr(v->hint, plays[i].hint));
		assert_int_equal(!!strstr(v->summary, "drops IP fragments, or its MTU"), plays[i].fragments);
		assert_int_equal(!!strstr(v->hint, "allow IP fragments"), plays[i].fragments);
		stream_fini(&s);
	}
}

/* Flight 5 without its end, or the Certificate of flight 4 without its second half; cut: a capture holds no more of the datagram. */
static void send_a_part(struct pair *p, enum party_role from, bool cut)
{
	struct dtls_message part = { .msg_type = DTLS_MT_CERTIFICATE, .message_seq = 1, .length = 900, .fragment_length = 450 };

	if (from == PARTY_SERVER) {
		dtls_server_hello(p);
		pair_flush(p);
		dtls_fragment_add(p, PARTY_SERVER, part, NULL);
	} else {
		dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
	}
	if (cut) {
		datagram_event(&p->datagram)->malformed = DTLS_MALFORMED_UNREADABLE;
		analysis_lost(p->s->analysis, 0, 1);
	}
	pair_flush(p);
}

/* What a snapshot length cut off is not lost on the path. Near: each datagram is there whole. */
static void a_part_that_could_not_be_read(void **state)
{
	for (int n = 0; n < 4; n++) {
		enum party_role from = n & 1 ? PARTY_SERVER : PARTY_CLIENT;
		bool cut = n / 2;

		STORY(s, p, ON_WIRE);
		dtls_flight1(&p);
		for (int copy = 0; copy < 5; copy++) {
			if (from == PARTY_CLIENT)
				dtls_flight4(&p);
			else
				dtls_flight1(&p);
			send_a_part(&p, from, cut);
			stream_wait(&s, SEC << copy);
		}
		stream_wait(&s, FLOOR);
		assert_int_equal(p.h->verdict.code == VERDICT_MISSING_FRAGMENT, !cut);
		assert_true(!cut || p.h->verdict.code == VERDICT_NONE ||
			    !strcmp(p.h->verdict.doubt, "datagrams are truncated in the capture"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_that_could_not_be_read),
		cmocka_unit_test(a_fragment_never_comes),
		cmocka_unit_test(its_datagram_is_named),
		cmocka_unit_test(whole_messages_never_come),
		cmocka_unit_test(a_message_is_never_sent),
		cmocka_unit_test(it_is_taken_back),
		cmocka_unit_test(another_part_each_time),
		cmocka_unit_test(two_copies_are_not_enough),
		cmocka_unit_test(holes_are_not_seen_from_the_sender),
		cmocka_unit_test(one_size_does_not_arrive),
		cmocka_unit_test(the_hole_is_one_large_datagram),
		cmocka_unit_test(one_size_is_not_answered),
		cmocka_unit_test(the_third_copy_may_not_have_been_read),
		cmocka_unit_test(not_even_medium_sizes_are_answered),
		cmocka_unit_test(sizes_are_told_at_once),
		cmocka_unit_test(small_flight4_is_not_answered),
		cmocka_unit_test(icmp_says_too_big),
		cmocka_unit_test(icmp_says_which_mtu),
		cmocka_unit_test(small_copies_are_lost_too),
		cmocka_unit_test(smaller_after_icmp),
		cmocka_unit_test(large_ones_arrive_sometimes),
		cmocka_unit_test(server_that_ignores_fragments),
		cmocka_unit_test(a_fragment_of_the_hello_is_missing),
		cmocka_unit_test(hellos_that_are_none_of_that),
		cmocka_unit_test(server_that_cannot_decrypt),
		cmocka_unit_test(server_elsewhere_that_cannot_decrypt),
		cmocka_unit_test(read_out_of_order),
		cmocka_unit_test(client_that_cannot_decrypt),
		cmocka_unit_test(it_decrypts_at_last),
		cmocka_unit_test(silence_is_not_repetition),
		cmocka_unit_test(a_hint_that_fits_what_is_lost),
		cmocka_unit_test(an_mtu_below_what_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
