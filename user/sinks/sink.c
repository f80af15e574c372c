// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink.h"

#include <stdlib.h>

const struct sink_ops *const sinks[] = { &sink_timeline, &sink_json, &sink_summary, &sink_ladder, &sink_html, &sink_otlp, NULL };

bool sink_begin(struct sink *s)
{
	/* At least one byte, so that NULL means one thing. */
	s->state = calloc(1, s->ops->state_size + 1);
	if (s->state && s->ops->begin(s))
		return true;
	sink_free(s);
	return false;
}

void sink_end(struct sink *s, const struct trace_stats *stats)
{
	s->ops->end(s, stats);
	sink_free(s);
}

void sink_free(struct sink *s)
{
	if (s->state && s->ops->release)
		s->ops->release(s);
	free(s->state);
	s->state = NULL;
}
