/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * dgram_bio: an OpenSSL BIO that keeps datagram boundaries, which BIO_s_mem()
 * does not: each write is one datagram and goes to a function of the owner,
 * each read takes one datagram that the owner has put in.
 *
 * Usage: port.send = mine; bio = dgram_bio_new(&port); SSL_set_bio(ssl, bio, bio);
 *	  dgram_port_put(&port, data, len); SSL_do_handshake(ssl);
 */
#ifndef LAB_DGRAM_BIO_H
#define LAB_DGRAM_BIO_H

#include <openssl/bio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dgram {
	struct dgram *next;
	size_t len;
	uint8_t data[];
};

struct dgram_port {
	void (*send)(void *arg, const void *data, size_t len);
	void (*flush)(void *arg);	  /* before each read; may be NULL */
	long (*ctrl)(void *arg, int cmd); /* about the MTU; may be NULL */
	void *arg;
	struct dgram *inbox, **inbox_end;
};

/* Sets the inbox up; @port outlives the BIO. NULL without memory. */
BIO *dgram_bio_new(struct dgram_port *port);
int dgram_port_put(struct dgram_port *port, const void *data, size_t len);
bool dgram_port_is_empty(const struct dgram_port *port);
void dgram_port_clear(struct dgram_port *port);

#endif
