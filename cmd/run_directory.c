/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything is opened below the directory's descriptor, after that was found to be ours. */
#include "cmd/run_directory.h"

#include "model/cleanup.h"
#include "model/text.h"
#include "reconcile/scope.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define INPUTS_FILE    "inputs"
#define PROTOCOL_FILE  "protocol"
#define DIGEST_MAX     128
#define TEMPORARY_FILE ".new"

int run_directory_open(int *ret, struct error *err)
{
	AUTO_CLOSE int fd =
		open(SCOPE_RUN_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat info;

	if (fd < 0)
		return error_set(err, errno, "%s: %s", SCOPE_RUN_DIRECTORY, strerror(errno));
	if (fstat(fd, &info) < 0)
		return error_set(err, errno, "%s: %s", SCOPE_RUN_DIRECTORY, strerror(errno));
	if (info.st_uid != geteuid() || info.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, EPERM,
				 "%s belongs to user %u with mode %04o, not to %u alone",
				 SCOPE_RUN_DIRECTORY, info.st_uid, info.st_mode & 07777, geteuid());
	*ret = TAKE(fd);
	return 0;
}

static int open_record_directory(const char *topology, bool make)
{
	AUTO_CLOSE int directory = -1;
	struct error err;

	if (run_directory_open(&directory, &err) < 0)
		return -1;
	if (make)
		mkdirat(directory, topology, 0700);
	return openat(directory, topology, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Neither through a link nor from a pipe, whoever put them there. -1: there is no such record. */
static int open_record(const char *topology, const char *name)
{
	AUTO_CLOSE int directory = open_record_directory(topology, false);
	AUTO_CLOSE int fd = -1;
	struct stat status;

	if (directory >= 0)
		fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    status.st_uid != geteuid())
		return -1;
	return TAKE(fd);
}

/* "" if there is none. */
static void read_record(const char *topology, const char *name, char *ret, size_t size)
{
	AUTO_CLOSE int fd = open_record(topology, name);
	ssize_t length;

	ret[0] = '\0';
	if (fd < 0)
		return;
	length = read(fd, ret, size - 1);
	ret[length > 0 ? length : 0] = '\0';
}

static int write_record(const char *topology, const char *name, const char *text)
{
	AUTO_CLOSE int directory = open_record_directory(topology, true);
	AUTO_CLOSE int fd = -1;

	if (directory >= 0)
		fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			    0600);
	return fd >= 0 && dprintf(fd, "%s", text) >= 0 ? 0 : -errno;
}

bool run_record_matches(const char *topology, const char *digest)
{
	char text[DIGEST_MAX];

	read_record(topology, INPUTS_FILE, text, sizeof(text));
	return !strcmp(text, digest);
}

void run_record_write(const char *topology, const char *digest)
{
	(void)!write_record(topology, INPUTS_FILE, digest);
}

uint8_t run_record_protocol(const char *topology)
{
	char text[8];
	unsigned long number;

	read_record(topology, PROTOCOL_FILE, text, sizeof(text));
	number = strtoul(text, NULL, 10);
	return number >= SCOPE_PROTOCOL_MIN && number <= SCOPE_PROTOCOL_MAX ? (uint8_t)number : 0;
}

void run_record_holders(struct scope *scope, struct arena *arena)
{
	AUTO_CLOSE int directory = -1;
	const struct dirent *entry;
	struct error ignored;
	DIR *listing;

	if (run_directory_open(&directory, &ignored) < 0)
		return;
	listing = fdopendir(directory);
	if (!listing)
		return;
	directory = -1; /* the listing's */
	while ((entry = readdir(listing)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, scope->topology) != 0)
			scope_set_holder(scope, run_record_protocol(entry->d_name),
					 arena_strdup(arena, entry->d_name));
	closedir(listing);
}

char *run_record_text(const char *topology, const char *name, struct arena *arena)
{
	AUTO_CLOSE int fd = open_record(topology, name);
	AUTO_TEXT struct text text = { 0 };
	char buffer[4096];
	ssize_t length;

	while (fd >= 0 && (length = read(fd, buffer, sizeof(buffer))) > 0)
		text_add_bytes(&text, buffer, (size_t)length);
	return arena_strdup(arena, text_get(&text));
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);
	ssize_t length;

	while (left) {
		length = write(fd, text, left);
		if (length < 0 && errno != EINTR)
			return -errno;
		if (length < 0)
			continue;
		text += length;
		left -= (size_t)length;
	}
	return 0;
}

