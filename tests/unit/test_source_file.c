// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Capture files as sources: what they tell, in which order, and what is counted. */
#include "packets.h"

#include <errno.h>
#include <sys/stat.h>

#include "source_file.h"

#define START UINT64_C(1000000000)

struct told {
	char kind;		/* e: event, l: loss, t: time */
	uint64_t number;	/* time of t and e, number of l */
	uint16_t flags;
	uint8_t malformed;
	struct event_endpoint local;
	uint8_t event;		/* kind of an event */
	struct event_other other;
};

static struct {
	struct told told[256];
	uint32_t num;
	struct trace_stats stats;
	uint64_t start_wall_ns;
} got;

static void add(struct told told)
{
	assert_true(got.num < 256);
	got.told[got.num++] = told;
}

static void on_event(void *ctx, const struct event *ev, size_t len)
{
	(void)ctx;
	assert_int_equal(len, ev->size);
	struct told told = { 'e', ev->time_ns, ev->flags, ev->malformed, ev->local, .event = ev->kind };

	if (ev->kind == EVENT_OTHER)
		memcpy(&told.other, ev->items, sizeof(told.other));
	add(told);
}

static void on_lost(void *ctx, uint64_t num)
{
	(void)ctx;
	add((struct told){ .kind = 'l', .number = num });
}

static void on_time(void *ctx, uint64_t now)
{
	(void)ctx;
	add((struct told){ .kind = 't', .number = now });
}

static const struct source_handler handler = { .event = on_event, .lost = on_lost, .time = on_time };

/* Reads it to its end; returns what poll() returned last. */
static int read_source(struct source *source)
{
	int result;

	assert_non_null(source);
	memset(&got, 0, sizeof(got));
	got.start_wall_ns = source->info.start_wall_ns;
	assert_int_equal(source->info.start_ns, START);
	assert_string_equal(source->info.source, "capture");
	assert_null(source->info.hooks);
	assert_false(source->info.sees_reads || source->info.sees_drops || source->info.sees_send_failures);
	do {
		result = source->ops->poll(source, &handler, 0);
	} while (!result || result == SOURCE_MORE);
	source->ops->stats(source, &got.stats);
	assert_true(got.stats.has_capture);
	source->ops->free(source);
	return result;
}

/* And removes the file. */
static int read_file(const char *path)
{
	struct source *source = source_file_new(path);

	unlink(path);
	return read_source(source);
}

/* A pipe that holds the first `len` bytes of the file, all if 0; its writing end, if it is wanted, stays open. */
static struct source *open_pipe(const char *path, size_t len, int *writer)
{
	static char bytes[65536];	/* what a pipe holds */
	struct source *source;
	FILE *file = fopen(path, "rb");
	char name[64];
	int ends[2];
	size_t num;

	assert_non_null(file);
	num = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	assert_in_range(num, 1, sizeof(bytes) - 1);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, len ? len : num), len ? len : num);
	if (writer)
		*writer = ends[1];
	else
		close(ends[1]);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
	source = source_file_new(name);
	close(ends[0]);
	return source;
}

static int read_pipe(const char *path)
{
	struct source *source = open_pipe(path, 0, NULL);

	unlink(path);
	return read_source(source);
}

/* "tete": the kinds of what was told */
static void expect_order(const char *want)
{
	char kinds[257] = "";

	for (uint32_t i = 0; i < got.num; i++)
		kinds[i] = got.told[i].kind;
	assert_string_equal(kinds, want);
}

static struct bytes hello_from(enum side from, uint8_t random)
{
	struct bytes payload = { .len = 0 }, b = { .len = 0 };

	packet_client_hello(&payload, random, 0);
	packet_plain(&b, from, &payload);
	return b;
}

