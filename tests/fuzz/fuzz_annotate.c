// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * --annotate: the copy of a pcap or pcapng with comments. Whatever the file is: dtlsnoop sees in the copy what it sees in the
 * file, up to where the copy ends; and a copy of the copy, without more comments, is the same.
 *
 * The first bytes choose the packets and the lengths of the comments. The rest is the file.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "annotate.h"
#include "fuzz.h"
#include "source_file.h"

#define MAX_COMMENTS 8
#define MAX_POLLS 100000

/* --- the copy --- */

struct copy {
	char *bytes;
	size_t len;
	bool done;	/* false: the file is malformed */
};

static struct copy copy_of(const void *data, size_t size, const struct annotation *list, size_t num)
{
	FILE *in = fmemopen((void *)data, size, "r"), *out;
	struct copy copy = { .done = false };

	out = open_memstream(&copy.bytes, &copy.len);
	fuzz_check(in && out);
	copy.done = annotate_stream("input", in, out, list, num);
	fuzz_check(!ferror(out) && !fclose(out));
	fclose(in);
	return copy;
}

static size_t choose(struct annotation *list, struct fuzz_cursor *c)
{
	static char text[] = "a comment, which may need one to three bytes of padding behind it, or none, and which is as long as this one is";
	uint64_t packet = 1;
	size_t num = fuzz_u8(c) % (MAX_COMMENTS + 1);

	for (size_t i = 0; i < MAX_COMMENTS; i++) {
		uint8_t byte = fuzz_u8(c);

		packet += byte & 3;
		/* Its end. */
		list[i] = (struct annotation){ packet, i, text + sizeof(text) - 1 - byte % sizeof(text) };
	}
	return num;
}

/* --- the file --- */

static uint32_t number_at(const uint8_t *bytes, bool is_swapped)
{
	uint32_t number;

	memcpy(&number, bytes, sizeof(number));
	return is_swapped ? __builtin_bswap32(number) : number;
}

static void set_number(uint8_t *bytes, uint32_t number, bool is_swapped)
{
	number = is_swapped ? __builtin_bswap32(number) : number;
	memcpy(bytes, &number, sizeof(number));
}

#define LINK_ETHERNET 1
#define PCAP_HEAD 24
#define PCAP_RECORD 16
#define MICROSECONDS 0xa1b2c3d4
#define NANOSECONDS 0xa1b23c4d

static bool is_magic(const uint8_t *at)
{
	uint32_t native = number_at(at, false), swapped = number_at(at, true);

	return native == MICROSECONDS || native == NANOSECONDS || swapped == MICROSECONDS || swapped == NANOSECONDS;
}

/* The head of one, or of the next of concatenated ones: magic, version 2.4, two zeros. */
static bool is_head(const uint8_t *at)
{
	static const uint8_t little[12] = { 2, 0, 4, 0 }, big[12] = { 0, 2, 0, 4 };

	return is_magic(at) && (!memcmp(at + 4, little, sizeof(little)) || !memcmp(at + 4, big, sizeof(big)));
}

/*
 * What a pcap may have, but no pcapng that libpcap reads: times of a million microseconds and more, or of a negative
 * number of seconds; packets longer than the limit; concatenated files with several link types and limits. In a copy
 * this cannot stay the same. Something usual is put into its place.
 */
static void mend(uint8_t *file, size_t size)
{
	bool is_swapped = false, first_is_swapped = false;
	uint32_t units = 0;

	if (size >= PCAP_HEAD)
		memset(file + 8, 0, is_magic(file) ? 8 : 0);
	for (size_t at = 0; at + PCAP_RECORD <= size;) {
		uint8_t *record = file + at;

		if (is_head(record)) {
			is_swapped = number_at(record, true) == MICROSECONDS || number_at(record, true) == NANOSECONDS;
			if (size - at < PCAP_HEAD)
				return;
			/* Of several raw ones libpcap says that they differ. */
			if (units)
				set_number(file + 20, LINK_ETHERNET, first_is_swapped);
			else
				first_is_swapped = is_swapped;
			set_number(record + 20, number_at(file + 20, first_is_swapped), is_swapped);
			units = number_at(record, is_swapped) == MICROSECONDS ? 1000000 : 1000000000;
			set_number(record + 16, 65535, is_swapped);
			at += PCAP_HEAD;
			continue;
		}
		if (!units)
			return;
		set_number(record, number_at(record, is_swapped) & INT32_MAX, is_swapped);
		set_number(record + 4, number_at(record + 4, is_swapped) % units, is_swapped);
		at += (size_t)PCAP_RECORD + number_at(record + 8, is_swapped);
	}
}

/* --- what dtlsnoop sees --- */

#define MAX_EVENTS 256

struct seen {
	bool opened;
	uint64_t first_ns;	/* of the first event: the trace may begin with a later packet */
	uint32_t num;
	uint64_t events[MAX_EVENTS];	/* a hash of each */
};

static uint64_t hash_of(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

static void on_event(void *ctx, const struct event *ev, size_t len)
{
	struct seen *seen = ctx;
	struct event *copy = fuzz_copy(ev, len);

	if (!seen->num)
		seen->first_ns = ev->time_ns;
	copy->time_ns -= seen->first_ns;
	/* It depends on packets that come later, and a copy may end before them. */
	copy->flags &= ~EVENT_BOTH_WAYS;
	if (seen->num < MAX_EVENTS)
		seen->events[seen->num++] = hash_of(copy, len);
	free(copy);
}

static void on_number(void *ctx, uint64_t num)
{
}

static void on_missing(void *ctx, uint32_t what, uint64_t until)
{
}

static void see(struct seen *seen, const void *data, size_t size)
{
	const struct source_handler handler = { seen, on_event, on_number, on_number, on_missing, on_number };
	int fd = memfd_create("fuzz", MFD_CLOEXEC), err = 0;
	struct source *source;
	struct input *in;

	seen->num = 0;
	fuzz_check(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
	in = input_new(fd, "input");
	fuzz_check(in);
	source = source_pcap_new(in);
	seen->opened = source;
	for (int i = 0; source && !err; i++) {
		fuzz_check(i < MAX_POLLS);
		err = source->ops->poll(source, &handler, 0);
	}
	if (source)
		source->ops->free(source);
}

/* The copy, and whether it is one. */
static void test(const uint8_t *file, size_t size, const struct annotation *list, size_t num)
{
	static struct seen original, copied;
	struct copy copy = copy_of(file, size, list, num), again;

	see(&original, file, size);
	/* What libpcap refuses is not annotated. */
	if (original.opened && copy.len) {
		again = copy_of(copy.bytes, copy.len, NULL, 0);
		fuzz_check(again.done && again.len == copy.len && !memcmp(again.bytes, copy.bytes, copy.len));
		free(again.bytes);
		see(&copied, copy.bytes, copy.len);
		fuzz_check(copied.num <= original.num);
		fuzz_check(!memcmp(copied.events, original.events, copied.num * sizeof(*copied.events)));
		fuzz_check(!copy.done || copied.num == original.num);
	}
	free(copy.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct annotation list[MAX_COMMENTS];
	struct fuzz_cursor c = { data, size };
	size_t num = choose(list, &c);
	uint8_t *file;

	if (!c.left)
		return 0;
	file = fuzz_copy(c.at, c.left);
	mend(file, c.left);
	test(file, c.left, list, num);
	free(file);
	return 0;
}
