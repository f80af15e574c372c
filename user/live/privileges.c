// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "message.h"

static bool has(unsigned int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, capability);
}

bool privileges_can_trace(void)
{
	/* CAP_SYS_ADMIN stands for each of the others (bpf_token_capable() and perfmon_capable() in Linux). */
	return !capng_get_caps_process() &&
	       (has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON) && has(CAP_NET_ADMIN)));
}

static bool refused(const char *what)
{
	message_error("cannot give up %s: %s", what, strerror(errno));
	return false;
}

bool privileges_drop(void)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	/* Only CAP_SETPCAP can change the bounding set, and we may not have it. */
	if (capng_get_caps_process())
		return refused("capabilities, because they cannot be read");
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)) {
		capng_clear(CAPNG_SELECT_BOUNDS);
		if (capng_apply(CAPNG_SELECT_BOUNDS))
			return refused("the bounding set of capabilities");
	}
	if (setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return refused("the effective user");
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return refused("capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return refused("the right to gain privileges by exec");
	return true;
}
