/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lab_net: addresses, UDP sockets, clock and stop signal. Usage: lab_net.h */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lab_net.h"

static volatile sig_atomic_t stop_requested;
static sigset_t poll_mask;

/* Splits at the last colon, and takes the brackets off an IPv6 address. */
static int addr_split(char host[LAB_ADDR_STRLEN], const char **out_port,
		      const char *text)
{
	const char *colon = strrchr(text, ':');
	const char *start = text, *end = colon;

	if (!colon || colon == text)
		return -EINVAL;
	if (*text == '[') {
		if (colon[-1] != ']')
			return -EINVAL;
		start++;
		end--;
	} else if (memchr(text, ':', colon - text)) {
		return -EINVAL;
	}
	if (end <= start || end - start >= LAB_ADDR_STRLEN)
		return -EINVAL;
	memcpy(host, start, end - start);
	host[end - start] = '\0';
	*out_port = colon + 1;
	return 0;
}

int lab_addr_parse(struct lab_addr *out_addr, const char *text)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_DGRAM,
	};
	char host[LAB_ADDR_STRLEN];
	struct addrinfo *found;
	const char *port;
	uint64_t number;

	if (addr_split(host, &port, text) ||
	    lab_parse_uint(&number, port, 0, UINT16_MAX) ||
	    getaddrinfo(host, port, &hints, &found))
		return -EINVAL;
	memset(out_addr, 0, sizeof(*out_addr));
	memcpy(&out_addr->ss, found->ai_addr, found->ai_addrlen);
	out_addr->len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

const char *lab_addr_format(char buf[LAB_ADDR_STRLEN],
			    const struct lab_addr *addr)
{
	bool is_v6 = addr->ss.ss_family == AF_INET6;
	char host[LAB_ADDR_STRLEN - 10];

	if (getnameinfo((const struct sockaddr *)&addr->ss, addr->len, host,
			sizeof(host), NULL, 0, NI_NUMERICHOST))
		strcpy(host, "?");
	snprintf(buf, LAB_ADDR_STRLEN, is_v6 ? "[%s]:%u" : "%s:%u", host,
		 lab_addr_port(addr));
	return buf;
}

uint16_t lab_addr_port(const struct lab_addr *addr)
{
	if (addr->ss.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)&addr->ss)->sin6_port);
	return ntohs(((const struct sockaddr_in *)&addr->ss)->sin_port);
}

bool lab_addr_equal(const struct lab_addr *a, const struct lab_addr *b)
{
	if (a->ss.ss_family != b->ss.ss_family ||
	    lab_addr_port(a) != lab_addr_port(b))
		return false;
	if (a->ss.ss_family == AF_INET6)
		return !memcmp(&((const struct sockaddr_in6 *)&a->ss)->sin6_addr,
			       &((const struct sockaddr_in6 *)&b->ss)->sin6_addr,
			       sizeof(struct in6_addr));
	return ((const struct sockaddr_in *)&a->ss)->sin_addr.s_addr ==
	       ((const struct sockaddr_in *)&b->ss)->sin_addr.s_addr;
}

static int udp_socket(const struct lab_addr *addr)
{
	int fd = socket(addr->ss.ss_family,
			SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int lab_udp_bind(const struct lab_addr *addr)
{
	int fd = udp_socket(addr);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&addr->ss, addr->len)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* SO_REUSEPORT's program sees the payload, and gives the place in the group. */
static int split_by_fragment(int fd)
{
	enum { LEN_MIN = 25, MSG_TYPE = 0, FRAGMENT_OFFSET = 13 + 6 };
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, LEN_MIN, 0, 7),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, MSG_TYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 22, 0, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, FRAGMENT_OFFSET),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0, 2, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FRAGMENT_OFFSET + 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { sizeof(insns) / sizeof(insns[0]), insns };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog,
			  sizeof(prog)) ? -errno : 0;
}

int lab_udp_bind_split(const struct lab_addr *addr)
{
	int fd = udp_socket(addr), on = 1, ret = 0;

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) ||
	    bind(fd, (const struct sockaddr *)&addr->ss, addr->len))
		ret = -errno;
	if (!ret)
		ret = split_by_fragment(fd);
	if (ret)
		close(fd);
	return ret ? ret : fd;
}

int lab_udp_connect(const struct lab_addr *to, const struct lab_addr *from)
{
	int fd = from ? lab_udp_bind(from) : udp_socket(to);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to->ss, to->len)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

int lab_udp_adopt(uint64_t fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return -errno;
	return fd;
}

int lab_udp_local(struct lab_addr *out_addr, int fd)
{
	memset(out_addr, 0, sizeof(*out_addr));
	out_addr->len = sizeof(out_addr->ss);
	if (getsockname(fd, (struct sockaddr *)&out_addr->ss, &out_addr->len))
		return -errno;
	return 0;
}

int lab_parse_uint(uint64_t *out_value, const char *text, uint64_t min,
		   uint64_t max)
{
	unsigned long long value;
	char *end;

	/* strtoull() would take "-1" and " 1". */
	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || value < min || value > max)
		return -EINVAL;
	*out_value = value;
	return 0;
}

int lab_parse_seconds(uint64_t *out_ms, const char *text)
{
	double seconds;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	seconds = strtod(text, &end);
	if (*end || !(seconds >= 0 && seconds <= 86400))
		return -EINVAL;
	*out_ms = (uint64_t)(seconds * 1000);
	return 0;
}

uint64_t lab_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void on_stop_signal(int signo)
{
	(void)signo;
	stop_requested = 1;
}

void lab_stop_init(void)
{
	struct sigaction action = { .sa_handler = on_stop_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &poll_mask);
	sigdelset(&poll_mask, SIGTERM);
	sigdelset(&poll_mask, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

bool lab_stopped(void)
{
	sigset_t pending;

	/* Counts a signal that waits although no lab_poll() has slept since. */
	return stop_requested ||
	       (!sigpending(&pending) && (sigismember(&pending, SIGTERM) == 1 ||
					  sigismember(&pending, SIGINT) == 1));
}

int lab_poll(struct pollfd *fds, nfds_t num_fds, uint64_t timeout_ms)
{
	struct timespec ts = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000,
	};
	int ret = ppoll(fds, num_fds, &ts, &poll_mask);

	return ret < 0 ? -errno : ret;
}
