// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cgroups.h"

#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hash.h"

/* Many more than any host has. Further cgroups get no name. */
#define MAX_CGROUPS 100000
#define WALK_AGAIN_NS 1000000000ULL

struct node {
	uint64_t id;
	UT_hash_handle hh;
	char path[];
};

struct cgroups {
	struct node *by_id;
	uint64_t walked_ns;	/* time of the last walk; 0: none yet */
	char root[];
};

struct cgroups *cgroups_new(const char *root)
{
	struct cgroups *c = calloc(1, sizeof(*c) + strlen(root) + 1);

	if (c)
		strcpy(c->root, root);
	return c;
}

static void forget(struct cgroups *c)
{
	struct node *node, *next;

	HASH_ITER(hh, c->by_id, node, next) {
		HASH_DEL(c->by_id, node);
		free(node);
	}
}

void cgroups_free(struct cgroups *c)
{
	if (c)
		forget(c);
	free(c);
}

static struct node *find(const struct cgroups *c, uint64_t id)
{
	struct node *node;

	HASH_FIND(hh, c->by_id, &id, sizeof(id), node);
	return node;
}

static void add(struct cgroups *c, uint64_t id, const char *path)
{
	size_t len = strlen(path);
	struct node *node;

	if (HASH_COUNT(c->by_id) >= MAX_CGROUPS || find(c, id))
		return;
	node = calloc(1, sizeof(*node) + len + 2);
	if (!node)
		return;
	node->id = id;
	strcpy(node->path, len ? path : "/");
	HASH_ADD(hh, c->by_id, id, sizeof(node->id), node);
	if (!node->hh.tbl)
		free(node);	/* no memory for the table */
}

static void walk(struct cgroups *c)
{
	char *roots[] = { c->root, NULL };
	size_t root_len = strlen(c->root);
	FTS *fts = root_len ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL) : NULL;
	FTSENT *entry;

	if (!fts)
		return;
	forget(c);
	while ((entry = fts_read(fts)))
		if (entry->fts_info == FTS_D)
			add(c, entry->fts_statp->st_ino, entry->fts_path + root_len);
	fts_close(fts);
}

bool cgroups_path(struct cgroups *c, uint64_t id, uint64_t now_ns, char *path, size_t size)
{
	const struct node *node = find(c, id);

	if (!node && (!c->walked_ns || now_ns - c->walked_ns > WALK_AGAIN_NS)) {
		walk(c);
		c->walked_ns = now_ns ? now_ns : 1;
		node = find(c, id);
	}
	if (!node || strlen(node->path) >= size)
		return false;
	strcpy(path, node->path);
	return true;
}
