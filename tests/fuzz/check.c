// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What must hold of the analysis's answers, whatever it was told. */
#include "../asked.h"
#include "stream.h"

#define GROW_BY 32

/* What a number stood for when it was first heard. */
struct known {
	struct event_endpoint address[PARTY_MAX];
	uint8_t client_random[HELLO_RANDOM_LEN];
	bool open, evicted, final, settled;
};

struct check {
	uint64_t digest;
	uint64_t datagrams, unread;	/* told; of the kind that is never told */
	uint64_t now;
	uint64_t last_id;
	bool finishing;
	struct known *known;	/* by id, from 1 */
};

struct check *check_new(void)
{
	struct check *check = calloc(1, sizeof(*check));

	fuzz_check(check);
	check->digest = 0xcbf29ce484222325ULL;
	return check;
}

void check_free(struct check *check)
{
	free(check->known);
	free(check);
}

/* FNV-1a */
static void mix(struct check *check, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		check->digest = (check->digest ^ p[i]) * 0x100000001b3ULL;
}

static void mix_number(struct check *check, uint64_t number)
{
	mix(check, &number, sizeof(number));
}

static void add_known(struct check *check, const struct handshake *h)
{
	struct known *known;

	if (check->last_id % GROW_BY == 0)
		check->known = realloc(check->known, (check->last_id + GROW_BY) * sizeof(*known));
	fuzz_check(check->known);
	known = &check->known[check->last_id++];
	memset(known, 0, sizeof(*known));
	for (int role = 0; role < PARTY_MAX; role++)
		known->address[role] = h->party[role].address;
	memcpy(known->client_random, h->client_random, sizeof(known->client_random));
}

/* It is told of the session whose it is, and with text that a terminal does not obey. */
void check_library_error(struct check *check, const struct library_error_facts *facts)
{
	char text[APPLICATION_ERROR_LEN];

	fuzz_check(application_of(facts->handshake, facts->role) == facts->application);
	fuzz_check(facts->error->count && facts->error->first_ns <= facts->error->last_ns);
	fuzz_check(facts->application->errors_held <= APPLICATION_MAX_ERRORS);
	application_error_write(text, facts->application, facts->error);
	fuzz_check(strlen(text) < sizeof(text));
	for (const char *c = text; *c; c++)
		fuzz_check(*c >= ' ' && *c <= '~');
	mix(check, text, strlen(text));
	mix_number(check, facts->handshake->id);
	mix_number(check, facts->role);
}

/* A number means one handshake for good, and an evicted one is not heard of again. */
static void check_identity(struct check *check, const struct handshake *h)
{
	static const uint8_t none[HELLO_RANDOM_LEN];
	struct known *known;

	fuzz_check(h->id >= 1 && h->id <= check->last_id + 1);
	if (h->id > check->last_id)
		add_known(check, h);
	known = &check->known[h->id - 1];
	fuzz_check(!known->evicted && !known->final);
	for (int role = 0; role < PARTY_MAX; role++)
		fuzz_check(!memcmp(&known->address[role], &h->party[role].address,
				   sizeof(known->address[role])));
	/* The random is another one only after the server asked for a cookie, or if the first was not seen. */
	if (memcmp(known->client_random, h->client_random, sizeof(known->client_random))) {
		fuzz_check(!memcmp(known->client_random, none, sizeof(none)) || h->retry_request.known || h->events_lost);
		memcpy(known->client_random, h->client_random, sizeof(known->client_random));
	}
	known->open = handshake_is_open(h);
}

static void check_model(const struct handshake *h)
{
	fuzz_check(h->started_ns <= h->last_ns);
	fuzz_check(!h->ended_ns || h->ended_ns >= h->started_ns);
	fuzz_check(h->num_drops <= HANDSHAKE_MAX_DROPS);
	fuzz_check(h->client_hello.hello.server_name_len <= HELLO_SERVER_NAME_MAX);
	for (int role = 0; role < PARTY_MAX; role++) {
		fuzz_check(h->party[role].num_messages <= HANDSHAKE_MAX_MESSAGES);
		fuzz_check(h->party[role].flight <= HANDSHAKE_MAX_FLIGHT);
	}
	for (int n = 1; n <= HANDSHAKE_MAX_FLIGHT; n++) {
		const struct flight *flight = &h->flights[n];

		if (!flight->copies)
			continue;
		fuzz_check(flight->from < PARTY_MAX);
		fuzz_check(flight->datagrams && flight->first_ns <= flight->last_ns);
	}
}

void check_datagram(struct check *check, const struct datagram_facts *facts)
{
	/* What proves to be early is told once more. */
	check->datagrams += !facts->early;
	mix_number(check, facts->ev->kind | facts->early << 8);
	fuzz_check(!check->finishing && (facts->handshake || !facts->early));
	fuzz_check(facts->ev->num_items <= EVENT_MAX_ITEMS);
	for (uint32_t i = 0; i < facts->ev->num_items; i++) {
		fuzz_check(facts->items[i].flight <= HANDSHAKE_MAX_FLIGHT);
		mix_number(check, facts->items[i].flight | facts->items[i].retransmission << 8 |
				  facts->items[i].duplicate << 9);
	}
	fuzz_check(facts->handshake || !facts->begins);
	if (!facts->handshake)
		return;
	if (facts->begins)
		fuzz_check(facts->handshake->id == check->last_id + 1);
	check_identity(check, facts->handshake);
	check_model(facts->handshake);
	fuzz_check(asked_is_enough(facts->handshake));
	mix_number(check, facts->handshake->id);
	mix_number(check, facts->from);
}

