// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "early.h"

#include <stddef.h>
#include <string.h>

#include "handshake.h"

#include "core.h"

/* No timer is longer (RFC 6347 s4.2.4.1): the handshake of an older fragment will not begin any more. */
#define KEPT_NS 60000000000ULL

/* The ClientHello fragment in the event; NULL if none. */
static const struct dtls_message *client_hello_fragment(const struct event *ev)
{
	const struct dtls_message *msg = &ev->items[ev->hello_item].message;

	return ev->hello_len && msg->kind == DTLS_ITEM_MESSAGE &&
	       msg->msg_type == DTLS_MT_CLIENT_HELLO ? msg : NULL;
}

void early_keep(struct early *early, const struct event *ev, uint64_t now, uint64_t lost)
{
	const struct dtls_message *msg = client_hello_fragment(ev);
	struct early_fragment *kept = &early->slots[early->next];

	if (!msg || !msg->fragment_offset || ev->size > sizeof(kept->bytes))
		return;
	memset(kept, 0, sizeof(*kept));
	memcpy(kept->bytes, ev, ev->size);
	kept->since_ns = now;
	kept->lost = lost;
	kept->used = true;
	early->next = (early->next + 1) % EARLY_MAX;
}

static struct early_fragment *find(struct early *early, const struct event *ev)
{
	for (uint32_t i = 0; i < EARLY_MAX && ev->datagram; i++) {
		struct early_fragment *kept = &early->slots[i];

		if (kept->used && kept->ev.socket == ev->socket && kept->ev.datagram == ev->datagram)
			return kept;
	}
	return NULL;
}

void early_read(struct early *early, const struct event *ev, uint64_t now)
{
	struct early_fragment *kept = find(early, ev);

	if (!kept)
		return;
	kept->read_ns = now;
	kept->copied = ev->copied;
}

void early_dropped(struct early *early, const struct event *ev)
{
	struct early_fragment *kept = find(early, ev);

	if (kept)
		kept->used = false;
}

static bool is_same_message(const struct event *kept, const struct event *ev)
{
	const struct dtls_message *a = client_hello_fragment(kept), *b = client_hello_fragment(ev);

	return b && kept->kind == ev->kind && kept->socket == ev->socket &&
	       endpoint_equals(&kept->local, &ev->local) && endpoint_equals(&kept->remote, &ev->remote) &&
	       a->message_seq == b->message_seq && a->length == b->length;
}

/* Fragments of one copy come closer together than this, even in disorder; nobody starts again so soon. */
#define BURST_NS 500000000ULL

/* Each copy has higher record numbers than the one before: is it of another attempt, of which the first fragment never came? */
static bool is_of_attempt_before(const struct early_fragment *kept, const struct event *ev, uint64_t now)
{
	return now - kept->since_ns > BURST_NS && kept->ev.items[0].record.sequence > ev->items[0].record.sequence;
}

/* Two copies before this one: three lack their beginning, over two timers. */
#define REPEATED 2

/* Of another copy of the same fragment, which came before? */
static bool is_copy_before(const struct early_fragment *kept, const struct event *ev, uint64_t now)
{
	return kept->used && is_same_message(&kept->ev, ev) && now - kept->since_ns <= KEPT_NS &&
	       client_hello_fragment(&kept->ev)->fragment_offset == client_hello_fragment(ev)->fragment_offset &&
	       kept->ev.items[0].record.sequence < ev->items[0].record.sequence;
}

bool early_is_repeated(const struct early *early, const struct event *ev, uint64_t now, bool *out_is_first)
{
	const struct dtls_message *msg = client_hello_fragment(ev);
	uint64_t numbers[EARLY_MAX], number, first;
	uint32_t copies = 0;

	*out_is_first = false;
	if (!msg || !msg->fragment_offset)
		return false;
	number = first = ev->items[0].record.sequence;
	for (uint32_t i = 0; i < EARLY_MAX; i++) {
		const struct early_fragment *kept = &early->slots[i];
		uint32_t known = 0;

		if (!is_copy_before(kept, ev, now))
			continue;
		numbers[copies] = kept->ev.items[0].record.sequence;
		first = numbers[copies] < first ? numbers[copies] : first;
		while (numbers[known] != numbers[copies])
			known++;
		copies += known == copies;
	}
	*out_is_first = copies && first < (number - first) / copies;
	return copies >= REPEATED;
}

const struct early_fragment *early_take(struct early *early, const struct event *ev, uint64_t now)
{
	for (uint32_t i = 0; i < EARLY_MAX; i++) {
		struct early_fragment *kept = &early->slots[(early->next + i) % EARLY_MAX];

		if (!kept->used || !is_same_message(&kept->ev, ev))
			continue;
		kept->used = false;
		if (now - kept->since_ns <= KEPT_NS && !is_of_attempt_before(kept, ev, now))
			return kept;
	}
	return NULL;
}