static void times(void **state)
{
	struct bytes b = hello_from(FROM_CLIENT, 1);

	for (int nanoseconds = 0; nanoseconds < 2; nanoseconds++) {
		uint64_t unit = nanoseconds ? 1 : 1000;
		struct packet_file f;

		packet_file_open(&f, DLT_RAW, nanoseconds);
		packet_file_add(&f, &b, 1500000000, 999999);
		packet_file_add(&f, &b, 1500000001, 5);
		packet_file_close(&f);
		assert_int_equal(read_file(f.path), SOURCE_END);
		expect_order("tete");
		assert_int_equal(got.start_wall_ns, 1500000000 * START + 999999 * unit);
		assert_int_equal(got.told[0].number, START);
		assert_int_equal(got.told[1].number, START);
		assert_int_equal(got.told[2].number, 2 * START - 999994 * unit);
		assert_int_equal(got.told[3].number, got.told[2].number);
		assert_int_equal(got.stats.capture[CAPTURE_BACKWARDS], 0);
	}
}

/* The trace begins at the earliest packet, wherever it is in the file; the order is that of the file. */
static void times_that_step_back(void **state)
{
	struct bytes b = hello_from(FROM_CLIENT, 1);
	struct packet_file f;

	packet_file_open(&f, DLT_RAW, true);
	packet_file_add(&f, &b, 20, 0);
	packet_file_add(&f, &b, 10, 0);
	packet_file_add(&f, &b, 15, 0);
	packet_file_close(&f);
	assert_int_equal(read_file(f.path), SOURCE_END);
	expect_order("tetete");
	assert_int_equal(got.start_wall_ns, 10 * START);
	assert_int_equal(got.told[1].number, 11 * START);
	assert_int_equal(got.told[3].number, START);
	assert_int_equal(got.told[5].number, 6 * START);
	assert_int_equal(got.stats.capture[CAPTURE_BACKWARDS], 1);
}

/* The time 0 is a time like any other, and what no clock shows is bounded. */
static void strange_times(void **state)
{
	struct bytes b = hello_from(FROM_CLIENT, 1);
	struct packet_file f;

	packet_file_open(&f, DLT_RAW, true);
	packet_file_add(&f, &b, 0, 0);
	packet_file_add(&f, &b, 0, 999999999);
	packet_file_add(&f, &b, 1, 3999999999u);
	packet_file_close(&f);
	assert_int_equal(read_file(f.path), SOURCE_END);
	assert_int_equal(got.told[1].number, START);
	assert_int_equal(got.told[3].number, 2 * START - 1);
	assert_int_equal(got.told[5].number, 2 * START);
}

/* Both sides send: each is told of the other. One side only: it is not. */
static void both_ways(void **state)
{
	struct bytes client = hello_from(FROM_CLIENT, 1), server = hello_from(FROM_SERVER, 2);

	for (int both = 0; both < 2; both++) {
		struct packet_file f;

		packet_file_open(&f, DLT_RAW, true);
		packet_file_add(&f, &client, 1, 0);
		if (both)
			packet_file_add(&f, &server, 2, 0);
		packet_file_close(&f);
		assert_int_equal(read_file(f.path), SOURCE_END);
		assert_int_equal(!!(got.told[1].flags & EVENT_BOTH_WAYS), both);
		assert_int_equal(got.told[1].local.port, CLIENT_PORT);
		if (both) {
			assert_true(got.told[3].flags & EVENT_BOTH_WAYS);
			assert_int_equal(got.told[3].local.port, SERVER_PORT);
		}
	}
}

