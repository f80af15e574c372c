// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Runs the packet programs by BPF_PROG_TEST_RUN, without attaching them.
 *
 *	prog_run check N	N packets of many shapes through both programs:
 *				each run must return 1, and packets with records
 *				must come out of the ring buffer, both ways
 *	prog_run bench		nanoseconds per packet, in turn with an empty
 *				program in the same run
 *	prog_run bench-limited	the same with a rate limit of one a second
 *
 * Random packets have a fixed seed, so that a failure repeats.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "cgroup.skel.h"
#include "event.h"

#define ETH_LEN 14
#define MAX_PACKET 1514
#define ROUNDS 9
#define REPEAT 200000
#define REPEAT_TOLD 2000	/* for packets that cause events: the ring buffer holds this many */

struct packet {
	uint8_t bytes[MAX_PACKET];
	uint32_t len;
};

static uint64_t random_state = 1;

/* Knuth's MMIX generator: the high bits are good enough to garble packets. */
static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (random_state >> 33) % limit;
}

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

/* Ethernet, IPv4 or IPv6, and UDP or TCP around `len` bytes of payload. */
static void build(struct packet *pkt, bool ipv4, uint8_t protocol, const uint8_t *payload,
		  uint32_t len)
{
	uint8_t *ip = pkt->bytes + ETH_LEN;
	uint32_t ip_len = ipv4 ? 20 : 40;
	uint8_t *udp = ip + ip_len;

	memset(pkt->bytes, 0, sizeof(pkt->bytes));
	put16(pkt->bytes + 12, ipv4 ? 0x0800 : 0x86dd);
	if (ipv4) {
		ip[0] = 0x45;
		put16(ip + 2, ip_len + 8 + len);
		ip[8] = 64;
		ip[9] = protocol;
		memcpy(ip + 12, "\x7f\0\0\x01\x7f\0\0\x01", 8);
	} else {
		ip[0] = 0x60;
		put16(ip + 4, 8 + len);
		ip[6] = protocol;
		ip[7] = 64;
		ip[23] = ip[39] = 1;
	}
	put16(udp, 4433);
	put16(udp + 2, 40000);
	put16(udp + 4, 8 + len);
	memcpy(udp + 8, payload, len);
	pkt->len = ETH_LEN + ip_len + 8 + len;
}

/* A ServerHelloDone, an alert, application data and a ClientHello, one record each. */
static uint32_t build_records(uint8_t *payload)
{
	static const uint8_t hello_done[] = "\x16\xfe\xfd\0\0\0\0\0\0\0\x01\0\x0c\x0e\0\0\0\0\x01\0\0\0\0\0\0";
	static const uint8_t alert[] = "\x15\xfe\xfd\0\0\0\0\0\0\0\x02\0\x02\x02\x28";
	static const uint8_t data[] = "\x17\xfe\xfd\0\x01\0\0\0\0\0\0\0\x04zzzz";
	static const uint8_t hello[] = "\x16\xfe\xff\0\0\0\0\0\0\0\0\0\x2c\x01\0\0\x20\0\0\0\0\0\0\0\0\x20"
		"01234567890123456789012345678901";
	uint32_t len = 0;

	memcpy(payload + len, hello_done, sizeof(hello_done) - 1);
	len += sizeof(hello_done) - 1;
	memcpy(payload + len, alert, sizeof(alert) - 1);
	len += sizeof(alert) - 1;
	memcpy(payload + len, hello, sizeof(hello) - 1);
	len += sizeof(hello) - 1;
	memcpy(payload + len, data, sizeof(data) - 1);
	return len + sizeof(data) - 1;
}

/* Only the ClientHello of these. */
static uint32_t build_hello(uint8_t *payload)
{
	uint32_t len = build_records(payload);

	memmove(payload, payload + 40, len - 40 - 17);
	return len - 40 - 17;
}

/* As many records as the walk allows, each a fragment of one byte. Nothing takes longer. */
static uint32_t build_worst(uint8_t *payload)
{
	static const uint8_t piece[] = "\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x0d\x01\0\0\x20\0\0\0\0\0\0\0\1";
	uint32_t len = 0;

	for (int i = 0; i < EVENT_MAX_ITEMS; i++) {
		memcpy(payload + len, piece, sizeof(piece));	/* its final 0 is the byte */
		payload[len + 21] = i;	/* the fragment's offset */
		len += sizeof(piece);
	}
	return len;
}

