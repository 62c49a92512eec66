/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec: run a command in a namespace, as ip-netns(8) does: with /sys of that namespace, and the files of /etc/netns/NS over
 * those of /etc, in a mount namespace of the command's own.
 */
#include "cmd/commands.h"

#include "cmd/status.h"

#include "model/cleanup.h"
#include "model/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#define NETNS_DIRECTORY "/run/netns"
#define ETC_DIRECTORY	"/etc/netns"

static int enter_namespace(const char *name, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", NETNS_DIRECTORY, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return error_set(err, ENOENT, "there is no namespace %s", name);
	if (fd < 0)
		return error_set(err, errno, "namespace %s: %s", name, strerror(errno));
	if (setns(fd, CLONE_NEWNET) < 0)
		return error_set(err, errno, "namespace %s: %s", name,
				 errno == EINVAL ? "the file is no namespace" : strerror(errno));
	return 0;
}

/* /sys shows the network of the namespace in which it was mounted. */
static int remount_sys(struct error *err)
{
	unsigned long flags = 0;
	struct statvfs info;

	if (unshare(CLONE_NEWNS) < 0)
		return error_set(err, errno, "mount namespace: %s", strerror(errno));
	if (mount("", "/", "none", MS_SLAVE | MS_REC, NULL) < 0)
		return error_set(err, errno, "mounts of our own: %s", strerror(errno));
	if (umount2("/sys", MNT_DETACH) < 0 && statvfs("/sys", &info) == 0 &&
	    info.f_flag & ST_RDONLY)
		flags = MS_RDONLY;
	if (mount("sysfs", "/sys", "sysfs", flags, NULL) < 0)
		return error_set(err, errno, "/sys of the namespace: %s", strerror(errno));
	return 0;
}

/* A file that the host does not have cannot be covered; that is told and no error, as with ip(8). */
static int bind_files(const char *name, struct error *err)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct dirent *entry;
	DIR *directory;

	snprintf(from, sizeof(from), "%s/%s", ETC_DIRECTORY, name);
	directory = opendir(from);
	if (!directory)
		return errno == ENOENT ? 0 : error_set(err, errno, "%s: %s", from, strerror(errno));
	while ((entry = readdir(directory)) != NULL) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(from, sizeof(from), "%s/%s/%s", ETC_DIRECTORY, name, entry->d_name);
		snprintf(to, sizeof(to), "/etc/%s", entry->d_name);
		if (mount(from, to, "none", MS_BIND, NULL) < 0)
			fprintf(stderr, "vnetapply: %s over %s: %s\n", from, to, strerror(errno));
	}
	closedir(directory);
	return 0;
}

int cmd_exec(const struct options *options)
{
	const char *name = options->arguments[0];
	char **command = options->arguments + 1;
	struct error err = { 0 };

	if (!strcmp(command[0], "--") && command[1])
		command++;
	if (strchr(name, '/') || name[0] == '.')
		return usage_error("exec", "%s is no namespace's name", name);
	if (enter_namespace(name, &err) < 0 || remount_sys(&err) < 0 || bind_files(name, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	execvp(command[0], command);
	fprintf(stderr, "vnetapply: %s: %s\n", command[0], strerror(errno));
	return errno == ENOENT ? STATUS_NO_COMMAND : STATUS_NO_EXECUTION;
}
