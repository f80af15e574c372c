// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The analysis, over traces that the input describes (stream.c). The same
 * trace gives the same answers again, whatever seeds the hash tables have,
 * and whether handshakes are packed or not.
 */
#include "stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct stream_options ready = { .hash_seed = 1, .max_ready = STREAM_MAX_HANDSHAKES };
	const struct stream_options packed = { .hash_seed = 0xdeadbeef, .max_ready = 0 };

	fuzz_check(stream_run(data, size, &ready, NULL) == stream_run(data, size, &packed, NULL));
	return 0;
}