/* A valid packet, a truncated one, one with changed bytes, or all random. */
static void build_random(struct packet *pkt)
{
	uint8_t payload[1400];
	uint32_t len = build_records(payload), kind = random_below(4), num = 0;

	if (kind == 3)
		for (len = random_below(sizeof(payload)); num < len; num++)
			payload[num] = random_below(256);
	build(pkt, random_below(2), random_below(8) ? 17 : random_below(256), payload, len);
	if (kind == 1)	/* the kernel takes no packet shorter than its IP header */
		pkt->len = ETH_LEN + 40 + random_below(pkt->len - ETH_LEN - 40);
	if (kind == 2)
		for (num = 1 + random_below(8); num; num--)
			pkt->bytes[ETH_LEN + random_below(pkt->len - ETH_LEN)] = random_below(256);
	if (random_below(16) == 0)	/* more records than the walk allows */
		while (pkt->len + 25 < MAX_PACKET) {
			memcpy(pkt->bytes + pkt->len, payload, 25);
			pkt->len += 25;
		}
}

/* Returns the program's result or -errno; *ns is the mean time of a run. */
static int run(int fd, const struct packet *pkt, uint32_t repeat, uint32_t *ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt->bytes, .data_size_in = pkt->len,
		    .repeat = repeat);
	int err = bpf_prog_test_run_opts(fd, &opts);

	if (err)
		return -errno;
	*ns = opts.duration;
	return opts.retval;
}

/* Number of events with records, sent and queued. */
struct seen {
	uint32_t sent, queued;
};

static int count_event(void *ctx, void *data, size_t len)
{
	const struct event *ev = data;
	struct seen *seen = ctx;

	if (len >= sizeof(*ev) && ev->num_items) {
		seen->sent += ev->kind == EVENT_SENT;
		seen->queued += ev->kind == EVENT_QUEUED;
	}
	return 0;
}

static int check(const struct cgroup_bpf *skel, uint32_t num)
{
	int fds[] = { bpf_program__fd(skel->progs.cgroup_egress),
		      bpf_program__fd(skel->progs.cgroup_ingress) };
	struct seen seen = {};
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(skel->maps.events), count_event, &seen, NULL);
	struct packet pkt;
	uint32_t runs = 0, ns;
	int ret;

	if (!ring)
		return 1;
	for (uint32_t i = 0; i < num; i++) {
		build_random(&pkt);
		ring_buffer__consume(ring);
		for (int p = 0; p < 2; p++, runs++) {
			ret = run(fds[p], &pkt, 1, &ns);
			if (ret == 1)
				continue;
			printf("packet %u (%u bytes), program %d: returned %d\n", i, pkt.len, p, ret);
			return 1;
		}
	}
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	printf("%u runs, all returned 1; told: %u sent, %u queued\n", runs, seen.sent, seen.queued);
	return !seen.sent || !seen.queued;
}

/* r0 = 1; exit */
static int load_empty(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_CGROUP_INET_EGRESS);

	return bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, "empty", "GPL", insns, 2, &opts);
}

static int compare_ns(const void *a, const void *b)
{
	return *(const uint32_t *)a > *(const uint32_t *)b ? 1 : -1;
}

/* Only this program reads the ring buffer. A full one would end the programs early. */
static struct ring_buffer *bench_ring;

/* Compare median times of our program and the empty one, run in turn. */
static void bench_repeat(const char *name, int fd, int empty, const struct packet *pkt, uint32_t repeat)
{
	uint32_t ours[ROUNDS], none[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		ring_buffer__consume(bench_ring);
		if (run(empty, pkt, repeat, &none[i]) != 1 || run(fd, pkt, repeat, &ours[i]) != 1) {
			printf("%-34s failed\n", name);
			return;
		}
	}
	qsort(ours, ROUNDS, sizeof(ours[0]), compare_ns);
	qsort(none, ROUNDS, sizeof(none[0]), compare_ns);
	printf("%-34s %6u ns %6u ns %6d ns\n", name, ours[ROUNDS / 2], none[ROUNDS / 2],
	       (int)(ours[ROUNDS / 2] - none[ROUNDS / 2]));
}

