/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two processes: a pid namespace is entered by the children of who enters it. As with system(3), whoever waits leaves
 * an interrupt to the one that runs.
 */
#include "backends/sim/run.h"

#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct signals {
	struct sigaction interrupt, quit;
};

static void signals_ignore(struct signals *ret)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &ignore, &ret->interrupt);
	sigaction(SIGQUIT, &ignore, &ret->quit);
}

static void signals_restore(const struct signals *signals)
{
	sigaction(SIGINT, &signals->interrupt, NULL);
	sigaction(SIGQUIT, &signals->quit, NULL);
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Ends with its parent, as a command in the foreground does. */
static void follow(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (parent && getppid() != parent)
		_exit(128 + SIGTERM);
}

static _Noreturn void fail(int channel, const struct error *err)
{
	(void)send(channel, err, sizeof(*err), MSG_NOSIGNAL);
	_exit(1);
}

static _Noreturn void be_inside(const struct process *process, int channel,
				const struct signals *signals, int (*run)(void *data), void *data)
{
	const int flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS;
	const pid_t parent = getppid();
	char directory[PATH_MAX];
	struct error err = { 0 };
	int status;
	pid_t pid;

	if (!getcwd(directory, sizeof(directory)))
		directory[0] = '\0';
	if (process_enter(process, flags, &err) < 0)
		fail(channel, &err);
	follow(parent);
	/* Entering led to the root; where the directory is not there, e.g. below /run, that has to do. */
	if (directory[0] && chdir(directory) < 0)
		directory[0] = '\0';
	pid = fork();
	if (pid < 0 && error_set(&err, errno, "cannot fork: %s", strerror(errno)) < 0)
		fail(channel, &err);
	if (pid == 0) {
		follow(0); /* the parent has no number here */
		signals_restore(signals);
		close(channel);
		status = run(data);
		(void)fflush(NULL);
		_exit(status);
	}
	close(channel);
	_exit(wait_for(pid));
}

int run_inside(const struct process *process, int (*run)(void *data), void *data, int *status,
	       struct error *err)
{
	AUTO_CLOSE int ours = -1, theirs = -1;
	struct error failure = { 0 };
	struct signals signals;
	pid_t pid;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set(err, errno, "cannot make a socket: %s", strerror(errno));
	ours = ends[0];
	theirs = ends[1];
	(void)fflush(NULL); /* or what is buffered is written twice */
	signals_ignore(&signals);
	pid = fork();
	if (pid == 0)
		be_inside(process, theirs, &signals, run, data);
	close(TAKE(theirs));
	if (pid > 0)
		*status = wait_for(pid);
	signals_restore(&signals);
	if (pid < 0)
		return error_set(err, errno, "cannot fork: %s", strerror(errno));
	if (recv(ours, &failure, sizeof(failure), MSG_DONTWAIT) == (ssize_t)sizeof(failure)) {
		*err = failure;
		return -failure.code;
	}
	return 0;
}
