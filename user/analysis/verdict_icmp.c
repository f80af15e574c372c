// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts from ICMP errors, and from a kernel that has no socket for a datagram. */
#include "conditions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "errors.h"
#include "flights.h"
#include "hosts.h"
#include "icmp.h"
#include "names.h"
#include "phrases.h"
#include "text.h"

#include "core.h"

/* --- port-unreachable --- */

/*
 * Did ICMP errors come for the latest flight of `from`, and nothing since then that disproves them? A
 * copy that is queued does, a newer flight, and what its peer sends (see errors_heard()).
 */
static bool is_refused(const struct handshake *h, enum party_role role, const struct icmp_series *icmp)
{
	const struct party *from = &h->party[role], *receiver = &h->party[party_peer(role)];
	const struct flight *latest = &h->flights[from->flight];

	if (!icmp->pending || !from->flight || icmp->flight != from->flight)
		return false;
	/* Its peer answered it before, or never will: that nothing comes since then proves nothing. */
	if (receiver->flight > from->flight || flight_rule(h, from->flight)->closes)
		return false;
	/* What is in the receiver's queue was not refused, whoever says so, unless its socket is gone by now. */
	return !latest->queued_ns || (receiver->closed_ns && latest->queued_ns <= icmp->last_ns);
}

/*
 * The ICMP error for one copy may still be on its way. Do more copies go without one? Routers limit how
 * many they send, so what is reported stays until the peer sends something.
 */
static bool goes_on(const struct flight *latest, const struct icmp_series *icmp, bool is_reported)
{
	return latest->copies - icmp->copies > 1 && !is_reported;
}

bool icmp_is_rejected_here(const struct handshake *h, enum party_role from)
{
	const struct flight *flight = &h->flights[h->party[from].flight];

	return is_mostly_dropped(flight) && !strcmp(flight_drop_name(h, flight), "NETFILTER_DROP");
}

static void say_rejected_here(struct verdict *v, const struct handshake *h, enum party_role from)
{
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "a firewall of %s rejects the datagrams of %s", hosts_name(h, party_peer(from)), verdict_party(text, h, from));
	HINT(v, "find the rule that rejects them (nft list ruleset, iptables -L -v) in the network namespace of the %s",
	     party_role_name(party_peer(from)));
	hint_namespace(v, &h->party[party_peer(from)]);
}

static void evidence_rejected_here(struct verdict *v, const struct handshake *h, enum party_role from)
{
	const struct flight *flight = &h->flights[h->party[from].flight];
	char times[PHRASE_LEN], kernel[HOSTS_KERNEL_LEN];

	EVIDENCE(v, "%s dropped datagrams of flight %u %s: NETFILTER_DROP", hosts_kernel(kernel, h, party_peer(from)), h->party[from].flight,
		 phrase_times(times, flight->dropped));
}

bool icmp_is_closed_here(const struct handshake *h, enum party_role role)
{
	const struct flight *latest = &h->flights[h->party[party_peer(role)].flight];
	const struct drop *drop = latest->drop ? &h->drops[latest->drop - 1] : NULL;

	return drop && !drop->outgoing && !strcmp(drop->name, "NO_SOCKET") && is_mostly_dropped(latest) &&
	       latest->queued_ns <= drop->last_ns && !latest->arrived && h->party[role].flight <= h->party[party_peer(role)].flight;
}

/* Since when is the port of the side known to be closed? By an ICMP error, or by this host's kernel. */
static uint64_t closed_since(const struct handshake *h, enum party_role role)
{
	const struct party *sender = &h->party[party_peer(role)];
	const struct icmp_series *icmp = &sender->icmp.port;

	return icmp->pending && icmp->flight == sender->flight ? icmp->first_ns :
								h->drops[h->flights[sender->flight].drop - 1].first_ns;
}

/* The port of the side is unreachable. If copies go on without an ICMP error, a socket listens by now. */
static uint64_t condition_port_unreachable(const struct standing *s, struct claim *claim)
{
	const struct icmp_series *icmp = &s->peer->icmp.port;
	uint64_t since;

	if (!icmp_is_closed_here(s->h, s->role) &&
	    (s->h->midway || !is_refused(s->h, party_peer(s->role), icmp) ||
	     goes_on(s->asked, icmp, s->h->verdict.code == claim->code)))
		return NEVER;
	/* It ended the handshake with an alert, and closed its socket after that. */
	if (s->h->alert.ns && s->h->alert.is_confirmed && s->h->alert.from == s->role)
		return NEVER;
	since = closed_since(s->h, s->role);
	if (icmp_is_rejected_here(s->h, party_peer(s->role)))
		claim->side = VERDICT_SIDE_KERNEL;
	else if (s->self->last_sent_ns && handshake_had_cause(s->h, since))
		return since;
	return since + s->floor_ns;
}

