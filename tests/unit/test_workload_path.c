// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Units, containers and pods in the paths of cgroups. */
#include "workload_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER_ID "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UID "8a6f3c1e-0b5d-4f6a-9c3e-2d1f0a9b8c7d"
#define UID_ "8a6f3c1e_0b5d_4f6a_9c3e_2d1f0a9b8c7d"
#define STATIC "0123456789abcdef0123456789abcdef"

static void what_paths_say(void **state)
{
	static const struct { const char *path, *unit, *container, *pod_uid; } rows[] = {
		{ "/", "", "", "" },
		{ "/system.slice/coturn.service", "coturn.service", "", "" },
		{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "", "" },
		/* Docker, with systemd and without; below it a process's own cgroup. */
		{ "/system.slice/docker-" ID ".scope", "docker-" ID ".scope", ID, "" },
		{ "/docker/" ID, "", ID, "" },
		{ "/docker/" ID "/init", "", ID, "" },
		{ "/system.slice/docker-" ID ".scope/system.slice/sshd.service", "sshd.service", ID, "" },
		/* Podman, of root and of a user. */
		{ "/machine.slice/libpod-" ID ".scope/container", "libpod-" ID ".scope", ID, "" },
		{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container", "libpod-" ID ".scope", ID, "" },
		{ "/libpod_parent/libpod-" ID, "", ID, "" },
		/* Kubernetes: containerd and CRI-O, with systemd and without. */
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID ".scope",
		  "cri-containerd-" ID ".scope", ID, UID },
		{ "/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID ".scope/container", "crio-" ID ".scope", ID, UID },
		{ "/kubepods/besteffort/pod" UID "/" ID, "", ID, UID },
		{ "/kubepods/besteffort/pod" STATIC "/" ID, "", ID, STATIC },
		{ "/kubepods.slice/kubepods-pod" UID_ ".slice", "", "", UID },
		{ "/system.slice/containerd.service/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID, "containerd.service", ID, UID },
		/* A node that is itself a container (kind): the inner one is meant. */
		{ "/docker/" OTHER_ID "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope",
		  "cri-containerd-" ID ".scope", ID, UID },
		/* Near misses: too short, not hexadecimal, in capitals, a part of a longer word, no hyphens where they belong. */
		{ "/docker/0123456789abcdef", "", "", "" },
		{ "/docker/g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "", "", "" },
		{ "/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", "", "", "" },
		{ "/docker/x" ID, "", "", "" },
		{ "/kubepods/pod8a6f3c1e00b5d04f6a09c3e02d1f0a9b8c7d", "", "", "" },
		{ "/kubepods/" UID, "", "", "" },
		{ "/kubepods/pod" UID "0", "", "", "" },
		{ "/kubepods/podpod" STATIC ".slice", "", "", STATIC },
		{ "/.service", "", "", "" },
		{ "/a\x1b[31m.service", "a\x1b[31m.service", "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct workload w;

		memset(&w, 'x', sizeof(w));
		strcpy(w.path, rows[i].path);
		workload_of_path(&w);
		assert_int_equal(w.unit != NULL, *rows[i].unit != '\0');
		if (w.unit) {
			assert_int_equal(w.unit_len, strlen(rows[i].unit));
			assert_memory_equal(w.unit, rows[i].unit, w.unit_len);
		}
		assert_string_equal(w.container, rows[i].container);
		assert_string_equal(w.pod_uid, rows[i].pod_uid);
		assert_null(w.pod);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_paths_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
