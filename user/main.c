// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* dtlsnoop: trace DTLS handshakes and say which peer is stuck, and why. */
#include "loader.h"
#include "options.h"
#include "trace.h"

int main(int argc, char **argv)
{
	enum exit_status status;
	struct options opts;
	struct loader *loader;

	options_parse(&opts, argc, argv);
	if (opts.check)
		return loader_check(&opts);
	loader = loader_new(&opts);
	if (!loader)
		return EXIT_CANNOT_RUN;
	status = trace_run(&opts, loader);
	loader_free(loader);
	return status;
}
