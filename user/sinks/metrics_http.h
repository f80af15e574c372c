/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Serves the metrics at http://ADDRESS:PORT/metrics, for Prometheus. It has no thread: the trace calls it now and then,
 * and each call does a bounded amount of work and never waits. So whatever a client does, and however many there are,
 * the trace goes on: connections are bounded in number, lifetime and memory, and each gets one answer. If there are too
 * many, the oldest is closed, so that idle ones do not keep out one that asks.
 */
#ifndef DTLSNOOP_METRICS_HTTP_H
#define DTLSNOOP_METRICS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* At a time, and how many files may be open for them and for those that end. */
#define METRICS_HTTP_CONNECTIONS 128
#define METRICS_HTTP_FILES (2 * METRICS_HTTP_CONNECTIONS)

struct metrics_address {
	struct sockaddr_storage socket;
	socklen_t len;		/* 0: none */
	const char *text;	/* as it was given */
};

/* "[ADDRESS:]PORT": the address is 127.0.0.1 if there is none; one of IPv6 is in brackets. False if it is invalid. */
bool metrics_address_parse(struct metrics_address *out, const char *text);

struct metrics_http;

/* Listens. To be called without privileges. `address` must outlive it. NULL on failure, with a message. */
struct metrics_http *metrics_http_new(const struct metrics_address *address);

/* Takes connections in. Does any client wait at `now` (CLOCK_MONOTONIC)? Then metrics_http_serve() is to be called. */
bool metrics_http_is_wanted(struct metrics_http *http, uint64_t now);

/* Is the text that it has older than a second? */
bool metrics_http_is_old(const struct metrics_http *http, uint64_t now);

/* The text that clients get from `now` on; it is freed here. NULL: none. */
void metrics_http_update(struct metrics_http *http, char *text, size_t len, uint64_t now);

/* Reads requests and writes answers, as far as that is possible at once. */
void metrics_http_serve(struct metrics_http *http);

/* NULL is allowed. */
void metrics_http_free(struct metrics_http *http);

/* "libmicrohttpd 0.9.75" */
const char *metrics_http_library(void);

#endif
