/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A pairing heap (Fredman et al. 1986): the node with the smallest key comes first. Nodes
 * are embedded in the ordered objects, so the heap needs no memory. Any node can be
 * removed or get another key, in O(log n) amortized.
 */
#ifndef DTLSNOOP_PAIRING_H
#define DTLSNOOP_PAIRING_H

#include <stddef.h>
#include <stdint.h>

/* All zero: in no heap. */
struct pairing_node {
	uint64_t key;		/* valid while it is in a heap */
	struct pairing_node *child;	/* the first */
	struct pairing_node *next;	/* sibling */
	struct pairing_node *prev;	/* sibling; first child: the parent; root: itself; NULL: in no heap */
};

/* The root has the smallest key; NULL: the heap is empty. */
struct pairing {
	struct pairing_node *root;
};

/* Add a node that is in no heap. */
void pairing_add(struct pairing *heap, struct pairing_node *node, uint64_t key);

/* Remove a node of this heap. */
void pairing_remove(struct pairing *heap, struct pairing_node *node);

#endif
