/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One small text file for each key of each namespace, lines of a word and a value. The directory is for root alone and
 * nothing in it is opened through a link.
 */
#include "backends/sysctl/record.h"

#include "model/cleanup.h"
#include "model/text.h"
#include "reconcile/backend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define DIRECTORY  SCOPE_RUN_DIRECTORY "/.sysctl"
#define RECORD_MAX (1 << 20)
#define TEMPORARY  ".new"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

int record_cookie(uint64_t *ret, struct error *err)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*ret);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret, &size) < 0)
		return error_set(err, errno, "cannot tell this network namespace from others: %s",
				 strerror(errno));
	return 0;
}

/* -ENOENT: there is none yet. */
static int open_directory(int *ret, struct error *err)
{
	AUTO_CLOSE int fd = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return error_set(err, EPERM,
				 DIRECTORY " is a symbolic link, or no directory: remove it");
	if (fd < 0 || fstat(fd, &status) < 0)
		return error_set(err, errno, DIRECTORY ": %s", strerror(errno));
	if (status.st_uid != geteuid() || status.st_mode & 077)
		return error_set(err, EPERM,
				 DIRECTORY
				 ": it must be yours, and nobody else's to read or write");
	*ret = TAKE(fd);
	return 0;
}

static int make_directory(int *ret, struct error *err)
{
	if ((mkdir(SCOPE_RUN_DIRECTORY, 0700) < 0 && errno != EEXIST) ||
	    (mkdir(DIRECTORY, 0700) < 0 && errno != EEXIST))
		return error_set(err, errno, "make " DIRECTORY ": %s", strerror(errno));
	return open_directory(ret, err);
}

/* "00000000000015a3 net.ipv4.conf.eth0,5.forwarding": for people; what counts stands in the file. */
static int file_name(const struct undo_record *record, char ret[NAME_MAX + 1], struct error *err)
{
	int n = snprintf(ret, NAME_MAX + 1 - sizeof(TEMPORARY), "%016llx %s",
			 (unsigned long long)record->cookie, record->path);
	char *c;

	if (n >= (int)(NAME_MAX + 1 - sizeof(TEMPORARY)))
		return error_set(err, ENAMETOOLONG, "%s: name too long", record->path);
	for (c = ret; *c; c++)
		*c = *c == '/' ? '.' : *c == '.' ? ',' : *c;
	return 0;
}

struct record_line *record_owner(const struct undo_record *record, const char *topology)
{
	size_t i;

	for (i = 0; i < record->n_owners; i++)
		if (strcmp(record->owners[i].name, topology) == 0)
			return &record->owners[i];
	return NULL;
}

static void add_line(struct record_line **lines, size_t *n, const char *name, const char *value,
		     struct arena *arena)
{
	struct record_line *more = arena_alloc(arena, (*n + 1) * sizeof(*more));

	if (*n)
		memcpy(more, *lines, *n * sizeof(*more));
	more[*n] = (struct record_line){ arena_strdup(arena, name), arena_strdup(arena, value) };
	*lines = more;
	++*n;
}

void record_add_owner(struct undo_record *record, const char *topology, const char *value,
		      struct arena *arena)
{
	record_remove_owner(record, topology);
	add_line(&record->owners, &record->n_owners, topology, value, arena);
}

void record_remove_owner(struct undo_record *record, const char *topology)
{
	struct record_line *owner = record_owner(record, topology);

	if (!owner)
		return;
	memmove(owner, owner + 1,
		(size_t)(record->owners + record->n_owners - owner - 1) * sizeof(*owner));
	record->n_owners--;
}

void record_add_spread(struct undo_record *record, const char *path, const char *value,
		       struct arena *arena)
{
	add_line(&record->spread, &record->n_spread, path, value, arena);
}

/* Cuts "word rest" in two, in place; rest may be empty. */
static char *cut(char *line)
{
	char *rest = line + strcspn(line, " ");

	if (*rest)
		*rest++ = '\0';
	return rest;
}

static bool parse_line(struct undo_record *record, char *line, struct arena *arena)
{
	char *value = cut(line), *more;
	unsigned long long cookie;

	if (strcmp(line, "namespace") == 0) {
		more = cut(value);
		if (sscanf(value, "%llx", &cookie) != 1)
			return false;
		record->cookie = cookie;
		record->place = more;
	} else if (strcmp(line, "path") == 0) {
		record->path = value;
	} else if (strcmp(line, "interface") == 0) {
		return sscanf(value, "%u", &record->ifindex) == 1;
	} else if (strcmp(line, "original") == 0) {
		record->original = value;
	} else if (strcmp(line, "written") == 0) {
		record->written = value;
	} else if (strcmp(line, "owner") == 0) {
		more = cut(value);
		record_add_owner(record, value, more, arena);
	} else if (strcmp(line, "spread") == 0) {
		more = cut(value);
		record_add_spread(record, value, more, arena);
	} else {
		return false;
	}
	return true;
}

