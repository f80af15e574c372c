// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts from kernel events: refused sends, ICMP errors, drops. */
#include "conditions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "errors.h"
#include "fate.h"
#include "phrases.h"

#include "core.h"

/* --- send-failed --- */

/* Its sends fail, and it has not sent its whole flight since. */
static uint64_t condition_send_failed(const struct standing *s, struct claim *claim)
{
	const struct send_failures *f = &s->self->failures;

	return errors_has_pending(f) ? f->first_ns + s->floor_ns : NEVER;
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

static void sentence_send_failed(struct verdict *v, const struct handshake *h, const struct claim *claim,
				 uint64_t now)
{
	enum party_role role = claim->role;
	const struct send_failures *f = &h->party[role].failures;
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN], error[PHRASE_LEN], sizes[PHRASE_LEN];
	const char *hint = send_failed_hint(f->error);

	phrase_errno(error, f->error);
	phrase_say(v->summary, "%s cannot send: %s", verdict_party(text, h, role), error);
	if (f->min_len == f->max_len)
		snprintf(sizes, sizeof(sizes), "%u", f->max_len);
	else
		snprintf(sizes, sizeof(sizes), "%u to %u", f->min_len, f->max_len);
	EVIDENCE(v, "a send of %s bytes failed %s, first %.3f s after the first ClientHello, last %.1f s ago: %s",
		 sizes, phrase_times(times, f->pending), phrase_seconds(f->first_ns - h->started_ns),
		 phrase_seconds(now - f->last_ns), error);
	evidence_copies(v, h, role);
	evidence_copies(v, h, party_peer(role));
	if (hint)
		v->hint = hint;
}

/* It did send its flight: the failed sends may be other datagrams. */
static bool has_sent_all(const struct handshake *h, const struct claim *claim)
{
	enum party_role role = claim->role;
	const struct flight *flight = &h->flights[h->party[role].flight];

	return flight->complete && flight->last_copy_dropped != flight->copies &&
	       h->party[party_peer(role)].flight < h->party[role].flight;
}

const struct verdict_row row_send_failed = {
	.name = "send-failed",
	.state = HANDSHAKE_FAILED,
	.severity = SEVERITY_FAULT,
	.holds_from = condition_send_failed,
	.write = sentence_send_failed,
	.hint = "look up the error in `man 7 udp` and `man 2 send`, and check the application's log",
	.filter = "{flow} && {role}",
	.is_doubtful = has_sent_all, .needs_no_floor = true,
};

/* --- port-unreachable --- */

/*
 * ICMP reports that the port of `role` is unreachable, and `role` has sent nothing since.
 * The ICMP error for one later copy may still be on its way. If a second copy gets no
 * ICMP error, or a copy is queued, then a socket listens by now.
 */
static uint64_t condition_port_unreachable(const struct standing *s, struct claim *claim)
{
	const struct icmp_errors *icmp = &s->peer->icmp;

	if (!s->peer->flight || !icmp->pending || s->asked->copies - icmp->copies > 1 ||
	    s->asked->queued_ns > icmp->last_ns)
		return NEVER;
	return icmp->first_ns + s->floor_ns;
}

static void sentence_port_unreachable(struct verdict *v, const struct handshake *h, const struct claim *claim,
				      uint64_t now)
{
	enum party_role role = claim->role;
	const struct icmp_errors *icmp = &h->party[party_peer(role)].icmp;
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	phrase_say(v->summary, "nothing listens at %s: ICMP port unreachable",
		   verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "ICMP port unreachable came back %s, first %.3f s after the first ClientHello, last %.1f s ago; "
		 "nothing from the %s was seen since", phrase_times(times, icmp->pending),
		 phrase_seconds(icmp->first_ns - h->started_ns), phrase_seconds(now - icmp->last_ns),
		 party_role_name(role));
}

