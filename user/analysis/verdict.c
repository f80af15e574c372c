// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of verdicts, and how it is asked. */
#include "verdict.h"

#include <string.h>

#include "errors.h"
#include "display_filter.h"
#include "handshake.h"
#include "verdict_rows.h"

#include "core.h"

static const struct row {
	const char *name;
	enum handshake_state state;
	enum verdict_severity severity;
	condition_fn *holds_from;	/* NULL: not of an open handshake */
	sentence_fn *write;
	const char *hint;
	const char *filter;	/* see filter.h */
} rows[VERDICT_MAX] = {
	[VERDICT_COMPLETED] = {
		"completed", HANDSHAKE_COMPLETED, SEVERITY_OK, NULL, sentence_completed, NULL,
		"{flow} && dtls.record.content_type == 22",
	},
	[VERDICT_SEND_FAILED] = {
		"send-failed", HANDSHAKE_FAILED, SEVERITY_FAULT,
		condition_send_failed, sentence_send_failed,
		"the application's log should have the error; `man 7 udp` and `man 2 send` say what it means",
		"{flow} && {role}",
	},
	[VERDICT_PORT_UNREACHABLE] = {
		"port-unreachable", HANDSHAKE_FAILED, SEVERITY_FAULT,
		condition_port_unreachable, sentence_port_unreachable,
		"does it run, and listen on this address and port (ss -lunp)? "
		"A firewall that rejects looks the same",
		"{flow} && ({peer} || (icmp.type == 3 && icmp.code == 3) || (icmpv6.type == 1 && icmpv6.code == 4))",
	},
	[VERDICT_WRONG_ADDRESS] = {
		"wrong-address", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_wrong_address, sentence_wrong_address,
		"a server with several addresses has to answer from the one it was asked at (IP_PKTINFO, or a "
		"socket for each address); or a NAT or a proxy between the two changes the address one way only",
		"({flow}) || {stray}",
	},
	[VERDICT_ROLE_CONFLICT] = {
		"role-conflict", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_role_conflict, sentence_role_conflict,
		"one of them has to be the server: in WebRTC the answer's a=setup must not be the same role as the offer's",
		"{flow} && dtls.handshake.type == 1",
	},
	[VERDICT_COOKIE_LOOP] = {
		"cookie-loop", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_cookie_loop, sentence_cookie_loop,
		"the server does not take the cookie it gave: does its secret change, or do several servers without "
		"a common one share the address? Or the client changes its ClientHello in between (RFC 6347 s4.2.1)",
		"{flow} && (dtls.handshake.type == 1 || dtls.handshake.type == 2 || dtls.handshake.type == 3)",
	},
	[VERDICT_TRUNCATED_READ] = {
		"truncated-read", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_truncated_read, sentence_truncated_read,
		"what does not fit is lost: the application has to read with a buffer as large as "
		"any datagram, 65535 bytes, or at least the MTU",
		"{flow} && {peer} && udp.length > {buffer}",
	},
	[VERDICT_KERNEL_DROP] = {
		"kernel-drop", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_kernel_drop, sentence_kernel_drop,
		"what dropped it: nstat -az | grep -i Udp, /proc/net/softnet_stat, the firewall's counters",
		"{flow} && {role}",
	},
	[VERDICT_SPLIT_ACROSS_SOCKETS] = {
		"split-across-sockets", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_split_across_sockets, sentence_split_across_sockets,
		"a socket that is connected to the peer, or joins SO_REUSEPORT, in the middle of a message takes "
		"the rest of it away from the first: hand what the first socket got to the second",
		"{flow} && {peer} && {split}",
	},
	[VERDICT_REHANDSHAKE_IGNORED] = {
		"rehandshake-ignored", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_rehandshake_ignored, sentence_rehandshake_ignored,
		"the server holds on to the association of before (RFC 6347 s4.2.8 asks it to begin anew): close that "
		"properly, use another port for the new one, or update its DTLS library",
		"{flow} && (dtls.handshake.type == 1 || {server})",
	},
	[VERDICT_NOT_READING] = {
		"not-reading", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_not_reading, sentence_not_reading,
		"the application is blocked, or does not poll this socket: "
		"a stack of its threads (gdb -p, /proc/PID/stack) says where it is",
		"{flow} && dtls",
	},
	[VERDICT_MTU_BLACKHOLE] = {
		"mtu-blackhole", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_mtu_blackhole, sentence_mtu_blackhole,
		"lower the MTU of the sender's DTLS library to 1200 (OpenSSL: SSL_OP_NO_QUERY_MTU and "
		"SSL_set_mtu), and let ICMP 'too big' through; tracepath finds the path's MTU",
		"{flow} && {role} && udp.length > {passed}",
	},
	[VERDICT_MISSING_FRAGMENT] = {
		"missing-fragment", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_missing_fragment, sentence_missing_fragment,
		"what is on the way that drops some datagrams and not others: by size, as a fragment of IP, "
		"by a firewall's idea of DTLS? A capture at the other end says if it was sent",
		"{flow} && {role} && {hole}",
	},
	[VERDICT_HELLO_FRAGMENTS_IGNORED] = {
		"hello-fragments-ignored", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_hello_fragments_ignored, sentence_hello_fragments_ignored,
		"many servers cannot put a fragmented ClientHello together: make it smaller (no post-quantum "
		"key share, fewer extensions), raise the client's MTU, or update the server's DTLS library",
		"{flow} && (dtls.handshake.type == 1 || {server})",
	},
	[VERDICT_CANNOT_DECRYPT] = {
		"cannot-decrypt", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_cannot_decrypt, sentence_cannot_decrypt,
		"do both ends derive the same keys (PSK, extended master secret, cipher suite), and does it verify "
		"the peer's certificate? Its log at debug level says why a record was thrown away",
		"{flow} && dtls",
	},
	[VERDICT_SILENT_AFTER_READ] = {
		"silent-after-read", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_silent_after_read, sentence_silent_after_read,
		"the application has what it needs: does it hand it to its DTLS library, and does that "
		"report an error or wait for something else? Its log says why",
		"{flow} && dtls",
	},
	[VERDICT_LAST_FLIGHT_NOT_RESENT] = {
		"last-flight-not-resent", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_last_flight_not_resent, sentence_last_flight_not_resent,
		"whoever sent the last flight has to answer each repeat of the one before (RFC 6347 s4.2.4): "
		"does the application still hand what it reads to its DTLS library?",
		"{flow} && dtls",
	},
	[VERDICT_NOT_RETRANSMITTING] = {
		"not-retransmitting", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_not_retransmitting, sentence_not_retransmitting,
		"the application has to drive the DTLS timer "
		"(OpenSSL: DTLSv1_get_timeout and DTLSv1_handle_timeout)",
		"{flow} && dtls.record.content_type == 22",
	},
	[VERDICT_PEER_SILENT] = {
		"peer-silent", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_peer_silent, sentence_peer_silent,
		"trace at the other end too: seen from one host, a peer that does not send "
		"and a path that loses its datagrams look alike",
		"{flow} && dtls",
	},
	[VERDICT_NO_RESPONSE] = {
		"no-response", HANDSHAKE_STUCK, SEVERITY_FAULT,
		condition_no_response, sentence_no_response,
		"is the peer up, on this address and port, and does UDP pass both ways? "
		"Seen from one host, a peer that sends nothing and a path that loses everything look alike",
		"{flow} && (dtls.handshake.type == 1 || {server} || icmp || icmpv6)",
	},
	[VERDICT_ALERT] = {
		"alert", HANDSHAKE_FAILED, SEVERITY_FAULT, NULL, sentence_alert,
		"the side that sent the alert refused: its log says why",
		"{flow} && {role} && dtls.record.content_type == 21",
	},
	[VERDICT_CLOSED_BY_APPLICATION] = {
		"closed-by-application", HANDSHAKE_ABANDONED, SEVERITY_WARNING, NULL, sentence_closed,
		"did the application give up too early, or crash? Its log says why",
		"{flow} && dtls",
	},
	[VERDICT_EVICTED] = {
		"evicted", HANDSHAKE_IN_PROGRESS, SEVERITY_INFO, NULL, sentence_evicted,
		"raise --max-handshakes, or trace less (-p, -P)",
		"{flow} && dtls",
	},
};

