// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "pod_name.h"

#include <stdio.h>
#include <string.h>

#include "core.h"

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool pod_name_take(char *out, size_t size, const char *text, size_t len)
{
	if (!len || len >= size || !is_letter_or_digit(text[0]) || !is_letter_or_digit(text[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_letter_or_digit(text[i]) && text[i] != '-' && text[i] != '.')
			return false;
	memcpy(out, text, len);
	out[len] = 0;
	return true;
}

size_t pod_name_write(char out[POD_NAME_TEXT_LEN], const struct pod_name *name)
{
	snprintf(out, POD_NAME_TEXT_LEN, "%s/%s%s%s", name->namespace, name->pod, *name->container ? "/" : "", name->container);
	return strlen(out);
}

bool pod_name_read(struct pod_name *out, const char *text, size_t len)
{
	const char *end = text + len, *pod = memchr(text, '/', len), *container;
	struct pod_name name = { 0 };

	memset(out, 0, sizeof(*out));
	if (!pod)
		return false;
	pod++;
	container = memchr(pod, '/', end - pod);
	if (!pod_name_take(name.namespace, sizeof(name.namespace), text, pod - 1 - text) ||
	    !pod_name_take(name.pod, sizeof(name.pod), pod, (container ? container : end) - pod) ||
	    (container && !pod_name_take(name.container, sizeof(name.container), container + 1, end - container - 1)))
		return false;
	*out = name;
	return true;
}
