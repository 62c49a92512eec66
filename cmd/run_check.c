/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Once the directories are known to be ours alone, nobody else can change what is in them: so one look at the start is
 * enough, and whoever opens files there later need not look again.
 */
#include "cmd/run_check.h"

#include "model/cleanup.h"
#include "reconcile/scope.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 5 /* topology, links, place, link */

static int refuse(struct error *err, const char *path, const char *what)
{
	return error_set(err, EPERM,
			 "%s %s: nothing is read from there or written to it; remove it", path,
			 what);
}

static int check_status(const struct stat *status, const char *path, struct error *err)
{
	char what[64];

	if (S_ISLNK(status->st_mode))
		return refuse(err, path, "is a symbolic link");
	if (!S_ISDIR(status->st_mode) && !S_ISREG(status->st_mode) && !S_ISSOCK(status->st_mode))
		return refuse(err, path, "is neither a file nor a directory");
	if (status->st_uid != geteuid()) {
		snprintf(what, sizeof(what), "belongs to user %u", status->st_uid);
		return refuse(err, path, what);
	}
	if (status->st_mode & (S_IWGRP | S_IWOTH)) {
		snprintf(what, sizeof(what), "has mode %04o, so that others may write to it",
			 status->st_mode & 07777);
		return refuse(err, path, what);
	}
	if (S_ISREG(status->st_mode) && status->st_nlink > 1)
		return refuse(err, path, "has another name elsewhere");
	return 0;
}

/* The state of one walk: which entries of the first directory count. */
struct walk {
	const char *topology;
	struct error *err;
};

static bool counts(const struct walk *walk, const char *name, unsigned depth)
{
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	return depth > 0 || name[0] == '.' || !strcmp(name, walk->topology);
}

static DIR *directory_open(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;

	if (!listing && fd >= 0)
		close(fd);
	return listing;
}

static int check_directory(const struct walk *walk, int parent, const char *name, const char *path,
			   unsigned depth);

/* An entry that goes meanwhile is not there. */
static int check_entry(const struct walk *walk, int directory, const char *name, const char *path,
		       unsigned depth)
{
	struct stat status;
	int r;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT
			       ? 0
			       : error_set(walk->err, errno, "%s: %s", path, strerror(errno));
	r = check_status(&status, path, walk->err);
	if (r < 0 || !S_ISDIR(status.st_mode))
		return r;
	if (depth == DEPTH_MAX)
		return refuse(walk->err, path, "lies too deep");
	return check_directory(walk, directory, name, path, depth);
}

static void close_listing(DIR *const *listing)
{
	if (*listing)
		closedir(*listing);
}

static int check_directory(const struct walk *walk, int parent, const char *name, const char *path,
			   unsigned depth)
{
	__attribute__((cleanup(close_listing))) DIR *listing = directory_open(parent, name);
	const struct dirent *entry;
	char below[PATH_MAX];
	int r = 0;

	if (!listing)
		return errno == ENOENT
			       ? 0
			       : error_set(walk->err, errno, "%s: %s", path, strerror(errno));
	while (r == 0 && (entry = readdir(listing))) {
		if (!counts(walk, entry->d_name, depth))
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		r = check_entry(walk, dirfd(listing), entry->d_name, below, depth + 1);
	}
	return r;
}

int run_check(const char *topology, struct error *err)
{
	const struct walk walk = { .topology = topology, .err = err };

	return check_entry(&walk, AT_FDCWD, SCOPE_RUN_DIRECTORY, SCOPE_RUN_DIRECTORY, 0);
}
