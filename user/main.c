// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* dtlsnoop: trace DTLS handshakes and say which peer is stuck, and why. */
#include "command.h"
#include "filters.h"
#include "loader.h"
#include "options.h"
#include "output.h"
#include "privileges.h"
#include "source.h"
#include "trace.h"

static enum exit_status run(const struct options *opts, struct source *source)
{
	enum exit_status status = EXIT_CANNOT_RUN;

	if (source) {
		status = trace_run(opts, source);
		source->ops->free(source);
	}
	return status;
}

/* `command` may be NULL; it is let go as soon as it is traced. */
static enum exit_status run_live(struct options *opts, struct command *command)
{
	struct loader *loader = filters_find_processes(opts) ? loader_new(opts) : NULL;
	enum exit_status status = EXIT_CANNOT_RUN;
	struct source *source;

	if (!loader)
		return status;
	source = source_live_new(opts, loader);
	/* From here on files are opened and strangers' bytes are read. */
	if (source && privileges_drop() && (!command || command_go(command)))
		status = run(opts, source);
	else if (source)
		source->ops->free(source);
	loader_free(loader);
	return status;
}

/* The status is the command's own, unless --fail-on or we have something to say. */
static int run_command(struct options *opts)
{
	struct command *command = command_new(opts->command, opts->user);
	int status = EXIT_CANNOT_RUN, own;

	if (!command)
		return status;
	opts->pids[0] = command_pid(command);
	opts->num_pids = 1;
	status = run_live(opts, command);
	own = command_wait(command);
	command_free(command);
	return status == EXIT_OK ? own : status;
}

int main(int argc, char **argv)
{
	struct options opts;

	output_reserve_standard_files();
	options_parse(&opts, argc, argv);
	if (opts.check)
		return loader_check(&opts);
	if (opts.read_file)
		return run(&opts, source_file_new(opts.read_file));
	if (opts.command)
		return run_command(&opts);
	return run_live(&opts, NULL);
}
