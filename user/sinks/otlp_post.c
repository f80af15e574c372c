// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "otlp_post.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "library.h"
#include "message.h"
#include "version.h"

#define FUNCTIONS(F) \
	F(free) F(global_init) F(global_cleanup) F(easy_init) F(easy_cleanup) F(easy_setopt) F(easy_getinfo) \
	F(easy_strerror) F(easy_unescape) F(multi_init) F(multi_cleanup) F(multi_add_handle) \
	F(multi_remove_handle) F(multi_perform) F(multi_poll) F(multi_info_read) F(multi_wakeup) F(slist_append) \
	F(slist_free_all) F(url) F(url_cleanup) F(url_dup) F(url_get) F(url_set) F(version_info)
#define POINTER(name) __typeof__(curl_##name) *name;
#define LINKED(name) LIBRARY_LINKED(curl_##name)
#define NAME(name) "curl_" #name,

static struct { FUNCTIONS(POINTER) } curl = { FUNCTIONS(LINKED) };

static struct library library = {
	.title = "libcurl", .package = "libcurl3-gnutls", .pointers = &curl,
	.files = (const char *const[]){ "libcurl-gnutls.so.4", "libcurl.so.4", NULL },
	.functions = (const char *const[]){ FUNCTIONS(NAME) NULL },
};

#define TRACES 0
#define LOGS 1

struct otlp_post {
	CURL *easy;
	CURLM *multi;
	CURLU *urls[2];		/* with "/v1/traces", with "/v1/logs" */
	char *shown;		/* by curl.free() */
	struct curl_slist *headers;
	atomic_bool is_stopped;
	char error[CURL_ERROR_SIZE];
	struct otlp_answer answer;
};

bool otlp_post_load(void)
{
	return library_load(&library, "--otlp-endpoint");
}

/* --- URLs --- */

/* NULL: it is none, or none that is wanted here. */
static CURLU *parse_url(const char *url)
{
	CURLU *parsed = curl.url();
	char *scheme = NULL, *host = NULL, *part = NULL;
	bool valid = parsed && !curl.url_set(parsed, CURLUPART_URL, url, 0) &&
		     !curl.url_get(parsed, CURLUPART_SCHEME, &scheme, 0) && !curl.url_get(parsed, CURLUPART_HOST, &host, 0);

	valid = valid && (!strcmp(scheme, "http") || !strcmp(scheme, "https")) && *host &&
		curl.url_get(parsed, CURLUPART_QUERY, &part, 0) == CURLUE_NO_QUERY &&
		curl.url_get(parsed, CURLUPART_FRAGMENT, &part, 0) == CURLUE_NO_FRAGMENT;
	curl.free(part);
	curl.free(host);
	curl.free(scheme);
	if (valid)
		return parsed;
	curl.url_cleanup(parsed);
	return NULL;
}

bool otlp_url_is_valid(const char *url)
{
	CURLU *parsed = parse_url(url);

	curl.url_cleanup(parsed);
	return parsed;
}

/* The path of `base`, and this behind it. */
static CURLU *url_below(const CURLU *base, const char *below)
{
	CURLU *url = curl.url_dup((CURLU *)base);
	char *path = NULL, *whole = NULL;
	size_t len;
	bool done = false;

	if (url && !curl.url_get(url, CURLUPART_PATH, &path, 0)) {
		len = strlen(path);
		while (len && path[len - 1] == '/')
			len--;
		done = asprintf(&whole, "%.*s%s", (int)len, path, below) >= 0 && !curl.url_set(url, CURLUPART_PATH, whole, 0);
		free(whole);
	}
	curl.free(path);
	if (done)
		return url;
	curl.url_cleanup(url);
	return NULL;
}

static char *shown_url(const CURLU *base)
{
	CURLU *url = curl.url_dup((CURLU *)base);
	char *text = NULL;

	if (!url || curl.url_set(url, CURLUPART_USER, NULL, 0) || curl.url_set(url, CURLUPART_PASSWORD, NULL, 0) ||
	    curl.url_get(url, CURLUPART_URL, &text, 0))
		text = NULL;
	curl.url_cleanup(url);
	return text;
}

