// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "seq_window.h"

#include "core.h"

bool seq_window_has(const struct seq_window *win, uint64_t seq)
{
	if (!win || !win->any || seq > win->highest || win->highest - seq > 63)
		return false;
	return win->bitmap >> (win->highest - seq) & 1;
}

void seq_window_add(struct seq_window *win, uint64_t seq)
{
	uint64_t ahead;

	/* No handshake sends so many records: it is forged. If that came first, the true numbers are far lower. */
	if (win->any && seq > win->highest && seq - win->highest > SEQ_WINDOW_FAR)
		return;
	if (win->any && win->highest > seq && win->highest - seq > SEQ_WINDOW_FAR)
		win->any = false;
	if (!win->any || seq > win->highest) {
		ahead = win->any ? seq - win->highest : 64;
		win->bitmap = (ahead > 63 ? 0 : win->bitmap << ahead) | 1;
		win->highest = seq;
		win->any = true;
	} else if (win->highest - seq <= 63) {
		win->bitmap |= 1ULL << (win->highest - seq);
	}
}

bool seq_window_take(struct seq_window *win, uint64_t seq)
{
	if (!seq_window_has(win, seq))
		return false;
	win->bitmap &= ~(1ULL << (win->highest - seq));
	return true;
}