/* The address that sent this error, as text; NULL if it is not known. */
static const char *reporter(char out[TEXT_ADDRESS_LEN], const struct icmp_said *said, bool ipv4)
{
	static const uint8_t unknown[sizeof(said->from)];

	if (!memcmp(said->from, unknown, sizeof(unknown)))
		return NULL;
	text_address(out, said->from, ipv4);
	return out;
}

/* A side may have said goodbye after the errors of this series. */
static const char *phrase_silent_since(char out[PHRASE_LEN], const struct icmp_series *series, enum party_role peer)
{
	snprintf(out, PHRASE_LEN, "; nothing from the %s was seen since", party_role_name(peer));
	return series->pending ? out : "";
}

/* Did the peer of `role` give up at an ICMP error, although this side, which took part, goes on? */
static bool is_given_up(const struct claim *claim)
{
	return claim->side == side_of_role(party_peer(claim->role));
}

static void summary_port_unreachable(struct verdict *v, const struct handshake *h, const struct claim *claim, const char *from)
{
	enum party_role role = claim->role;
	char text[VERDICT_PARTY_LEN], kernel[HOSTS_KERNEL_LEN];

	verdict_party(text, h, role);
	if (claim->side == VERDICT_SIDE_KERNEL)
		say_rejected_here(v, h, party_peer(role));
	else if (is_given_up(claim))
		phrase_say(v->summary, "%s gave up at an ICMP error: the port of the %s cannot be reached",
			   verdict_party(text, h, party_peer(role)), party_role_name(role));
	else if (icmp_is_closed_here(h, role))
		phrase_say(v->summary, "%s has no socket for the datagrams to %s", hosts_kernel(kernel, h, role), text);
	else if (from)
		phrase_say(v->summary, "%s reports that the port of %s is unreachable (ICMP)", from, text);
	else if (h->party[role].last_sent_ns)
		phrase_say(v->summary, "%s took part, and its port is closed now: ICMP port unreachable", text);
	else
		phrase_say(v->summary, "the port of %s is refused (ICMP): nothing listens there, or a firewall rejects the datagrams", text);
}

/* The side has taken part in this handshake, so something did listen. */
static void evidence_took_part(struct verdict *v, const struct handshake *h, const struct claim *claim)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	const struct flight *latest = &h->flights[party->flight];
	const struct icmp_errors *icmp = &h->party[party_peer(role)].icmp;

	if (!party->last_sent_ns)
		return;
	if (!is_given_up(claim)) {
		evidence_large_answer(v, h, role);
		HINT(v, "find out why the %s closed its socket: its log and its timeout; a firewall on the way that rejects "
		     "the datagrams looks the same", party_role_name(role));
		return;
	}
	if (party->last_sent_ns > icmp->port.last_ns)
		EVIDENCE(v, "the %s sent flight %u after that: the ICMP error was wrong, or forged", party_role_name(role), party->flight);
	else
		EVIDENCE(v, "the %s sent flight %u %.1f s before that, and its socket is open: the ICMP error was wrong, or forged",
			 party_role_name(role), party->flight, phrase_seconds(icmp->port.last_ns - latest->last_ns));
	HINT(v, "find who sends ICMP errors about a port that is open (tcpdump icmp or icmp6): a firewall, a NAT, or an "
	     "attacker; DTLS libraries need not give up at one");
}

static void evidence_icmp_port(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now)
{
	const struct icmp_errors *icmp = &h->party[party_peer(role)].icmp;
	char times[PHRASE_LEN], since[PHRASE_LEN];

	if (icmp->unreachable)
		EVIDENCE(v, "ICMP port unreachable came back %s, first %.3f s after the first ClientHello, last %.1f s ago%s",
			 phrase_times(times, icmp->port.pending ? icmp->port.pending : icmp->unreachable),
			 phrase_seconds(icmp->port.first_ns - h->started_ns), phrase_seconds(now - icmp->port.last_ns),
			 phrase_silent_since(since, &icmp->port, role));
}

