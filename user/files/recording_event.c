// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Events in recordings: from untrusted bytes of either byte order. */
#include "recording_inside.h"

#include <string.h>

static void swap_item(const struct recording_reader *r, struct dtls_item *item)
{
	if (item->kind == DTLS_ITEM_RECORD) {
		SWAP(r, item->record.version);
		SWAP(r, item->record.epoch);
		SWAP(r, item->record.length);
		SWAP(r, item->record.offset);
		SWAP(r, item->record.sequence);
	} else {
		SWAP(r, item->message.message_seq);
		SWAP(r, item->message.length);
		SWAP(r, item->message.fragment_offset);
		SWAP(r, item->message.fragment_length);
		SWAP(r, item->message.offset);
	}
}

static void swap_event(const struct recording_reader *r, struct event *ev)
{
	SWAP(r, ev->size);
	SWAP(r, ev->flags);
	SWAP(r, ev->time_ns);
	SWAP(r, ev->socket);
	SWAP(r, ev->datagram);
	SWAP(r, ev->cgroup_id);
	SWAP(r, ev->netns);
	SWAP(r, ev->pid);
	SWAP(r, ev->tid);
	SWAP(r, ev->uid);
	SWAP(r, ev->length);
	SWAP(r, ev->copied);
	SWAP(r, ev->unread);
	SWAP(r, ev->drop_reason);
	SWAP(r, ev->error);
	SWAP(r, ev->local.port);
	SWAP(r, ev->remote.port);
	SWAP(r, ev->hello_off);
	SWAP(r, ev->hello_len);
	SWAP(r, ev->hello_item);
	SWAP(r, ev->ns_pid);
}

/* `bytes` hold a struct event_other. */
static void swap_other(const struct recording_reader *r, uint8_t *bytes)
{
	struct event_other other;

	memcpy(&other, bytes, sizeof(other));
	for (int kind = 0; kind < EVENT_OTHER_KINDS; kind++) {
		SWAP(r, other.received[kind]);
		SWAP(r, other.sent[kind]);
	}
	memcpy(bytes, &other, sizeof(other));
}

/* `bytes` hold a struct event_reporter. */
static void swap_reporter(const struct recording_reader *r, uint8_t *bytes)
{
	struct event_reporter reporter;

	memcpy(&reporter, bytes, sizeof(reporter));
	SWAP(r, reporter.mtu);
	memcpy(bytes, &reporter, sizeof(reporter));
}

/* `bytes` hold a struct event_library. */
static void swap_library(const struct recording_reader *r, uint8_t *bytes)
{
	struct event_library said;

	memcpy(&said, bytes, sizeof(said));
	SWAP(r, said.result);
	SWAP(r, said.object);
	SWAP(r, said.timer_ns);
	SWAP(r, said.area);
	SWAP(r, said.reason);
	SWAP(r, said.line);
	SWAP(r, said.version);
	memcpy(bytes, &said, sizeof(said));
}

/*
 * Convert from the file's ABI to EVENT_ABI, version by version. None of these steps is ever
 * removed. Returns false if that ABI has no such event.
 */
static bool upgrade(struct event *ev)
{
	if (ev->abi == 3) {
		if (ev->kind > EVENT_LIMITED)
			return false;
		ev->ns_pid = 0;
		ev->abi = 4;
	}
	if (ev->abi == 4) {
		ev->flags &= ~(EVENT_FROM_CAPTURE | EVENT_REPORTER);
		ev->abi = 5;
	}
	if (ev->abi == 5) {
		if (ev->kind > EVENT_OTHER)
			return false;
		ev->abi = 6;
	}
	if (ev->abi == 6) {
		if (ev->kind > EVENT_UNREAD)
			return false;
		ev->flags &= ~EVENT_NONBLOCKING;
		ev->abi = 7;
	}
	return ev->abi == EVENT_ABI;
}

/* A message belongs to a record before it. */
static bool items_are_valid(const struct event *ev)
{
	for (uint32_t i = 0; i < ev->num_items; i++)
		if (ev->items[i].kind != DTLS_ITEM_RECORD && (!i || ev->items[i].kind != DTLS_ITEM_MESSAGE))
			return false;
	return true;
}

enum recording_result recording_decode_event(struct recording_reader *r, size_t len, struct recording_entry *entry)
{
	*entry = (struct recording_entry){ .type = RECORDING_EVENT };
	return recording_take_event(r, len, entry);
}

enum recording_result recording_take_event(struct recording_reader *r, uint32_t len,
					   struct recording_entry *entry)
{
	const struct event *from = &r->content.ev;
	struct event *ev = &r->event.ev;
	uint32_t used;

	if (len < sizeof(*from) || from->abi != r->event_abi || from->num_items > EVENT_MAX_ITEMS)
		return recording_broken(r, "the event is not valid in ABI %u", r->event_abi);
	memcpy(ev, from, sizeof(*ev));
	swap_event(r, ev);
	ev->host = 0;
	ev->flags &= ~EVENT_TRANSLATED;
	if (!upgrade(ev))
		return recording_broken(r, "the event is not valid in ABI %u", r->event_abi);
	used = event_used(ev);
	if (ev->size > sizeof(r->event) || used > ev->size || used + ev->hello_len != len)
		return recording_broken(r, "the event contradicts its own size");
	memset(ev->items, 0, ev->size - sizeof(*ev));
	memcpy(ev->items, from->items, used - sizeof(*ev));
	if (ev->kind == EVENT_OTHER)
		swap_other(r, (uint8_t *)ev->items);
	if (event_has_reporter(ev))
		swap_reporter(r, (uint8_t *)ev->items);
	if (ev->kind == EVENT_LIBRARY)
		swap_library(r, (uint8_t *)ev->items);
	for (uint32_t i = 0; i < ev->num_items; i++)
		swap_item(r, &ev->items[i]);
	if (!recording_event_is_valid(ev, sizeof(r->event)))
		return recording_broken(r, "the event contradicts its own size or kind");
	if (ev->time_ns > RECORDING_MAX_TIME)
		return recording_broken(r, "the time of the event is impossible");
	if (!items_are_valid(ev))
		return recording_broken(r, "the event has an item of an unknown kind");
	if (ev->hello_len)
		memcpy(r->event.bytes + ev->hello_off, r->content.bytes + used, ev->hello_len);
	entry->ev = ev;
	return RECORDING_ENTRY;
}
