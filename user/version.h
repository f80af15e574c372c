/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The version of this program. The Makefile makes the object (user/deploy/version), so that a new commit compiles only that. */
#ifndef DTLSNOOP_VERSION_H
#define DTLSNOOP_VERSION_H

/* Such as "0.1.0" of a release or a source package, "0.1.0-745-g95d561c" and "0.1.0-745-g95d561c-dirty" of a work tree of git. */
extern const char dtlsnoop_version[];

#endif
