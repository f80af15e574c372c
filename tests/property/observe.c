// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "observe.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "icmp.h"
#include "recording.h"

/* CLOCK_MONOTONIC when the world begins. */
#define START (1000 * SECOND)
#define HOUR (3600 * SECOND)
/* Events of two CPUs closer than this may come in either order. */
#define DISORDER_NS (50000)
#define SERVER_PORT 4433
#define CLIENT_PORT 30041

struct event_buffer {
	bool built;
	struct capture_event event;
};

/* What was seen of one side: how often each message of its flight since its peer was heard. */
struct seen {
	int flight;
	uint32_t copies[SCRIPT_MAX_MESSAGES], total[SCRIPT_MAX_MESSAGES];
	uint32_t last_copy[SCRIPT_MAX_MESSAGES], last_unheard[SCRIPT_MAX_MESSAGES];
};

struct watch {
	struct world *w;
	struct analysis *analysis;
	struct observed *out;
	FILE *trace;
	struct recording_writer *recording;	/* NULL: none */
	bool packed;		/* each handshake, between any two events */
	uint64_t since;		/* what happened before is not seen */
	struct rng rng;
	uint64_t now;
	bool restart_seen;	/* the client's second attempt was, for certain ... */
	uint32_t num_restarted;	/* ... of which it sent so many datagrams */
	uint64_t event_ns;	/* the latest event, since the world began */
	struct seen seen[PARTY_MAX];
	struct rng others_rng;	/* of its own: what else is drawn stays the same */
	struct event_other others[PARTY_MAX];	/* as each end tells them */
};

/* Of the datagrams of the world that is looked at. */
static struct event_buffer buffers[SIM_MAX_DATAGRAMS];

static const struct {
	const char *name;
	bool at[PARTY_MAX];	/* this side's socket */
	bool taps[PARTY_MAX];	/* what this side sends */
} observers[OBSERVER_MAX] = {
	[OBSERVER_CLIENT] = { "at the client", { true, false }, { false, false } },
	[OBSERVER_SERVER] = { "at the server", { false, true }, { false, false } },
	[OBSERVER_BOTH] = { "at both ends", { true, true }, { false, false } },
	[OBSERVER_TAP] = { "capture", { false, false }, { true, true } },
	[OBSERVER_TAP_CLIENT] = { "capture of the client", { false, false }, { true, false } },
	[OBSERVER_TAP_SERVER] = { "capture of the server", { false, false }, { false, true } },
};

bool observer_is_at(enum observer observer, enum party_role role)
{
	return observers[observer].at[role];
}

bool observer_is_tap(enum observer observer)
{
	return observers[observer].taps[PARTY_CLIENT] || observers[observer].taps[PARTY_SERVER];
}

const char *observer_name(enum observer observer)
{
	return observers[observer].name;
}

/* --- what is said --- */

static uint32_t highest(const uint32_t counts[SCRIPT_MAX_MESSAGES])
{
	uint32_t most = 0;

	for (int i = 0; i < SCRIPT_MAX_MESSAGES; i++)
		if (counts[i] > most)
			most = counts[i];
	return most;
}

/* Did the stranger begin it? Another random, or roles that are the other way round. Midway none is known. */
static bool is_phantom(const struct world *w, const struct handshake *h)
{
	bool known = h->client_random[0] == w->sc->random ||
		     (peer_is(w->sc, PARTY_CLIENT, PEER_NEW_RANDOM) && h->client_random[0] == scenario_new_random(w->sc));

	return w->forgery && ((!h->midway && !known) ||
			      h->party[PARTY_CLIENT].address.port == SERVER_PORT);
}

/* The attempt that its client has left. */
static bool is_earlier(const struct world *w, const struct handshake *h)
{
	return w->restarted_ns && h->client_random[0] == w->sc->random;
}

