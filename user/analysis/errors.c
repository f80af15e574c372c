// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "errors.h"

#include <errno.h>

#include "core.h"

#define ICMP_DEST_UNREACH 3	/* RFC 792 */
#define ICMP_PORT_UNREACH 3
#define ICMPV6_DEST_UNREACH 1	/* RFC 4443 s3.1 */
#define ICMPV6_PORT_UNREACH 4
/* If a send is refused after it was seen, for example by a firewall, it fails within this time. */
#define SAME_SEND_NS 10000000ULL

/* The error asks to try again: neither the datagram nor the path nor a rule of this host is the cause. */
static bool is_soft(uint16_t error)
{
	return !error || error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS ||
	       error == EINTR;
}

bool errors_is_port_unreachable(const struct event *ev)
{
	/* ICMP and ICMPv6 use different types and codes. */
	return ev->error == ECONNREFUSED ||
	       (ev->icmp_type == ICMP_DEST_UNREACH && ev->icmp_code == ICMP_PORT_UNREACH) ||
	       (ev->icmp_type == ICMPV6_DEST_UNREACH && ev->icmp_code == ICMPV6_PORT_UNREACH);
}

/*
 * Count one error for each copy of a flight: a copy may be several datagrams, and
 * the next send reports the same error again.
 */
static void note_unreachable(struct handshake *h, enum party_role from, uint64_t now)
{
	struct icmp_errors *icmp = &h->party[from].icmp;
	uint32_t copies = h->flights[h->party[from].flight].copies;

	if (!icmp->pending)
		icmp->first_ns = now;
	if (!icmp->pending || icmp->copies != copies) {
		icmp->unreachable++;
		icmp->pending++;
	}
	icmp->copies = copies;
	icmp->last_ns = now;
}

void errors_icmp(struct handshake *h, enum party_role from, const struct event *ev, uint64_t now)
{
	struct icmp_errors *icmp = &h->party[from].icmp;

	if (errors_is_port_unreachable(ev)) {
		note_unreachable(h, from, now);
		return;
	}
	icmp->others++;
	icmp->other_error = ev->error;
	icmp->other_type = ev->icmp_type;
	icmp->other_code = ev->icmp_code;
}

void errors_send_failed(struct handshake *h, enum party_role from, const struct event *ev,
			uint64_t now)
{
	struct send_failures *f = &h->party[from].failures;

	/* The error belongs to an earlier datagram: the kernel reports it at the next send. */
	if (ev->error == ECONNREFUSED) {
		note_unreachable(h, from, now);
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
		f->first_ns = now;
		f->min_len = f->max_len = ev->length;
	}
	f->sent_ns = 0;
	f->hard++;
	f->pending++;
	f->error = ev->error;
	f->last_ns = now;
	if (ev->length < f->min_len)
		f->min_len = ev->length;
	if (ev->length > f->max_len)
		f->max_len = ev->length;
}

void errors_heard(struct party *party)
{
	party->icmp.pending = 0;
}

void errors_sent(struct party *party, uint64_t now)
{
	struct send_failures *f = &party->failures;

	/* The previous send was not refused, so the earlier failures are over. */
	if (f->sent_ns && now - f->sent_ns > SAME_SEND_NS)
		f->pending = 0;
	f->sent_ns = now;
}

void errors_not_sent(struct party *party)
{
	party->failures.sent_ns = 0;
}

bool errors_has_pending(const struct send_failures *f)
{
	return f->pending && !f->sent_ns;
}
