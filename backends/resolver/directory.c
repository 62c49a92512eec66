/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All moves are renames within one directory's file system. Everything is done under the lock that all runs share. */
#include "backends/resolver/directory.h"

#include "model/cleanup.h"
#include "model/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRATCH	 RESOLVER_DIRECTORY "/.vnetapply"
#define FILE_MAX (1 << 20)

bool contents_equal(const struct contents *a, const struct contents *b)
{
	size_t file;

	for (file = 0; file < RESOLVER_FILES; file++)
		if (!text_equal(a->texts[file], b->texts[file]))
			return false;
	return true;
}

/* ---- reading ---- */

int resolver_file_read(int directory, const char *name, const char **ret, struct arena *arena,
		       struct error *err)
{
	AUTO_CLOSE int fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	char *text;
	ssize_t n;

	*ret = NULL;
	if (fd < 0 && errno == ENOENT) {
		/* A link to what is yet to come, as to a file of systemd-resolved, is somebody's. */
		if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
			*ret = "";
		return 0;
	}
	if (fd < 0)
		return error_set(err, errno, "%s: %s", name, strerror(errno));
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > FILE_MAX) {
		*ret = ""; /* there, and surely not ours */
		return 0;
	}
	text = arena_alloc(arena, (size_t)status.st_size + 1);
	n = read(fd, text, (size_t)status.st_size);
	if (n < 0)
		return error_set(err, errno, "%s: %s", name, strerror(errno));
	text[n] = '\0';
	*ret = text;
	return 0;
}

static int directory_path(const char *parent, const char *name, char ret[PATH_MAX],
			  struct error *err)
{
	if (!name[0] || name[0] == '.' || strchr(name, '/') ||
	    snprintf(ret, PATH_MAX, "%s/%s", parent, name) >= PATH_MAX)
		return error_set(err, EINVAL, "'%s' is no name of a namespace", name);
	return 0;
}

/* -ENOENT: there is none. */
static int directory_open(const char *path, int *ret, struct error *err)
{
	*ret = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret < 0 ? error_set(err, errno, "%s: %s", path, strerror(errno)) : 0;
}

int contents_read(const char *name, struct contents *ret, struct arena *arena, struct error *err)
{
	AUTO_CLOSE int directory = -1;
	char path[PATH_MAX];
	size_t file;
	int r = directory_path(RESOLVER_DIRECTORY, name, path, err);

	*ret = (struct contents){ 0 };
	if (r < 0)
		return r;
	r = directory_open(path, &directory, err);
	if (r < 0) /* a link, or no directory: nothing of ours can be in it */
		return r == -ENOENT || r == -ENOTDIR || r == -ELOOP ? 0 : r;
	for (file = 0; r >= 0 && file < RESOLVER_FILES; file++)
		r = resolver_file_read(directory, resolver_file_name((enum resolver_file)file),
				       &ret->texts[file], arena, err);
	return r < 0 ? error_add_context(err, "%s", path) : 0;
}

/* ---- what is under way ---- */

