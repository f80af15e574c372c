// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * tests/golden/others-abiN.rec, written anew: what this version writes is what later
 * ones have to read. The file of an event ABI is never changed; a new ABI gets its own:
 *
 *	GOLDEN_WRITE=1 build/unit/test_golden
 */
#include "packets.h"

#include "capture.h"
#include "recording.h"

#define START UINT64_C(5000000000000)
#define MS UINT64_C(1000000)
#define SEC (1000 * MS)

static struct recording_writer w;
static uint64_t num_arrived;

static bool path_of(void *ctx, uint64_t id, char *path, size_t size)
{
	(void)ctx;
	snprintf(path, size, "/user.slice/%u", (unsigned)id);
	return true;
}

static const char *reason_of(void *ctx, uint32_t reason)
{
	(void)ctx;
	return reason == 66 ? "SOCKET_RCVBUFF" : NULL;
}

static const uint32_t pids[] = { 812, 900 };
static const uint16_t ports[] = { SERVER_PORT };
static const char *const unseen[] = { "what this test leaves out", NULL };

static const struct trace_info info = {
	.source = "live", .hooks = "fentry", .kernel = "6.1.0-test", .unseen = unseen,
	.host = "gold\\x1b.example", .boot_id = "01234567-89ab-cdef-0123-456789abcdef",
	.trace_id = "00112233445566778899aabbccddeeff",
	.pids = pids, .num_pids = 2, .ports = ports, .num_ports = 1, .follow_forks = true,
	.comm = "web\\x09rtc", .cgroup = "/user.slice", .netns = 4026531840,
	.start_ns = START, .start_wall_ns = UINT64_C(1790000000123456789),
	.sees_reads = true, .sees_drops = true, .sees_send_failures = true, .sees_sockets = true,
	.cgroup_path = path_of, .drop_reason_name = reason_of,
};

/* The socket at one end of the n-th pair: the client's process is in a PID namespace of its own. */
static void fill(struct event *ev, uint64_t ms, int pair, bool at_server, enum event_kind kind)
{
	bool is_swapped = (ev->local.port == SERVER_PORT) != at_server;
	struct event_endpoint local = ev->local;

	ev->kind = kind;
	ev->flags |= EVENT_OWNER;
	ev->time_ns = START + ms * MS;
	ev->socket = 2 * pair + at_server;
	ev->pid = ev->tid = at_server ? 900 : 812;
	ev->ns_pid = at_server ? 0 : 7;
	ev->uid = 1000;
	ev->netns = 4026531840;
	ev->cgroup_id = 77 + at_server;
	memcpy(ev->comm, at_server ? "sixteen bytes ok" : "web\trtc", at_server ? 16 : 8);
	if (is_swapped) {
		ev->local = ev->remote;
		ev->remote = local;
	}
	ev->local.port += at_server ? 0 : pair;
	ev->remote.port += at_server ? pair : 0;
}

static void tell(struct capture_event *e)
{
	assert_true(recording_event_is_valid(&e->ev, e->ev.size));
	recording_event(&w, &e->ev, e->ev.size);
}

static struct packet packet_of(const struct bytes *payload)
{
	static struct bytes b;
	struct packet packet;

	b.len = 0;
	packet_plain(&b, FROM_CLIENT, payload);
	assert_int_equal(packet_parse(DLT_RAW, b.data, b.len, b.len, &packet), PACKET_UDP);
	return packet;
}

static void tell_hello(uint64_t ms, int pair, uint64_t sequence, bool at_server, enum event_kind kind)
{
	struct bytes payload = { .len = 0 };
	struct capture_event e;
	struct packet packet;

	packet_client_hello(&payload, 0x10 + pair, sequence);
	packet = packet_of(&payload);
	capture_event(&packet, 0, &e);
	fill(&e.ev, ms, pair, at_server, kind);
	if (kind == EVENT_QUEUED)
		num_arrived++;
	if (at_server)
		e.ev.datagram = num_arrived;
	if (kind == EVENT_READ) {
		e.ev.size = sizeof(e.ev);
		e.ev.copied = e.ev.length;
		e.ev.num_items = e.ev.hello_off = e.ev.hello_len = e.ev.hello_item = 0;
	} else if (kind == EVENT_DROPPED) {
		e.ev.drop_reason = 66;
	}
	tell(&e);
}

static void tell_other(uint64_t ms, int pair, bool at_server, struct event_other other)
{
	struct bytes payload = { .len = 0 };
	struct capture_event e;
	struct packet packet;

	bytes_fill(&payload, 0, 20);
	packet = packet_of(&payload);
	capture_other(&packet, 0, &e);
	fill(&e.ev, ms, pair, at_server, EVENT_OTHER);
	memcpy(e.ev.items, &other, sizeof(other));
	tell(&e);
}

/* From 192.0.2.9, for what the client of the n-th pair sent. */
static void tell_icmp(uint64_t ms, int pair, uint8_t type, uint8_t code, uint16_t error, uint32_t mtu)
{
	struct bytes payload = { .len = 0 };
	struct event_reporter from = { .mtu = mtu };
	struct capture_event e;
	struct packet packet;

	packet = packet_of(&payload);
	capture_other(&packet, 0, &e);
	fill(&e.ev, ms, pair, false, EVENT_ICMP_ERROR);
	e.ev.flags |= EVENT_REPORTER;
	e.ev.size = EVENT_SIZE_REPORTER;
	e.ev.icmp_type = type;
	e.ev.icmp_code = code;
	e.ev.error = error;
	memcpy(from.ip, (uint8_t[16]){ [10] = 0xff, 0xff, 192, 0, 2, 9 }, sizeof(from.ip));
	memcpy(e.ev.items, &from, sizeof(from));
	tell(&e);
}