static void on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	struct watch *watch = ctx;
	struct observed *out = watch->out;
	struct verdict words;
	struct said said = {
		.time = now - START, .state = h->state, .code = h->verdict.code, .side = h->verdict.side,
		.confidence = h->verdict.confidence,
	};

	if (h->verdict.code != VERDICT_NONE) {
		said.severity = h->verdict.severity;
		verdict_describe(h, now, &words);
		memcpy(said.summary, words.summary, sizeof(said.summary));
		texts_check(h, &words, out);
	}
	for (int role = 0; role < PARTY_MAX; role++) {
		said.copies[role] = highest(watch->seen[role].copies);
		said.total[role] = highest(watch->seen[role].total);
		said.flight[role] = watch->seen[role].flight;
		said.here[role] = h->party[role].local;
		out->retransmissions[role] = h->party[role].retransmissions;
	}
	if (is_phantom(watch->w, h)) {
		out->any_phantom = true;
		out->phantom = said;
		if (watch->trace)
			fputs("PHANTOM ", watch->trace), trace_said(watch->trace, &said);
		return;
	}
	if (is_earlier(watch->w, h)) {
		out->any_earlier = true;
		out->earlier = said;
		out->earlier_faulty |= watch->restart_seen && said.severity == SEVERITY_FAULT;
		if (watch->trace)
			fputs("EARLIER ", watch->trace), trace_said(watch->trace, &said);
		return;
	}
	out->version = h->version;
	out->resumed = h->resumed;
	said.events = out->events;
	said.event_ns = watch->event_ns;
	if (out->num_said < OBSERVED_MAX_CHANGES)
		out->said[out->num_said] = said;
	out->num_said++;
	out->last = said;
	if (watch->trace)
		trace_said(watch->trace, &said);
}

static void on_datagram(void *ctx, const struct datagram_facts *facts)
{
	struct watch *watch = ctx;

	watch->out->handshakes += facts->begins;
}

/* --- what is seen --- */

/*
 * It overtakes the hello, and tells nobody whose it is: data, or a Finished that a
 * connection ID makes look like data of an association before (RFC 6347 s4.2.8).
 */
static bool is_nobodys(const struct world *w, const struct sim_datagram *dg)
{
	for (uint32_t i = 0; i < dg->num_fragments; i++) {
		const struct sim_fragment *f = &dg->fragments[i];

		if (w->script->dtls13 || !w->script->cid[dg->from] ||
		    !w->script->flights[f->flight].messages[f->message].epoch)
			return false;
	}
	return dg->data || dg->num_fragments;
}

static void note_seen(struct watch *watch, const struct log_entry *entry)
{
	const struct sim_datagram *dg = &watch->w->datagrams[entry->datagram];
	struct seen *seen = &watch->seen[dg->from];
	bool at_sender = observer_is_at(watch->out->observer, dg->from);

	/* One that arrives may be from anybody. */
	if (dg->attempt && dg->from == PARTY_CLIENT)
		watch->restart_seen |= at_sender || ++watch->num_restarted > 1;
	/* Where the sender is seen to send it, what arrives is no news of it. */
	if (dg->forged || (watch->w->restarted_ns && !dg->attempt) || entry->kind == (at_sender ? LOG_QUEUED : LOG_SENT))
		return;
	if (seen->flight < 0 && is_nobodys(watch->w, dg))
		return;
	memset(watch->seen[party_peer(dg->from)].copies, 0, sizeof(seen->copies));
	memset(watch->seen[party_peer(dg->from)].last_unheard, 0, sizeof(seen->last_unheard));
	/* An alert that DTLS 1.3 encrypts may be another copy, as far as anybody can see. */
	if (dg->goodbye && dg->epoch > 1) {
		seen->copies[0]++;
		seen->total[0]++;
	}
	for (uint32_t i = 0; i < dg->num_fragments; i++) {
		const struct sim_fragment *f = &dg->fragments[i];

		if (f->flight > seen->flight) {
			memset(seen, 0, sizeof(*seen));
			seen->flight = f->flight;
		}
		if (f->flight != seen->flight)
			continue;
		seen->copies[f->message] += dg->copy != seen->last_unheard[f->message];
		seen->total[f->message] += dg->copy != seen->last_copy[f->message];
		seen->last_unheard[f->message] = seen->last_copy[f->message] = dg->copy;
	}
}

static void set_address(struct event_endpoint *e, enum party_role role)
{
	static const uint8_t prefix[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 0 };

	memset(e, 0, sizeof(*e));
	memcpy(e->ip, prefix, sizeof(prefix));
	e->ip[15] = role == PARTY_CLIENT ? 5 : 9;
	e->port = role == PARTY_CLIENT ? CLIENT_PORT : SERVER_PORT;
}

static void set_place(struct event *ev, enum party_role at)
{
	ev->flags = EVENT_IPV4 | EVENT_OWNER;
	ev->socket = 1 + at;
	ev->pid = at == PARTY_CLIENT ? 812 : 900;
	ev->tid = ev->pid;
	ev->netns = 4026531840u + at;
	memcpy(ev->comm, at == PARTY_CLIENT ? "client" : "server", 7);
	set_address(&ev->local, at);
	set_address(&ev->remote, party_peer(at));
}

