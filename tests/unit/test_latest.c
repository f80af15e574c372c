// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The heap, the table of the latest of each key, and the hash function, against plain models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "keyed_hash.h"
#include "latest.h"
#include "pairing.h"

#define NUM 300

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (random_state >> 33) % below;
}

/* --- pairing --- */

static void the_smallest_key_is_first(void **state)
{
	static struct pairing_node nodes[NUM];
	struct pairing heap = { .root = NULL };

	random_state = 1;
	for (uint32_t step = 0; step < 100000; step++) {
		struct pairing_node *node = &nodes[draw(NUM)];
		uint64_t least = UINT64_MAX;

		if (node->prev)
			pairing_remove(&heap, node);
		/* A while more come than go, then the other way round. */
		if (draw(step % 4000 < 2000 ? 4 : 2))
			pairing_add(&heap, node, draw(1000));
		for (uint32_t i = 0; i < NUM; i++)
			if (nodes[i].prev && nodes[i].key < least)
				least = nodes[i].key;
		assert_int_equal(heap.root ? heap.root->key : UINT64_MAX, least);
	}
	for (uint64_t last = 0; heap.root; pairing_remove(&heap, heap.root)) {
		assert_true(heap.root->key >= last);
		last = heap.root->key;
	}
	for (uint32_t i = 0; i < NUM; i++)
		assert_null(nodes[i].prev);
}

/* --- latest --- */

struct thing {
	struct latest_member member;
	uint64_t key, id;	/* id 0: it is not in */
};

static bool is_key(const struct latest_member *member, const void *key)
{
	return ((const struct thing *)member)->key == *(const uint64_t *)key;
}

static void check_latest(const struct latest *all, const struct thing *things, uint64_t key)
{
	const struct thing *want = NULL;
	const struct latest_member *got = latest_find(all, &key);
	uint32_t num = 0;

	for (uint32_t i = 0; i < NUM; i++) {
		if (!things[i].id || things[i].key != key)
			continue;
		num++;
		if (!want || things[i].id > want->id)
			want = &things[i];
	}
	assert_ptr_equal(got, want);
	if (want) {
		assert_int_equal(got->num, num);
		assert_int_equal(latest_id(got), want->id);
	}
}

/* Few keys in fewer buckets: chains, and heaps behind them. */
static void the_latest_of_a_key_is_found(void **state)
{
	struct latest all = { .seed = 7, .key_len = sizeof(uint64_t), .is_key = is_key };
	static struct thing things[NUM];

	random_state = 2;
	assert_true(latest_init(&all, 16, malloc));
	for (uint32_t step = 0; step < 50000; step++) {
		struct thing *thing = &things[draw(NUM)];
		uint64_t before = thing->key;

		latest_remove(&all, &thing->member, &thing->key);
		thing->id = 0;
		if (draw(3)) {
			thing->key = draw(draw(2) ? 2 : 50);
			thing->id = draw(2) ? step + 1000 : 1 + draw(1000) * NUM + (thing - things);
			latest_add(&all, &thing->member, &thing->key, thing->id);
		}
		check_latest(&all, things, before);
		check_latest(&all, things, thing->key);
		check_latest(&all, things, draw(60));
	}
	latest_fini(&all, free);
}

static void *no_memory(size_t size)
{
	(void)size;
	return NULL;
}

static void short_memory(void **state)
{
	struct latest all = { .key_len = 8 };

	assert_false(latest_init(&all, 16, no_memory));
	latest_fini(&all, free);
}

/* --- the hash function --- */

/* Values of another implementation, which gives those of the paper for SipHash-2-4. */
static void the_hash_is_siphash(void **state)
{
	static const struct {
		uint64_t seed;
		uint32_t len;
		uint64_t want;
	} cases[] = {
		{ 0, 0, 0x6b3c89e238a4996e },
		{ 0x0706050403020100, 8, 0x1ac4c69351670297 },
		{ 0x0706050403020100, 15, 0x10f0f544943aa7dc },
		{ 0x9e3779b9, 72, 0x14aa3b9e93060eaf },
	};
	uint8_t key[72];

	for (uint32_t i = 0; i < sizeof(key); i++)
		key[i] = i;
	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(keyed_hash(cases[i].seed, key, cases[i].len), cases[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_key_is_first),
		cmocka_unit_test(the_latest_of_a_key_is_found),
		cmocka_unit_test(short_memory),
		cmocka_unit_test(the_hash_is_siphash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
