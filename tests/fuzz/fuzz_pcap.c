// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A pcap or pcapng file, as a whole: libpcap, packets, walker, analysis, JSON (file.c). */
#include "file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	file_test(source_pcap_new, data, size);
	return 0;
}
