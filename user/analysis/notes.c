// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Notes: when each applies, and its text. One function for each row of NOTES() in verdict.h. */
#include "hosts.h"
#include "verdict.h"

#include <stdio.h>
#include <string.h>

#include "handshake.h"
#include "names.h"
#include "text.h"
#include "phrases.h"

#include "core.h"

/* A slower read is worth a note. */
#define SLOW_READ_NS 200000000ULL
#define SLOW_ANSWER_NS 500000000ULL
/* The MTU of IPv6 is 1280 at least (RFC 8200 s5), less headers. */
#define LARGE_HELLO_LEN 1200
/* Larger than the key of any group of elliptic curves (secp521r1: 133), bytes. */
#define LARGE_KEY_SHARE 512

/* Most notes do not apply: their text is not made. */
#define NOTE_IF(applies, text, ...) ((applies) && (phrase_say(text, __VA_ARGS__), true))

static bool note_retransmissions(const struct handshake *h, char *text)
{
	uint32_t client = h->party[PARTY_CLIENT].retransmissions;
	uint32_t server = h->party[PARTY_SERVER].retransmissions;
	uint64_t end = h->ended_ns ? h->ended_ns : h->last_ns;

	return NOTE_IF(client || server, text,
		       "retransmitted flights: client %u, server %u; %.1f s of the handshake's %.1f s were spent waiting for "
		       "retransmission timers", client, server, phrase_seconds(handshake_waited_ns(h)), phrase_seconds(end - h->started_ns));
}

static bool note_interleaved(const struct handshake *h, char *text)
{
	return NOTE_IF(h->interleaved, text, "another handshake ran on this address pair at the same time");
}

/* The side with the higher number. */
static enum party_role highest(uint64_t client, uint64_t server)
{
	return server > client ? PARTY_SERVER : PARTY_CLIENT;
}

static bool note_slow_reader(const struct handshake *h, char *text)
{
	enum party_role role = highest(h->party[PARTY_CLIENT].longest_unread_ns,
				       h->party[PARTY_SERVER].longest_unread_ns);
	uint64_t unread = h->party[role].longest_unread_ns;

	return NOTE_IF(unread > SLOW_READ_NS, text,
		       "a datagram was in the %s's receive queue for %.1f s before it was read",
		       party_role_name(role), phrase_seconds(unread));
}

static bool note_truncated_read(const struct handshake *h, char *text)
{
	enum party_role role = highest(h->party[PARTY_CLIENT].cut.num, h->party[PARTY_SERVER].cut.num);
	const struct cut_reads *cut = &h->party[role].cut;
	char times[PHRASE_LEN];

	return NOTE_IF(cut->num && h->verdict.code != VERDICT_TRUNCATED_READ, text,
		       "reads of the %s truncated a datagram %s: a buffer of %u bytes for a datagram of %u bytes",
		       party_role_name(role), phrase_times(times, cut->num), cut->buffer, cut->length);
}

static bool note_kernel_drop(const struct handshake *h, char *text)
{
	const struct drop *most = NULL;
	uint64_t count = h->drops_untold;
	char kernel[HOSTS_KERNEL_LEN];

	for (uint32_t i = 0; i < h->num_drops; i++) {
		count += h->drops[i].count;
		if (!most || h->drops[i].count > most->count)
			most = &h->drops[i];
	}
	if (!most || h->verdict.code == VERDICT_KERNEL_DROP ||
	    (h->verdict.code == VERDICT_PORT_UNREACHABLE && !strcmp(most->name, "NO_SOCKET")))
		return false;
	phrase_say(text, "%s dropped %llu datagram%s of this handshake (%s%s, %s the %s): %s",
		   hosts_kernel(kernel, h, most->outgoing ? most->from : party_peer(most->from)),
		   (unsigned long long)count, count == 1 ? "" : "s", most->count < count ? "mostly " : "",
		   most->outgoing ? "outgoing" : "incoming", most->is_unproven ? "with the address of" : "sent by",
		   party_role_name(most->from), phrase_drop_reason(most));
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

	return NOTE_IF((f->hard || f->soft) && h->verdict.code != VERDICT_SEND_FAILED, text,
		       "sends of the %s failed %s, the latest with %s", party_role_name(role),
		       phrase_times(times, f->hard + f->soft),
		       phrase_errno(error, f->hard ? f->error : f->soft_error));
}