static void evidence_no_socket(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now)
{
	const struct flight *flight = &h->flights[h->party[party_peer(role)].flight];
	const struct drop *drop = &h->drops[flight->drop - 1];
	char times[PHRASE_LEN], kernel[HOSTS_KERNEL_LEN];

	EVIDENCE(v, "%s dropped datagrams of flight %u %s, most recently %.1f s ago: NO_SOCKET",
		 hosts_kernel(kernel, h, role), h->party[party_peer(role)].flight, phrase_times(times, flight->dropped), phrase_seconds(now - drop->last_ns));
	HINT(v, "check that the %s runs and listens on this address and port, in the network namespace where the datagrams "
	     "arrive (ss -lunp): a socket that is connected to another peer does not take them", party_role_name(role));
}

static void sentence_port_unreachable(struct verdict *v, const struct handshake *h, const struct claim *claim,
				      uint64_t now)
{
	enum party_role role = claim->role;
	const struct icmp_errors *icmp = &h->party[party_peer(role)].icmp;
	char address[TEXT_ADDRESS_LEN];
	const char *from = reporter(address, &icmp->refusal, h->party[role].ipv4);
	bool another = from && memcmp(icmp->refusal.from, h->party[role].address.ip, sizeof(icmp->refusal.from));

	summary_port_unreachable(v, h, claim, another ? from : NULL);
	evidence_copies(v, h, party_peer(role));
	evidence_icmp_port(v, h, role, now);
	if (claim->side == VERDICT_SIDE_KERNEL) {
		evidence_rejected_here(v, h, party_peer(role));
		return;
	}
	if (another && is_given_up(claim))
		EVIDENCE(v, "%s sent it, not the %s", from, party_role_name(role));
	else if (another)
		EVIDENCE(v, "the %s did not send it itself: a firewall rejects the datagrams, or an address was translated",
			 party_role_name(role));
	if (icmp_is_closed_here(h, role))
		evidence_no_socket(v, h, role, now);
	evidence_took_part(v, h, claim);
}

/* Anybody can send an ICMP error, but this host's kernel says what it dropped, and why. */
static const char *doubt_icmp(const struct handshake *h, const struct claim *claim)
{
	return claim->side != VERDICT_SIDE_KERNEL &&
	       (claim->code != VERDICT_PORT_UNREACHABLE || !icmp_is_closed_here(h, claim->role)) ? "anybody can send an ICMP error" : NULL;
}

const struct verdict_row row_port_unreachable = {
	.holds_from = condition_port_unreachable,
	.needs = FACT_ERRORS,
	.write = sentence_port_unreachable,
	.hint =
		"check that it runs and listens on this address and port (ss -lunp): a firewall that rejects the datagrams, and a "
		"socket that is connected to another peer, look the same",
	.filter = "{flow} && ({peer} || (icmp.type == 3 && icmp.code == 3) || (icmpv6.type == 1 && icmpv6.code == 4))",
	.doubt = doubt_icmp, .needs_no_floor = true, .needs_no_hello = true,
};

/* --- rejected --- */

/* Neighbour resolution asks three times, one second apart, before a router reports that a host is unreachable. */
#define NEIGHBOUR_NS (3 * SECOND + SECOND / 2)

/* May the ICMP errors for its latest copies still be on their way? */
static bool may_come_late(const struct party *party)
{
	const struct icmp_said *said = &party->icmp.rejection;

	return said->error == EHOSTUNREACH && !errors_is_prohibition(party->ipv4, said->type, said->code) &&
	       party->last_sent_ns - party->icmp.path.again_ns <= NEIGHBOUR_NS;
}

bool icmp_may_be_forged(const struct handshake *h, enum party_role role)
{
	return role == PARTY_SERVER && h->party[role].flight == FLIGHT_RETRY_REQUEST &&
	       h->flights[h->party[PARTY_CLIENT].flight].copies < 2;
}

/* ICMP reports that what the side sends does not get there: no way, or not allowed. */
static uint64_t condition_rejected(const struct standing *s, struct claim *claim)
{
	const struct icmp_series *icmp = &s->self->icmp.path;
	struct claim unused = *claim;
	struct standing peer;
	uint64_t silent;

	if (!is_refused(s->h, s->role, icmp) || icmp_may_be_forged(s->h, s->role) ||
	    (goes_on(s->own, icmp, s->h->verdict.code == claim->code) && !may_come_late(s->self)))
		return NEVER;
	if (icmp_is_rejected_here(s->h, s->role))
		claim->side = VERDICT_SIDE_KERNEL;
	/* If its peer counts as silent before that, this is the reason. */
	peer = standing_of(s->h, party_peer(s->role), s->floor_ns);
	silent = max_u64(icmp->first_ns, condition_silence(&peer, &unused));
	return silent < icmp->first_ns + s->floor_ns ? silent : icmp->first_ns + s->floor_ns;
}

