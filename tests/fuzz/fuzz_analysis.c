// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The analysis, over traces that the input describes (stream.c). The same
 * trace gives the same answers again, whatever seeds the hash tables have.
 */
#include "stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_check(stream_run(data, size, 1, NULL) == stream_run(data, size, 0xdeadbeef, NULL));
	return 0;
}
