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

#define LOCK_FILE	 ".lock"
#define SYSCTL_DIRECTORY ".sysctl" /* of backends/sysctl/record.c */
#define INPUTS_FILE	 "inputs"
#define PROTOCOL_FILE	 "protocol"
#define LOCK_PAUSE_MS	 20
#define DIGEST_MAX	 128
#define TEMPORARY_FILE	 ".new"

static int open_directory(int *ret, struct error *err)
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

/* -ESTALE: it is being removed at this moment. */
static int run_directory_make(int *ret, struct error *err)
{
	int r;

	if (mkdir(SCOPE_RUN_DIRECTORY, 0700) < 0 && errno != EEXIST)
		return error_set(err, errno, "%s: %s", SCOPE_RUN_DIRECTORY, strerror(errno));
	r = open_directory(ret, err);
	return r == -ENOENT ? -ESTALE : r;
}

/* "process 123 (vnetapply)", from what the holder wrote into the file. */
static void describe_holder(int fd, char *ret, size_t size)
{
	char text[16] = "", path[64], name[32] = "";
	AUTO_FILE FILE *file = NULL;
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
	long pid = length > 0 ? strtol(text, NULL, 10) : 0;

	snprintf(ret, size, "another run");
	if (pid <= 0)
		return;
	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	file = fopen(path, "re");
	if (file && fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = '\0';
	snprintf(ret, size, name[0] ? "process %ld (%s)" : "process %ld", pid, name);
}

static unsigned elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)((now.tv_sec - since->tv_sec) * 1000 +
			  (now.tv_nsec - since->tv_nsec) / 1000000);
}

/* flock has no timeout; polling needs no alarm signal that could hit something else. */
static int wait_for_lock(int fd, unsigned timeout_ms)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (elapsed_ms(&start) >= timeout_ms)
			return -EAGAIN;
		nanosleep(&pause, NULL);
	}
}

/* Whether the path still leads to what was locked: the last holder may have removed it meanwhile. */
static bool is_in_place(int fd)
{
	struct stat locked, named;

	return fstat(fd, &locked) == 0 && lstat(SCOPE_RUN_DIRECTORY "/" LOCK_FILE, &named) == 0 &&
	       locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

/* -ESTALE: what was locked is no longer in place. */
static int lock_once(int *ret, unsigned timeout_ms, struct error *err)
{
	AUTO_CLOSE int directory = -1, fd = -1;
	char holder[64];
	int r = run_directory_make(&directory, err);

	if (r < 0)
		return r;
	fd = openat(directory, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ENOENT)
		return -ESTALE;
	if (fd < 0) {
		r = error_set(err, errno, "%s/%s: %s", SCOPE_RUN_DIRECTORY, LOCK_FILE,
			      strerror(errno));
		rmdir(SCOPE_RUN_DIRECTORY); /* if we have just made it */
		return r;
	}
	r = wait_for_lock(fd, timeout_ms);
	if (r == -EAGAIN) {
		describe_holder(fd, holder, sizeof(holder));
		return error_set(err, EAGAIN, "%s holds the lock; try again, or --lock-timeout 1m",
				 holder);
	}
	if (r < 0)
		return error_set(err, -r, "%s/%s: %s", SCOPE_RUN_DIRECTORY, LOCK_FILE,
				 strerror(-r));
	if (!is_in_place(fd))
		return -ESTALE;
	*ret = TAKE(fd);
	return 0;
}

int run_lock(int *ret, unsigned timeout_ms, struct error *err)
{
	struct timespec start;
	unsigned waited;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		waited = elapsed_ms(&start);
		r = lock_once(ret, waited < timeout_ms ? timeout_ms - waited : 0, err);
	} while (r == -ESTALE);
	/* Only a message depends on it. */
	if (r == 0 && ftruncate(*ret, 0) == 0)
		dprintf(*ret, "%d\n", (int)getpid());
	return r;
}

static bool is_lock_alone(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool alone = listing != NULL;

	if (!listing) {
		cleanup_close(&fd);
		return false;
	}
	while (alone && (entry = readdir(listing)))
		alone = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
			!strcmp(entry->d_name, LOCK_FILE);
	closedir(listing);
	return alone;
}

/*
 * Who waits for the file that is removed here finds that out, and makes a new one; then the directory stays. Tried
 * twice, as nobody else would.
 */
void run_unlock(int *lock)
{
	AUTO_CLOSE int directory = -1;
	struct error ignored;
	int tries;

	if (*lock >= 0 && open_directory(&directory, &ignored) == 0)
		unlinkat(directory, SYSCTL_DIRECTORY, AT_REMOVEDIR); /* if empty */
	for (tries = 0; directory >= 0 && tries < 2 && is_lock_alone(directory); tries++) {
		unlinkat(directory, LOCK_FILE, 0);
		if (rmdir(SCOPE_RUN_DIRECTORY) == 0)
			break;
	}
	cleanup_close(lock);
}

/* ---- record ---- */

static int open_record_directory(const char *topology, bool make)
{
	AUTO_CLOSE int directory = -1;
	struct error err;

	if (open_directory(&directory, &err) < 0)
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

	if (open_directory(&directory, &ignored) < 0)
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
	static const char *const suffixes[] = { ".sock", ".conf", ".log" };
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
	return open_directory(&top, &err) < 0 || unlinkat(top, topology, AT_REMOVEDIR) == 0;
}

/* Others may keep something there. If not, it is tried again: nobody else would. */
void run_record_remove(const char *topology)
{
	if (!remove_record(topology))
		remove_record(topology);
}
