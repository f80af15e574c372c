/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* udp_bio: libssl on a udp_io. Usage: udp_bio.h */
#include <netinet/in.h>

#include "udp_bio.h"

#define OVERHEAD_V4 28 /* of IP and UDP */
#define OVERHEAD_V6 48

static void link_send(void *arg, const void *data, size_t len)
{
	struct udp_bio *link = arg;

	udp_io_send(link->io, link->to, data, len);
}

static void link_flush(void *arg)
{
	struct udp_bio *link = arg;

	udp_io_flush(link->io);
}

static long path_mtu(const struct udp_bio *link, bool is_v6)
{
	int mtu = 0;
	socklen_t len = sizeof(mtu);
	int ret = is_v6 ? getsockopt(link->io->fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &len) :
			  getsockopt(link->io->fd, IPPROTO_IP, IP_MTU, &mtu, &len);

	return ret || mtu < 0 ? 0 : mtu - (is_v6 ? OVERHEAD_V6 : OVERHEAD_V4);
}

/* The answers of BIO_s_datagram(). */
static long link_ctrl(void *arg, int cmd)
{
	const struct udp_bio *link = arg;
	bool is_v6 = link->to->ss.ss_family == AF_INET6;

	switch (cmd) {
	case BIO_CTRL_DGRAM_QUERY_MTU:
		return link->mtu ? (long)link->mtu : path_mtu(link, is_v6);
	case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
		return is_v6 ? OVERHEAD_V6 : OVERHEAD_V4;
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
		/* What every host must take: RFC 791, RFC 8200 s5. */
		return is_v6 ? 1280 - OVERHEAD_V6 : 576 - OVERHEAD_V4;
	default: return 0;
	}
}

BIO *udp_bio_new(struct udp_bio *link, struct udp_io *io,
		 const struct lab_addr *to, uint64_t mtu)
{
	*link = (struct udp_bio){
		.io = io,
		.to = to,
		.mtu = mtu,
		.port = { .send = link_send, .flush = link_flush,
			  .ctrl = link_ctrl, .arg = link },
	};
	return dgram_bio_new(&link->port);
}
