// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "metrics_http.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "library.h"
#include "message.h"

#define FUNCTIONS(F) \
	F(add_connection) F(add_response_header) F(create_response_from_buffer) F(destroy_response) \
	F(get_connection_info) F(get_version) F(queue_response) F(run) F(start_daemon) F(stop_daemon)
#define POINTER(name) __typeof__(MHD_##name) *name;
#define LINKED(name) LIBRARY_LINKED(MHD_##name)
#define NAME(name) "MHD_" #name,

static struct { FUNCTIONS(POINTER) } mhd = { FUNCTIONS(LINKED) };

static struct library library = {
	.title = "libmicrohttpd", .package = "libmicrohttpd12", .pointers = &mhd,
	.files = (const char *const[]){ "libmicrohttpd.so.12", NULL },
	.functions = (const char *const[]){ FUNCTIONS(NAME) NULL },
};

/* So many connections at a time; for one more, the oldest is closed. */
#define MAX_CONNECTIONS METRICS_HTTP_CONNECTIONS
/* Taken in by one call: so few that a connection is served in this call and in the next one before it can be the oldest. */
#define MAX_ACCEPTED (MAX_CONNECTIONS / 2)
/* Those that were shut down are gone only after the call. */
#define PLACES METRICS_HTTP_FILES
/* A client has this long to ask and to read the answer, however many bytes it sends meanwhile. */
#define LIFE_S 5
/* Of one connection, for its request. */
#define MEMORY 8192
/* Calls in less time do nothing. */
#define PAUSE_NS UINT64_C(20000000)
#define OLD_NS UINT64_C(1000000000)
#define NS_PER_SECOND UINT64_C(1000000000)
/* For a request that has arrived: one turn reads it, and one or two write the answer. */
#define TURNS 3

#define DEFAULT_ADDRESS "127.0.0.1"
/* With the name of an interface: fe80::1%eth0. */
#define MAX_HOST (INET6_ADDRSTRLEN + IFNAMSIZ)

struct connection {
	int fd;			/* libmicrohttpd's; -1: the place is free */
	uint64_t since_ns;
	bool is_over;		/* it was shut down */
};

struct metrics_http {
	int listener;
	struct MHD_Daemon *daemon;
	struct connection connections[PLACES];
	uint32_t num, num_over;	/* connections, and those of them that were shut down */
	uint64_t now, called_ns, text_ns;
	struct MHD_Response *text;	/* NULL: none */
};

/* --- the address --- */

bool metrics_address_parse(struct metrics_address *out, const char *text)
{
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	bool is_ipv6 = colon && text[0] == '[' && colon[-1] == ']';
	char host[MAX_HOST] = DEFAULT_ADDRESS;
	size_t len = colon ? (size_t)(colon - text) - 2 * is_ipv6 : 0;
	struct addrinfo *found;

	if (!*port || port[strspn(port, "0123456789")] || strlen(port) > 5 || atoi(port) < 1 || atoi(port) > UINT16_MAX)
		return false;
	if (colon && (!len || len >= sizeof(host)))
		return false;
	if (colon)
		snprintf(host, sizeof(host), "%.*s", (int)len, text + is_ipv6);
	if (getaddrinfo(host, port, &hints, &found))
		return false;
	/* Without brackets, it is not clear where an address of IPv6 ends. */
	if (is_ipv6 == (found->ai_family == AF_INET6)) {
		memcpy(&out->socket, found->ai_addr, found->ai_addrlen);
		out->len = found->ai_addrlen;
		out->text = text;
	}
	freeaddrinfo(found);
	return out->len;
}

static void say_why(const char *text, int error)
{
	switch (error) {
	case EADDRINUSE:
		message_error("--metrics-listen %s: another program listens there: choose another port", text);
		break;
	case EADDRNOTAVAIL:
		message_error("--metrics-listen %s: this host does not have this address", text);
		break;
	case EACCES:
		message_error("--metrics-listen %s: not permitted without privileges, which dtlsnoop gives up: choose a port from 1024 on", text);
		break;
	default:
		message_error("--metrics-listen %s: %s", text, strerror(error));
	}
}

