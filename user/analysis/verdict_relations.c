// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts whose evidence is another handshake, socket or address. */
#include "conditions.h"

#include "hosts.h"
#include "names.h"
#include "outcome.h"
#include "phrases.h"
#include "progress.h"
#include "text.h"

#include "core.h"

/* A cookie may be refused once: the server's secret changes from time to time (RFC 6347 s4.2.1). */
#define MANY_REFUSED_COOKIES 2
/* Copies of one ClientHello may also meet late answers to those without a cookie. */
#define MANY_REFUSED_COPIES 3

/* --- wrong-address --- */

static uint64_t condition_wrong_address(const struct standing *s, struct claim *claim)
{
	if (s->role != PARTY_SERVER || !s->h->relations.strays || s->self->flight || s->self->uncaptured)
		return NEVER;
	return s->h->relations.stray_ns + max_u64(s->floor_ns, SECOND);
}

/* See cause_of() in verdict.c. Of either port: the one that began later is where the client is now. */
static void sentence_moved(struct verdict *v, const struct handshake *h, uint64_t now)
{
	const struct relations *r = &h->relations;
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	bool is_left = r->moved_id > h->id, asks_for_cookie = server->flight == FLIGHT_RETRY_REQUEST;
	uint8_t flight = asks_for_cookie ? FLIGHT_SECOND_HELLO : FLIGHT_CLIENT_FINISHED;
	char address[TEXT_ENDPOINT_LEN];

	text_endpoint(address, is_left ? &r->moved.address[PARTY_CLIENT] : &client->address, client->ipv4);
	phrase_say(v->summary, "the client comes from %s now, and the server does not go on with it there", address);
	evidence_copies(v, h, is_left ? PARTY_SERVER : PARTY_CLIENT);
	if (asks_for_cookie)
		EVIDENCE(v, "flight %u came from %s with the cookie of the port before: the server asks for that of the new port, which the "
			 "client does not take", flight, address);
	else
		EVIDENCE(v, "flight %u came from %s, first %.1f s ago, and nothing was seen to go there", flight, address,
			 phrase_seconds(now - (is_left ? r->left_ns : h->started_ns)));
	HINT(v, "find the NAT that gave the client another port during the handshake: it restarted, or it forgets an address pair too "
	     "soon. A server knows a client by its address (a connection ID, RFC 9146, helps only after the handshake), so the client "
	     "has to begin again");
}

static void sentence_wrong_address(struct verdict *v, const struct handshake *h, const struct claim *claim,
				   uint64_t now)
{
	enum party_role role = claim->role;
	const struct relations *r = &h->relations;
	char address[TEXT_ENDPOINT_LEN], text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	if (role == PARTY_CLIENT) {
		sentence_moved(v, h, now);
		return;
	}
	text_endpoint(address, &r->stray_address, r->stray_ipv4);
	phrase_say(v->summary, "the answer comes from %s, but the client asked %s", address,
		   verdict_party(text, h, role));
	evidence_copies(v, h, PARTY_CLIENT);
	EVIDENCE(v, "an answer to that client came from %s %s, first %.1f s ago%s", address,
		 phrase_times(times, r->strays), phrase_seconds(now - r->stray_ns),
		 r->stray_from_socket ? ", from the socket that received the ClientHello" : "");
	EVIDENCE(v, "nothing came from the address that the client asked");
}

static const char *doubt_answer(const struct handshake *h, const struct claim *claim)
{
	if (claim->role == PARTY_CLIENT)
		return "the NAT is not seen from here";
	return h->relations.stray_from_socket ? NULL : "the answer may belong to another handshake";
}

const struct verdict_row row_wrong_address = {
	.holds_from = condition_wrong_address,
	.needs = FACT_RELATIONS,
	.write = sentence_wrong_address,
	.hint =
		"make the server answer from the address that the client asked (IP_PKTINFO, or one socket for each "
		"address), or find the NAT or proxy that changes addresses in one direction only",
	.filter = "({flow}) || {stray}",
	.doubt = doubt_answer,
};

/* --- role-conflict --- */

