// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "census.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "hosts.h"
#include "text.h"

/* A handshake between two processes of this host is in both of their rows, and in that of a network. */
#define MAX_ROWS_OF_ONE 3
#define IPV4_AT 12
#define IPV4_NETWORK_BYTES 3
#define IPV6_NETWORK_BYTES 6
#define OTHERS "others"

struct hashed_row {
	struct census_row row;
	UT_hash_handle hh;
};

struct rows {
	struct hashed_row *list;	/* CENSUS_ROWS, the last of them for the others */
	uint32_t num;
	struct hashed_row *by_name;
	const struct census_row *order[CENSUS_ROWS];
};

/* What was counted of a handshake. */
struct counted {
	uint64_t id;
	struct census_row *rows[MAX_ROWS_OF_ONE];
	uint32_t num_rows, duration;
	bool has_duration;
	enum handshake_state state;
	enum verdict_code code;
	enum verdict_side side;
	const char *doubt;
	uint64_t waited_ns;
	UT_hash_handle hh;
};

struct census {
	struct rows rows[CENSUS_KINDS];
	struct counted *handshakes;	/* in the order of their first report */
};

struct census *census_new(void)
{
	struct census *t = calloc(1, sizeof(*t));

	for (int kind = 0; t && kind < CENSUS_KINDS; kind++) {
		t->rows[kind].list = calloc(CENSUS_ROWS, sizeof(*t->rows[kind].list));
		if (!t->rows[kind].list) {
			census_free(t);
			return NULL;
		}
	}
	return t;
}

void census_free(struct census *t)
{
	struct counted *c, *next;

	if (!t)
		return;
	HASH_ITER(hh, t->handshakes, c, next) {
		HASH_DEL(t->handshakes, c);
		free(c);
	}
	for (int kind = 0; kind < CENSUS_KINDS; kind++) {
		HASH_CLEAR(hh, t->rows[kind].by_name);
		free(t->rows[kind].list);
	}
	free(t);
}

static struct census_row *row_named(struct rows *rows, const char *name)
{
	struct hashed_row *found;

	HASH_FIND_STR(rows->by_name, name, found);
	if (found)
		return &found->row;
	if (rows->num >= CENSUS_ROWS - 1) {
		found = &rows->list[CENSUS_ROWS - 1];
		rows->num = CENSUS_ROWS;
		strcpy(found->row.name, OTHERS);
		return &found->row;
	}
	found = &rows->list[rows->num++];
	snprintf(found->row.name, sizeof(found->row.name), "%s", name);
	HASH_ADD_STR(rows->by_name, row.name, found);
	return &found->row;
}

/* --- the rows of a handshake --- */

static void name_process(char name[CENSUS_NAME_LEN], const struct party *party, enum party_role role)
{
	char comm[4 * EVENT_COMM_LEN + 1];

	text_escape(comm, sizeof(comm), party->comm, strnlen(party->comm, EVENT_COMM_LEN));
	snprintf(name, CENSUS_NAME_LEN, "%s (%s)", party->has_owner ? comm : "unknown process", party_role_name(role));
}

/* "192.0.2.0/24", "2001:db8::/48" */
static void name_network(char name[CENSUS_NAME_LEN], const struct party *party)
{
	char address[TEXT_ADDRESS_LEN];
	uint8_t ip[16] = {};
	int len = party->ipv4 ? IPV4_AT + IPV4_NETWORK_BYTES : IPV6_NETWORK_BYTES;

	memcpy(ip, party->address.ip, len);
	text_address(address, ip, party->ipv4);
	snprintf(name, CENSUS_NAME_LEN, "%s/%d", address, 8 * (party->ipv4 ? IPV4_NETWORK_BYTES : IPV6_NETWORK_BYTES));
}

