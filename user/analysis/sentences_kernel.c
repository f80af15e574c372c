// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a verdict says of what the kernel said: sends refused, ICMP errors, drops. */
#include "verdict_rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "phrases.h"

#include "core.h"

static const char *send_failed_hint(uint16_t error)
{
	switch (error) {
	case EMSGSIZE:
		return "the datagram is larger than the path or the device allows: lower the MTU of the "
		       "DTLS library (OpenSSL: SSL_OP_NO_QUERY_MTU and SSL_set_mtu)";
	case EPERM: case EACCES:
		return "a firewall rule for output, a BPF program of the cgroup or seccomp forbids it: "
		       "nft list ruleset, iptables -L OUTPUT -v";
	case ENETUNREACH: case EHOSTUNREACH: case ENETDOWN: case EADDRNOTAVAIL:
		return "there is no way to the peer: ip route get ADDRESS, ip link";
	}
	return NULL;
}

void sentence_send_failed(struct verdict *v, const struct handshake *h, enum party_role role,
			  uint64_t now)
{
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

void sentence_port_unreachable(struct verdict *v, const struct handshake *h, enum party_role role,
			       uint64_t now)
{
	const struct icmp_errors *icmp = &h->party[party_peer(role)].icmp;
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	phrase_say(v->summary, "nothing listens at %s: ICMP port unreachable",
		   verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "ICMP port unreachable came back %s, first %.3f s after the first ClientHello, last %.1f s ago; "
		 "nothing from %s was seen since", phrase_times(times, icmp->pending),
		 phrase_seconds(icmp->first_ns - h->started_ns), phrase_seconds(now - icmp->last_ns),
		 party_role_name(role));
}

static const char *drop_hint(const char *name)
{
	static const struct {
		const char *name, *hint;
	} hints[] = {
		{ "SOCKET_RCVBUFF", "the socket's receive buffer is full: the application has to read faster, "
		  "or a larger one helps (SO_RCVBUF, up to sysctl net.core.rmem_max)" },
		{ "PROTO_MEM", "the memory of all UDP sockets is used up: sysctl net.ipv4.udp_mem; "
		  "ss -lunm says which sockets hold it" },
		{ "SOCKET_FILTER", "the filter attached to the socket (SO_ATTACH_FILTER, SO_ATTACH_BPF), "
		  "or a BPF program of its cgroup, refuses it" },
		{ "UDP_CSUM", "its UDP checksum is wrong: corrupted on the way, or checksum offload is broken "
		  "(ethtool -K DEVICE tx off rx off to try)" },
		{ "NO_SOCKET", "is the server running, on this address and port? ss -lunp lists who listens" },
		{ "NETFILTER_DROP", "a firewall rule of this host drops it: nft list ruleset, iptables -L -v" },
		{ "QDISC_DROP", "the device's queue is full or shaped: tc -s qdisc, ip link (txqueuelen)" },
	};

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (!strcmp(name, hints[i].name))
			return hints[i].hint;
	return NULL;
}

void sentence_kernel_drop(struct verdict *v, const struct handshake *h, enum party_role role,
			  uint64_t now)
{
	const struct flight *flight = &h->flights[h->party[role].flight];
	const struct drop *drop = phrase_main_drop(h, role);
	char text[VERDICT_PARTY_LEN], copies[PHRASE_LEN];

	verdict_party(text, h, role);
	if (drop && !strcmp(drop->name, "NO_SOCKET"))
		phrase_say(v->summary, "nothing listens on the address of %s, so this host's kernel drops it",
			   verdict_party(text, h, party_peer(role)));
	else
		phrase_say(v->summary, "this host's kernel drops what %s sends: %s", text,
			   phrase_drop_reason(drop));
	EVIDENCE(v, "%s sent flight %u %s (at %s); dropped here: %u of %u datagrams",
		 party_role_name(role), h->party[role].flight, phrase_times(text, flight->copies),
		 phrase_copies(copies, h, flight), flight->dropped, flight->datagrams);
	if (!drop)
		return;
	EVIDENCE(v, "dropped on the way %s, reason: %s, %s, %llu bytes, the latest %.1f s ago",
		 drop->outgoing ? "out" : "in", phrase_drop_reason(drop),
		 phrase_times(text, drop->count), (unsigned long long)drop->bytes,
		 phrase_seconds(now - drop->last_ns));
	if (drop_hint(drop->name))
		v->hint = drop_hint(drop->name);
}
