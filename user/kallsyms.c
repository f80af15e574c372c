// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kallsyms.h"

#include <stdlib.h>
#include <string.h>

/* The first of that name: those of modules come last. */
static size_t take_symbol(struct kallsym *symbols, size_t num, const char *name, uint64_t address)
{
	for (size_t i = 0; i < num; i++)
		if (symbols[i].name && !symbols[i].found && !strcmp(symbols[i].name, name)) {
			symbols[i].address = address;
			symbols[i].found = true;
			return 1;
		}
	return 0;
}

/* A line: "ffffffff82a1c0e0 D page_offset_base", of a module with "\t[module]" after it. */
static size_t take_line(struct kallsym *symbols, size_t num, char *line)
{
	char *name;
	uint64_t address = strtoull(line, &name, 16);

	if (name == line || name[0] != ' ' || !name[1] || name[2] != ' ')
		return 0;
	name += 3;
	name[strcspn(name, "\t\n")] = 0;
	return take_symbol(symbols, num, name, address);
}

void kallsyms_find_in(FILE *file, struct kallsym *symbols, size_t num)
{
	size_t left = 0;
	char line[1024];

	for (size_t i = 0; i < num; i++) {
		symbols[i].address = 0;
		symbols[i].found = false;
		left += symbols[i].name ? 1 : 0;
	}
	while (left && fgets(line, sizeof(line), file))
		left -= take_line(symbols, num, line);
}

void kallsyms_find(struct kallsym *symbols, size_t num)
{
	static char buffer[64 * 1024];
	bool is_asked = false;
	FILE *file;

	for (size_t i = 0; i < num; i++)
		is_asked |= symbols[i].name != NULL;
	file = is_asked ? fopen("/proc/kallsyms", "re") : NULL;
	if (!file)
		return;
	/* By default it would be read 1,024 bytes at a time. */
	setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	kallsyms_find_in(file, symbols, num);
	fclose(file);
}
