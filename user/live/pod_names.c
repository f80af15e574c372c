// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "pod_names.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "workload_path.h"

/* Many more than any node has. What is beyond them gets no name. */
#define MAX_NAMES 20000
/* Of a pod; kubelet has a folder of logs for each. */
#define MAX_FILES 64

struct node {
	char key[CONTAINER_ID_LEN + 1];	/* UID of a pod, or id of a container */
	struct pod_name name;	/* container "": the key is a UID, or it was looked for in vain */
	UT_hash_handle hh;
};

struct pod_names {
	struct node *by_key;
	uint64_t read_ns;	/* when the folders were read; 0: not yet */
	char *containers;	/* folder */
	char pods[];		/* folder */
};

struct pod_names *pod_names_new(const char *pods)
{
	struct pod_names *p = calloc(1, sizeof(*p) + strlen(pods) + 1);
	size_t len = strlen(pods);

	if (!p)
		return NULL;
	strcpy(p->pods, pods);
	while (len && pods[len - 1] == '/')
		len--;
	while (len && pods[len - 1] != '/')
		len--;
	if (asprintf(&p->containers, "%.*scontainers", (int)len, pods) >= 0)
		return p;
	free(p);
	return NULL;
}

static void forget(struct pod_names *p)
{
	struct node *node, *next;

	HASH_ITER(hh, p->by_key, node, next) {
		HASH_DEL(p->by_key, node);
		free(node);
	}
}

void pod_names_free(struct pod_names *p)
{
	if (!p)
		return;
	forget(p);
	free(p->containers);
	free(p);
}

static struct node *find(const struct pod_names *p, const char *key)
{
	struct node *node;

	HASH_FIND_STR(p->by_key, key, node);
	return node;
}

/* The first one with a key counts. */
static void add(struct pod_names *p, const char *key, size_t len, const struct pod_name *name)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return;
	memcpy(node->key, key, len);
	node->name = *name;
	if (HASH_COUNT(p->by_key) < MAX_NAMES && !find(p, node->key))
		HASH_ADD_STR(p->by_key, key, node);
	if (!node->hh.tbl)
		free(node);
}

/* Take what is before the first underscore, which no name has, and step behind that. */
static bool take_part(char *out, size_t size, const char **text)
{
	size_t len = strcspn(*text, "_");

	if (!(*text)[len] || !pod_name_take(out, size, *text, len))
		return false;
	*text += len + 1;
	return true;
}

/* NAMESPACE_POD_UID */
static void take_folder(struct pod_names *p, const char *text)
{
	struct pod_name name = { 0 };

	if (take_part(name.namespace, sizeof(name.namespace), &text) && take_part(name.pod, sizeof(name.pod), &text) &&
	    *text && strlen(text) <= POD_UID_LEN)
		add(p, text, strlen(text), &name);
}

/* POD_NAMESPACE_CONTAINER-ID.log; kubelet cuts off what is longer than a file's name may be. */
static void take_link(struct pod_names *p, const char *text)
{
	static const char end[] = ".log";
	struct pod_name name = { 0 };
	size_t len;

	if (!take_part(name.pod, sizeof(name.pod), &text) || !take_part(name.namespace, sizeof(name.namespace), &text))
		return;
	len = strlen(text);
	if (len < 1 + CONTAINER_ID_LEN + strlen(end) || strcmp(text + len - strlen(end), end))
		return;
	len -= 1 + CONTAINER_ID_LEN + strlen(end);
	if (text[len] == '-' && pod_name_take(name.container, sizeof(name.container), text, len))
		add(p, text + len + 1, CONTAINER_ID_LEN, &name);
}

static void read_folder(struct pod_names *p, const char *path, void (*take)(struct pod_names *p, const char *name))
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	for (int i = 0; folder && i < MAX_NAMES && (entry = readdir(folder)); i++)
		take(p, entry->d_name);
	if (folder)
		closedir(folder);
}

/* Docker's runtime has links to its own files, whose path has the container's id. */
static bool is_of_another(const char *folder, const char *file, const char *id)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "%.*s/%s", (int)sizeof(path) - NAME_MAX - 2, folder, file);
	len = readlink(path, target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = 0;
	return len >= 0 && !strstr(target, id);
}

/* Do only links to the files of other containers lie in this folder? */
static bool is_folder_of_others(const char *path, const char *id)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool others = false, own = false;

	for (int i = 0; folder && i < MAX_FILES && (entry = readdir(folder)); i++)
		if (entry->d_name[0] != '.')
			*(is_of_another(path, entry->d_name, id) ? &others : &own) = true;
	if (folder)
		closedir(folder);
	return others && !own;
}

/* The container of a pod that has one folder. */
static void take_only_folder(const struct pod_names *p, const char *uid, const char *id, struct pod_name *name)
{
	char path[PATH_MAX], only[PATH_MAX];
	struct dirent *entry;
	uint32_t num = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/%s_%s_%s", p->pods, name->namespace, name->pod, uid);
	folder = opendir(path);
	while (folder && num < 2 && (entry = readdir(folder)))
		if (entry->d_name[0] != '.' && !num++ && !pod_name_take(name->container, sizeof(name->container), entry->d_name,
									strlen(entry->d_name)))
			num = 2;
	if (folder)
		closedir(folder);
	if (num == 1 && snprintf(only, sizeof(only), "%s/%s", path, name->container) < (int)sizeof(only) &&
	    !is_folder_of_others(only, id))
		return;
	*name->container = 0;
}

static void read_again(struct pod_names *p, uint64_t now_ns)
{
	p->read_ns = now_ns ? now_ns : 1;
	forget(p);
	read_folder(p, p->pods, take_folder);
	read_folder(p, p->containers, take_link);
}

bool pod_names_find(struct pod_names *p, const char *uid, const char *id, uint64_t now_ns, struct pod_name *out)
{
	const struct node *pod = find(p, uid), *container = *id ? find(p, id) : NULL;

	if ((!pod || (*id && !(container && *container->name.container))) &&
	    (!p->read_ns || now_ns - p->read_ns > POD_NAMES_AGAIN_NS)) {
		read_again(p, now_ns);
		pod = find(p, uid);
		container = *id ? find(p, id) : NULL;
	}
	memset(out, 0, sizeof(*out));
	if (container) {
		*out = container->name;
	} else if (pod) {
		*out = pod->name;
		if (*id) {
			take_only_folder(p, uid, id, out);
			/* Also if it is not known: so that the folder is read once. */
			add(p, id, strlen(id), out);
		}
	}
	return *out->namespace && (!*id || *out->container);
}
