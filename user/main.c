// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* dtlsnoop: trace DTLS handshakes and say which peer is stuck, and why. */
#include "loader.h"
#include "options.h"
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

static enum exit_status run_live(const struct options *opts)
{
	struct loader *loader = loader_new(opts);
	enum exit_status status = EXIT_CANNOT_RUN;

	if (loader) {
		status = run(opts, source_live_new(opts, loader));
		loader_free(loader);
	}
	return status;
}

int main(int argc, char **argv)
{
	struct options opts;

	options_parse(&opts, argc, argv);
	if (opts.check)
		return loader_check(&opts);
	if (opts.read_file)
		return run(&opts, source_file_new(opts.read_file));
	return run_live(&opts);
}
