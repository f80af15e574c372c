/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inputs: the bytes of a file, or those that come through a pipe. Of a stream no more
 * is kept than its buffer holds, and what is there can be read while more may come.
 */
#ifndef DTLSNOOP_INPUT_H
#define DTLSNOOP_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct input;

/* "-" is standard input. NULL: said why. To be freed with input_free(). */
struct input *input_open(const char *path);

/* `fd` is the input's, even if NULL is returned: said why. `name` is for messages and must outlive it. */
struct input *input_new(int fd, const char *name);

/* After each FILE of it was closed; NULL is allowed. */
void input_free(struct input *in);

const char *input_name(const struct input *in);

/* It can be read once only, and may come slowly. */
bool input_is_stream(const struct input *in);

/*
 * Copy the next bytes, up to INPUT_MAX_PEEK, which are read again later. Waits for
 * them; fewer are returned at the end, or if it cannot be read: input_error().
 */
#define INPUT_MAX_PEEK 16
size_t input_peek(struct input *in, void *bytes, size_t len);

/* A FILE that reads what is next, without a buffer of its own. NULL: out of memory. */
FILE *input_file(struct input *in);

/* Back to the begin of what is no stream. False: said why. */
bool input_rewind(struct input *in);

/* How many bytes were read of it. */
uint64_t input_offset(const struct input *in);

/* errno of the read that failed, 0: none did. EINTR: a signal ended the wait. */
int input_error(const struct input *in);

/* Can something be read, or is it known that it ends? Waits for that, at most `timeout_ms`. */
bool input_wait(struct input *in, int timeout_ms);

/* Would more than the buffer holds come without a wait? */
bool input_has_more(const struct input *in);

#endif
