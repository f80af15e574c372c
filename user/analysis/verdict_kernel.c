// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts from what this kernel did: refused sends, drops. */
#include "conditions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "errors.h"
#include "fate.h"
#include "flights.h"
#include "hosts.h"
#include "names.h"
#include "phrases.h"
#include "progress.h"

#include "core.h"

/* --- send-failed --- */

/*
 * Its sends fail, and it has not sent its whole flight since. A send of which nothing is known may be for another peer of
 * the socket: then it has to owe a flight for so long.
 */
static uint64_t condition_send_failed(const struct standing *s, struct claim *claim)
{
	const struct send_failures *f = &s->self->failures;

	if (!errors_has_pending(f) || (!f->is_known && (!s->floor_ns || s->has_answered || s->receipt != RECEIPT_USABLE)))
		return NEVER;
	return f->first_ns + s->floor_ns;
}

static const char *send_failed_hint(uint16_t error)
{
	switch (error) {
	case EMSGSIZE:
		return "lower the MTU of the DTLS library (OpenSSL: SSL_OP_NO_QUERY_MTU and SSL_set_mtu): "
		       "the datagram is larger than the path or the device allows";
	case EPERM: case EACCES:
		return "check the firewall's output rules (nft list ruleset, iptables -L OUTPUT -v), the BPF "
		       "programs of the cgroup, and seccomp: one of them forbids the send";
	case ENETUNREACH: case EHOSTUNREACH: case ENETDOWN: case EADDRNOTAVAIL:
		return "check the route to the peer (ip route get ADDRESS) and the device (ip link)";
	}
	return NULL;
}

/* What was refused was not sent, although some hooks see it before that. */
static void evidence_attempts(struct verdict *v, const struct handshake *h, enum party_role role)
{
	const struct flight *flight = &h->flights[h->party[role].flight];

	/* How often cannot be told from the copies: not each attempt is seen, and libraries send a part of a flight again. */
	if (flight->copies)
		EVIDENCE(v, "the %s tried to send flight %u, first at %.1f s", party_role_name(role), h->party[role].flight,
			 phrase_seconds(flight->first_ns - h->started_ns));
}

static void sentence_send_failed(struct verdict *v, const struct handshake *h, const struct claim *claim,
				 uint64_t now)
{
	enum party_role role = claim->role;
	const struct send_failures *f = &h->party[role].failures;
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN], error[PHRASE_LEN], sizes[PHRASE_LEN], before[PHRASE_LEN] = "";
	const char *hint = send_failed_hint(f->error);

	phrase_errno(error, f->error);
	phrase_say(v->summary, "%s cannot send: %s", verdict_party(text, h, role), error);
	if (f->min_len == f->max_len)
		snprintf(sizes, sizeof(sizes), " of %u bytes", f->max_len);
	else
		snprintf(sizes, sizeof(sizes), " of %u to %u bytes", f->min_len, f->max_len);
	if (f->hard > f->pending)
		snprintf(before, sizeof(before), " (%u failed in all)", f->hard);
	EVIDENCE(v, "a send%s failed %s%s, first %.3f s after the first ClientHello, last %.1f s ago: %s",
		 f->max_len ? sizes : "", phrase_times(times, f->pending), before,
		 phrase_seconds(f->first_ns - h->started_ns), phrase_seconds(now - f->last_ns), error);
	evidence_attempts(v, h, role);
	if (!f->is_known)
		EVIDENCE(v, "dtlsnoop cannot see what it tried to send, or to whom: it may be no part of this handshake");
	evidence_copies(v, h, party_peer(role));
	if (hint)
		HINT(v, "%s", hint);
	if (f->error == EPERM || f->error == EACCES)
		hint_namespace(v, &h->party[role]);
}

static const char *doubt_sends(const struct handshake *h, const struct claim *claim)
{
	enum party_role role = claim->role;
	const struct flight *flight = &h->flights[h->party[role].flight];

	return !h->party[role].failures.is_known || (flight->complete && flight->last_copy_dropped != flight->copies &&
						     h->party[party_peer(role)].flight < h->party[role].flight) ?
	       "what was refused may be other datagrams" : NULL;
}

