// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Hellos in fragments: the union of what came, whatever its order, and never a byte that did not. */
#include "stream_dtls.h"

#include "dtls_wire.h"
#include "hello_assembly.h"

static struct hello_assemblies all;
static uint8_t whole[8192];

static int setup(void **state)
{
	memset(&all, 0, sizeof(all));
	for (uint32_t i = 0; i < sizeof(whole); i++)
		whole[i] = i * 7 + i / 256;
	return 0;
}

struct piece {
	uint64_t handshake;
	enum party_role from;
	uint8_t type;
	uint16_t seq;
	uint32_t length, begin, len;
	uint32_t cut;		/* bytes at its end that are not there */
	uint8_t twist;		/* its bytes are other ones */
};

/* Add it from memory of exactly its length. Returns the bytes that are there from the beginning. */
static uint32_t add(struct piece p)
{
	struct dtls_message msg = {
		.kind = DTLS_ITEM_MESSAGE, .msg_type = p.type ? p.type : DTLS_MT_CLIENT_HELLO,
		.message_seq = p.seq, .length = p.length, .fragment_offset = p.begin, .fragment_length = p.len,
	};
	uint8_t *bytes = malloc(p.len - p.cut + 1);
	struct hello_fragment fragment = { &msg, p.from, bytes, p.len - p.cut };
	const uint8_t *out;
	uint32_t len;

	assert_non_null(bytes);
	for (uint32_t i = 0; i < fragment.len; i++)
		bytes[i] = whole[p.begin + i] ^ p.twist;
	len = hello_assembly_add(&all, p.handshake ? p.handshake : 1, &fragment, &out);
	if (len && !p.twist)
		assert_memory_equal(out, whole, len);
	free(bytes);
	return len;
}

static bool contradicts(struct piece p)
{
	struct dtls_message msg = {
		.kind = DTLS_ITEM_MESSAGE, .msg_type = p.type ? p.type : DTLS_MT_CLIENT_HELLO,
		.message_seq = p.seq, .length = p.length, .fragment_offset = p.begin, .fragment_length = p.len,
	};
	uint8_t bytes[4096];
	struct hello_fragment fragment = { &msg, p.from, bytes, p.len };

	for (uint32_t i = 0; i < p.len; i++)
		bytes[i] = whole[p.begin + i] ^ p.twist;
	return hello_assembly_contradicts(&all, p.handshake ? p.handshake : 1, &fragment);
}

static void in_order(void **state)
{
	assert_int_equal(add((struct piece){ .length = 300, .len = 100 }), 100);
	assert_int_equal(add((struct piece){ .length = 300, .begin = 100, .len = 100 }), 200);
	assert_int_equal(add((struct piece){ .length = 300, .begin = 200, .len = 100 }), 300);
	assert_int_equal(add((struct piece){ .length = 300, .begin = 200, .len = 100 }), 300);
}

static void in_any_order(void **state)
{
	static const int orders[6][3] = { {0,1,2}, {0,2,1}, {1,0,2}, {1,2,0}, {2,0,1}, {2,1,0} };

	for (int i = 0; i < 6; i++) {
		bool have[4] = { false };
		uint32_t prefix;

		setup(state);
		for (int k = 0; k < 3; k++) {
			have[orders[i][k]] = true;
			for (prefix = 0; have[prefix]; prefix++)
				;
			assert_int_equal(add((struct piece){ .length = 300, .begin = 100 * orders[i][k], .len = 100 }),
					 100 * prefix);
		}
	}
}

/* s4.2.3: sent again in other fragments, which overlap those of before. */
static void overlapping_and_cut_anew(void **state)
{
	assert_int_equal(add((struct piece){ .length = 1000, .begin = 400, .len = 200 }), 0);
	assert_int_equal(add((struct piece){ .length = 1000, .begin = 800, .len = 200 }), 0);
	assert_int_equal(add((struct piece){ .length = 1000, .begin = 300, .len = 600 }), 0);
	assert_int_equal(add((struct piece){ .length = 1000, .len = 299 }), 299);
	assert_int_equal(add((struct piece){ .length = 1000, .begin = 298, .len = 2 }), 1000);
}

