// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts about an application on this host that does not do its part, or does it wrong. */
#include "conditions.h"

#include <stdio.h>

#include "application_evidence.h"
#include "fate.h"
#include "flights.h"
#include "hosts.h"
#include "late.h"
#include "phrases.h"
#include "progress.h"

#include "core.h"

#define MS 1000000ULL

/* --- truncated-read --- */

/* A read truncated the flight that it has to answer, and it has read no copy completely. */
static uint64_t condition_truncated_read(const struct standing *s, struct claim *claim)
{
	if (!s->asked->cut_ns || s->asked->read || s->has_answered)
		return NEVER;
	return s->asked->cut_ns + s->floor_ns;
}

static void sentence_truncated_read(struct verdict *v, const struct handshake *h, const struct claim *claim,
				    uint64_t now)
{
	enum party_role role = claim->role;
	const struct cut_reads *cut = &h->party[role].cut;
	uint8_t number = h->party[party_peer(role)].flight;
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	phrase_say(v->summary, "%s reads with a buffer of %u bytes, too small for a datagram of %u bytes",
		   verdict_party(text, h, role), cut->buffer, cut->length);
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "its reads truncated a datagram %s, most recently %.1f s ago; no copy of flight %u was read completely",
		 phrase_times(times, cut->num), phrase_seconds(now - cut->last_ns), number);
}

const struct verdict_row row_truncated_read = {
	.holds_from = condition_truncated_read,
	.needs = FACT_SOCKETS,
	.write = sentence_truncated_read,
	.hint =
		"make the read buffer as large as the largest datagram (65535 bytes), or at least as "
		"the MTU; bytes that do not fit are lost",
	.filter = "{flow} && {peer} && udp.length > {buffer}",
};

/* --- not-reading --- */

/* The datagrams it waits for are in its receive queue, and it reads nothing. */
static uint64_t condition_not_reading(const struct standing *s, struct claim *claim)
{
	const struct arrival *oldest;
	uint32_t num;

	if (!s->h->sees_reads)
		return NEVER;
	oldest = fate_oldest_unread(s->h, s->role, &num);
	if (!oldest)
		return NEVER;
	/* At an early end: if it has read a part of the flight, it may compute, and one copy may wait for a moment. */
	if (!s->floor_ns)
		return s->asked->heard_ns || s->asked->copies < 2 ? NEVER : s->asked->copy_ns[1] + UNREAD_NS;
	return max_u64(oldest->since_ns, s->self->last_read_ns) + max_u64(UNREAD_NS, s->floor_ns);
}

/*
 * It has read before what its peer, on another host, sent: a library that cannot use a datagram may only peek at it since then
 * (GnuTLS), and who sent that is not known. Whoever has read nothing at all reads its socket for nobody.
 */
static bool may_need_nothing(const struct handshake *h, enum party_role reader)
{
	const struct party *party = &h->party[reader];

	return !h->party[party_peer(reader)].local && (party->last_read_ns || party->flight == flight_last(h));
}

/* It reads again, but its peer had no more patience. */
static void tell_late_read(struct verdict *v, const struct handshake *h, enum party_role role)
{
	const struct party *party = &h->party[role];
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "%s left what it had to read in its queue for %.1f s", verdict_party(text, h, role),
		   phrase_seconds(party->longest_unread_ns));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "its answer, flight %u, had not arrived when the %s gave up", party->flight, party_role_name(party_peer(role)));
}

