/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report of --check, for people and as one JSON line. */
#ifndef DTLSNOOP_HOST_CHECK_PRINT_H
#define DTLSNOOP_HOST_CHECK_PRINT_H

#include "host_check.h"

extern const struct host_check_printer host_check_text;

/* The object is described in the JSON Schema: "type": "check". */
extern const struct host_check_printer host_check_json;

#endif
