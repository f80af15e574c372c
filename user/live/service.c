// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "service.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "analysis.h"
#include "trace_info.h"

#define NS_PER_US 1000
/* Without a watchdog only the status is to be fresh. */
#define STATUS_EVERY_NS UINT64_C(10000000000)
#define MESSAGE_LEN 256

/* A name that begins with @ is in the abstract namespace. Returns -1 if there is none that can be used. */
static int connect_to(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = name ? strlen(name) : 0;
	int fd;

	if (len < 2 || len >= sizeof(address.sun_path) || (*name != '/' && *name != '@'))
		return -1;
	memcpy(address.sun_path, name, len);
	if (*name == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + len)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A manager that does not read must not stop the trace. */
static void tell(const struct service *s, const char *text)
{
	if (s->fd >= 0 && send(s->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

/* WATCHDOG_PID: a parent may have been meant, whose environment we have. 0: no watchdog. */
static uint64_t watchdog_ns(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!us || (pid && strtoul(pid, NULL, 10) != (unsigned long)getpid()))
		return 0;
	return strtoull(us, NULL, 10) * NS_PER_US;
}

void service_begin(struct service *s, const char *hooks, uint64_t now)
{
	uint64_t watchdog = watchdog_ns();
	char text[MESSAGE_LEN];

	*s = (struct service){ .fd = connect_to(getenv("NOTIFY_SOCKET")), .hooks = hooks, .every_ns = STATUS_EVERY_NS, .told_ns = now };
	/* Twice as often as it must be (sd_watchdog_enabled(3)). */
	if (watchdog && watchdog / 2 < s->every_ns)
		s->every_ns = watchdog / 2;
	snprintf(text, sizeof(text), "READY=1\nSTATUS=Tracing with %s hooks", hooks);
	tell(s, text);
}

bool service_is_due(const struct service *s, uint64_t now)
{
	return s->fd >= 0 && now >= s->told_ns + s->every_ns;
}

void service_alive(struct service *s, const struct trace_stats *stats, uint64_t now)
{
	const uint64_t *num = stats->analysis->by_state;
	char text[MESSAGE_LEN];

	snprintf(text, sizeof(text), "WATCHDOG=1\nSTATUS=Tracing with %s hooks; handshakes: %" PRIu64 ", stuck: %" PRIu64 ", failed: %"
		 PRIu64 "; events lost: %" PRIu64, s->hooks, stats->analysis->handshakes, num[HANDSHAKE_STUCK],
		 num[HANDSHAKE_FAILED], counters_lost(stats->counters));
	tell(s, text);
	s->told_ns = now;
}

void service_end(struct service *s)
{
	tell(s, "STOPPING=1");
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
