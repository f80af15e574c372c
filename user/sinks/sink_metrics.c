// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink_metrics.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "hash.h"
#include "metrics_series.h"
#include "names.h"
#include "workload.h"

/* What is counted of a handshake, as of its latest event. */
struct facts {
	uint8_t state, verdict, side, version, role, comm, unit;	/* values of labels */
	bool resumed, has_duration;
	uint64_t duration_ns, waited_ns[PARTY_MAX];
	uint32_t copies[PARTY_MAX];	/* retransmitted flights */
};

/* A handshake that is not final. The analysis bounds their number. */
struct followed {
	uint64_t id;
	struct facts facts;
	struct metric_series *open, *stuck;	/* the gauges that it is in; NULL: none */
	uint64_t last_ns;	/* its latest event */
	bool is_open, is_counted;
	/* What `facts` were made from, so that a label is looked up only when it changes. */
	char comm[EVENT_COMM_LEN];
	uint64_t cgroup_id;
	uint16_t version;
	struct followed *prev, *next;	/* in the order of last_ns, while it is open and not counted */
	UT_hash_handle hh;
};

struct metrics_state {
	struct metric_store store;
	struct metric_values *values;
	struct followed *by_id;
	struct followed *active;	/* the least recently active first */
};

static struct metrics_state *state_of(const struct sink *s)
{
	return s->state;
}

/* --- labels --- */

static uint8_t unit_of(const struct sink *s, const struct party *party)
{
	struct workload w;

	if (!workload_of(s, party, &w) || !w.unit)
		return METRIC_VALUE_NONE;
	return metric_value(state_of(s)->values, LABEL_UNIT, w.unit, w.unit_len);
}

/* If both sides are on this host, the process is that of the side that owes the next move, else of the server. */
static void note_process(const struct sink *s, const struct handshake *h, struct followed *f)
{
	const struct party *client = &h->party[PARTY_CLIENT], *party = &h->party[PARTY_SERVER];

	f->facts.role = client->local | party->local << PARTY_SERVER;
	if (client->has_owner && (!party->has_owner || (h->verdict.code != VERDICT_NONE && h->verdict.side == VERDICT_SIDE_CLIENT)))
		party = client;
	if (!party->has_owner)
		return;
	if (memcmp(f->comm, party->comm, sizeof(f->comm))) {
		memcpy(f->comm, party->comm, sizeof(f->comm));
		f->facts.comm = metric_value(state_of(s)->values, LABEL_COMM, f->comm, strnlen(f->comm, sizeof(f->comm)));
	}
	if (f->cgroup_id != party->cgroup_id) {
		f->cgroup_id = party->cgroup_id;
		f->facts.unit = unit_of(s, party);
	}
}

static void note_version(const struct sink *s, const struct handshake *h, struct followed *f)
{
	uint16_t version = h->version_negotiated ? h->version : 0;
	const char *name;

	if (f->version == version)
		return;
	f->version = version;
	name = version ? dtls_version_name(version) : NULL;
	f->facts.version = name ? metric_value(state_of(s)->values, LABEL_VERSION, name, strlen(name)) : METRIC_VALUE_NONE;
}

static void note(const struct sink *s, const struct handshake *h, struct followed *f)
{
	struct facts *facts = &f->facts;

	note_process(s, h, f);
	note_version(s, h, f);
	f->is_open = handshake_is_open(h) && !handshake_is_last(h);
	facts->state = h->state;
	facts->verdict = h->verdict.code;
	facts->side = h->verdict.code == VERDICT_NONE ? VERDICT_SIDE_UNKNOWN : h->verdict.side;
	facts->resumed = h->resumed;
	/* When one began that was under way already is not known. */
	facts->has_duration = h->state == HANDSHAKE_COMPLETED && !h->midway;
	facts->duration_ns = facts->has_duration && h->ended_ns > h->started_ns ? h->ended_ns - h->started_ns : 0;
	for (int role = 0; role < PARTY_MAX; role++) {
		facts->waited_ns[role] = h->party[role].waited_ns;
		facts->copies[role] = h->party[role].retransmissions;
	}
}

/* --- counting --- */

