/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock is on the base directory, which is removed with its last record: who waited for it looks again. */
#include "backends/sim/record.h"

#include "model/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOCK_INTERVAL_MS 50

static void join(char ret[PATH_MAX], const char *directory, const char *file)
{
	if (snprintf(ret, PATH_MAX, "%s/%s", directory, file) >= PATH_MAX)
		ret[0] = '\0'; /* opens nothing */
}

/* In a directory of others somebody else could tell us which processes to end. */
static int check_ours(const char *path, struct error *err)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return errno == ENOENT ? 0 : error_set(err, errno, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || status.st_mode & 022)
		return error_set(err, EPERM,
				 "%s: expected a directory that only its owner, you, may write to",
				 path);
	return 0;
}

int sim_record_base(char ret[PATH_MAX], struct error *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *temporary = getenv("TMPDIR");
	int n;

	if (geteuid() == 0)
		n = snprintf(ret, PATH_MAX, "/run/vnetapply-sim");
	else if (runtime && *runtime)
		n = snprintf(ret, PATH_MAX, "%s/vnetapply-sim", runtime);
	else
		n = snprintf(ret, PATH_MAX, "%s/vnetapply-sim-%u",
			     temporary && *temporary ? temporary : "/tmp", (unsigned)geteuid());
	if (n >= PATH_MAX)
		return error_set(err, ENAMETOOLONG, "the directory for run-time files: %s",
				 strerror(ENAMETOOLONG));
	return check_ours(ret, err);
}

/* Whether the descriptor is still what the path names. */
static bool is_current(int fd, const char *path)
{
	struct stat ours, named;

	return fstat(fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_dev == named.st_dev &&
	       ours.st_ino == named.st_ino;
}

int sim_record_lock(const char *base, int timeout_ms, struct error *err)
{
	for (;;) {
		AUTO_CLOSE int fd = -1;

		if (mkdir(base, 0700) < 0 && errno != EEXIST)
			return error_set(err, errno, "%s: %s", base, strerror(errno));
		fd = open(base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return error_set(err, errno, "%s: %s", base, strerror(errno));
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_current(fd, base))
			return check_ours(base, err) < 0 ? -err->code : TAKE(fd);
		if (timeout_ms <= 0)
			return error_set(err, EAGAIN,
					 "another run is changing simulations (lock on %s)", base);
		(void)poll(NULL, 0, LOCK_INTERVAL_MS);
		timeout_ms -= LOCK_INTERVAL_MS;
	}
}

struct process sim_record_read(const char *directory, const char *file)
{
	struct process process = { 0 };
	AUTO_FILE FILE *stream = NULL;
	char path[PATH_MAX];

	join(path, directory, file);
	stream = fopen(path, "re");
	if (!stream || fscanf(stream, "%d %" SCNu64, &process.pid, &process.start) != 2)
		return (struct process){ 0 };
	return process;
}

int sim_record_write(const char *directory, const char *file, const struct process *process,
		     struct error *err)
{
	AUTO_CLOSE int fd = -1;
	char path[PATH_MAX], text[64];
	const int n =
		snprintf(text, sizeof(text), "%d %" PRIu64 "\n", process->pid, process->start);

	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return error_set(err, errno, "%s: %s", directory, strerror(errno));
	join(path, directory, file);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

int sim_record_remove(const char *directory, const char *file, struct error *err)
{
	char path[PATH_MAX];

	join(path, directory, file);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

int sim_record_clear(const char *base, const char *directory, struct error *err)
{
	DIR *stream = opendir(directory);
	const struct dirent *entry;
	int r = 0;

	while (stream && r == 0 && (entry = readdir(stream)))
		if (entry->d_name[0] != '.')
			r = sim_record_remove(directory, entry->d_name, err);
	if (stream)
		closedir(stream);
	if (r == 0 && rmdir(directory) < 0 && errno != ENOENT)
		r = error_set(err, errno, "%s: %s", directory, strerror(errno));
	(void)rmdir(base); /* fails while there are others */
	return r;
}