static void sentence_not_reading(struct verdict *v, const struct handshake *h, const struct claim *claim,
				 uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	const struct arrival *oldest;
	char text[VERDICT_PARTY_LEN], since[PHRASE_LEN];
	uint32_t num;

	if (!claim->since_ns) {	/* an ending: see gave_up_before_late_read() */
		tell_late_read(v, h, role);
		return;
	}
	oldest = fate_oldest_unread(h, role, &num);
	phrase_say(v->summary, "%s does not read its socket", verdict_party(text, h, role));
	snprintf(since, sizeof(since), "it has read nothing of this handshake%s", h->late ? " since the trace began" : "");
	if (party->last_read_ns)
		snprintf(since, sizeof(since), "its latest read of this handshake was %.1f s ago",
			 phrase_seconds(now - party->last_read_ns));
	if (oldest && may_need_nothing(h, role))
		snprintf(text, sizeof(text), "with the %s's address", party_role_name(party_peer(role)));
	else
		snprintf(text, sizeof(text), "that it needs");
	if (oldest)
		EVIDENCE(v, "%u datagram%s %s %s been in its receive queue for %s%.1f s; %s", num,
			 num == 1 ? "" : "s", text, num == 1 ? "has" : "have", num == 1 ? "" : "up to ",
			 phrase_seconds(now - oldest->since_ns), since);
	evidence_copies(v, h, party_peer(role));
	if (progress_lacks_last(h))
		EVIDENCE(v, "%u of these copies came after the last flight (%u), and reading them makes the %s send it again",
			 h->repeats.num, party->flight, party_role_name(role));
	application_tell_last_call(v, h, role, now);
	if (!h->sees_drops)
		EVIDENCE(v, "dtlsnoop cannot see on %s whether the kernel dropped them instead", hosts_name(h, role));
}

/* An unread datagram may have been dropped unseen, or be anybody's. */
static const char *doubt_unread(const struct handshake *h, const struct claim *claim)
{
	if (!h->sees_drops)
		return "drops cannot be seen";
	return may_need_nothing(h, claim->role) ? "anybody may have sent what is unread" : NULL;
}

const struct verdict_row row_not_reading = {
	.holds_from = condition_not_reading,
	.needs = FACT_SOCKETS,
	.write = sentence_not_reading,
	.hint =
		"check where the threads of the application wait (gdb -p PID, /proc/PID/stack), "
		"and whether it polls this socket",
	.doubt = doubt_unread, .claims_silence = true,
	.needs_no_hello = true,
};

/* --- silent-after-read --- */

/* It has read all of the flight that it has to answer, and has sent nothing since. */
static uint64_t condition_silent_after_read(const struct standing *s, struct claim *claim)
{
	const struct handshake *h = s->h;
	uint64_t read_ns = s->asked->usable_ns;
	bool is_retry = s->peer->flight == FLIGHT_RETRY_REQUEST;
	uint64_t from;

	if (!h->sees_reads || s->receipt != RECEIPT_USABLE || s->has_answered)
		return NEVER;
	/* It sent something since, or lost events may hide that it did. */
	if (s->self->last_sent_ns > read_ns || (h->events_lost && read_ns <= h->lost_ns))
		return NEVER;
	if (!is_retry && !progress_expects_answer(h, s->peer->flight))
		return NEVER;
	/*
	 * A peer on this host has to run its timer and retransmit first: a reader such as
	 * a proxy may have lost the flight after the read.
	 */
	if (!is_retry && s->peer->view[POINT_SENT].any && s->asked->copies < 2)
		return NEVER;
	if (may_still_compute(s, read_ns))
		return NEVER;
	from = read_ns + max_u64(CRYPTO_NS, s->floor_ns);
	/* It need not send before its own timer is due; if its peer has gone by then, it was silent all the same. */
	if (s->floor_ns && progress_expects_answer(h, s->self->flight))
		from = max_u64(from, s->self->last_sent_ns + handshake_timer_ns(h, s->role) + SECOND);
	return max_u64(from, late_silent_from(s));
}

static void sentence_silent_after_read(struct verdict *v, const struct handshake *h, const struct claim *claim,
				       uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	uint8_t number = h->party[party_peer(role)].flight;
	const struct flight *flight = &h->flights[number];
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "%s has read flight %u and does not answer", verdict_party(text, h, role),
		   number);
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "all of flight %u was read %.1f s ago, %.3f s %s; the %s has %s since",
		 number, phrase_seconds(now - flight->usable_ns),
		 phrase_seconds(flight->usable_ns - h->started_ns), phrase_origin(h), party_role_name(role),
		 h->relations.kept_ns ? "not answered it" : "sent nothing");
	application_tell_calls(v, h, role, now);
	if (party->failures.soft)
		EVIDENCE(v, "%u of its sends failed with a temporary error (%s)", party->failures.soft,
			 phrase_errno(text, party->failures.soft_error));
	if (!h->sees_send_failures)
		EVIDENCE(v, "dtlsnoop cannot see on %s whether its sends fail", hosts_name(h, role));
}