const struct verdict_row row_port_unreachable = {
	.name = "port-unreachable",
	.state = HANDSHAKE_FAILED,
	.severity = SEVERITY_FAULT,
	.holds_from = condition_port_unreachable,
	.write = sentence_port_unreachable,
	.hint =
		"check that it runs and listens on this address and port (ss -lunp), "
		"and that no firewall rejects the datagrams",
	.filter = "{flow} && ({peer} || (icmp.type == 3 && icmp.code == 3) || (icmpv6.type == 1 && icmpv6.code == 4))",
	.needs_no_floor = true,
};

/* --- kernel-drop --- */

/* Was it dropped because the peer of `role` does not read its full receive queue? */
static bool is_queue_full(const struct handshake *h, enum party_role role, uint8_t drop)
{
	const char *name = drop ? h->drops[drop - 1].name : "";
	uint32_t unread;

	if (strcmp(name, "SOCKET_RCVBUFF") && strcmp(name, "PROTO_MEM"))
		return false;
	return h->sees_reads && fate_oldest_unread(h, party_peer(role), &unread);
}

/* This host's kernel dropped datagrams from most copies of the latest flight of `role`. */
static uint64_t condition_kernel_drop(const struct standing *s, struct claim *claim)
{
	const struct flight *flight = s->own;

	if (!flight->copies || 2 * flight->copies_dropped <= flight->copies)
		return NEVER;
	/* The flight arrived all the same, or was answered. */
	if (flight->arrived || s->is_answered || is_queue_full(s->h, s->role, flight->drop))
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
		{ "NETFILTER_DROP", "check the firewall rules of this host (nft list ruleset, iptables -L -v)" },
		{ "QDISC_DROP", "check the queue of the device, which is full or shaped (tc -s qdisc, ip link: txqueuelen)" },
	};

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (!strcmp(name, hints[i].name))
			return hints[i].hint;
	return NULL;
}

static void sentence_kernel_drop(struct verdict *v, const struct handshake *h, const struct claim *claim,
				 uint64_t now)
{
	enum party_role role = claim->role;
	const struct flight *flight = &h->flights[h->party[role].flight];
	const struct drop *drop = phrase_main_drop(h, role);
	char text[VERDICT_PARTY_LEN], copies[PHRASE_LEN];

	verdict_party(text, h, role);
	if (drop && !strcmp(drop->name, "NO_SOCKET"))
		phrase_say(v->summary, "nothing listens at %s, so this host's kernel drops the datagrams",
			   verdict_party(text, h, party_peer(role)));
	else
		phrase_say(v->summary, "this host's kernel drops datagrams of %s: %s", text,
			   phrase_drop_reason(drop));
	EVIDENCE(v, "the %s sent flight %u %s (at %s); the kernel dropped %u of its %u datagram%s",
		 party_role_name(role), h->party[role].flight, phrase_times(text, flight->copies),
		 phrase_copies(copies, h, flight), flight->dropped, flight->datagrams,
		 flight->datagrams == 1 ? "" : "s");
	if (!drop)
		return;
	EVIDENCE(v, "the kernel dropped %s datagrams %s (%llu bytes), most recently %.1f s ago: %s",
		 drop->outgoing ? "outgoing" : "incoming", phrase_times(text, drop->count),
		 (unsigned long long)drop->bytes, phrase_seconds(now - drop->last_ns),
		 phrase_drop_reason(drop));
	if (drop_hint(drop->name))
		v->hint = drop_hint(drop->name);
}

const struct verdict_row row_kernel_drop = {
	.name = "kernel-drop",
	.state = HANDSHAKE_STUCK,
	.severity = SEVERITY_FAULT,
	.holds_from = condition_kernel_drop,
	.write = sentence_kernel_drop,
	.hint = "find what drops them: nstat -az | grep -i Udp, /proc/net/softnet_stat, the firewall's counters",
	.filter = "{flow} && {role}",
	.side = VERDICT_SIDE_KERNEL,
};
