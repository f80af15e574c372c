// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "drop_reasons.h"

#include <stddef.h>

#include "core.h"

const char *drop_reason_name(const struct drop_reasons *reasons, uint32_t reason)
{
	if (reason >= DROP_REASONS_MAX || reason <= reasons->not_specified ||
	    !reasons->names[reason][0])
		return NULL;
	return reasons->names[reason];
}
