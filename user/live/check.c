// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* --check: what this host supports, for each hook. */
#include <stdio.h>

#include "host_check.h"
#include "library_check.h"
#include "loader_inside.h"
#include "privileges.h"
#include "version.h"

static size_t list_hooks(const struct loader *loader, struct host_check_hook list[HOOKS_NUM])
{
	size_t num = 0;

	for (size_t i = 0; i < HOOKS_NUM; i++)
		if (hook_in_tier(&hooks[i], loader->tier))
			list[num++] = (struct host_check_hook){
				.where = hooks[i].where, .gives = hooks[i].gives, .why = loader->why[i],
				.support = loader_uses(loader, i) ? HOST_SUPPORTS :
					   loader_is_pointless(loader, i) ? HOST_NOT_NEEDED : HOST_LACKS,
			};
	return num;
}

/* What does the host support of this tier? `why` has the reason if it supports nothing. */
static enum host_support support_of(struct loader *loader, enum tier tier, char why[WHY_LEN])
{
	/* The kernel's own answers would be about privileges, and not about what it has. */
	if (!privileges_can_trace()) {
		snprintf(why, WHY_LEN, "not permitted to you, so more is not known: " LOADER_NEEDS_PRIVILEGES);
		return HOST_NOT_PERMITTED;
	}
	return loader_tier_is_possible(loader, tier, why) && loader_tier_start(loader, false, why) ?
	       HOST_SUPPORTS : HOST_LACKS;
}

/* Returns whether the tier can be used. */
static bool check_tier(struct loader *loader, enum tier tier, bool is_first, const struct host_check_printer *printer)
{
	struct host_check_hook list[HOOKS_NUM];
	char why[WHY_LEN] = "";
	struct host_check_tier found = {
		.name = tier_name(tier), .support = support_of(loader, tier, why), .why = why,
		.unseen = loader->unseen, .blind_spots = tier_blind_spots(tier),
	};

	if (found.support == HOST_SUPPORTS) {
		loader_note_unseen(loader);
		found.hooks = list;
		found.num_hooks = list_hooks(loader, list);
		found.is_chosen = is_first;
		if (is_first)
			loader_try_libraries(loader);
	}
	printer->tier(&found);
	return found.hooks;
}

bool loader_check(const struct live_options *opts, const struct host_check_printer *printer)
{
	struct loader *loader = loader_open(opts);
	struct library_notes notes;
	bool chosen = false;

	if (!loader)
		return false;
	struct host_check host = {
		.version = dtlsnoop_version,
		.cgroup_root = loader->cgroup_fd >= 0 ? loader->cgroup_root : NULL,
		.names_drop_reasons = loader->reasons.not_specified,
		.never_seen = host_blind_spots(),
	};
	printer->begin(&host);
	for (enum tier tier = TIER_FENTRY; tier < TIER_MAX; tier++)
		if (opts->tier == TIER_AUTO || opts->tier == tier)
			chosen |= check_tier(loader, tier, !chosen, printer);
	library_check(opts, loader->library_error, &notes);
	host.libraries = notes.list;
	host.num_libraries = notes.num;
	printer->end(&host);
	loader_free(loader);
	return chosen;
}
