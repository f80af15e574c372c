// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines, as a whole: reader, analysis, JSON (file.c). */
#include "file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	file_test(source_json_new, data, size);
	return 0;
}
