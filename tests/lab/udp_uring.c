/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * udp_uring: a flight by IORING_OP_SENDMSG. Usage: udp_send.h
 *
 * Without liburing (a cross compiler often has none) it builds all the same
 * and refuses when it is asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "udp_send.h"

#ifdef HAVE_LIBURING
#include <liburing.h>

struct udp_uring {
	struct io_uring ring;
	struct msghdr msgs[UDP_FLIGHT_MAX];
	struct iovec iovs[UDP_FLIGHT_MAX];
};

int udp_uring_probe(void)
{
	struct io_uring ring;
	int ret = io_uring_queue_init(1, &ring, 0);

	if (!ret)
		io_uring_queue_exit(&ring);
	return ret;
}

int udp_uring_setup(struct udp_io *io)
{
	struct udp_uring *uring = calloc(1, sizeof(*uring));
	int ret;

	if (!uring)
		return -ENOMEM;
	ret = io_uring_queue_init(UDP_FLIGHT_MAX, &uring->ring, 0);
	if (ret) {
		free(uring);
		return ret;
	}
	io->uring = uring;
	return 0;
}

void udp_uring_cleanup(struct udp_io *io)
{
	if (io->uring)
		io_uring_queue_exit(&io->uring->ring);
	free(io->uring);
	io->uring = NULL;
}

/* Chained, so that they leave in this order; a hard link survives an error. */
static void queue_flight(struct udp_io *io, struct udp_uring *uring)
{
	unsigned int num = io->flight.num;
	size_t offset = 0;

	for (unsigned int i = 0; i < num; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);

		uring->msgs[i] = udp_flight_msg(io, &uring->iovs[i], offset,
						io->flight.len[i]);
		io_uring_prep_sendmsg(sqe, io->fd, &uring->msgs[i], 0);
		if (i + 1 < num)
			sqe->flags |= IOSQE_IO_HARDLINK;
		offset += io->flight.len[i];
	}
}

void udp_uring_send(struct udp_io *io)
{
	struct udp_uring *uring = io->uring;
	unsigned int num = io->flight.num;
	struct io_uring_cqe *cqe;
	int ret;

	queue_flight(io, uring);
	ret = io_uring_submit(&uring->ring);
	if (ret < 0) {
		udp_io_failed(io, "io_uring_submit", -ret);
		return;
	}
	io->counters.sends++;
	while (num > 0) {
		ret = io_uring_wait_cqe(&uring->ring, &cqe);
		if (ret == -EINTR)
			continue;
		if (ret < 0) {
			udp_io_failed(io, "io_uring_wait_cqe", -ret);
			return;
		}
		if (cqe->res < 0)
			udp_io_failed(io, "send", -cqe->res);
		else
			io->counters.sent++;
		io_uring_cqe_seen(&uring->ring, cqe);
		num--;
	}
}

#else

int udp_uring_probe(void)
{
	return -ENOSYS;
}

int udp_uring_setup(struct udp_io *io)
{
	(void)io;
	return -ENOSYS;
}

void udp_uring_cleanup(struct udp_io *io)
{
	(void)io;
}

void udp_uring_send(struct udp_io *io)
{
	(void)io;
}

#endif
