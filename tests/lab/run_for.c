/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * run_for: bounds the life of a program that has no --duration of its own
 * (openssl, gnutls-serv), without a parent in between: the process id the
 * test sees is the program's own. Works because alarm() outlives execve().
 *
 * Usage: run_for SECONDS PROGRAM [ARGUMENT]...
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab_net.h"

int main(int argc, char **argv)
{
	uint64_t seconds;

	if (argc < 3 || lab_parse_uint(&seconds, argv[1], 1, 86400)) {
		fprintf(stderr, "Usage: run_for SECONDS PROGRAM [ARGUMENT]...\n");
		return LAB_EXIT_USAGE;
	}
	alarm(seconds);
	execvp(argv[2], argv + 2);
	fprintf(stderr, "run_for: %s: %s\n", argv[2], strerror(errno));
	return 127;
}