static struct metric_series *series(struct metrics_state *m, enum metric metric, struct metric_key key)
{
	return metric_series_of(&m->store, metric, key);
}

#define KEY(...) ((struct metric_key){ { __VA_ARGS__ } })

static void count(struct metrics_state *m, const struct facts *f)
{
	metric_add(series(m, METRIC_HANDSHAKES, KEY(f->state, f->verdict, f->side, f->version, f->role, f->comm, f->unit)), 1);
	if (f->has_duration)
		metric_observe(series(m, METRIC_DURATION, KEY(f->role, f->resumed)), f->duration_ns);
	for (int role = 0; role < PARTY_MAX; role++) {
		struct metric_key key = KEY(f->role, side_of_role(role));

		metric_add(series(m, METRIC_TIMER_WAIT, key), f->waited_ns[role]);
		metric_add(series(m, METRIC_RETRANSMITTED, key), f->copies[role]);
	}
}

static void move(struct metric_series **from, struct metric_series *to)
{
	if (*from == to)
		return;
	metric_add(*from, -1);
	metric_add(to, 1);
	*from = to;
}

/* Count it where it is now among the open ones, and nowhere else. */
static void gauge(struct metrics_state *m, struct followed *f, bool is_shown)
{
	const struct facts *facts = &f->facts;
	bool is_stuck = is_shown && facts->state == HANDSHAKE_STUCK;

	move(&f->open, is_shown ? series(m, METRIC_OPEN, KEY(facts->role, facts->comm)) : NULL);
	move(&f->stuck, is_stuck ? series(m, METRIC_STUCK, KEY(facts->verdict, facts->side, facts->role, facts->comm)) : NULL);
}

static void leave(struct metrics_state *m, struct followed *f)
{
	if (f->prev)
		DL_DELETE(m->active, f);
	f->prev = f->next = NULL;
}

/* NULL: out of memory. */
static struct followed *follow(struct metrics_state *m, uint64_t id)
{
	struct followed *f;

	HASH_FIND(hh, m->by_id, &id, sizeof(id), f);
	return f ? f : HASH_NEW(m->by_id, id, id);
}

static void forget(struct metrics_state *m, struct followed *f)
{
	leave(m, f);
	HASH_DEL(m->by_id, f);
	free(f);
}

/* Something of an open handshake is new. */
static void update(struct sink *s, const struct handshake *h)
{
	struct metrics_state *m = state_of(s);
	struct followed *f = follow(m, h->id);
	struct facts before;

	if (!f) {
		m->store.uncounted++;
		return;
	}
	before = f->facts;
	note(s, h, f);
	if (!f->is_open || f->last_ns != h->last_ns)
		leave(m, f);
	f->last_ns = h->last_ns;
	/* If it goes on after a silence, it is in the gauges again, but it is not counted again. */
	if (f->is_open && !f->prev)
		DL_APPEND(m->active, f);
	if (!f->is_open != !f->open || f->facts.state != before.state || f->facts.verdict != before.verdict ||
	    f->facts.side != before.side || f->facts.role != before.role || f->facts.comm != before.comm)
		gauge(m, f, f->is_open);
}

static void finish(struct sink *s, const struct handshake *h)
{
	struct metrics_state *m = state_of(s);
	struct followed *f, unfollowed = { .id = h->id };

	HASH_FIND(hh, m->by_id, &h->id, sizeof(h->id), f);
	if (!f)
		f = &unfollowed;
	note(s, h, f);
	if (!f->is_counted)
		count(m, &f->facts);
	gauge(m, f, false);
	if (f != &unfollowed)
		forget(m, f);
}

/* Nothing may come of those that are silent. */
static void count_silent(struct metrics_state *m, uint64_t now)
{
	struct followed *f;

	while ((f = m->active) && now > METRICS_SILENCE_NS && f->last_ns <= now - METRICS_SILENCE_NS) {
		gauge(m, f, false);
		if (!f->is_counted)
			count(m, &f->facts);
		f->is_counted = true;
		leave(m, f);
	}
}

/* --- the sink --- */

static bool begin(struct sink *s)
{
	state_of(s)->values = metric_values_new();
	return state_of(s)->values;
}

