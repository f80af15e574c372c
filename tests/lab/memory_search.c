/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * memory_search: how many copies of any 8-byte piece of a key are there in the
 * memory of a process, in the maps of its BPF programs, and in files? The key may
 * come several times in a row, so that a piece can go round its end.
 *
 * Usage: memory_search --key FILE [--pid PID [--sockets-of PID]] [FILE...]
 *
 *	finds: memory 0 in 31457280 bytes, maps 0 in 8388608 bytes (0 not searched),
 *	files 0 in 1234 bytes
 *
 * on one line; the first finds are told on standard error. Exit status 1: something
 * could not be searched at all.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory_search.h"

#define CHUNK 65536
#define MAX_KEY 64
#define MAX_TOLD 3
#define MAX_FILES 8

static uint64_t pieces[MAX_KEY];
static int num_pieces;
static uint8_t may_be[65536]; /* by the first two bytes of a piece */
static int num_told;

static bool is_piece(uint64_t value)
{
	for (int i = 0; i < num_pieces; i++)
		if (pieces[i] == value)
			return true;
	return false;
}

void search_bytes(struct place *place, const char *where, uint64_t at, const uint8_t *data, size_t len)
{
	uint64_t value;

	place->num_bytes += len;
	for (size_t i = 0; i + PIECE_LEN <= len; i++) {
		memcpy(&value, data + i, sizeof(value));
		if (!may_be[value & 0xffff] || !is_piece(value))
			continue;
		if (num_told++ < MAX_TOLD)
			fprintf(stderr, "find: %s, %#llx\n", where, (unsigned long long)(at + i));
		place->num_finds++;
		i += PIECE_LEN - 1;
	}
}

/* A key of all the same bytes would be found anywhere. */
static int load_key(const char *path)
{
	uint8_t key[2 * MAX_KEY];
	FILE *file = fopen(path, "r");
	size_t len = file ? fread(key, 1, MAX_KEY, file) : 0;

	if (file)
		fclose(file);
	while (len && key[len - 1] == '\n')
		len--;
	if (len < 2 * PIECE_LEN)
		return -1;
	memcpy(key + len, key, len);
	for (num_pieces = 0; num_pieces < (int)len; num_pieces++) {
		memcpy(&pieces[num_pieces], key + num_pieces, PIECE_LEN);
		may_be[pieces[num_pieces] & 0xffff] = 1;
	}
	return 0;
}

/* [begin, end) of a process's memory. What cannot be read (devices) is not counted. */
static void search_range(struct place *place, int mem, const char *where, uint64_t begin, uint64_t end)
{
	static uint8_t buf[PIECE_LEN - 1 + CHUNK];
	size_t kept = 0;

	while (begin < end) {
		size_t want = end - begin < CHUNK ? end - begin : CHUNK;
		ssize_t len = pread(mem, buf + kept, want, begin);

		if (len <= 0 && want > 4096)
			len = pread(mem, buf + kept, want = 4096, begin);
		if (len <= 0) {
			begin += want;
			kept = 0;
			continue;
		}
		search_bytes(place, where, begin - kept, buf, kept + len);
		place->num_bytes -= kept;
		begin += len;
		/* A piece may go on in the next chunk. */
		memmove(buf, buf + kept + len - (PIECE_LEN - 1), PIECE_LEN - 1);
		kept = PIECE_LEN - 1;
	}
}

static int search_memory(struct place *place, pid_t pid)
{
	char path[64], line[512], perms[8], where[300];
	unsigned long long begin, end;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "r");
	if (mem < 0 || !maps) {
		fprintf(stderr, "memory_search: process %d: %s\n", (int)pid, strerror(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), maps)) {
		*where = 0;
		if (sscanf(line, "%llx-%llx %7s %*s %*s %*s %299[^\n]", &begin, &end, perms, where) >= 3 &&
		    perms[0] == 'r')
			search_range(place, mem, *where ? where : "memory", begin, end);
	}
	fclose(maps);
	close(mem);
	return 0;
}

static int search_file(struct place *place, const char *path)
{
	FILE *file = fopen(path, "r");
	uint8_t *data = malloc(1 << 28);
	size_t len;

	if (!file || !data) {
		fprintf(stderr, "memory_search: %s: %s\n", path, strerror(errno));
		return 1;
	}
	len = fread(data, 1, 1 << 28, file);
	search_bytes(place, path, 0, data, len);
	free(data);
	fclose(file);
	return len == 1 << 28;
}

struct options {
	const char *key;
	const char *files[MAX_FILES];
	int num_files;
	pid_t pid, sockets_of;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'k': opts->key = arg; break;
	case 'p': opts->pid = atoi(arg); break;
	case 's': opts->sockets_of = atoi(arg); break;
	case ARGP_KEY_ARG:
		if (opts->num_files == MAX_FILES)
			argp_error(state, "too many files");
		opts->files[opts->num_files++] = arg;
		break;
	case ARGP_KEY_END:
		if (!opts->key)
			argp_error(state, "--key is needed");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_option option_table[] = {
	{ "key", 'k', "FILE", 0, "What to look for, 16 bytes at least", 0 },
	{ "pid", 'p', "PID", 0, "In this process and the maps of its BPF programs", 0 },
	{ "sockets-of", 's', "PID", 0, "In storage of this process's sockets, too", 0 },
	{ 0 },
};

int main(int argc, char **argv)
{
	static const struct argp argp = { option_table, parse_option, "[FILE...]", "Looks for copies of a key.",
					  NULL, NULL, NULL };
	struct place memory = { .name = "memory" }, maps = { .name = "maps" }, files = { .name = "files" };
	struct options opts = { 0 };
	int unsearched = 0, status = 0;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &opts);
	if (load_key(opts.key)) {
		fprintf(stderr, "memory_search: %s: no key of 16 bytes or more\n", opts.key);
		return 1;
	}
	if (opts.pid) {
		status |= search_memory(&memory, opts.pid);
		unsearched = search_maps(&maps, opts.pid, opts.sockets_of);
	}
	for (int i = 0; i < opts.num_files; i++)
		status |= search_file(&files, opts.files[i]);
	printf("finds: memory %llu in %llu bytes, maps %llu in %llu bytes (%d not searched), files %llu in %llu bytes\n",
	       (unsigned long long)memory.num_finds, (unsigned long long)memory.num_bytes,
	       (unsigned long long)maps.num_finds, (unsigned long long)maps.num_bytes, unsearched,
	       (unsigned long long)files.num_finds, (unsigned long long)files.num_bytes);
	return status;
}