const char *verdict_code_name(enum verdict_code code)
{
	return code == VERDICT_NONE ? "none" : rows[code].name;
}

const char *verdict_filter_pattern(enum verdict_code code)
{
	return rows[code].filter;
}

const char *verdict_severity_name(enum verdict_severity severity)
{
	switch (severity) {
	case SEVERITY_OK: return "ok";
	case SEVERITY_INFO: return "info";
	case SEVERITY_WARNING: return "warning";
	case SEVERITY_FAULT: return "fault";
	}
	return "unknown";
}

const char *verdict_confidence_name(enum verdict_confidence confidence)
{
	return confidence == CONFIDENCE_CERTAIN ? "certain" : "likely";
}

const char *verdict_side_name(enum verdict_side side)
{
	switch (side) {
	case VERDICT_SIDE_CLIENT: return "client";
	case VERDICT_SIDE_SERVER: return "server";
	case VERDICT_SIDE_NETWORK: return "network";
	case VERDICT_SIDE_KERNEL: return "kernel";
	case VERDICT_SIDE_UNKNOWN: break;
	}
	return "unknown";
}

enum handshake_state verdict_state(enum verdict_code code)
{
	return rows[code].state;
}

bool verdict_side_is_local(const struct handshake *h)
{
	switch (h->verdict.side) {
	case VERDICT_SIDE_CLIENT: return h->party[PARTY_CLIENT].local;
	case VERDICT_SIDE_SERVER: return h->party[PARTY_SERVER].local;
	case VERDICT_SIDE_KERNEL: return true;
	case VERDICT_SIDE_NETWORK: case VERDICT_SIDE_UNKNOWN: break;
	}
	return false;
}