/* An answer that came in fragments makes its sender visible as well. */
static void both_ways_by_fragments(void **state)
{
	struct bytes client = hello_from(FROM_CLIENT, 1), payload = { .len = 0 }, udp = { .len = 0 };
	struct packet_file f;

	bytes_record(&payload, DTLS_CT_HANDSHAKE, DTLS_VERSION_1_2, 0, 0, 12 + 975);
	bytes_message(&payload, DTLS_MT_CERTIFICATE, 975, 1, 0, 975);
	bytes_fill(&payload, 1, 975);
	packet_udp(&udp, FROM_SERVER, &payload);
	packet_file_open(&f, DLT_RAW, true);
	packet_file_add(&f, &client, 1, 0);
	for (uint32_t at = 0; at < udp.len; at += 504) {
		uint32_t len = udp.len - at < 504 ? udp.len - at : 504;
		struct bytes b = { .len = 0 };

		packet_ipv4(&b, FROM_SERVER, 17, 0, at / 8 | (at + len < udp.len ? 0x2000 : 0), len);
		bytes_add(&b, udp.data + at, len);
		packet_file_add(&f, &b, 2, at);
	}
	packet_file_close(&f);
	assert_int_equal(read_file(f.path), SOURCE_END);
	expect_order("tette");
	assert_true(got.told[1].flags & EVENT_BOTH_WAYS);
	assert_int_equal(got.told[4].malformed, DTLS_OK);
	assert_int_equal(got.stats.capture[CAPTURE_FRAGMENTS], 2);
	assert_int_equal(got.stats.capture[CAPTURE_REASSEMBLED], 1);
	assert_int_equal(got.stats.capture[CAPTURE_INCOMPLETE], 0);
}

/* Fragments of which the others are missing: lost, not guessed. */
static void fragments_alone(void **state)
{
	struct bytes b = hello_from(FROM_CLIENT, 1);
	struct packet_file f;

	bytes_set16(&b, 6, 0x2000);
	b.len = 20 + 40;	/* cut to a multiple of 8 by its sender */
	bytes_set16(&b, 2, b.len);
	packet_file_open(&f, DLT_RAW, true);
	packet_file_add(&f, &b, 1, 0);
	packet_file_close(&f);
	assert_int_equal(read_file(f.path), SOURCE_END);
	expect_order("tl");
	assert_int_equal(got.stats.capture[CAPTURE_INCOMPLETE], 1);
	assert_int_equal(got.stats.counters[COUNTER_LOST_UNREADABLE], 1);
}

/* Cut by the snapshot length: at every length what is missing is counted, and never guessed. */
static void cut_packets(void **state)
{
	struct bytes b = hello_from(FROM_CLIENT, 1);

	for (uint32_t snaplen = 1; snaplen <= b.len; snaplen++) {
		bool headers = snaplen >= 28 + 25;
		struct packet_file f;

		packet_file_open(&f, DLT_RAW, true);
		f.snaplen = snaplen;
		packet_file_add(&f, &b, 1, 0);
		packet_file_close(&f);
		assert_int_equal(read_file(f.path), SOURCE_END);
		/*
		 * Less than the UDP header: unknown what it was. Less than tells DTLS from
		 * others: maybe DTLS. Less than its first record: of no association.
		 */
		expect_order(headers ? "te" : snaplen < 28 + 13 ? "tl" : "tel");
		assert_int_equal(got.stats.capture[CAPTURE_UNKNOWN], snaplen < 28);
		assert_int_equal(got.stats.capture[CAPTURE_CUT], snaplen >= 28 && snaplen < b.len);
		assert_int_equal(got.stats.counters[COUNTER_LOST_UNREADABLE], !headers);
	}
}

