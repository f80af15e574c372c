/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names that Kubernetes gives: namespace, pod, container. They are labels and subdomains of DNS (RFC 1123), so whatever
 * passes these checks can be printed as it is.
 */
#ifndef DTLSNOOP_POD_NAME_H
#define DTLSNOOP_POD_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* With the final 0. */
#define POD_LABEL_LEN 64
#define POD_SUBDOMAIN_LEN 254

struct pod_name {
	char namespace[POD_LABEL_LEN];	/* "": nothing is known, and then pod and container are empty, too */
	char pod[POD_SUBDOMAIN_LEN];
	char container[POD_LABEL_LEN];	/* "": not known */
};

/* Take `len` bytes as a name, if they are one and fit in `size` with the final 0. False leaves `out` as it was. */
bool pod_name_take(char *out, size_t size, const char *text, size_t len);

/* "NAMESPACE/POD" or "NAMESPACE/POD/CONTAINER", with the final 0. */
#define POD_NAME_TEXT_LEN (2 * POD_LABEL_LEN + POD_SUBDOMAIN_LEN)

/* Write a name that is known in this form. Returns its length in bytes. */
size_t pod_name_write(char out[POD_NAME_TEXT_LEN], const struct pod_name *name);

/* Read it from `len` untrusted bytes. False: they have another form; `out` then has no name. */
bool pod_name_read(struct pod_name *out, const char *text, size_t len);

#endif
