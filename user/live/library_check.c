// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "library_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

__attribute__((format(__printf__, 5, 6)))
static void note(struct library_notes *notes, uint32_t pid, const struct library_file *file, enum host_support support,
		 const char *why, ...)
{
	struct library_note *text = &notes->texts[notes->num];
	va_list args;

	if (notes->num == LIBRARY_NOTES_MAX)
		return;
	text->path[0] = 0;
	if (file)
		text_escape(text->path, sizeof(text->path), file->path, strlen(file->path));
	va_start(args, why);
	vsnprintf(text->why, sizeof(text->why), why, args);
	va_end(args);
	notes->list[notes->num++] = (struct host_check_library){
		.pid = pid, .path = text->path, .support = support, .why = text->why,
		.num_functions = file && support == HOST_SUPPORTS ? file->places.num : 0,
	};
}

static void note_file(struct library_notes *notes, const struct library_file *file, int error)
{
	if (error)
		note(notes, file->pid, file, HOST_LACKS, "the kernel refused the programs: %s (-vv shows why)", strerror(-error));
	else if (file->fd >= 0)
		note(notes, file->pid, file, HOST_SUPPORTS, "%s", "");
	else if (file->error == ESTALE || file->error == ENOENT)
		note(notes, file->pid, file, HOST_NOT_PERMITTED,
		     "its file was deleted or replaced: to open what the process has takes CAP_CHECKPOINT_RESTORE");
	else
		note(notes, file->pid, file, HOST_NOT_PERMITTED, "cannot be opened: %s", strerror(file->error));
}

static void note_process(struct library_notes *notes, uint32_t pid, int error)
{
	struct library_files files;
	int err;

	library_files_init(&files);
	err = library_files_of_process(&files, pid);
	if (err)
		note(notes, pid, NULL, HOST_NOT_PERMITTED, "what it has mapped cannot be read: %s%s", strerror(-err),
		     err == -EACCES || err == -EPERM ? " (this takes CAP_SYS_PTRACE)" : "");
	else if (!files.num)
		note(notes, pid, NULL, HOST_LACKS, "no TLS library that dtlsnoop knows (one of this host that it loads later is hooked): "
		     "statically linked ones without symbols (Go, BoringSSL in browsers) cannot be hooked");
	for (size_t i = 0; i < files.num; i++)
		note_file(notes, &files.list[i], error);
	library_files_fini(&files);
}

void library_check(const struct live_options *opts, int error, struct library_notes *notes)
{
	struct library_files files;

	notes->num = 0;
	if (opts->app == APP_OFF)
		return;
	for (uint32_t i = 0; i < opts->num_pids; i++)
		note_process(notes, opts->pids[i], error);
	if (opts->num_pids && !opts->follow_forks)
		return;
	library_files_init(&files);
	library_files_of_host(&files);
	if (opts->app == APP_ON && !opts->num_pids)
		library_files_of_all(&files);
	for (size_t i = 0; i < files.num; i++)
		note_file(notes, &files.list[i], error);
	library_files_fini(&files);
}
