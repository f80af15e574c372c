// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "errors.h"

#include <errno.h>
#include <string.h>

#include "analysis.h"
#include "icmp.h"

#include "core.h"

/* The highest codes of destination unreachable (RFC 1812 s5.2.7.1, RFC 4443 s3.1) that are about the path. */
#define ICMP_PATH_LAST 15
#define ICMPV6_PATH_LAST 6
/* If a send is refused after it was seen, for example by a firewall, it fails within this time. */
#define SAME_SEND_NS 10000000ULL

/* The error asks to try again: neither the datagram nor the path nor a rule of this host is the cause. */
static bool is_soft(uint16_t error)
{
	return !error || error == EAGAIN || error == ENOBUFS || error == EINTR;
}

/* RFC 792, RFC 4443 s3.1 */
static bool is_port_unreachable(const struct event *ev)
{
	/* ICMP and ICMPv6 use different types and codes. */
	return ev->error == ECONNREFUSED ||
	       (ev->icmp_type == ICMP_DEST_UNREACH && ev->icmp_code == ICMP_PORT_UNREACH) ||
	       (ev->icmp_type == ICMPV6_DEST_UNREACH && ev->icmp_code == ICMPV6_PORT_UNREACH);
}

static bool is_errno_of_rejection(uint16_t error)
{
	switch (error) {
	case ENETUNREACH: case EHOSTUNREACH: case EACCES: case EHOSTDOWN: case ENONET: case ENOPROTOOPT:
	case EOPNOTSUPP:
		return true;
	}
	return false;
}

/* The host or the network is unreachable, or that is prohibited; if only the errno is known, it may say so. */
static bool is_rejection(const struct event *ev)
{
	if (!ev->icmp_type)
		return is_errno_of_rejection(ev->error);
	if (ev->flags & EVENT_IPV4)
		return ev->icmp_type == ICMP_DEST_UNREACH && ev->icmp_code <= ICMP_PATH_LAST &&
		       ev->icmp_code != ICMP_PORT_UNREACH && ev->icmp_code != ICMP_FRAG_NEEDED;
	return ev->icmp_type == ICMPV6_DEST_UNREACH && ev->icmp_code <= ICMPV6_PATH_LAST &&
	       ev->icmp_code != ICMPV6_PORT_UNREACH;
}

bool errors_is_prohibition(bool ipv4, uint8_t type, uint8_t code)
{
	if (ipv4)
		return type == ICMP_DEST_UNREACH && (code == 9 || code == 10 || code == 13);
	return type == ICMPV6_DEST_UNREACH && (code == 1 || code == 5 || code == 6);
}

/*
 * Each ICMP error counts. A send that reports one only counts if none was seen for
 * this copy of the flight. Returns whether it counts.
 */
static bool note_error(const struct handshake *h, enum party_role from, struct icmp_series *series, bool is_icmp,
		       uint64_t now)
{
	uint8_t flight = h->party[from].flight;
	uint32_t copies = h->flights[flight].copies;
	bool counts;

	counts = is_icmp || !series->pending || series->copies != copies;
	if (!series->pending)
		series->first_ns = now;
	series->pending += counts;
	series->flight = flight;
	series->copies = copies;
	series->last_ns = now;
	series->again_ns = 0;
	return counts;
}

static void note_unreachable(struct handshake *h, enum party_role from, bool is_icmp, uint64_t now)
{
	struct icmp_errors *icmp = &h->party[from].icmp;

	icmp->unreachable += note_error(h, from, &icmp->port, is_icmp, now);
}

static void note_rejected(struct handshake *h, enum party_role from, bool is_icmp, uint64_t now)
{
	struct icmp_errors *icmp = &h->party[from].icmp;

	icmp->rejected += note_error(h, from, &icmp->path, is_icmp, now);
}

static struct icmp_said said_by(const struct event *ev)
{
	struct event_reporter reporter = event_reporter_of(ev);
	struct icmp_said said = {
		.error = ev->error, .type = ev->icmp_type, .code = ev->icmp_code, .mtu = reporter.mtu,
	};

	memcpy(said.from, reporter.ip, sizeof(said.from));
	return said;
}

/* The same error may come again, with less known of it. */
static void take_said(struct icmp_said *said, const struct icmp_series *series, const struct event *ev)
{
	if (ev->icmp_type || !series->pending || !said->type)
		*said = said_by(ev);
}

void errors_icmp(struct handshake *h, enum party_role from, const struct event *ev, uint64_t now)
{
	struct icmp_errors *icmp = &h->party[from].icmp;

	if (is_port_unreachable(ev)) {
		take_said(&icmp->refusal, &icmp->port, ev);
		note_unreachable(h, from, true, now);
		/* If it sent the alert, it acted on it. */
		h->alert.is_confirmed |= h->alert.from == party_peer(from);
	} else if (is_rejection(ev)) {
		take_said(&icmp->rejection, &icmp->path, ev);
		note_rejected(h, from, true, now);
	} else {
		icmp->others++;
		icmp->other = said_by(ev);
		icmp->other_ns = now;
	}
}

/* The error belongs to an earlier datagram: the kernel reports it at the next send. */
static bool is_of_icmp(const struct icmp_errors *icmp, uint16_t error)
{
	return error && icmp->path.pending && error == icmp->rejection.error;
}

void errors_send_failed(struct handshake *h, enum party_role from, const struct event *ev,
			uint64_t now)
{
	struct send_failures *f = &h->party[from].failures;

	/* The error belongs to an earlier datagram: the kernel reports it at the next send. */
	if (ev->error == ECONNREFUSED) {
		note_unreachable(h, from, false, now);
		return;
	}
	if (is_of_icmp(&h->party[from].icmp, ev->error)) {
		note_rejected(h, from, false, now);
		return;
	}
	if (is_soft(ev->error)) {
		f->soft++;
		f->soft_error = ev->error;
		return;
	}
	if (!errors_has_pending(f) && now - f->sent_ns > SAME_SEND_NS)
		f->pending = 0;
	if (!f->pending) {
		f->is_known = false;
		f->first_ns = now;
		f->min_len = f->max_len = ev->length;
	}
	f->sent_ns = 0;
	f->hard++;
	f->pending++;
	f->error = ev->error;
	f->last_ns = now;
	f->is_known |= ev->length || ev->remote.port || now - h->flights[h->party[from].flight].last_ns <= SAME_SEND_NS;
	/* Not each hook knows the length. */
	if (ev->length && (!f->min_len || ev->length < f->min_len))
		f->min_len = ev->length;
	if (ev->length > f->max_len)
		f->max_len = ev->length;
}

uint64_t errors_too_big_ns(const struct icmp_errors *icmp)
{
	return icmp->other.error == EMSGSIZE ? icmp->other_ns : 0;
}

void errors_heard(struct party *party)
{
	party->icmp.port.pending = party->icmp.path.pending = 0;
}

void errors_sent(struct party *party, uint64_t now)
{
	struct send_failures *f = &party->failures;

	/* The previous send was not refused, so the earlier failures are over. */
	if (f->sent_ns && now - f->sent_ns > SAME_SEND_NS)
		f->pending = 0;
	f->sent_ns = now;
	if (!party->icmp.path.again_ns)
		party->icmp.path.again_ns = now;
}

void errors_not_sent(struct party *party)
{
	party->failures.sent_ns = 0;
}

bool errors_has_pending(const struct send_failures *f)
{
	return f->pending && !f->sent_ns;
}