static bool take_url(struct otlp_post *post, const char *url)
{
	CURLU *base = parse_url(url);

	if (base) {
		post->urls[TRACES] = url_below(base, "/v1/traces");
		post->urls[LOGS] = url_below(base, "/v1/logs");
		post->shown = shown_url(base);
	}
	curl.url_cleanup(base);
	return post->urls[TRACES] && post->urls[LOGS] && post->shown;
}

/* --- settings --- */

static bool add_header(struct otlp_post *post, const char *line)
{
	struct curl_slist *longer = curl.slist_append(post->headers, line);

	if (longer)
		post->headers = longer;
	return longer;
}

/* "api-key=abc,x-scope=blue": values may have %XX (OpenTelemetry, "Specifying headers via environment variables"). */
static bool add_headers(struct otlp_post *post, const char *list)
{
	bool done = true;

	while (list && *list && done) {
		size_t len = strcspn(list, ","), name_len = strcspn(list, ",=");
		char *value = name_len < len ? curl.easy_unescape(post->easy, list + name_len + 1, len - name_len - 1, NULL) : NULL;
		char *line = NULL;

		done = value && name_len && !value[strcspn(value, "\r\n")] && asprintf(&line, "%.*s: %s", (int)name_len, list, value) >= 0 &&
		       add_header(post, line);
		free(line);
		curl.free(value);
		list += len + (list[len] == ',');
	}
	if (!done)
		message_error("OTEL_EXPORTER_OTLP_HEADERS: expected NAME=VALUE, and more after a comma");
	return done;
}

static size_t on_body(char *bytes, size_t size, size_t num, void *ctx)
{
	struct otlp_post *post = ctx;

	return otlp_answer_take(&post->answer, bytes, size * num) ? size * num : 0;
}

#define SET(option, value) (curl.easy_setopt(post->easy, option, value) == CURLE_OK)

static bool only_http(struct otlp_post *post)
{
#if CURL_AT_LEAST_VERSION(7, 85, 0)
	return SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
	return SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* When a request is given up, a name that is being resolved is not waited for: getaddrinfo() cannot be stopped. */
static bool leave_resolver(struct otlp_post *post)
{
#if CURL_AT_LEAST_VERSION(7, 87, 0)
	return SET(CURLOPT_QUICK_EXIT, 1L);
#else
	return true;
#endif
}

/* The file of the system's authorities. NULL: libcurl knows it, or there is none. */
static const char *system_authorities(void)
{
#ifdef DTLSNOOP_STATIC
	static const char *const files[] = {
		"/etc/ssl/certs/ca-certificates.crt",	/* Debian, Arch, Alpine */
		"/etc/pki/tls/certs/ca-bundle.crt",	/* Fedora to 43, RHEL */
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/ca-bundle.pem",		/* openSUSE */
		"/etc/ssl/cert.pem",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!access(files[i], R_OK))
			return files[i];
#endif
	return NULL;
}

static bool configure(struct otlp_post *post)
{
	const char *authorities = getenv("OTEL_EXPORTER_OTLP_CERTIFICATE");
	char agent[128];

	/* libcurl copies it. */
	snprintf(agent, sizeof(agent), "dtlsnoop/%s", dtlsnoop_version);
	if (!authorities || !*authorities)
		authorities = system_authorities();
	/* Redirections are not followed: they are an answer like any other. */
	return add_header(post, "Content-Type: application/json") && add_header(post, "Expect:") &&
	       add_headers(post, getenv("OTEL_EXPORTER_OTLP_HEADERS")) && only_http(post) && leave_resolver(post) &&
	       (!authorities || SET(CURLOPT_CAINFO, authorities)) &&
	       SET(CURLOPT_HTTPHEADER, post->headers) && SET(CURLOPT_USERAGENT, agent) &&
	       SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && SET(CURLOPT_NOSIGNAL, 1L) &&
	       SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_TIMEOUT_MS, (long)OTLP_POST_MS) &&
	       SET(CURLOPT_CONNECTTIMEOUT_MS, (long)OTLP_POST_MS / 2) && SET(CURLOPT_ERRORBUFFER, post->error) &&
	       SET(CURLOPT_WRITEFUNCTION, on_body) && SET(CURLOPT_WRITEDATA, post) && SET(CURLOPT_POST, 1L);
}