static void what_is_counted(void **state)
{
	struct bytes hello = hello_from(FROM_CLIENT, 1), stun = { .len = 0 }, tcp = { .len = 0 }, bad, data = { .len = 0 };
	struct bytes payload = { .len = 0 };
	struct packet_file f;

	bytes_fill(&payload, 0, 20);
	packet_plain(&stun, FROM_CLIENT, &payload);
	packet_ipv4(&tcp, FROM_CLIENT, 6, 0, 0, 20);
	bytes_fill(&tcp, 0, 20);
	bad = hello;
	bytes_set16(&bad, 2, bad.len + 1);
	payload.len = 0;
	bytes_record(&payload, DTLS_CT_APPLICATION_DATA, DTLS_VERSION_1_2, 1, 1, 30);
	bytes_fill(&payload, 9, 30);
	packet_plain(&data, FROM_CLIENT, &payload);
	packet_file_open(&f, DLT_RAW, true);
	packet_file_add(&f, &hello, 1, 0);
	packet_file_add(&f, &stun, 1, 0);
	packet_file_add(&f, &tcp, 1, 0);
	packet_file_add(&f, &bad, 1, 0);
	for (int i = 0; i < 3; i++)
		packet_file_add(&f, &data, 1, 0);
	packet_file_close(&f);
	assert_int_equal(read_file(f.path), SOURCE_END);
	/* The STUN message comes beside a handshake. */
	expect_order("tetetttett");
	assert_int_equal(got.told[3].event, EVENT_OTHER);
	assert_int_equal(got.stats.capture[CAPTURE_PACKETS], 7);
	assert_int_equal(got.stats.capture[CAPTURE_UDP], 5);
	assert_int_equal(got.stats.capture[CAPTURE_OTHER], 1);
	assert_int_equal(got.stats.capture[CAPTURE_MALFORMED], 1);
	assert_int_equal(got.stats.counters[COUNTER_NOT_DTLS], 1);
	assert_int_equal(got.stats.counters[COUNTER_APPLICATION_DATA], 2);
	assert_int_equal(got.stats.counters[COUNTER_EVENTS], 3);
	assert_int_equal(counters_lost(got.stats.counters), 0);
}

/* What is not DTLS is told from the ClientHello on, as its source would; before, it is only counted. */
static void others_beside_a_handshake(void **state)
{
	struct bytes hello = hello_from(FROM_CLIENT, 1), payload = { .len = 0 }, stun[2] = { { .len = 0 } };
	struct bytes one_byte = { .len = 0 }, nothing = { .len = 0 };
	struct packet_file f;

	bytes_fill(&payload, 1, 20);
	packet_plain(&stun[FROM_CLIENT], FROM_CLIENT, &payload);
	packet_plain(&stun[FROM_SERVER], FROM_SERVER, &payload);
	payload.len = 1;
	packet_plain(&one_byte, FROM_SERVER, &payload);
	payload.len = 0;
	packet_plain(&nothing, FROM_SERVER, &payload);
	packet_file_open(&f, DLT_RAW, true);
	packet_file_add(&f, &stun[FROM_SERVER], 1, 0);
	packet_file_add(&f, &hello, 2, 0);
	packet_file_add(&f, &stun[FROM_SERVER], 3, 0);
	packet_file_add(&f, &stun[FROM_CLIENT], 4, 0);
	packet_file_add(&f, &one_byte, 5, 0);
	packet_file_add(&f, &nothing, 6, 0);
	packet_file_close(&f);
	assert_int_equal(read_file(f.path), SOURCE_END);
	expect_order("ttetetetete");
	assert_int_equal(got.told[4].event, EVENT_OTHER);
	assert_int_equal(got.told[4].local.port, SERVER_PORT);
	assert_int_equal(got.told[4].other.sent[EVENT_OTHER_STUN], 1);
	assert_int_equal(got.told[4].other.received[EVENT_OTHER_STUN], 0);
	assert_int_equal(got.told[6].local.port, CLIENT_PORT);
	assert_int_equal(got.told[6].number, 4 * START);
	assert_int_equal(got.told[6].other.sent[EVENT_OTHER_STUN], 1);
	assert_int_equal(got.told[6].other.received[EVENT_OTHER_STUN], 1);
	assert_int_equal(got.told[8].other.sent[EVENT_OTHER_STUN], 2);
	assert_int_equal(got.told[10].other.sent[EVENT_OTHER_ELSE], 1);
	assert_int_equal(got.stats.counters[COUNTER_NOT_DTLS], 5);
	assert_int_equal(got.stats.counters[COUNTER_EVENTS], 5);
	assert_int_equal(counters_lost(got.stats.counters), 0);
}

