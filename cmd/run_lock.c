/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of the lock has one line of fixed length: how many writers there have been, and while one is at work its
 * process, since when, and what it does. A writer that was killed leaves its line, but not its lock.
 */
#include "cmd/run_lock.h"

#include "cmd/run_directory.h"

#include "model/cleanup.h"
#include "reconcile/scope.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE	 ".lock"
#define LOCK_PATH	 SCOPE_RUN_DIRECTORY "/" LOCK_FILE
#define AROUND		 "/run"
#define SYSCTL_DIRECTORY ".sysctl" /* of backends/sysctl/record.c */
#define LOCK_PAUSE_MS	 20
#define LINE_SIZE	 96

/* What the file says. */
struct writer {
	unsigned long long turn;
	int process; /* 0: none is at work */
	long long since;
	char command[32];
};

/* ---- the line ---- */

static struct writer writer_read(int fd)
{
	struct writer writer = { .process = 0 };
	char line[LINE_SIZE + 1];
	ssize_t length = pread(fd, line, LINE_SIZE, 0);

	line[length > 0 ? length : 0] = '\0';
	if (sscanf(line, "%llu %d %lld %31s", &writer.turn, &writer.process, &writer.since,
		   writer.command) < 1)
		writer.turn = 0;
	return writer;
}

/* At once for whoever reads it. -errno: readers would be misled. */
static int writer_write(int fd, const struct writer *writer)
{
	char line[LINE_SIZE + 1], text[LINE_SIZE];

	if (writer->process)
		snprintf(text, sizeof(text), "%llu %d %lld %.31s", writer->turn, writer->process,
			 writer->since, writer->command);
	else
		snprintf(text, sizeof(text), "%llu", writer->turn);
	snprintf(line, sizeof(line), "%-*s\n", LINE_SIZE - 1, text);
	return pwrite(fd, line, LINE_SIZE, 0) == LINE_SIZE ? 0 : -EIO;
}

/* "process 123 (vnetapply apply) has held the lock for 5 s" */
static int error_held(struct error *err, int fd)
{
	struct writer writer = writer_read(fd);
	long long seconds = (long long)time(NULL) - writer.since;

	if (!writer.process)
		return error_set(err, EAGAIN,
				 "another run holds the lock; try again, or --lock-timeout 1m");
	return error_set(err, EAGAIN,
			 "process %d (vnetapply %s) has held the lock for %lld s; try again, or "
			 "--lock-timeout 1m",
			 writer.process, writer.command, seconds > 0 ? seconds : 0);
}

/* ---- taking it ---- */

/* -ESTALE: it is being removed at this moment. */
static int run_directory_make(int *ret, struct error *err)
{
	int r;

	if (mkdir(SCOPE_RUN_DIRECTORY, 0700) < 0 && errno != EEXIST)
		return error_set(err, errno, "%s: %s", SCOPE_RUN_DIRECTORY, strerror(errno));
	r = run_directory_open(ret, err);
	return r == -ENOENT ? -ESTALE : r;
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

	return fstat(fd, &locked) == 0 && lstat(LOCK_PATH, &named) == 0 &&
	       locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

/* -ESTALE: what was locked is no longer in place. */
static int lock_once(int *ret, unsigned timeout_ms, struct error *err)
{
	AUTO_CLOSE int directory = -1, fd = -1;
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
	if (r == -EAGAIN)
		return error_held(err, fd);
	if (r < 0)
		return error_set(err, -r, "%s/%s: %s", SCOPE_RUN_DIRECTORY, LOCK_FILE,
				 strerror(-r));
	if (!is_in_place(fd))
		return -ESTALE;
	*ret = TAKE(fd);
	return 0;
}

int run_lock(int *ret, const char *command, unsigned timeout_ms, struct error *err)
{
	struct writer writer = { .process = (int)getpid(), .since = (long long)time(NULL) };
	struct timespec start;
	unsigned waited;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		waited = elapsed_ms(&start);
		r = lock_once(ret, waited < timeout_ms ? timeout_ms - waited : 0, err);
	} while (r == -ESTALE);
	if (r < 0)
		return r;
	writer.turn = writer_read(*ret).turn + 1;
	snprintf(writer.command, sizeof(writer.command), "%s", command);
	if (writer_write(*ret, &writer) == 0)
		return 0;
	run_unlock(ret);
	*ret = -1;
	return error_set(err, EIO, "%s cannot be written", LOCK_PATH);
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
 * Who waits for the file that is removed here finds that out, and makes a new one; then the directory stays. That one is
 * not ours to remove, or two would hold the lock. Tried twice, as nobody else would.
 */
void run_unlock(int *lock)
{
	AUTO_CLOSE int directory = -1;
	struct writer writer;
	struct error ignored;
	int tries;

	if (*lock >= 0) {
		writer = writer_read(*lock);
		writer.process = 0;
		(void)!writer_write(*lock, &writer); /* without the lock it means nothing */
	}
	if (*lock >= 0 && run_directory_open(&directory, &ignored) == 0)
		unlinkat(directory, SYSCTL_DIRECTORY, AT_REMOVEDIR); /* if empty */
	for (tries = 0; directory >= 0 && tries < 2 && is_lock_alone(directory); tries++) {
		if (is_in_place(*lock))
			unlinkat(directory, LOCK_FILE, 0);
		if (rmdir(SCOPE_RUN_DIRECTORY) == 0)
			break;
	}
	cleanup_close(lock);
}

/* ---- readers ---- */

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* What there is to be seen, and the lock's file, -1 for none. */
static int watch_look(struct run_watch *ret)
{
	AUTO_CLOSE int fd = open(LOCK_PATH, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat info;

	*ret = (struct run_watch){ .inode = 0 };
	if (fd >= 0 && fstat(fd, &info) == 0) {
		ret->device = info.st_dev;
		ret->inode = info.st_ino;
		ret->turn = writer_read(fd).turn;
	} else if (stat(AROUND, &info) == 0) {
		ret->around = info.st_mtim;
	}
	return TAKE(fd);
}

/* Of one that was killed only the line is left. To find out the lock is held for a moment where nobody has it. */
static bool is_at_work(int fd)
{
	if (fd < 0 || !writer_read(fd).process)
		return false;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	flock(fd, LOCK_UN);
	return false;
}

int run_watch(struct run_watch *ret, unsigned timeout_ms, struct error *err)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		AUTO_CLOSE int fd = watch_look(ret);

		if (!is_at_work(fd))
			return 0;
		if (elapsed_ms(&start) >= timeout_ms)
			return error_held(err, fd);
		nanosleep(&pause, NULL);
	}
}

bool run_watch_holds(const struct run_watch *watch)
{
	struct run_watch now;
	AUTO_CLOSE int fd = watch_look(&now);

	return !is_at_work(fd) && now.device == watch->device && now.inode == watch->inode &&
	       now.turn == watch->turn && same_time(&now.around, &watch->around);
}
