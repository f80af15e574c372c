/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * OTLP/HTTP with JSON (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP"): one request at a time, by libcurl. Only
 * otlp_post.c knows libcurl.
 */
#ifndef DTLSNOOP_OTLP_POST_H
#define DTLSNOOP_OTLP_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otlp_answer.h"

/* Load libcurl: this comes before everything else here. False if it cannot be loaded, with a message. */
bool otlp_post_load(void);

/* Is it a URL to which "/v1/traces" can be added: http or https, a host, no query? Opens and asks nothing. */
bool otlp_url_is_valid(const char *url);

/* A request and the wait for its answer take so long at most, in milliseconds. */
#define OTLP_POST_MS 10000

struct otlp_post;

/*
 * From the environment it takes OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_CERTIFICATE and what libcurl reads
 * (https_proxy and so on). NULL on failure, with a message. One at a time in a process.
 */
struct otlp_post *otlp_post_new(const char *url);
void otlp_post_free(struct otlp_post *post);

/* The URL without user and password; lives as long as `post`. */
const char *otlp_post_url(const struct otlp_post *post);

/* Send a body to /v1/logs or /v1/traces, and wait for the answer. */
void otlp_post_send(struct otlp_post *post, bool is_logs, const char *body, size_t len, struct otlp_reply *reply);

/* From another thread: ends the request that is under way, and every later one at once, with OTLP_AGAIN. */
void otlp_post_stop(struct otlp_post *post);

/* "libcurl 7.88.1 (GnuTLS/3.7.9)" */
const char *otlp_post_library(void);

#endif