/* An ICMP error is told beside a handshake, and its packet is counted as what it is: not UDP. */
static void icmp_errors(void **state)
{
	struct bytes hello = hello_from(FROM_CLIENT, 1), quote = hello, icmp = { .len = 0 }, other = { .len = 0 };
	struct bytes cut = { .len = 0 };
	struct packet_file f;

	quote.len = 28;
	packet_icmp(&icmp, false, 3, 13, 0, &quote);
	bytes_set16(&quote, 22, SERVER_PORT + 1);
	packet_icmp(&other, false, 3, 13, 0, &quote);
	quote.len = 27;
	packet_icmp(&cut, false, 3, 13, 0, &quote);
	packet_file_open(&f, DLT_RAW, true);
	packet_file_add(&f, &icmp, 1, 0);
	packet_file_add(&f, &hello, 2, 0);
	packet_file_add(&f, &icmp, 3, 0);
	packet_file_add(&f, &other, 4, 0);
	packet_file_add(&f, &cut, 5, 0);
	packet_file_close(&f);
	assert_int_equal(read_file(f.path), SOURCE_END);
	expect_order("ttetett");
	assert_int_equal(got.told[4].event, EVENT_ICMP_ERROR);
	assert_int_equal(got.told[4].number, 3 * START);
	assert_int_equal(got.told[4].flags, EVENT_IPV4 | EVENT_FROM_CAPTURE | EVENT_REPORTER);
	assert_int_equal(got.told[4].local.port, CLIENT_PORT);
	/* It was not the server that sent it, nor the client. */
	assert_false(got.told[2].flags & EVENT_BOTH_WAYS);
	assert_int_equal(got.stats.capture[CAPTURE_PACKETS], 5);
	assert_int_equal(got.stats.capture[CAPTURE_UDP], 1);
	assert_int_equal(got.stats.capture[CAPTURE_OTHER], 3);
	assert_int_equal(got.stats.capture[CAPTURE_MALFORMED], 1);
	assert_int_equal(got.stats.counters[COUNTER_EVENTS], 2);
	assert_int_equal(got.stats.counters[COUNTER_NOT_DTLS], 0);
	assert_int_equal(counters_lost(got.stats.counters), 0);
}

/* Cut by the snapshot length: what has the ports is told. Less is no loss, because it is no datagram. */
static void cut_icmp_errors(void **state)
{
	struct bytes hello = hello_from(FROM_CLIENT, 1), icmp = { .len = 0 };

	packet_icmp(&icmp, false, 3, 13, 0, &hello);
	for (uint32_t snaplen = 20; snaplen <= icmp.len; snaplen++) {
		bool has_ports = snaplen >= 20 + 8 + 20 + 4;
		struct packet_file f;

		packet_file_open(&f, DLT_RAW, true);
		packet_file_add(&f, &hello, 1, 0);
		f.snaplen = snaplen;
		packet_file_add(&f, &icmp, 2, 0);
		packet_file_close(&f);
		assert_int_equal(read_file(f.path), SOURCE_END);
		expect_order(has_ports ? "tete" : "tet");
		assert_int_equal(got.stats.capture[CAPTURE_UNKNOWN], !has_ports);
		assert_int_equal(got.stats.capture[CAPTURE_OTHER], has_ports);
		assert_int_equal(counters_lost(got.stats.counters), 0);
	}
}

/* --- what comes through a pipe --- */