static enum verdict_side side_of(const struct handshake *h, enum verdict_code code,
				 enum party_role role)
{
	switch (code) {
	case VERDICT_KERNEL_DROP:
		return VERDICT_SIDE_KERNEL;
	case VERDICT_ROLE_CONFLICT:
		return VERDICT_SIDE_UNKNOWN;
	case VERDICT_MTU_BLACKHOLE:
		return VERDICT_SIDE_NETWORK;
	case VERDICT_MISSING_FRAGMENT:
		if (!path_is_unsent(h, role))
			return VERDICT_SIDE_NETWORK;
		break;
	case VERDICT_PEER_SILENT: case VERDICT_NO_RESPONSE:
		if (path_loses(h, party_peer(role)))
			return VERDICT_SIDE_NETWORK;
		break;
	default:
		break;
	}
	return role == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER;
}

enum verdict_code verdict_stuck(const struct handshake *h, const struct verdict_options *opts,
				uint64_t now, enum verdict_side *side, uint64_t *due_ns)
{
	*due_ns = UINT64_MAX;
	if (h->midway)
		return VERDICT_NONE;
	for (enum verdict_code code = VERDICT_NONE; code < VERDICT_MAX; code++) {
		uint64_t client, server, first;

		if (!rows[code].holds_from)
			continue;
		client = rows[code].holds_from(h, opts, PARTY_CLIENT);
		server = rows[code].holds_from(h, opts, PARTY_SERVER);
		first = client < server ? client : server;
		if (first <= now) {
			*side = side_of(h, code, client <= server ? PARTY_CLIENT : PARTY_SERVER);
			return code;
		}
		if (first < *due_ns)
			*due_ns = first;
	}
	return VERDICT_NONE;
}

bool verdict_is_undone(const struct handshake *h, const struct verdict_options *opts, uint64_t now)
{
	if (h->midway)
		return false;
	return condition_last_flight_not_resent(h, opts, PARTY_CLIENT) <= now ||
	       condition_last_flight_not_resent(h, opts, PARTY_SERVER) <= now;
}

enum verdict_code verdict_at_alert(const struct handshake *h)
{
	/* To a client a ClientHello is an unexpected message. */
	return h->relations.both_ways_ns && !h->party[PARTY_SERVER].flight ? VERDICT_ROLE_CONFLICT :
									     VERDICT_ALERT;
}

enum verdict_code verdict_at_close(const struct handshake *h, enum party_role role,
				   enum verdict_side *side)
{
	const struct verdict_options at_once = { .floor_ns = 0 };
	enum verdict_code code = VERDICT_CLOSED_BY_APPLICATION;
	enum party_role owes = role;

