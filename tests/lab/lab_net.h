/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * lab_net: what every program of the test laboratory needs from the system:
 * addresses as text, UDP sockets, a monotonic clock, and a clean end on
 * SIGTERM. No DTLS and no OpenSSL in here.
 *
 * Usage: lab_stop_init() first, then loop on lab_poll() until lab_stopped().
 */
#ifndef LAB_NET_H
#define LAB_NET_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define LAB_ADDR_STRLEN 64
#define LAB_DATAGRAM_MAX 65535
#define LAB_EXIT_USAGE 2

struct lab_addr {
	struct sockaddr_storage ss;
	socklen_t len;
};

/* "127.0.0.1:4444" or "[::1]:4444", numeric only; 0 or -EINVAL. */
int lab_addr_parse(struct lab_addr *out_addr, const char *text);
const char *lab_addr_format(char buf[LAB_ADDR_STRLEN],
			    const struct lab_addr *addr);
bool lab_addr_equal(const struct lab_addr *a, const struct lab_addr *b);
uint16_t lab_addr_port(const struct lab_addr *addr);

/* Non-blocking sockets; a file descriptor or -errno. @from may be NULL. */
int lab_udp_bind(const struct lab_addr *addr);
/*
 * Of two sockets bound so to one address the first gets each datagram that
 * begins a handshake message, or none, and the second the later fragments: as
 * a server does that gives each client a socket of its own while the rest of
 * its ClientHello is still on the way.
 */
int lab_udp_bind_split(const struct lab_addr *addr);
int lab_udp_connect(const struct lab_addr *to, const struct lab_addr *from);
/* Of a socket that came from elsewhere, at descriptor @fd: the same. */
int lab_udp_adopt(uint64_t fd);
int lab_udp_local(struct lab_addr *out_addr, int fd);

/* Decimal text in [min, max]; 0 or -EINVAL. */
int lab_parse_uint(uint64_t *out_value, const char *text, uint64_t min,
		   uint64_t max);
/* "30" or "0.5" seconds, in milliseconds; 0 or -EINVAL. */
int lab_parse_seconds(uint64_t *out_ms, const char *text);

uint64_t lab_now_ms(void);

/*
 * SIGTERM and SIGINT stay blocked except while lab_poll() sleeps, so that a
 * signal is never lost between the look at lab_stopped() and the sleep.
 */
void lab_stop_init(void);
bool lab_stopped(void);
int lab_poll(struct pollfd *fds, nfds_t num_fds, uint64_t timeout_ms);

#endif