static void count_drop(struct sink *s, uint32_t reason)
{
	const char *name = reason && s->info->drop_reason_name ? s->info->drop_reason_name(s->info->drop_reason_ctx, reason) : NULL;
	uint8_t value = name ? metric_value(state_of(s)->values, LABEL_REASON, name, strnlen(name, DROP_NAME_LEN)) : METRIC_VALUE_NONE;

	metric_add(series(state_of(s), METRIC_DROPPED, KEY(value)), 1);
}

static void datagram(struct sink *s, const struct datagram_facts *facts)
{
	/* One that is early was counted before. */
	if (facts->ev->kind == EVENT_DROPPED && !facts->early)
		count_drop(s, facts->ev->drop_reason);
	if (facts->handshake && handshake_is_open(facts->handshake))
		update(s, facts->handshake);
}

static void handshake(struct sink *s, const struct handshake *h, uint64_t now)
{
	if (handshake_is_last(h))
		finish(s, h);
	else
		update(s, h);
}

static void unread(struct sink *s, const struct unread *u, uint64_t now)
{
}

static void lost(struct sink *s, uint64_t num, uint64_t limited, const struct trace_stats *stats, uint64_t now)
{
}

static void set_lost(struct metrics_state *m, const uint64_t counters[COUNTER_MAX])
{
	/* As counters_lost() and counters_lost_rest() have them. */
	static const struct {
		uint8_t counter;
		bool wanted;
	} causes[] = {
		{ COUNTER_LOST_RING_FULL, true }, { COUNTER_LOST_UNREADABLE, true }, { COUNTER_LOST_NO_STATE, true },
		{ COUNTER_LOST_MISSED, true }, { COUNTER_FOREIGN_UNREADABLE, false }, { COUNTER_DROPS_UNREADABLE, false },
		{ COUNTER_DROPS_MISSED, false },
	};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		metric_set(series(m, METRIC_LOST, KEY(causes[i].counter, causes[i].wanted)), counters[causes[i].counter]);
}

/* What is known without counting. */
static void set_rest(struct sink *s, const struct trace_stats *stats)
{
	static const uint8_t bounded[] = { LABEL_COMM, LABEL_UNIT, LABEL_VERSION, LABEL_REASON };
	const char *version = s->info->version, *hooks = s->info->hooks;
	struct metrics_state *m = state_of(s);

	metric_set(series(m, METRIC_EVENTS, KEY(0)), stats->analysis->events);
	set_lost(m, stats->counters);
	metric_set(series(m, METRIC_RATE_LIMITED, KEY(0)), stats->counters[COUNTER_RATE_LIMITED]);
	for (size_t i = 0; i < sizeof(bounded); i++)
		metric_set(series(m, METRIC_OTHER, KEY(bounded[i])), metric_values_limited(m->values, bounded[i]));
	metric_set(series(m, METRIC_BUILD, KEY(metric_value(m->values, LABEL_BUILD, version, strlen(version)))), 1);
	/* A capture has none. */
	if (hooks)
		metric_set(series(m, METRIC_HOOKS, KEY(metric_value(m->values, LABEL_TIER, hooks, strlen(hooks)))), 1);
	metric_set(series(m, METRIC_UNCOUNTED, KEY(0)), m->store.uncounted);
}

void sink_metrics_print(struct sink *s, const struct trace_stats *stats)
{
	count_silent(state_of(s), stats->end_ns);
	set_rest(s, stats);
	metric_store_print(&state_of(s)->store, state_of(s)->values, s->out);
}

static void release(struct sink *s)
{
	struct metrics_state *m = state_of(s);
	struct followed *f, *next;

	HASH_ITER(hh, m->by_id, f, next)
		forget(m, f);
	metric_store_free(&m->store);
	metric_values_free(m->values);
}

const struct sink_ops sink_metrics = {
	.name = "metrics",
	.state_size = sizeof(struct metrics_state),
	.begin = begin,
	.datagram = datagram,
	.handshake = handshake,
	.settled = handshake,
	.unread = unread,
	.lost = lost,
	.end = sink_metrics_print,
	.release = release,
};
