/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading files and listing directories. A FIFO or a device is refused: reading it could wait for ever. */
#include "model/document_files.h"

#include "model/cleanup.h"
#include "model/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

static int too_large(const char *name, struct error *err)
{
	return error_set(err, EFBIG, "%s: larger than %u MiB", name, DOCUMENT_FILE_MAX >> 20);
}

/* Up to DOCUMENT_FILE_MAX + 1 bytes. */
static int read_all(int fd, const char *name, struct text *ret, struct error *err)
{
	char buffer[65536];
	ssize_t got;

	while (ret->length <= DOCUMENT_FILE_MAX) {
		got = read(fd, buffer, sizeof(buffer));
		if (got == 0)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(err, errno, "%s: %s", name, strerror(errno));
		text_add_bytes(ret, buffer, (size_t)got);
	}
	return too_large(name, err);
}

/* Only a regular file can be trusted to end; standard input is the user's own choice. */
static int check_kind(const struct stat *status, const char *path, bool is_stdin, struct error *err)
{
	if (S_ISDIR(status->st_mode))
		return error_set(err, EISDIR, "%s: is a directory", path);
	if (!is_stdin && !S_ISREG(status->st_mode))
		return error_set(err, EINVAL,
				 "%s: not a regular file; for a pipe write \"-\", standard input",
				 path);
	if (S_ISREG(status->st_mode) && status->st_size > DOCUMENT_FILE_MAX)
		return too_large(path, err);
	return 0;
}

int document_file_read(struct document_file *ret, const char *path, struct arena *arena,
		       struct error *err)
{
	bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "<stdin>" : path;
	AUTO_TEXT struct text text = { 0 };
	AUTO_CLOSE int fd = -1;
	struct stat status;
	int result;

	fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
		      : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0)
		return error_set(err, errno, "%s: %s", name, strerror(errno));
	result = check_kind(&status, name, is_stdin, err);
	if (!result)
		result = read_all(fd, name, &text, err);
	if (result)
		return result;
	*ret = (struct document_file){
		.name = arena_strdup(arena, name),
		.text = arena_strndup(arena, text_get(&text), text.length),
		.length = text.length,
		.device = status.st_dev,
		.inode = status.st_ino,
	};
	return 0;
}

bool document_is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void add_path(struct document_paths *paths, const char *path, struct arena *arena)
{
	/* Room is a power of two, so it is used up when n is one. */
	if ((paths->n & (paths->n - 1)) == 0) {
		const char **larger =
			arena_alloc(arena, (paths->n ? 2 * paths->n : 1) * sizeof(*larger));

		if (paths->n)
			memcpy(larger, paths->paths, paths->n * sizeof(*larger));
		paths->paths = larger;
	}
	paths->paths[paths->n++] = path;
}

static int compare_paths(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void sort_paths(struct document_paths *paths)
{
	if (paths->n)
		qsort(paths->paths, paths->n, sizeof(*paths->paths), compare_paths);
}

static bool is_yaml_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] != '.' && dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

int document_directory_list(struct document_paths *ret, const char *path, struct arena *arena,
			    struct error *err)
{
	struct document_paths paths = { 0 };
	size_t length = strlen(path);
	struct dirent *entry;
	DIR *directory = opendir(path);

	if (!directory)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	while (length > 1 && path[length - 1] == '/')
		length--;
	while ((entry = readdir(directory))) {
		char *file;

		if (!is_yaml_name(entry->d_name))
			continue;
		file = arena_printf(arena, "%.*s/%s", (int)length, path, entry->d_name);
		if (!document_is_directory(file))
			add_path(&paths, file, arena);
	}
	closedir(directory);
	if (!paths.n)
		return error_set(err, ENOENT, "%s: no *.yaml or *.yml file in this directory",
				 path);
	sort_paths(&paths);
	*ret = paths;
	return 0;
}

bool document_is_pattern(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

/* The directory of `file` is no pattern, whatever its name; and the pattern may be absolute. */
static void full_pattern(struct text *ret, const char *pattern, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *c;

	for (c = file; pattern[0] != '/' && slash && c <= slash; c++)
		text_add(ret, "%s%c", strchr("*?[]\\", *c) ? "\\" : "", *c);
	text_add(ret, "%s", pattern);
}

int document_pattern_list(struct document_paths *ret, const char *pattern, const char *file,
			  struct arena *arena, struct error *err)
{
	AUTO_TEXT struct text full = { 0 };
	struct document_paths paths = { 0 };
	glob_t found;
	size_t i;
	int result;

	full_pattern(&full, pattern, file);
	result = glob(text_get(&full), GLOB_NOSORT, NULL, &found);
	if (result == GLOB_NOSPACE)
		arena_check(NULL);
	if (result && result != GLOB_NOMATCH)
		return error_set(err, EIO, "%s: cannot be read", text_get(&full));
	for (i = 0; !result && i < found.gl_pathc; i++)
		add_path(&paths, arena_strdup(arena, found.gl_pathv[i]), arena);
	globfree(&found);
	sort_paths(&paths);
	*ret = paths;
	return 0;
}
