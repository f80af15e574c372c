/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* peer_link: one client at a time. Usage: peer_link.h */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "peer_link.h"

int link_connect(struct peer_link *link, const struct lab_addr *to,
		 const struct lab_addr *from)
{
	link->client.len = 0;
	link->follows = false;
	link->fd = lab_udp_connect(to, from);
	return link->fd < 0 ? link->fd : 0;
}

int link_listen(struct peer_link *link, const struct lab_addr *addr)
{
	char text[LAB_ADDR_STRLEN];
	struct lab_addr local;

	link->fd = lab_udp_bind(addr);
	if (link->fd < 0)
		return link->fd;
	lab_udp_local(&local, link->fd);
	printf("ready %s\n", lab_addr_format(text, &local));
	fflush(stdout);
	return 0;
}

/* Who sent the datagram that is next to be read? -EAGAIN: there is none. */
static int next_sender(const struct peer_link *link, struct lab_addr *out_from)
{
	char byte;

	out_from->len = sizeof(out_from->ss);
	if (recvfrom(link->fd, &byte, sizeof(byte), MSG_PEEK,
		     (struct sockaddr *)&out_from->ss, &out_from->len) < 0)
		return -EAGAIN;
	return 0;
}

bool link_accept(struct peer_link *link, uint64_t end_ms)
{
	struct pollfd pfd = { .fd = link->fd, .events = POLLIN };
	uint64_t now;

	while (!lab_stopped() && (now = lab_now_ms()) < end_ms) {
		if (lab_poll(&pfd, 1, end_ms - now) > 0 &&
		    !next_sender(link, &link->client))
			return true;
	}
	return false;
}

ssize_t link_recv(struct peer_link *link, void *buf, size_t len)
{
	struct lab_addr from;
	ssize_t got;

	if (link->client.len && next_sender(link, &from))
		return -EAGAIN;
	if (link->client.len && !lab_addr_equal(&from, &link->client)) {
		if (!link->follows)
			return -ECONNRESET;
		link->client = from;
	}
	got = recv(link->fd, buf, len, 0);
	return got < 0 ? -EAGAIN : got;
}

void link_send(struct peer_link *link, const void *data, size_t len)
{
	const struct sockaddr *to = (const struct sockaddr *)&link->client.ss;

	if (sendto(link->fd, data, len, 0, link->client.len ? to : NULL,
		   link->client.len) < 0)
		fprintf(stderr, "%s: send: %m\n", program_invocation_short_name);
}
