// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "library_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* Is this the name of a file with a TLS library? "libssl.so.3", "libssl3.so" */
static bool is_library(const char *name)
{
	static const char *const names[] = {
		"libssl.so", "libcrypto.so", "libgnutls.so", "libmbedtls.so", "libmbedcrypto.so", "libwolfssl.so", "libssl3.so",
	};

	for (size_t i = 0; i < NUM(names); i++) {
		size_t len = strlen(names[i]);

		if (!strncmp(name, names[i], len) && (!name[len] || name[len] == '.'))
			return true;
	}
	return false;
}

void library_files_init(struct library_files *files)
{
	files->num = 0;
	files->is_full = false;
}

void library_files_fini(struct library_files *files)
{
	for (size_t i = 0; i < files->num; i++)
		if (files->list[i].fd >= 0)
			close(files->list[i].fd);
	library_files_init(files);
}

static bool is_known(const struct library_files *files, dev_t dev, ino_t ino)
{
	for (size_t i = 0; i < files->num; i++)
		if (files->list[i].fd >= 0 && files->list[i].dev == dev && files->list[i].ino == ino)
			return true;
	return false;
}

/* A process or folder begins. */
static void forget_versions(struct library_files *files)
{
	memset(files->versions, 0, sizeof(files->versions));
	memset(files->has_several, 0, sizeof(files->has_several));
}

static void note_versions(struct library_files *files, const struct library_places *places)
{
	for (int library = 1; library <= LIBRARY_LAST; library++) {
		uint32_t version = places->versions[library];

		files->has_several[library] |= version && files->versions[library] && files->versions[library] != version;
		files->versions[library] = version ? version : files->versions[library];
	}
}

/*
 * Add a file. It takes `fd`, which is -1 if it cannot be opened, with errno set. A file that is no
 * `library` by its name is only kept if it has functions of one.
 */
static void add(struct library_files *files, int fd, const char *path, uint32_t pid, bool library)
{
	struct library_file *file = &files->list[files->num];
	int error = fd < 0 ? errno : 0;
	struct stat st = {};

	if (files->num == LIBRARY_FILES_MAX) {
		files->is_full = true;
		goto leave;
	}
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode) || is_known(files, st.st_dev, st.st_ino)))
		goto leave;
	memset(file, 0, sizeof(*file));
	snprintf(file->path, sizeof(file->path), "%s", path);
	file->pid = pid;
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	file->fd = fd;
	file->error = error;
	if (fd >= 0)
		library_symbols_find(fd, &file->places);
	note_versions(files, &file->places);
	if (library ? fd < 0 || file->places.num : file->places.num) {
		files->num++;
		return;
	}
leave:
	if (fd >= 0)
		close(fd);
}

/*
 * Not every file of a library tells its version: libssl does not, and libcrypto does, which is of the same build. So it is the
 * one that other files in the same process or folder tell, unless these are of several.
 */
static void take_versions(struct library_files *files, size_t from)
{
	for (size_t i = from; i < files->num; i++)
		for (int library = 1; library <= LIBRARY_LAST; library++)
			if (!files->list[i].places.versions[library] && !files->has_several[library])
				files->list[i].places.versions[library] = files->versions[library];
}

/* --- of a process --- */

struct mapping {
	unsigned long start, end;
	dev_t dev;
	unsigned long ino;
	char *path;		/* in the line; of a deleted file, too */
	bool is_deleted;
};

/* A line of /proc/PID/maps. False if it is no file whose code can be run. */
static bool parse_mapping(char *line, struct mapping *map)
{
	static const char deleted[] = " (deleted)";
	unsigned int major, minor;
	char access[5];
	int at = 0;
	size_t len;

	line[strcspn(line, "\n")] = 0;
	if (sscanf(line, "%lx-%lx %4s %*x %x:%x %lu %n", &map->start, &map->end, access, &major, &minor, &map->ino, &at) != 6 ||
	    !at || access[2] != 'x' || line[at] != '/')
		return false;
	map->dev = makedev(major, minor);
	map->path = line + at;
	len = strlen(map->path);
	map->is_deleted = len >= sizeof(deleted) && !strcmp(map->path + len - (sizeof(deleted) - 1), deleted);
	if (map->is_deleted)
		map->path[len - (sizeof(deleted) - 1)] = 0;
	return true;
}

