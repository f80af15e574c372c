/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The files with TLS libraries: those that processes have mapped, and those of this host that a
 * process may load later. Names and files are untrusted.
 */
#ifndef DTLSNOOP_LIBRARY_FILES_H
#define DTLSNOOP_LIBRARY_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "library_symbols.h"

#define LIBRARY_PATH_LEN 256
/* So many files are hooked at most. */
#define LIBRARY_FILES_MAX 32

struct library_file {
	char path[LIBRARY_PATH_LEN];	/* as its process sees it, cut if it is longer; unescaped */
	uint32_t pid;			/* the process in which it was found; 0: a folder of this host */
	dev_t dev;
	ino_t ino;
	int fd;				/* open for reading; -1: it cannot be opened */
	int error;			/* the errno if it cannot; 0: it is open */
	struct library_places places;
};

struct library_files {
	struct library_file list[LIBRARY_FILES_MAX];
	size_t num;
	bool is_full;			/* there are more */
	/* Of the process or folder that is looked at: the version of each library, and whether its files tell more than one. */
	uint32_t versions[LIBRARY_LAST + 1];
	bool has_several[LIBRARY_LAST + 1];
};

void library_files_init(struct library_files *files);

/* Close them. */
void library_files_fini(struct library_files *files);

/*
 * Add what process `pid` of our PID namespace has mapped: TLS libraries, by name, and its program
 * if it has functions of one. Returns 0, or -errno if its mappings cannot be read.
 */
int library_files_of_process(struct library_files *files, uint32_t pid);

/*
 * Add the TLS libraries that any process has mapped, such as those of containers. Reads for at most
 * LIBRARY_SEARCH_NS: *files is full after that.
 */
#define LIBRARY_SEARCH_NS 100000000ULL
void library_files_of_all(struct library_files *files);

/* Add what is in the folders where the dynamic linker usually looks. */
void library_files_of_host(struct library_files *files);

/* Add the TLS libraries in a folder; none if it cannot be read. */
void library_files_of_folder(struct library_files *files, const char *folder);

/* Add a program if it has functions of a TLS library. Takes `fd`, its open file. */
void library_files_of_program(struct library_files *files, int fd, const char *path);

#endif