/* It is read once: who sends is known once he has, and what is earlier than its begin happened then. */
static void stream(void **state)
{
	struct bytes client = hello_from(FROM_CLIENT, 1), server = hello_from(FROM_SERVER, 2);
	struct packet_file f;

	for (int piped = 0; piped < 2; piped++) {
		packet_file_open(&f, DLT_RAW, true);
		packet_file_add(&f, &client, 20, 0);
		packet_file_add(&f, &server, 21, 0);
		packet_file_add(&f, &client, 10, 0);
		packet_file_close(&f);
		assert_int_equal(piped ? read_pipe(f.path) : read_file(f.path), SOURCE_END);
		expect_order("tetete");
		assert_int_equal(!!(got.told[1].flags & EVENT_BOTH_WAYS), !piped);
		assert_true(got.told[3].flags & EVENT_BOTH_WAYS);
		assert_true(got.told[5].flags & EVENT_BOTH_WAYS);
		assert_int_equal(got.start_wall_ns, (piped ? 20 : 10) * START);
		assert_int_equal(got.told[3].number, (piped ? 2 : 12) * START);
		assert_int_equal(got.told[5].number, START);
		assert_int_equal(got.stats.capture[CAPTURE_BACKWARDS], 1);
	}
}

/* Each packet is told when it is there, though the pipe is open; half of one is waited for. */
static void stream_as_it_comes(void **state)
{
	struct bytes b = hello_from(FROM_CLIENT, 1);
	const size_t first = 24 + 16 + b.len;
	char rest[16 + 2048];
	struct source *source;
	struct packet_file f;
	FILE *file;
	int writer;

	packet_file_open(&f, DLT_RAW, true);
	packet_file_add(&f, &b, 1, 0);
	packet_file_add(&f, &b, 2, 0);
	packet_file_close(&f);
	file = fopen(f.path, "rb");
	assert_int_equal(fseek(file, first, SEEK_SET), 0);
	assert_int_equal(fread(rest, 1, 16 + b.len, file), 16 + b.len);
	fclose(file);
	source = open_pipe(f.path, first, &writer);
	unlink(f.path);
	assert_non_null(source);
	assert_true(source->is_stream);
	memset(&got, 0, sizeof(got));
	assert_int_equal(source->ops->poll(source, &handler, 0), 0);
	expect_order("te");
	assert_int_equal(source->ops->poll(source, &handler, 0), 0);
	expect_order("te");
	assert_int_equal(write(writer, rest, 16 + b.len), 16 + b.len);
	assert_int_equal(source->ops->poll(source, &handler, 0), 0);
	expect_order("tete");
	close(writer);
	assert_int_equal(source->ops->poll(source, &handler, 0), SOURCE_END);
	source->ops->free(source);
}

/* Cut anywhere: as of a file. */
static void stream_truncated(void **state)
{
	struct bytes b = hello_from(FROM_CLIENT, 1);
	long one = 16 + b.len, len;

	for (len = 24; len <= 24 + 2 * one; len += 13) {
		struct packet_file f;

		packet_file_open(&f, DLT_RAW, true);
		packet_file_add(&f, &b, 1, 0);
		packet_file_add(&f, &b, 2, 0);
		packet_file_close(&f);
		assert_int_equal(truncate(f.path, len), 0);
		assert_int_equal(read_pipe(f.path), len == 24 || len >= 24 + one ? SOURCE_END : -EIO);
		expect_order(len < 24 + one ? "" : len < 24 + 2 * one ? "te" : "tete");
		assert_int_equal(got.start_wall_ns, len < 24 + one ? 0 : START);
	}
}

/* --- pcapng, block by block --- */

static void little(struct bytes *b, uint64_t value, uint32_t width)
{
	for (uint32_t i = 0; i < width; i++)
		bytes_fill(b, value >> 8 * i & 0xff, 1);
}

static void block(FILE *out, uint32_t type, const struct bytes *content)
{
	struct bytes b = { .len = 0 };
	uint32_t padded = (content->len + 3) & ~3u;

	little(&b, type, 4);
	little(&b, 12 + padded, 4);
	bytes_add(&b, content->data, content->len);
	bytes_fill(&b, 0, padded - content->len);
	little(&b, 12 + padded, 4);
	assert_int_equal(fwrite(b.data, 1, b.len, out), b.len);
}

