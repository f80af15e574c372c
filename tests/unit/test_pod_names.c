// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names of pods from folders as kubelet makes them: with containerd or CRI-O, and with Docker. */
#include "pod_names.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define UID "8a6f3c1e-0b5d-4f6a-9c3e-2d1f0a9b8c7d"
#define STATIC "0123456789abcdef0123456789abcdef"
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER_ID "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define SECOND 1000000000ULL

static struct pod_names *names;
static uint64_t now;

/* In a folder of its own: mkdir -p, and a link to `target` if that is given. */
static void make(const char *path, const char *target)
{
	char part[512];

	for (const char *end = strchr(path, '/'); end; end = strchr(end + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
		assert_true(!mkdir(part, 0755) || errno == EEXIST);
	}
	assert_int_equal(target ? symlink(target, path) : mkdir(path, 0755), 0);
}

static int setup(void **state)
{
	char folder[] = "/tmp/dtlsnoop-test-XXXXXX";

	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	*state = strdup(folder);
	names = pod_names_new("pods//");
	now = 0;
	return names ? 0 : -1;
}

static int teardown(void **state)
{
	char command[64];

	pod_names_free(names);
	snprintf(command, sizeof(command), "rm -rf %s", (const char *)*state);
	free(*state);
	return chdir("/") || system(command);
}

/* `want` is "NAMESPACE/POD/CONTAINER", without what is not known. It is asked after each other, and much later. */
static void expect(const char *uid, const char *id, bool all, const char *want)
{
	char text[POD_NAME_TEXT_LEN] = "";
	struct pod_name got;

	now += 10 * SECOND;
	for (int i = 0; i < 2; i++) {
		memset(&got, 'x', sizeof(got));
		assert_int_equal(pod_names_find(names, uid, id, now, &got), all);
		if (*got.namespace)
			pod_name_write(text, &got);
		assert_string_equal(text, want);
	}
}

static void without_folders_nothing_is_known(void **state)
{
	expect(UID, ID, false, "");
	make("pods/x", NULL);
	expect(UID, ID, false, "");
	expect("", "", false, "");
}

static void the_link_tells_whose_the_id_is(void **state)
{
	make("pods/shop_web-7d9f_" UID "/nginx", NULL);
	make("pods/shop_web-7d9f_" UID "/log-shipper", NULL);
	make("containers/web-7d9f_shop_log-shipper-" ID ".log", "/var/log/pods/shop_web-7d9f_" UID "/log-shipper/0.log");
	make("containers/web-7d9f_shop_nginx-" OTHER_ID ".log", "/var/log/pods/shop_web-7d9f_" UID "/nginx/3.log");
	expect(UID, ID, true, "shop/web-7d9f/log-shipper");
	expect(UID, OTHER_ID, true, "shop/web-7d9f/nginx");
	expect(UID, "", true, "shop/web-7d9f");
}

static void a_pod_with_one_folder(void **state)
{
	make("pods/kube-system_etcd-node.1_" STATIC "/etcd", NULL);
	expect(STATIC, ID, true, "kube-system/etcd-node.1/etcd");
	/* A second one: which of them has the other id is not known. */
	make("pods/kube-system_etcd-node.1_" STATIC "/debugger", NULL);
	expect(STATIC, OTHER_ID, false, "kube-system/etcd-node.1");
	/* Until there is a link. */
	make("containers/etcd-node.1_kube-system_debugger-" OTHER_ID ".log", "x");
	expect(STATIC, OTHER_ID, true, "kube-system/etcd-node.1/debugger");
	expect(STATIC, ID, false, "kube-system/etcd-node.1");
}

static void a_folder_whose_name_is_none(void **state)
{
	make("pods/shop_web_" UID "/ng\x1b[31mx", NULL);
	expect(UID, ID, false, "shop/web");
	make("pods/sh\x1bop_web_" STATIC "/nginx", NULL);
	make("pods/shop_web", NULL);
	make("pods/shop_web_", NULL);
	make("pods/shop_web_" UID UID, NULL);
	expect(STATIC, ID, false, "");
}

/* Links of Docker's runtime name the file of the container that they belong to. */
static void dockers_links(void **state)
{
	make("pods/a_b_" UID "/c/0.log", "/var/lib/docker/containers/" OTHER_ID "/" OTHER_ID "-json.log");
	expect(UID, ID, false, "a/b");
	make("pods/a_b_" UID "/c/1.log", "/var/lib/docker/containers/" ID "/" ID "-json.log");
	expect(UID, ID, true, "a/b/c");
}

static void links_that_have_another_form(void **state)
{
	make("pods/a_b_" UID "/c", NULL);
	make("pods/a_b_" UID "/d", NULL);
	make("containers/b_a_c-" ID, "x");
	make("containers/b_a_-" ID ".log", "x");
	make("containers/b_a_c" ID ".log", "x");
	make("containers/b-a-c-" ID ".log", "x");
	make("containers/b_a_C-" ID ".log", "x");
	make("containers/.log", "x");
	expect(UID, ID, false, "a/b");
}

/* Folders are read again after two seconds, not before. */
static void a_pod_that_comes_later(void **state)
{
	struct pod_name got;

	expect(UID, ID, false, "");
	make("pods/a_b_" UID "/c", NULL);
	assert_false(pod_names_find(names, UID, ID, now + SECOND, &got));
	assert_true(pod_names_find(names, UID, ID, now + 3 * SECOND, &got));
	assert_string_equal(got.container, "c");
	/* And what is known is not looked for. */
	assert_int_equal(rename("pods", "gone"), 0);
	assert_true(pod_names_find(names, UID, ID, now + 1000 * SECOND, &got));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_folders_nothing_is_known, setup, teardown),
		cmocka_unit_test_setup_teardown(the_link_tells_whose_the_id_is, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pod_with_one_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_whose_name_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(dockers_links, setup, teardown),
		cmocka_unit_test_setup_teardown(links_that_have_another_form, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pod_that_comes_later, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