static void find_rows(struct census *t, const struct handshake *h, struct counted *c)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	char name[CENSUS_NAME_LEN], address[TEXT_ENDPOINT_LEN];

	for (int role = 0; role < PARTY_MAX; role++)
		if (h->party[role].local) {
			name_process(name, &h->party[role], role);
			c->rows[c->num_rows++] = row_named(&t->rows[CENSUS_PROCESS], name);
		}
	if (!c->num_rows) {
		text_endpoint(address, &server->address, server->ipv4);
		snprintf(name, sizeof(name), "%s (server)", address);
		c->rows[c->num_rows++] = row_named(&t->rows[CENSUS_PROCESS], name);
	}
	if (hosts_are_apart(h) && client->local && server->local)
		snprintf(name, sizeof(name), "%.40s to %.40s", hosts_name(h, PARTY_CLIENT), hosts_name(h, PARTY_SERVER));
	else if (client->local && server->local)
		strcpy(name, "this host");
	else
		name_network(name, client->local ? server : client);
	c->rows[c->num_rows++] = row_named(&t->rows[CENSUS_NETWORK], name);
}

/* --- counting --- */

const char *const census_several = "for several reasons";

static void count_verdict(struct census_row *row, const struct counted *c, int one)
{
	const char **doubt = &row->doubts[c->code][c->side];

	row->by_verdict[c->code][c->side] += one;
	if (!c->doubt)
		return;
	if (!row->likely[c->code][c->side])
		*doubt = c->doubt;
	else if (strcmp(*doubt, c->doubt))
		*doubt = census_several;
	row->likely[c->code][c->side] += one;
}

static void count(const struct counted *c, int one)
{
	for (uint32_t i = 0; i < c->num_rows; i++) {
		struct census_row *row = c->rows[i];

		row->handshakes += one;
		row->by_state[c->state] += one;
		if (c->code != VERDICT_NONE)
			count_verdict(row, c, one);
		row->waited_ns += one * c->waited_ns;
		if (c->has_duration)
			(one > 0 ? durations_add : durations_remove)(&row->completed, c->duration);
	}
}

static struct counted *add(struct census *t, const struct handshake *h)
{
	struct counted *oldest = t->handshakes, *c = HASH_NEW(t->handshakes, id, h->id);

	if (!c)
		return NULL;
	if (HASH_COUNT(t->handshakes) > CENSUS_HANDSHAKES) {
		HASH_DEL(t->handshakes, oldest);
		free(oldest);
	}
	find_rows(t, h, c);
	return c;
}

bool census_note(struct census *t, const struct handshake *h)
{
	struct counted *c;

	HASH_FIND(hh, t->handshakes, &h->id, sizeof(h->id), c);
	if (c)
		count(c, -1);
	else
		c = add(t, h);
	if (!c)
		return false;
	c->state = h->state;
	c->code = h->verdict.code;
	c->side = h->verdict.side;
	c->doubt = h->verdict.doubt;
	c->waited_ns = handshake_waited_ns(h);
	/* When one began that was under way already is not known. */
	c->has_duration = h->state == HANDSHAKE_COMPLETED && !h->midway;
	c->duration = c->has_duration ? durations_index(h->ended_ns - h->started_ns) : 0;
	count(c, 1);
	return true;
}

/* --- reading --- */

uint64_t census_faults(const struct census_row *row)
{
	return row->by_state[HANDSHAKE_STUCK] + row->by_state[HANDSHAKE_FAILED];
}

static int by_trouble(const void *a, const void *b)
{
	const struct census_row *x = *(const struct census_row *const *)a, *y = *(const struct census_row *const *)b;

	if (census_faults(x) != census_faults(y))
		return census_faults(x) > census_faults(y) ? -1 : 1;
	if (x->handshakes != y->handshakes)
		return x->handshakes > y->handshakes ? -1 : 1;
	return strcmp(x->name, y->name);
}

const struct census_row *census_row(struct census *t, enum census_kind kind, uint32_t n)
{
	struct rows *rows = &t->rows[kind];

	if (n >= rows->num)
		return NULL;
	if (!n) {
		for (uint32_t i = 0; i < rows->num; i++)
			rows->order[i] = &rows->list[i].row;
		qsort(rows->order, rows->num, sizeof(rows->order[0]), by_trouble);
	}
	return rows->order[n];
}