/* `resolution`: if_tsresol, 6 for microseconds, 9 for nanoseconds. */
static FILE *pcapng_open(char path[64], uint16_t link_type, uint8_t resolution)
{
	struct bytes section = { .len = 0 }, interface = { .len = 0 };
	FILE *out;

	packet_path(path);
	out = fopen(path, "wb");
	assert_non_null(out);
	little(&section, 0x1a2b3c4d, 4);
	little(&section, 1, 4);
	little(&section, UINT64_MAX, 8);
	block(out, 0x0a0d0d0a, &section);
	little(&interface, link_type, 4);
	little(&interface, 0, 4);
	little(&interface, 9 | 1 << 16, 4);
	little(&interface, resolution, 4);
	little(&interface, 0, 4);
	block(out, 1, &interface);
	return out;
}

static void pcapng_add(FILE *out, const struct bytes *packet, uint64_t time)
{
	struct bytes b = { .len = 0 };

	little(&b, 0, 4);
	little(&b, time >> 32, 4);
	little(&b, time, 4);
	little(&b, packet->len, 4);
	little(&b, packet->len, 4);
	bytes_add(&b, packet->data, packet->len);
	block(out, 6, &b);
}

static void pcapng(void **state)
{
	struct bytes b = { .len = 0 }, payload = { .len = 0 };

	packet_client_hello(&payload, 3, 0);
	packet_ethernet(&b, 0x86dd);
	packet_ipv6(&b, FROM_CLIENT, 17, 8 + payload.len);
	packet_udp(&b, FROM_CLIENT, &payload);
	for (int nano = 0; nano < 2; nano++) {
		uint64_t unit = nano ? 1 : 1000;
		char path[64];
		FILE *out = pcapng_open(path, 1, nano ? 9 : 6);

		pcapng_add(out, &b, UINT64_C(1500000000000000123) / unit);
		pcapng_add(out, &b, UINT64_C(1500000000000000123) / unit + 7);
		fclose(out);
		assert_int_equal(read_file(path), SOURCE_END);
		expect_order("tete");
		assert_int_equal(got.start_wall_ns, nano ? UINT64_C(1500000000000000123) : UINT64_C(1500000000000000000));
		assert_int_equal(got.told[3].number, START + 7 * unit);
		assert_int_equal(got.told[1].flags & EVENT_IPV4, 0);
	}
}

/* Adds the blocks of the second file to the first. */
static void join(const char *first, const char *second)
{
	FILE *to = fopen(first, "ab"), *from = fopen(second, "rb");
	char bytes[4096];
	size_t num;

	assert_true(to && from);
	while ((num = fread(bytes, 1, sizeof(bytes), from)))
		assert_int_equal(fwrite(bytes, 1, num, to), num);
	fclose(to);
	fclose(from);
	unlink(second);
}

/*
 * Sections one behind the other are one capture; where libpcap cannot go on, for
 * another link type, what came before is told.
 */
static void pcapng_sections(void **state)
{
	struct bytes b = { .len = 0 }, plain = hello_from(FROM_CLIENT, 1);

	packet_ethernet(&b, 0x0800);
	bytes_add(&b, plain.data, plain.len);
	for (int other = 0; other < 2; other++) {
		char first[64], second[64];
		FILE *out;

		out = pcapng_open(first, 1, 9);
		pcapng_add(out, &b, START);
		fclose(out);
		out = pcapng_open(second, other ? 113 : 1, 9);
		pcapng_add(out, &b, 2 * START);
		fclose(out);
		join(first, second);
		assert_int_equal(read_file(first), other ? -EIO : SOURCE_END);
		expect_order(other ? "te" : "tete");
		assert_int_equal(got.stats.truncated, other);
	}
}

