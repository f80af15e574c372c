/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* udp_io: the socket, its ways and its misbehaviour. Usage: udp_io.h */
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "udp_io.h"
#include "udp_send.h"

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define UDP_HEADER_LEN 8

bool udp_io_is_supported(const struct udp_options *opts)
{
	int ret = opts->via == UDP_VIA_IO_URING ? udp_uring_probe() : 0;

	if (ret)
		fprintf(stderr, "%s: io_uring: %s\n", program_invocation_short_name,
			strerror(-ret));
	return !ret;
}

void udp_io_failed(struct udp_io *io, const char *call, int error)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, call,
		strerror(error));
	io->counters.errors++;
	if (io->opts->give_up && !io->error)
		io->error = error;
}

static bool is_ipv6(const struct udp_io *io)
{
	struct lab_addr local;

	return !lab_udp_local(&local, io->fd) && local.ss.ss_family == AF_INET6;
}

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

static int set_pmtudisc(struct udp_io *io)
{
	static const int v4[] = {
		[UDP_PMTUDISC_DO] = IP_PMTUDISC_DO,
		[UDP_PMTUDISC_DONT] = IP_PMTUDISC_DONT,
		[UDP_PMTUDISC_PROBE] = IP_PMTUDISC_PROBE,
	};
	static const int v6[] = {
		[UDP_PMTUDISC_DO] = IPV6_PMTUDISC_DO,
		[UDP_PMTUDISC_DONT] = IPV6_PMTUDISC_DONT,
		[UDP_PMTUDISC_PROBE] = IPV6_PMTUDISC_PROBE,
	};

	if (is_ipv6(io))
		return set_int(io->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			       v6[io->opts->pmtudisc]);
	return set_int(io->fd, IPPROTO_IP, IP_MTU_DISCOVER,
		       v4[io->opts->pmtudisc]);
}

/* The filter of a UDP socket sees the packet from the UDP header on. */
static int drop_longer(int fd, uint32_t max_len)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, max_len + UDP_HEADER_LEN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog prog = { sizeof(insns) / sizeof(insns[0]), insns };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ?
		       -errno : 0;
}

static int setup_socket(struct udp_io *io)
{
	const struct udp_options *opts = io->opts;
	int ret = 0;

	/* Beyond the limit of the host, if that is allowed. */
	if (opts->rcvbuf && set_int(io->fd, SOL_SOCKET, SO_RCVBUFFORCE, opts->rcvbuf))
		ret = set_int(io->fd, SOL_SOCKET, SO_RCVBUF, opts->rcvbuf);
	if (!ret && opts->recv == UDP_RECV_GRO)
		ret = set_int(io->fd, SOL_UDP, UDP_GRO, 1);
	if (!ret && opts->pmtudisc != UDP_PMTUDISC_DEFAULT)
		ret = set_pmtudisc(io);
	if (!ret && opts->drops_longer)
		ret = drop_longer(io->fd, opts->drop_longer);
	if (!ret && opts->answer_from.len) {
		io->send_fd = lab_udp_bind(&opts->answer_from);
		ret = io->send_fd < 0 ? io->send_fd : 0;
	}
	return ret ? ret : udp_send_setup(io);
}

static void close_socket(struct udp_io *io)
{
	if (io->send_fd >= 0 && io->send_fd != io->fd)
		close(io->send_fd);
	if (io->fd >= 0)
		close(io->fd);
	io->fd = io->send_fd = -1;
}

int udp_io_init(struct udp_io *io, const struct udp_options *opts, int fd,
		bool is_connected)
{
	int ret;

	memset(io, 0, sizeof(*io));
	io->opts = opts;
	io->fd = io->send_fd = fd;
	io->is_connected = is_connected;
	ret = setup_socket(io);
	if (ret)
		close_socket(io);
	return ret;
}

