/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* send_shape: every way to hand a payload to the kernel. Usage: send_shape.h */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h> /* <linux/errqueue.h> needs it and does not say so */
#include <unistd.h>

#include <linux/errqueue.h>

#include "send_shape.h"

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

#define PIECES 3
/* The kernel bounds the notes that wait (net.core.optmem_max). */
#define MAX_UNCOMPLETED 16

static const char *const names[SHAPE_NUM] = {
	[SHAPE_LINEAR] = "linear",     [SHAPE_SENDMMSG] = "sendmmsg",
	[SHAPE_MORE] = "more",	       [SHAPE_GSO] = "gso",
	[SHAPE_ZEROCOPY] = "zerocopy", [SHAPE_ZEROCOPY_GSO] = "zerocopy-gso",
	[SHAPE_SPLICE] = "splice",     [SHAPE_SENDFILE] = "sendfile",
};

int send_shape_parse(const char *name)
{
	for (int i = 0; i < SHAPE_NUM; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

const char *send_shape_name(enum send_shape shape)
{
	return names[shape];
}

static bool by_zerocopy(const struct shape_sender *sender)
{
	return sender->shape == SHAPE_ZEROCOPY || sender->shape == SHAPE_ZEROCOPY_GSO;
}

int send_shape_init(struct shape_sender *sender, int fd, enum send_shape shape)
{
	int on = 1;

	*sender = (struct shape_sender){ .fd = fd, .shape = shape, .pipe = { -1, -1 }, .file = -1 };
	if (by_zerocopy(sender) && setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)))
		return -errno;
	if (shape == SHAPE_SPLICE && pipe2(sender->pipe, O_CLOEXEC))
		return -errno;
	if (shape == SHAPE_SENDFILE) {
		sender->file = memfd_create("send_shape", MFD_CLOEXEC);
		if (sender->file < 0)
			return -errno;
	}
	return 0;
}

void send_shape_fini(struct shape_sender *sender)
{
	if (sender->pipe[0] >= 0) {
		close(sender->pipe[0]);
		close(sender->pipe[1]);
	}
	if (sender->file >= 0)
		close(sender->file);
}

static void take_notes(struct shape_sender *sender)
{
	uint8_t control[512] __attribute__((aligned(8)));
	struct sock_extended_err err;
	struct cmsghdr *cmsg;

	for (;;) {
		struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };

		if (recvmsg(sender->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
			if (cmsg->cmsg_len < CMSG_LEN(sizeof(err)))
				continue;
			memcpy(&err, CMSG_DATA(cmsg), sizeof(err));
			if (err.ee_origin == SO_EE_ORIGIN_ZEROCOPY) /* one note tells of a range */
				sender->num_completed += err.ee_data - err.ee_info + 1;
		}
	}
}

/* Until at most @left sends are under way; the kernel reads their memory so long. A second at most. */
static void wait_zerocopy(struct shape_sender *sender, uint64_t left)
{
	struct pollfd pfd = { .fd = sender->fd };

	for (int tries = 0; tries < 100; tries++) {
		take_notes(sender);
		if (sender->num_zerocopy - sender->num_completed <= left)
			return;
		poll(&pfd, 1, 10);
	}
}

static int send_msg(struct shape_sender *sender, const struct msghdr *msg)
{
	int flags = by_zerocopy(sender) ? MSG_ZEROCOPY : 0;
	ssize_t sent = sendmsg(sender->fd, msg, flags);

	if (sent < 0 && errno == ENOBUFS && flags) {
		wait_zerocopy(sender, 0);
		sent = sendmsg(sender->fd, msg, flags);
	}
	if (sent < 0)
		return -errno;
	if (flags && ++sender->num_zerocopy - sender->num_completed > MAX_UNCOMPLETED)
		wait_zerocopy(sender, MAX_UNCOMPLETED / 2);
	return 0;
}

