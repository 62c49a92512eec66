/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything is opened below the directory's descriptor, after that was found to be ours. */
#include "cmd/run_directory.h"

#include "model/cleanup.h"
#include "reconcile/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define LOCK_FILE     ".lock"
#define INPUTS_FILE   "inputs"
#define PROTOCOL_FILE "protocol"
#define LOCK_PAUSE_MS 20
#define DIGEST_MAX    128

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

int run_directory_make(struct error *err)
{
	AUTO_CLOSE int fd = -1;

	if (mkdir(SCOPE_RUN_DIRECTORY, 0700) < 0 && errno != EEXIST)
		return error_set(err, errno, "%s: %s", SCOPE_RUN_DIRECTORY, strerror(errno));
	return open_directory(&fd, err);
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

int run_lock(int *ret, unsigned timeout_ms, struct error *err)
{
	AUTO_CLOSE int directory = -1, fd = -1;
	char holder[64];
	int r;

	r = open_directory(&directory, err);
	if (r < 0)
		return r;
	fd = openat(directory, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set(err, errno, "%s/%s: %s", SCOPE_RUN_DIRECTORY, LOCK_FILE,
				 strerror(errno));
	r = wait_for_lock(fd, timeout_ms);
	if (r == -EAGAIN) {
		describe_holder(fd, holder, sizeof(holder));
		return error_set(err, EAGAIN, "%s holds the lock; try again, or --lock-timeout 1m",
				 holder);
	}
	if (r < 0)
		return error_set(err, -r, "%s/%s: %s", SCOPE_RUN_DIRECTORY, LOCK_FILE,
				 strerror(-r));
	/* Only a message depends on it. */
	if (ftruncate(fd, 0) == 0)
		dprintf(fd, "%d\n", (int)getpid());
	*ret = TAKE(fd);
	return 0;
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

/* "" if there is none. */
static void read_record(const char *topology, const char *name, char *ret, size_t size)
{
	AUTO_CLOSE int directory = open_record_directory(topology, false);
	AUTO_CLOSE int fd = -1;
	ssize_t length;

	ret[0] = '\0';
	if (directory < 0)
		return;
	fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	length = read(fd, ret, size - 1);
	ret[length > 0 ? length : 0] = '\0';
}

static void write_record(const char *topology, const char *name, const char *text)
{
	AUTO_CLOSE int directory = open_record_directory(topology, true);
	AUTO_CLOSE int fd = -1;

	if (directory < 0)
		return;
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		dprintf(fd, "%s", text);
}

bool run_record_matches(const char *topology, const char *digest)
{
	char text[DIGEST_MAX];

	read_record(topology, INPUTS_FILE, text, sizeof(text));
	return !strcmp(text, digest);
}

void run_record_write(const char *topology, const char *digest)
{
	write_record(topology, INPUTS_FILE, digest);
}

uint8_t run_record_protocol(const char *topology)
{
	char text[8];
	unsigned long number;

	read_record(topology, PROTOCOL_FILE, text, sizeof(text));
	number = strtoul(text, NULL, 10);
	return number >= SCOPE_PROTOCOL_MIN && number <= SCOPE_PROTOCOL_MAX ? (uint8_t)number : 0;
}

void run_record_write_protocol(const char *topology, uint8_t protocol)
{
	char text[8];

	snprintf(text, sizeof(text), "%u", protocol);
	write_record(topology, PROTOCOL_FILE, text);
}

void run_record_remove(const char *topology)
{
	AUTO_CLOSE int top = -1;
	AUTO_CLOSE int directory = open_record_directory(topology, false);
	struct error err;

	if (directory < 0)
		return;
	unlinkat(directory, INPUTS_FILE, 0);
	unlinkat(directory, PROTOCOL_FILE, 0);
	/* Fails while others keep something there. */
	if (open_directory(&top, &err) == 0)
		unlinkat(top, topology, AT_REMOVEDIR);
}