	if (condition_send_failed(h, &at_once, role) != UINT64_MAX) {
		code = VERDICT_SEND_FAILED;
	} else if (condition_port_unreachable(h, &at_once, party_peer(role)) != UINT64_MAX) {
		code = VERDICT_PORT_UNREACHABLE;
		owes = party_peer(role);
	}
	*side = side_of(h, code, owes);
	return code;
}

/* Of whom is the verdict? If it is of no party: who sent what was dropped or lost. */
static enum party_role role_of(const struct handshake *h, enum verdict_code code,
			       enum verdict_side side)
{
	const struct verdict_options at_once = { .floor_ns = 0 };

	if (side == VERDICT_SIDE_UNKNOWN || side == VERDICT_SIDE_CLIENT ||
	    side == VERDICT_SIDE_SERVER || !rows[code].holds_from)
		return side == VERDICT_SIDE_SERVER ? PARTY_SERVER : PARTY_CLIENT;
	return rows[code].holds_from(h, &at_once, PARTY_CLIENT) <=
	       rows[code].holds_from(h, &at_once, PARTY_SERVER) ? PARTY_CLIENT : PARTY_SERVER;
}

/* Does it rest on something that may have gone unseen, or be of something else? */
static bool is_doubtful(const struct handshake *h, enum verdict_code code, enum party_role role)
{
	const struct flight *flight = &h->flights[h->party[role].flight];
	struct path_mtu mtu;

	if (h->events_lost || h->missing || h->ambiguous)
		return true;
	switch (code) {
	case VERDICT_NOT_READING:
		return !h->sees_drops;
	case VERDICT_MISSING_FRAGMENT:	/* it may have taken another way */
		return h->captured;
	case VERDICT_ALERT:		/* of an encrypted one not even that it is fatal is known */
		return !h->alert_level;
	case VERDICT_WRONG_ADDRESS:	/* it may be meant for another that was not seen to begin */
		return !h->relations.stray_from_socket;
	case VERDICT_REHANDSHAKE_IGNORED:
		return !h->flights[h->party[PARTY_CLIENT].flight].read;
	case VERDICT_MTU_BLACKHOLE:	/* told from sizes alone */
		return path_find_mtu(h, role, &mtu) &&
		       (mtu.basis == MTU_BY_ANSWER || mtu.basis == MTU_BY_HOLE);
	case VERDICT_HELLO_FRAGMENTS_IGNORED: case VERDICT_CANNOT_DECRYPT:
		return !h->flights[h->party[party_peer(role)].flight].read;
	case VERDICT_LAST_FLIGHT_NOT_RESENT:
		return !h->sees_reads || !h->sees_send_failures;
	case VERDICT_SILENT_AFTER_READ:
		return !h->sees_drops || !h->sees_send_failures;
	case VERDICT_SEND_FAILED:	/* it did send its flight: what failed may be no part of it */
		return flight->complete && flight->last_copy_dropped != flight->copies &&
		       h->party[party_peer(role)].flight < h->party[role].flight;
	default:
		return false;
	}
}

void verdict_write(struct handshake *h, enum verdict_code code, enum verdict_side side)
{
	h->verdict = (struct finding){ .code = code, .side = side };
	if (code == VERDICT_NONE)
		return;
	h->verdict.severity = rows[code].severity;
	if (is_doubtful(h, code, role_of(h, code, side)))
		h->verdict.confidence = CONFIDENCE_LIKELY;
}

void verdict_describe(const struct handshake *h, uint64_t now, struct verdict *out)
{
	const struct finding *found = &h->verdict;
	enum party_role role = role_of(h, found->code, found->side);

	memset(out, 0, sizeof(*out));
	out->code = found->code;
	out->side = found->side;
	out->severity = found->severity;
	out->confidence = found->confidence;
	if (out->code == VERDICT_NONE)
		return;
	out->hint = rows[out->code].hint;
	rows[out->code].write(out, h, role, now);
	sentence_others(out, h, role);
	sentence_circumstances(out, h);
	/* Wireshark 4.0 knows nothing of DTLS 1.3 records. */
	display_filter_write(out->filter, sizeof(out->filter), h->is_dtls13 ? "{flow}" : rows[out->code].filter,
		     h, role);
}
