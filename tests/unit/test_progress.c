// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The status while a file is read: on a terminal, after a second, above it what was printed, and nothing elsewhere. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "message.h"
#include "progress.h"

#define SECOND 1000000000ULL
#define MANY_TURNS 100000

static double share;

static double share_read(struct source *src)
{
	return share;
}

static const struct source_ops file_ops = { .share_read = share_read };
static const struct source_ops live_ops;
static int terminal, saved;

/* Standard error becomes a terminal that the test reads. */
static int open_terminal(void **state)
{
	int slave;

	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		return -1;
	slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	saved = dup(STDERR_FILENO);
	return slave < 0 || dup2(slave, STDERR_FILENO) < 0 || close(slave);
}

static int close_terminal(void **state)
{
	return dup2(saved, STDERR_FILENO) < 0 || close(saved) || close(terminal);
}

/* What the terminal got since the last call. It gets nothing at once: what is written last says that all has come. */
static const char *shown(void)
{
	static char text[4096];
	const char last = '\001';
	size_t len = 0;
	ssize_t num;

	assert_int_equal(write(STDERR_FILENO, &last, 1), 1);
	do {
		struct pollfd ready = { .fd = terminal, .events = POLLIN };

		assert_int_equal(poll(&ready, 1, 60000), 1);
		num = read(terminal, text + len, sizeof(text) - len);
		assert_true(num > 0);
		len += num;
	} while (text[len - 1] != last && len < sizeof(text));
	text[len - 1] = 0;
	return text;
}

/* Is it due within many turns? */
static bool becomes_due(struct progress *p)
{
	for (int i = 0; i < MANY_TURNS; i++)
		if (progress_is_due(p))
			return true;
	return false;
}

static void after_a_second(void **state)
{
	struct source file = { .ops = &file_ops };
	struct progress p;

	share = 0.25;
	progress_begin(&p, &file, "night.pcap");
	p.began_ns += 3600 * SECOND;	/* a machine may be so busy that a second passes here */
	assert_false(becomes_due(&p));
	p.began_ns -= 3603 * SECOND;
	assert_true(becomes_due(&p));
	progress_show(&p, 1234567);
	/* Three seconds for a quarter. */
	assert_non_null(strstr(shown(), "\r\033[K25 %, 1234567 events, 9 s left: night.pcap"));
	p.said_ns += 3600 * SECOND;
	assert_false(becomes_due(&p));
}

static void a_message_takes_its_place(void **state)
{
	const char *text;

	message_status("half");
	shown();
	message_error("something");
	text = shown();
	assert_non_null(strstr(text, "\r\033[Kdtlsnoop: something"));
	message_error("more");
	assert_null(strstr(shown(), "\033"));
	message_status("whole");
	shown();
	message_status(NULL);
	assert_string_equal(shown(), "\r\033[K");
	message_status(NULL);
	assert_string_equal(shown(), "");
}

/* A file may have any name. */
static void a_hostile_name(void **state)
{
	struct source file = { .ops = &file_ops };
	struct progress p;
	const char *text;

	share = 0.5;
	progress_begin(&p, &file, "a\033]0;x\007\nb");
	p.said_ns = p.began_ns + SECOND;
	progress_show(&p, 1);
	text = shown();
	assert_non_null(strstr(text, ": a?]0;x??b"));
}

static void nothing_elsewhere(void **state)
{
	struct source file = { .ops = &file_ops }, live = { .ops = &live_ops };
	struct progress p;
	int none = open("/dev/null", O_WRONLY), kept = dup(STDERR_FILENO);

	share = 0.5;
	progress_begin(&p, &live, "live");
	assert_null(p.source);
	/* A pipe: nobody knows how much will come. */
	share = -1;
	progress_begin(&p, &file, "pipe");
	assert_null(p.source);
	share = 0.5;
	dup2(none, STDERR_FILENO);
	progress_begin(&p, &file, "file");
	dup2(kept, STDERR_FILENO);
	assert_null(p.source);
	p.began_ns = 0;
	assert_false(becomes_due(&p));
	close(none);
	close(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_second),
		cmocka_unit_test(a_message_takes_its_place),
		cmocka_unit_test(a_hostile_name),
		cmocka_unit_test(nothing_elsewhere),
	};

	return cmocka_run_group_tests(tests, open_terminal, close_terminal);
}
