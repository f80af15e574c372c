// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The bytes of a file or a pipe, of which some are looked at before a FILE reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "input.h"

/* More than both buffers of an input hold. */
#define NUM_BYTES 300000
#define HEAD INPUT_MAX_PEEK

static uint8_t byte_at(uint64_t offset)
{
	return (offset * 2654435761u) >> 13;
}

static struct input *input_of(uint64_t num)
{
	int fd = memfd_create("input", 0);
	uint8_t *bytes = malloc(num);

	assert_true(fd >= 0 && bytes);
	for (uint64_t i = 0; i < num; i++)
		bytes[i] = byte_at(i);
	assert_int_equal(write(fd, bytes, num), num);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	free(bytes);
	return input_new(fd, "test");
}

static void expect_peek(struct input *in, uint64_t offset, size_t len)
{
	uint8_t head[HEAD];

	assert_int_equal(input_offset(in), offset);
	assert_int_equal(input_peek(in, head, sizeof(head)), len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(head[i], byte_at(offset + i));
}

/* Reads pieces whose lengths change, from `offset` on; returns where it is then. */
static uint64_t read_pieces(struct input *in, FILE *file, uint64_t offset, uint64_t until)
{
	uint8_t piece[700];

	while (offset < until) {
		size_t len = 1 + offset % sizeof(piece);

		expect_peek(in, offset, HEAD);
		assert_int_equal(fread(piece, 1, len, file), len);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(piece[i], byte_at(offset + i));
		offset += len;
	}
	return offset;
}

static void what_comes_next_is_known_at_every_byte(void **state)
{
	struct input *in = input_of(NUM_BYTES);
	FILE *file = input_file(in);

	read_pieces(in, file, 0, NUM_BYTES - 2000);
	fclose(file);
	input_free(in);
}

/* A capture that follows another in one file: its reader begins where the one before stopped. */
static void the_next_file_reads_on_where_the_last_one_stopped(void **state)
{
	struct input *in = input_of(NUM_BYTES);
	FILE *file = input_file(in), *next;
	uint64_t offset = 0;

	while (offset < NUM_BYTES - 20000) {
		offset = read_pieces(in, file, offset, offset + 1 + offset % 17000);
		next = input_file(in);
		fclose(file);
		file = next;
	}
	fclose(file);
	input_free(in);
}

static void the_end_is_near(void **state)
{
	struct input *in = input_of(20);
	FILE *file;
	char bytes[32];

	expect_peek(in, 0, HEAD);
	file = input_file(in);
	assert_int_equal(fread(bytes, 1, 15, file), 15);
	expect_peek(in, 15, 5);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), file), 5);
	expect_peek(in, 20, 0);
	assert_true(input_rewind(in));
	expect_peek(in, 0, HEAD);
	fclose(file);
	input_free(in);
}

/* What stdio holds need not be waited for. */
static void a_pipe_can_be_read_as_far_as_it_was_filled(void **state)
{
	struct input *in;
	char bytes[4];
	FILE *file;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	in = input_new(fds[0], "pipe");
	assert_int_equal(write(fds[1], "abcdefgh", 8), 8);
	file = input_file(in);
	assert_true(input_wait(in, 0));
	assert_int_equal(fread(bytes, 1, 4, file), 4);
	assert_true(input_wait(in, 0));
	assert_int_equal(fread(bytes, 1, 4, file), 4);
	assert_memory_equal(bytes, "efgh", 4);
	assert_false(input_wait(in, 0));
	assert_int_equal(write(fds[1], "i", 1), 1);
	assert_true(input_wait(in, 0));
	close(fds[1]);
	fclose(file);
	input_free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_next_is_known_at_every_byte),
		cmocka_unit_test(the_next_file_reads_on_where_the_last_one_stopped),
		cmocka_unit_test(the_end_is_near),
		cmocka_unit_test(a_pipe_can_be_read_as_far_as_it_was_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
