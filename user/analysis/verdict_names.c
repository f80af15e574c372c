// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The words for what a verdict says, besides its code. */
#include "verdict.h"

#include "core.h"

const char *verdict_severity_name(enum verdict_severity severity)
{
	switch (severity) {
	case SEVERITY_OK: return "ok";
	case SEVERITY_INFO: return "info";
	case SEVERITY_WARNING: return "warning";
	case SEVERITY_FAULT: return "fault";
	}
	return "unknown";
}

const char *verdict_confidence_name(enum verdict_confidence confidence)
{
	return confidence == CONFIDENCE_CERTAIN ? "certain" : "likely";
}

const char *verdict_side_name(enum verdict_side side)
{
	switch (side) {
	case VERDICT_SIDE_CLIENT: return "client";
	case VERDICT_SIDE_SERVER: return "server";
	case VERDICT_SIDE_NETWORK: return "network";
	case VERDICT_SIDE_KERNEL: return "kernel";
	case VERDICT_SIDE_UNKNOWN: break;
	}
	return "unknown";
}
