/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * udp_bio: what libssl sends goes out by a udp_io, to one address; what it
 * reads is put in by the program, which knows who sent it.
 *
 * Usage: SSL_set_bio(ssl, bio = udp_bio_new(&link, &io, &addr, 0), bio);
 *	  dgram_port_put(&link.port, data, len); SSL_do_handshake(ssl);
 *	  udp_io_flush(&io); ... SSL_free(ssl); dgram_port_clear(&link.port);
 */
#ifndef LAB_UDP_BIO_H
#define LAB_UDP_BIO_H

#include "dgram_bio.h"
#include "udp_io.h"

struct udp_bio {
	struct udp_io *io;
	const struct lab_addr *to;
	uint64_t mtu;
	struct dgram_port port;
};

/*
 * The pointers outlive the BIO. @mtu is the answer when libssl asks for it, 0:
 * what the socket says. (SSL_set_mtu() does not do: without
 * SSL_OP_NO_QUERY_MTU dtls1_clear() forgets it as the handshake starts.)
 * NULL without memory.
 */
BIO *udp_bio_new(struct udp_bio *link, struct udp_io *io,
		 const struct lab_addr *to, uint64_t mtu);

#endif
