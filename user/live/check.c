// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* --check: what this host supports, for each hook. */
#include <stdio.h>

#include "loader_inside.h"

static void check_hook(const struct loader *loader, size_t i)
{
	printf("  %-34s %-4s %s\n", hooks[i].where, loader_uses(loader, i) ? "yes" : "no", hooks[i].gives);
	if (!loader_uses(loader, i))
		printf("  %-34s      %s\n", "", loader->why[i]);
}

/* Returns whether the tier can be used. */
static bool check_tier(struct loader *loader, enum tier tier, bool is_chosen)
{
	const char *const *blind = tier_blind_spots(tier);
	char why[WHY_LEN] = "";
	bool possible = loader_tier_is_possible(loader, tier, why) && loader_tier_start(loader, false, why);

	printf("\n%s: %s%s\n", tier_name(tier), possible ? "available" : why,
	       possible && is_chosen ? ", and would be used" : "");
	if (!possible)
		return false;
	for (size_t i = 0; i < HOOKS_NUM; i++)
		if (hook_in_tier(&hooks[i], tier))
			check_hook(loader, i);
	loader_note_unseen(loader);
	printf("  not seen:\n");
	for (const char *const *unseen = loader->unseen; *unseen; unseen++)
		printf("    %s\n", *unseen);
	for (; *blind; blind++)
		printf("    %s\n", *blind);
	return true;
}

/* These hold for every kernel and every hook. The man page has the same list. */
static void check_blind_spots(void)
{
	printf("\nnever seen, on any host:\n");
	for (const char *const *spot = host_blind_spots(); *spot; spot++)
		printf("  %s\n", *spot);
}

bool loader_check(const struct live_options *opts)
{
	struct loader *loader = loader_open(opts);
	bool chosen = false;

	if (!loader)
		return false;
	printf("dtlsnoop %s\n", DTLSNOOP_VERSION);
	printf("cgroup v2: %s\n", loader->cgroup_fd >= 0 ? loader->cgroup_root : "not mounted");
	printf("drop reasons: %s\n", loader->reasons.not_specified ? "by name" : "this kernel gives none");
	for (enum tier tier = TIER_FENTRY; tier < TIER_MAX; tier++)
		if (opts->tier == TIER_AUTO || opts->tier == tier)
			chosen |= check_tier(loader, tier, !chosen);
	check_blind_spots();
	loader_free(loader);
	return chosen;
}
