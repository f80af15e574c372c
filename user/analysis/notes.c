// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Notes: when one applies, and what it says. One function for each row of the table below. */
#include "verdict.h"

#include <stdio.h>

#include "handshake.h"
#include "phrases.h"

#include "core.h"

/* Slower than this an application is worth a word. */
#define SLOW_READ_NS 200000000ULL

static bool note_retransmissions(const struct handshake *h, char *text)
{
	uint32_t client = h->party[PARTY_CLIENT].retransmissions;
	uint32_t server = h->party[PARTY_SERVER].retransmissions;
	uint64_t end = h->ended_ns ? h->ended_ns : h->last_ns;

	phrase_say(text, "flights sent again: client %u, server %u; %.1f s of %.1f s passed waiting for a timer",
		   client, server, phrase_seconds(h->waited_ns), phrase_seconds(end - h->started_ns));
	return client || server;
}

static bool note_interleaved(const struct handshake *h, char *text)
{
	phrase_say(text, "another handshake ran on this address pair at the same time");
	return h->interleaved;
}

/* The side for which a number is highest. */
static enum party_role highest(uint64_t client, uint64_t server)
{
	return server > client ? PARTY_SERVER : PARTY_CLIENT;
}

static bool note_slow_reader(const struct handshake *h, char *text)
{
	enum party_role role = highest(h->party[PARTY_CLIENT].longest_unread_ns,
				       h->party[PARTY_SERVER].longest_unread_ns);
	uint64_t unread = h->party[role].longest_unread_ns;

	phrase_say(text, "a datagram sat in the %s's receive queue for %.1f s until it was read",
		   party_role_name(role), phrase_seconds(unread));
	return unread > SLOW_READ_NS;
}

static bool note_truncated_read(const struct handshake *h, char *text)
{
	enum party_role role = highest(h->party[PARTY_CLIENT].cut.num, h->party[PARTY_SERVER].cut.num);
	const struct cut_reads *cut = &h->party[role].cut;
	char times[PHRASE_LEN];

	phrase_say(text, "the %s's buffer cut datagrams on reading %s: %u bytes for one of %u",
		   party_role_name(role), phrase_times(times, cut->num), cut->buffer, cut->length);
	return cut->num && h->verdict.code != VERDICT_TRUNCATED_READ;
}

static bool note_kernel_drop(const struct handshake *h, char *text)
{
	const struct drop *most = NULL;
	uint64_t count = h->drops_untold;

	for (uint32_t i = 0; i < h->num_drops; i++) {
		count += h->drops[i].count;
		if (!most || h->drops[i].count > most->count)
			most = &h->drops[i];
	}
	if (!most || h->verdict.code == VERDICT_KERNEL_DROP)
		return false;
	phrase_say(text, "this host's kernel dropped %llu of its datagrams, most often those of the %s on the way %s: %s",
		   (unsigned long long)count, party_role_name(most->from),
		   most->outgoing ? "out" : "in", phrase_drop_reason(most));
	return true;
}

static bool note_send_failed(const struct handshake *h, char *text)
{
	const struct send_failures *client = &h->party[PARTY_CLIENT].failures;
	const struct send_failures *server = &h->party[PARTY_SERVER].failures;
	enum party_role role = highest(client->hard + (uint64_t)client->soft,
				       server->hard + (uint64_t)server->soft);
	const struct send_failures *f = &h->party[role].failures;
	char times[PHRASE_LEN], error[PHRASE_LEN];

	phrase_say(text, "sends of the %s failed %s, the latest with %s", party_role_name(role),
		   phrase_times(times, f->hard + f->soft),
		   phrase_errno(error, f->hard ? f->error : f->soft_error));
	return (f->hard || f->soft) && h->verdict.code != VERDICT_SEND_FAILED;
}

static bool note_port_unreachable(const struct handshake *h, char *text)
{
	enum party_role role = highest(h->party[PARTY_CLIENT].icmp.unreachable,
				       h->party[PARTY_SERVER].icmp.unreachable);
	uint32_t num = h->party[role].icmp.unreachable;
	char times[PHRASE_LEN];

	phrase_say(text, "ICMP port unreachable came back %s: the %s's port was closed for a time",
		   phrase_times(times, num), party_role_name(party_peer(role)));
	return num && h->verdict.code != VERDICT_PORT_UNREACHABLE;
}

static bool note_icmp_error(const struct handshake *h, char *text)
{
	enum party_role role = highest(h->party[PARTY_CLIENT].icmp.others,
				       h->party[PARTY_SERVER].icmp.others);
	const struct icmp_errors *icmp = &h->party[role].icmp;
	char times[PHRASE_LEN], error[PHRASE_LEN], type[PHRASE_LEN] = "";

	if (icmp->other_type)
		snprintf(type, sizeof(type), " (type %u, code %u)", icmp->other_type, icmp->other_code);
	phrase_say(text, "ICMP errors came back to the %s %s, the latest: %s%s", party_role_name(role),
		   phrase_times(times, icmp->others), phrase_errno(error, icmp->other_error), type);
	return icmp->others;
}

static const struct {
	const char *name;
	bool (*write)(const struct handshake *h, char *text);
} rows[NOTE_MAX] = {
	[NOTE_RETRANSMISSIONS] = { "retransmissions", note_retransmissions },
	[NOTE_INTERLEAVED] = { "interleaved", note_interleaved },
	[NOTE_SLOW_READER] = { "slow-reader", note_slow_reader },
	[NOTE_TRUNCATED_READ] = { "truncated-read", note_truncated_read },
	[NOTE_KERNEL_DROP] = { "kernel-drop", note_kernel_drop },
	[NOTE_SEND_FAILED] = { "send-failed", note_send_failed },
	[NOTE_PORT_UNREACHABLE] = { "port-unreachable", note_port_unreachable },
	[NOTE_ICMP_ERROR] = { "icmp-error", note_icmp_error },
};

const char *note_name(enum note_code code)
{
	return rows[code].name;
}

bool note_write(const struct handshake *h, enum note_code code, char text[VERDICT_TEXT_LEN])
{
	return rows[code].write(h, text);
}