/* The texts are printed as they are: no byte in them that a stranger chose. */
static void check_text(struct check *check, const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	fuzz_check(len > 0 && len < size);
	for (size_t i = 0; i < len; i++)
		fuzz_check(text[i] >= 0x20 && text[i] < 0x7f);
	mix(check, text, len);
}

static void check_verdict(struct check *check, const struct handshake *h)
{
	struct verdict words, *v = &words;

	verdict_describe(h, check->now, v);
	fuzz_check(verdict_code_name(v->code) && handshake_state_name(h->state));
	if (h->state == HANDSHAKE_COMPLETED)
		fuzz_check(v->code == VERDICT_COMPLETED && v->severity == SEVERITY_OK && h->ended_ns);
	if (h->state == HANDSHAKE_STUCK || h->state == HANDSHAKE_FAILED)
		fuzz_check(v->code != VERDICT_NONE && v->code != VERDICT_COMPLETED);
	if (v->code == VERDICT_NONE)
		return;
	/* What led to an alert may be what one is stuck for otherwise. */
	if (v->code != VERDICT_EVICTED && !(h->state == HANDSHAKE_FAILED && h->ended_ns))
		fuzz_check(h->state == verdict_state(v->code));
	if (h->events_lost && v->severity == SEVERITY_FAULT && h->lost_ns == check->now)
		fuzz_check(v->confidence == CONFIDENCE_LIKELY);
	/* A fault that was told before a part of the recording is missing stays as it was. */
	if (h->missing & ~MISSING_PART && v->severity == SEVERITY_FAULT)
		fuzz_check(v->confidence == CONFIDENCE_LIKELY);
	check_text(check, v->summary, sizeof(v->summary));
	fuzz_check(v->num_evidence <= VERDICT_MAX_EVIDENCE);
	for (uint32_t i = 0; i < v->num_evidence; i++)
		check_text(check, v->evidence[i], sizeof(v->evidence[i]));
	if (v->hint[0])
		check_text(check, v->hint, sizeof(v->hint));
}

void check_handshake(struct check *check, const struct handshake *h, uint64_t now)
{
	char text[VERDICT_TEXT_LEN];

	fuzz_check(now >= check->now);
	check->now = now;
	check_identity(check, h);
	fuzz_check(!h->is_settled && !check->known[h->id - 1].settled);
	check_model(h);
	check_verdict(check, h);
	for (int code = 0; code < NOTE_MAX; code++) {
		fuzz_check(note_name(code));
		if (note_write(h, code, text))
			check_text(check, text, sizeof(text));
	}
	fuzz_check(h->is_final == check->finishing || !h->is_final);
	check->known[h->id - 1].final = h->is_final;
	check->known[h->id - 1].evicted = h->ending.how == ENDING_EVICTED;
	mix_number(check, h->id);
	mix_number(check, now);
	mix_number(check, h->state);
}

void check_settled(struct check *check, const struct handshake *h, uint64_t now)
{
	fuzz_check(now >= check->now);
	check->now = now;
	check_identity(check, h);
	fuzz_check(!handshake_is_open(h) && h->is_settled && !check->known[h->id - 1].settled);
	check_verdict(check, h);
	check->known[h->id - 1].settled = true;
	mix_number(check, h->id);
	mix_number(check, now);
}

void check_given(struct check *check, const struct event *ev, size_t len)
{
	check->unread += event_is_valid(ev, len) && (ev->kind == EVENT_UNREAD || ev->kind == EVENT_LIBRARY);
}

void check_stats(const struct check *check, const struct analysis_stats *stats)
{
	uint64_t sum = 0;

	for (int state = 0; state <= HANDSHAKE_ABANDONED; state++) {
		fuzz_check(stats->by_state[state] <= stats->handshakes);
		sum += stats->by_state[state];
	}
	fuzz_check(sum == stats->handshakes);
	fuzz_check(stats->events == check->datagrams + check->unread);
	fuzz_check(stats->no_handshake <= stats->events && stats->evicted <= stats->handshakes);
	fuzz_check(stats->handshakes >= check->last_id);
}

void check_finish(struct check *check)
{
	check->finishing = true;
}

/* There is one last word on each. */
void check_finished(const struct check *check)
{
	for (uint64_t i = 0; i < check->last_id; i++) {
		const struct known *known = &check->known[i];

		fuzz_check(known->final == (known->open && !known->evicted));
		fuzz_check(known->final + known->evicted + known->settled == 1);
	}
}

uint64_t check_digest(const struct check *check)
{
	return check->digest;
}
