/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --check: what a host supports. live/check.c finds it out, sinks/host_check_print.c prints it. */
#ifndef DTLSNOOP_HOST_CHECK_H
#define DTLSNOOP_HOST_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Can it be used, and if not, who can change that? */
enum host_support {
	HOST_SUPPORTS,
	HOST_NOT_NEEDED,	/* the options do not need it */
	HOST_NOT_PERMITTED,	/* this process lacks the privileges: nothing else is known */
	HOST_LACKS,		/* this kernel has it not, or refuses it whoever asks */
};

struct host_check_hook {
	const char *where;	/* "cgroup_skb/egress" */
	const char *gives;	/* what it shows */
	enum host_support support;
	const char *why;	/* why it is not used; "": it is */
};

struct host_check_tier {
	const char *name;
	enum host_support support;
	const char *why;	/* why it cannot be used; "": it can */
	bool is_chosen;		/* a trace with these options would use it */
	const struct host_check_hook *hooks;	/* NULL: it cannot be used */
	size_t num_hooks;
	const char *const *unseen;	/* what this host cannot show with it: sentences, NULL at the end; as the next */
	const char *const *blind_spots;	/* what it cannot show on any host */
};

/* A file with a TLS library, or a process without one. */
struct host_check_library {
	uint32_t pid;		/* the process that has it; 0: a folder of this host */
	const char *path;	/* escaped; "": the process has none */
	uint32_t num_functions;	/* that a trace would hook */
	enum host_support support;
	const char *why;	/* why it is not hooked; "": it is */
};

struct host_check {
	const char *version;	/* of dtlsnoop */
	const char *cgroup_root;	/* where cgroup v2 is mounted; NULL: nowhere */
	bool names_drop_reasons;
	const char *const *never_seen;	/* what no tier shows on any host: sentences, NULL at the end */
	const struct host_check_library *libraries;	/* for end(): TLS libraries that these options mean */
	size_t num_libraries;
};

/* Prints the report on standard output as it is found out: begin(), tier() for each, end(). */
struct host_check_printer {
	void (*begin)(const struct host_check *host);
	void (*tier)(const struct host_check_tier *tier);
	void (*end)(const struct host_check *host);
};

#endif
