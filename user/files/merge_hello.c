// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_hello.h"

#include "fnv.h"
#include "hello.h"

struct merge_hello merge_hello_of(const struct event *ev)
{
	const struct dtls_message *msg = ev->hello_len ? &ev->items[ev->hello_item].message : NULL;
	struct merge_hello out = {};
	struct hello hello;

	if (!msg || msg->fragment_offset)
		return out;
	hello_parse(msg->msg_type, (const uint8_t *)ev + ev->hello_off, ev->hello_len, &hello);
	out.msg_type = msg->msg_type;
	if (hello.has_random)
		out.random = fnv_hash(hello.random, sizeof(hello.random));
	if (msg->msg_type == DTLS_MT_HELLO_VERIFY_REQUEST)
		out.cookie = hello.cookie_hash;
	out.is_retry = hello.is_hello_retry_request;
	out.has_cookie = hello.has_cookie || hello.has_cookie_extension;
	return out;
}
