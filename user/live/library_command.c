// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "library_command.h"

#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* So many folders of a list are searched. */
#define MAX_FOLDERS 16

/* The next part of a list; *list is NULL after the last one. False if the part is empty or too long. */
static bool next_part(const char **list, const char *separators, char part[PATH_MAX])
{
	size_t len = strcspn(*list, separators);
	bool fits = len > 0 && len < PATH_MAX;

	if (fits)
		memcpy(part, *list, len);
	part[fits ? len : 0] = 0;
	*list = (*list)[len] ? *list + len + 1 : NULL;
	return fits;
}

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* As execvp(3) looks for it. */
static bool find_program(const char *name, char path[PATH_MAX])
{
	const char *list = getenv("PATH");
	char folder[PATH_MAX];

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return is_program(path);
	}
	while (list)
		if (next_part(&list, ":", folder) && snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX && is_program(path))
			return true;
	return false;
}

/* The interpreter of a script: execve(2). False if it is none. */
static bool find_interpreter(int fd, char path[PATH_MAX])
{
	char line[256] = "", *at = line + 2;
	ssize_t len = pread(fd, line, sizeof(line) - 1, 0);

	line[len > 0 ? len : 0] = 0;
	if (strncmp(line, "#!", 2))
		return false;
	at += strspn(at, " \t");
	at[strcspn(at, " \t\n")] = 0;
	snprintf(path, PATH_MAX, "%s", at);
	return *at;
}

/* A folder of a list in a program; $ORIGIN is the program's own. False if it has another variable, or is too long. */
static bool expand(const char *part, const char *program, char folder[PATH_MAX])
{
	static const char *const names[] = { "$ORIGIN", "${ORIGIN}" };
	char real[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if (strncmp(part, names[i], len) || !realpath(program, real))
			continue;
		*strrchr(real, '/') = 0;
		return snprintf(folder, PATH_MAX, "%s%s", real, part + len) < PATH_MAX && !strchr(part + len, '$');
	}
	return snprintf(folder, PATH_MAX, "%s", part) < PATH_MAX && !strchr(part, '$');
}

static void add_list(struct library_files *files, const char *list, const char *separators, const char *program)
{
	char part[PATH_MAX], folder[PATH_MAX];

	for (int i = 0; list && i < MAX_FOLDERS; i++)
		if (next_part(&list, separators, part) && expand(part, program, folder))
			library_files_of_folder(files, folder);
}

static void add_dynamic(struct library_files *files, Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *program)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t num = data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
	GElf_Dyn entry;

	for (size_t i = 0; i < num && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
		if (entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH)
			add_list(files, elf_strptr(elf, header->sh_link, entry.d_un.d_val), ":", program);
}

static void add_run_paths(struct library_files *files, int fd, const char *program)
{
	Elf *elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while (elf && elf_kind(elf) == ELF_K_ELF && (section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNAMIC)
			add_dynamic(files, elf, section, &header, program);
	elf_end(elf);
}

static int open_program(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

void library_files_of_command(struct library_files *files, const char *name)
{
	char program[PATH_MAX];
	int fd;

	if (!find_program(name, program))
		return;
	fd = open_program(program);
	if (fd >= 0 && find_interpreter(fd, program)) {
		close(fd);
		fd = open_program(program);
	}
	add_list(files, getenv("LD_LIBRARY_PATH"), ":;", program);
	if (fd < 0)
		return;
	add_run_paths(files, fd, program);
	/* Firefox loads what is beside it. */
	add_list(files, "$ORIGIN", ":", program);
	library_files_of_program(files, fd, program);
}