static int parse(struct undo_record *record, char *text, struct arena *arena)
{
	while (*text) {
		char *end = strchr(text, '\n');

		if (!end)
			return -EBADMSG;
		*end = '\0';
		if (!parse_line(record, text, arena))
			return -EBADMSG;
		text = end + 1;
	}
	return record->path && record->place && record->original && record->written ? 0 : -EBADMSG;
}

static int load(int directory, const char *name, struct undo_record **ret, struct arena *arena,
		struct error *err)
{
	AUTO_CLOSE int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct undo_record *record = ARENA_NEW(arena, struct undo_record);
	struct stat status;
	char *text;
	ssize_t n;

	if (fd < 0 || fstat(fd, &status) < 0)
		return error_set(err, errno, DIRECTORY "/%s: %s", name, strerror(errno));
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || status.st_size > RECORD_MAX)
		return error_set(err, EPERM, DIRECTORY "/%s: not a record of ours", name);
	text = arena_alloc(arena, (size_t)status.st_size + 1);
	n = read(fd, text, (size_t)status.st_size);
	if (n < 0)
		return error_set(err, errno, DIRECTORY "/%s: %s", name, strerror(errno));
	text[n] = '\0';
	if (parse(record, text, arena) < 0)
		return error_set(err, EBADMSG, DIRECTORY "/%s: not a record of ours; remove it",
				 name);
	*ret = record;
	return 0;
}

static bool is_temporary(const char *name)
{
	size_t length = strlen(name), end = strlen(TEMPORARY);

	return length >= end && strcmp(name + length - end, TEMPORARY) == 0;
}

int records_load(struct undo_record ***ret, size_t *n, struct arena *arena, struct error *err)
{
	size_t room = 0;
	const struct dirent *entry;
	DIR *directory;
	int fd = -1, r = open_directory(&fd, err);

	*ret = NULL;
	*n = 0;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		return error_set(err, errno, DIRECTORY ": %s", strerror(errno));
	}
	while (r >= 0 && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || is_temporary(entry->d_name))
			continue;
		if (*n == room) {
			struct undo_record **more = arena_alloc(
				arena, (room = 2 * room + 16) * sizeof(struct undo_record *));

			if (*n)
				memcpy(more, *ret, *n * sizeof(struct undo_record *));
			*ret = more;
		}
		r = load(dirfd(directory), entry->d_name, &(*ret)[*n], arena, err);
		*n += r >= 0;
	}
	closedir(directory);
	return r < 0 ? r : 0;
}

static void print(const struct undo_record *record, struct text *ret)
{
	size_t i;

	text_add(ret, "namespace %llx %s\npath %s\ninterface %u\noriginal %s\nwritten %s\n",
		 (unsigned long long)record->cookie, record->place, record->path, record->ifindex,
		 record->original, record->written);
	for (i = 0; i < record->n_owners; i++)
		text_add(ret, "owner %s %s\n", record->owners[i].name, record->owners[i].value);
	for (i = 0; i < record->n_spread; i++)
		text_add(ret, "spread %s %s\n", record->spread[i].name, record->spread[i].value);
}

int record_save(const struct undo_record *record, struct error *err)
{
	AUTO_CLOSE int directory = -1, fd = -1;
	AUTO_TEXT struct text text = { 0 };
	char name[NAME_MAX + 1], temporary[NAME_MAX + 1];
	int r = make_directory(&directory, err);

	if (r >= 0)
		r = file_name(record, name, err);
	if (r < 0)
		return r;
	snprintf(temporary, sizeof(temporary), "%.*s%s", (int)(NAME_MAX - strlen(TEMPORARY)), name,
		 TEMPORARY);
	print(record, &text);
	unlinkat(directory, temporary, 0);
	fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0 || write(fd, text_get(&text), text.length) != (ssize_t)text.length ||
	    renameat(directory, temporary, directory, name) < 0) {
		r = error_set(err, errno ? errno : EIO, DIRECTORY "/%s: %s", name, strerror(errno));
		unlinkat(directory, temporary, 0);
		return r;
	}
	return 0;
}

int record_remove(const struct undo_record *record, struct error *err)
{
	AUTO_CLOSE int directory = -1;
	char name[NAME_MAX + 1];
	int r = open_directory(&directory, err);

	if (r == -ENOENT)
		return 0;
	if (r >= 0)
		r = file_name(record, name, err);
	if (r < 0)
		return r;
	if (unlinkat(directory, name, 0) < 0 && errno != ENOENT)
		return error_set(err, errno, DIRECTORY "/%s: %s", name, strerror(errno));
	rmdir(DIRECTORY); /* if that was the last */
	return 0;
}

int records_mend(struct error *err)
{
	const struct dirent *entry;
	DIR *directory;
	int fd = -1, r = open_directory(&fd, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		return error_set(err, errno, DIRECTORY ": %s", strerror(errno));
	}
	while ((entry = readdir(directory)))
		if (is_temporary(entry->d_name))
			unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
	return 0;
}
