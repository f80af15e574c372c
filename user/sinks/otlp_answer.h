/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a receiver of OTLP/HTTP answered. All of it is untrusted. */
#ifndef DTLSNOOP_OTLP_ANSWER_H
#define DTLSNOOP_OTLP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of an answer that are kept; more than the second number ends the request. */
#define OTLP_ANSWER_KEPT 4096
#define OTLP_ANSWER_MAX (1U << 20)

enum otlp_outcome {
	OTLP_DELIVERED,
	OTLP_AGAIN,	/* later, perhaps: no answer, or 429, 502, 503 or 504 */
	OTLP_REFUSED,	/* any other answer: never again */
};

struct otlp_reply {
	enum otlp_outcome outcome;
	uint64_t rejected;	/* items of what was delivered that the receiver did not take (partial_success) */
	uint32_t retry_after;	/* seconds that the receiver asked to wait for; 0: it did not */
	char why[256];		/* for a person; may contain what the receiver said: untrusted; "": nothing was wrong */
};

struct otlp_answer {
	size_t len, total;	/* bytes kept, and all so far */
	char bytes[OTLP_ANSWER_KEPT];
};

void otlp_answer_begin(struct otlp_answer *answer);

/* The next bytes of the body. False: it has more than OTLP_ANSWER_MAX. */
bool otlp_answer_take(struct otlp_answer *answer, const char *bytes, size_t len);

/* What it says, with the status line's code. Sets all of *reply except `retry_after`, which becomes 0. */
void otlp_answer_read(const struct otlp_answer *answer, long status, bool is_logs, struct otlp_reply *reply);

#endif