static void print_counters(const struct udp_io *io)
{
	const struct udp_counters *n = &io->counters;
	const struct udp_options *opts = io->opts;
	const char *name = program_invocation_short_name;

	if (opts->via != UDP_VIA_PLAIN)
		fprintf(stderr, "%s: %s sends: %" PRIu64 ", datagrams: %" PRIu64 "\n",
			name, udp_via_name(opts->via), n->sends, n->sent);
	if (opts->via == UDP_VIA_ZEROCOPY)
		fprintf(stderr, "%s: zerocopy completions: %" PRIu64 "\n", name,
			n->zerocopies);
	if (opts->recv != UDP_RECV_PLAIN)
		fprintf(stderr, "%s: %s reads: %" PRIu64 ", datagrams: %" PRIu64 "\n",
			name, opts->recv == UDP_RECV_GRO ? "gro" : "peek",
			n->reads, n->read);
	if (opts->read_buffer)
		fprintf(stderr, "%s: truncated reads: %" PRIu64 "\n", name,
			n->truncated);
}

void udp_io_fini(struct udp_io *io)
{
	if (!io->opts)
		return;
	udp_send_cleanup(io);
	close_socket(io);
	print_counters(io);
	io->opts = NULL;
}

void udp_io_flush(struct udp_io *io)
{
	if (io->flight.num > 0)
		udp_send_flight(io);
	io->flight.num = 0;
	io->flight.used = 0;
}

void udp_io_send(struct udp_io *io, const struct lab_addr *to, const void *data,
		 size_t len)
{
	struct udp_flight *flight = &io->flight;

	if (flight->num > 0 &&
	    (flight->num == UDP_FLIGHT_MAX ||
	     flight->used + len > sizeof(flight->data) ||
	     (!io->is_connected && !lab_addr_equal(&flight->to, to))))
		udp_io_flush(io);
	if (len > sizeof(flight->data)) {
		udp_io_failed(io, "send", EMSGSIZE);
		return;
	}
	if (!io->is_connected)
		flight->to = *to;
	memcpy(flight->data + flight->used, data, len);
	flight->len[flight->num++] = len;
	flight->used += len;
	if (io->opts->via == UDP_VIA_PLAIN)
		udp_io_flush(io);
}

/* One read of the socket with room for @room bytes; sizes of GRO in *batch. */
static ssize_t read_socket(struct udp_io *io, size_t room)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[128];
	} control;
	struct udp_batch *batch = &io->batch;
	struct iovec iov = { batch->data, room };
	struct msghdr msg = {
		.msg_name = &batch->from.ss,
		.msg_namelen = sizeof(batch->from.ss),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t len = recvmsg(io->fd, &msg, 0);
	struct cmsghdr *cmsg;
	int segment = 0;

	if (len < 0)
		return -errno;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg))
		if (cmsg->cmsg_level == SOL_UDP && cmsg->cmsg_type == UDP_GRO)
			memcpy(&segment, CMSG_DATA(cmsg), sizeof(segment));
	batch->from.len = msg.msg_namelen;
	batch->len = len;
	batch->next = 0;
	batch->segment = segment > 0 ? (size_t)segment : (size_t)len;
	io->counters.truncated += !!(msg.msg_flags & MSG_TRUNC);
	return len;
}

/* The length of the next datagram without reading it, or -errno. */
static ssize_t peek_length(struct udp_io *io)
{
	uint8_t some[4];
	ssize_t len = recv(io->fd, some, sizeof(some), MSG_PEEK | MSG_TRUNC);

	return len < 0 ? -errno : len;
}

static void count_batch(struct udp_io *io)
{
	const struct udp_batch *batch = &io->batch;

	if (io->opts->recv == UDP_RECV_GRO && batch->segment < batch->len) {
		io->counters.reads++;
		io->counters.read += (batch->len + batch->segment - 1) / batch->segment;
	} else if (io->opts->recv == UDP_RECV_PEEK) {
		io->counters.reads++;
		io->counters.read++;
	}
}

/* A slow reader, awake all the same: the wait goes by in udp_io_wait(). */
static bool is_too_early(struct udp_io *io)
{
	if (!io->opts->read_delay_ms)
		return false;
	if (!io->read_at_ms || lab_now_ms() < io->read_at_ms)
		return true;
	io->read_at_ms = 0;
	return false;
}