static bool note_port_unreachable(const struct handshake *h, char *text)
{
	enum party_role role = highest(h->party[PARTY_CLIENT].icmp.unreachable,
				       h->party[PARTY_SERVER].icmp.unreachable);
	uint32_t num = h->party[role].icmp.unreachable;
	char times[PHRASE_LEN];

	return NOTE_IF(num && h->verdict.code != VERDICT_PORT_UNREACHABLE, text,
		       "an ICMP error said %s that the port of the %s cannot be reached",
		       phrase_times(times, num), party_role_name(party_peer(role)));
}

/* Number of ICMP errors that neither the verdict nor another note reports. */
static uint32_t icmp_untold(const struct handshake *h, enum party_role role)
{
	const struct icmp_errors *icmp = &h->party[role].icmp;

	return icmp->others + (h->verdict.code == VERDICT_REJECTED ? 0 : icmp->rejected);
}

static bool note_icmp_error(const struct handshake *h, char *text)
{
	enum party_role role = highest(icmp_untold(h, PARTY_CLIENT), icmp_untold(h, PARTY_SERVER));
	const struct icmp_errors *icmp = &h->party[role].icmp;
	bool is_rejection = icmp->path.last_ns > icmp->other_ns && h->verdict.code != VERDICT_REJECTED;
	char times[PHRASE_LEN], error[PHRASE_ICMP_LEN];
	uint32_t num = icmp_untold(h, role);

	return NOTE_IF(num, text, "the %s received ICMP errors %s, the latest: %s", party_role_name(role),
		       phrase_times(times, num),
		       phrase_icmp(error, h->party[role].ipv4, is_rejection ? &icmp->rejection : &icmp->other));
}

/* The longest time from reading a whole flight to answering it. */
static uint64_t longest_answer_ns(const struct handshake *h, enum party_role role, uint8_t *out_flight)
{
	uint64_t longest = 0;

	for (uint8_t n = FLIGHT_CLIENT_HELLO; n < HANDSHAKE_MAX_FLIGHT; n++) {
		const struct flight *question = &h->flights[n], *answer = question + 1;

		while (!answer->copies && answer < &h->flights[HANDSHAKE_MAX_FLIGHT])
			answer++;
		if (!question->read || !answer->copies || answer->from != role || question->from == role ||
		    answer->first_ns < question->read_ns + longest)
			continue;
		longest = answer->first_ns - question->read_ns;
		*out_flight = n;
	}
	return longest;
}

static bool note_slow_answer(const struct handshake *h, char *text)
{
	uint8_t flight[PARTY_MAX] = { 0 };
	uint64_t client = longest_answer_ns(h, PARTY_CLIENT, &flight[PARTY_CLIENT]);
	uint64_t server = longest_answer_ns(h, PARTY_SERVER, &flight[PARTY_SERVER]);
	enum party_role role = highest(client, server);
	uint64_t longest = client > server ? client : server;

	return NOTE_IF(longest > SLOW_ANSWER_NS, text,
		       "the %s read flight %u and answered it %.1f s later", party_role_name(role),
		       flight[role], phrase_seconds(longest));
}

static bool note_duplicated(const struct handshake *h, char *text)
{
	uint32_t client = h->party[PARTY_CLIENT].odd.duplicates;
	uint32_t server = h->party[PARTY_SERVER].odd.duplicates;

	return NOTE_IF(client || server, text,
		       "datagrams came twice with the same record numbers: the network, or the point of capture, doubled them: client %u, "
		       "server %u", client, server);
}

static bool note_reordered(const struct handshake *h, char *text)
{
	uint32_t client = h->party[PARTY_CLIENT].odd.reordered;
	uint32_t server = h->party[PARTY_SERVER].odd.reordered;

	return NOTE_IF(client || server, text, "datagrams arrived after one that was sent later: client %u, server %u",
		       client, server);
}

static bool note_early_data(const struct handshake *h, char *text)
{
	bool client = h->party[PARTY_CLIENT].early_data.came || h->party[PARTY_CLIENT].early_ns;
	bool server = h->party[PARTY_SERVER].early_data.came || h->party[PARTY_SERVER].early_ns;

	return NOTE_IF(client || server, text, "application data of the %s came before the handshake was complete",
		       client && server ? "client and of the server" : client ? "client" : "server");
}