static void bench_one(const char *name, int fd, int empty, const struct packet *pkt)
{
	bench_repeat(name, fd, empty, pkt, REPEAT);
}

static int count_nothing(void *ctx, void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

static int bench(const struct cgroup_bpf *skel)
{
	static const uint8_t stun[20] = "\0\x01\0\0\x21\x12\xa4\x42";
	static const uint8_t rtp[172] = "\x80\0\0\x01";
	static const uint8_t data[] = "\x17\xfe\xfd\0\x01\0\0\0\0\0\0\0\x04zzzz";
	uint8_t hello[1400];
	int egress = bpf_program__fd(skel->progs.cgroup_egress);
	int ingress = bpf_program__fd(skel->progs.cgroup_ingress);
	uint32_t told = skel->rodata->limit_interval_ns ? REPEAT : REPEAT_TOLD;
	int empty = load_empty();
	struct packet pkt;

	bench_ring = ring_buffer__new(bpf_map__fd(skel->maps.events), count_nothing, NULL, NULL);
	if (empty < 0 || !bench_ring)
		return 1;
	printf("%-34s %9s %9s %9s\n", "packet, program", "ours", "empty", "more");
	build(&pkt, true, 6, rtp, sizeof(rtp));
	bench_one("TCP over IPv4, egress", egress, empty, &pkt);
	bench_one("TCP over IPv4, ingress", ingress, empty, &pkt);
	build(&pkt, true, 17, rtp, sizeof(rtp));
	bench_one("RTP over IPv4, egress", egress, empty, &pkt);
	bench_one("RTP over IPv4, ingress", ingress, empty, &pkt);
	build(&pkt, false, 17, stun, sizeof(stun));
	bench_one("STUN over IPv6, ingress", ingress, empty, &pkt);
	build(&pkt, true, 17, data, sizeof(data) - 1);
	bench_one("DTLS application data, ingress", ingress, empty, &pkt);
	build(&pkt, true, 17, hello, build_hello(hello));
	bench_repeat(skel->rodata->limit_interval_ns ? "ClientHello, beyond the rate limit" :
						       "ClientHello, no rate limit", ingress, empty, &pkt, told);
	build(&pkt, true, 17, hello, build_worst(hello));
	bench_repeat("16 records of one fragment", ingress, empty, &pkt, told);
	ring_buffer__free(bench_ring);
	return 0;
}

/*
 * Print how many instructions the verifier processed for each program loaded on this host (from
 * 5.16; 0 before).
 */
static int list_verified(void)
{
	uint32_t id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {};
		uint32_t len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;	/* it no longer exists */
		if (!bpf_obj_get_info_by_fd(fd, &info, &len))
			printf("%s %u\n", info.name, info.verified_insns);
		close(fd);
	}
	return 0;
}

static struct cgroup_bpf *load(uint64_t limit_interval_ns)
{
	struct cgroup_bpf *skel = cgroup_bpf__open();

	if (!skel)
		return NULL;
	skel->rodata->limit_interval_ns = limit_interval_ns;
	if (!cgroup_bpf__load(skel))
		return skel;
	cgroup_bpf__destroy(skel);
	return NULL;
}

int main(int argc, char **argv)
{
	struct cgroup_bpf *skel = NULL;
	int status = 2;

	if (argc == 2 && !strcmp(argv[1], "verified"))
		return list_verified();
	if (argc >= 2)
		skel = load(argc == 2 && !strcmp(argv[1], "bench-limited") ? 1000000000 : 0);
	if (argc == 3 && skel && !strcmp(argv[1], "check"))
		status = check(skel, strtoul(argv[2], NULL, 10));
	else if (argc == 2 && skel && !strncmp(argv[1], "bench", 5))
		status = bench(skel);
	else
		fprintf(stderr, "usage: prog_run check N | bench | bench-limited | verified (as root)\n");
	cgroup_bpf__destroy(skel);
	return status;
}
