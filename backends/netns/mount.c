/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As iproute2's ipnetns.c does it, in the same order, and under the same lock on the directory. */
#include "backends/netns/mount.h"

#include "backends/place.h"
#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define OWN_NAMESPACE	 "/proc/thread-self/ns/net"
#define PATH_SIZE	 4096
#define OUR_MODE	 S_ISVTX /* ip-netns makes them with mode 0; nobody sees it below the mount */
#define LEFTOVER_TRIES	 5
#define LEFTOVER_WAIT_NS 20000000L

static int mount_failed(struct error *err, const char *what)
{
	return error_set(err, errno, "%s: %s%s", what, strerror(errno),
			 errno == EPERM ? " (needs CAP_SYS_ADMIN)" : "");
}

/* False where the kernel does not say (before Linux 5.8). */
static bool is_mount_point(const char *path)
{
	struct statx status;

	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status) == 0 &&
	       status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

static int make_shared(struct error *err)
{
	if (mount("", NETNS_DIRECTORY, "none", MS_SHARED | MS_REC, NULL) == 0)
		return 0;
	/* It is no mount point yet: make it one. A second time would hide what is mounted there, and keep it busy. */
	if (errno != EINVAL || is_mount_point(NETNS_DIRECTORY) ||
	    mount(NETNS_DIRECTORY, NETNS_DIRECTORY, "none", MS_BIND | MS_REC, NULL) < 0 ||
	    mount("", NETNS_DIRECTORY, "none", MS_SHARED | MS_REC, NULL) < 0)
		return mount_failed(err, "cannot share " NETNS_DIRECTORY);
	return 0;
}

int netns_prepare_directory(struct error *err)
{
	AUTO_CLOSE int fd = -1;

	if (mkdir(NETNS_DIRECTORY, 0755) < 0 && errno != EEXIST)
		return error_set(err, errno, "cannot make %s: %s", NETNS_DIRECTORY,
				 strerror(errno));
	fd = open(NETNS_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return error_set(err, errno, "cannot lock %s: %s", NETNS_DIRECTORY,
				 strerror(errno));
	return make_shared(err);
}

static int name_path(const char *name, char *ret, struct error *err)
{
	if (snprintf(ret, PATH_SIZE, "%s/%s", NETNS_DIRECTORY, name) >= PATH_SIZE)
		return error_set(err, ENAMETOOLONG, "name too long");
	return 0;
}

static bool is_namespace(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == NSFS_MAGIC;
}

/* Neither made by us nor by ip-netns, and left: a link, say, to a namespace that is yet to come. */
static bool is_of_others(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && (!S_ISREG(status.st_mode) || status.st_size);
}

static bool is_symlink(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

/*
 * A file without a namespace is either what a crash left, or somebody is between making and mounting it: then it
 * becomes one within moments.
 */
static int clear_leftover(const char *path, struct error *err)
{
	const struct timespec pause = { .tv_nsec = LEFTOVER_WAIT_NS };
	int tries;

	for (tries = 0; tries < LEFTOVER_TRIES; tries++) {
		if (is_namespace(path))
			return error_set(err, EEXIST, "somebody made it just now");
		nanosleep(&pause, NULL);
	}
	if (is_of_others(path))
		return error_set(err, EEXIST, "%s is there, and is no namespace", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_set(err, errno, "cannot remove the leftover file %s: %s", path,
				 strerror(errno));
	return 0;
}

static int make_file(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, OUR_MODE);
	int r;

	if (fd < 0 && errno == EEXIST) {
		r = clear_leftover(path, err);
		if (r < 0)
			return r;
		fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, OUR_MODE);
	}
	if (fd < 0)
		return error_set(err, errno, "cannot make %s: %s", path, strerror(errno));
	close(fd);
	return 0;
}

int netns_clear(const char *name, struct error *err)
{
	struct stat status;
	char path[PATH_SIZE];
	int r = name_path(name, path, err);

	if (r < 0 || lstat(path, &status) < 0 || is_namespace(path) || status.st_size ||
	    status.st_mode != (S_IFREG | OUR_MODE))
		return r;
	if (unlink(path) < 0 && errno != ENOENT)
		return error_set(err, errno, "cannot remove the leftover file %s: %s", path,
				 strerror(errno));
	return 0;
}

int netns_mount(const char *name, struct error *err)
{
	char path[PATH_SIZE];
	int r = name_path(name, path, err);

	if (r == 0)
		r = make_file(path, err);
	if (r < 0)
		return r;
	if (mount(OWN_NAMESPACE, path, "none", MS_BIND, NULL) < 0) {
		r = mount_failed(err, "cannot mount it");
		unlink(path);
	}
	return r;
}

/* All or nothing: the descriptor keeps the namespace until its name is gone. */
int netns_unmount(const char *name, struct error *err)
{
	char path[PATH_SIZE], same[64];
	int r = name_path(name, path, err);
	AUTO_CLOSE int fd = r < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	if (r < 0)
		return r;
	/* EINVAL: it is a file without a namespace, which is to go as well. What a link leads to is not its to unmount. */
	if (!is_symlink(path) && umount2(path, MNT_DETACH) < 0 &&
	    ((errno != EINVAL && errno != ENOENT) || is_namespace(path)))
		return mount_failed(err, "cannot unmount it");
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	r = error_set(err, errno, "cannot remove %s: %s", path, strerror(errno));
	snprintf(same, sizeof(same), "/proc/self/fd/%d", fd);
	if (fd >= 0)
		(void)mount(same, path, "none", MS_BIND, NULL);
	return r;
}
