/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* udp_send: the ways to send a flight. Usage: udp_send.h */
#include <errno.h>
#include <time.h> /* <linux/errqueue.h> needs it and does not say so */
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "udp_send.h"

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

#define CORK_PIECES 3
#define ZEROCOPY_WAIT_MS 1000

struct msghdr udp_flight_msg(struct udp_io *io, struct iovec *iov,
			     size_t offset, size_t len)
{
	struct udp_flight *flight = &io->flight;

	*iov = (struct iovec){ flight->data + offset, len };
	return (struct msghdr){
		.msg_name = io->is_connected ? NULL : &flight->to.ss,
		.msg_namelen = io->is_connected ? 0 : flight->to.len,
		.msg_iov = iov,
		.msg_iovlen = 1,
	};
}

/* One piece of the flight by sendmsg(); true if it went out. */
static bool send_piece(struct udp_io *io, size_t offset, size_t len, int flags)
{
	struct iovec iov;
	struct msghdr msg = udp_flight_msg(io, &iov, offset, len);

	if (sendmsg(io->send_fd, &msg, flags) >= 0)
		return true;
	udp_io_failed(io, "send", errno);
	return false;
}

static void send_plain(struct udp_io *io)
{
	size_t offset = 0;

	for (unsigned int i = 0; i < io->flight.num; i++) {
		send_piece(io, offset, io->flight.len[i], 0);
		offset += io->flight.len[i];
	}
}

static void send_by_sendmmsg(struct udp_io *io)
{
	struct mmsghdr msgs[UDP_FLIGHT_MAX] = { 0 };
	struct iovec iovs[UDP_FLIGHT_MAX];
	unsigned int num = io->flight.num, i;
	size_t offset = 0;
	int ret;

	for (i = 0; i < num; i++) {
		msgs[i].msg_hdr = udp_flight_msg(io, &iovs[i], offset,
						 io->flight.len[i]);
		offset += io->flight.len[i];
	}
	/* It stops at a datagram that fails, and tells why the next time. */
	for (i = 0; i < num; i += ret > 0 ? ret : 1) {
		ret = sendmmsg(io->fd, msgs + i, num - i, 0);
		if (ret > 0) {
			io->counters.sends++;
			io->counters.sent += ret;
		} else {
			udp_io_failed(io, "send", errno);
		}
	}
}

static void set_cork(struct udp_io *io, int on)
{
	if (setsockopt(io->fd, SOL_UDP, UDP_CORK, &on, sizeof(on)))
		udp_io_failed(io, "UDP_CORK", errno);
}

static void send_corked(struct udp_io *io, size_t offset, size_t len)
{
	bool is_good = true;

	set_cork(io, 1);
	for (size_t i = 0; i < CORK_PIECES && is_good; i++) {
		size_t begin = len * i / CORK_PIECES;
		size_t end = len * (i + 1) / CORK_PIECES;

		is_good = send_piece(io, offset + begin, end - begin, 0);
	}
	/* Of a failed piece the kernel has thrown the earlier ones away. */
	set_cork(io, 0);
	io->counters.sends += is_good;
	io->counters.sent += is_good;
}

static void send_by_cork(struct udp_io *io)
{
	size_t offset = 0;

	for (unsigned int i = 0; i < io->flight.num; i++) {
		send_corked(io, offset, io->flight.len[i]);
		offset += io->flight.len[i];
	}
}

static bool is_zerocopy_note(const struct cmsghdr *cmsg)
{
	return (cmsg->cmsg_level == SOL_IP && cmsg->cmsg_type == IP_RECVERR) ||
	       (cmsg->cmsg_level == SOL_IPV6 && cmsg->cmsg_type == IPV6_RECVERR);
}

void udp_send_drain(struct udp_io *io)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[512];
	} control;
	struct sock_extended_err err;
	struct cmsghdr *cmsg;

	for (;;) {
		struct msghdr msg = { .msg_control = control.bytes,
				      .msg_controllen = sizeof(control) };

		if (recvmsg(io->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
			if (!is_zerocopy_note(cmsg))
				continue;
			memcpy(&err, CMSG_DATA(cmsg), sizeof(err));
			/* One note tells of a range of sends. */
			if (err.ee_origin == SO_EE_ORIGIN_ZEROCOPY)
				io->counters.zerocopies += err.ee_data - err.ee_info + 1;
		}
	}
}