static void set_captured(struct event *ev, enum party_role from, bool both_ways)
{
	ev->kind = EVENT_CAPTURED;
	ev->flags = EVENT_IPV4 | (both_ways ? EVENT_BOTH_WAYS : 0);
	ev->socket = 0;
	ev->pid = ev->tid = ev->netns = 0;
	memset(ev->comm, 0, sizeof(ev->comm));
	set_address(&ev->local, from);
	set_address(&ev->remote, party_peer(from));
}

/* The walker of the kernel makes the event, as it does of a captured packet. */
static void build(const struct sim_datagram *dg, struct capture_event *out)
{
	struct packet packet = { .ipv4 = true, .payload = dg->bytes, .length = dg->len, .captured = dg->len };

	capture_event(&packet, 0, out);
}

/* An event without items, of a datagram or of none. */
static struct event *bare_event(struct event *ev, const struct log_entry *entry, uint8_t kind)
{
	memset(ev, 0, sizeof(*ev));
	ev->size = sizeof(*ev);
	ev->abi = EVENT_ABI;
	ev->kind = kind;
	set_place(ev, entry->at);
	if (kind == EVENT_CLOSED) {
		memset(&ev->local, 0, sizeof(ev->local));
		memset(&ev->remote, 0, sizeof(ev->remote));
	}
	return ev;
}

static void set_icmp(struct event *ev, const struct log_entry *entry, bool tap)
{
	ev->icmp_type = entry->icmp_type;
	ev->icmp_code = entry->icmp_code;
	ev->error = icmp_errno(ev->icmp_type, ev->icmp_code);
	if (!tap)
		return;
	set_captured(ev, entry->at, false);
	ev->kind = EVENT_ICMP_ERROR;
	ev->flags = EVENT_IPV4 | EVENT_FROM_CAPTURE;
}

static void feed(struct watch *watch, struct event *ev, const struct log_entry *entry)
{
	ev->time_ns = START + entry->time;
	if (ev->time_ns > watch->now)
		watch->now = ev->time_ns;
	if (watch->trace)
		trace_event(watch->trace, watch->w, entry);
	watch->out->events++;
	watch->event_ns = ev->time_ns - START;
	if (watch->recording)
		recording_event(watch->recording, ev, ev->size);
	analysis_event(watch->analysis, ev, ev->size);
}

static void feed_entry(struct watch *watch, const struct log_entry *entry)
{
	struct event_buffer *buffer = &buffers[entry->datagram];
	const struct sim_datagram *dg = &watch->w->datagrams[entry->datagram];
	struct event other, *ev = &buffer->event.ev;

	if (entry->kind == LOG_READ) {
		ev = bare_event(&other, entry, EVENT_READ);
		ev->length = dg->len;
		ev->copied = entry->copied;
	} else if (entry->kind == LOG_ICMP) {
		ev = bare_event(&other, entry, EVENT_ICMP_ERROR);
		set_icmp(ev, entry, observer_is_tap(watch->out->observer));
	} else if (entry->kind == LOG_CLOSED) {
		ev = bare_event(&other, entry, EVENT_CLOSED);
		ev->unread = watch->w->ep[entry->at].num_arrived - watch->w->ep[entry->at].num_read;
	} else {
		if (!buffer->built)
			build(dg, &buffer->event);
		buffer->built = true;
		ev->kind = entry->kind == LOG_SENT ? EVENT_SENT : EVENT_QUEUED;
		if (entry->kind == LOG_TAPPED)
			set_captured(ev, entry->at, watch->out->observer == OBSERVER_TAP);
		else
			set_place(ev, entry->at);
		note_seen(watch, entry);
	}
	ev->datagram = entry->number;
	feed(watch, ev, entry);
}

/* Let the analysis look whenever it asked to, until then. */
static void advance(struct watch *watch, uint64_t until)
{
	uint64_t next;

	while ((next = analysis_advance(watch->analysis, watch->now)) < until) {
		assert(next > watch->now);
		watch->now = next;
	}
	if (until > watch->now)
		watch->now = until;
}

/* --- what is not DTLS --- */