/* It may have failed to send; or its peer, elsewhere, may not have sent what it read: a receiver ignores what it cannot decrypt. */
static const char *doubt_silence(const struct handshake *h, const struct claim *claim)
{
	const struct party *peer = &h->party[party_peer(claim->role)];

	if (!h->sees_drops || !h->sees_send_failures)
		return "drops or refused sends cannot be seen";
	return peer->flight >= FLIGHT_CLIENT_FINISHED && !peer->view[POINT_SENT].any ? "anybody may have sent what it read" : NULL;
}

const struct verdict_row row_silent_after_read = {
	.holds_from = condition_silent_after_read,
	.needs = FACT_SOCKETS,
	.write = sentence_silent_after_read,
	.hint =
		"check the application's log, whether it passes what it reads to its DTLS library, "
		"and whether the library reports an error",
	.doubt = doubt_silence, .claims_silence = true,
	.doubts_flight = true,
	.needs_no_hello = true,
};

/* --- last-flight-not-resent --- */

/* So many repeats do not all get lost behind the point of capture. */
#define MANY_CAPTURED_REPEATS 4

/*
 * It sent the last flight, and its peer has since repeated the previous flight at least
 * twice. It read two of these repeats and did not answer. It MUST answer each
 * (RFC 6347 s4.2.4, RFC 9147 s7.1), so there is no timer to wait for.
 */
static uint64_t condition_last_flight_not_resent(const struct standing *s, struct claim *claim)
{
	const struct handshake *h = s->h;

	if (!s->own_rule->closes || s->peer->flight != s->own_rule->answers ||
	    (!s->self->view[POINT_SENT].any && !h->captured) || (!s->own->complete && !s->own_rule->encrypted))
		return NEVER;
	/* A capture does not show which repeats arrive. */
	if (h->captured && (h->repeats.num < MANY_CAPTURED_REPEATS || h->repeats.may_be_replays))
		return NEVER;
	if (!progress_lacks_last(h))
		return NEVER;
	if (h->sees_reads && s->self->last_read_ns < h->repeats.ns[1])
		return NEVER;
	/* Lost events may hide that it sent the last flight again. */
	if (h->events_lost && h->repeats.ns[0] <= h->lost_ns)
		return NEVER;
	/* A replay is to be discarded (s4.1.2.6): the side that reuses the numbers will not get an answer. */
	if (h->repeats.have_old_numbers)
		claim->side = side_of_role(party_peer(s->role));
	/*
	 * The first repeat may be a replay, which receivers discard (RFC 9147 s4.5.1), or come in a window in
	 * which GnuTLS does not answer: give it time to read and answer the second, too.
	 */
	return max_u64(h->repeats.ns[1] + s->self->longest_unread_ns + MIN_ANSWER_NS, h->captured ? h->repeats.ns[0] + s->floor_ns : 0);
}

static void sentence_last_flight_not_resent(struct verdict *v, const struct handshake *h, const struct claim *claim,
					    uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	phrase_say(v->summary, "%s does not retransmit the last flight, and the %s waits for it",
		   verdict_party(text, h, role), party_role_name(party_peer(role)));
	EVIDENCE(v, "the %s sent the last flight (%u) %s, most recently %.1f s ago",
		 party_role_name(role), party->flight,
		 phrase_times(times, h->flights[party->flight].copies),
		 phrase_seconds(now - h->flights[party->flight].last_ns));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "%u of these copies came after the last flight%s", h->repeats.num,
		 h->sees_reads ? " and were read" : "");
	if (h->repeats.have_old_numbers) {
		EVIDENCE(v, "they have the record numbers of the first copy: a receiver that checks for replays discards them");
		HINT(v, "make the side that repeats its flight use a new record number for each record that it sends again "
		     "(RFC 6347 s4.1): it may resend stored bytes");
	}
	evidence_no_errors(v, h, party_peer(role));
}