static bool note_first_flight_ignored(const struct handshake *h, char *text)
{
	const struct flight *hello = &h->flights[FLIGHT_CLIENT_HELLO];
	uint64_t answer = UINT64_MAX;
	uint32_t before = 0;
	char times[PHRASE_LEN];

	FOR_EACH_FLIGHT(n)
		if (h->flights[n].copies && h->flights[n].from == PARTY_SERVER &&
		    h->flights[n].first_ns < answer)
			answer = h->flights[n].first_ns;
	if (!hello->copies || answer == UINT64_MAX)
		return false;
	while (before < hello->copies && before < FLIGHT_MAX_COPY_TIMES && hello->copy_ns[before] < answer)
		before++;
	return NOTE_IF(before > 1, text,
		       "the client sent its first ClientHello %s%s before an answer of the server was seen, %.1f s after the first copy",
		       before == FLIGHT_MAX_COPY_TIMES ? "at least " : "", phrase_times(times, before),
		       phrase_seconds(answer - hello->first_ns));
}

static bool note_record_numbers_reused(const struct handshake *h, char *text)
{
	uint32_t client = h->party[PARTY_CLIENT].odd.renumbered, server = h->party[PARTY_SERVER].odd.renumbered;

	return NOTE_IF(client || server, text,
		       "the %s sends copies with the record numbers of the first copy (%u so far): a receiver that "
		       "checks for replays drops them", party_role_name(client ? PARTY_CLIENT : PARTY_SERVER),
		       client ? client : server);
}

static bool note_fell_back(const struct handshake *h, char *text)
{
	const char *version = dtls_version_name(h->version);

	if (!(h->client_hello.known && h->client_hello.hello.offers_dtls13 && h->server_hello.known &&
	      h->version_negotiated && !DTLS_VERSION_IS_1_3(h->version)))
		return false;
	phrase_say(text, "the client offered DTLS 1.3, and the server chose %s", version ? version : "another version");
	return true;
}

static bool note_large_client_hello(const struct handshake *h, char *text)
{
	const struct hello *hello = &h->client_hello.hello;
	uint32_t largest = 0;

	if (!(h->client_hello.known && h->client_hello.length > LARGE_HELLO_LEN))
		return false;
	for (uint32_t i = 0; i < hello->num_key_shares && i < HELLO_KEY_SHARES_MAX; i++)
		if (hello->key_shares[i].length > largest)
			largest = hello->key_shares[i].length;
	if (largest > LARGE_KEY_SHARE)
		phrase_say(text, "the ClientHello has %u bytes, %u of them in one key share (as for post-quantum key "
			   "exchange): more than many paths carry in one datagram", h->client_hello.length, largest);
	else
		phrase_say(text, "the ClientHello has %u bytes: more than many paths carry in one datagram",
			   h->client_hello.length);
	return true;
}

/* A client numbers its records from 0; another handshake of the same socket may have come before. */
static bool is_repeated_hello(const struct handshake *h)
{
	return h->late && h->party[PARTY_CLIENT].view[POINT_SENT].any && h->flights[FLIGHT_CLIENT_HELLO].copies &&
	       !h->relations.established_ns && !h->interleaved;
}

static bool note_mid_handshake(const struct handshake *h, char *text)
{
	bool again = is_repeated_hello(h);

	if (!((h->midway && !h->relations.moved_id) || again ||
	      (!h->flights[FLIGHT_CLIENT_HELLO].copies && h->flights[FLIGHT_SECOND_HELLO].copies &&
	       !h->cookies.without && !h->events_lost && !h->missing)))
		return false;
	phrase_say(text, "the first datagram seen %s: the handshake began before the trace, or on another path",
		   h->midway ? "has no ClientHello" : again ? "has a repeated ClientHello" :
		   "has a ClientHello with a cookie");
	return true;
}

static bool note_one_direction(const struct handshake *h, char *text)
{
	enum party_role silent = h->party[PARTY_CLIENT].uncaptured ? PARTY_CLIENT : PARTY_SERVER;

	return NOTE_IF(h->captured && h->party[silent].uncaptured, text,
		       "nothing that the %s sends is in this capture: it has one direction only, or nothing answers the %s",
		       party_role_name(silent), party_role_name(party_peer(silent)));
}