/* Both sides have sent and repeated a ClientHello, and neither has answered. */
static uint64_t condition_role_conflict(const struct standing *s, struct claim *claim)
{
	const struct relations *r = &s->h->relations;

	if (s->role != PARTY_CLIENT || !r->both_ways_ns || s->peer->flight || s->own->copies < 2 ||
	    r->both_ways_copies < 2)
		return NEVER;
	return max_u64(r->both_ways_ns + s->floor_ns, s->own->copy_ns[1] + SECOND);
}

static void sentence_role_conflict(struct verdict *v, const struct handshake *h, const struct claim *claim,
				   uint64_t now)
{
	const struct relations *r = &h->relations;
	char text[VERDICT_PARTY_LEN], other[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "both sides send a ClientHello: %s and %s", verdict_party(text, h, PARTY_CLIENT),
		   verdict_party(other, h, PARTY_SERVER));
	evidence_copies(v, h, PARTY_CLIENT);
	EVIDENCE(v, "the other side sent its own ClientHello %s; both have been unanswered for %.1f s",
		 phrase_times(text, r->both_ways_copies), phrase_seconds(now - r->both_ways_ns));
	if (h->alert.ns && h->alert.level)
		EVIDENCE(v, "the %s refused with the alert %s (%u)", party_role_name(h->alert.from),
			 phrase_alert(text, h->alert.description), h->alert.description);
}

static const char *doubt_hellos(const struct handshake *h, const struct claim *claim)
{
	if (h->captured)
		return "a capture does not show who sent the ClientHellos";
	if (h->party[PARTY_CLIENT].local && h->party[PARTY_SERVER].local)
		return NULL;
	return hosts_are_known(h) ? "only one of the sockets is traced" : "only one of the sockets is on this host";
}

const struct verdict_row row_role_conflict = {
	.holds_from = condition_role_conflict,
	.needs = FACT_RELATIONS,
	.write = sentence_role_conflict,
	.hint = "make one of them the server: in WebRTC, a=setup of the offer and of the answer must not choose the same role",
	.filter = "{flow} && dtls.handshake.type == 1",
	.blames_nobody = true, .doubt = doubt_hellos,
};

/* --- cookie-loop --- */

/*
 * The server answers ClientHellos with its cookie by another cookie request.
 * A late answer to a ClientHello without a cookie does not count.
 */
static uint64_t condition_cookie_loop(const struct standing *s, struct claim *claim)
{
	const struct cookies *cookies = &s->h->cookies;
	uint32_t without = cookies->without + cookies->unseen;

	if (s->role != PARTY_SERVER || s->self->flight > FLIGHT_RETRY_REQUEST)
		return NEVER;
	if (cookies->refused >= MANY_REFUSED_COOKIES && cookies->asked >= without + MANY_REFUSED_COOKIES)
		return cookies->refused_ns;
	/* A server that keeps state may repeat a HelloRetryRequest on its own. */
	if (!s->h->retry_seqs && cookies->refused_copies >= MANY_REFUSED_COPIES &&
	    cookies->asked >= without + 1 + MANY_REFUSED_COPIES)
		return max_u64(cookies->refused_ns, s->h->flights[FLIGHT_SECOND_HELLO].first_ns + s->floor_ns);
	return NEVER;
}

static void sentence_cookie_loop(struct verdict *v, const struct handshake *h, const struct claim *claim,
				 uint64_t now)
{
	enum party_role role = claim->role;
	const struct cookies *cookies = &h->cookies;
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "%s repeatedly asks for a cookie, although the client sends one", verdict_party(text, h, role));
	if (oddities_has_made_up_cookie(h)) {
		phrase_say(v->summary, "%s repeatedly asks for a cookie: the client sends one that it did not give", verdict_party(text, h, role));
		HINT(v, "somebody may scan this server or forge the address of the client. If the client is genuine, another server of "
		     "this address may have given its cookie: check that all of them share the secret");
	}
	EVIDENCE(v, "%u ClientHellos had a cookie, but the server asked for one again, most recently %.1f s ago",
		 cookies->refused + cookies->refused_copies, phrase_seconds(now - cookies->refused_ns));
	if (cookies->without)
		EVIDENCE(v, "the server asked for a cookie %s; %u ClientHello%s had none", phrase_times(text, cookies->asked),
			 cookies->without, cookies->without == 1 ? "" : "s");
	else
		EVIDENCE(v, "the server asked for a cookie %s; each ClientHello had one", phrase_times(text, cookies->asked));
}

