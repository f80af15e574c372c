// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "drop_reasons.h"

#include <stddef.h>
#include <string.h>

#include "core.h"

const char *drop_reason_name(const struct drop_reasons *reasons, uint32_t reason)
{
	if (reason >= DROP_REASONS_MAX || reason <= reasons->not_specified ||
	    !reasons->names[reason][0])
		return NULL;
	return reasons->names[reason];
}

bool drop_reason_is_of_sender(const char *name)
{
	static const char *const names[] = {
		"UDP_CSUM", "SKB_CSUM", "IP_CSUM", "IP_INHDR", "IPV6_BAD_EXTHDR", "PKT_TOO_SMALL", "PKT_TOO_BIG", "HDR_TRUNC",
		"DUP_FRAG", "IP_RPFILTER", "IP_INADDRERRORS", "IP_LOCAL_SOURCE", "IP_INVALID_SOURCE", "IP_INVALID_DEST",
		"OTHERHOST", "UNICAST_IN_L2_MULTICAST",
	};

	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}