/* Returns a socket, or -1 with errno. */
static int listen_at(const struct metrics_address *address)
{
	int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, error;

	if (fd < 0)
		return -1;
	/* Connections of an earlier trace may linger. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, (const struct sockaddr *)&address->socket, address->len) && !listen(fd, MAX_CONNECTIONS))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* --- requests --- */

static struct MHD_Response *make_response(char *text, size_t len, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = mhd.create_response_from_buffer(len, text, mode);

	if (!response)
		return NULL;
	mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
	/* Names in it are chosen by others: a browser shall not take it for anything else. */
	mhd.add_response_header(response, "X-Content-Type-Options", "nosniff");
	/* One answer for a connection: idle ones would keep places. */
	mhd.add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	return response;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
	struct MHD_Response *response = make_response((char *)text, strlen(text), MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = mhd.queue_response(connection, status, response);
	mhd.destroy_response(response);
	return result;
}

static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
			      const char *version, const char *upload, size_t *upload_len, void **own)
{
	const struct metrics_http *http = ctx;

	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are allowed\n");
	if (strcmp(url, "/metrics"))
		return refuse(connection, MHD_HTTP_NOT_FOUND, "the metrics are at /metrics\n");
	if (!http->text)
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
	return mhd.queue_response(connection, MHD_HTTP_OK, http->text);
}

/* --- connections --- */

static struct connection *place_of(struct metrics_http *http, int fd)
{
	for (int i = 0; i < PLACES; i++)
		if (http->connections[i].fd == fd)
			return &http->connections[i];
	return NULL;
}

/* The descriptor may mean another file after this. */
static void note_end(void *ctx, struct MHD_Connection *connection, void **own, enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info = mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct metrics_http *http = ctx;
	struct connection *c = info && code == MHD_CONNECTION_NOTIFY_CLOSED ? place_of(http, info->connect_fd) : NULL;

	if (!c)
		return;
	http->num--;
	http->num_over -= c->is_over;
	c->fd = -1;
}

/* libmicrohttpd closes it when it finds that nothing comes any more. */
static void shut(struct metrics_http *http, struct connection *c)
{
	shutdown(c->fd, SHUT_RDWR);
	c->is_over = true;
	http->num_over++;
}

static struct connection *oldest(struct metrics_http *http)
{
	struct connection *found = NULL;

	for (struct connection *c = http->connections; c < http->connections + PLACES; c++)
		if (c->fd >= 0 && !c->is_over && (!found || c->since_ns < found->since_ns))
			found = c;
	return found;
}

static void take(struct metrics_http *http, int fd, const struct sockaddr *from, socklen_t len)
{
	struct connection *c = place_of(http, -1);

	*c = (struct connection){ .fd = fd, .since_ns = http->now };
	http->num++;
	/* If it fails, the descriptor is closed, and note_end() was called or not. */
	if (mhd.add_connection(http->daemon, fd, from, len) == MHD_YES || c->fd != fd)
		return;
	c->fd = -1;
	http->num--;
}

bool metrics_http_is_wanted(struct metrics_http *http, uint64_t now)
{
	struct sockaddr_storage from;
	struct connection *c;
	socklen_t len;
	int fd;

	if (http->called_ns && now < http->called_ns + PAUSE_NS)
		return false;
	http->called_ns = http->now = now;
	for (c = http->connections; c < http->connections + PLACES; c++)
		if (c->fd >= 0 && !c->is_over && now >= c->since_ns + LIFE_S * NS_PER_SECOND)
			shut(http, c);
	for (int i = 0; i < MAX_ACCEPTED && http->num < PLACES; i++) {
		len = sizeof(from);
		fd = accept4(http->listener, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			break;
		take(http, fd, (struct sockaddr *)&from, len);
		if (http->num - http->num_over > MAX_CONNECTIONS)
			shut(http, oldest(http));
	}
	return http->num;
}

bool metrics_http_is_old(const struct metrics_http *http, uint64_t now)
{
	return !http->text || now >= http->text_ns + OLD_NS;
}

void metrics_http_update(struct metrics_http *http, char *text, size_t len, uint64_t now)
{
	if (http->text)
		mhd.destroy_response(http->text);
	http->text = text ? make_response(text, len, MHD_RESPMEM_MUST_FREE) : NULL;
	if (!http->text)
		free(text);
	http->text_ns = now;
}

void metrics_http_serve(struct metrics_http *http)
{
	for (int i = 0; i < TURNS && http->num; i++)
		mhd.run(http->daemon);
}

struct metrics_http *metrics_http_new(const struct metrics_address *address)
{
	struct metrics_http *http = library_load(&library, "--metrics-listen") ? calloc(1, sizeof(*http)) : NULL;

	if (!http) {
		if (library.is_loaded)
			message_error("out of memory");
		return NULL;
	}
	for (int i = 0; i < PLACES; i++)
		http->connections[i].fd = -1;
	http->listener = listen_at(address);
	if (http->listener < 0) {
		say_why(address->text, errno);
		metrics_http_free(http);
		return NULL;
	}
	http->daemon = mhd.start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, answer, http,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)PLACES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)LIFE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_NOTIFY_CONNECTION, note_end, http, MHD_OPTION_END);
	if (http->daemon)
		return http;
	message_error("--metrics-listen %s: libmicrohttpd cannot be started", address->text);
	metrics_http_free(http);
	return NULL;
}

void metrics_http_free(struct metrics_http *http)
{
	if (!http)
		return;
	if (http->daemon)
		mhd.stop_daemon(http->daemon);
	if (http->text)
		mhd.destroy_response(http->text);
	if (http->listener >= 0)
		close(http->listener);
	free(http);
}

const char *metrics_http_library(void)
{
	static char text[32];

	if (!library_load(&library, NULL))
		return "no libmicrohttpd";
	snprintf(text, sizeof(text), "libmicrohttpd %s", mhd.get_version());
	return text;
}
