// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The words for what a verdict says, besides its code. */
#include "verdict.h"

#include "core.h"

const char *verdict_severity_name(enum verdict_severity severity)
{
	static const char *const names[] = { "ok", "info", "warning", "fault" };

	return names[severity];
}

const char *verdict_confidence_name(enum verdict_confidence confidence)
{
	return confidence == CONFIDENCE_CERTAIN ? "certain" : "likely";
}

const char *verdict_witness_name(enum verdict_witness witness)
{
	switch (witness) {
	case WITNESS_LOCAL: return "local";
	case WITNESS_BOTH: return "both";
	case WITNESS_NETWORK: break;
	}
	return "network";
}

const char *verdict_side_name(enum verdict_side side)
{
	static const char *const names[] = { "unknown", "client", "server", "network", "kernel" };

	return names[side];
}