const struct verdict_row row_send_failed = {
	.holds_from = condition_send_failed,
	.needs = FACT_ERRORS,
	.write = sentence_send_failed,
	.hint = "look up the error in `man 7 udp` and `man 2 send`, and check the application's log",
	.filter = "{flow} && {role}",
	.doubt = doubt_sends, .needs_no_floor = true,
};

/* --- kernel-drop --- */

/* Was it dropped because the peer of `role` does not read its full receive queue? */
static bool is_queue_full(const struct handshake *h, enum party_role role, const struct flight *flight)
{
	const char *name = flight_drop_name(h, flight);
	uint32_t unread;

	if (strcmp(name, "SOCKET_RCVBUFF") && strcmp(name, "PROTO_MEM"))
		return false;
	return h->sees_reads && fate_oldest_unread(h, party_peer(role), &unread);
}

/* The drop of datagrams that anybody may have sent with the address of `role`; NULL: there is none. */
static const struct drop *unproven_drop(const struct handshake *h, enum party_role role)
{
	for (uint32_t i = 0; i < h->num_drops; i++)
		if (h->drops[i].is_unproven && h->drops[i].from == role)
			return &h->drops[i];
	return NULL;
}

/*
 * Since when does the kernel drop all that `role` seems to send, again and again, for a reason that a sender controls?
 * One such datagram proves nothing, and many only why a side counts as silent whose peer waits for it.
 */
static uint64_t unproven_from(const struct standing *s)
{
	const struct drop *drop = unproven_drop(s->h, s->role);
	struct claim unused = { .code = VERDICT_NONE };
	uint64_t from;

	if (!drop)
		return NEVER;
	if (s->own->copies && s->own->copies_dropped == s->own->copies && s->own->copies > 1)
		return many_copies_from(s->own, s->floor_ns);
	if (drop->bursts < PARTY_MANY_COPIES || s->self->last_sent_ns > drop->burst_ns)
		return NEVER;
	from = max_u64(drop->many_ns + SECOND, drop->burst_ns + s->floor_ns);
	return progress_is_waiting(s->h, party_peer(s->role)) ? max_u64(from, condition_silence(s, &unused)) : from;
}

/* What waits for the address of a neighbour is dropped within this time, if that does not answer. */
#define NEIGHBOUR_NS (5 * SECOND)

/* Until when are the drops the cause? All copies until the latest drop were dropped: later ones may be dropped, too. */
static uint64_t dropped_until(const struct flight *flight, const struct drop *drop)
{
	if (is_mostly_dropped(flight))
		return NEVER;
	return drop->outgoing && flight->copies_dropped >= PARTY_MANY_COPIES && flight->copies_dropped == flight->last_copy_dropped ?
	       drop->last_ns + NEIGHBOUR_NS : 0;
}

/* This host's kernel dropped datagrams from most copies of the latest flight of `role`. */
static uint64_t condition_kernel_drop(const struct standing *s, struct claim *claim)
{
	const struct flight *flight = s->own;
	const struct drop *drop = flight->drop ? &s->h->drops[flight->drop - 1] : NULL;

	if (!drop || drop->is_unproven)
		return unproven_from(s);
	claim->until_ns = dropped_until(flight, drop);
	if (!claim->until_ns || icmp_is_closed_here(s->h, party_peer(s->role)))
		return NEVER;
	/* The flight arrived all the same, or was answered. */
	if (flight->arrived || s->is_answered || is_queue_full(s->h, s->role, flight))
		return NEVER;
	return flight->first_ns + s->floor_ns;
}