/* Fills io->batch if there is something to read. */
static void fill_batch(struct udp_io *io)
{
	size_t room = sizeof(io->batch.data);
	ssize_t len = 0;

	if (is_too_early(io))
		return;
	if (io->opts->recv == UDP_RECV_PEEK) {
		len = peek_length(io);
		room = len;
	}
	if (io->opts->read_buffer && io->opts->read_buffer < room)
		room = io->opts->read_buffer;
	if (len >= 0)
		len = read_socket(io, room);
	if (len >= 0) {
		io->has_pending = true;
		count_batch(io);
		return;
	}
	if (len != -EAGAIN && len != -EINTR)
		udp_io_failed(io, "recv", -len);
	if (io->opts->via == UDP_VIA_ZEROCOPY)
		udp_send_drain(io);
}

ssize_t udp_io_recv(struct udp_io *io, const void **out_data,
		    struct lab_addr *out_from)
{
	struct udp_batch *batch = &io->batch;
	size_t len;

	if (udp_io_is_dead(io))
		return -EAGAIN;
	if (!io->has_pending)
		fill_batch(io);
	if (!io->has_pending)
		return -EAGAIN;
	len = batch->len - batch->next;
	if (len > batch->segment)
		len = batch->segment;
	*out_data = batch->data + batch->next;
	*out_from = batch->from;
	batch->next += len;
	io->has_pending = batch->next < batch->len;
	io->num_read++;
	if (io->opts->answer_delay_ms)
		lab_poll(NULL, 0, io->opts->answer_delay_ms);
	return len;
}

void udp_io_wait(struct udp_io *io, uint64_t wait_ms)
{
	struct pollfd pfd = { .fd = io->fd, .events = POLLIN };
	uint64_t now = lab_now_ms();

	if (io->has_pending)
		return;
	if (io->read_at_ms) {
		/* Not on the socket: it is readable, and that would spin. */
		uint64_t left = io->read_at_ms > now ? io->read_at_ms - now : 0;

		lab_poll(NULL, 0, left < wait_ms ? left : wait_ms);
	} else if (lab_poll(&pfd, 1, wait_ms) > 0 && io->opts->read_delay_ms) {
		io->read_at_ms = lab_now_ms() + io->opts->read_delay_ms;
	}
}

bool udp_io_is_dead(const struct udp_io *io)
{
	return io->opts->death != UDP_DEATH_NEVER &&
	       io->num_read >= io->opts->dead_after;
}

/* What media do beside a handshake (RFC 7983): nothing of DTLS. */
static void send_others(const struct udp_io *io, const struct sockaddr_storage *to, socklen_t len)
{
	static const uint8_t stun[20] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42 };
	static const uint8_t rtp[172] = { 0x80 };

	for (uint64_t i = 0; i < io->opts->others; i++) {
		sendto(io->fd, stun, sizeof(stun), 0, (const struct sockaddr *)to, len);
		sendto(io->fd, rtp, sizeof(rtp), 0, (const struct sockaddr *)to, len);
	}
}

/* Read what has come, and say nothing of DTLS. */
static void read_in_silence(struct udp_io *io)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);

	while (recvfrom(io->fd, io->batch.data, sizeof(io->batch.data), 0, (struct sockaddr *)&from, &len) >= 0) {
		send_others(io, &from, len);
		len = sizeof(from);
	}
}

void udp_io_play_dead(struct udp_io *io, uint64_t end_ms)
{
	bool reads_on = io->opts->death == UDP_DEATH_SILENT;
	struct pollfd pfd = { .fd = io->fd, .events = POLLIN };
	uint64_t now;

	if (io->opts->death == UDP_DEATH_CLOSED)
		close_socket(io);
	while (!lab_stopped() && (now = lab_now_ms()) < end_ms) {
		lab_poll(&pfd, reads_on, end_ms - now);
		if (reads_on)
			read_in_silence(io);
	}
}