/* Some more, or counted anew. A capture tells them as their source would. */
static void count_others(struct watch *watch, struct event_other *told, enum party_role at)
{
	bool tap = observer_is_tap(watch->out->observer);
	struct event_other *count = &watch->others[tap ? PARTY_CLIENT : at];

	if (rng_chance(&watch->others_rng, 5))
		memset(count, 0, sizeof(*count));
	count->sent[rng_below(&watch->others_rng, EVENT_OTHER_KINDS)] += rng_below(&watch->others_rng, 4);
	count->received[rng_below(&watch->others_rng, EVENT_OTHER_KINDS)] += rng_below(&watch->others_rng, 4);
	*told = *count;
	if (tap && at == PARTY_SERVER) {
		memcpy(told->sent, count->received, sizeof(told->sent));
		memcpy(told->received, count->sent, sizeof(told->received));
	}
}

static void feed_other(struct watch *watch, uint64_t time)
{
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_OTHER];
	} u = { .ev = { .size = EVENT_SIZE_OTHER, .abi = EVENT_ABI, .time_ns = time } };
	enum party_role at = rng_below(&watch->others_rng, PARTY_MAX);
	struct event_other told;

	if (!observer_is_tap(watch->out->observer) && !observer_is_at(watch->out->observer, at))
		return;
	if (observer_is_tap(watch->out->observer))
		set_captured(&u.ev, at, false);
	else
		set_place(&u.ev, at);
	u.ev.kind = EVENT_OTHER;
	count_others(watch, &told, at);
	memcpy(u.ev.items, &told, sizeof(told));
	advance(watch, time);
	analysis_event(watch->analysis, &u.ev, u.ev.size);
}

/* Between two events, at any time. */
static void feed_others(struct watch *watch, uint64_t from, uint64_t to)
{
	if (to <= from)
		to = from + 1;
	for (uint64_t num = rng_below(&watch->others_rng, 3); num; num--) {
		uint64_t time = from + rng_below(&watch->others_rng, to - from);

		feed_other(watch, time > watch->now ? time : watch->now);
	}
}

bool observed_same(const struct observed *a, const struct observed *b)
{
	if (a->num_said != b->num_said || a->handshakes != b->handshakes)
		return false;
	for (uint32_t i = 0; i < a->num_said && i < OBSERVED_MAX_CHANGES; i++) {
		const struct said *x = &a->said[i], *y = &b->said[i];

		if (x->time != y->time || x->state != y->state || x->code != y->code || x->side != y->side ||
		    x->severity != y->severity || x->confidence != y->confidence || strcmp(x->summary, y->summary))
			return false;
	}
	return true;
}

/* --- the order of events, and which there are --- */

/* When was the datagram queued that is read here? */
static uint64_t queued_at(const struct world *w, const struct log_entry *read)
{
	for (const struct log_entry *entry = read; entry-- > w->log;)
		if (entry->kind == LOG_QUEUED && entry->at == read->at && entry->number == read->number)
			return entry->time;
	return 0;
}

static bool is_seen(const struct watch *watch, const struct log_entry *entry)
{
	if (entry->time < watch->since ||
	    (entry->kind == LOG_READ && watch->since && queued_at(watch->w, entry) < watch->since))
		return false;
	if (entry->kind == LOG_TAPPED)
		return observers[watch->out->observer].taps[entry->at];
	/* An ICMP error comes the way of what the peer sends. */
	if (entry->kind == LOG_ICMP && observer_is_tap(watch->out->observer))
		return observers[watch->out->observer].taps[party_peer(entry->at)];
	if (entry->kind > LOG_ICMP || !observer_is_at(watch->out->observer, entry->at))
		return false;
	return entry->kind != LOG_READ || watch->w->sc->sees_reads;
}

/* By time; what two CPUs of a host did at about the same time comes as it may, but cause before effect. */
static uint32_t arrange(struct watch *watch, struct log_entry *order)
{
	const struct world *w = watch->w;
	uint32_t num = 0, j;

	for (uint32_t i = 0; i < w->num_log; i++) {
		if (!is_seen(watch, &w->log[i]))
			continue;
		for (j = num++; j && order[j - 1].time > w->log[i].time; j--)
			order[j] = order[j - 1];
		order[j] = w->log[i];
	}
	for (uint32_t i = 1; i < num && !observer_is_tap(watch->out->observer); i++) {
		struct log_entry tmp = order[i];

		if (!rng_chance(&watch->rng, w->sc->disorder) || order[i].at == order[i - 1].at ||
		    order[i].datagram == order[i - 1].datagram ||
		    order[i].time - order[i - 1].time > DISORDER_NS)
			continue;
		order[i] = order[i - 1];
		order[i - 1] = tmp;
	}
	return num;
}

