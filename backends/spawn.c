/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork and exec. Between the two only async-signal-safe calls are made: other threads may run.
 */
#include "backends/spawn.h"
#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define TEXT_SIZE 512

struct daemon_fds {
	int null, ready, log, netns;
};

static void child_fail(const char *what)
{
	const char *why = strerrordesc_np(errno);

	if (write(STDERR_FILENO, what, strlen(what)) > 0 && write(STDERR_FILENO, ": ", 2) > 0 &&
	    why && write(STDERR_FILENO, why, strlen(why)) > 0)
		(void)!write(STDERR_FILENO, "\n", 1);
	_exit(127);
}

static void child_reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* The last non-empty line of TEXT[length], in place. */
static const char *last_line(char *text, size_t length)
{
	char *line;

	text[length] = '\0';
	while (length && text[length - 1] == '\n')
		text[--length] = '\0';
	line = strrchr(text, '\n');
	return line ? line + 1 : text;
}

/* Read to the end of a pipe, keeping the last part that fits. */
static size_t pipe_read_tail(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t n;

	while ((n = read(fd, text + length, size - 1 - length)) > 0) {
		length += (size_t)n;
		if (length == size - 1) {
			memmove(text, text + size / 2, length - size / 2);
			length -= size / 2;
		}
	}
	return length;
}

int spawn_wait(const char *const argv[], struct error *err)
{
	AUTO_CLOSE int output = -1, input = -1;
	char text[TEXT_SIZE];
	int pipes[2], status;
	size_t length;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return error_set(err, errno, "pipe: %s", strerror(errno));
	output = pipes[0];
	input = pipes[1];
	pid = fork();
	if (pid < 0)
		return error_set(err, errno, "fork: %s", strerror(errno));
	if (pid == 0) {
		child_reset_signals();
		dup2(input, STDERR_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		child_fail(argv[0]);
	}
	close(TAKE(input));
	length = pipe_read_tail(output, text, sizeof(text));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return error_set(err, ECHILD, "%s: %s", argv[0],
			 length ? last_line(text, length) : "failed");
}

static void daemon_exec(const char *const argv[], const struct daemon_fds *fds)
{
	child_reset_signals();
	umask(077);
	dup2(fds->null, STDIN_FILENO);
	dup2(fds->ready, STDOUT_FILENO);
	dup2(fds->log, STDERR_FILENO);
	if (fds->netns >= 0 && setns(fds->netns, CLONE_NEWNET) < 0)
		child_fail("network namespace");
	if (chdir("/") < 0)
		child_fail("/");
	close_range(STDERR_FILENO + 1, ~0U, 0);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	child_fail(argv[0]);
}

/* The middle process ends at once, so that the daemon is no child of ours and leaves no zombie. */
static int daemon_fork(const char *const argv[], const struct daemon_fds *fds, struct error *err)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return error_set(err, errno, "fork: %s", strerror(errno));
	if (pid > 0) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return 0;
		return error_set(err, ECHILD, "fork failed");
	}
	setsid();
	pid = fork();
	if (pid == 0)
		daemon_exec(argv, fds);
	_exit(pid < 0);
}

static int log_failure(const char *log, const char *fallback, struct error *err)
{
	AUTO_CLOSE int fd = open(log, O_RDONLY | O_CLOEXEC);
	char text[TEXT_SIZE];
	size_t length = fd < 0 ? 0 : pipe_read_tail(fd, text, sizeof(text));

	return error_set(err, ECHILD, "%s", length ? last_line(text, length) : fallback);
}

static int daemon_await(int ready, const char *log, int patience, struct error *err)
{
	struct pollfd wait = { .fd = ready, .events = POLLIN };
	char line[16];
	int n;

	do
		n = poll(&wait, 1, patience * 1000);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return log_failure(log, "it did not become ready in time", err);
	if (read(ready, line, sizeof(line)) <= 0)
		return log_failure(log, "it ended at once", err);
	return 0;
}

static int daemon_open(struct daemon_fds *fds, const char *netns, const char *log,
		       struct error *err)
{
	fds->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fds->null < 0)
		return error_set(err, errno, "/dev/null: %s", strerror(errno));
	fds->log =
		open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fds->log < 0)
		return error_set(err, errno, "%s: %s", log, strerror(errno));
	if (!netns)
		return 0;
	fds->netns = open(netns, O_RDONLY | O_CLOEXEC);
	if (fds->netns < 0)
		return error_set(err, errno, "%s: %s", netns, strerror(errno));
	return 0;
}

int spawn_daemon(const char *const argv[], const char *netns, const char *log, int patience,
		 struct error *err)
{
	struct daemon_fds fds = { .null = -1, .ready = -1, .log = -1, .netns = -1 };
	AUTO_CLOSE int output = -1;
	int pipes[2], r;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return error_set(err, errno, "pipe: %s", strerror(errno));
	output = pipes[0];
	fds.ready = pipes[1];
	r = daemon_open(&fds, netns, log, err);
	if (r == 0)
		r = daemon_fork(argv, &fds, err);
	cleanup_close(&fds.null);
	cleanup_close(&fds.ready);
	cleanup_close(&fds.log);
	cleanup_close(&fds.netns);
	return r < 0 ? r : daemon_await(output, log, patience, err);
}

static bool same_namespace(const char *name)
{
	char ours[64], first[64];
	struct stat a, b;

	snprintf(ours, sizeof(ours), "/proc/self/ns/%s", name);
	snprintf(first, sizeof(first), "/proc/1/ns/%s", name);
	return stat(ours, &a) == 0 && stat(first, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* As sd_booted(3), and systemd sees what we see. */
bool spawn_has_systemd(void)
{
	AUTO_CLOSE int fd = -1;
	char comm[16] = { 0 };

	if (access("/run/systemd/system", F_OK) != 0)
		return false;
	fd = open("/proc/1/comm", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, comm, sizeof(comm) - 1) < 0 || strcmp(comm, "systemd\n") != 0)
		return false;
	return same_namespace("net") && same_namespace("mnt");
}
