// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a verdict says: one function for each row of the table in verdict.c. */
#include "verdict_rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fate.h"
#include "flights.h"
#include "names.h"
#include "phrases.h"

#include "core.h"

#define EVIDENCE(v, ...) \
	do { \
		if ((v)->num_evidence < VERDICT_MAX_EVIDENCE) \
			phrase_say((v)->evidence[(v)->num_evidence++], __VA_ARGS__); \
	} while (0)

static void evidence_copies(struct verdict *v, const struct handshake *h, enum party_role role)
{
	uint8_t number = h->party[role].flight;
	const struct flight *flight = &h->flights[number];
	char times[PHRASE_LEN], copies[PHRASE_LEN];
	const char *fate = "";

	if (!number)
		return;
	if (flight->arrived && flight->read)
		fate = "; all of it reached this host and was read";
	else if (flight->arrived)
		fate = "; all of it reached this host";
	EVIDENCE(v, "%s sent flight %u %s (at %s)%s", party_role_name(role), number,
		 phrase_times(times, flight->copies), phrase_copies(copies, h, flight), fate);
}

/* What others call "Certificate reassembly error". */
static void evidence_no_errors(struct verdict *v, const struct handshake *h, enum party_role role)
{
	if (h->flights[4].copies > 1 && flight_sent_type(&h->party[role], DTLS_MT_CERTIFICATE))
		EVIDENCE(v, "the repeated Certificate fragments are retransmissions, not errors");
}

/* --- what the kernel said --- */

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

/* --- what the application did not do --- */

void sentence_truncated_read(struct verdict *v, const struct handshake *h, enum party_role role,
			     uint64_t now)
{
	const struct cut_reads *cut = &h->party[role].cut;
	uint8_t number = h->party[party_peer(role)].flight;
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	phrase_say(v->summary, "%s reads into a buffer of %u bytes, too small for a datagram of %u",
		   verdict_party(text, h, role), cut->buffer, cut->length);
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "datagrams were cut on reading %s, the latest %.1f s ago; flight %u was never read whole",
		 phrase_times(times, cut->num), phrase_seconds(now - cut->last_ns), number);
}

void sentence_not_reading(struct verdict *v, const struct handshake *h, enum party_role role,
			  uint64_t now)
{
	const struct party *party = &h->party[role];
	const struct arrival *oldest;
	char text[VERDICT_PARTY_LEN], since[PHRASE_LEN] = "it has read nothing of this handshake";
	uint32_t num;

	oldest = fate_oldest_unread(h, role, &num);
	phrase_say(v->summary, "%s does not read its socket", verdict_party(text, h, role));
	if (party->last_read_ns)
		snprintf(since, sizeof(since), "it last read something of this handshake %.1f s ago",
			 phrase_seconds(now - party->last_read_ns));
	if (oldest)
		EVIDENCE(v, "%u datagram%s with what it has to read lie%s in its receive queue, the oldest "
			 "(%u bytes) for %.1f s; %s", num, num == 1 ? "" : "s", num == 1 ? "s" : "",
			 oldest->length, phrase_seconds(now - oldest->since_ns), since);
	evidence_copies(v, h, party_peer(role));
	if (!h->sees_drops)
		EVIDENCE(v, "whether the kernel dropped them instead cannot be seen on this host");
}

void sentence_silent_after_read(struct verdict *v, const struct handshake *h, enum party_role role,
				uint64_t now)
{
	const struct party *party = &h->party[role];
	uint8_t number = h->party[party_peer(role)].flight;
	const struct flight *flight = &h->flights[number];
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "%s has read flight %u and does not answer", verdict_party(text, h, role),
		   number);
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "all of flight %u was read %.1f s ago, %.3f s after the first ClientHello; %s sent nothing since",
		 number, phrase_seconds(now - flight->read_ns),
		 phrase_seconds(flight->read_ns - h->started_ns), party_role_name(role));
	if (party->failures.soft)
		EVIDENCE(v, "%u of its sends were put off by the kernel (%s)", party->failures.soft,
			 phrase_errno(text, party->failures.soft_error));
	if (!h->sees_send_failures)
		EVIDENCE(v, "whether its sends fail cannot be seen on this host");
}

