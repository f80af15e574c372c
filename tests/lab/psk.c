/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* psk: for the programs on OpenSSL and wolfSSL. Usage: psk.h */
#include <string.h>

#include "psk.h"

static const char *the_psk;

void psk_set(const char *key)
{
	the_psk = key;
}

unsigned int psk_copy(unsigned char *out, unsigned int out_len)
{
	size_t len = strlen(the_psk);

	if (len > out_len)
		return 0;
	memcpy(out, the_psk, len);
	return len;
}
