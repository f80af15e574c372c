// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Runs one fuzz target over files, without libFuzzer: for any compiler that
 * has the sanitizers.
 *
 * Usage: replay_TARGET FILE_OR_DIRECTORY...
 *
 * Speaks TAP: a line for each input that breaks, one for all that do not. Each
 * input runs in a process of its own, so that one crash does not hide the next.
 */
#include "fuzz.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned num_run, num_broken;

static uint8_t *read_file(const char *path, size_t *out_len)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;

	if (!f || fstat(fileno(f), &st)) {
		perror(path);
		exit(2);
	}
	data = malloc(st.st_size ? st.st_size : 1);
	fuzz_check(data);
	*out_len = fread(data, 1, st.st_size, f);
	fclose(f);
	return data;
}

static void run_file(const char *path)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		size_t len;
		uint8_t *data = read_file(path, &len);

		LLVMFuzzerTestOneInput(data, len);
		free(data);
		exit(0);	/* leaks are looked for here */
	}
	num_run++;
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	num_broken++;
	printf("not ok - %s\n", path);
}

static void run_directory(const char *path)
{
	struct dirent **entries;
	char file[4096];
	int num = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < num; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			run_file(file);
		free(entries[i]);
	}
	if (num >= 0)
		free(entries);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	struct stat st;

	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 1; i < argc; i++) {
		if (!stat(argv[i], &st) && S_ISDIR(st.st_mode))
			run_directory(argv[i]);
		else
			run_file(argv[i]);
	}
	if (num_run && !num_broken)
		printf("ok - %s: %u inputs\n", name ? name + 1 : argv[0], num_run);
	else if (!num_run)
		printf("not ok - %s: no inputs\n", name ? name + 1 : argv[0]);
	return num_broken || !num_run;
}