static bool note_alert_not_acted_on(const struct handshake *h, char *text)
{
	const struct ignored_alerts *ignored = &h->ignored_alerts;
	const char *from = party_role_name(ignored->from);
	char name[PHRASE_LEN];

	/* The verdict tells of the one that its receiver did act on. */
	if (!ignored->num || (h->verdict.code == VERDICT_ALERT && !h->alert.ns))
		return false;
	phrase_alert(name, ignored->description);
	if (ignored->is_local)
		phrase_say(text, "the %s sent an alert (%s) and went on after it: it did not end the handshake itself", from,
			   ignored->level ? name : "encrypted");
	else if (h->party[ignored->from].last_sent_ns > ignored->ns)
		phrase_say(text, "no side acted on an alert (%s) that has the address of the %s as its source; the alert may be forged",
			   ignored->level ? name : "encrypted", from);
	else
		phrase_say(text, "the %s went on after an alert (%s) with the address of the %s, which has sent nothing since: the %s may "
			   "have ended the handshake", party_role_name(party_peer(ignored->from)), ignored->level ? name : "encrypted", from, from);
	return true;
}

/*
 * WebRTC compares the fingerprint when the handshake is complete: a side that refuses the certificate then leaves with an
 * alert, before any data. In DTLS 1.3, the handshake does not count as complete then.
 */
static bool note_left_at_once(const struct handshake *h, char *text)
{
	if (!(h->left.ns && h->state == HANDSHAKE_COMPLETED && !h->is_dtls13 && h->client_hello.hello.has_use_srtp &&
	      h->left.ns <= h->ended_ns + HANDSHAKE_ACTS_NS))
		return false;
	phrase_say(text, "the %s leaves right after the handshake, before any data: if that was not meant, compare the fingerprint in "
		   "the SDP (a=fingerprint) with the %s's certificate", party_role_name(h->left.from),
		   party_role_name(party_peer(h->left.from)));
	return true;
}

static bool note_peer_moved(const struct handshake *h, char *text)
{
	const struct relations *r = &h->relations;
	const struct party *client = &h->party[PARTY_CLIENT];
	bool came = r->moved_id < h->id;
	char from[TEXT_ENDPOINT_LEN], to[TEXT_ENDPOINT_LEN];

	if (!r->moved.address[PARTY_CLIENT].port)
		return false;
	text_endpoint(from, came ? &r->moved.address[PARTY_CLIENT] : &client->address, client->ipv4);
	text_endpoint(to, came ? &client->address : &r->moved.address[PARTY_CLIENT], client->ipv4);
	phrase_say(text, "the client moved from %s (handshake #%llu) to %s (handshake #%llu): a NAT on the path gave it another port",
		   from, (unsigned long long)(came ? r->moved_id : h->id), to,
		   (unsigned long long)(came ? h->id : r->moved_id));
	return true;
}

static bool note_not_sent_by_peer(const struct handshake *h, char *text)
{
	enum party_role role = highest(h->unsent[PARTY_CLIENT], h->unsent[PARTY_SERVER]);
	uint32_t num = h->unsent[role];

	bool is_other = role == PARTY_SERVER && other_server_is_known(&h->other_server);

	return NOTE_IF(num, text,
		       "%u datagram%s came with the address of the %s, which cannot have sent %s: %s%s may be forged", num,
		       num == 1 ? "" : "s", party_role_name(role), num == 1 ? "it" : "them",
		       is_other ? "another server at that address did, or " : "", num == 1 ? "it" : "they");
}

static bool note_events_lost(const struct handshake *h, char *text)
{
	phrase_lost(text, h);
	return (h->events_lost || h->missing & MISSING_LOST) &&
	       (h->verdict.code == VERDICT_NONE || h->verdict.code == VERDICT_COMPLETED);
}

static bool note_rate_limited(const struct handshake *h, char *text)
{
	if (!(h->missing & MISSING_LIMITED && (h->verdict.code == VERDICT_NONE || h->verdict.code == VERDICT_COMPLETED)))
		return false;
	phrase_say(text, "the rate limit left out datagrams during this handshake");
	return true;
}

static bool note_same_verdict(const struct handshake *h, char *text)
{
	return NOTE_IF(h->relations.same_verdict > 1, text,
		       "%u handshakes of process %u have had this verdict so far", h->relations.same_verdict,
		       h->relations.tallied_pid);
}

static const struct {
	const char *name;
	bool (*write)(const struct handshake *h, char *text);
} rows[NOTE_MAX] = {
#define PLACE(code, name, function) [NOTE_##code] = { name, function },
	NOTES(PLACE)
#undef PLACE
};

const char *note_name(enum note_code code)
{
	return rows[code].name;
}

bool note_write(const struct handshake *h, enum note_code code, char text[VERDICT_TEXT_LEN])
{
	return rows[code].write(h, text);
}
