// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "library.h"

#ifdef DTLSNOOP_STATIC

#include <features.h>
#include <nss.h>

#if !__GLIBC_PREREQ(2, 34)
#error "before glibc 2.34, a static program cannot look up names without shared libraries"
#endif

bool library_load(struct library *lib, const char *option)
{
	return lib->is_loaded = true;
}

void library_load_no_names(void)
{
	__nss_configure_lookup("passwd", "files");
	__nss_configure_lookup("group", "files");
	__nss_configure_lookup("initgroups", "files");
	__nss_configure_lookup("services", "files");
	__nss_configure_lookup("hosts", "files dns");
}

const char *library_limits(void)
{
	return "static: users, groups and services are those of /etc/passwd, /etc/group and /etc/services; "
	       "hosts those of /etc/hosts and DNS\n";
}

#else

#include <dlfcn.h>
#include <string.h>

#include "message.h"

static void *open_one(const struct library *lib)
{
	void *handle = NULL;

	for (const char *const *file = lib->files; *file && !handle; file++)
		handle = dlopen(*file, RTLD_NOW | RTLD_LOCAL);
	return handle;
}

static bool find_functions(const struct library *lib, void *handle)
{
	for (size_t i = 0; lib->functions[i]; i++) {
		void *function = dlsym(handle, lib->functions[i]);

		if (!function)
			return false;
		/* POSIX: a pointer to a function has the same representation. */
		memcpy((char *)lib->pointers + i * sizeof(function), &function, sizeof(function));
	}
	return true;
}

bool library_load(struct library *lib, const char *option)
{
	void *handle = lib->is_loaded ? NULL : open_one(lib);
	const char *why;

	lib->is_loaded |= handle && find_functions(lib, handle);
	if (lib->is_loaded)
		return true;
	why = dlerror();
	if (option)
		message_error("%s needs %s, which cannot be loaded: %s: install it (on Debian: apt install %s)", option, lib->title,
			      why ? why : "unknown error", lib->package);
	if (handle)
		dlclose(handle);
	return false;
}

void library_load_no_names(void)
{
}

const char *library_limits(void)
{
	return "";
}

#endif
