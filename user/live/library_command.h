/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The TLS libraries that a command is going to load, as far as its file and its environment tell before it runs. */
#ifndef DTLSNOOP_LIBRARY_COMMAND_H
#define DTLSNOOP_LIBRARY_COMMAND_H

#include "library_files.h"

/*
 * Add the program that execvp(3) would start for `name`, if it has functions of a TLS library, and what is in the folders
 * of LD_LIBRARY_PATH and of its DT_RPATH and DT_RUNPATH (ld.so(8)). Of a script, the program is its interpreter. What is
 * not found or cannot be read adds nothing. The usual folders are library_files_of_host()'s.
 */
void library_files_of_command(struct library_files *files, const char *name);

#endif
