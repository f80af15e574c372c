// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Chooses the source for a file by its first bytes, before anything else is read. */
#include "source_file.h"

#include <ctype.h>
#include <string.h>

#include "message.h"
#include "recording.h"
#include "source_pcap_file.h"

#define WANTED "expected a recording or JSON lines of dtlsnoop, a pcap or a pcapng"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* What people pass by mistake. */
static const struct {
	const char *bytes;
	size_t len;
	const char *what;
} others[] = {
	{ "\x1f\x8b", 2, "compressed with gzip: run gzip -dc FILE | dtlsnoop -r -" },
	{ "\x28\xb5\x2f\xfd", 4, "compressed with zstd: run zstd -dc FILE | dtlsnoop -r -" },
	{ "\xfd" "7zXZ", 5, "compressed with xz: run xz -dc FILE | dtlsnoop -r -" },
	{ "BZh", 3, "compressed with bzip2: run bzip2 -dc FILE | dtlsnoop -r -" },
	{ "\x04\x22\x4d\x18", 4, "compressed with lz4: run lz4 -dc FILE | dtlsnoop -r -" },
	{ "PK\x03\x04", 4, "a zip archive: run unzip -p FILE | dtlsnoop -r -" },
	{ "snoop\0\0\0", 8, "a capture in snoop format: run editcap -F pcap FILE NEW to make it a pcap" },
	{ "\x7f" "ELF", 4, "a program" },
};

static bool is_text(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isprint(bytes[i]) && !isspace(bytes[i]))
			return false;
	return true;
}

/* The file is of no supported type. */
static void say_what_it_is(const struct input *in, const uint8_t *bytes, size_t len)
{
	const char *name = input_name(in);
	char hex[3 * INPUT_MAX_PEEK + 1] = "";

	if (!len && input_error(in)) {
		message_error("%s: %s", name, strerror(input_error(in)));
		return;
	}
	if (!len) {
		message_error("%s: the input is empty: " WANTED, name);
		return;
	}
	for (size_t i = 0; i < NUM(others); i++)
		if (len >= others[i].len && !memcmp(bytes, others[i].bytes, others[i].len)) {
			message_error("%s: " WANTED ", but this is %s", name, others[i].what);
			return;
		}
	if (is_text(bytes, len)) {
		message_error("%s: this is text: " WANTED, name);
		return;
	}
	for (size_t i = 0; i < len; i++)
		snprintf(hex + 3 * i, sizeof(hex) - 3 * i, " %02x", bytes[i]);
	message_error("%s: unknown format, which begins with the bytes%s: " WANTED, name, hex);
}

struct source *source_file_new(const char *path)
{
	uint8_t magic[RECORDING_MAGIC_LEN];
	struct input *in = input_open(path);
	size_t len;

	if (!in)
		return NULL;
	len = input_peek(in, magic, sizeof(magic));
	if (len == sizeof(magic) && recording_is_magic(magic))
		return source_recording_new(in);
	if (len >= 4 && pcap_file_is_capture(magic))
		return source_pcap_new(in);
	if (len >= 2 && magic[0] == '{' && magic[1] == '"')
		return source_json_new(in);
	say_what_it_is(in, magic, len);
	input_free(in);
	return NULL;
}
