/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The new process 1 tells over a socket when it is ready, or why it is not; credentials (unix(7)) carry its number
 * across pid namespaces. It then waits for a word, and ends if its starter ended before that: what is not on record
 * must not live.
 *
 * A host's is forked by a process that is inside already: an orphan goes to process 1 of its parent's pid namespace,
 * and only the holder is sure to collect it.
 */
#include "backends/sim/init.h"

#include "backends/sim/mounts.h"
#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define START_TIMEOUT_S 20
#define PATH_SIZE	320

static int write_file(const char *path, const char *text, struct error *err)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* Maps root inside to the caller; a single number needs no privilege (user_namespaces(7)). */
static int make_user_namespace(struct error *err)
{
	char uids[32], gids[32];
	int r;

	snprintf(uids, sizeof(uids), "0 %u 1\n", (unsigned)geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1\n", (unsigned)getegid());
	if (unshare(CLONE_NEWUSER) < 0)
		return error_set(
			err, EPERM,
			"user namespaces are not permitted to you here: %s (see user.max_user_namespaces and kernel.unprivileged_userns_clone of sysctl, or run as root)",
			strerror(errno));
	r = write_file("/proc/self/setgroups", "deny", err);
	if (r == 0)
		r = write_file("/proc/self/uid_map", uids, err);
	return r < 0 ? r : write_file("/proc/self/gid_map", gids, err);
}

static int unshare_rest(int flags, struct error *err)
{
	if (unshare(flags) == 0)
		return 0;
	return error_set(err, errno, "cannot make namespaces: %s%s", strerror(errno),
			 errno == EPERM	   ? " (needs CAP_SYS_ADMIN)"
			 : errno == ENOSPC ? " (see user.max_*_namespaces of sysctl)"
					   : "");
}

static int enter_network(const char *host, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/run/netns/%s", host);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* Orphans come here; the loop ends only with the process. */
static void collect_orphans(void)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigprocmask(SIG_SETMASK, &wanted, NULL);
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		(void)sigwaitinfo(&wanted, NULL);
	}
}

/* Nothing of the starter stays open: neither its terminal nor its directory. */
static int let_go(struct error *err)
{
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return error_set(err, errno, "/dev/null: %s", strerror(errno));
	for (int fd = 0; fd < 3; fd++)
		if (dup2(null, fd) < 0)
			return error_set(err, errno, "/dev/null: %s", strerror(errno));
	if (chdir("/") < 0)
		return error_set(err, errno, "/: %s", strerror(errno));
	return 0;
}

static int prepare(const struct init_options *options, struct error *err)
{
	int r = mounts_make(options->host, err);

	(void)prctl(PR_SET_NAME, options->host ? "vnet-host" : "vnet-sim");
	if (r == 0 && options->host && sethostname(options->host, strlen(options->host)) < 0)
		r = error_set(err, errno, "cannot set the hostname: %s", strerror(errno));
	return r < 0 ? r : let_go(err);
}

static _Noreturn void tell(int channel, const struct error *err)
{
	(void)send(channel, err, sizeof(*err), MSG_NOSIGNAL);
	_exit(1);
}

static _Noreturn void be_init(int channel, const struct init_options *options)
{
	struct error err = { 0 };
	char word;

	setsid();
	umask(022);
	if (prepare(options, &err) < 0)
		tell(channel, &err);
	if (send(channel, &err, sizeof(err), MSG_NOSIGNAL) < 0 || recv(channel, &word, 1, 0) != 1)
		_exit(1);
	close_range(3, ~0U, 0);
	collect_orphans();
	_exit(0);
}

/* Forks process 1 of namespaces made here, and ends. */
static _Noreturn void fork_init(int channel, const struct init_options *options, int flags)
{
	struct error err = { 0 };
	pid_t pid;

	if (options->host && enter_network(options->host, &err) < 0)
		tell(channel, &err);
	if (unshare_rest(flags, &err) < 0)
		tell(channel, &err);
	pid = fork();
	if (pid == 0)
		be_init(channel, options);
	if (pid < 0 && error_set(&err, errno, "cannot fork: %s", strerror(errno)) < 0)
		tell(channel, &err);
	_exit(0);
}

static _Noreturn void start_holder(int channel, const struct init_options *options)
{
	struct error err = { 0 };

	if (geteuid() != 0 && make_user_namespace(&err) < 0)
		tell(channel, &err);
	fork_init(channel, options, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS);
}

static _Noreturn void start_host(int channel, const struct init_options *options)
{
	struct error err = { 0 };
	pid_t pid;

	if (process_enter(options->holder,
			  CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS,
			  &err) < 0)
		tell(channel, &err);
	pid = fork();
	if (pid == 0)
		fork_init(channel, options, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS);
	if (pid < 0 && error_set(&err, errno, "cannot fork: %s", strerror(errno)) < 0)
		tell(channel, &err);
	(void)waitpid(pid, NULL, 0);
	_exit(0);
}

/* The first message, and who sent it. */
static int await_ready(int channel, pid_t *pid, struct error *err)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct error report = { 0 };
	struct iovec part = { &report, sizeof(report) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	const struct cmsghdr *header;
	struct ucred sender;
	ssize_t n = recvmsg(channel, &message, 0);

	if (n < 0)
		return error_set(err, errno == EAGAIN ? ETIMEDOUT : errno,
				 "the holder does not answer: %s", strerror(errno));
	if (n != (ssize_t)sizeof(report))
		return error_set(err, ESRCH, "the holder ended while it started");
	if (report.code) {
		*err = report;
		return -report.code;
	}
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_CREDENTIALS)
		return error_set(err, EPROTO, "the holder did not say who it is");
	memcpy(&sender, CMSG_DATA(header), sizeof(sender));
	*pid = sender.pid;
	return 0;
}

static int open_channel(int ends[2], struct error *err)
{
	const struct timeval patience = { .tv_sec = START_TIMEOUT_S };
	const int on = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set(err, errno, "cannot make a socket: %s", strerror(errno));
	(void)setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	(void)setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return 0;
}

int init_start(struct process *ret, int *release, const struct init_options *options,
	       struct error *err)
{
	AUTO_CLOSE int ours = -1, theirs = -1;
	pid_t child, pid = 0;
	int ends[2], r;

	r = open_channel(ends, err);
	if (r < 0)
		return r;
	ours = ends[0];
	theirs = ends[1];
	child = fork();
	if (child < 0)
		return error_set(err, errno, "cannot fork: %s", strerror(errno));
	if (child == 0) {
		close(TAKE(ours));
		if (options->holder)
			start_host(theirs, options);
		start_holder(theirs, options);
	}
	close(TAKE(theirs));
	r = await_ready(ours, &pid, err);
	(void)waitpid(child, NULL, 0);
	if (r == 0)
		r = process_identify(ret, pid, err);
	if (r == 0)
		*release = TAKE(ours);
	return r;
}

int init_confirm(int release, struct error *err)
{
	AUTO_CLOSE int channel = release;

	if (send(channel, "", 1, MSG_NOSIGNAL) < 0)
		return error_set(err, errno, "the holder ended while it started");
	return 0;
}
