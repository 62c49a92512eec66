/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network and a mount namespace of the test's own, with an empty /run; a user namespace too, unless root runs it. */
#ifndef TESTS_UNIT_OWN_NAMESPACES_H
#define TESTS_UNIT_OWN_NAMESPACES_H

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int own_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

static inline int own_user_namespace(void)
{
	unsigned uid = getuid(), gid = getgid();
	char map[64];

	if (unshare(CLONE_NEWUSER) < 0)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (own_write("/proc/self/setgroups", "deny") < 0 ||
	    own_write("/proc/self/uid_map", map) < 0)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return own_write("/proc/self/gid_map", map);
}

/* Also an empty directory over `directory`, unless it is NULL. */
static inline int own_namespaces(const char *directory)
{
	if (getuid() != 0 && own_user_namespace() < 0)
		return -1;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0 || mkdir("/run/netns", 0755) < 0)
		return -1;
	return directory ? mount("tmpfs", directory, "tmpfs", 0, "mode=755") : 0;
}

#endif