static const char *drop_hint(const char *name)
{
	static const struct {
		const char *name, *hint;
	} hints[] = {
		{ "SOCKET_RCVBUFF", "make the application read faster, or enlarge the receive buffer of the socket, "
		  "which is full (SO_RCVBUF, up to sysctl net.core.rmem_max)" },
		{ "PROTO_MEM", "find the sockets that hold the memory of UDP, which is used up (ss -lunm), "
		  "or raise sysctl net.ipv4.udp_mem" },
		{ "SOCKET_FILTER", "check the filter of the socket (SO_ATTACH_FILTER, SO_ATTACH_BPF) and "
		  "the BPF programs of its cgroup (bpftool cgroup tree)" },
		{ "UDP_CSUM", "turn checksum offload off (ethtool -K DEVICE tx off rx off): if the UDP checksum "
		  "is still wrong, the path corrupts datagrams" },
		{ "NO_SOCKET", "check that the server runs and listens on this address and port (ss -lunp)" },
		{ "NETFILTER_DROP", "a firewall rule of this host drops it (netfilter drop): check nft list ruleset, iptables -L -v" },
		{ "NEIGH_", "find out why the next hop, which is the gateway or the peer itself, does not answer ARP or neighbour "
		  "discovery (ip route get ADDRESS, ip neigh)" },
		{ "QDISC_DROP", "check the queue of the device, which is full or shaped (tc -s qdisc, ip link: txqueuelen)" },
	};

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (!strncmp(name, hints[i].name, strlen(hints[i].name)))
			return hints[i].hint;
	return NULL;
}

static const char *doubt_drop(const struct handshake *h, const struct claim *claim)
{
	const struct flight *flight = &h->flights[h->party[claim->role].flight];

	return unproven_drop(h, claim->role) && (!flight->drop || h->drops[flight->drop - 1].is_unproven) ?
	       "anybody may have sent the dropped datagrams" : NULL;
}

static void sentence_kernel_drop(struct verdict *v, const struct handshake *h, const struct claim *claim,
				 uint64_t now)
{
	enum party_role role = claim->role;
	const struct flight *flight = &h->flights[h->party[role].flight];
	const struct drop *drop = phrase_main_drop(h, role);
	/* What was dropped was sent, also if that was not seen. */
	uint32_t datagrams = max_u64(flight->datagrams, flight->dropped);
	char text[VERDICT_PARTY_LEN], copies[PHRASE_LEN], kernel[HOSTS_KERNEL_LEN];

	verdict_party(text, h, role);
	phrase_say(v->summary, "%s drops datagrams of %s: %s", hosts_kernel(kernel, h, drop && drop->outgoing ? role : party_peer(role)),
		   text, phrase_drop_reason(drop));
	if (doubt_drop(h, claim))
		evidence_copies(v, h, party_peer(role));
	else
		EVIDENCE(v, "the %s sent %s (at %s); the kernel dropped %u of its %u datagram%s",
			 party_role_name(role), phrase_flight_copies(text, h->party[role].flight, flight->copies),
			 phrase_copies(copies, h, flight), flight->dropped, datagrams, datagrams == 1 ? "" : "s");
	if (!drop)
		return;
	EVIDENCE(v, "the kernel dropped %s datagrams %s (%llu bytes), most recently %.1f s ago: %s",
		 drop->outgoing ? "outgoing" : "incoming", phrase_times(text, drop->count),
		 (unsigned long long)drop->bytes, phrase_seconds(now - drop->last_ns),
		 phrase_drop_reason(drop));
	if (doubt_drop(h, claim))
		EVIDENCE(v, "anybody can send a datagram that is dropped for this reason: nothing seen here proves that the %s "
			 "sent them", party_role_name(role));
	if (drop_hint(drop->name))
		HINT(v, "%s", drop_hint(drop->name));
	if (!strcmp(drop->name, "NETFILTER_DROP") && drop->outgoing)
		EVIDENCE(v, "a send that a firewall rule drops fails with EPERM: the %s may log that", party_role_name(role));
	if (!strcmp(drop->name, "NETFILTER_DROP"))
		hint_namespace(v, &h->party[drop->outgoing ? role : party_peer(role)]);
}

const struct verdict_row row_kernel_drop = {
	.holds_from = condition_kernel_drop,
	.needs = FACT_ERRORS,
	.write = sentence_kernel_drop,
	.hint = "find what drops them: nstat -az | grep -i Udp, /proc/net/softnet_stat, the firewall's counters",
	.filter = "{flow} && {role}",
	.side = VERDICT_SIDE_KERNEL, .doubt = doubt_drop, .needs_no_hello = true,
};