static void lose_one(struct watch *watch)
{
	static const struct trace_stats stats;

	if (watch->recording)
		recording_lost(watch->recording, 1, &stats);
	analysis_lost(watch->analysis, 1);
}

/* As the source of this observer would describe itself. */
static void begin_recording(struct watch *watch, FILE *file, struct recording_writer *writer)
{
	static const char *const unseen[] = { NULL };
	static struct trace_info info;
	bool tap = observer_is_tap(watch->out->observer);

	info = (struct trace_info){
		.source = tap ? "capture" : "live", .hooks = tap ? NULL : "fentry", .unseen = unseen,
		.start_ns = START, .sees_reads = watch->w->sc->sees_reads && !tap,
		.sees_drops = watch->w->sc->sees_drops && !tap,
		.sees_send_failures = watch->w->sc->sees_drops && !tap,
	};
	recording_begin(writer, file, &info);
	watch->recording = writer;
}

static struct analysis *make_analysis(struct watch *watch)
{
	const struct scenario *sc = watch->w->sc;
	bool tap = observer_is_tap(watch->out->observer);
	struct analysis_options opts = {
		.verdict = { .floor_ns = sc->floor_ns }, .max_handshakes = 8, .hash_seed = sc->seed,
		.max_ready = watch->packed ? 0 : 8, .sees_reads = sc->sees_reads && !tap, .sees_drops = sc->sees_drops && !tap,
		.sees_send_failures = sc->sees_drops && !tap,
		.allocate = malloc, .release = free,
	};
	struct analysis_callbacks callbacks = { watch, on_datagram, on_handshake, NULL };

	return analysis_new(&opts, &callbacks);
}

/* Events [*begin, *end) of `num` are lost, if the scenario says so. */
static void choose_loss(struct watch *watch, uint32_t num, uint32_t *begin, uint32_t *end)
{
	*begin = *end = num;
	if (!watch->w->sc->loses_events || num < 3 || observer_is_tap(watch->out->observer))
		return;
	*begin = rng_range(&watch->rng, 1, num - 1);
	*end = *begin + rng_range(&watch->rng, 1, 1 + num / 4);
	if (*end > num)
		*end = num;
	watch->out->lost = true;
}

static void look(struct world *w, enum observer observer, uint64_t since, bool others, struct observed *out,
		 FILE *trace, FILE *recording)
{
	static struct log_entry order[SIM_MAX_LOG];
	static struct recording_writer writer;
	struct watch watch = {
		.w = w, .out = out, .trace = trace, .packed = others, .since = since, .now = START, .rng = { w->sc->seed ^ observer },
		.others_rng = { ~w->sc->seed ^ observer },
	};
	uint32_t num, lost_begin, lost_end;

	watch.seen[PARTY_CLIENT].flight = watch.seen[PARTY_SERVER].flight = -1;
	memset(out, 0, offsetof(struct observed, said));
	memset(&out->last, 0, sizeof(*out) - offsetof(struct observed, last));
	out->observer = observer;
	if (observer == 0 && !others)
		for (uint32_t i = 0; i < w->num_datagrams; i++)
			buffers[i].built = false;
	num = arrange(&watch, order);
	choose_loss(&watch, num, &lost_begin, &lost_end);
	watch.analysis = make_analysis(&watch);
	assert(watch.analysis);
	if (recording)
		begin_recording(&watch, recording, &writer);
	for (uint32_t i = 0; i < num; i++) {
		advance(&watch, START + order[i].time);
		/* The source counts what was lost each time it has read all there is. */
		if (i >= lost_begin && i < lost_end)
			lose_one(&watch);
		else
			feed_entry(&watch, &order[i]);
		if (others)
			feed_others(&watch, START + order[i].time, START + order[i + 1 < num ? i + 1 : i].time);
	}
	advance(&watch, watch.now + HOUR);
	analysis_finish(watch.analysis, watch.now);
	if (recording)
		recording_end(&writer, &(struct trace_stats){ .end_ns = watch.now });
	out->any = out->handshakes;
	analysis_free(watch.analysis);
}

void observe(struct world *w, enum observer observer, bool others, struct observed *out, FILE *trace,
	     FILE *recording)
{
	look(w, observer, 0, others, out, trace, recording);
}

void observe_from(struct world *w, enum observer observer, uint64_t time, struct observed *out, FILE *trace,
		  FILE *recording)
{
	look(w, observer, time, false, out, trace, recording);
}