/* Two pcaps with cat are one capture, each with its own link type; a pcapng behind one is not read. */
static void another_pcap(void **state)
{
	struct bytes plain = hello_from(FROM_CLIENT, 1), ethernet = { .len = 0 };

	packet_ethernet(&ethernet, 0x0800);
	bytes_add(&ethernet, plain.data, plain.len);
	for (int piped = 0; piped < 2; piped++)
		for (int second = 0; second < 3; second++) {
			struct packet_file f, g = { .path = "" };

			packet_file_open(&f, DLT_RAW, true);
			packet_file_add(&f, &plain, 1, 0);
			packet_file_close(&f);
			/* One without packets between them. */
			packet_file_open(&g, DLT_LOOP, true);
			packet_file_close(&g);
			join(f.path, g.path);
			if (second == 2) {
				fclose(pcapng_open(g.path, 1, 9));
			} else {
				packet_file_open(&g, second ? DLT_EN10MB : DLT_RAW, second);
				packet_file_add(&g, second ? &ethernet : &plain, 3, 0);
				packet_file_close(&g);
			}
			join(f.path, g.path);
			assert_int_equal(piped ? read_pipe(f.path) : read_file(f.path), second < 2 ? SOURCE_END : -EIO);
			expect_order(second < 2 ? "tete" : "te");
			assert_int_equal(got.stats.truncated, second == 2);
			assert_int_equal(got.stats.capture[CAPTURE_MALFORMED], 0);
		}
}

/* --- files that are broken or no captures --- */

static long size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* Cut anywhere behind its first packet it is read up to its last whole one, and ends well. */
static void truncated(void **state)
{
	struct bytes b = hello_from(FROM_CLIENT, 1);
	long one = 16 + b.len, len;

	for (len = 24; len <= 24 + 2 * one; len += 7) {
		struct packet_file f;

		packet_file_open(&f, DLT_RAW, true);
		packet_file_add(&f, &b, 1, 0);
		packet_file_add(&f, &b, 2, 0);
		packet_file_close(&f);
		assert_int_equal(size_of(f.path), 24 + 2 * one);
		assert_int_equal(truncate(f.path, len), 0);
		if (len < 24 + one && len != 24) {
			assert_int_equal(read_file(f.path), -EIO);	/* nothing could be read */
			assert_int_equal(got.num, 0);
		} else {
			assert_int_equal(read_file(f.path), SOURCE_END);
			assert_int_equal(got.stats.truncated, len % one != 24);
			expect_order(len == 24 ? "" : len < 24 + 2 * one ? "te" : "tete");
		}
	}
}

static void no_captures(void **state)
{
	static const char *const contents[] = { "", "\x89", "hello", "\x89" "DTLSR\r\n", "\xa1\xb2\xc3\xd4",
		"\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\377\377\0\0\x69\0\0\0" /* link type 105: Wi-Fi */ };
	static const size_t lengths[] = { 0, 1, 5, 8, 4, 24 };
	char path[64];
	FILE *out;

	for (int i = 0; i < 6; i++) {
		packet_path(path);
		out = fopen(path, "wb");
		assert_int_equal(fwrite(contents[i], 1, lengths[i], out), lengths[i]);
		fclose(out);
		assert_null(source_file_new(path));
		unlink(path);
	}
	assert_null(source_file_new("/nonexistent/file"));
	assert_null(source_file_new("/tmp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),
		cmocka_unit_test(times_that_step_back),
		cmocka_unit_test(strange_times),
		cmocka_unit_test(both_ways),
		cmocka_unit_test(both_ways_by_fragments),
		cmocka_unit_test(fragments_alone),
		cmocka_unit_test(cut_packets),
		cmocka_unit_test(what_is_counted),
		cmocka_unit_test(others_beside_a_handshake),
		cmocka_unit_test(icmp_errors),
		cmocka_unit_test(cut_icmp_errors),
		cmocka_unit_test(stream),
		cmocka_unit_test(stream_as_it_comes),
		cmocka_unit_test(stream_truncated),
		cmocka_unit_test(pcapng),
		cmocka_unit_test(pcapng_sections),
		cmocka_unit_test(another_pcap),
		cmocka_unit_test(truncated),
		cmocka_unit_test(no_captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