void sentence_not_retransmitting(struct verdict *v, const struct handshake *h,
				 enum party_role role, uint64_t now)
{
	const struct party *party = &h->party[role];
	const struct flight *flight = &h->flights[party->flight];
	uint64_t timer = handshake_timer_ns(h, role);
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	phrase_say(v->summary, "%s is not retransmitting", verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "%s sent flight %u %s, %.1f s ago, and nothing since; its timer (%s %.1f s) was due %.1f s ago",
		 party_role_name(role), party->flight, phrase_times(times, flight->copies),
		 phrase_seconds(now - party->last_sent_ns), party->timer_ns ? "seen:" : "assumed:",
		 phrase_seconds(timer), phrase_seconds(now - party->last_sent_ns - timer));
	evidence_no_errors(v, h, party_peer(role));
}

/* --- silence --- */

void sentence_no_response(struct verdict *v, const struct handshake *h, enum party_role role,
			  uint64_t now)
{
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "no response from %s", verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "nothing from %s was seen in %.1f s", party_role_name(role),
		 phrase_seconds(now - h->started_ns));
}

void sentence_peer_silent(struct verdict *v, const struct handshake *h, enum party_role role,
			  uint64_t now)
{
	const struct party *party = &h->party[role];
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "%s answered before and is silent now: %s", verdict_party(text, h, role),
		   party->view[POINT_SENT].any ? "it sends nothing" : "the peer or the path");
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "the last of %s was flight %u, %.1f s ago", party_role_name(role),
		 party->flight, phrase_seconds(now - party->last_sent_ns));
}

/* --- ends --- */

void sentence_alert(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now)
{
	const char *name = dtls_alert_name(h->alert_description);
	char text[VERDICT_PARTY_LEN];

	(void)now;
	phrase_say(v->summary, "%s ended the handshake with the fatal alert %s (%u)",
		   verdict_party(text, h, role), name ? name : "unassigned", h->alert_description);
	EVIDENCE(v, "alert level %u, description %u, in plaintext, %.3f s after the first ClientHello",
		 h->alert_level, h->alert_description, phrase_seconds(h->ended_ns - h->started_ns));
}

void sentence_completed(struct verdict *v, const struct handshake *h, enum party_role role,
			uint64_t now)
{
	(void)role;
	phrase_say(v->summary, "completed in %.3f s%s", phrase_seconds(now - h->started_ns),
		   h->resumed ? ", session resumed" : "");
}

void sentence_closed(struct verdict *v, const struct handshake *h, enum party_role role,
		     uint64_t now)
{
	const struct party *party = &h->party[role];
	char text[VERDICT_PARTY_LEN], sent[PHRASE_LEN] = "before it had sent anything";

	phrase_say(v->summary, "%s closed its socket, or ended, before the handshake was complete",
		   verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	evidence_copies(v, h, role);
	if (party->flight)
		snprintf(sent, sizeof(sent), "%.1f s after it last sent flight %u",
			 phrase_seconds(now - h->flights[party->flight].last_ns), party->flight);
	EVIDENCE(v, "closed %.1f s after the first ClientHello, %s", phrase_seconds(now - h->started_ns),
		 sent);
	if (party->unread)
		EVIDENCE(v, "%u datagram%s in its receive queue %s left unread", party->unread,
			 party->unread == 1 ? "" : "s", party->unread == 1 ? "was" : "were");
}

void sentence_evicted(struct verdict *v, const struct handshake *h, enum party_role role,
		      uint64_t now)
{
	(void)role;
	phrase_say(v->summary, "no longer followed: the table of handshakes is full");
	EVIDENCE(v, "its last datagram was %.1f s ago", phrase_seconds(now - h->last_ns));
}

/* Of the side that the verdict is about it is "its" socket. */
static const char *whose(const struct verdict *v, enum party_role role)
{
	if (v->side == (role == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER))
		return "its";
	return role == PARTY_CLIENT ? "the client's" : "the server's";
}

void sentence_circumstances(struct verdict *v, const struct handshake *h)
{
	if (h->events_lost)
		EVIDENCE(v, "the tracer lost %llu events meanwhile",
			 (unsigned long long)h->events_lost);
	for (int role = 0; role < PARTY_MAX; role++)
		if (h->party[role].closed_ns && v->code != VERDICT_CLOSED_BY_APPLICATION &&
		    v->code != VERDICT_COMPLETED)
			EVIDENCE(v, "then %s socket was closed, %.1f s after the first ClientHello",
				 whose(v, role), phrase_seconds(h->party[role].closed_ns - h->started_ns));
	if (h->ambiguous)
		EVIDENCE(v, "another handshake on this address pair: some datagrams may be its own");
}
