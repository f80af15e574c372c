// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* dtlsnoop: trace DTLS handshakes and tell which peer is stuck, and why. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "command.h"
#include "filters.h"
#include "host.h"
#include "host_check_print.h"
#include "library.h"
#include "loader.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "privileges.h"
#include "source_files.h"
#include "source_filter.h"
#include "source_live.h"
#include "trace.h"

/* More files than maps, programs and links need in any tier. Each process of -p needs one more. */
#define FILES_OPENED 96

/*
 * The caller names files to read and write, and the command to run. That must not happen with more
 * privileges than the caller has.
 */
static bool is_set_user_id(void)
{
	if (getuid() == geteuid() && getgid() == getegid())
		return false;
	message_error("running set-user-ID or set-group-ID is refused: use sudo, or give dtlsnoop the "
		      "capabilities that its man page lists");
	return true;
}

/* Check this first: the kernel's later errors would be about something else. */
static bool can_trace(const struct options *opts)
{
	uint32_t wanted = FILES_OPENED + opts->live.num_pids + (opts->metrics_address.len ? METRICS_HTTP_FILES : 0);
	uint32_t left = host_files_left(wanted);

	if (!host_has_proc()) {
		message_error("/proc is not mounted, and tracing needs it: run mount -t proc proc /proc");
		return false;
	}
	if (left < wanted)
		message_error("too many open files: only %u more are allowed, but up to %u are needed: raise the "
			      "limit (ulimit -n 1024)", left, wanted);
	return left == wanted;
}

static enum exit_status run(const struct options *opts, struct source *source, bool *any)
{
	enum exit_status status = EXIT_CANNOT_RUN;

	if (source) {
		status = trace_run(opts, source, any);
		source->ops->free(source);
	}
	return status;
}

/* `command` may be NULL. It runs once it is traced. *any: was a handshake seen? */
static enum exit_status run_live(struct options *opts, struct command *command, bool *any)
{
	struct loader *loader = filters_find_processes(&opts->live) ? loader_new(&opts->live) : NULL;
	enum exit_status status = EXIT_CANNOT_RUN;
	struct source *source;

	if (!loader)
		return status;
	source = source_live_new(&opts->live, loader);
	/* Files are opened and untrusted bytes are read only from here on. */
	if (source && privileges_drop() && (!command || command_go(command, output_hurry)))
		status = run(opts, source, any);
	else if (source)
		source->ops->free(source);
	loader_free(loader);
	return status;
}

/* Privileges from file capabilities are not for files that the caller names. */
static enum exit_status run_file(const struct options *opts)
{
	const struct live_options *live = &opts->live;
	const struct source_filter filter = {
		.pids = live->pids, .num_pids = live->num_pids, .ports = live->ports, .num_ports = live->num_ports,
		.comm = live->comm, .netns = live->netns ? strtoul(live->netns, NULL, 10) : 0,
	};
	struct source *file;
	bool any;

	if (getauxval(AT_SECURE) && !privileges_drop())
		return EXIT_CANNOT_RUN;
	file = source_files_new(opts->read_files, opts->live.verbosity);
	return run(opts, file ? source_filter_new(file, &filter) : NULL, &any);
}

/* On standard output. */
static bool prints_json(const struct options *opts)
{
	for (uint32_t i = 0; i < opts->num_outputs; i++)
		if (!opts->outputs[i].path && opts->outputs[i].ops == &sink_json)
			return true;
	return false;
}

static enum exit_status check(const struct options *opts)
{
	const struct host_check_printer *printer = prints_json(opts) ? &host_check_json : &host_check_text;
	enum exit_status status = loader_check(&opts->live, printer) ? EXIT_OK : EXIT_CANNOT_RUN;

	return output_standard_is_written() ? status : EXIT_CANNOT_RUN;
}

/* A shell or timeout(1) is traced itself, but speaks no DTLS. */
static void hint_at_children(const struct options *opts)
{
	if (!opts->live.follow_forks && !opts->live.quiet)
		message_info("no DTLS handshake of %s itself was seen, but it started other processes: -f traces these, too",
			     opts->command[0]);
}

/* Returns the command's status, unless --fail-on matched or dtlsnoop itself failed. */
static int run_command(struct options *opts)
{
	struct command *command = command_new(opts->command, opts->user);
	int status = EXIT_CANNOT_RUN, own;
	bool any = false, had_children;

	if (!command)
		return status;
	opts->live.pids[0] = command_pid(command);
	opts->live.num_pids = 1;
	opts->live.command = opts->command[0];
	status = run_live(opts, command, &any);
	own = command_wait(command, &had_children);
	command_free(command);
	if (status != EXIT_CANNOT_RUN && !any && had_children)
		hint_at_children(opts);
	return status == EXIT_OK ? own : status;
}

int main(int argc, char **argv)
{
	struct options opts;
	bool any;

	if (is_set_user_id())
		return EXIT_CANNOT_RUN;
	output_reserve_standard_files();
	library_load_no_names();
	options_parse(&opts, argc, argv);
	opts.began_ns = host_monotonic_ns();
	if (opts.num_read)
		return run_file(&opts);
	if (!can_trace(&opts))
		return EXIT_CANNOT_RUN;
	if (opts.check)
		return check(&opts);
	if (opts.command)
		return run_command(&opts);
	return run_live(&opts, NULL, &any);
}