/* Does a filter on the way forbid it? Of an errno alone only EACCES says so (RFC 4443 s3.1, codes 1, 5 and 6). */
static bool is_prohibited(const struct party *party)
{
	const struct icmp_said *said = &party->icmp.rejection;

	return said->type ? errors_is_prohibition(party->ipv4, said->type, said->code) : said->error == EACCES;
}

/* A host that runs UDP never says so (RFC 1122 s3.2.2.1): only filters do. */
static bool is_protocol_refused(const struct party *party)
{
	const struct icmp_said *said = &party->icmp.rejection;

	return party->ipv4 && (said->type ? said->type == ICMP_DEST_UNREACH && said->code == ICMP_PROT_UNREACH :
					    said->error == ENOPROTOOPT);
}

static const char *name_of_rejection(const struct party *party)
{
	const struct icmp_said *said = &party->icmp.rejection;

	return said->type ? icmp_error_name(party->ipv4, said->type, said->code) :
			    icmp_errno_meaning(party->ipv4, said->error).name;
}

static void summary_rejected(struct verdict *v, const struct handshake *h, enum party_role role)
{
	const struct party *party = &h->party[role];
	const char *name = name_of_rejection(party);
	char text[VERDICT_PARTY_LEN], error[PHRASE_LEN];

	verdict_party(text, h, role);
	if (is_prohibited(party))
		phrase_say(v->summary, "a firewall rejects the datagrams of %s: ICMP %s", text,
			   name ? name : "administratively prohibited");
	else if (name)
		phrase_say(v->summary, "the datagrams of %s cannot be delivered: ICMP %s", text, name);
	else
		phrase_say(v->summary, "the datagrams of %s are rejected: ICMP error %s", text,
			   phrase_errno(error, party->icmp.rejection.error));
}

static void sentence_rejected(struct verdict *v, const struct handshake *h, const struct claim *claim, uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	const struct icmp_said *said = &party->icmp.rejection;
	const struct icmp_series *series = &party->icmp.path;
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN], error[PHRASE_ICMP_LEN], address[TEXT_ADDRESS_LEN], since[PHRASE_LEN];
	const char *from = reporter(address, said, party->ipv4);
	bool here = claim->side == VERDICT_SIDE_KERNEL;
	bool given_up = claim->side == side_of_role(role);
	const char *causes = said->type || here ? NULL : icmp_errno_meaning(party->ipv4, said->error).causes;

	if (here)
		say_rejected_here(v, h, role);
	else if (given_up)
		phrase_say(v->summary, "%s gave up at an ICMP error: %s", verdict_party(text, h, role), phrase_icmp(error, party->ipv4, said));
	else
		summary_rejected(v, h, role);
	evidence_copies(v, h, role);
	EVIDENCE(v, "ICMP errors came back %s%s%s: %s", phrase_times(times, series->pending ? series->pending : party->icmp.rejected),
		 from ? ", the latest from " : "", from ? from : "", phrase_icmp(error, party->ipv4, said));
	EVIDENCE(v, "the first came %.3f s after the first ClientHello, the last %.1f s ago%s",
		 phrase_seconds(series->first_ns - h->started_ns), phrase_seconds(now - series->last_ns),
		 phrase_silent_since(since, series, party_peer(role)));
	if (causes)
		EVIDENCE(v, "only the errno is known, and it has several causes: %s", causes);
	if (given_up)
		EVIDENCE(v, "the %s goes on all the same: not every datagram was rejected, or the ICMP error is forged",
			 party_role_name(party_peer(role)));
	if (here)
		evidence_rejected_here(v, h, role);
	else if (is_prohibited(party))
		HINT(v, "find the rule that rejects them, on the host that sent the ICMP error "
		     "(nft list ruleset, iptables -L -v)");
	else if (is_protocol_refused(party))
		HINT(v, "a host that has UDP never sends this error: find the firewall that rejects with it "
		     "(nft list ruleset, iptables -L -v), or the device that has this address and no UDP");
}

const struct verdict_row row_rejected = {
	.holds_from = condition_rejected,
	.needs = FACT_ERRORS,
	.write = sentence_rejected,
	.hint =
		"check the route to the peer (ip route get ADDRESS, ip neigh), here and on the router that sent the ICMP "
		"error, and whether a firewall rejects the datagrams (nft list ruleset)",
	.filter = "{flow} && ({role} || icmp.type == 3 || icmpv6.type == 1)",
	.side = VERDICT_SIDE_NETWORK, .doubt = doubt_icmp, .needs_no_floor = true,
};
