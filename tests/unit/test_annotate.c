// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A capture copied with comments: what was there stays, in both byte orders; truncated and hostile files are bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "annotate.h"

/* A file in memory, in the byte order of this host or in the other one. */
struct file {
	uint8_t bytes[4096];
	size_t len, block_at;
	bool is_swapped;
};

static void add(struct file *f, const void *bytes, size_t len)
{
	assert_true(f->len + len <= sizeof(f->bytes));
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

static void add32(struct file *f, uint32_t number)
{
	number = f->is_swapped ? __builtin_bswap32(number) : number;
	add(f, &number, 4);
}

static void add16(struct file *f, uint16_t number)
{
	number = f->is_swapped ? __builtin_bswap16(number) : number;
	add(f, &number, 2);
}

static void begin_block(struct file *f, uint32_t type)
{
	f->block_at = f->len;
	add32(f, type);
	add32(f, 0);
}

static void end_block(struct file *f)
{
	uint32_t len = f->len - f->block_at + 4, stored = f->is_swapped ? __builtin_bswap32(len) : len;

	memcpy(f->bytes + f->block_at + 4, &stored, 4);
	add(f, &stored, 4);
}

static void add_option(struct file *f, uint16_t code, const char *text)
{
	add16(f, code);
	add16(f, strlen(text));
	add(f, text, strlen(text));
	add(f, "\0\0\0", (4 - strlen(text) % 4) % 4);
}

/* What an Enhanced Packet Block has besides the packet. */
enum options { NONE, ENDED, OPEN_ENDED };

static void add_packet(struct file *f, uint32_t type, enum options options, const char *first, const char *second)
{
	bool is_commented = first;

	begin_block(f, type);
	add32(f, 1);
	add32(f, 0x00061234);
	add32(f, 0x89abcdef);
	add32(f, 5);
	add32(f, 1500);
	add(f, "abcde\xff\xfe\xfd", 8);	/* padding that is not 0 stays */
	if (options != NONE)
		add_option(f, 0x8bad, "seven b");
	if (first)
		add_option(f, 1, first);
	if (second)
		add_option(f, 1, second);
	if (options == ENDED || is_commented)
		add32(f, 0);
	end_block(f);
}

/* Every kind of block; if they are wanted, with the comments of list[], and the section's length is not given. */
static void make_pcapng(struct file *f, bool is_swapped, bool is_commented)
{
	*f = (struct file){ .is_swapped = is_swapped };
	begin_block(f, 0x0a0d0d0a);
	add32(f, 0x1a2b3c4d);
	add16(f, 1);
	add16(f, 0);
	add32(f, is_commented ? UINT32_MAX : 0);
	add32(f, is_commented ? UINT32_MAX : 4000);
	add_option(f, 4, "some program");
	add32(f, 0);
	end_block(f);
	for (int i = 0; i < 2; i++) {
		begin_block(f, 1);
		add16(f, 1);
		add16(f, 0);
		add32(f, 65535);
		add_option(f, 9, i ? "\x09" : "\x06");
		end_block(f);
	}
	begin_block(f, 4);	/* names */
	add32(f, 0);
	end_block(f);
	add_packet(f, 6, NONE, is_commented ? "one" : NULL, is_commented ? "and four" : NULL);
	add_packet(f, 6, ENDED, is_commented ? "two" : NULL, NULL);
	begin_block(f, 0x40000bad);	/* somebody's own */
	add(f, "whatever", 8);
	end_block(f);
	add_packet(f, 6, OPEN_ENDED, is_commented ? "three" : NULL, NULL);
	add_packet(f, 6, ENDED, NULL, NULL);
	begin_block(f, 3);	/* a Simple Packet Block: no comment */
	add32(f, 3);
	add(f, "abc\0", 4);
	end_block(f);
	add_packet(f, 2, NONE, is_commented ? "six" : NULL, NULL);
}

static struct annotation list[] = {
	{ 1, 0, "one" }, { 1, 1, "and four" }, { 2, 0, "two" }, { 3, 0, "three" }, { 5, 0, "five" }, { 6, 0, "six" },
};

/* The copy of the first `len` bytes of a file. To be freed. */
static char *copy_of(const struct file *f, size_t len, size_t *out_len, bool *done)
{
	char path[] = "/tmp/dtlsnoop-annotate-XXXXXX", *text;
	int fd = mkstemp(path);
	FILE *out = open_memstream(&text, out_len);

	assert_true(fd >= 0 && out);
	assert_int_equal(write(fd, f->bytes, len), len);
	close(fd);
	*done = annotate_copy(path, out, list, sizeof(list) / sizeof(list[0]));
	unlink(path);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void all_blocks_and_options_stay_in_both_byte_orders(void **state)
{
	for (int is_swapped = 0; is_swapped < 2; is_swapped++) {
		struct file f, wanted;
		size_t len;
		bool done;
		char *copy;

		make_pcapng(&f, is_swapped, false);
		make_pcapng(&wanted, is_swapped, true);
		copy = copy_of(&f, f.len, &len, &done);
		assert_true(done);
		assert_int_equal(len, wanted.len);
		assert_memory_equal(copy, wanted.bytes, len);
		free(copy);
	}
}

/* A section in the other byte order may follow. */
static void each_section_has_its_byte_order(void **state)
{
	struct file f, second;
	size_t len, half;
	bool done;
	char *copy;

	make_pcapng(&f, false, false);
	half = f.len;
	make_pcapng(&second, true, false);
	add(&f, second.bytes, second.len);
	copy = copy_of(&f, f.len, &len, &done);
	assert_true(done);
	/* The packets of the second section have other numbers, so no comments: only its length changes. */
	memset(second.bytes + 16, 0xff, 8);
	assert_true(len > half + second.len);
	assert_memory_equal(copy + len - second.len, second.bytes, second.len);
	free(copy);
}

static void make_pcap(struct file *f, bool is_swapped, uint32_t magic)
{
	*f = (struct file){ .is_swapped = is_swapped };
	add32(f, magic);
	add16(f, 2);
	add16(f, 4);
	add32(f, 0);
	add32(f, 0);
	add32(f, 262144);
	add32(f, 1);
	for (uint32_t i = 0; i < 2; i++) {
		add32(f, 1790000000 + i);
		add32(f, 999999);
		add32(f, 3 + i);
		add32(f, 1500);
		add(f, "abcd", 3 + i);
	}
}

/* Time stamps are whole numbers of the units that the interface says. */
static void a_pcap_keeps_its_times(void **state)
{
	for (int i = 0; i < 4; i++) {
		bool is_nano = i & 1, done;
		uint64_t time = 1790000001 * (is_nano ? UINT64_C(1000000000) : 1000000) + 999999;
		uint32_t words[7], at = 28 + 32 + 44 + 4 + 12;
		struct file f;
		size_t len;
		char *copy;

		make_pcap(&f, i & 2, is_nano ? 0xa1b23c4d : 0xa1b2c3d4);
		copy = copy_of(&f, f.len, &len, &done);
		assert_true(done);
		assert_int_equal(copy[28 + 16 + 4], is_nano ? 9 : 6);
		/* Section, interface, a packet of 3 bytes with two comments. */
		at = 28 + 32 + 32 + 4 + (4 + 4) + (4 + 8) + 4;
		memcpy(words, copy + at, sizeof(words));
		assert_int_equal(words[0], 6);
		assert_int_equal(words[2], 0);
		assert_int_equal((uint64_t)words[3] << 32 | words[4], time);
		assert_int_equal(words[5], 4);
		assert_int_equal(words[6], 1500);
		assert_memory_equal(copy + at + 28, "abcd", 4);
		assert_memory_equal(copy + at + 36, "two", 3);
		free(copy);
	}
}

/* libpcap refuses a pcapng with a packet that is longer than the limit of its interface; in a pcap, it reads it. */
static void a_packet_above_the_limit_lifts_it(void **state)
{
	for (uint32_t limit = 2; limit <= 5; limit++) {
		uint32_t stored = limit, copied;
		struct file f;
		size_t len;
		bool done;
		char *copy;

		/* Of three and four bytes. */
		make_pcap(&f, false, 0xa1b2c3d4);
		memcpy(f.bytes + 16, &stored, sizeof(stored));
		copy = copy_of(&f, f.len, &len, &done);
		assert_true(done);
		memcpy(&copied, copy + 28 + 12, sizeof(copied));
		assert_int_equal(copied, limit < 4 ? 0 : limit);
		free(copy);
	}
}

/* Their packets have the two lengths in the other order. */
static void old_versions_of_pcap_are_refused(void **state)
{
	for (uint8_t minor = 0; minor <= 5; minor++) {
		struct file f;
		size_t len;
		bool done;

		make_pcap(&f, false, 0xa1b2c3d4);
		f.bytes[6] = minor;
		free(copy_of(&f, f.len, &len, &done));
		assert_int_equal(done, minor == 4);
		assert_int_equal(!len, minor != 4);
	}
}

/* What is there of a truncated file is copied: whole blocks only. */
static void a_file_may_end_anywhere(void **state)
{
	struct file f, whole;
	size_t len, most = 0, all;
	bool done;
	char *copy, *complete;

	make_pcapng(&whole, false, false);
	complete = copy_of(&whole, whole.len, &all, &done);
	make_pcapng(&f, false, false);
	for (size_t n = 0; n <= f.len; n++) {
		copy = copy_of(&f, n, &len, &done);
		assert_true(done);
		assert_true(len >= most && len <= all);
		if (len)
			assert_memory_equal(copy, complete, len);
		most = len;
		free(copy);
	}
	assert_int_equal(most, all);
	free(complete);
	make_pcap(&f, false, 0xa1b2c3d4);
	for (size_t n = 0; n <= f.len; n++) {
		copy = copy_of(&f, n, &len, &done);
		assert_true(done);
		free(copy);
	}
}

/* Any byte may be any other: no more is written than was read, and the comments. */
static void hostile_files_are_bounded(void **state)
{
	uint32_t random = 1;

	for (int i = 0; i < 4000; i++) {
		struct file f;
		size_t len;
		bool done;

		if (i % 2)
			make_pcapng(&f, i & 2, false);
		else
			make_pcap(&f, i & 2, i & 4 ? 0xa1b23c4d : 0xa1b2c3d4);
		for (int n = 0; n <= i % 3; n++) {
			random = random * 1664525 + 1013904223;
			f.bytes[(random >> 8) % f.len] = i & 8 ? 0xff : random >> 24;
		}
		free(copy_of(&f, f.len, &len, &done));
		assert_true(len <= 2 * f.len + 400);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_blocks_and_options_stay_in_both_byte_orders),
		cmocka_unit_test(each_section_has_its_byte_order),
		cmocka_unit_test(a_pcap_keeps_its_times),
		cmocka_unit_test(a_packet_above_the_limit_lifts_it),
		cmocka_unit_test(old_versions_of_pcap_are_refused),
		cmocka_unit_test(a_file_may_end_anywhere),
		cmocka_unit_test(hostile_files_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
