/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* dgram_bio: a BIO that keeps datagram boundaries. Usage: dgram_bio.h */
#include <stdlib.h>
#include <string.h>

#include "dgram_bio.h"

int dgram_port_put(struct dgram_port *port, const void *data, size_t len)
{
	struct dgram *dgram = malloc(sizeof(*dgram) + len);

	if (!dgram)
		return -1;
	dgram->next = NULL;
	dgram->len = len;
	memcpy(dgram->data, data, len);
	*port->inbox_end = dgram;
	port->inbox_end = &dgram->next;
	return 0;
}

bool dgram_port_is_empty(const struct dgram_port *port)
{
	return !port->inbox;
}

static struct dgram *port_take(struct dgram_port *port)
{
	struct dgram *dgram = port->inbox;

	if (dgram) {
		port->inbox = dgram->next;
		if (!port->inbox)
			port->inbox_end = &port->inbox;
	}
	return dgram;
}

void dgram_port_clear(struct dgram_port *port)
{
	struct dgram *dgram;

	while ((dgram = port_take(port)))
		free(dgram);
}

static int bio_write(BIO *bio, const char *data, int len)
{
	struct dgram_port *port = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	port->send(port->arg, data, len);
	return len;
}

static int bio_read(BIO *bio, char *buf, int buf_len)
{
	struct dgram_port *port = BIO_get_data(bio);
	struct dgram *dgram = port_take(port);
	int len;

	if (port->flush)
		port->flush(port->arg);
	BIO_clear_retry_flags(bio);
	if (!dgram) {
		BIO_set_retry_read(bio);
		return -1;
	}
	/* As recv() does: what does not fit is lost. */
	len = dgram->len < (size_t)buf_len ? (int)dgram->len : buf_len;
	memcpy(buf, dgram->data, len);
	free(dgram);
	return len;
}

/*
 * libssl asks a BIO under DTLS for its MTU and tells it the timeout; without
 * ctrl the MTU must be set (SSL_OP_NO_QUERY_MTU), and nothing ever blocks. It
 * flushes after every datagram that is full, so that says nothing of flights.
 */
static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	struct dgram_port *port = BIO_get_data(bio);

	(void)num;
	(void)ptr;
	if (cmd == BIO_CTRL_FLUSH)
		return 1;
	return port->ctrl ? port->ctrl(port->arg, cmd) : 0;
}

static const BIO_METHOD *port_method(void)
{
	static BIO_METHOD *method;

	if (method)
		return method;
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
			      "datagram port");
	if (!method)
		return NULL;
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_ctrl(method, bio_ctrl);
	return method;
}

BIO *dgram_bio_new(struct dgram_port *port)
{
	const BIO_METHOD *method = port_method();
	BIO *bio = method ? BIO_new(method) : NULL;

	if (!bio)
		return NULL;
	port->inbox = NULL;
	port->inbox_end = &port->inbox;
	BIO_set_data(bio, port);
	BIO_set_init(bio, 1);
	return bio;
}
