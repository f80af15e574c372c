// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "coverage.h"

#include <string.h>

#include "core.h"

static void remove_ranges(struct coverage *cov, uint32_t at, uint32_t num)
{
	memmove(&cov->ranges[at], &cov->ranges[at + num],
		(cov->num_ranges - at - num) * sizeof(cov->ranges[0]));
	cov->num_ranges -= num;
}

void coverage_add(struct coverage *cov, uint32_t begin, uint32_t len)
{
	uint32_t end = begin + len, at = 0, num = 0;

	if (!len) {
		cov->empty_seen = true;
		return;
	}
	while (at < cov->num_ranges && cov->ranges[at].end < begin)
		at++;
	/* Merge the ranges that touch the new one. */
	while (at + num < cov->num_ranges && cov->ranges[at + num].begin <= end) {
		if (cov->ranges[at + num].begin < begin)
			begin = cov->ranges[at + num].begin;
		if (cov->ranges[at + num].end > end)
			end = cov->ranges[at + num].end;
		num++;
	}
	if (num) {
		remove_ranges(cov, at, num - 1);
	} else {
		if (cov->num_ranges == COVERAGE_MAX_RANGES) {
			cov->overflown = true;
			return;
		}
		memmove(&cov->ranges[at + 1], &cov->ranges[at],
			(cov->num_ranges - at) * sizeof(cov->ranges[0]));
		cov->num_ranges++;
	}
	cov->ranges[at].begin = begin;
	cov->ranges[at].end = end;
}

bool coverage_has(const struct coverage *cov, uint32_t begin, uint32_t len)
{
	if (!len)
		return cov->empty_seen;
	for (uint32_t i = 0; i < cov->num_ranges; i++)
		if (cov->ranges[i].begin <= begin && begin + len <= cov->ranges[i].end)
			return true;
	return false;
}

bool coverage_overlaps(const struct coverage *cov, uint32_t begin, uint32_t len)
{
	if (!len)
		return cov->empty_seen;
	for (uint32_t i = 0; i < cov->num_ranges; i++)
		if (cov->ranges[i].begin < begin + len && begin < cov->ranges[i].end)
			return true;
	return false;
}