static int scratch_make(struct error *err)
{
	if ((mkdir(RESOLVER_DIRECTORY, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(SCRATCH, 0700) < 0 && errno != EEXIST))
		return error_set(err, errno, "make %s: %s", SCRATCH, strerror(errno));
	return 0;
}

/* Tried twice: what is to be removed is no longer of use to anybody, and nobody else would do it. */
static void remove_surely(const char *path, int (*remove)(const char *path))
{
	if (remove(path) < 0 && errno != ENOENT && errno != ENOTEMPTY)
		(void)!remove(path);
}

static void scratch_clear(const char *name)
{
	char path[PATH_MAX + 32];
	size_t file;

	for (file = 0; file < RESOLVER_FILES; file++) {
		snprintf(path, sizeof(path), SCRATCH "/%s/%s", name,
			 resolver_file_name((enum resolver_file)file));
		if (access(path, F_OK) == 0)
			remove_surely(path, unlink);
	}
	snprintf(path, sizeof(path), SCRATCH "/%s", name);
	remove_surely(path, rmdir);
}

/* With the directory around it, where nothing else is in that. */
static void scratch_remove(void)
{
	remove_surely(SCRATCH, rmdir);
	remove_surely(RESOLVER_DIRECTORY, rmdir);
}

static bool is_empty(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	bool empty = directory != NULL;

	while (empty && (entry = readdir(directory)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	if (directory)
		closedir(directory);
	return empty;
}

void resolver_directory_mend(void)
{
	DIR *directory = opendir(SCRATCH);
	const struct dirent *entry;

	if (directory) {
		while ((entry = readdir(directory)))
			if (entry->d_name[0] != '.' &&
			    unlinkat(dirfd(directory), entry->d_name, 0) < 0)
				scratch_clear(entry->d_name);
		closedir(directory);
		remove_surely(SCRATCH, rmdir);
	}
	if (is_empty(RESOLVER_DIRECTORY))
		remove_surely(RESOLVER_DIRECTORY, rmdir);
}

/* ---- writing ---- */

static int file_write(int directory, const char *name, const char *text, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	size_t length = strlen(text);
	int r;

	fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	/* Whoever enters the namespace reads it, whatever our umask. */
	if (fd >= 0 && fchmod(fd, 0644) == 0 && write(fd, text, length) == (ssize_t)length)
		return 0;
	r = error_set(err, errno ? errno : EIO, "write %s: %s", name, strerror(errno));
	if (fd >= 0)
		unlinkat(directory, name, 0);
	return r;
}

/* In place of what is there: at once for whoever reads it. */
static int file_replace(int directory, const char *name, const char *text, struct error *err)
{
	AUTO_CLOSE int scratch = -1;
	int r = scratch_make(err);

	if (r == 0)
		r = directory_open(SCRATCH, &scratch, err);
	if (r == 0)
		r = file_write(scratch, name, text, err);
	if (r == 0 && renameat(scratch, name, directory, name) < 0) {
		r = error_set(err, errno, "write %s: %s", name, strerror(errno));
		unlinkat(scratch, name, 0);
	}
	scratch_remove();
	return r;
}

static int file_put(int directory, const char *name, const char *live, const char *wanted,
		    struct error *err)
{
	if (text_equal(live, wanted))
		return 0;
	if (wanted)
		return file_replace(directory, name, wanted, err);
	if (unlinkat(directory, name, 0) < 0 && errno != ENOENT)
		return error_set(err, errno, "remove %s: %s", name, strerror(errno));
	return 0;
}

/* In a directory that others have files in, or that stays. */
static int change_directory(int directory, const struct contents *live,
			    const struct contents *wanted, struct error *err)
{
	struct error ignored;
	size_t file;
	int r = 0;

	for (file = 0; r >= 0 && file < RESOLVER_FILES; file++)
		r = file_put(directory, resolver_file_name((enum resolver_file)file),
			     live->texts[file], wanted->texts[file], err);
	if (r < 0)
		for (file--; file-- > 0;)
			(void)file_put(directory, resolver_file_name((enum resolver_file)file),
				       wanted->texts[file], live->texts[file], &ignored);
	return r;
}

static int make_directory(const char *name, const struct contents *wanted, struct error *err)
{
	char fresh[PATH_MAX], path[PATH_MAX];
	AUTO_CLOSE int directory = -1;
	size_t file;
	int r = directory_path(RESOLVER_DIRECTORY, name, path, err);

	if (r == 0)
		r = directory_path(SCRATCH, name, fresh, err);
	if (r == 0)
		r = scratch_make(err);
	if (r == 0 && mkdir(fresh, 0755) < 0)
		r = error_set(err, errno, "make %s: %s", fresh, strerror(errno));
	if (r == 0)
		r = directory_open(fresh, &directory, err);
	for (file = 0; r == 0 && file < RESOLVER_FILES; file++)
		if (wanted->texts[file])
			r = file_write(directory, resolver_file_name((enum resolver_file)file),
				       wanted->texts[file], err);
	if (r == 0 && rename(fresh, path) < 0)
		r = error_set(err, errno, "make %s: %s", path, strerror(errno));
	if (r < 0)
		scratch_clear(name);
	scratch_remove();
	return r;
}

static int remove_directory(const char *name, struct error *err)
{
	char path[PATH_MAX], doomed[PATH_MAX];
	int r = directory_path(RESOLVER_DIRECTORY, name, path, err);

	if (r == 0)
		r = directory_path(SCRATCH, name, doomed, err);
	if (r == 0)
		r = scratch_make(err);
	if (r == 0 && rename(path, doomed) < 0)
		r = error_set(err, errno, "remove %s: %s", path, strerror(errno));
	if (r == 0)
		scratch_clear(name);
	scratch_remove();
	return r;
}

/* Whether nothing is in a directory but what goes. */
static bool becomes_empty(int directory, const struct contents *live, const struct contents *wanted)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t file;
	bool empty = listing != NULL;

	if (!listing) {
		cleanup_close(&fd);
		return false;
	}
	while (empty && (entry = readdir(listing))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		empty = false;
		for (file = 0; file < RESOLVER_FILES; file++)
			if (live->texts[file] && !wanted->texts[file] &&
			    !strcmp(entry->d_name, resolver_file_name((enum resolver_file)file)))
				empty = true;
	}
	closedir(listing);
	return empty;
}

int contents_put(const char *name, const struct contents *live, const struct contents *wanted,
		 struct error *err)
{
	AUTO_CLOSE int directory = -1;
	char path[PATH_MAX];
	int r = directory_path(RESOLVER_DIRECTORY, name, path, err);

	if (r < 0 || contents_equal(live, wanted))
		return r;
	r = directory_open(path, &directory, err);
	if (r == -ENOENT)
		return make_directory(name, wanted, err);
	if (r < 0)
		return r;
	return becomes_empty(directory, live, wanted)
		       ? remove_directory(name, err)
		       : change_directory(directory, live, wanted, err);
}