/* `num` datagrams in the queue of the server of the n-th pair. */
static void tell_unread(uint64_t ms, int pair, uint32_t num)
{
	struct bytes payload = { .len = 0 };
	struct capture_event e;
	struct packet packet;

	packet = packet_of(&payload);
	capture_other(&packet, 0, &e);
	fill(&e.ev, ms, pair, true, EVENT_UNREAD);
	e.ev.size = sizeof(e.ev);
	e.ev.socket = 50 + pair;
	e.ev.unread = num;
	e.ev.length = 832 * num;
	e.ev.flags |= num > 1 ? EVENT_DTLS : 0;
	memset(&e.ev.remote, 0, sizeof(e.ev.remote));
	tell(&e);
}

/* The library of the n-th pair's client or server says so. */
static void tell_library(uint64_t ms, int pair, bool is_server, struct event_library said)
{
	struct bytes payload = { .len = 0 };
	struct capture_event e;
	struct packet packet;

	packet = packet_of(&payload);
	capture_other(&packet, 0, &e);
	fill(&e.ev, ms, pair, is_server, EVENT_LIBRARY);
	e.ev.size = EVENT_SIZE_LIBRARY;
	memset(&e.ev.local, 0, sizeof(e.ev.local));
	memset(&e.ev.remote, 0, sizeof(e.ev.remote));
	e.ev.socket = 0;
	said.library = LIBRARY_OPENSSL;
	said.object = 0x7f0000001000;
	said.version = 0x03000f00;
	memcpy(e.ev.items, &said, sizeof(said));
	tell(&e);
}

/* The server of this pair refuses the ClientHello that it reads, and tells nobody. */
static void tell_refusal(uint64_t ms, int pair)
{
	struct event_library entered = { .call = LIBRARY_HANDSHAKE, .step = LIBRARY_ENTERED };
	struct event_library returned = { .call = LIBRARY_HANDSHAKE, .step = LIBRARY_RETURNED, .result = -1 };
	struct event_library error = {
		.call = LIBRARY_ERROR, .area = 20, .reason = 193, .line = 2200, .file = "ssl/statem/statem_srvr.c",
		.function = "tls_post_process_client_hello",
	};

	tell_library(ms, pair, true, entered);
	tell_hello(ms, pair, 0, true, EVENT_QUEUED);
	tell_hello(ms + 1, pair, 0, true, EVENT_READ);
	tell_library(ms + 2, pair, true, error);
	tell_library(ms + 3, pair, true, returned);
}

/*
 * A client without an answer, but for STUN; a server that reads and sends only RTP; a drop; a client that a firewall rejects; a server
 * whose library refuses; sockets with unread datagrams. */
static void tell_all(void)
{
	for (uint32_t i = 0; i < 3; i++) {
		tell_hello(1000 * ((1 << i) - 1), 1, i, false, EVENT_SENT);
		for (uint32_t n = 1; n <= 3; n++)
			tell_other(1000 * ((1 << i) - 1) + 10 * n, 1, false,
				   (struct event_other){ .received = { n, 0, n / 3 }, .sent = { 2 * n } });
	}
	tell_hello(3100, 2, 0, true, EVENT_QUEUED);
	tell_hello(3101, 2, 0, true, EVENT_READ);
	tell_other(3110, 2, true, (struct event_other){ .sent = { 0, 200 } });
	tell_hello(3200, 3, 0, true, EVENT_QUEUED);
	tell_hello(3200, 3, 0, true, EVENT_DROPPED);
	tell_hello(3300, 4, 0, false, EVENT_SENT);
	tell_icmp(3301, 4, 3, 13, 113, 0);
	tell_icmp(3302, 4, 3, 4, 90, 1280);
	tell_refusal(3400, 7);
	recording_time(&w, START + 6 * SEC);
	tell_other(6500, 1, false, (struct event_other){ .received = { 180, 20, 1 }, .sent = { 200 } });
	recording_time(&w, START + 9 * SEC);
	tell_unread(9100, 5, 2);
	tell_unread(9100, 6, 1);
	tell_unread(10000, 6, 0);
	recording_time(&w, START + 11 * SEC);
}

static void write_all(char **data, size_t *len)
{
	struct trace_stats stats = { .end_ns = START + 12 * SEC };
	FILE *out = open_memstream(data, len);

	assert_non_null(out);
	recording_begin(&w, out, &info);
	tell_all();
	for (int i = 0; i < COUNTER_MAX; i++)
		stats.counters[i] = i == COUNTER_LOST_RING_FULL || i == COUNTER_LOST_UNREADABLE ||
				    i == COUNTER_LOST_NO_STATE || i == COUNTER_LOST_MISSED ? 0 : 100 + i;
	recording_limited(&w, 5, &stats);
	recording_end(&w, &stats);
	assert_int_equal(w.error, 0);
	fclose(out);
}

static void what_is_written_stays_the_same(void **state)
{
	char path[64], *data, *golden;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "tests/golden/others-abi%d.rec", EVENT_ABI);
	write_all(&data, &len);
	if (getenv("GOLDEN_WRITE")) {
		file = fopen(path, "wx");
		assert_non_null(file);
		assert_int_equal(fwrite(data, 1, len, file), len);
		fclose(file);
	}
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s is not there", path);
	golden = calloc(1, len + 1);
	assert_non_null(golden);
	assert_int_equal(fread(golden, 1, len + 1, file), len);
	/* It is of this byte order; one of the other would differ in every number. */
	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		assert_memory_equal(golden, data, len);
	fclose(file);
	free(golden);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_stays_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
