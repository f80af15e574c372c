// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_reasons.h"

#include <stdio.h>
#include <string.h>

#define PREFIX "SKB_DROP_REASON_"

void kernel_reasons_load(struct drop_reasons *reasons, const struct kernel_types *kernel)
{
	const struct btf *btf = kernel_types_btf(kernel);
	int id = kernel_types_find(kernel, "skb_drop_reason", BTF_KIND_ENUM);
	const struct btf_type *type;

	memset(reasons, 0, sizeof(*reasons));
	if (id < 0)
		return;
	type = btf__type_by_id(btf, id);
	for (int i = 0; i < btf_vlen(type); i++) {
		const struct btf_enum *value = &btf_enum(type)[i];
		const char *name = btf__name_by_offset(btf, value->name_off);

		if (!name || strncmp(name, PREFIX, strlen(PREFIX)) || value->val < 0 ||
		    value->val >= DROP_REASONS_MAX)
			continue;
		name += strlen(PREFIX);
		if (!strcmp(name, "NOT_SPECIFIED"))
			reasons->not_specified = value->val;
		snprintf(reasons->names[value->val], DROP_REASON_LEN, "%s", name);
	}
}