/* Bytes that the kernel cut off are a hole, until another copy has them. */
static void a_fragment_that_is_cut(void **state)
{
	assert_int_equal(add((struct piece){ .length = 2000, .len = 1900, .cut = 364 }), 1536);
	assert_int_equal(add((struct piece){ .length = 2000, .begin = 1900, .len = 100 }), 1536);
	assert_int_equal(add((struct piece){ .length = 2000, .begin = 1500, .len = 400 }), 2000);
}

/* What came first stays: a later fragment can fill holes and change nothing. */
static void first_come(void **state)
{
	assert_int_equal(add((struct piece){ .length = 300, .begin = 100, .len = 100 }), 0);
	add((struct piece){ .length = 300, .len = 300, .twist = 0xff });
	for (uint32_t i = 0; i < 300; i++)
		assert_int_equal(all.slots[2].bytes[i], i / 100 == 1 ? whole[i] : whole[i] ^ 0xff);
}

static void beyond_the_bound(void **state)
{
	const uint32_t max = HELLO_ASSEMBLY_MAX;

	assert_int_equal(add((struct piece){ .length = 8192, .len = max - 10 }), max - 10);
	assert_int_equal(add((struct piece){ .length = 8192, .begin = max, .len = 100 }), max - 10);
	assert_int_equal(add((struct piece){ .length = 0xffffff, .begin = 8000, .len = 100 }), 0);
	setup(state);
	assert_int_equal(add((struct piece){ .length = 8192, .len = max - 10 }), max - 10);
	assert_int_equal(add((struct piece){ .length = 8192, .begin = max - 20, .len = 200 }), max);
	assert_int_equal(add((struct piece){ .length = 8192, .begin = max, .len = 200 }), max);
}

/* More holes than are kept apart: what has no room is not there, and can come again. */
static void many_holes(void **state)
{
	uint32_t got = 0;

	for (uint32_t i = 1; i < 20; i += 2)
		assert_int_equal(add((struct piece){ .length = 2000, .begin = 100 * i, .len = 100 }), 0);
	for (uint32_t i = 0; i < 20; i++)
		got = add((struct piece){ .length = 2000, .begin = 100 * i, .len = 100 });
	assert_int_equal(got, 2000);
}

static void messages_apart(void **state)
{
	assert_int_equal(add((struct piece){ .length = 300, .begin = 100, .len = 200 }), 0);
	/* The other direction, the next message, another length: each is another message. */
	assert_int_equal(add((struct piece){ .from = PARTY_SERVER, .type = DTLS_MT_SERVER_HELLO, .length = 300, .len = 100 }), 100);
	assert_int_equal(add((struct piece){ .length = 300, .len = 100 }), 300);
	assert_int_equal(add((struct piece){ .seq = 1, .length = 300, .len = 100 }), 100);
	assert_int_equal(add((struct piece){ .seq = 1, .length = 301, .len = 50 }), 50);
	/* The first ClientHello once more, late: it is not there any more, and the second stays. */
	assert_int_equal(add((struct piece){ .length = 300, .begin = 100, .len = 200 }), 0);
	assert_int_equal(add((struct piece){ .seq = 1, .length = 301, .begin = 50, .len = 251 }), 301);
}

/* The slot of a handshake is taken by one that begins much later, and not given back. */
static void handshakes_apart(void **state)
{
	const uint64_t later = 1 + HELLO_ASSEMBLIES / PARTY_MAX;

	assert_int_equal(add((struct piece){ .handshake = 1, .length = 300, .len = 100 }), 100);
	for (uint64_t id = 2; id < later; id++)
		assert_int_equal(add((struct piece){ .handshake = id, .length = 300, .begin = 100, .len = 200 }), 0);
	assert_int_equal(add((struct piece){ .handshake = 1, .length = 300, .begin = 100, .len = 100 }), 200);
	assert_int_equal(add((struct piece){ .handshake = later, .length = 300, .begin = 100, .len = 200 }), 0);
	assert_int_equal(add((struct piece){ .handshake = 1, .length = 300, .len = 100 }), 100);
	assert_int_equal(add((struct piece){ .handshake = 1, .length = 300, .begin = 100, .len = 100 }), 0);
	assert_int_equal(add((struct piece){ .handshake = later, .length = 300, .len = 100 }), 300);
}