static const char *doubt_repeats(const struct handshake *h, const struct claim *claim)
{
	if (h->repeats.have_old_numbers)
		return "the copies have old record numbers, for which it may discard them";
	if (!h->party[party_peer(claim->role)].local)
		return "anybody may have sent the copies";
	return !h->sees_reads || !h->sees_send_failures ? "reads or refused sends cannot be seen" : NULL;
}

const struct verdict_row row_last_flight_not_resent = {
	.holds_from = condition_last_flight_not_resent,
	.needs = FACT_REPEATS,
	.write = sentence_last_flight_not_resent,
	.hint =
		"check that the application still passes what it reads to its DTLS library, which must answer "
		"each copy of the previous flight with the last flight (RFC 6347 s4.2.4)",
	.doubt = doubt_repeats, .claims_silence = true,
	.needs_no_hello = true,
};

/* --- not-retransmitting --- */

/* Has this side received a part of its peer's next flight? */
static bool has_begun_answer(const struct standing *s)
{
	return s->peer->flight_at[handshake_receiving_point(s->h, party_peer(s->role))] > s->self->flight;
}

/* It sent its flight, got no answer and does not retransmit when its timer is due. Seen only at its own socket. */
static uint64_t condition_not_retransmitting(const struct standing *s, struct claim *claim)
{
	if (!s->is_waiting || s->own->copies >= PARTY_MANY_COPIES || !s->self->view[POINT_SENT].any)
		return NEVER;
	/* A partial answer shows that its flight arrived. Some stop their timer then; the peer repeats the rest. */
	if (has_begun_answer(s))
		return NEVER;
	/* Its peer answers, and the path loses that again and again: see peer-silent. */
	if (s->is_answered && s->peer->unheard.copies >= PARTY_MANY_COPIES && path_loses(s))
		return NEVER;
	/* How often it sent this flight before is not known: no timer is longer, and its peer still waits. */
	if (late_hides_timer(s->h, s->role))
		return s->peer->unheard.copies < 2 ? NEVER :
		       s->self->last_sent_ns + max_u64(HANDSHAKE_LONGEST_TIMER_NS + SECOND, s->floor_ns);
	return s->self->last_sent_ns + max_u64(2 * handshake_timer_ns(s->h, s->role), s->floor_ns);
}

#define TIMER_HINT "call the DTLS library when its timer expires " \
	"(OpenSSL: DTLSv1_handle_timeout, GnuTLS: gnutls_handshake, Mbed TLS: mbedtls_ssl_set_timer_cb)"

static void sentence_not_retransmitting(struct verdict *v, const struct handshake *h, const struct claim *claim,
					uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	const struct flight *flight = &h->flights[party->flight];
	uint64_t timer = handshake_timer_ns(h, role);
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	phrase_say(v->summary, "%s is not retransmitting", verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "the %s sent flight %u %s and nothing in the %.1f s since; its timer (%s %.1f s) was due %.1f s ago",
		 party_role_name(role), party->flight, phrase_times(times, flight->copies),
		 phrase_seconds(now - party->last_sent_ns), party->timer_ns ? "measured:" : "assumed:",
		 phrase_seconds(timer), phrase_seconds(now - party->last_sent_ns - timer));
	evidence_no_errors(v, h, party_peer(role));
	/* A peer that repeats its flight shows what was lost. */
	if (!h->party[party_peer(role)].local && h->party[party_peer(role)].unheard.copies < 2)
		HINT(v, "flight %u, or the answer to it, may be lost on the path, and only another copy makes up for that: " TIMER_HINT,
		     party->flight);
	application_tell_timer(v, h, role, now);
}

/* Its peer repeats a flight as if it had not sent a later one: so may a stranger, or another server at its address. */
static const char *doubt_last_flight(const struct handshake *h, const struct claim *claim)
{
	return h->party[party_peer(claim->role)].unheeded_flight ? "anybody may have sent the copies" : NULL;
}

const struct verdict_row row_not_retransmitting = {
	.holds_from = condition_not_retransmitting,
	.needs = FACT_SOCKETS,
	.write = sentence_not_retransmitting,
	.doubt = doubt_last_flight,
	.hint = TIMER_HINT,
	.filter = "{flow} && dtls.record.content_type == 22",
	.claims_silence = true,
	.needs_no_hello = true,
};