/*
 * Open what is mapped. map_files has exactly that, even if the file was deleted or replaced, but it
 * takes CAP_CHECKPOINT_RESTORE. Otherwise by name, below the root of the process: an update may have
 * put another file there.
 */
static int open_mapping(uint32_t pid, const struct mapping *map)
{
	char path[64 + LIBRARY_PATH_LEN];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/map_files/%lx-%lx", pid, map->start, map->end);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0 || map->is_deleted || strlen(map->path) >= LIBRARY_PATH_LEN)
		return fd;
	snprintf(path, sizeof(path), "/proc/%u/root%s", pid, map->path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0 && (fstat(fd, &st) || st.st_ino != map->ino)) {
		close(fd);
		errno = ESTALE;
		fd = -1;
	}
	return fd;
}

/* `with_program`: look at the symbols of its program, too. */
static int add_process(struct library_files *files, uint32_t pid, bool with_program)
{
	char path[64], program[LIBRARY_PATH_LEN] = "", *line = NULL;
	size_t size = 0, from = files->num;
	struct mapping map;
	ssize_t len;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return -errno;
	forget_versions(files);
	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	len = with_program ? readlink(path, program, sizeof(program) - 1) : 0;
	program[len > 0 ? len : 0] = 0;
	while (getline(&line, &size, maps) > 0) {
		bool library, own;

		if (!parse_mapping(line, &map))
			continue;
		library = is_library(strrchr(map.path, '/') + 1);
		own = *program && !strcmp(map.path, program);
		if ((library || own) && !is_known(files, map.dev, map.ino))
			add(files, open_mapping(pid, &map), map.path, pid, library);
	}
	take_versions(files, from);
	free(line);
	fclose(maps);
	return 0;
}

int library_files_of_process(struct library_files *files, uint32_t pid)
{
	return add_process(files, pid, true);
}

void library_files_of_all(struct library_files *files)
{
	uint64_t until = host_monotonic_ns() + LIBRARY_SEARCH_NS;
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	uint32_t pid;

	while (proc && !files->is_full && (entry = readdir(proc))) {
		pid = strtoul(entry->d_name, NULL, 10);
		if (pid)
			add_process(files, pid, false);
		files->is_full = host_monotonic_ns() > until;
	}
	if (proc)
		closedir(proc);
}

/* --- of this host --- */

void library_files_of_program(struct library_files *files, int fd, const char *path)
{
	add(files, fd, path, 0, false);
}

void library_files_of_folder(struct library_files *files, const char *folder)
{
	DIR *dir = opendir(folder);
	size_t from = files->num;
	struct dirent *entry;
	char path[LIBRARY_PATH_LEN];

	if (!dir)
		return;
	forget_versions(files);
	while ((entry = readdir(dir)))
		if (is_library(entry->d_name) &&
		    (size_t)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) < sizeof(path))
			add(files, open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), path, 0, false);
	closedir(dir);
	take_versions(files, from);
}

void library_files_of_host(struct library_files *files)
{
	static const char *const folders[] = {
#if defined(__x86_64__)
		"/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/local/lib/x86_64-linux-gnu",
#elif defined(__aarch64__)
		"/usr/lib/aarch64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/local/lib/aarch64-linux-gnu",
#endif
		"/usr/local/lib64", "/usr/local/lib", "/usr/lib64", "/usr/lib", "/lib64", "/lib",
	};

	for (size_t i = 0; i < NUM(folders); i++)
		library_files_of_folder(files, folders[i]);
}