static void contradictions(void **state)
{
	assert_false(contradicts((struct piece){ .length = 300, .len = 100, .twist = 1 }));
	add((struct piece){ .length = 300, .begin = 100, .len = 100 });
	assert_false(contradicts((struct piece){ .length = 300, .begin = 100, .len = 100 }));
	assert_false(contradicts((struct piece){ .length = 300, .begin = 50, .len = 250 }));
	assert_true(contradicts((struct piece){ .length = 300, .begin = 100, .len = 100, .twist = 1 }));
	assert_true(contradicts((struct piece){ .length = 300, .begin = 199, .len = 100, .twist = 1 }));
	assert_true(contradicts((struct piece){ .length = 300, .len = 101, .twist = 1 }));
	/* Nothing to compare with. */
	assert_false(contradicts((struct piece){ .length = 300, .begin = 200, .len = 100, .twist = 1 }));
	assert_false(contradicts((struct piece){ .length = 300, .len = 100, .twist = 1 }));
	assert_false(contradicts((struct piece){ .length = 300, .seq = 1, .begin = 100, .len = 100, .twist = 1 }));
	assert_false(contradicts((struct piece){ .handshake = 2, .length = 300, .begin = 100, .len = 100, .twist = 1 }));
}

/* Whatever the fragments are: what is said to be there came, byte for byte. */
static void any_fragments(void **state)
{
	uint32_t seed = 1;

	for (int round = 0; round < 2000; round++) {
		bool came[5000] = { false };
		uint32_t length = 1 + (seed >> 8) % 5000, len = 0, prefix = 0;

		setup(state);
		for (int i = 0; i < 12; i++) {
			struct piece p = { .length = length };

			seed = seed * 1664525 + 1013904223;
			p.begin = (seed >> 8) % length;
			seed = seed * 1664525 + 1013904223;
			p.len = 1 + (seed >> 8) % (length - p.begin);
			seed = seed * 1664525 + 1013904223;
			p.cut = seed >> 30 ? 0 : (seed >> 8) % p.len;
			if (seed >> 24 & 1)
				p.begin = 0;
			len = add(p);
			memset(came + p.begin, true, p.len - p.cut);
		}
		while (prefix < length && came[prefix])
			prefix++;
		assert_in_range(len, 0, prefix);
	}
}

/* --- in a handshake --- */

/* A ClientHello of 1000 bytes or so in small datagrams, the fragments of which arrive as told. */
static void a_server_name_in_a_later_fragment(void **state)
{
	const struct hello *hello;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		p.mtu = 80;
		dtls_flight1(&p);
		hello = &p.h->client_hello.hello;
		assert_int_equal(p.h->client_hello.known, p.h->client_hello.length);
		assert_int_equal(hello->server_name_len, strlen(SERVER_NAME));
		assert_memory_equal(hello->server_name, SERVER_NAME, strlen(SERVER_NAME));
		assert_int_equal(hello->srtp_profiles.num, 1);
		dtls_flight4(&p);
		assert_int_equal(p.h->server_hello.known, p.h->server_hello.length);
		assert_int_equal(p.h->server_hello.hello.cipher_suite, 0xc02b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(in_order, setup),
		cmocka_unit_test_setup(in_any_order, setup),
		cmocka_unit_test_setup(overlapping_and_cut_anew, setup),
		cmocka_unit_test_setup(a_fragment_that_is_cut, setup),
		cmocka_unit_test_setup(first_come, setup),
		cmocka_unit_test_setup(beyond_the_bound, setup),
		cmocka_unit_test_setup(many_holes, setup),
		cmocka_unit_test_setup(messages_apart, setup),
		cmocka_unit_test_setup(handshakes_apart, setup),
		cmocka_unit_test_setup(contradictions, setup),
		cmocka_unit_test_setup(any_fragments, setup),
		cmocka_unit_test(a_server_name_in_a_later_fragment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