int run_record_replace(const char *topology, const char *name, const char *text, struct error *err)
{
	AUTO_CLOSE int directory = open_record_directory(topology, text[0] != '\0');
	AUTO_CLOSE int fd = -1;
	int r = 0;

	if (!text[0]) {
		if (directory >= 0 && unlinkat(directory, name, 0) < 0 && errno != ENOENT)
			r = -errno;
	} else {
		if (directory >= 0)
			fd = openat(directory, TEMPORARY_FILE,
				    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
		r = fd < 0 ? -errno : write_all(fd, text);
		if (!r && renameat(directory, TEMPORARY_FILE, directory, name) < 0)
			r = -errno;
		if (r < 0 && fd >= 0)
			unlinkat(directory, TEMPORARY_FILE, 0);
	}
	return r < 0 ? error_set(err, -r, "%s/%s/%s: %s", SCOPE_RUN_DIRECTORY, topology, name,
				 strerror(-r))
		     : 0;
}

int run_record_write_protocol(const char *topology, uint8_t protocol, struct error *err)
{
	char text[8];

	if (run_record_protocol(topology) == protocol)
		return 0;
	snprintf(text, sizeof(text), "%u", protocol);
	return run_record_replace(topology, PROTOCOL_FILE, text, err);
}

int run_record_open(const char *topology, const char *name)
{
	AUTO_CLOSE int directory = open_record_directory(topology, true);

	return directory < 0 ? -1
			     : openat(directory, name,
				      O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
}

void run_record_overwrite(const char *topology, const char *name, const char *text)
{
	AUTO_CLOSE int directory = open_record_directory(topology, false);
	AUTO_CLOSE int fd = -1;

	if (directory >= 0)
		fd = openat(directory, name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		(void)!write_all(fd, text);
}

int run_record_lock(const char *topology)
{
	AUTO_CLOSE int directory = open_record_directory(topology, false);

	while (directory >= 0 && flock(directory, LOCK_EX) < 0)
		if (errno != EINTR)
			return -1;
	return TAKE(directory);
}

/* What a worker leaves that was killed, or whose starter was. */
static bool is_of_worker(const char *name)
{
	static const char *const suffixes[] = { ".sock", ".conf", ".peers", ".log" };
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot && i < ARRAY_SIZE(suffixes); i++)
		if (!strcmp(dot, suffixes[i]))
			return true;
	return false;
}

static void remove_worker_files(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!listing) {
		cleanup_close(&fd);
		return;
	}
	while ((entry = readdir(listing)))
		if (is_of_worker(entry->d_name))
			unlinkat(directory, entry->d_name, 0);
	closedir(listing);
}

static bool remove_record(const char *topology)
{
	AUTO_CLOSE int top = -1;
	AUTO_CLOSE int directory = open_record_directory(topology, false);
	static const char *const names[] = { INPUTS_FILE,   PROTOCOL_FILE, TEMPORARY_FILE,
					     RUN_PROTECTED, RUN_PENDING,   RUN_BEFORE,
					     RUN_GUARD,	    RUN_FINDINGS,  RUN_GUARD_LOG };
	struct error err;
	size_t i;

	if (directory < 0)
		return true;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		unlinkat(directory, names[i], 0);
	remove_worker_files(directory);
	return run_directory_open(&top, &err) < 0 || unlinkat(top, topology, AT_REMOVEDIR) == 0;
}

/* Others may keep something there. If not, it is tried again: nobody else would. */
void run_record_remove(const char *topology)
{
	if (!remove_record(topology))
		remove_record(topology);
}