/* Anybody can send ClientHellos with some cookie; only who receives what the server sends can return the one that it gave. */
static const char *doubt_cookie(const struct handshake *h, const struct claim *claim)
{
	return outcome_is_reachable(h) ? NULL : "no ClientHello has a cookie that the server gave";
}

const struct verdict_row row_cookie_loop = {
	.holds_from = condition_cookie_loop,
	.needs = FACT_REPEATS,
	.write = sentence_cookie_loop,
	.hint =
		"check that the server keeps its cookie secret, that all servers of this address share the secret, "
		"that the client repeats its ClientHello without other changes (RFC 6347 s4.2.1), and that no NAT gives it "
		"another port meanwhile",
	.filter = "{flow} && (dtls.handshake.type == 1 || dtls.handshake.type == 2 || dtls.handshake.type == 3)",
	.doubt = doubt_cookie,
};

/* --- split-across-sockets --- */

/* The message of its latest flight that was split: two sockets have parts, none has all. Or NULL. */
static const struct message *find_split(const struct party *party)
{
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].flight == party->flight && party->messages[i].split.since_ns &&
		    !party->messages[i].split.whole)
			return &party->messages[i];
	return NULL;
}

/*
 * The answer to the latest flight of `role` goes to another socket than the one which sent that flight. Either that
 * one repeats its flight, or the peer repeats the answer in vain (nothing answers the last flight); and the other
 * socket sends no next flight.
 */
static uint64_t diverted_from(const struct standing *s)
{
	const struct diversion *d = &s->self->diverted;

	if (!d->since_ns || d->flight != s->peer->flight || (!d->repeated && (s->asked->copies < 2 || s->asked_rule->closes)))
		return NEVER;
	if (d->sender.pid && d->sender.pid == d->receiver.pid)
		return NEVER;
	if (s->has_answered && !(s->own_rule->closes && progress_lacks_last(s->h)))
		return NEVER;
	return d->since_ns + max_u64(s->floor_ns, SECOND);
}

/* Two sockets of `role` have parts of a message or of two flights, none has all of it, and `role` does not answer. */
static uint64_t condition_split_across_sockets(const struct standing *s, struct claim *claim)
{
	const struct message *msg = find_split(s->peer);

	claim->evidence.message = NO_MESSAGE;
	if (!msg)
		return diverted_from(s);
	if (s->has_answered)
		return NEVER;
	claim->evidence.message = msg - s->peer->messages;
	return msg->split.since_ns + max_u64(s->floor_ns, SECOND);
}

/* " (coap-server pid 900)" */
static const char *phrase_user(char out[PHRASE_OWNER_LEN], const struct socket_user *user)
{
	return user->pid ? phrase_owner(out, user->comm, user->pid, user->ns_pid) : "";
}

static void sentence_diverted(struct verdict *v, const struct handshake *h, const struct claim *claim, uint64_t now)
{
	const struct party *party = &h->party[claim->role];
	const struct diversion *d = &party->diverted;
	char text[VERDICT_PARTY_LEN], owner[PHRASE_OWNER_LEN], other[PHRASE_OWNER_LEN];

	phrase_say(v->summary, "%s sent flight %u, but flight %u goes to another socket%s",
		   verdict_party(text, h, claim->role), party->flight, d->flight, phrase_user(other, &d->receiver));
	evidence_copies(v, h, party_peer(claim->role));
	evidence_copies(v, h, claim->role);
	EVIDENCE(v, "flight %u came from one socket%s, flight %u went to the other%s, first %.1f s ago", party->flight,
		 phrase_user(owner, &d->sender), d->flight, phrase_user(other, &d->receiver),
		 phrase_seconds(now - d->since_ns));
	if (d->repeated)
		EVIDENCE(v, "the first socket has sent flight %u again since: its process does not have flight %u",
			 party->flight, d->flight);
	HINT(v, "let only one process receive on this port: a socket that another process binds to it (SO_REUSEPORT, "
	     "SO_REUSEADDR) gets the datagrams of handshakes that have begun. In a rolling restart, pass the socket to the new "
	     "process, or connect a socket to each client");
}

