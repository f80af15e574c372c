// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cipher_window.h"

#include "core.h"

bool cipher_window_has(const struct cipher_window *win, struct cipher_record rec)
{
	for (uint32_t i = 0; i < CIPHER_WINDOW_LEN && i < win->num; i++)
		if (win->records[i].sequence == rec.sequence &&
		    win->records[i].length == rec.length && win->records[i].epoch == rec.epoch)
			return true;
	return false;
}

void cipher_window_add(struct cipher_window *win, struct cipher_record rec)
{
	win->records[win->num++ % CIPHER_WINDOW_LEN] = rec;
}
