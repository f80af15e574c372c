// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "file.h"

#include <sys/mman.h>
#include <unistd.h>

#include "heap.h"
#include "output.h"
#include "recording.h"
#include "stream.h"

#define MAX_POLLS 100000
#define MAX_HANDSHAKES 8

/* One time through a file. */
struct run {
	struct source *source;	/* NULL: it could not be opened */
	struct analysis *analysis;
	struct check *check;
	const struct sink_ops *ops;	/* NULL: nothing is printed */
	struct output output;
	struct recording_writer writer;
	char *recording;
	size_t recording_len;
	uint64_t now;
	bool packed;	/* handshakes are packed after each event */
	bool told;	/* an event */
	uint64_t digest;	/* of all that was called back */
};

static struct input *file_with(const void *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct input *in;

	fuzz_check(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
	in = input_new(fd, "input");
	fuzz_check(in);
	return in;
}

/* --- what trace.c does --- */

static bool pass_time(struct run *r, uint64_t now)
{
	bool any = false;
	uint64_t due;

	while ((due = analysis_deadline(r->analysis)) <= now) {
		fuzz_check(analysis_advance(r->analysis, due) > due);
		any = true;
	}
	if (now > r->now)
		r->now = now;
	return any;
}

static void on_event(void *ctx, const struct event *ev, size_t len)
{
	struct run *r = ctx;

	fuzz_check(len >= sizeof(*ev) && ev->size == len);
	r->told = true;
	pass_time(r, ev->time_ns);
	recording_event(&r->writer, ev, len);
	check_given(r->check, ev, len);
	analysis_event(r->analysis, ev, len);
	check_stats(r->check, analysis_stats(r->analysis));
}

static void on_lost(void *ctx, uint64_t num)
{
	struct trace_stats stats = { .end_ns = 0 };
	struct run *r = ctx;

	r->source->ops->stats(r->source, &stats);
	recording_lost(&r->writer, num, &stats);
	analysis_lost(r->analysis, 0, num);
}

static void on_limited(void *ctx, uint64_t num)
{
	struct trace_stats stats = { .end_ns = 0 };
	struct run *r = ctx;

	r->source->ops->stats(r->source, &stats);
	recording_limited(&r->writer, num, &stats);
}

static void on_missing(void *ctx, uint32_t what, uint64_t until)
{
	struct run *r = ctx;

	recording_missing(&r->writer, what, until);
	analysis_missing(r->analysis, 0, what, until);
}

static void on_time(void *ctx, uint64_t now)
{
	struct run *r = ctx;

	if (pass_time(r, now))
		recording_time(&r->writer, now);
}

static void on_datagram(void *ctx, const struct datagram_facts *facts)
{
	struct run *r = ctx;

	check_datagram(r->check, facts);
	if (r->ops)
		r->ops->datagram(&r->output.sink, facts);
}

static void on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	struct run *r = ctx;

	check_handshake(r->check, h, now);
	if (r->ops)
		r->ops->handshake(&r->output.sink, h, now);
}

static void on_unread(void *ctx, const struct unread *u, uint64_t now)
{
	struct run *r = ctx;

	if (r->ops)
		r->ops->unread(&r->output.sink, u, now);
}

static void on_settled(void *ctx, const struct handshake *h, uint64_t now)
{
	struct run *r = ctx;

	check_settled(r->check, h, now);
	if (r->ops && r->ops->settled)
		r->ops->settled(&r->output.sink, h, now);
}

static void on_library_error(void *ctx, const struct library_error_facts *facts)
{
	struct run *r = ctx;

	check_library_error(r->check, facts);
	if (r->ops && r->ops->library_error)
		r->ops->library_error(&r->output.sink, facts);
}

static void on_library(void *ctx, const struct event *ev)
{
	struct run *r = ctx;

	if (r->ops && r->ops->library)
		r->ops->library(&r->output.sink, ev);
}

static void begin(struct run *r)
{
	const struct trace_info *info = &r->source->info;
	struct analysis_options opts = {
		.verdict = { .floor_ns = 5000000000ULL }, .max_handshakes = MAX_HANDSHAKES,
		.sees_reads = info->sees_reads, .sees_drops = info->sees_drops,
		.sees_send_failures = info->sees_send_failures,
		.drop_reason_name = info->drop_reason_name, .drop_reason_ctx = info->drop_reason_ctx,
		.hash_seed = 1, .max_ready = r->packed ? 0 : MAX_HANDSHAKES,
		.allocate = heap_allocate, .release = heap_release,
	};
	struct analysis_callbacks callbacks = {
		.ctx = r, .datagram = on_datagram, .handshake = on_handshake, .unread = on_unread, .settled = on_settled,
		.library_error = on_library_error, .library = on_library,
	};
	FILE *file = open_memstream(&r->recording, &r->recording_len);

	r->check = check_new();
	r->analysis = analysis_new(&opts, &callbacks);
	fuzz_check(r->analysis && file);
	r->now = info->start_ns;
	if (r->ops)
		output_begin(&r->output, r->ops, info);
	recording_begin(&r->writer, file, info);
}

static void end(struct run *r)
{
	struct trace_stats stats = { .analysis = analysis_stats(r->analysis), .end_ns = r->now };

	on_time(r, r->now);
	check_finish(r->check);
	analysis_finish(r->analysis, r->now);
	check_finished(r->check);
	check_stats(r->check, stats.analysis);
	r->source->ops->stats(r->source, &stats);
	if (r->ops) {
		sink_end(&r->output.sink, &stats);
		output_end(&r->output);
	}
	recording_end(&r->writer, &stats);
	fuzz_check(!r->writer.error && !fclose(r->writer.file));
	r->digest = check_digest(r->check);
	analysis_free(r->analysis);
	heap_check();
	check_free(r->check);
	r->source->ops->free(r->source);
}

static void run(struct run *r, file_open_fn *open, const void *data, size_t size)
{
	const struct source_handler handler = { r, on_event, on_lost, on_limited, on_missing, on_time };
	int err = 0;

	r->source = open(file_with(data, size));
	if (!r->source)
		return;
	begin(r);
	for (int i = 0; !err; i++) {
		fuzz_check(i < MAX_POLLS);
		err = r->source->ops->poll(r->source, &handler, 0);
	}
	end(r);
}

static void release(struct run *r)
{
	if (!r->source)
		return;
	if (r->ops)
		output_free(&r->output);
	free(r->recording);
}

/* --- the test --- */

/* Once more with packed handshakes, and from the recording: the same answers. */
static void test_again(file_open_fn *open, const uint8_t *data, size_t size, const struct run *first)
{
	struct run again = { .packed = true, .ops = &sink_timeline }, recorded = { .packed = false };

	run(&again, open, data, size);
	fuzz_check(again.source && again.digest == first->digest && again.now == first->now);
	run(&recorded, source_recording_new, first->recording, first->recording_len);
	fuzz_check(recorded.source && recorded.digest == first->digest && recorded.now == first->now);
	release(&again);
	release(&recorded);
}

void file_test(file_open_fn *open, const uint8_t *data, size_t size)
{
	FILE *stderr_before = stderr, *messages;
	struct run first = { .ops = &sink_json };
	char *text;
	size_t len;

	/* What it says of a file is for a terminal, too. */
	messages = open_memstream(&text, &len);
	fuzz_check(messages);
	stderr = messages;
	run(&first, open, data, size);
	/* Most broken files tell nothing, and doing that again takes time. */
	if (first.source && first.told)
		test_again(open, data, size, &first);
	release(&first);
	stderr = stderr_before;
	fclose(messages);
	output_check_text(text, len);
	free(text);
}