static void sentence_split_across_sockets(struct verdict *v, const struct handshake *h, const struct claim *claim,
					  uint64_t now)
{
	enum party_role role = claim->role, peer = party_peer(role);
	const struct message *msg;
	const char *title;
	char text[VERDICT_PARTY_LEN];

	if (claim->evidence.message == NO_MESSAGE) {
		sentence_diverted(v, h, claim, now);
		return;
	}
	msg = &h->party[peer].messages[claim->evidence.message];
	title = dtls_msg_type_title(msg->msg_type);
	phrase_say(v->summary, "%s receives one message on two sockets", verdict_party(text, h, role));
	evidence_copies(v, h, peer);
	EVIDENCE(v, "parts of the %s (message_seq %u, %u bytes) went to two sockets, first %.1f s ago, "
		 "and no socket received all of it", title ? title : "message", msg->message_seq, msg->length,
		 phrase_seconds(now - msg->split.since_ns));
}

static const char *doubt_sockets(const struct handshake *h, const struct claim *claim)
{
	const struct diversion *d = &h->party[claim->role].diverted;

	return claim->evidence.message == NO_MESSAGE && !(d->repeated && d->sender.pid && d->receiver.pid) ?
	       "the process of the other socket may know the handshake" : NULL;
}

const struct verdict_row row_split_across_sockets = {
	.holds_from = condition_split_across_sockets,
	.needs = FACT_SOCKETS,
	.write = sentence_split_across_sockets,
	.hint =
		"pass what the first socket received to the second: a socket that connects to the peer, or joins "
		"SO_REUSEPORT, during a message receives the rest of it",
	.filter = "{flow} && {peer} && {split}",
	.doubt = doubt_sockets,
};

/* --- rehandshake-ignored --- */

/* A new ClientHello between endpoints with an association was repeated, and read if reads are seen. */
static uint64_t condition_rehandshake_ignored(const struct standing *s, struct claim *claim)
{
	const struct relations *r = &s->h->relations;
	const struct party *server = s->self;

	if (s->role != PARTY_SERVER || !r->established_ns || server->last_sent_ns)
		return NEVER;
	/* A new socket has no previous association. */
	if (server->local && r->established_socket && r->established_socket != server->socket)
		return NEVER;
	if (!server->local || !s->h->sees_reads)
		return condition_silence(s, claim);
	if (s->receipt != RECEIPT_USABLE || s->asked->copies < 2)
		return NEVER;
	return max_u64(s->asked->copy_ns[1] + SECOND, s->asked->usable_ns + s->floor_ns);
}

static void sentence_rehandshake_ignored(struct verdict *v, const struct handshake *h, const struct claim *claim,
					 uint64_t now)
{
	enum party_role role = claim->role;
	const struct flight *flight = &h->flights[h->party[PARTY_CLIENT].flight];
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "%s does not answer a new ClientHello after a previous association",
		   verdict_party(text, h, role));
	EVIDENCE(v, "a handshake between the same addresses was completed %.1f s before this one began",
		 phrase_seconds(h->started_ns - h->relations.established_ns));
	evidence_copies(v, h, PARTY_CLIENT);
	if (flight->read)
		EVIDENCE(v, "the server read the new ClientHello %.1f s ago and has sent nothing since",
			 phrase_seconds(now - flight->read_ns));
	else
		EVIDENCE(v, "dtlsnoop cannot see from %s whether the ClientHello reaches the server", phrase_here(h));
}

static const char *doubt_new_hello(const struct handshake *h, const struct claim *claim)
{
	if (is_unread(h, claim))
		return "no read of the ClientHello was seen";
	return h->party[PARTY_CLIENT].view[POINT_SENT].any ? NULL : hosts_are_known(h) ? "no traced socket sent the ClientHello" : "no socket of this host sent the ClientHello";
}

const struct verdict_row row_rehandshake_ignored = {
	.holds_from = condition_rehandshake_ignored,
	.needs = FACT_RELATIONS,
	.write = sentence_rehandshake_ignored,
	.hint =
		"make the client send close_notify before it starts again, use another client port, or update the "
		"DTLS library of the server, which must accept a new handshake (RFC 6347 s4.2.8)",
	.filter = "{flow} && (dtls.handshake.type == 1 || {server})",
	.doubt = doubt_new_hello, .claims_silence = true,
};
