// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "pairing.h"

#include "core.h"

/* The larger of two roots becomes the other's first child. Returns the root of both. */
static struct pairing_node *meld(struct pairing_node *a, struct pairing_node *b)
{
	struct pairing_node *parent = b->key < a->key ? b : a, *child = parent == a ? b : a;

	child->next = parent->child;
	if (child->next)
		child->next->prev = child;
	child->prev = parent;
	parent->child = child;
	return parent;
}

/* Meld siblings into one tree: in pairs from the first, then the pairs from the last. NULL if there are none. */
static struct pairing_node *meld_siblings(struct pairing_node *first)
{
	struct pairing_node *pairs = NULL, *a, *b, *next, *root;

	for (a = first; a; a = next) {
		b = a->next;
		next = b ? b->next : NULL;
		if (b)
			a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	root = pairs;
	for (a = root ? root->next : NULL; a; a = next) {
		next = a->next;
		root = meld(root, a);
	}
	return root;
}

static void set_root(struct pairing *heap, struct pairing_node *root)
{
	heap->root = root;
	if (!root)
		return;
	root->prev = root;
	root->next = NULL;
}

void pairing_add(struct pairing *heap, struct pairing_node *node, uint64_t key)
{
	node->key = key;
	node->child = node->next = NULL;
	set_root(heap, heap->root ? meld(heap->root, node) : node);
}

void pairing_remove(struct pairing *heap, struct pairing_node *node)
{
	struct pairing_node *rest = meld_siblings(node->child);

	if (node == heap->root) {
		set_root(heap, rest);
	} else {
		if (node->prev->child == node)
			node->prev->child = node->next;
		else
			node->prev->next = node->next;
		if (node->next)
			node->next->prev = node->prev;
		if (rest)
			set_root(heap, meld(heap->root, rest));
	}
	node->child = node->next = node->prev = NULL;
}