static int send_each(struct shape_sender *sender, const uint8_t *data, size_t len, unsigned int num)
{
	struct iovec iov = { (void *)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int err = 0;

	for (; num && !err; num--) {
		err = send_msg(sender, &msg);
		iov.iov_base = (uint8_t *)iov.iov_base + len;
	}
	return err;
}

static int send_at_once(struct shape_sender *sender, const uint8_t *data, size_t len, unsigned int num)
{
	struct mmsghdr msgs[SHAPE_MAX_BATCH] = { 0 };
	struct iovec iov[SHAPE_MAX_BATCH];
	unsigned int done = 0;

	for (unsigned int i = 0; i < num; i++) {
		iov[i] = (struct iovec){ (void *)(data + i * len), len };
		msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	while (done < num) {
		int ret = sendmmsg(sender->fd, msgs + done, num - done, 0);

		if (ret <= 0)
			return -errno;
		done += ret;
	}
	return 0;
}

static int send_in_pieces(struct shape_sender *sender, const uint8_t *data, size_t len, unsigned int num)
{
	for (; num; num--, data += len)
		for (size_t i = 0; i < PIECES; i++) {
			size_t begin = len * i / PIECES, end = len * (i + 1) / PIECES;

			if (send(sender->fd, data + begin, end - begin, i + 1 < PIECES ? MSG_MORE : 0) < 0)
				return -errno;
		}
	return 0;
}

static int send_segmented(struct shape_sender *sender, const uint8_t *data, size_t len, unsigned int num)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
	} control = { 0 };
	struct iovec iov = { (void *)data, len * num };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	uint16_t segment = len;

	cmsg->cmsg_level = SOL_UDP;
	cmsg->cmsg_type = UDP_SEGMENT;
	cmsg->cmsg_len = CMSG_LEN(sizeof(segment));
	memcpy(CMSG_DATA(cmsg), &segment, sizeof(segment));
	return send_msg(sender, &msg);
}

/* Without SPLICE_F_MORE what is in the pipe becomes one datagram. */
static int send_spliced(struct shape_sender *sender, const uint8_t *data, size_t len, unsigned int num)
{
	for (; num; num--, data += len) {
		struct iovec iov = { (void *)data, len };

		if (vmsplice(sender->pipe[1], &iov, 1, 0) != (ssize_t)len ||
		    splice(sender->pipe[0], NULL, sender->fd, NULL, len, 0) != (ssize_t)len)
			return errno ? -errno : -EIO;
	}
	return 0;
}

static int send_file(struct shape_sender *sender, const uint8_t *data, size_t len, unsigned int num)
{
	off_t off = 0;

	if (pwrite(sender->file, data, len * num, 0) != (ssize_t)(len * num))
		return errno ? -errno : -EIO;
	for (; num; num--)
		if (sendfile(sender->fd, sender->file, &off, len) != (ssize_t)len)
			return errno ? -errno : -EIO;
	return 0;
}

int send_shape_send(struct shape_sender *sender, const uint8_t *data, size_t len, unsigned int num)
{
	static int (*const table[SHAPE_NUM])(struct shape_sender *, const uint8_t *, size_t, unsigned int) = {
		[SHAPE_LINEAR] = send_each,	   [SHAPE_SENDMMSG] = send_at_once,
		[SHAPE_MORE] = send_in_pieces,	   [SHAPE_GSO] = send_segmented,
		[SHAPE_ZEROCOPY] = send_each,	   [SHAPE_ZEROCOPY_GSO] = send_segmented,
		[SHAPE_SPLICE] = send_spliced,	   [SHAPE_SENDFILE] = send_file,
	};
	int err;

	if (num > SHAPE_MAX_BATCH || len * num > SHAPE_MAX_BYTES)
		return -EMSGSIZE;
	errno = 0;
	err = table[sender->shape](sender, data, len, num);
	if (by_zerocopy(sender))
		wait_zerocopy(sender, 0);
	return err;
}