struct otlp_post *otlp_post_new(const char *url)
{
	struct otlp_post *post = calloc(1, sizeof(*post));

	if (post && !curl.global_init(CURL_GLOBAL_DEFAULT)) {
		post->easy = curl.easy_init();
		post->multi = curl.multi_init();
		if (post->easy && post->multi && take_url(post, url) && configure(post))
			return post;
	}
	message_error("--otlp-endpoint: libcurl cannot be set up");
	otlp_post_free(post);
	return NULL;
}

void otlp_post_free(struct otlp_post *post)
{
	if (!post)
		return;
	curl.easy_cleanup(post->easy);
	curl.multi_cleanup(post->multi);
	curl.url_cleanup(post->urls[TRACES]);
	curl.url_cleanup(post->urls[LOGS]);
	curl.free(post->shown);
	curl.slist_free_all(post->headers);
	free(post);
	curl.global_cleanup();
}

const char *otlp_post_url(const struct otlp_post *post)
{
	return post->shown;
}

/* --- a request --- */

/* A wake-up ends the wait, also one that came before it. */
static CURLcode perform(struct otlp_post *post)
{
	CURLcode result = CURLE_ABORTED_BY_CALLBACK;
	CURLMcode failure;
	struct CURLMsg *message;
	int num;

	if (curl.multi_add_handle(post->multi, post->easy))
		return CURLE_FAILED_INIT;
	do {
		failure = curl.multi_perform(post->multi, &num);
		if (!failure && num)
			failure = curl.multi_poll(post->multi, NULL, 0, OTLP_POST_MS, NULL);
	} while (!failure && num && !post->is_stopped);
	while ((message = curl.multi_info_read(post->multi, &num)))
		if (message->msg == CURLMSG_DONE)
			result = message->data.result;
	curl.multi_remove_handle(post->multi, post->easy);
	return result;
}

void otlp_post_send(struct otlp_post *post, bool is_logs, const char *body, size_t len, struct otlp_reply *reply)
{
	CURLcode result = CURLE_ABORTED_BY_CALLBACK;
	curl_off_t retry_after = 0;
	long status = 0;

	*post->error = 0;
	otlp_answer_begin(&post->answer);
	if (!post->is_stopped && SET(CURLOPT_CURLU, post->urls[is_logs ? LOGS : TRACES]) && SET(CURLOPT_POSTFIELDS, body) &&
	    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len))
		result = perform(post);
	curl.easy_getinfo(post->easy, CURLINFO_RESPONSE_CODE, &status);
	curl.easy_getinfo(post->easy, CURLINFO_RETRY_AFTER, &retry_after);
	/* An answer that is longer than anybody reads, which on_body() ended, is one all the same. */
	if (result == CURLE_OK || (result == CURLE_WRITE_ERROR && status)) {
		otlp_answer_read(&post->answer, status, is_logs, reply);
		reply->retry_after = retry_after < 0 ? 0 : retry_after > UINT32_MAX ? UINT32_MAX : retry_after;
		return;
	}
	*reply = (struct otlp_reply){ .outcome = OTLP_AGAIN };
	snprintf(reply->why, sizeof(reply->why), "%s", *post->error ? post->error : curl.easy_strerror(result));
}

void otlp_post_stop(struct otlp_post *post)
{
	post->is_stopped = true;
	curl.multi_wakeup(post->multi);
}

const char *otlp_post_library(void)
{
	const curl_version_info_data *info = library_load(&library, NULL) ? curl.version_info(CURLVERSION_NOW) : NULL;
	static char text[80];

	if (!info)
		return "no libcurl";
	snprintf(text, sizeof(text), "libcurl %s (%s)", info->version, info->ssl_version ? info->ssl_version : "no TLS");
	return text;
}
