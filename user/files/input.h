/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inputs: the bytes of a file or a pipe. Of a stream, only one buffer is kept. Its bytes can be
 * read while more may come.
 */
#ifndef DTLSNOOP_INPUT_H
#define DTLSNOOP_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct input;

/* "-" is standard input. NULL on failure, with a message. Free it with input_free(). */
struct input *input_open(const char *path);

/*
 * The input owns `fd`, even if this returns NULL, with a message. `name` is for messages and must
 * outlive it.
 */
struct input *input_new(int fd, const char *name);

/* Close every FILE of it first. NULL is allowed. */
void input_free(struct input *in);

const char *input_name(const struct input *in);

/* A stream can be read only once, and may be slow. */
bool input_is_stream(const struct input *in);

/*
 * Copy the next bytes, at most INPUT_MAX_PEEK, without consuming them. Waits for them. Returns
 * fewer at the end or after an error; see input_error().
 */
#define INPUT_MAX_PEEK 16
size_t input_peek(struct input *in, void *bytes, size_t len);

/*
 * A FILE that reads on from here; one at a time. The caller closes it, after input_take_back() if the input is still
 * needed. NULL: out of memory.
 */
FILE *input_file(struct input *in);

/* What nobody has read from the FILE is for the next one. */
void input_take_back(struct input *in);

/* Go back to the beginning. The FILE is of no use then. Not for streams. False on failure, with a message. */
bool input_rewind(struct input *in);

/* Number of bytes read so far. */
uint64_t input_offset(const struct input *in);

/* The share of the input that was read, from 0 to 1; negative: unknown, as of a stream. */
double input_share_read(const struct input *in);

/* errno of the failed read, 0 if none failed. EINTR: a signal ended the wait. */
int input_error(const struct input *in);

/* Wait at most `timeout_ms` until something can be read or the input has ended. False: neither happened. */
bool input_wait(struct input *in, int timeout_ms);

/* Can more than the buffer holds be read without a wait? */
bool input_has_more(const struct input *in);

#endif
