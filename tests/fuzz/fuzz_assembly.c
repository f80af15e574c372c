// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Hello messages put together from fragments that the input chooses. Each byte
 * of a message follows from whose it is and where it stands, or is its
 * complement if the sender lies: what comes out must be of that message, and
 * what came first.
 */
#include "fuzz.h"

#include "dtls_wire.h"
#include "hello_assembly.h"

#define MAX_FRAGMENTS 64
#define LEN_MAX (HELLO_ASSEMBLY_MAX + 512)

/* 1, 2 and one that has the slots of the first. */
static const uint64_t handshakes[] = { 1, 2, 1 + HELLO_ASSEMBLIES / PARTY_MAX };

/* The message that is looked at closely: what came of it, since it has its slot. */
struct expected {
	uint8_t bytes[LEN_MAX];
	bool have[LEN_MAX];
	unsigned num_fragments;
};

struct key {
	uint64_t handshake;
	struct dtls_message msg;
	enum party_role from;
};

static struct hello_assemblies all;
static struct expected expected;
static struct key current;	/* of `expected` */

static uint8_t byte_of(const struct key *key, uint32_t at)
{
	return key->handshake * 7 + key->msg.message_seq * 31 + key->msg.msg_type * 3 + key->from * 101 +
	       key->msg.length + at * 13 + (at >> 8);
}

static bool is_same(const struct key *a, const struct key *b)
{
	return a->handshake == b->handshake && a->from == b->from && a->msg.msg_type == b->msg.msg_type &&
	       a->msg.message_seq == b->msg.message_seq && a->msg.length == b->msg.length;
}

static void expect_fragment(const struct key *key, const uint8_t *bytes, uint32_t len)
{
	if (!is_same(key, &current))
		memset(&expected, 0, sizeof(expected));
	current = *key;
	expected.num_fragments++;
	for (uint32_t i = 0, at = key->msg.fragment_offset; i < len && at < LEN_MAX; i++, at++) {
		if (!expected.have[at])
			expected.bytes[at] = bytes[i];
		expected.have[at] = true;
	}
}

/* `alone`: nothing but this message was there, in not more pieces than are kept apart. */
static void check_result(const struct key *key, const uint8_t *bytes, uint32_t len, bool alone)
{
	uint32_t want = 0;
	uint8_t lie;

	fuzz_check(len <= key->msg.length);
	for (uint32_t i = 0; i < len; i++) {
		lie = bytes[i] ^ byte_of(key, i);
		fuzz_check(lie == 0 || lie == 0xff);
	}
	if (!alone || expected.num_fragments > COVERAGE_MAX_RANGES)
		return;
	while (want < HELLO_ASSEMBLY_MAX && expected.have[want])
		want++;
	fuzz_check(len == want && !memcmp(bytes, expected.bytes, len));
}

static struct key choose(struct fuzz_cursor *c)
{
	uint8_t how = fuzz_u8(c);
	struct key key = { .handshake = handshakes[(how & 3) % 3], .from = how >> 2 & 1 };

	key.msg.msg_type = how >> 3 & 1 ? DTLS_MT_CLIENT_HELLO : DTLS_MT_SERVER_HELLO;
	key.msg.message_seq = how >> 4 & 1;
	key.msg.length = fuzz_u16(c) % LEN_MAX;
	key.msg.fragment_offset = fuzz_u16(c) % (key.msg.length + 1);
	key.msg.fragment_length = fuzz_u16(c) % (key.msg.length - key.msg.fragment_offset + 1);
	return key;
}

/* Returns whether it was of the message that all others were of. */
static bool add(struct fuzz_cursor *c, bool alone)
{
	struct key key = choose(c);
	uint8_t lie = fuzz_u8(c) & 1 ? 0xff : 0, *bytes = malloc(key.msg.fragment_length + !key.msg.fragment_length);
	struct hello_fragment fragment = { &key.msg, key.from, NULL, key.msg.fragment_length };
	const uint8_t *out = NULL;
	uint32_t len;

	fuzz_check(bytes);
	for (uint32_t i = 0; i < fragment.len; i++)
		bytes[i] = byte_of(&key, key.msg.fragment_offset + i) ^ lie;
	fragment.bytes = bytes;
	alone = alone && (!current.handshake || is_same(&key, &current));
	expect_fragment(&key, bytes, fragment.len);
	if (alone && !lie && expected.num_fragments == 1)
		fuzz_check(!hello_assembly_contradicts(&all, key.handshake, &fragment));
	len = hello_assembly_add(&all, key.handshake, &fragment, &out);
	if (len)
		check_result(&key, out, len, alone);
	hello_assembly_contradicts(&all, key.handshake, &fragment);
	free(bytes);
	return alone;
}

/* Without memory only what the fragment itself has is there. */
static void check_nothing_kept(void)
{
	struct dtls_message msg = { .length = 8, .fragment_offset = 4, .fragment_length = 4 };
	struct hello_fragment fragment = { &msg, PARTY_CLIENT, (const uint8_t *)"abcd", 4 };
	const uint8_t *out;

	fuzz_check(!hello_assembly_add(NULL, 1, &fragment, &out));
	msg.fragment_offset = 0;
	fuzz_check(hello_assembly_add(NULL, 1, &fragment, &out) == 4 && out == fragment.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_cursor c = { data, size };
	bool alone = true;

	for (uint32_t i = 0; i < HELLO_ASSEMBLIES; i++)
		memset(&all.slots[i], 0, offsetof(struct hello_assembly, bytes));
	memset(&expected, 0, sizeof(expected));
	memset(&current, 0, sizeof(current));
	check_nothing_kept();
	for (int i = 0; i < MAX_FRAGMENTS && c.left; i++)
		alone = add(&c, alone);
	return 0;
}
