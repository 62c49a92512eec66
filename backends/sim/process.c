/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pidfds (pidfd_open(2), setns(2)), so that between looking and acting a number cannot change hands. */
#include "backends/sim/process.h"

#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define END_TIMEOUT_MS 20000
/* How long whoever inherited it may take to collect what is left of it. */
#define COLLECT_TRIES 50
#define COLLECT_MS    10
/* Fields between the name in parentheses and the flags, and from there to the start time, proc(5). */
#define FIELDS_BEFORE_FLAGS 7
#define FIELDS_BEFORE_START 13
/* linux/sched.h: it will run no more, but process 1 of a pid namespace first collects all that is in there. */
#define PF_EXITING 0x4

static const char *skip_fields(const char *at, int n)
{
	for (int i = 0; at && i < n; i++)
		at = strchr(at + 1, ' ');
	return at;
}

/* 0: there is no such process; *EXITING is set in any case. */
static uint64_t start_time(pid_t pid, bool *exiting)
{
	AUTO_CLOSE int fd = -1;
	char path[64], text[1024];
	uint64_t start = 0;
	unsigned int flags;
	const char *at;
	ssize_t n;

	*exiting = false;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strrchr(text, ')'); /* the name may hold blanks and parentheses */
	if (at && at[1] && at[2] == 'Z')
		return 0;
	at = skip_fields(at, FIELDS_BEFORE_FLAGS);
	if (!at || sscanf(at, "%u", &flags) != 1)
		return 0;
	at = skip_fields(at, FIELDS_BEFORE_START);
	if (!at || sscanf(at, "%" SCNu64, &start) != 1)
		return 0;
	*exiting = flags & PF_EXITING;
	return start;
}

int process_identify(struct process *ret, pid_t pid, struct error *err)
{
	bool exiting;
	uint64_t start = start_time(pid, &exiting);

	if (!start)
		return error_set(err, ESRCH, "process %d ended", pid);
	*ret = (struct process){ pid, start };
	return 0;
}

bool process_is_alive(const struct process *process)
{
	bool exiting;

	return process->pid > 0 && start_time(process->pid, &exiting) == process->start && !exiting;
}

/* Also of one that is exiting, so that its end can be waited for. */
static int open_any(const struct process *process, struct error *err)
{
	bool exiting;
	AUTO_CLOSE int fd = -1;

	if (process->pid <= 0)
		return error_set(err, ESRCH, "there is no process");
	fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	if (fd < 0)
		return error_set(err, errno, "process %d: %s", process->pid, strerror(errno));
	if (start_time(process->pid, &exiting) != process->start)
		return error_set(err, ESRCH, "process %d ended", process->pid);
	return TAKE(fd);
}

int process_open(const struct process *process, struct error *err)
{
	if (!process_is_alive(process))
		return error_set(err, ESRCH, "process %d ended", process->pid);
	return open_any(process, err);
}

int process_end(const struct process *process, struct error *err)
{
	AUTO_CLOSE int fd = open_any(process, err);
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	if (fd == -ESRCH)
		return 0;
	if (fd < 0)
		return fd;
	if (syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return error_set(err, errno, "process %d: cannot be ended: %s", process->pid,
				 strerror(errno));
	if (poll(&wait, 1, END_TIMEOUT_MS) <= 0)
		return error_set(err, ETIMEDOUT, "process %d does not end", process->pid);
	for (int i = 0; i < COLLECT_TRIES && kill(process->pid, 0) == 0; i++)
		(void)poll(NULL, 0, COLLECT_MS);
	return 0;
}

static bool same_user_namespace(const struct process *process)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/user", process->pid);
	return stat("/proc/self/ns/user", &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

int process_enter(const struct process *process, int flags, struct error *err)
{
	AUTO_CLOSE int fd = process_open(process, err);

	if (fd < 0)
		return fd;
	if (same_user_namespace(process))
		flags &= ~CLONE_NEWUSER;
	if (setns(fd, flags) < 0)
		return error_set(err, errno, "cannot enter the simulation: %s", strerror(errno));
	return 0;
}
