// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "wrap.h"

#include <stdbool.h>
#include <string.h>

void wrap(FILE *out, const char *text, size_t len, int column, int indent)
{
	const char *end = text + len;
	bool begins = true;	/* a line, or after what the caller printed */

	while (text < end) {
		const char *space = memchr(text, ' ', end - text);
		int word = (space ? space : end) - text;

		if (!begins && column + 1 + word > WRAP_WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (!begins) {
			fputc(' ', out);
			column++;
		}
		begins = false;
		fwrite(text, 1, word, out);
		column += word;
		text += word + 1;
	}
	fputc('\n', out);
}