/* The kernel still reads the flight until it has told that all is done. */
static void wait_zerocopy(struct udp_io *io)
{
	uint64_t end_ms = lab_now_ms() + ZEROCOPY_WAIT_MS;
	struct pollfd pfd = { .fd = io->fd };
	socklen_t len;
	int error;

	for (;;) {
		udp_send_drain(io);
		if (io->counters.zerocopies >= io->counters.sends)
			return;
		if (lab_now_ms() >= end_ms) {
			udp_io_failed(io, "zerocopy completion", ETIMEDOUT);
			return;
		}
		/* An error of the socket is not on the queue; poll() would spin. */
		len = sizeof(error);
		if (lab_poll(&pfd, 1, 10) > 0 &&
		    !getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &len) && error)
			udp_io_failed(io, "send", error);
	}
}

static void send_by_zerocopy(struct udp_io *io)
{
	size_t offset = 0;

	for (unsigned int i = 0; i < io->flight.num; i++) {
		bool is_good = send_piece(io, offset, io->flight.len[i], MSG_ZEROCOPY);

		io->counters.sends += is_good;
		io->counters.sent += is_good;
		offset += io->flight.len[i];
	}
	wait_zerocopy(io);
}

/* @num datagrams of @segment bytes, of which the last may be shorter. */
static void send_segmented(struct udp_io *io, size_t offset, size_t len,
			   uint16_t segment, unsigned int num)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
	} control = { 0 };
	struct iovec iov;
	struct msghdr msg = udp_flight_msg(io, &iov, offset, len);
	struct cmsghdr *cmsg;

	msg.msg_control = control.bytes;
	msg.msg_controllen = sizeof(control.bytes);
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_UDP;
	cmsg->cmsg_type = UDP_SEGMENT;
	cmsg->cmsg_len = CMSG_LEN(sizeof(segment));
	memcpy(CMSG_DATA(cmsg), &segment, sizeof(segment));
	if (sendmsg(io->fd, &msg, 0) < 0) {
		udp_io_failed(io, "send", errno);
		return;
	}
	io->counters.sends++;
	io->counters.sent += num;
}

/* How many datagrams from @first on one sendmsg() can carry. */
static unsigned int gso_run(const struct udp_flight *flight, unsigned int first)
{
	unsigned int end = first + 1;

	while (end < flight->num && flight->len[end] <= flight->len[first]) {
		end++;
		if (flight->len[end - 1] < flight->len[first])
			break;
	}
	return end - first;
}

static void send_by_gso(struct udp_io *io)
{
	const struct udp_flight *flight = &io->flight;
	unsigned int num, first;
	size_t offset = 0, len;

	for (first = 0; first < flight->num; first += num, offset += len) {
		num = gso_run(flight, first);
		len = (num - 1) * flight->len[first] + flight->len[first + num - 1];
		if (num == 1)
			send_piece(io, offset, len, 0);
		else
			send_segmented(io, offset, len, flight->len[first], num);
	}
}

static const struct {
	const char *name;
	void (*send)(struct udp_io *io);
} via_table[UDP_VIA_NUM] = {
	[UDP_VIA_PLAIN] = { "plain", send_plain },
	[UDP_VIA_SENDMMSG] = { "sendmmsg", send_by_sendmmsg },
	[UDP_VIA_IO_URING] = { "io_uring", udp_uring_send },
	[UDP_VIA_CORK] = { "cork", send_by_cork },
	[UDP_VIA_ZEROCOPY] = { "zerocopy", send_by_zerocopy },
	[UDP_VIA_GSO] = { "gso", send_by_gso },
};

int udp_via_parse(const char *name)
{
	for (int i = 0; i < UDP_VIA_NUM; i++)
		if (!strcmp(via_table[i].name, name))
			return i;
	return -1;
}

const char *udp_via_name(enum udp_via via)
{
	return via_table[via].name;
}

int udp_send_setup(struct udp_io *io)
{
	int on = 1;

	if (io->opts->via == UDP_VIA_ZEROCOPY &&
	    setsockopt(io->fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)))
		return -errno;
	return io->opts->via == UDP_VIA_IO_URING ? udp_uring_setup(io) : 0;
}

void udp_send_cleanup(struct udp_io *io)
{
	udp_uring_cleanup(io);
}

void udp_send_flight(struct udp_io *io)
{
	via_table[io->opts->via].send(io);
}
