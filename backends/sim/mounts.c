/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc becomes an overlay, so that a host can have /etc/netns and hosts cannot see each other's; nothing that is
 * written there reaches the machine. Overlays without root exist since Linux 5.11.
 */
#include "backends/sim/mounts.h"

#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define ETC_UPPER "/run/.etc/upper"
#define ETC_WORK  "/run/.etc/work"

static int mount_over(const char *type, const char *path, unsigned long flags, const char *options,
		      struct error *err)
{
	if (mount(type, path, type, flags, options) == 0)
		return 0;
	/* A kernel that hides parts of /proc or /sys from a container gives it no new ones either. */
	if (errno == EPERM || errno == EACCES)
		return error_set(
			err, EPERM,
			"cannot mount a new %s: %s (containers and restricted user namespaces forbid it)",
			path, strerror(errno));
	return error_set(err, errno, "cannot mount %s on %s: %s", type, path, strerror(errno));
}

static int make_directory(const char *path, struct error *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

/*
 * With /run covered a resolv.conf that points there leads nowhere, and what a namespace wants to mount over it
 * finds no file: an empty one is laid over it.
 */
static int replace_dangling(struct error *err)
{
	AUTO_CLOSE int fd = -1;
	struct stat status;

	if (lstat("/etc/resolv.conf", &status) < 0 || access("/etc/resolv.conf", F_OK) == 0)
		return 0;
	fd = open(ETC_UPPER "/resolv.conf", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	return fd < 0 ? error_set(err, errno, "/etc/resolv.conf: %s", strerror(errno)) : 0;
}

static int mount_etc(struct error *err)
{
	static const char *const directories[] = { "/run/.etc", ETC_UPPER, ETC_WORK };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(directories) && r == 0; i++)
		r = make_directory(directories[i], err);
	if (r == 0)
		r = replace_dangling(err);
	if (r == 0)
		r = mount_over("overlay", "/etc", MS_NOSUID | MS_NODEV,
			       "lowerdir=/etc,upperdir=" ETC_UPPER ",workdir=" ETC_WORK, err);
	if (r == 0)
		r = make_directory("/etc/netns", err);
	/* Files of the machine's own namespaces are none of a host's. */
	return r < 0 ? r : mount_over("tmpfs", "/etc/netns", MS_NOSUID | MS_NODEV, "mode=755", err);
}

int mounts_make(bool with_etc, struct error *err)
{
	const unsigned long plain = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	int r;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_set(err, errno, "cannot keep mounts to ourselves: %s",
				 strerror(errno));
	r = mount_over("proc", "/proc", plain, NULL, err);
	if (r == 0)
		r = mount_over("sysfs", "/sys", plain, NULL, err);
	if (r == 0)
		r = mount_over("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755", err);
	if (r == 0)
		r = make_directory("/run/netns", err);
	if (r == 0 && with_etc)
		r = mount_etc(err);
	return r;
}
